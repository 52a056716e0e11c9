// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tltune report: draws tuning sessions as one HTML page.

#include "database.h"
#include "exit_code.h"
#include "failure.h"
#include "files.h"
#include "json.h"
#include "report/page.h"
#include "suggest.h"

#include <cstdio>
#include <filesystem>

namespace tl::tool {

using namespace rt::store;

namespace {
struct report_options {
  selection what;
  std::string file;
  std::size_t limit = 20;
  page_options page;
};
} // namespace

static void report(context &ctx, report_options options) {
  const auto store = open_for_reading(ctx);
  std::vector<session_bundle> sessions =
      latest_sessions(*store, to_filter(options.what, *store, true));
  if (sessions.empty())
    throw failure(exit_findings, no_match(ctx, *store, options.what));
  const std::size_t found = sessions.size();
  if (found > options.limit)
    sessions.resize(options.limit);
  options.page.source = std::filesystem::path(database_path(ctx)).filename().string();
  write_file(options.file, render_page(sessions, options.page));
  if (ctx.json) {
    if (options.file == "-")
      return;
    return print({{"database", database_path(ctx)},
                  {"file", options.file},
                  {"problems", sessions.size()},
                  {"left_out", found - sessions.size()}});
  }
  if (options.file == "-")
    return;
  std::printf("%s: %zu %s\n", options.file.c_str(), sessions.size(),
              sessions.size() == 1 ? "problem" : "problems");
  if (found > sessions.size())
    std::printf("left out the %zu that were tuned longest ago (--limit)\n",
                found - sessions.size());
}

void add_report(CLI::App &app, context &ctx) {
  CLI::App *command = app.add_subcommand("report", "Draw sessions as one HTML page");
  const auto options = std::make_shared<report_options>();
  add_selection(*command, options->what);
  command->add_option("-o,--output", options->file, "File to write, - for standard output")
      ->required()
      ->type_name("FILE");
  command->add_option("--title", options->page.title, "Heading of the page")->type_name("TEXT");
  command
      ->add_option("--limit", options->limit, "Most problems on the page, newest first, default 20")
      ->type_name("N")
      ->check(at_least_one);
  command->add_option("--top", options->page.ranked, "Configs in the ranking, default 20")
      ->type_name("N")
      ->check(at_least_one);
  command->callback([&ctx, options] { report(ctx, *options); });
}

} // namespace tl::tool
