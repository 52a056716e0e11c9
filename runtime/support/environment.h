// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The environment variables that steer the runtime, read once.

#ifndef TL_RUNTIME_SUPPORT_ENVIRONMENT_H
#define TL_RUNTIME_SUPPORT_ENVIRONMENT_H

#include "runtime/support/log_line.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tl::rt {

/// TL_TUNE: what to do when a call has no installed winner.
enum class tune_mode : unsigned char {
  on,      ///< stored winner, else tune
  off,     ///< stored winner, else the default config; never a trial
  require, ///< stored winner, else an error and a non-zero exit
  nearest, ///< stored winner, else the nearest problem's, else the default config
};

/// TL_ISOLATION: where trials run.
enum class isolation_mode : unsigned char { process, none };

/// TL_PROGRESS: whether the progress line is drawn.
enum class progress_mode : unsigned char { automatic /* when stderr is a terminal */, on, off };

/// What the environment asks for. Empty optionals: the variable is not set, and the attribute's
/// option or the built-in default counts. A set variable wins over the attribute.
struct controls {
  tune_mode tune = tune_mode::on;          ///< TL_TUNE
  std::string force_config;                ///< TL_FORCE_CONFIG, "" when not set
  std::optional<double> timeout;           ///< TL_TIMEOUT, for one trial [s]
  std::optional<double> budget;            ///< TL_BUDGET, for one session, 0 means none [s]
  bool disable_cache = false;              ///< TL_DISABLE_CACHE: neither read nor write a database
  std::optional<isolation_mode> isolation; ///< TL_ISOLATION
  log_level log = log_level::warning;      ///< TL_LOG, level
  std::string log_file;                    ///< TL_LOG, file; "" is stderr
  progress_mode progress = progress_mode::automatic; ///< TL_PROGRESS
  std::string cache_dir;                             ///< TL_CACHE_DIR, "" when not set
  std::vector<std::string> db_path;  ///< TL_DB_PATH: read-only databases, searched in order
  std::string remote;                ///< TL_REMOTE, "" when not set
  std::uint32_t part = 1, parts = 1; ///< TL_PART: of each problem's configs, counted from 1
};

/// One row of the table that docs and `tltune` print, and that the parser runs on.
struct control_info {
  std::string_view name;          ///< "TL_TUNE"
  std::string_view default_value; ///< as one would write it, or words when there is no such value
  std::string_view accepted;      ///< "on|off|require|nearest", "seconds"
  std::string_view meaning;       ///< one sentence
};

/// Every variable, in the order in which docs list them.
std::span<const control_info> control_table();

/// Value of a variable, or null.
using variable_reader = std::function<const char *(const char *name)>;

/// Reads all variables. A value that is not accepted leaves the default in place and adds one line
/// to `problems` that names the variable, its value and what is accepted. An empty value counts as
/// not set.
controls read_controls(const variable_reader &reader, std::vector<std::string> &problems);

/// The process's controls: read at the first call, when problems are said (once); never changes
/// afterwards. Thread-safe. The object is never destroyed. A program with the rights of another
/// user (set-uid, set-gid, capabilities) takes nothing from the environment: all defaults.
const controls &environment();

} // namespace tl::rt

#endif
