// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "command.h"
#include "database.h"
#include "exit_code.h"
#include "format.h"
#include "json.h"
#include "output.h"

#include "runtime/measure/statistics.h"
#include "runtime/tuner/prediction.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace tl::tool {

using namespace rt::store;

namespace {

/// The tuned problems of one factory, in one state of its code, on one device, in one mode.
struct evaluated {
  factory_record factory;
  device_record device;
  measure_mode mode = measure_mode::hot;
  std::map<std::string, rt::tuned_problem> problems;
};

struct summary {
  std::vector<rt::prediction::left_out> each;
  std::size_t cover = 0;
  double mean = 0, ninetieth = 0, worst = 0;
  double over_default = 0; ///< how much slower than the default, at worst
  double default_mean = 0;
};

} // namespace

static std::vector<evaluated> gather(tuning_store &store, const filter &f) {
  std::map<std::tuple<std::string, std::string, std::string, measure_mode>, evaluated> all;
  rt::status listed = rt::status::ok();
  for (const session_bundle &it : store.list_sessions(f, &listed)) {
    evaluated &to = all[{it.factory.id, it.factory.fingerprint, it.device.identity, it.mode}];
    to.factory = it.factory;
    to.device = it.device;
    to.mode = it.mode;
    rt::tuned_problem &problem = to.problems[it.problem];
    problem.device = it.device.identity;
    problem.problem = it.problem;
    problem.default_config = it.factory.default_config;
    rt::add_trials(problem, store.list_trials(it.session.id, &listed));
  }
  require(listed);
  std::vector<evaluated> result;
  for (auto &[key, it] : all)
    result.push_back(std::move(it));
  return result;
}

static summary summarise(const evaluated &of) {
  std::vector<rt::tuned_problem> problems;
  for (const auto &[name, it] : of.problems)
    if (std::isfinite(it.best_ns()))
      problems.push_back(it);
  summary s;
  s.cover = rt::prediction(problems).cover().size();
  if (problems.size() < 2)
    return s;
  s.each = rt::prediction::leave_one_out(problems);
  // A problem on which nothing predicted was timed says nothing.
  std::erase_if(s.each, [](const auto &it) { return !std::isfinite(it.regret); });
  std::vector<double> regrets, defaults;
  for (const auto &it : s.each) {
    regrets.push_back(it.regret);
    s.worst = std::max(s.worst, it.regret);
    if (!std::isfinite(it.default_regret))
      continue;
    defaults.push_back(it.default_regret);
    s.over_default = std::max(s.over_default, (1 + it.regret) / (1 + it.default_regret) - 1);
  }
  for (const double it : regrets)
    s.mean += it / static_cast<double>(regrets.size());
  for (const double it : defaults)
    s.default_mean += it / static_cast<double>(defaults.size());
  s.ninetieth = regrets.empty() ? 0 : rt::measure::quantile(regrets, 0.9);
  return s;
}

static void evaluate(context &ctx, const selection &what, bool each) {
  const auto store = open_for_reading(ctx);
  const std::vector<evaluated> all = gather(*store, to_filter(what, *store, true));
  nlohmann::json rows = nlohmann::json::array();
  table lines({{"factory"},
               {"device", false, true},
               {"problems", true},
               {"configs that cover them", true},
               {"mean", true},
               {"90th percentile", true},
               {"worst", true},
               {"default, mean", true},
               {"slower than default by", true}});
  table problems({{"factory"},
                  {"problem", false, true},
                  {"predicted", false, true},
                  {"regret", true},
                  {"default's", true}});
  for (const evaluated &it : all) {
    const summary s = summarise(it);
    if (s.each.empty())
      continue;
    nlohmann::json row = {{"factory", it.factory.name},
                          {"device", it.device.identity},
                          {"mode", to_string(it.mode)},
                          {"problems", s.each.size()},
                          {"covering_configs", s.cover},
                          {"mean_regret", s.mean},
                          {"p90_regret", s.ninetieth},
                          {"worst_regret", s.worst},
                          {"default_mean_regret", s.default_mean},
                          {"worst_over_default", s.over_default},
                          {"left_out", nlohmann::json::array()}};
    for (const auto &one : s.each) {
      row["left_out"].push_back(
          {{"problem", one.problem},
           {"predicted", one.config},
           {"regret", one.regret},
           {"default_regret", std::isfinite(one.default_regret) ? nlohmann::json(one.default_regret)
                                                                : nlohmann::json()}});
      problems.add({it.factory.name, one.problem, one.config, format_percent(one.regret),
                    std::isfinite(one.default_regret) ? format_percent(one.default_regret) : "-"});
    }
    rows.push_back(std::move(row));
    lines.add({it.factory.name, it.device.identity, std::to_string(s.each.size()),
               std::to_string(s.cover), format_percent(s.mean), format_percent(s.ninetieth),
               format_percent(s.worst), format_percent(s.default_mean),
               format_percent(s.over_default)});
  }
  ctx.status = rows.empty() ? exit_findings : exit_ok;
  if (ctx.json)
    return print({{"database", database_path(ctx)}, {"factories", rows}});
  if (rows.empty()) {
    std::fprintf(stderr, "tltune: found no factory with two tuned problems on one device, which "
                         "is what a prediction takes\n");
    return;
  }
  const output out = output::standard(ctx.color);
  std::fputs((each ? problems : lines).render(out).c_str(), stdout);
}

void add_evaluate(CLI::App &app, context &ctx) {
  CLI::App *command = app.add_subcommand(
      "evaluate", "Say how good predictions for problems that were not tuned would be: each tuned "
                  "problem as predicted from the others");
  const auto what = std::make_shared<selection>();
  const auto each = std::make_shared<bool>(false);
  add_selection(*command, *what);
  command->add_flag("--each", *each, "List every problem instead of a summary per factory");
  command->callback([&ctx, what, each] { evaluate(ctx, *what, *each); });
}

} // namespace tl::tool
