// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tltune run: runs a program with tuning on, and says afterwards what was tuned.

#include "database.h"
#include "exit_code.h"
#include "failure.h"
#include "format.h"
#include "json.h"
#include "runtime/support/paths.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>

#include <sys/wait.h>
#include <unistd.h>

namespace tl::tool {

using namespace rt::store;

namespace {
struct run_options {
  std::vector<std::string> program;
  std::string timeout, budget, part, directory = "parts";
};
} // namespace

static void set(const char *name, const std::string &value) {
  if (!value.empty())
    setenv(name, value.c_str(), 1);
}

/// Starts the program and waits for it. Interrupts from the terminal reach it and not us.
static int execute(const std::vector<std::string> &program) {
  std::vector<char *> arguments;
  for (const std::string &argument : program)
    arguments.push_back(const_cast<char *>(argument.c_str()));
  arguments.push_back(nullptr);
  std::fflush(stdout);
  const auto on_interrupt = std::signal(SIGINT, SIG_IGN);
  const auto on_quit = std::signal(SIGQUIT, SIG_IGN);
  const pid_t child = fork();
  if (child < 0)
    throw failure(exit_cannot_run, std::string("fork: ") + std::strerror(errno));
  if (child == 0) {
    std::signal(SIGINT, on_interrupt);
    std::signal(SIGQUIT, on_quit);
    execvp(arguments[0], arguments.data());
    const int cause = errno;
    std::fprintf(stderr, "tltune: error: %s: %s\n", arguments[0], std::strerror(cause));
    _exit(cause == ENOENT ? exit_not_found : exit_cannot_run);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGQUIT, on_quit);
  return WIFSIGNALED(status) ? exit_signal_base + WTERMSIG(status) : WEXITSTATUS(status);
}

/// uid and runs of every session.
static std::map<std::string, std::uint32_t> known_sessions(tuning_store &store) {
  std::map<std::string, std::uint32_t> known;
  for (const session_bundle &bundle : store.list_sessions())
    known[bundle.session.uid] = bundle.session.runs;
  return known;
}

static void report(const context &ctx, const std::vector<session_bundle> &tuned,
                   const counts &total, int status) {
  if (ctx.json) {
    json rows = json::array();
    for (const session_bundle &bundle : tuned) {
      rows.push_back(to_json(bundle));
      rows.back().erase("trials");
      rows.back()["trials"] = bundle.trials.size();
    }
    return print({{"database", database_path(ctx)}, {"status", status}, {"tuned", rows}});
  }
  // The program owns standard output.
  std::fprintf(stderr, "tltune: %zu %s tuned; the database holds %lld winners\n", tuned.size(),
               tuned.size() == 1 ? "problem was" : "problems were",
               static_cast<long long>(total.winners));
  for (const session_bundle &bundle : tuned) {
    const auto failed =
        std::count_if(bundle.trials.begin(), bundle.trials.end(), [](const trial &t) {
          return t.status != trial_status::measured && t.status != trial_status::cut &&
                 t.status != trial_status::not_eligible;
        });
    std::fprintf(stderr, "  %s: ", describe(bundle).c_str());
    if (bundle.best)
      std::fprintf(stderr, "%s, %s, %s over the default", harmless(bundle.best->config).c_str(),
                   format_time(bundle.best->median_ns).c_str(),
                   format_speedup(bundle.best->default_median_ns, bundle.best->median_ns).c_str());
    else
      std::fprintf(stderr, "no winner (%s)", std::string(to_string(bundle.session.state)).c_str());
    std::fprintf(stderr, "; %zu trials, %lld rejected\n", bundle.trials.size(),
                 static_cast<long long>(failed));
  }
}

static void run(context &ctx, const run_options &options) {
  if (!options.part.empty()) {
    // A database of its own: of parts on one file system, none waits for another one's locks.
    std::string name = options.part;
    name.replace(name.find('/'), 1, "-of-");
    ctx.database = options.directory + "/" + name + "/" + std::string(rt::database_file_name);
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(ctx.database).parent_path(), error);
    if (error)
      throw failure(exit_database, ctx.database + ": " + error.message());
    setenv("TL_PART", options.part.c_str(), 1);
  }
  const std::filesystem::path database = database_path(ctx);
  if (!ctx.database.empty() && database.filename() != rt::database_file_name)
    throw failure(exit_usage, "--db: programs use a file named " +
                                  std::string(rt::database_file_name) +
                                  " in the directory that TL_CACHE_DIR names, found " +
                                  database.filename().string());
  set("TL_CACHE_DIR", database.parent_path().string());
  set("TL_TUNE", "on");
  set("TL_TIMEOUT", options.timeout);
  set("TL_BUDGET", options.budget);
  unsetenv("TL_FORCE_CONFIG");
  store_options where;
  where.path = database.string();
  where.read_only = true;
  std::map<std::string, std::uint32_t> before;
  std::error_code error;
  if (std::filesystem::exists(database, error)) {
    tuning_store store(where);
    before = known_sessions(store);
  }
  ctx.status = execute(options.program);
  if (!std::filesystem::exists(database, error)) {
    if (ctx.json)
      return report(ctx, {}, {}, ctx.status);
    std::fprintf(stderr, "tltune: nothing was tuned: there is no %s\n", database.c_str());
    return;
  }
  tuning_store store(where);
  std::vector<session_bundle> tuned;
  for (session_bundle &bundle : store.list_sessions()) {
    const auto found = before.find(bundle.session.uid);
    if (found != before.end() && found->second == bundle.session.runs)
      continue;
    bundle.trials = store.list_trials(bundle.session.id);
    tuned.push_back(std::move(bundle));
  }
  report(ctx, tuned, store.count(), ctx.status);
}

/// Check of --part: "" or what is wrong.
static std::string part_of_whole(const std::string &text) {
  const std::size_t slash = text.find('/');
  const std::string part = text.substr(0, slash);
  const std::string parts = slash == std::string::npos ? "" : text.substr(slash + 1);
  constexpr std::size_t most_digits = 6;
  const bool good = at_least_one(part).empty() && at_least_one(parts).empty() &&
                    part.size() <= most_digits && parts.size() <= most_digits &&
                    std::stoul(part) <= std::stoul(parts);
  return good ? "" : "'" + text + "' is no part, expected I/N with I from 1 to N";
}

void add_run(CLI::App &app, context &ctx) {
  CLI::App *command =
      app.add_subcommand("run", "Run a program with tuning on, and say what was tuned");
  const auto options = std::make_shared<run_options>();
  command
      ->add_option("--timeout", options->timeout,
                   "Hard limit for one trial of one variant (TL_TIMEOUT)")
      ->type_name("SECONDS")
      ->check(some_seconds);
  command
      ->add_option("--budget", options->budget, "Limit for one tuning session, 0: none (TL_BUDGET)")
      ->type_name("SECONDS")
      ->check(seconds);
  command
      ->add_option("--part", options->part,
                   "Only the Ith of N parts of each problem's configs, into a database of its own; "
                   "`tltune merge` joins them")
      ->type_name("I/N")
      ->check(part_of_whole);
  command
      ->add_option("--parts-in", options->directory,
                   "Directory for the databases of parts, default: parts")
      ->type_name("DIRECTORY")
      ->needs("--part");
  command->add_option("program", options->program, "Program and its arguments, after --")
      ->required()
      ->type_name("");
  command->callback([&ctx, options] { run(ctx, *options); });
}

} // namespace tl::tool
