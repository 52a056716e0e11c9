// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tltune import: adds what a JSON file holds.

#include "database.h"
#include "failure.h"
#include "files.h"
#include "foreign.h"
#include "json.h"
#include "t4.h"

#include <cstdio>
#include <filesystem>

namespace tl::tool {

using namespace rt::store;

namespace {
struct import_options {
  std::vector<std::string> files;
  std::string factory, device, problem;
};
} // namespace

static std::string stem(const std::string &path) {
  return path == "-" ? "imported" : std::filesystem::path(path).stem().string();
}

/// The file's content, whatever of the three formats it is in.
static exported read(const std::string &path, const import_options &options) {
  const std::string text = read_file(path);
  const json document = parse(text);
  if (document.is_discarded())
    throw failure(exit_file, path + ": not JSON" +
                                 std::string(text.starts_with("\xfd"
                                                              "7zXZ") ||
                                                     text.starts_with("\x1f\x8b")
                                                 ? " (compressed: unpack it first)"
                                                 : ""));
  try {
    exported content;
    if (document.is_object() && document.value("format", "") == "tltune")
      return from_json(document);
    const json metadata =
        document.is_object() ? document.value("metadata", json::object()) : json::object();
    if (is_kernel_tuner(document))
      content.sessions.push_back(
          from_kernel_tuner(document, options.device.empty() ? stem(path) : options.device));
    else if (is_t4(document))
      content.sessions.push_back(
          from_t4(document,
                  options.factory.empty() ? metadata.value("factory", stem(path)) : options.factory,
                  options.device.empty() ? metadata.value("device", stem(path)) : options.device,
                  options.problem.empty() ? metadata.value("problem", "") : options.problem));
    else
      throw failure(exit_file,
                    "neither an export of tltune, nor T4 results, nor a Kernel Tuner cache");
    return content;
  } catch (const failure &error) {
    throw failure(error.code(), path + ": " + error.what());
  } catch (const json::exception &error) {
    throw failure(exit_file, path + ": " + error.what());
  }
}

static void import_files(context &ctx, const import_options &options) {
  // Everything is read before anything is written.
  std::vector<exported> contents;
  for (const std::string &path : options.files)
    contents.push_back(read(path, options));
  const auto store = open_for_writing(ctx);
  const counts before = store->count();
  for (const exported &content : contents) {
    require(store->import(content.sessions));
    for (const listed_winner &w : content.winners) {
      session_request what;
      what.factory = w.factory;
      what.device = w.device;
      what.mode = w.key.mode;
      what.problem = w.key.problem;
      require(store->install(what, w.best).status);
      require(store->add_proofs(what, w.proofs));
    }
  }
  rt::status why;
  const counts after = store->count(&why);
  require(why);
  const json added{{"sessions", after.sessions - before.sessions},
                   {"trials", after.trials - before.trials},
                   {"problems", after.problems - before.problems}};
  if (ctx.json)
    return print({{"database", database_path(ctx)}, {"added", added}});
  std::printf("added %lld sessions with %lld trials; %lld problems are new\n",
              static_cast<long long>(after.sessions - before.sessions),
              static_cast<long long>(after.trials - before.trials),
              static_cast<long long>(after.problems - before.problems));
}

void add_import(CLI::App &app, context &ctx) {
  CLI::App *command = app.add_subcommand(
      "import", "Add an export of tltune, T4 results or a Kernel Tuner cache file to the database");
  const auto options = std::make_shared<import_options>();
  command->add_option("files", options->files, "JSON files, - for standard input")
      ->required()
      ->type_name("");
  command
      ->add_option("--factory", options->factory,
                   "Factory's name for T4 results, default: the file's name")
      ->type_name("NAME");
  command->add_option("--device", options->device, "Device of a file that names none")
      ->type_name("NAME");
  command->add_option("--problem", options->problem, "Problem key for T4 results")
      ->type_name("TEXT");
  command->callback([&ctx, options] { import_files(ctx, *options); });
}

} // namespace tl::tool
