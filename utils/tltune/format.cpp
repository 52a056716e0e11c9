// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "format.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace tl::tool {

std::pair<const char *, double> time_unit(double ns) {
  if (ns < 1e3)
    return {"ns", 1};
  if (ns < 1e6)
    return {"us", 1e3};
  if (ns < 1e9)
    return {"ms", 1e6};
  return {"s", 1e9};
}

std::string format_number(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*g", digits, value);
  if (std::string_view(text).find('e') == std::string_view::npos)
    return text;
  std::snprintf(text, sizeof text, "%.0f", value);
  return text;
}

std::string format_time(double ns) {
  if (!(ns > 0))
    return "-";
  const auto [unit, scale] = time_unit(ns);
  const double value = ns / scale;
  char text[64];
  std::snprintf(text, sizeof text, "%.*f %s", value >= 100 ? 1 : value >= 10 ? 2 : 3, value, unit);
  return text;
}

std::string format_speedup(double default_ns, double ns) {
  if (!(default_ns > 0) || !(ns > 0))
    return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.2fx", default_ns / ns);
  return text;
}

std::string format_percent(double share, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f %%", digits, share * 100);
  return text;
}

std::string format_age(std::int64_t then, std::int64_t now) {
  if (then < 1000) // 0, or an imported file without times of day
    return "-";
  const std::int64_t seconds = now > then ? (now - then) / 1000 : 0;
  if (seconds < 120)
    return std::to_string(seconds) + " s";
  if (seconds < 120 * 60)
    return std::to_string(seconds / 60) + " min";
  if (seconds < 48 * 3600)
    return std::to_string(seconds / 3600) + " h";
  return std::to_string(seconds / 86400) + " d";
}

std::string format_date(std::int64_t ms) {
  if (ms < 1000)
    return "-";
  const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts);
  return text;
}

std::string format_bytes(double bytes) {
  const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < std::size(units)) {
    bytes /= 1024;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, "%.*f %s", unit == 0 ? 0 : 1, bytes, units[unit]);
  return text;
}

/// Length of the UTF-8 character at the start of `text`, whose number goes to `code`; 0 if it is
/// none.
static std::size_t decode(std::string_view text, char32_t &code) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t size = first < 0x80       ? 1
                           : first >> 5 == 6  ? 2
                           : first >> 4 == 14 ? 3
                           : first >> 3 == 30 ? 4
                                              : 0;
  if (size == 0 || size > text.size())
    return 0;
  code = size == 1 ? first : first & (0xff >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if (byte(i) >> 6 != 2)
      return 0;
    code = code << 6 | (byte(i) & 0x3f);
  }
  static constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool valid = code >= least[size] && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return valid ? size : 0;
}

static bool is_harmful(char32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad || code == 0x61c ||
         (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
         (code >= 0xfff9 && code <= 0xfffb) || (code >= 0xe0000 && code <= 0xe0fff);
}

std::string harmless(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    char32_t code = 0;
    const std::size_t size = decode(text, code);
    char escaped[16];
    if (size != 0 && !is_harmful(code))
      result += text.substr(0, size);
    else if (code == '\n' && size == 1)
      result += "\\n";
    else {
      std::snprintf(escaped, sizeof escaped, size < 2 ? "\\x%02x" : "\\u{%x}",
                    size < 2 ? static_cast<unsigned>(static_cast<unsigned char>(text[0]))
                             : static_cast<unsigned>(code));
      result += escaped;
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return result;
}

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

bool parse_number(std::string_view text, double &value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
}

static std::uint64_t fnv1a(std::string_view text, std::uint64_t hash) {
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3;
  }
  return hash;
}

std::string hash_text(std::string_view text) {
  const std::uint64_t first = fnv1a(text, 0xcbf29ce484222325);
  const std::uint64_t second = fnv1a(text, first ^ 0x9e3779b97f4a7c15);
  char digits[33];
  std::snprintf(digits, sizeof digits, "%016llx%016llx", static_cast<unsigned long long>(first),
                static_cast<unsigned long long>(second));
  return digits;
}

} // namespace tl::tool
