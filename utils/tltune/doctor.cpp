// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tltune doctor: what this machine offers to tuning, and what to do about what it does not.

#include "database.h"
#include "doctor/checks.h"
#include "exit_code.h"
#include "failure.h"
#include "json.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace tl::tool {

namespace {
struct doctor_options {
  std::string source;
  std::vector<std::string> command;
};
} // namespace

static const char *word(severity level) {
  static constexpr const char *words[] = {"ok", "note", "warning", "problem"};
  return words[static_cast<int>(level)];
}

static void print_findings(const context &ctx, const findings &found) {
  static constexpr style looks[] = {style::good, style::dim, style::warning, style::bad};
  const output out = output::standard(ctx.color);
  int topics = 0;
  for (const finding &f : found)
    topics = std::max(topics, display_width(f.topic));
  for (const finding &f : found) {
    const std::string padding(static_cast<std::size_t>(topics - display_width(f.topic)), ' ');
    const std::string level = word(f.level);
    const int indent = topics + 13;
    std::printf("%s%s  %s%s\n", out.paint(looks[static_cast<int>(f.level)], level).c_str(),
                std::string(9 - level.size(), ' ').c_str(),
                (out.paint(style::strong, f.topic) + padding + "  ").c_str(),
                wrap(f.text, indent, out.width).c_str());
    if (!f.advice.empty())
      std::printf("%s-> %s\n", std::string(static_cast<std::size_t>(indent), ' ').c_str(),
                  wrap(f.advice, indent + 3, out.width).c_str());
  }
}

static void check_machine(const context &ctx, findings &found) {
  check_compilers(found);
  check_runtime_library(found);
  check_environment(found);
  std::string database;
  try {
    database = database_path(ctx);
  } catch (const failure &) {
  }
  check_cache(found, database);
  check_cpu(found);
  check_cuda(found);
  check_hip(found);
}

static void doctor(context &ctx, const doctor_options &options) {
  findings found;
  if (options.source.empty())
    check_machine(ctx, found);
  else
    check_source(found, options.source, options.command);
  int problems = 0;
  for (const finding &f : found)
    problems += f.level == severity::problem;
  ctx.status = problems == 0 ? exit_ok : exit_findings;
  if (!ctx.json)
    return print_findings(ctx, found);
  json rows = json::array();
  for (const finding &f : found)
    rows.push_back(
        {{"topic", f.topic}, {"level", word(f.level)}, {"text", f.text}, {"advice", f.advice}});
  print({{"problems", problems}, {"findings", rows}});
}

void add_doctor(CLI::App &app, context &ctx) {
  CLI::App *command = app.add_subcommand(
      "doctor", "Say what this machine, or a source file, offers to tuning and what it lacks");
  const auto options = std::make_shared<doctor_options>();
  CLI::Option *source =
      command
          ->add_option("--source", options->source,
                       "Compile this file, and say what is missing or wrong for tuning it")
          ->type_name("FILE")
          ->check(CLI::ExistingFile);
  command
      ->add_option("command", options->command,
                   "The command that compiles the file, after --; default: Clang with -O2")
      ->type_name("")
      ->needs(source);
  command->callback([&ctx, options] { doctor(ctx, *options); });
}

} // namespace tl::tool
