// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Numbers and times as people read them.

#ifndef TL_TOOL_FORMAT_H
#define TL_TOOL_FORMAT_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tl::tool {

/// Four significant digits with the unit that suits: "3.141 us". "-" for 0, which means not
/// measured.
std::string format_time(double ns);

/// The unit that suits a time [ns] and how many nanoseconds it has: {"us", 1e3}. For axes.
std::pair<const char *, double> time_unit(double ns);

/// "1.53x"; "-" when either time is unknown.
std::string format_speedup(double default_ns, double ns);

/// "1.5 %"; `share` 0.015.
std::string format_percent(double share, int digits = 1);

/// "12 s", "5 min", "3 h", "9 d" from `then` to `now` [ms since 1970]; "-" when `then` is 0.
std::string format_age(std::int64_t then, std::int64_t now);

/// "2026-11-20 19:30" UTC; "-" for 0.
std::string format_date(std::int64_t ms);

/// "1.2 GiB".
std::string format_bytes(double bytes);

/// A number without trailing zeros, at most `digits` significant digits.
std::string format_number(double value, int digits = 4);

/// The text with everything escaped that could steer a terminal, hide or reorder what stands beside
/// it, or end a line: control characters, what changes the direction of writing, and what is no
/// UTF-8. Names in a database are whatever somebody has put there.
std::string harmless(std::string_view text);

/// Milliseconds since 1970, UTC.
std::int64_t now_ms();

/// Whether `text` is one number; then `value` receives it.
bool parse_number(std::string_view text, double &value);

/// 32 hexadecimal digits that depend on all of `text` (two FNV-1a hashes; no cryptography).
std::string hash_text(std::string_view text);

} // namespace tl::tool

#endif
