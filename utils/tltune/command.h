// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The subcommands. Each add_*() adds one to the command line and stands in the file of its name.

#ifndef TL_TOOL_COMMAND_H
#define TL_TOOL_COMMAND_H

#include "output.h"

#include <CLI/CLI.hpp>

#include <string>

namespace tl::tool {

/// What the options before or after any subcommand say.
struct context {
  std::string database; ///< --db; "" : the one that the environment names
  bool json = false;
  color_mode color = color_mode::automatic;
  int status = 0; ///< exit status of the subcommand that ran
};

// Checks of options' values: "" or what is wrong.
std::string whole_number(const std::string &text);
std::string at_least_one(const std::string &text); ///< a whole number above 0
std::string seconds(const std::string &text);      ///< 0 or more
std::string some_seconds(const std::string &text); ///< more than 0
std::string some_percent(const std::string &text); ///< 0 or more

void add_list(CLI::App &app, context &ctx);
void add_show(CLI::App &app, context &ctx);
void add_report(CLI::App &app, context &ctx);
void add_evaluate(CLI::App &app, context &ctx);
void add_shrink(CLI::App &app, context &ctx);
void add_explain(CLI::App &app, context &ctx);
void add_size(CLI::App &app, context &ctx);
void add_bake(CLI::App &app, context &ctx);
void add_export(CLI::App &app, context &ctx);
void add_import(CLI::App &app, context &ctx);
void add_merge(CLI::App &app, context &ctx);
void add_verify(CLI::App &app, context &ctx);
void add_gc(CLI::App &app, context &ctx);
void add_forget(CLI::App &app, context &ctx);
void add_run(CLI::App &app, context &ctx);
void add_status(CLI::App &app, context &ctx);
void add_remote(CLI::App &app, context &ctx); ///< push, pull, sync, serve-remote
void add_doctor(CLI::App &app, context &ctx);
void add_generate(CLI::App &app, context &ctx);

} // namespace tl::tool

#endif
