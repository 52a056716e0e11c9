// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tltune: looks into the database of tuning results, and looks after it.

#include "command.h"
#include "failure.h"
#include "runtime/support/log.h"

#include <tl/version.h>

#include <cstdio>
#include <exception>
#include <map>

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
  add_gc(app, ctx);
  add_forget(app, ctx);
  add_run(app, ctx);
  add_doctor(app, ctx);
  add_generate(app, ctx);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? exit_ok : exit_usage;
  } catch (const failure &error) {
    std::fprintf(stderr, "tltune: error: %s\n", error.what());
    return error.code();
  } catch (const std::exception &error) {
    std::fprintf(stderr, "tltune: error: %s\n", error.what());
    return exit_file;
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) {
    std::perror("tltune: error: standard output");
    return exit_file;
  }
  return ctx.status;
}
