// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tltune-remote: the one program here that talks to the network. Programs start it as their helper
// (`serve`); `tltune push`, `pull`, `sync` and `list --remote` hand over to it.

#include "failure.h"
#include "format.h"
#include "json.h"
#include "server.h"
#include "transfer.h"

#include "backend.h"

#include "runtime/store/store.h"
#include "runtime/support/log.h"
#include "runtime/support/paths.h"

#include <CLI/CLI.hpp>
#include <sodium.h>

#include <cstdio>
#include <cstdlib>

namespace tl::tool::remote {

static std::string address() {
  const char *const text = ::secure_getenv("TL_REMOTE");
  if (!text || !*text)
    throw failure(exit_usage, "TL_REMOTE is not set: expected http://..., https://... or "
                              "postgresql://...");
  return text;
}

static std::string directory() {
  const std::string &path = rt::cache_directory();
  if (path.empty())
    throw failure(exit_database, "TL_CACHE_DIR, XDG_CACHE_HOME and HOME name no directory");
  if (const rt::status made = rt::make_directories(path); !made)
    throw failure(exit_file, made.text());
  return path;
}

static int run(int argc, char **argv) {
  CLI::App app("Talks to TL_REMOTE, for programs and for tltune.", "tltune-remote");
  app.require_subcommand(1);
  transfer_options options;
  options.database = rt::store::default_store_options().path;
  bool foreground = false;
  int status = exit_ok;
  CLI::App *serving = app.add_subcommand("serve", "Serve programs of this user and machine");
  serving->add_flag("--foreground", foreground, "Do not detach");
  serving->callback([&] { status = serve(directory(), address(), foreground); });
  app.add_subcommand("metrics", "What the running helper counts, for Prometheus")->callback([&] {
    const std::string text = ask_metrics(directory(), address());
    std::fputs(text.c_str(), stdout);
    status = text.empty() ? exit_findings : exit_ok;
  });
  const auto transfer = [&](const char *name, const char *text, auto work) {
    CLI::App *command = app.add_subcommand(name, text);
    command->add_option("--db", options.database);
    command->add_option("--factory", options.factory);
    command->add_option("--device", options.device);
    command->add_option("--limit", options.most);
    command->add_flag("--json", options.json);
    command->callback(
        [&options, &status, work] { status = work(parse_settings(address()), options); });
  };
  transfer("push", "Write this machine's winners", push);
  transfer("pull", "Read winners", pull);
  transfer("sync", "Both", [](const settings &with, const transfer_options &what) {
    const int pulled = pull(with, what), pushed = push(with, what);
    return std::max(pulled, pushed);
  });
  transfer("list", "List winners, and who measured them", list);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return error.get_exit_code() == 0 ? app.exit(error) : (app.exit(error), int(exit_usage));
  }
  return status;
}

} // namespace tl::tool::remote

int main(int argc, char **argv) {
  using namespace tl::tool;
  tl::rt::set_log_output(tl::rt::log_level::off, "");
  int code = exit_file;
  std::string text;
  try {
    if (::sodium_init() < 0)
      throw failure(exit_file, "libsodium cannot be used");
    return remote::run(argc, argv);
  } catch (const failure &error) {
    code = error.code();
    text = error.what();
  } catch (const std::exception &error) {
    text = error.what();
  }
  std::fprintf(stderr, "tltune: error: %s\n", harmless(text).c_str());
  for (int i = 1; i < argc; ++i)
    if (std::string_view(argv[i]) == "--json")
      print({{"error", text}, {"status", code}});
  return code;
}
