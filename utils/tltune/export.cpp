// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tltune export: sessions as JSON, for another machine or another tool.

#include "database.h"
#include "failure.h"
#include "files.h"
#include "json.h"
#include "suggest.h"
#include "t4.h"

#include <cstdio>

namespace tl::tool {

using namespace rt::store;

namespace {
struct export_options {
  selection what;
  std::string file = "-";
  std::string format = "tltune";
  bool winners_only = false;
};
} // namespace

/// Everything that matches: sessions with trials, and the winners that no session explains.
static exported collect(tuning_store &store, const filter &f, bool winners_only) {
  exported content;
  rt::status why;
  std::set<winner_key> covered;
  if (!winners_only) {
    content.sessions = store.list_sessions(f, &why);
    require(why);
    for (session_bundle &bundle : content.sessions) {
      bundle.trials = store.list_trials(bundle.session.id, &why);
      require(why);
      if (bundle.best)
        covered.insert({bundle.factory.id, bundle.factory.fingerprint, bundle.factory.abi,
                        bundle.device.identity, bundle.mode, bundle.problem});
    }
  }
  for (listed_winner &w : store.list_winners(f, &why))
    if (!covered.contains(w.key))
      content.winners.push_back(std::move(w));
  require(why);
  return content;
}

static json t4_document(const context &ctx, tuning_store &store, const selection &what) {
  const std::vector<session_bundle> sessions = latest_sessions(store, to_filter(what, store, true));
  if (sessions.empty())
    throw failure(exit_findings, no_match(ctx, store, what));
  if (sessions.size() > 1) {
    std::string text = "a T4 file holds one problem, and these match; name one:";
    for (const session_bundle &bundle : sessions)
      text += "\n  " + describe(bundle);
    throw failure(exit_usage, text);
  }
  return to_t4(sessions.front());
}

static void export_file(context &ctx, const export_options &options) {
  const auto store = open_for_reading(ctx);
  json document;
  if (options.format == "t4") {
    document = t4_document(ctx, *store, options.what);
  } else {
    const exported content =
        collect(*store, to_filter(options.what, *store, true), options.winners_only);
    if (content.sessions.empty() && content.winners.empty())
      throw failure(exit_findings, no_match(ctx, *store, options.what));
    document = to_json(content);
  }
  write_file(options.file, text_of(document, 1) + "\n");
  if (ctx.json && options.file != "-") // what is written to standard output is the object
    print({{"database", database_path(ctx)}, {"file", options.file}, {"format", options.format}});
}

void add_export(CLI::App &app, context &ctx) {
  CLI::App *command =
      app.add_subcommand("export", "Write sessions, trials with samples, and winners as JSON");
  const auto options = std::make_shared<export_options>();
  add_selection(*command, options->what);
  command->add_option("-o,--output", options->file, "File to write, default: standard output")
      ->type_name("FILE");
  command
      ->add_option("--format", options->format,
                   "tltune (all of it; what import reads) or t4 (one problem's results in the "
                   "benchmark hub's format)")
      ->type_name("tltune|t4")
      ->check(CLI::IsMember({"tltune", "t4"}).description(""));
  command->add_flag("--winners", options->winners_only, "Only winners: small, to be shipped");
  command->callback([&ctx, options] { export_file(ctx, *options); });
}

} // namespace tl::tool
