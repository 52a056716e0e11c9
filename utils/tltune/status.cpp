// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tltune status: how far the parts of a space are that many machines tune.

#include "database.h"
#include "exit_code.h"
#include "failure.h"
#include "format.h"
#include "json.h"

#include "runtime/support/paths.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

namespace tl::tool {

using namespace rt::store;

namespace {

/// A part whose last trial is older than this many times the others' pace is a straggler, but never
/// before a minute [ms].
constexpr double straggler_times = 10;
constexpr std::int64_t straggler_least_ms = 60'000;

struct part {
  std::string name, host;
  std::size_t problems = 0, finished = 0, trials = 0;
  std::int64_t started = 0, touched = 0; ///< [ms], 0: nothing yet
  bool running = false;
  std::string error;
};

part read_part(const std::filesystem::path &folder) {
  part made;
  made.name = folder.filename().string();
  const std::filesystem::path file = folder / rt::database_file_name;
  std::error_code error;
  if (!std::filesystem::exists(file, error))
    return made;
  store_options options;
  options.path = file.string();
  options.read_only = true;
  tuning_store store(options);
  rt::status why;
  for (const session_bundle &it : store.list_sessions({}, &why)) {
    ++made.problems;
    made.finished += it.session.state == session_state::finished;
    made.running = made.running || it.session.state == session_state::running;
    made.started =
        made.started == 0 ? it.session.started : std::min(made.started, it.session.started);
    if (it.session.touched >= made.touched) {
      made.touched = it.session.touched;
      made.host = it.session.host;
    }
  }
  made.trials = static_cast<std::size_t>(store.count().trials);
  made.error = why.text();
  return made;
}

/// Time between two trials [ms], 0 where there are too few.
double pace(const part &it) {
  return it.trials < 2
             ? 0
             : static_cast<double>(it.touched - it.started) / static_cast<double>(it.trials);
}

} // namespace

static void status(context &ctx, const std::string &directory) {
  std::error_code error;
  std::vector<part> parts;
  for (const auto &entry : std::filesystem::directory_iterator(directory, error))
    if (entry.is_directory() && entry.path().filename().string().find("-of-") != std::string::npos)
      parts.push_back(read_part(entry.path()));
  if (error)
    throw failure(exit_file, directory + ": " + error.message());
  std::ranges::sort(parts, [](const part &a, const part &b) {
    return std::pair(a.name.size(), a.name) < std::pair(b.name.size(), b.name);
  });
  std::vector<double> paces;
  for (const part &it : parts)
    if (pace(it) > 0)
      paces.push_back(pace(it));
  std::ranges::sort(paces);
  const double usual = paces.empty() ? 0 : paces[paces.size() / 2];
  const std::int64_t now = now_ms();
  const auto is_late = [&](const part &it) {
    const auto most =
        std::max(straggler_least_ms, static_cast<std::int64_t>(straggler_times * usual));
    return it.running && now - it.touched > most;
  };
  if (ctx.json) {
    json rows = json::array();
    for (const part &it : parts)
      rows.push_back({{"part", it.name},
                      {"host", it.host},
                      {"problems", it.problems},
                      {"finished", it.finished},
                      {"trials", it.trials},
                      {"touched_ms", it.touched},
                      {"running", it.running},
                      {"late", is_late(it)},
                      {"error", it.error}});
    print({{"directory", directory}, {"parts", rows}});
  } else {
    const output out = output::standard(ctx.color);
    table rows({{"part"},
                {"host", false, true},
                {"problems", true},
                {"finished", true},
                {"trials", true},
                {"last trial", true},
                {"state"}});
    for (const part &it : parts) {
      table::cell state{"done", style::good};
      if (!it.error.empty())
        state = {it.error, style::bad};
      else if (it.problems == 0)
        state = {"nothing yet", style::dim};
      else if (is_late(it))
        state = {"late", style::bad};
      else if (it.running)
        state = {"running", style::plain};
      else if (it.finished < it.problems)
        state = {"out of budget", style::warning};
      rows.add({it.name, it.host, std::to_string(it.problems), std::to_string(it.finished),
                std::to_string(it.trials), format_age(it.touched, now), state});
    }
    if (!parts.empty())
      std::fputs(rows.render(out).c_str(), stdout);
    else
      std::fprintf(stderr, "tltune: %s holds no parts\n", harmless(directory).c_str());
  }
  ctx.status = parts.empty() ? exit_findings : exit_ok;
}

void add_status(CLI::App &app, context &ctx) {
  CLI::App *command =
      app.add_subcommand("status", "How far the parts of `run --part` in a directory are");
  const auto directory = std::make_shared<std::string>("parts");
  command->add_option("directory", *directory, "Directory, default: parts")->type_name("");
  command->callback([&ctx, directory] { status(ctx, *directory); });
}

} // namespace tl::tool
