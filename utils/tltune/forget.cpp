// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tltune forget: removes winners, so that the next call tunes again.

#include "database.h"
#include "failure.h"
#include "format.h"
#include "json.h"
#include "suggest.h"

#include <cstdio>

namespace tl::tool {

using namespace rt::store;

namespace {
struct forget_options {
  selection what;
  bool all = false;
  bool dry_run = false;
};
} // namespace

static void forget(context &ctx, const forget_options &options) {
  const selection &what = options.what;
  const bool narrowed = !what.factory.empty() || !what.problem.empty() || !what.device.empty() ||
                        !what.mode.empty() || what.stale;
  if (!narrowed && !options.all)
    throw failure(exit_usage, "name a factory, a problem or a device, or say --all");
  const auto store = options.dry_run ? open_for_reading(ctx) : open_for_changes(ctx);
  const filter f = to_filter(what, *store, false); // never more than what is named
  rt::status why;
  const std::vector<listed_winner> winners = store->list_winners(f, &why);
  require(why);
  counts removed;
  if (!options.dry_run)
    require(store->forget(f, &removed));
  const long long problems =
      options.dry_run ? static_cast<long long>(winners.size()) : removed.problems;
  ctx.status = problems == 0 ? exit_findings : exit_ok;
  if (ctx.json) {
    json rows = json::array();
    for (const listed_winner &w : winners)
      rows.push_back(to_json(w));
    return print({{"database", database_path(ctx)},
                  {"dry_run", options.dry_run},
                  {"problems", problems},
                  {"winners", rows}});
  }
  for (const listed_winner &w : winners)
    std::printf("%s %s\n", options.dry_run ? "would forget" : "forgot",
                harmless(w.factory.name + " " + w.key.problem + " on " +
                         device_name(w.device.identity) + " (" +
                         std::string(to_string(w.key.mode)) + "): " + w.best.config)
                    .c_str());
  if (problems == 0)
    std::fprintf(stderr, "tltune: %s%s\n", harmless(no_match(ctx, *store, what, false)).c_str(),
                 what.factory.empty() ? ""
                                      : " (a factory is named in full here; * and ? widen it)");
}

void add_forget(CLI::App &app, context &ctx) {
  CLI::App *command = app.add_subcommand(
      "forget", "Remove winners with their trials, so that the next call tunes again");
  const auto options = std::make_shared<forget_options>();
  add_selection(*command, options->what);
  command->add_flag("--all", options->all, "Forget everything");
  command->add_flag("--dry-run", options->dry_run, "Only say what would go");
  command->callback([&ctx, options] { forget(ctx, *options); });
}

} // namespace tl::tool
