// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tltune push, pull, sync, serve-remote: hand over to tltune-remote.

#include "remote.h"

#include "database.h"
#include "failure.h"

#include "runtime/remote/helper.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <unistd.h>

namespace tl::tool {

void run_remote(const context &ctx, const std::string &command, const remote_request &what) {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string beside = (self.parent_path() / rt::remote::helper_program).string();
  const std::string program =
      std::filesystem::exists(beside, error) ? beside : std::string(rt::remote::helper_program);
  std::vector<std::string> words{program, command};
  const auto add = [&](const char *name, const std::string &value) {
    if (value.empty())
      return;
    words.emplace_back(name);
    words.push_back(value);
  };
  if (!ctx.database.empty())
    add("--db", database_path(ctx));
  add("--factory", what.factory);
  add("--device", what.device);
  add("--limit", what.limit);
  if (ctx.json)
    words.emplace_back("--json");
  words.insert(words.end(), what.more.begin(), what.more.end());
  std::vector<char *> arguments;
  for (std::string &it : words)
    arguments.push_back(it.data());
  arguments.push_back(nullptr);
  std::fflush(stdout);
  execvp(arguments[0], arguments.data());
  throw failure(exit_file, program + ": " + std::strerror(errno) +
                               " (it is built where libcurl, libpq and libsodium are installed)");
}

static void add_transfer(CLI::App &app, context &ctx, const char *name, const char *text) {
  CLI::App *command = app.add_subcommand(name, text);
  const auto what = std::make_shared<remote_request>();
  command
      ->add_option("factory", what->factory,
                   "Factory: a part of its name, * and ? match as in a shell")
      ->type_name("");
  command->add_option("--device", what->device, "Device, * and ? match as in a shell")
      ->type_name("NAME");
  command->add_option("--limit", what->limit, "At most so many winners, default: 100000")
      ->type_name("N")
      ->check(at_least_one);
  command->callback([&ctx, name, what] { run_remote(ctx, name, *what); });
}

void add_remote(CLI::App &app, context &ctx) {
  add_transfer(app, ctx, "push",
               "Write this machine's winners to TL_REMOTE, where they are better");
  add_transfer(app, ctx, "pull", "Add the winners of TL_REMOTE to the database, to be proven here");
  add_transfer(app, ctx, "sync", "Pull, then push");
  CLI::App *command = app.add_subcommand(
      "serve-remote", "Talk to TL_REMOTE for the programs of this user and machine, which start it "
                      "themselves where it is not running");
  const auto metrics = std::make_shared<bool>(false);
  const auto foreground = std::make_shared<bool>(false);
  command->add_flag("--foreground", *foreground, "Do not detach");
  command->add_flag("--metrics", *metrics,
                    "Print what the running one counts, as Prometheus reads it, and end");
  command->callback([&ctx, metrics, foreground] {
    if (*metrics)
      run_remote({.database = {}, .json = false, .color = ctx.color, .status = 0}, "metrics", {});
    remote_request what;
    if (*foreground)
      what.more.emplace_back("--foreground");
    run_remote({.database = {}, .json = false, .color = ctx.color, .status = 0}, "serve", what);
  });
}

} // namespace tl::tool
