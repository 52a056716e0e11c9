// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tltune show: the trials of one problem.

#include "database.h"
#include "exit_code.h"
#include "format.h"
#include "json.h"
#include "resources.h"
#include "runtime/store/statement.h"
#include "suggest.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <tuple>

namespace tl::tool {

using namespace rt::store;

namespace {
struct show_options {
  selection what;
  std::size_t limit = 40;
};
} // namespace

static style look(trial_status status) {
  switch (status) {
  case trial_status::measured:
    return style::good;
  case trial_status::cut:
  case trial_status::not_eligible:
  case trial_status::running:
    return style::dim;
  case trial_status::infeasible:
    return style::warning;
  default:
    return style::bad;
  }
}

static void print_head(const output &out, const session_bundle &bundle,
                       const std::optional<winner> &best, const std::string &untunable) {
  std::printf("%s\n", out.paint(style::strong, describe(bundle)).c_str());
  const auto line = [&](const char *title, const std::string &text) {
    std::printf("  %-11s %s\n", title, text.c_str());
  };
  line("defined in", bundle.factory.location.empty() ? "-" : harmless(bundle.factory.location));
  line("session", format_date(bundle.session.started) + " UTC, " +
                      std::string(to_string(bundle.session.state)) + ", " +
                      std::to_string(bundle.session.runs) +
                      (bundle.session.runs == 1 ? " run" : " runs") +
                      (bundle.session.host.empty() ? "" : " on " + harmless(bundle.session.host)));
  if (!bundle.session.compared.empty())
    line("compared", harmless(bundle.session.compared));
  if (!best) {
    line("winner", "none: the default config runs");
    if (!untunable.empty())
      line("untunable", untunable);
    return;
  }
  line("winner", out.paint(style::good, best->config) + "  " + format_time(best->median_ns));
  if (best->default_median_ns > 0)
    line("default", harmless(bundle.factory.default_config) + "  " +
                        format_time(best->default_median_ns) + "  (speed-up " +
                        format_speedup(best->default_median_ns, best->median_ns) + ")");
  if (best->reference_median_ns > 0)
    line("reference", format_time(best->reference_median_ns));
  if (!best->runner_up.empty())
    line("runner-up", harmless(best->runner_up) + "  " + describe_margin(best->margin));
  line("confidence", best->confidence > 0 ? describe_confidence(best->confidence) +
                                                " that no other variant is more than 1 % faster"
                                          : std::string("unknown"));
  line("state", describe_state(*best));
}

/// Under which facts of a call which configs were found right or wrong.
static void print_proofs(const output &out, const std::vector<proof_record> &proofs) {
  for (const proof_record &p : proofs) {
    const bool right = p.outcome == trial_status::measured;
    std::printf("  %-11s %s  %s%s\n", right ? "proven" : "not right",
                out.paint(right ? style::good : style::bad, p.config).c_str(), p.facts.c_str(),
                right ? "" : (": " + p.reason).c_str());
  }
}

static void print_trials(const output &out, std::vector<trial> trials, std::size_t limit) {
  std::sort(trials.begin(), trials.end(), [](const trial &a, const trial &b) {
    const bool a_ok = a.status == trial_status::measured, b_ok = b.status == trial_status::measured;
    if (a_ok != b_ok)
      return a_ok;
    if (a_ok && a.median_ns != b.median_ns)
      return a.median_ns < b.median_ns;
    return std::tie(a.status, a.config) < std::tie(b.status, b.config);
  });
  table rows({{"config", false, true},
              {"status"},
              {"median", true},
              {"spread", true},
              {"samples", true},
              {"why or resources", false, true}});
  std::size_t shown = 0;
  std::map<std::string, int> by_status;
  for (const trial &t : trials) {
    ++by_status[std::string(to_string(t.status))];
    if (limit != 0 && shown == limit)
      continue;
    ++shown;
    rows.add(
        {t.config,
         {std::string(to_string(t.status)), look(t.status)},
         format_time(t.median_ns),
         t.spread_ns > 0 && t.median_ns > 0 ? format_percent(t.spread_ns / t.median_ns, 2) : "-",
         std::to_string(t.samples_ns.size()),
         t.reason.empty() ? resource_summary(t.resources) : t.reason});
  }
  std::fputs(rows.render(out).c_str(), stdout);
  if (shown < trials.size())
    std::printf("... %zu more (--limit 0 shows all)\n", trials.size() - shown);
  std::string summary;
  for (const auto &[status, count] : by_status)
    summary += (summary.empty() ? "" : ", ") + std::to_string(count) + " " + status;
  std::printf("%zu trials: %s\n", trials.size(), summary.c_str());
}

static void show(context &ctx, const show_options &options) {
  const auto store = open_for_reading(ctx);
  const filter f = to_filter(options.what, *store, true);
  const std::vector<session_bundle> sessions = latest_sessions(*store, f);
  rt::status why;
  const std::vector<listed_winner> winners = store->list_winners(f, &why);
  require(why);
  const std::vector<untunable_record> untunable = store->list_untunable(f, &why);
  require(why);
  json documents = json::array();
  const output out = output::standard(ctx.color);
  bool first = true;
  for (const session_bundle &bundle : sessions) {
    // The winner that is installed now; it may be another session's.
    std::optional<winner> best = bundle.best;
    for (const listed_winner &w : winners)
      if (w.factory.id == bundle.factory.id &&
          w.factory.fingerprint == bundle.factory.fingerprint &&
          w.key.device == bundle.device.identity && w.key.mode == bundle.mode &&
          w.key.problem == bundle.problem)
        best = w.best;
    if (ctx.json) {
      documents.push_back(to_json(bundle));
      documents.back()["winner"] = best ? to_json(*best) : json();
      continue;
    }
    if (!first)
      std::printf("\n");
    first = false;
    std::string why_never;
    for (const untunable_record &it : untunable)
      if (it.factory.id == bundle.factory.id &&
          it.factory.fingerprint == bundle.factory.fingerprint)
        why_never = it.reason;
    print_head(out, bundle, best, why_never);
    print_proofs(out, bundle.proofs);
    print_trials(out, bundle.trials, options.limit);
  }
  ctx.status = sessions.empty() ? exit_findings : exit_ok;
  if (ctx.json)
    return print({{"database", database_path(ctx)}, {"problems", documents}});
  if (sessions.empty())
    std::fprintf(stderr, "tltune: %s\n", harmless(no_match(ctx, *store, options.what)).c_str());
}

void add_show(CLI::App &app, context &ctx) {
  CLI::App *command =
      app.add_subcommand("show", "Show a problem's trials: time, spread, resources, why rejected");
  const auto options = std::make_shared<show_options>();
  add_selection(*command, options->what);
  command->add_option("--limit", options->limit, "Most trials to show, 0 for all, default 40")
      ->type_name("N")
      ->check(whole_number);
  command->callback([&ctx, options] { show(ctx, *options); });
}

} // namespace tl::tool
