// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tltune list: the winners of a database.

#include "database.h"
#include "exit_code.h"
#include "format.h"
#include "json.h"
#include "list_program.h"
#include "remote.h"
#include "runtime/store/statement.h"
#include "short_name.h"
#include "suggest.h"

#include <algorithm>
#include <cstdio>

namespace tl::tool {

using namespace rt::store;

namespace {
struct list_options {
  selection what;
  bool sessions = false;
  std::string program;
  bool remote = false;
};
} // namespace

/// The state as it is shown, with how it is to look.
static table::cell state_of(const listed_winner &w, bool stale) {
  if (stale)
    return {"stale", style::dim};
  const std::string state = describe_state(w.best);
  return {state, state == to_string(winner_state::final) ? style::good : style::warning};
}

static std::string sure(const listed_winner &w) {
  return w.best.confidence > 0 ? describe_confidence(w.best.confidence) : "-";
}

static std::string place(const listed_winner &w) {
  return device_name(w.device.identity) + " (" + std::string(to_string(w.key.mode)) + ")";
}

/// Where a row has no room: three lines for each winner, and its device once for all that are of
/// the same one.
static void print_narrow(const output &out, const std::vector<listed_winner> &winners,
                         const std::set<std::pair<std::string, std::string>> &stale) {
  constexpr int indent = 2;
  const std::int64_t now = now_ms();
  const auto lines = [&](style look, const std::string &text, int by) {
    for (const std::string &line : break_lines(text, std::max(1, out.width - by)))
      std::printf("%*s%s\n", by, "", out.paint(look, line).c_str());
  };
  std::string last;
  for (const listed_winner &w : winners) {
    if (const std::string here = place(w); here != last) {
      lines(style::dim, "on " + here, 0);
      last = here;
    }
    lines(style::strong,
          short_name(w.factory.name) + (w.key.problem.empty() ? "" : " " + w.key.problem), 0);
    const table::cell state = state_of(w, stale.contains({w.factory.id, w.factory.fingerprint}));
    lines(state.look,
          format_time(w.best.median_ns) + ", " +
              (w.best.default_median_ns > 0
                   ? format_speedup(w.best.default_median_ns, w.best.median_ns) + " the default, "
                   : "") +
              sure(w) + " sure, " + format_age(w.best.updated, now) + " old, " + state.text,
          indent);
    lines(style::plain, w.best.config, indent);
  }
}

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
  for (const listed_winner &w : winners)
    rows.add({w.factory.name, w.key.problem, device_name(w.device.identity),
              std::string(to_string(w.key.mode)), w.best.config, format_time(w.best.median_ns),
              format_speedup(w.best.default_median_ns, w.best.median_ns), sure(w),
              format_age(w.best.updated, now),
              state_of(w, stale.contains({w.factory.id, w.factory.fingerprint}))});
  if (!rows.fits(out))
    return print_narrow(out, winners, stale);
  std::fputs(rows.render(out).c_str(), stdout);
}

static void print_untunable(const context &ctx, const std::vector<untunable_record> &all) {
  const output out = output::standard(ctx.color);
  for (const untunable_record &it : all)
    std::printf("%s\n  %s\n",
                out.paint(style::warning, it.factory.name + " (" + it.factory.location +
                                              ") always runs its default config:")
                    .c_str(),
                it.reason.c_str());
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
  json rows = json::array(), never = json::array();
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
    const std::vector<untunable_record> untunable = store->list_untunable(f, &why);
    require(why);
    for (const untunable_record &it : untunable)
      never.push_back(
          {{"factory", to_json(it.factory)}, {"reason", it.reason}, {"found_ms", it.found}});
    ctx.status = winners.empty() && untunable.empty() ? exit_findings : exit_ok;
    if (!ctx.json && ctx.status == exit_ok) {
      if (!winners.empty())
        print_winners(ctx, winners, stale);
      return print_untunable(ctx, untunable);
    }
  }
  if (ctx.json && options.sessions)
    return print({{"database", database_path(ctx)}, {"sessions", rows}});
  if (ctx.json)
    return print({{"database", database_path(ctx)}, {"winners", rows}, {"untunable", never}});
  std::fprintf(stderr, "tltune: %s\n", harmless(no_match(ctx, *store, options.what)).c_str());
}

void add_list(CLI::App &app, context &ctx) {
  CLI::App *command =
      app.add_subcommand("list", "List the winners: factory, problem, device, config, age");
  const auto options = std::make_shared<list_options>();
  add_selection(*command, options->what);
  command->add_flag("--sessions", options->sessions, "List tuning sessions instead of winners");
  command
      ->add_option("--program", options->program,
                   "List the winners that this program was built with (-fplugin-arg-tl-use), and "
                   "no database")
      ->type_name("FILE");
  command->add_flag("--remote", options->remote,
                    "List the winners that TL_REMOTE holds, who measured them, and where machines "
                    "of one model disagree");
  command->callback([&ctx, options] {
    if (options->remote)
      run_remote(ctx, "list", {.factory = options->what.factory, .device = options->what.device});
    else if (options->program.empty())
      list(ctx, *options);
    else
      list_program(ctx, options->program);
  });
}

} // namespace tl::tool
