// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tltune shrink: which configs a program could do without, and what that costs where.

#include "cover.h"
#include "database.h"
#include "exit_code.h"
#include "format.h"
#include "initializer.h"
#include "json.h"
#include "recorded.h"
#include "suggest.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>

namespace tl::tool {

using namespace rt::store;

namespace {

struct shrink_options {
  selection what;
  double within = 1; ///< [%]
  std::size_t limit = 20;
  bool configs = false;
};

/// What a config is worth.
struct config_worth {
  std::string config;
  std::size_t wins = 0;
  double least_loss = std::numeric_limits<double>::infinity(); ///< where it does best; inf: fails
};

/// What a set of configs loses on one problem.
struct set_loss {
  const recorded_problem *problem;
  std::string config; ///< the best one of the set, "" when none was timed there
  double loss = std::numeric_limits<double>::infinity();
};

struct shrunk {
  recorded_factory of;
  cover keep;
  std::vector<config_worth> worth; ///< of all configs; those that win most first
  std::vector<set_loss> losses;    ///< of all problems, the largest first
  std::size_t unknown = 0;         ///< pairs of a kept config and a problem without a time
};

} // namespace

static std::vector<config_worth> worth_of(const recorded_factory &of) {
  std::vector<config_worth> all;
  for (const std::string &config : of.configs) {
    config_worth it{config};
    for (const recorded_problem &p : of.problems) {
      it.wins += p.winner == config;
      if (const double loss = p.loss(config); loss < it.least_loss)
        it.least_loss = loss;
    }
    all.push_back(std::move(it));
  }
  std::stable_sort(all.begin(), all.end(), [](const config_worth &a, const config_worth &b) {
    return a.wins != b.wins ? a.wins > b.wins : a.least_loss < b.least_loss;
  });
  return all;
}

static shrunk shrink_one(recorded_factory &&of, double within) {
  shrunk result;
  result.keep = find_cover(of, within);
  result.worth = worth_of(of);
  result.of = std::move(of);
  for (const recorded_problem &p : result.of.problems) {
    set_loss it{&p, {}};
    for (const std::string &config : result.keep.configs) {
      const double loss = p.loss(config);
      result.unknown += std::isnan(loss);
      if (loss < it.loss) {
        it.loss = loss;
        it.config = config;
      }
    }
    result.losses.push_back(std::move(it));
  }
  std::stable_sort(result.losses.begin(), result.losses.end(),
                   [](const set_loss &a, const set_loss &b) { return a.loss > b.loss; });
  return result;
}

/// "3 configs"
static std::string counted(std::size_t count, const char *what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

static std::string percent_or_dash(double loss) {
  return std::isfinite(loss) ? format_percent(loss) : "-";
}

static void print_set(const output &out, const shrunk &it) {
  table rows({{"keep", false, true}, {"wins", true}, {"best of the set", true}, {"", false, true}});
  std::map<std::string, std::size_t> best;
  for (const set_loss &loss : it.losses)
    ++best[loss.config];
  for (const std::string &config : it.keep.configs) {
    const auto worth = std::find_if(it.worth.begin(), it.worth.end(),
                                    [&](const config_worth &w) { return w.config == config; });
    rows.add({config, std::to_string(worth->wins), std::to_string(best[config]),
              config == it.of.factory.default_config ? "default" : ""});
  }
  std::fputs(rows.render(out).c_str(), stdout);
}

static void print_losses(const output &out, const shrunk &it, std::size_t limit) {
  table rows({{"loses", true},
              {"problem", false, true},
              {"device", false, true},
              {"winner", false, true},
              {"in the set", false, true},
              {"default loses", true}});
  std::size_t shown = 0, lossy = 0;
  for (const set_loss &loss : it.losses) {
    if (loss.loss <= 0)
      break;
    ++lossy;
    if (limit != 0 && shown == limit)
      continue;
    ++shown;
    const rt::tuned_problem &p = loss.problem->tuned;
    rows.add({percent_or_dash(loss.loss), p.problem, device_name(p.device), loss.problem->winner,
              loss.config, percent_or_dash(loss.problem->loss(it.of.factory.default_config))});
  }
  if (lossy == 0)
    std::printf("loses nothing on %s\n", counted(it.losses.size(), "problem").c_str());
  else
    std::fputs(rows.render(out).c_str(), stdout);
  if (shown < lossy)
    std::printf("... %zu more problems (--limit 0 shows all)\n", lossy - shown);
}

static void print_losers(const output &out, const shrunk &it, std::size_t limit) {
  table rows({{"never wins", false, true}, {"loses at least", true}});
  std::size_t shown = 0, losers = 0;
  for (const config_worth &worth : it.worth) {
    if (worth.wins != 0)
      continue;
    ++losers;
    if (limit != 0 && shown == limit)
      continue;
    ++shown;
    rows.add({worth.config, std::isfinite(worth.least_loss) ? format_percent(worth.least_loss)
                                                            : "fails everywhere"});
  }
  if (losers != 0)
    std::fputs(rows.render(out).c_str(), stdout);
  if (shown < losers)
    std::printf("... %zu more configs (--limit 0 shows all)\n", losers - shown);
}

static void print_factory(const output &out, const shrunk &it, const shrink_options &options) {
  const auto losers = static_cast<std::size_t>(
      std::count_if(it.worth.begin(), it.worth.end(), [](const auto &w) { return w.wins == 0; }));
  std::printf(
      "%s\n",
      out.paint(style::strong, it.of.factory.name + " (" + it.of.factory.location + ")").c_str());
  std::printf("%zu of %s %s within %s of the winner on %s%s; %zu never win\n",
              it.keep.configs.size(), counted(it.of.configs.size(), "recorded config").c_str(),
              it.keep.configs.size() == 1 ? "is" : "are",
              (format_number(options.within) + " %").c_str(),
              counted(it.of.problems.size(), "problem").c_str(),
              it.keep.smallest ? "" : " (perhaps fewer would do)", losers);
  print_set(out, it);
  print_losses(out, it, options.limit);
  print_losers(out, it, options.limit);
  if (it.unknown != 0)
    std::printf("%s of a kept config on a problem %s not known, and counts for nothing\n",
                counted(it.unknown, "time").c_str(), it.unknown == 1 ? "is" : "are");
}

static void print_total(const std::vector<shrunk> &all) {
  std::size_t configs = 0, kept = 0, problems = 0;
  double worst = 0;
  for (const shrunk &it : all) {
    configs += it.of.configs.size();
    kept += it.keep.configs.size();
    problems += it.of.problems.size();
    if (!it.losses.empty())
      worst = std::max(worst, it.losses.front().loss);
  }
  std::printf("in all: %zu of %s of %s suffice on %s; the largest loss is %s\n", kept,
              counted(configs, "config").c_str(),
              all.size() == 1 ? "1 factory" : (std::to_string(all.size()) + " factories").c_str(),
              counted(problems, "problem").c_str(), format_percent(worst).c_str());
}

/// For the attribute, or a constexpr array that `configs` names.
static void print_initializers(const std::vector<shrunk> &all) {
  for (const shrunk &it : all) {
    std::printf("// %s (%s)\n", harmless(it.of.factory.name).c_str(),
                harmless(it.of.factory.location).c_str());
    for (const std::string &config : it.keep.configs)
      std::printf("%s,\n", harmless(to_initializer(config)).c_str());
  }
}

static json finite(double value) { return std::isfinite(value) ? json(value) : json(); }

static json to_json(const shrunk &it) {
  json never = json::array(), losses = json::array();
  for (const config_worth &worth : it.worth)
    if (worth.wins == 0)
      never.push_back({{"config", worth.config}, {"least_loss", finite(worth.least_loss)}});
  for (const set_loss &loss : it.losses) {
    const rt::tuned_problem &p = loss.problem->tuned;
    losses.push_back({{"problem", p.problem},
                      {"device", p.device},
                      {"mode", to_string(p.mode)},
                      {"winner", loss.problem->winner},
                      {"config", loss.config},
                      {"loss", finite(loss.loss)},
                      {"default_loss", finite(loss.problem->loss(it.of.factory.default_config))}});
  }
  return {{"factory", to_json(it.of.factory)},
          {"configs", it.of.configs.size()},
          {"keep", it.keep.configs},
          {"smallest", it.keep.smallest},
          {"never_win", never},
          {"losses", losses},
          {"unknown_times", it.unknown}};
}

static void shrink(context &ctx, const shrink_options &options) {
  const auto store = open_for_reading(ctx);
  std::vector<shrunk> all;
  for (recorded_factory &it : recorded_factories(*store, to_filter(options.what, *store, true)))
    all.push_back(shrink_one(std::move(it), options.within / 100));
  ctx.status = all.empty() ? exit_findings : exit_ok;
  if (ctx.json) {
    json rows = json::array();
    for (const shrunk &it : all)
      rows.push_back(to_json(it));
    return print(
        {{"database", database_path(ctx)}, {"within", options.within / 100}, {"factories", rows}});
  }
  if (all.empty()) {
    std::fprintf(stderr, "tltune: %s\n", harmless(no_match(ctx, *store, options.what)).c_str());
    return;
  }
  if (options.configs)
    return print_initializers(all);
  const output out = output::standard(ctx.color);
  for (const shrunk &it : all) {
    print_factory(out, it, options);
    std::printf("\n");
  }
  print_total(all);
}

void add_shrink(CLI::App &app, context &ctx) {
  CLI::App *command = app.add_subcommand(
      "shrink", "Say which configs never win, and the smallest set that is nearly as good as all");
  const auto options = std::make_shared<shrink_options>();
  add_selection(*command, options->what);
  command
      ->add_option("--within", options->within,
                   "How much slower than the winner the set may be on any problem, default 1 %")
      ->type_name("PERCENT")
      ->check(some_percent);
  command
      ->add_option("--limit", options->limit,
                   "Most configs and problems to list per factory, 0 for all, default 20")
      ->type_name("N")
      ->check(whole_number);
  command->add_flag("--configs", options->configs,
                    "Print only the sets, as C++ for the attribute or an array of configs");
  command->callback([&ctx, options] { shrink(ctx, *options); });
}

} // namespace tl::tool
