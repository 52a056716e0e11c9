// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tltune list: the winners of a database.

#include "database.h"
#include "exit_code.h"
#include "format.h"
#include "json.h"
#include "suggest.h"

#include <cstdio>

namespace tl::tool {

using namespace rt::store;

namespace {
struct list_options {
  selection what;
  bool sessions = false;
};
} // namespace

static void print_winners(const context &ctx, const std::vector<listed_winner> &winners,
                          const std::set<std::pair<std::string, std::string>> &stale) {
  const output out = output::standard(ctx.color);
  const std::int64_t now = now_ms();
  table rows({{"factory", false, true},
              {"problem", false, true},
              {"device", false, true},
              {"mode"},
              {"winner", false, true},
              {"time", true},
              {"speed-up", true},
              {"sure", true},
              {"age", true},
              {"state"}});
  for (const listed_winner &w : winners) {
    const bool old = stale.contains({w.factory.id, w.factory.fingerprint});
    const bool final = w.best.state == winner_state::final;
    rows.add({w.factory.name, w.key.problem, device_name(w.device.identity),
              std::string(to_string(w.key.mode)), w.best.config, format_time(w.best.median_ns),
              format_speedup(w.best.default_median_ns, w.best.median_ns),
              w.best.confidence > 0 ? format_percent(w.best.confidence) : "-",
              format_age(w.best.updated, now),
              old     ? table::cell("stale", style::dim)
              : final ? table::cell("final", style::good)
                      : table::cell("provisional", style::warning)});
  }
  std::fputs(rows.render(out).c_str(), stdout);
}

static void print_sessions(const context &ctx, const std::vector<session_bundle> &sessions) {
  const output out = output::standard(ctx.color);
  const std::int64_t now = now_ms();
  table rows({{"session"},
              {"factory", false, true},
              {"problem", false, true},
              {"device", false, true},
              {"mode"},
              {"started"},
              {"age", true},
              {"runs", true},
              {"state"}});
  for (const session_bundle &s : sessions)
    rows.add({s.session.uid.substr(0, 8), s.factory.name, s.problem, device_name(s.device.identity),
              std::string(to_string(s.mode)), format_date(s.session.started),
              format_age(s.session.touched, now), std::to_string(s.session.runs),
              std::string(to_string(s.session.state))});
  std::fputs(rows.render(out).c_str(), stdout);
}

static void list(context &ctx, const list_options &options) {
  const auto store = open_for_reading(ctx);
  const filter f = to_filter(options.what, *store, true);
  rt::status why;
  json rows = json::array();
  if (options.sessions) {
    const std::vector<session_bundle> sessions = store->list_sessions(f, &why);
    require(why);
    for (const session_bundle &s : sessions) {
      rows.push_back({{"factory", to_json(s.factory)},
                      {"device", to_json(s.device)},
                      {"mode", to_string(s.mode)},
                      {"problem", s.problem},
                      {"session", to_json(s.session)}});
    }
    ctx.status = sessions.empty() ? exit_findings : exit_ok;
    if (!ctx.json && !sessions.empty())
      return print_sessions(ctx, sessions);
  } else {
    const std::vector<listed_winner> winners = store->list_winners(f, &why);
    require(why);
    const auto stale = stale_factories(*store);
    for (const listed_winner &w : winners) {
      rows.push_back(to_json(w));
      rows.back()["stale"] = stale.contains({w.factory.id, w.factory.fingerprint});
    }
    ctx.status = winners.empty() ? exit_findings : exit_ok;
    if (!ctx.json && !winners.empty())
      return print_winners(ctx, winners, stale);
  }
  if (ctx.json)
    return print(
        {{"database", database_path(ctx)}, {options.sessions ? "sessions" : "winners", rows}});
  std::fprintf(stderr, "tltune: %s\n", no_match(ctx, *store, options.what).c_str());
}

void add_list(CLI::App &app, context &ctx) {
  CLI::App *command =
      app.add_subcommand("list", "List the winners: factory, problem, device, config, age");
  const auto options = std::make_shared<list_options>();
  add_selection(*command, options->what);
  command->add_flag("--sessions", options->sessions, "List tuning sessions instead of winners");
  command->callback([&ctx, options] { list(ctx, *options); });
}

} // namespace tl::tool
