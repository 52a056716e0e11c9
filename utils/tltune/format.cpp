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

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::vector<std::pair<std::string, std::string>> split_config(std::string_view config) {
  std::vector<std::pair<std::string, std::string>> fields;
  while (!config.empty()) {
    const std::size_t comma = config.find(',');
    const std::string_view piece = config.substr(0, comma);
    config = comma == std::string_view::npos ? std::string_view() : config.substr(comma + 1);
    const std::size_t equal = piece.find('=');
    if (equal == std::string_view::npos && !fields.empty())
      fields.back().second.append(1, ',').append(piece);
    else if (equal == std::string_view::npos)
      fields.emplace_back("", piece);
    else
      fields.emplace_back(piece.substr(0, equal), piece.substr(equal + 1));
  }
  return fields;
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
