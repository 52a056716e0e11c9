// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tltune verify: is the file sound, and do its winners still mean anything.

#include "compiled.h"
#include "database.h"
#include "exit_code.h"
#include "format.h"
#include "json.h"

#include <cstdio>

namespace tl::tool {

using namespace rt::store;

/// Winners that contradict the trials behind them: one line each. A winner without any session (a
/// shipped or baked one) has nothing to contradict.
static std::vector<std::string> contradictions(tuning_store &store) {
  std::vector<std::string> findings;
  for (const session_bundle &bundle : latest_sessions(store, {})) {
    if (!bundle.best)
      continue;
    bool tried = false, measured = false;
    for (const trial &t : bundle.trials)
      if (t.config == bundle.best->config) {
        tried = true;
        measured = t.status == trial_status::measured;
      }
    if (!tried)
      findings.push_back(describe(bundle) + ": the winner " + bundle.best->config +
                         " is not among the session's trials");
    else if (!measured)
      findings.push_back(describe(bundle) + ": the winner " + bundle.best->config +
                         " was not measured in the session that installed it");
  }
  return findings;
}

/// Winners of factories in `library` that it cannot run: one line each. `other_code` counts those
/// that were measured on other code than the library's.
static std::vector<std::string> missing_variants(tuning_store &store, const std::string &library,
                                                 std::size_t &other_code) {
  std::vector<std::string> findings;
  const auto compiled = compiled_factories(library);
  rt::status why;
  const std::vector<listed_winner> winners = store.list_winners({}, &why);
  require(why);
  for (const listed_winner &w : winners) {
    const auto found = compiled.find(w.factory.id);
    if (found == compiled.end())
      continue;
    if (found->second.fingerprint != w.factory.fingerprint)
      ++other_code;
    else if (!found->second.configs.contains(w.best.config))
      findings.push_back(w.factory.name + " " + w.key.problem + ": the winner " + w.best.config +
                         " is none of the " + std::to_string(found->second.configs.size()) +
                         " configs in " + library);
  }
  return findings;
}

static void verify(context &ctx, const std::string &library) {
  const auto store = open_for_reading(ctx);
  const std::vector<std::string> damage = store->verify();
  std::vector<std::string> findings;
  std::size_t stale = 0, other_code = 0;
  counts total;
  if (damage.empty()) {
    findings = contradictions(*store);
    if (!library.empty())
      for (std::string &line : missing_variants(*store, library, other_code))
        findings.push_back(std::move(line));
    filter f;
    f.stale = true;
    rt::status why;
    stale = store->list_winners(f, &why).size();
    require(why);
    total = store->count(&why);
    require(why);
  }
  ctx.status = damage.empty() && findings.empty() ? exit_ok : exit_findings;
  if (ctx.json)
    return print({{"database", database_path(ctx)},
                  {"sound", damage.empty()},
                  {"damage", damage},
                  {"contradictions", findings},
                  {"stale_winners", stale},
                  {"winners_of_other_code", other_code},
                  {"counts",
                   {{"factories", total.factories},
                    {"devices", total.devices},
                    {"problems", total.problems},
                    {"sessions", total.sessions},
                    {"trials", total.trials},
                    {"winners", total.winners}}}});
  const output out = output::standard(ctx.color);
  for (const std::string &line : damage)
    std::printf("%s %s\n", out.paint(style::bad, "damaged:").c_str(), harmless(line).c_str());
  for (const std::string &line : findings)
    std::printf("%s %s\n", out.paint(style::bad, "contradiction:").c_str(), harmless(line).c_str());
  if (!damage.empty()) {
    std::printf(
        "what can still be read: `tltune export -o rescued.json`, or `sqlite3 %s .recover`; "
        "a program that tunes sets the file aside and begins a new one\n",
        database_path(ctx).c_str());
    return;
  }
  if (stale != 0)
    std::printf(
        "%s %zu winners belong to code that a newer build has replaced; `tltune gc` removes them\n",
        out.paint(style::warning, "stale:").c_str(), stale);
  if (other_code != 0)
    std::printf("%s %zu winners were measured on other code than that of %s\n",
                out.paint(style::warning, "stale:").c_str(), other_code, library.c_str());
  if (findings.empty())
    std::printf("%s %lld winners, %lld sessions, %lld trials\n",
                out.paint(style::good, "sound:").c_str(), static_cast<long long>(total.winners),
                static_cast<long long>(total.sessions), static_cast<long long>(total.trials));
}

void add_verify(CLI::App &app, context &ctx) {
  CLI::App *command = app.add_subcommand(
      "verify", "Check the database's integrity, and find winners that no longer exist");
  const auto library = std::make_shared<std::string>();
  command
      ->add_option("--library", *library,
                   "Shared library with factories: are the winners among what it was compiled with")
      ->type_name("FILE");
  command->callback([&ctx, library] { verify(ctx, *library); });
}

} // namespace tl::tool
