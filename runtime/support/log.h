// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the runtime says. Every line goes to stderr with the prefix "tl: " (or to the file that
// TL_LOG names, with a time stamp), in one write, so that lines of many processes do not mix.
//
// All functions here are safe from any thread and in a forked child (there is no lock to inherit
// and no descriptor is kept open), never throw, and never change errno.

#ifndef TL_RUNTIME_SUPPORT_LOG_H
#define TL_RUNTIME_SUPPORT_LOG_H

#include "runtime/support/log_line.h"

#include <string_view>

namespace tl::rt {

/// Whether a message of this level is written anywhere. Cheap; ask before formatting something big.
bool log_enabled(log_level level) noexcept;

/// Writes one line if `level` is enabled. Line breaks inside `message` become spaces.
void log(log_level level, std::string_view message) noexcept;

inline void log_error(std::string_view message) noexcept { log(log_level::error, message); }
inline void log_warning(std::string_view message) noexcept { log(log_level::warning, message); }
inline void log_info(std::string_view message) noexcept { log(log_level::info, message); }
inline void log_debug(std::string_view message) noexcept { log(log_level::debug, message); }

/// Writes a warning the first time that `key` is seen in this process (a forked child remembers
/// what its parent has said). Returns whether it was the first time.
bool warn_once(std::string_view key, std::string_view message) noexcept;

/// Sets level and file in place of what TL_LOG says ("" means stderr). For tests and for `tltune`.
/// Not safe while other threads log.
void set_log_output(log_level level, std::string_view file) noexcept;

} // namespace tl::rt

#endif
