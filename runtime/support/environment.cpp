// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/environment.h"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <initializer_list>
#include <memory>

namespace tl::rt {

static constexpr std::array<control_info, 12> table = {{
    {"TL_TUNE", "on", "on|off|require|nearest",
     "What a call without an installed winner does: tune when nothing is stored; take the stored "
     "winner or "
     "the default config and never tune; take the stored winner or end the program with an error; "
     "take the "
     "stored winner, else that of the nearest problem, else the default config."},
    {"TL_FORCE_CONFIG", "not set", "a config, e.g. block_m=64,block_n=32",
     "Run this config in every factory that has it; nothing is looked up or tuned there. "
     "`factory:config;factory:config` names factories. What is left out is as in the default "
     "config; "
     "`tile={m=2}` and `tile.m=2` reach into a struct, `sizes[1]=4` into an array."},
    {"TL_TIMEOUT", "the attribute's timeout", "seconds, more than 0",
     "Hard limit for one trial of one variant."},
    {"TL_BUDGET", "the attribute's budget", "seconds, 0 for no limit",
     "Limit for one tuning session; what is missing is done the next time."},
    {"TL_ISOLATION", "the attribute's isolation", "process|none",
     "Whether trials run in a child process that can be killed, or in the program itself."},
    {"TL_DISABLE_CACHE", "0", "0|1", "With 1, no database is read or written."},
    {"TL_CACHE_DIR", "$XDG_CACHE_HOME/tl, else ~/.cache/tl", "a directory",
     "Where the database autotune.db, the log autotune.log and the device locks are."},
    {"TL_DB_PATH", "empty", "files, separated by colons",
     "Further databases that are only read, asked in this order when the own one has no winner."},
    {"TL_REMOTE", "not set",
     "http(s)://... or postgresql://..., then optionally |WORD and |NAME=VALUE",
     "Where winners of other machines are looked up when no database has one, and where new ones "
     "go; the page on fleets has the words."},
    {"TL_PART", "1/1", "I/N",
     "Try the default config and every Nth of the others, of which the Ith part begins at another "
     "one for each problem; `tltune run --part` sets it."},
    {"TL_LOG", "warning", "off|error|warning|info|debug, then optionally :FILE",
     "What the runtime says, on stderr or appended to FILE."},
    {"TL_PROGRESS", "auto", "auto|on|off",
     "Whether a line shows how far tuning is; auto means when stderr is a terminal."},
}};

std::span<const control_info> control_table() { return table; }

/// Row of a variable; a name that the table lacks does not compile.
static consteval const control_info &row(std::string_view name) {
  for (const control_info &info : table)
    if (info.name == name)
      return info;
  throw "no such row in the table";
}

namespace {
/// Reads variables one by one and collects what is wrong with them.
class control_reader {
public:
  control_reader(const variable_reader &get, std::vector<std::string> &problems)
      : get_(get), problems_(problems) {}

  /// "" when the variable is not set.
  std::string text(const control_info &info) const {
    const char *const value = get_(info.name.data());
    return value ? value : "";
  }

  template <class Value>
  std::optional<Value> choice(const control_info &info,
                              std::initializer_list<std::pair<std::string_view, Value>> values) {
    return parse_choice<Value>(info, text(info), values);
  }

  template <class Value>
  std::optional<Value>
  parse_choice(const control_info &info, std::string_view value,
               std::initializer_list<std::pair<std::string_view, Value>> values) {
    if (value.empty())
      return {};
    for (const auto &[word, meaning] : values)
      if (word == value)
        return meaning;
    refuse(info, text(info));
    return {};
  }

  std::optional<double> seconds(const control_info &info, bool zero_allowed) {
    const std::string value = text(info);
    if (value.empty())
      return {};
    double number = 0; // from_chars: the program's locale must not matter
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size() || !std::isfinite(number) ||
        number < 0 || (number == 0 && !zero_allowed)) {
      refuse(info, value);
      return {};
    }
    return number;
  }

  void refuse(const control_info &info, std::string_view value) {
    problems_.push_back(
        fmt::format("{}='{}' is not understood: accepted is {}; going on with the default ({})",
                    info.name, value, info.accepted, info.default_value));
  }

private:
  const variable_reader &get_;
  std::vector<std::string> &problems_;
};
} // namespace

static std::vector<std::string> split(std::string_view list, char separator) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(separator), list.size());
    if (end > 0)
      parts.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return parts;
}

static void read_log(control_reader &in, controls &c) {
  const std::string value = in.text(row("TL_LOG"));
  const std::size_t colon = value.find(':');
  const auto level =
      in.parse_choice<log_level>(row("TL_LOG"), std::string_view(value).substr(0, colon),
                                 {{"off", log_level::off},
                                  {"error", log_level::error},
                                  {"warning", log_level::warning},
                                  {"info", log_level::info},
                                  {"debug", log_level::debug}});
  if (!level) {
    if (colon == 0) // ":FILE" without a level
      in.refuse(row("TL_LOG"), value);
    return;
  }
  c.log = *level;
  if (colon != std::string::npos)
    c.log_file = value.substr(colon + 1);
}

static void read_part(control_reader &in, controls &c) {
  const std::string value = in.text(row("TL_PART"));
  if (value.empty())
    return;
  const char *const end = value.data() + value.size();
  std::uint32_t part = 0, parts = 0;
  const auto first = std::from_chars(value.data(), end, part);
  const bool slash = first.ec == std::errc{} && first.ptr != end && *first.ptr == '/';
  const auto second = slash ? std::from_chars(first.ptr + 1, end, parts) : first;
  if (!slash || second.ec != std::errc{} || second.ptr != end || part < 1 || part > parts) {
    in.refuse(row("TL_PART"), value);
    return;
  }
  c.part = part;
  c.parts = parts;
}

controls read_controls(const variable_reader &reader, std::vector<std::string> &problems) {
  control_reader in(reader, problems);
  controls c;
  c.tune = in.choice<tune_mode>(row("TL_TUNE"), {{"on", tune_mode::on},
                                                 {"off", tune_mode::off},
                                                 {"require", tune_mode::require},
                                                 {"nearest", tune_mode::nearest}})
               .value_or(c.tune);
  c.force_config = in.text(row("TL_FORCE_CONFIG"));
  c.timeout = in.seconds(row("TL_TIMEOUT"), false);
  c.budget = in.seconds(row("TL_BUDGET"), true);
  c.isolation = in.choice<isolation_mode>(
      row("TL_ISOLATION"), {{"process", isolation_mode::process}, {"none", isolation_mode::none}});
  c.disable_cache = in.choice<bool>(row("TL_DISABLE_CACHE"), {{"0", false}, {"1", true}})
                        .value_or(c.disable_cache);
  c.cache_dir = in.text(row("TL_CACHE_DIR"));
  c.db_path = split(in.text(row("TL_DB_PATH")), ':');
  c.remote = in.text(row("TL_REMOTE"));
  if (!c.remote.starts_with("http://") && !c.remote.starts_with("https://") &&
      !c.remote.starts_with("postgresql://") && !c.remote.empty()) {
    in.refuse(row("TL_REMOTE"), c.remote.substr(0, c.remote.find_first_of(":|")));
    c.remote.clear();
  }
  read_part(in, c);
  read_log(in, c);
  c.progress = in.choice<progress_mode>(row("TL_PROGRESS"), {{"auto", progress_mode::automatic},
                                                             {"on", progress_mode::on},
                                                             {"off", progress_mode::off}})
                   .value_or(c.progress);
  return c;
}

const controls &environment() {
  // Not a static local: its guard is a lock that a forked child could inherit held.
  static std::atomic<const controls *> known{nullptr};
  if (const controls *const c = known.load(std::memory_order_acquire))
    return *c;
  std::vector<std::string> problems;
  auto fresh = std::make_unique<const controls>(read_controls(
      [](const char *name) -> const char * { return ::secure_getenv(name); }, problems));
  const controls *expected = nullptr;
  if (!known.compare_exchange_strong(expected, fresh.get(), std::memory_order_acq_rel))
    return *expected;
  const controls &c = *fresh.release();
  for (const std::string &problem : problems)
    if (c.log >= log_level::warning)
      write_log_line(log_level::warning, c.log_file, problem);
  return c;
}

} // namespace tl::rt
