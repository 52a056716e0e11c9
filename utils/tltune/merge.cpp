// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tltune merge: adds what other databases hold.

#include "database.h"
#include "failure.h"
#include "json.h"

#include <cstdio>
#include <filesystem>

namespace tl::tool {

static void merge(context &ctx, const std::vector<std::string> &files) {
  std::error_code error;
  const std::string target = database_path(ctx);
  for (const std::string &file : files) {
    if (!std::filesystem::exists(file, error))
      throw failure(exit_file, file + ": no such file");
    if (std::filesystem::equivalent(file, target, error))
      throw failure(exit_usage, file + " is the database that is merged into");
  }
  const auto store = open_for_writing(ctx);
  const rt::store::counts before = store->count();
  for (const std::string &file : files)
    if (const rt::status status = store->merge(std::filesystem::absolute(file).string()); !status)
      throw failure(exit_database, file + ": " + status.text());
  rt::status why;
  const rt::store::counts after = store->count(&why);
  require(why);
  const long long sessions = after.sessions - before.sessions,
                  trials = after.trials - before.trials, winners = after.winners - before.winners;
  if (ctx.json)
    return print({{"database", target},
                  {"added", {{"sessions", sessions}, {"trials", trials}, {"winners", winners}}}});
  std::printf("added %lld sessions with %lld trials and %lld winners\n", sessions, trials, winners);
}

void add_merge(CLI::App &app, context &ctx) {
  CLI::App *command = app.add_subcommand(
      "merge", "Add what other databases hold; of two winners the faster one stays");
  const auto files = std::make_shared<std::vector<std::string>>();
  command->add_option("files", *files, "Databases, which are only read")->required()->type_name("");
  command->callback([&ctx, files] { merge(ctx, *files); });
}

} // namespace tl::tool
