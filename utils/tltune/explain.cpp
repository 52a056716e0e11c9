// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tltune explain: why a config is not in the program, or not the winner.

#include "database.h"
#include "exit_code.h"
#include "failure.h"
#include "files.h"
#include "format.h"
#include "json.h"
#include "reason.h"
#include "remarks.h"
#include "suggest.h"

#include "runtime/support/config_text.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <set>

namespace tl::tool {

using namespace rt::store;

namespace {

struct explain_options {
  selection what;
  std::string config;
  std::string remarks;
  std::size_t limit = 40;
};

struct explained {
  std::string config;
  reason why;
};

} // namespace

/// Whether a config has all the values that `wanted` names.
static bool has_values(const std::string &config, const std::vector<rt::config_field> &wanted) {
  const std::vector<rt::config_field> fields = rt::read_config(config);
  return std::all_of(wanted.begin(), wanted.end(), [&](const rt::config_field &it) {
    return std::find(fields.begin(), fields.end(), it) != fields.end();
  });
}

/// What the database knows of each factory's configs, whatever the problem.
static std::map<std::string, std::set<std::string>>
known_configs(const std::vector<session_bundle> &sessions) {
  std::map<std::string, std::set<std::string>> known;
  for (const session_bundle &bundle : sessions) {
    std::set<std::string> &configs = known[bundle.factory.id];
    if (!bundle.factory.default_config.empty())
      configs.insert(bundle.factory.default_config);
    for (const trial &t : bundle.trials)
      configs.insert(t.config);
  }
  return known;
}

/// Those that the user asks about; a config that nobody knows stays as it is written.
static std::set<std::string> asked(const std::set<std::string> &known, const std::string &text) {
  if (text.empty() || known.contains(text))
    return text.empty() ? known : std::set<std::string>{text};
  const std::vector<rt::config_field> wanted = rt::read_config(text);
  std::set<std::string> found;
  for (const std::string &config : known)
    if (has_values(config, wanted))
      found.insert(config);
  return found.empty() ? std::set<std::string>{text} : found;
}

static std::optional<winner> installed(const session_bundle &bundle,
                                       const std::vector<listed_winner> &winners) {
  for (const listed_winner &w : winners)
    if (w.factory.id == bundle.factory.id && w.factory.fingerprint == bundle.factory.fingerprint &&
        w.key.device == bundle.device.identity && w.key.mode == bundle.mode &&
        w.key.problem == bundle.problem)
      return w.best;
  return bundle.best;
}

static std::vector<explained> explain_all(const session_bundle &bundle,
                                          const std::optional<winner> &best,
                                          const std::set<std::string> &configs,
                                          const std::set<std::string> &known,
                                          const compiler_remarks *remarks) {
  std::vector<explained> all;
  for (const std::string &config : configs) {
    explained it{config, explain_config(bundle, best, config)};
    if (it.why.what == verdict::not_tried && remarks && remarks->knows(bundle.factory.name)) {
      const std::string why = remarks->why_not_compiled(bundle.factory.name, config);
      if (!why.empty())
        it.why.text = "not in the program: " + why;
    } else if (it.why.what == verdict::not_tried && !known.contains(config)) {
      it.why.text = "no trial of it is known, on any problem: not in the program, or never tried; "
                    "--remarks says which, given what the compiler wrote with "
                    "-fplugin-arg-tl-remarks";
    }
    all.push_back(std::move(it));
  }
  std::stable_sort(all.begin(), all.end(), [](const explained &a, const explained &b) {
    return a.why.what != b.why.what ? a.why.what < b.why.what : a.why.loss < b.why.loss;
  });
  return all;
}

static void print(const output &out, const session_bundle &bundle,
                  const std::vector<explained> &all, std::size_t limit) {
  std::printf("%s\n", out.paint(style::strong, describe(bundle)).c_str());
  table rows({{"config", false, true}, {"verdict"}, {"why", false, true}});
  std::size_t shown = 0;
  for (const explained &it : all) {
    if (limit != 0 && shown == limit)
      break;
    ++shown;
    const style look = it.why.what == verdict::winner   ? style::good
                       : it.why.what == verdict::failed ? style::bad
                                                        : style::plain;
    rows.add({it.config, {std::string(to_string(it.why.what)), look}, it.why.text});
  }
  std::fputs(rows.render(out).c_str(), stdout);
  if (shown < all.size())
    std::printf("... %zu more (--limit 0 shows all)\n", all.size() - shown);
}

static json to_json(const session_bundle &bundle, const std::vector<explained> &all) {
  json configs = json::array();
  for (const explained &it : all)
    configs.push_back({{"config", it.config},
                       {"verdict", to_string(it.why.what)},
                       {"why", it.why.text},
                       {"loss", it.why.loss},
                       {"sure", it.why.sure}});
  return {{"factory", to_json(bundle.factory)},
          {"device", to_json(bundle.device)},
          {"mode", to_string(bundle.mode)},
          {"problem", bundle.problem},
          {"configs", configs}};
}

static void explain(context &ctx, const explain_options &options) {
  const auto store = open_for_reading(ctx);
  const filter f = to_filter(options.what, *store, true);
  const auto stale =
      f.stale ? std::set<std::pair<std::string, std::string>>() : stale_factories(*store);
  std::vector<session_bundle> sessions = latest_sessions(*store, f);
  std::erase_if(sessions, [&](const session_bundle &it) {
    return stale.contains({it.factory.id, it.factory.fingerprint});
  });
  rt::status why;
  const std::vector<listed_winner> winners = store->list_winners(f, &why);
  require(why);
  std::optional<compiler_remarks> remarks;
  if (!options.remarks.empty())
    remarks.emplace(read_file(options.remarks));
  filter wide = f; // a config that was tried on another problem is one of the program's
  wide.problem.clear();
  wide.device.clear();
  wide.mode.reset();
  const auto known =
      known_configs(options.config.empty() ? sessions : latest_sessions(*store, wide));
  if (remarks)
    for (const session_bundle &bundle : sessions)
      if (!remarks->knows(bundle.factory.name))
        throw failure(exit_file, options.remarks + ": no remark on a variant of " +
                                     bundle.factory.name +
                                     "; expected the compiler's output with "
                                     "-fplugin-arg-tl-remarks");
  json rows = json::array();
  const output out = output::standard(ctx.color);
  for (const session_bundle &bundle : sessions) {
    const std::set<std::string> &tried = known.at(bundle.factory.id);
    const std::vector<explained> all =
        explain_all(bundle, installed(bundle, winners), asked(tried, options.config), tried,
                    remarks ? &*remarks : nullptr);
    if (ctx.json) {
      rows.push_back(to_json(bundle, all));
      continue;
    }
    if (&bundle != &sessions.front())
      std::printf("\n");
    print(out, bundle, all, options.limit);
  }
  ctx.status = sessions.empty() ? exit_findings : exit_ok;
  if (ctx.json)
    return print({{"database", database_path(ctx)}, {"problems", rows}});
  if (sessions.empty())
    std::fprintf(stderr, "tltune: %s\n", harmless(no_match(ctx, *store, options.what)).c_str());
}

void add_explain(CLI::App &app, context &ctx) {
  CLI::App *command = app.add_subcommand(
      "explain", "Say why a config is the winner, was beaten, failed, or is not in the program");
  const auto options = std::make_shared<explain_options>();
  add_selection(*command, options->what);
  command
      ->add_option("--config", options->config,
                   "Only this config, or all that have these values: block_m=64,stages=2")
      ->type_name("CONFIG");
  command
      ->add_option("--remarks", options->remarks,
                   "What the compiler wrote with -fplugin-arg-tl-remarks: tells what was pruned")
      ->type_name("FILE");
  command
      ->add_option("--limit", options->limit,
                   "Most configs to explain per problem, 0 for all, default 40")
      ->type_name("N")
      ->check(whole_number);
  command->callback([&ctx, options] { explain(ctx, *options); });
}

} // namespace tl::tool
