// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One line of a log, written where it is told to. What the environment says about logging is not
// known here, so that the reader of the environment can itself report problems.
//
// All functions here are safe from any thread and in a forked child, never throw, and never change
// errno.

#ifndef TL_RUNTIME_SUPPORT_LOG_LINE_H
#define TL_RUNTIME_SUPPORT_LOG_LINE_H

#include <cstdint>
#include <string_view>

namespace tl::rt {

enum class log_level : unsigned char { off, error, warning, info, debug };

/// "off", "error", ...
std::string_view to_string(log_level level) noexcept;

/// Writes one line to `file`, with a time stamp, or to stderr, with the prefix "tl: ", where `file`
/// is "" or cannot be opened. Line breaks inside `message` become spaces.
void write_log_line(log_level level, std::string_view file, std::string_view message) noexcept;

/// Appends one line, with a time stamp and the process id, to the file. Returns the size of the
/// file after that [bytes], -1 where it could not be opened, or -2 where it is none that this user
/// may trust to be a log of his (a link, a FIFO, another user's file where everybody may write).
std::int64_t append_log_line(const char *path, std::string_view text) noexcept;

} // namespace tl::rt

#endif
