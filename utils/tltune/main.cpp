// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tltune: looks into the database of tuning results, and looks after it.

#include "command.h"
#include "failure.h"
#include "format.h"
#include "json.h"
#include "man.h"
#include "runtime/store/store.h"
#include "runtime/support/log.h"
#include "suggest.h"

#include <tl/version.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tl::tool {

/// One line for people, and for programs the object that they asked for.
static int fail(const context &ctx, exit_code code, const std::string &text) {
  std::string shown; // its own lines are meant, those of names in it are not: one by one
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    shown += harmless(rest.substr(0, end)) + "\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  std::fprintf(stderr, "tltune: error: %s", shown.c_str());
  if (ctx.json)
    print({{"error", text}, {"status", static_cast<int>(code)}});
  return code;
}

/// What is wrong with the command line, and where to read on.
static std::string usage_text(const CLI::App &app, int argc, char **argv, std::string text) {
  const std::vector<CLI::App *> parsed = app.get_subcommands();
  if (parsed.empty()) {
    for (int i = 1; i < argc; ++i)
      if (const std::string_view word = argv[i]; word == "--db" || word == "--color") {
        ++i;
      } else if (!word.starts_with('-')) {
        std::vector<std::string> names;
        for (const CLI::App *command : shown_commands(app))
          names.push_back(command->get_name());
        text = "no command '" + std::string(word) + "'; did you mean '" +
               nearest(word, names, 1).front() + "'?";
        break;
      }
  }
  return text + " (tltune " + (parsed.empty() ? "" : parsed.front()->get_name() + " ") +
         "--help shows what there is)";
}

} // namespace tl::tool

int main(int argc, char **argv) {
  using namespace tl::tool;
  context ctx;
  CLI::App app("Looks into the database of tuning results, and looks after it.", "tltune");
  app.set_version_flag("--version", "tltune " TL_VERSION_STRING);
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--db", ctx.database, "Database file, default: the one that TL_CACHE_DIR names")
      ->type_name("FILE");
  app.add_flag("--json", ctx.json, "Write one JSON object to standard output");
  const std::map<std::string, color_mode> colors{{"auto", color_mode::automatic},
                                                 {"always", color_mode::always},
                                                 {"never", color_mode::never}};
  app.add_option("--color", ctx.color, "Colour: auto (on a terminal), always or never")
      ->type_name("auto|always|never")
      ->transform(CLI::CheckedTransformer(colors, CLI::ignore_case).description(""));

  add_list(app, ctx);
  add_show(app, ctx);
  add_report(app, ctx);
  add_export(app, ctx);
  add_import(app, ctx);
  add_merge(app, ctx);
  add_verify(app, ctx);
  add_evaluate(app, ctx);
  add_shrink(app, ctx);
  add_explain(app, ctx);
  add_size(app, ctx);
  add_bake(app, ctx);
  add_gc(app, ctx);
  add_forget(app, ctx);
  add_run(app, ctx);
  add_status(app, ctx);
  add_remote(app, ctx);
  add_doctor(app, ctx);
  add_generate(app, ctx);

  // What the store warns of comes back as an error of the command.
  tl::rt::set_log_output(tl::rt::log_level::off, "");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    if (error.get_exit_code() == 0)
      return app.exit(error), exit_ok;
    for (int i = 1; i < argc; ++i) // not set yet: the command line was not understood
      ctx.json = ctx.json || std::string_view(argv[i]) == "--json";
    return fail(ctx, exit_usage, usage_text(app, argc, argv, error.what()));
  } catch (const failure &error) {
    return fail(ctx, error.code(), error.what());
  } catch (const std::exception &error) {
    return fail(ctx, exit_file, error.what());
  }
  // `verify` has said it, and in more detail.
  if (const std::size_t damaged = tl::rt::store::damaged_rows_left_out();
      damaged != 0 && !app.got_subcommand("verify") &&
      (ctx.status == exit_ok || ctx.status == exit_findings)) {
    std::fprintf(stderr,
                 "tltune: warning: some rows do not match their checksums and are left out: "
                 "`tltune verify` says more\n");
    ctx.status = exit_findings;
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) {
    std::perror("tltune: error: standard output");
    return exit_file;
  }
  return ctx.status;
}
