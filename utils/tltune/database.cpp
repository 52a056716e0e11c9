// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "database.h"
#include "failure.h"
#include "format.h"
#include "short_name.h"

#include "runtime/support/safe_file.h"

#include <algorithm>
#include <climits>
#include <filesystem>

namespace tl::tool {

using namespace rt::store;

/// People wait longer than programs [ms].
static constexpr int longest_work_ms = 60'000;

std::string database_path(const context &ctx) {
  if (!ctx.database.empty()) {
    const std::string path = std::filesystem::absolute(ctx.database).string();
    char real[PATH_MAX]; // what is written to has no links in its name
    return rt::follow_own_link(path.c_str(), real) ? std::string(real) : path;
  }
  std::string path = default_store_options().path;
  if (path.empty())
    throw failure(exit_database,
                  "no database: neither --db nor TL_CACHE_DIR, XDG_CACHE_HOME or HOME "
                  "names a place, or TL_DISABLE_CACHE is set");
  return path;
}

/// What the store says, without how a program goes on: this tool does not.
static std::string plain_reason(const std::string &text) {
  std::size_t end = text.size();
  for (const char *tail : {": going on", ": it is left alone", ": stored winners are used"})
    end = std::min(end, text.find(tail));
  std::string plain = text.substr(0, end);
  constexpr std::string_view later = "was locked a moment ago"; // opening it waited already
  if (const std::size_t at = plain.find(later); at != std::string::npos)
    plain.replace(at, later.size(), "is locked by another process");
  return plain;
}

/// Opens a file that is there, read only.
static std::unique_ptr<tuning_store> open_existing(const std::string &path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    throw failure(exit_database, path + " is a directory, expected a database file");
  store_options options;
  options.path = path;
  options.read_only = true;
  options.work_ms = longest_work_ms;
  auto store = std::make_unique<tuning_store>(options);
  if (store->mode() == store_mode::memory)
    throw failure(exit_database, plain_reason(store->mode_reason()));
  return store;
}

static bool is_there(const std::string &path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

[[noreturn]] static void fail_missing(const std::string &path) {
  throw failure(exit_database, path + ": no such database (nothing was tuned with this "
                                      "cache directory, or --db names another place)");
}

std::unique_ptr<tuning_store> open_for_reading(const context &ctx) {
  const std::string path = database_path(ctx);
  if (!is_there(path))
    fail_missing(path);
  return open_existing(path);
}

std::unique_ptr<tuning_store> open_for_writing(const context &ctx) {
  store_options options;
  options.path = database_path(ctx);
  options.work_ms = longest_work_ms;
  if (is_there(options.path)) {
    const auto present = open_existing(options.path);
    rt::status why;
    present->count(&why);
    require(why);
    if (!present->verify().empty())
      throw failure(exit_database,
                    "database " + options.path + " is damaged: `tltune verify` says more");
  }
  auto store = std::make_unique<tuning_store>(options);
  if (store->mode() != store_mode::read_write)
    throw failure(exit_database, plain_reason(store->mode_reason()));
  return store;
}

std::unique_ptr<tuning_store> open_for_changes(const context &ctx) {
  if (const std::string path = database_path(ctx); !is_there(path))
    fail_missing(path);
  return open_for_writing(ctx);
}

void require(const rt::status &status) {
  if (!status)
    throw failure(exit_database, plain_reason(status.text()));
}

void add_selection(CLI::App &command, selection &what) {
  command.add_option("factory", what.factory, "Factory: name or id, * and ? match as in a shell")
      ->type_name("");
  command
      .add_option("problem", what.problem,
                  "Problem key, as `tltune list` prints it, or parts of it: n=8")
      ->type_name("");
  command.add_option("--device", what.device, "Device, * and ? match as in a shell")
      ->type_name("NAME");
  command.add_option("--mode", what.mode, "Only problems measured with cold or hot caches")
      ->type_name("cold|hot")
      ->check(CLI::IsMember({"cold", "hot"}).description(""));
  command.add_flag(
      "--stale", what.stale,
      "Only winners of code that a newer build has replaced: no program asks for them");
}

static bool has_wildcard(const std::string &text) {
  return text.find_first_of("*?") != std::string::npos;
}

/// The name itself, or a pattern for the names that it may stand for.
static std::string match_factory(const std::string &wanted, tuning_store &store) {
  filter exact;
  exact.factory = wanted;
  rt::status why;
  const bool none = store.list_factories(exact, &why).empty();
  require(why);
  if (!none)
    return wanted;
  const std::vector<factory_record> all = store.list_factories({}, &why);
  require(why);
  for (const factory_record &it : all)
    if (short_name(it.name) == wanted)
      return it.name;
  return "*" + wanted + "*";
}

filter to_filter(const selection &what, tuning_store &store, bool lenient) {
  filter result;
  result.factory = what.factory;
  result.device = what.device;
  result.problem = what.problem;
  result.stale = what.stale;
  if (what.mode == "cold")
    result.mode = measure_mode::cold;
  if (what.mode == "hot")
    result.mode = measure_mode::hot;
  if (!what.device.empty() && !has_wildcard(what.device))
    result.device = "*" + what.device + "*";
  if (lenient && !what.factory.empty() && !has_wildcard(what.factory))
    result.factory = match_factory(what.factory, store);
  if (lenient && !what.problem.empty()) {
    rt::status why;
    const bool none =
        store.list_winners(result, &why).empty() && store.list_sessions(result, &why).empty();
    require(why);
    if (none) {
      result.problem.clear();
      result.problem_parts = what.problem;
    }
  }
  return result;
}

std::set<std::pair<std::string, std::string>> stale_factories(tuning_store &store) {
  filter f;
  f.stale = true;
  std::set<std::pair<std::string, std::string>> result;
  rt::status why;
  const std::vector<factory_record> found = store.list_factories(f, &why);
  require(why);
  for (const factory_record &factory : found)
    result.emplace(factory.id, factory.fingerprint);
  return result;
}

std::vector<session_bundle> latest_sessions(tuning_store &store, const filter &filter) {
  rt::status why;
  std::vector<session_bundle> all = store.list_sessions(filter, &why);
  require(why);
  std::set<winner_key> seen;
  std::vector<session_bundle> result;
  for (auto bundle = all.rbegin(); bundle != all.rend(); ++bundle) {
    const winner_key key{bundle->factory.id,  bundle->factory.fingerprint,
                         bundle->factory.abi, bundle->device.identity,
                         bundle->mode,        bundle->problem};
    if (seen.contains(key))
      continue;
    bundle->trials = store.list_trials(bundle->session.id, &why);
    require(why);
    if (bundle->trials.empty())
      continue;
    seen.insert(key);
    result.push_back(std::move(*bundle));
  }
  return result;
}

std::string device_name(const std::string &identity) {
  for (const char *const key : {"model=", "name="}) {
    const std::size_t at = identity.find(key);
    if (at != std::string::npos && (at == 0 || identity[at - 1] == ';')) {
      const std::size_t begin = at + std::string_view(key).size();
      return identity.substr(begin, identity.find(';', begin) - begin);
    }
  }
  return identity.substr(0, identity.find(';'));
}

std::string describe(const session_bundle &bundle) {
  return harmless(bundle.factory.name + (bundle.problem.empty() ? "" : " " + bundle.problem) +
                  " on " + device_name(bundle.device.identity) + " (" +
                  std::string(to_string(bundle.mode)) + ")");
}

} // namespace tl::tool
