// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tltune bake: writes the winners to a file that a build compiles.

#include "cover.h"
#include "database.h"
#include "exit_code.h"
#include "failure.h"
#include "files.h"
#include "format.h"
#include "json.h"
#include "recorded.h"
#include "suggest.h"
#include "winners_file.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <tuple>

namespace tl::tool {

using namespace rt::store;

namespace {

struct bake_options {
  selection what;
  std::string output = "-";
  std::string within; ///< "": all winners
  bool final_only = false;
};

struct bake_counts {
  std::size_t winners = 0, replaced = 0, provisional = 0, configs = 0;
};

/// A session stores what its arguments prove as soon as it has ended [ms].
constexpr std::int64_t proof_after_session = 10'000;

using session_times =
    std::map<std::tuple<std::string, std::string, std::string, measure_mode, std::string>,
             std::pair<std::int64_t, std::int64_t>>;

} // namespace

static std::set<std::string> proven_for(const listed_winner &w) {
  std::set<std::string> facts;
  for (const proof_record &it : w.proofs)
    if (it.config == w.best.config && it.outcome == trial_status::measured)
      facts.insert(it.facts);
  return facts;
}

/// What the session's own arguments were: all that it measured was right for them, too.
static std::set<std::string> session_facts(const listed_winner &w, const session_times &sessions) {
  const auto found = sessions.find(
      {w.factory.id, w.factory.fingerprint, w.device.identity, w.key.mode, w.key.problem});
  std::set<std::string> facts;
  if (found != sessions.end())
    for (const proof_record &it : w.proofs)
      if (it.config == w.best.config && it.outcome == trial_status::measured &&
          it.made >= found->second.first && it.made <= found->second.second + proof_after_session)
        facts.insert(it.facts);
  return facts;
}

/// The best of the set on a problem, where it is another than the winner.
static std::optional<std::string> instead(const recorded_factory &of, const cover &set,
                                          const listed_winner &w) {
  if (std::find(set.configs.begin(), set.configs.end(), w.best.config) != set.configs.end())
    return std::nullopt;
  for (const recorded_problem &p : of.problems) {
    if (p.tuned.device != w.device.identity || p.tuned.mode != w.key.mode ||
        p.tuned.problem != w.key.problem)
      continue;
    const auto better = [&](const std::string &a, const std::string &b) {
      const double loss_a = p.loss(a), loss_b = p.loss(b);
      return std::isnan(loss_b) ? !std::isnan(loss_a) : loss_a < loss_b;
    };
    const auto best = std::min_element(set.configs.begin(), set.configs.end(), better);
    if (best != set.configs.end() && std::isfinite(p.loss(*best)))
      return *best;
  }
  return std::nullopt;
}

static baked_row make_row(const listed_winner &w, const recorded_factory &of, const cover &set,
                          bool replace, const session_times &sessions, bake_counts &counts) {
  baked_row row{w.best.config, w.best.median_ns, w.best.updated, proven_for(w)};
  if (!replace)
    return row;
  if (const std::optional<std::string> other = instead(of, set, w)) {
    row.config = *other;
    row.facts = session_facts(w, sessions);
    for (const recorded_problem &p : of.problems)
      if (p.tuned.device == w.device.identity && p.tuned.mode == w.key.mode &&
          p.tuned.problem == w.key.problem)
        row.time_ns = p.tuned.time_ns.at(*other);
    ++counts.replaced;
  }
  return row;
}

static session_times times_of_sessions(tuning_store &store, const filter &f) {
  session_times times;
  rt::status why;
  for (const session_bundle &it : store.list_sessions(f, &why)) // the newest one stays
    times[{it.factory.id, it.factory.fingerprint, it.device.identity, it.mode, it.problem}] = {
        it.session.started, std::max(it.session.finished, it.session.touched)};
  require(why);
  return times;
}

static winners_file make_file(tuning_store &store, const bake_options &options,
                              bake_counts &counts) {
  const filter f = to_filter(options.what, store, true);
  const session_times sessions = times_of_sessions(store, f);
  rt::status why;
  const std::vector<listed_winner> winners = store.list_winners(f, &why);
  require(why);
  double within = 0; // [%]
  parse_number(options.within, within);
  winners_file file;
  for (const recorded_factory &of : recorded_factories(store, f)) {
    const cover set = find_cover(of, within / 100);
    baked_factory made;
    made.name = of.factory.name;
    made.default_config = of.factory.default_config;
    std::set<std::string> used{made.default_config};
    for (const listed_winner &w : winners) {
      if (w.factory.id != of.factory.id || w.factory.fingerprint != of.factory.fingerprint)
        continue;
      if (w.best.state != winner_state::final) {
        ++counts.provisional;
        if (options.final_only)
          continue;
      }
      baked_row row = make_row(w, of, set, !options.within.empty(), sessions, counts);
      used.insert(row.config);
      made.winners[{w.device.identity, std::string(to_string(w.key.mode))}][w.key.problem] =
          std::move(row);
      ++counts.winners;
    }
    if (made.winners.empty())
      continue;
    // The winners are a covering set of their own.
    for (const std::string &config : set.configs)
      if (!options.within.empty() && used.insert(config).second)
        made.keep.insert(config);
    counts.configs += used.size();
    file[{of.factory.id, of.factory.fingerprint}] = std::move(made);
  }
  return file;
}

static void bake(context &ctx, const bake_options &options) {
  if (ctx.json && options.output == "-")
    throw failure(exit_usage, "with --json the file needs a name: -o FILE");
  const auto store = open_for_reading(ctx);
  bake_counts counts;
  const winners_file file = make_file(*store, options, counts);
  ctx.status = file.empty() ? exit_findings : exit_ok;
  if (file.empty() && counts.provisional == 0)
    throw failure(exit_findings, no_match(ctx, *store, options.what));
  if (file.empty())
    throw failure(exit_findings, "all winners are provisional, of sessions that have not ended: "
                                 "tune on, or take them without --final");
  write_file(options.output, to_text(file));
  if (ctx.json)
    return print({{"database", database_path(ctx)},
                  {"file", options.output},
                  {"factories", file.size()},
                  {"winners", counts.winners},
                  {"configs", counts.configs},
                  {"replaced", counts.replaced},
                  {"provisional", counts.provisional}});
  std::string more;
  if (counts.replaced != 0)
    more += "; another config stands for " + std::to_string(counts.replaced) + " of them";
  if (counts.provisional != 0)
    more += "; " + std::to_string(counts.provisional) + " provisional ones " +
            (options.final_only ? "left out" : "among them");
  std::fprintf(stderr, "tltune: %zu winners of %zu %s, %zu configs%s\n", counts.winners,
               file.size(), file.size() == 1 ? "factory" : "factories", counts.configs,
               more.c_str());
}

void add_bake(CLI::App &app, context &ctx) {
  CLI::App *command = app.add_subcommand(
      "bake", "Write the winners to a file that -fplugin-arg-tl-use=FILE compiles into a program");
  const auto options = std::make_shared<bake_options>();
  add_selection(*command, options->what);
  command->add_option("-o,--output", options->output, "File to write, default: standard output")
      ->type_name("FILE");
  command
      ->add_option("--within", options->within,
                   "Bake the smallest set that is within so much of the winner everywhere, as "
                   "`tltune shrink` finds it, instead of all winners")
      ->type_name("PERCENT")
      ->check(some_percent);
  command->add_flag("--final", options->final_only, "Only winners of sessions that have ended");
  command->callback([&ctx, options] { bake(ctx, *options); });
}

} // namespace tl::tool
