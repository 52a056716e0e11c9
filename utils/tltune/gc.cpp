// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tltune gc: removes what no program will ask for, and gives the space back.

#include "database.h"
#include "format.h"
#include "json.h"

#include "runtime/demand/libraries.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

namespace tl::tool {

using namespace rt::store;

namespace {
struct gc_options {
  int older_than = 0;  ///< [days]
  int unused_for = 30; ///< [days]
  bool keep_stale = false;
  bool dry_run = false;
};
} // namespace

static constexpr std::int64_t day_ms = std::int64_t{86400} * 1000;

static double file_size(const std::string &path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<double>(size);
}

static void gc(context &ctx, const gc_options &options) {
  const auto store = options.dry_run ? open_for_reading(ctx) : open_for_changes(ctx);
  const std::string path = database_path(ctx);
  const double size_before = file_size(path);
  std::vector<filter> what;
  if (!options.keep_stale) {
    what.emplace_back();
    what.back().stale = true;
  }
  if (options.older_than > 0) {
    what.emplace_back();
    what.back().before = now_ms() - options.older_than * day_ms;
  }
  bool unknown = false;
  if (options.unused_for > 0 && !options.dry_run)
    require(store->settle_uses(options.unused_for * day_ms, &unknown));
  std::set<winner_key> winners;
  counts total;
  std::size_t matching = 0, listed = 0;
  for (filter &f : what) {
    rt::status why;
    matching += store->list_winners(f, &why).size();
    require(why);
    f.unused_ms = options.unused_for * day_ms;
    for (const listed_winner &w : store->list_winners(f, &why)) {
      winners.insert(w.key);
      ++listed;
    }
    require(why);
    if (options.dry_run)
      continue;
    counts removed;
    require(store->forget(f, &removed));
    total.sessions += removed.sessions;
    total.trials += removed.trials;
    total.winners += removed.winners;
    total.problems += removed.problems;
  }
  if (options.dry_run)
    total.winners = static_cast<std::int64_t>(winners.size());
  else
    require(store->compact());
  const std::size_t kept = matching - std::min(matching, listed);
  double freed = std::max(0.0, size_before - file_size(path));
  if (!options.dry_run)
    freed += static_cast<double>(rt::demand::collect_libraries(
        std::filesystem::path(path).parent_path(), rt::demand::most_library_bytes,
        options.unused_for * 86400.0));
  if (ctx.json)
    return print({{"database", path},
                  {"dry_run", options.dry_run},
                  {"in_use", kept},
                  {"removed",
                   {{"winners", total.winners},
                    {"problems", total.problems},
                    {"sessions", total.sessions},
                    {"trials", total.trials}}},
                  {"freed_bytes", freed}});
  if (options.dry_run)
    std::printf("would remove %lld winners\n", static_cast<long long>(total.winners));
  else
    std::printf("removed %lld winners, %lld sessions with %lld trials; freed %s\n",
                static_cast<long long>(total.winners), static_cast<long long>(total.sessions),
                static_cast<long long>(total.trials), format_bytes(freed).c_str());
  if (unknown)
    std::printf(
        "nothing was used in the last %d days, or a clock has jumped: these days are counted "
        "anew, from now (--unused-for 0 does not ask)\n",
        options.unused_for);
  else if (kept != 0)
    std::printf(
        "kept %zu winners of code that a program has used in the last %d days (--unused-for)\n",
        kept, options.unused_for);
}

void add_gc(CLI::App &app, context &ctx) {
  CLI::App *command = app.add_subcommand(
      "gc", "Remove what code that no longer exists left behind, and give the space back");
  const auto options = std::make_shared<gc_options>();
  command
      ->add_option("--older-than", options->older_than,
                   "Also what was not touched for so many days")
      ->type_name("DAYS")
      ->check(at_least_one);
  command
      ->add_option(
          "--unused-for", options->unused_for,
          "Keep all of what code a program has used in so many days, default 30; 0: do not "
          "ask")
      ->type_name("DAYS")
      ->check(whole_number);
  command->add_flag("--keep-stale", options->keep_stale,
                    "Keep winners of code that a newer build has replaced");
  command->add_flag("--dry-run", options->dry_run, "Only say how many winners would go");
  command->callback([&ctx, options] { gc(ctx, *options); });
}

} // namespace tl::tool
