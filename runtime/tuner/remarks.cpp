// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/remarks.h"

#include "runtime/support/config_text.h"
#include "runtime/tuner/config_points.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

namespace tl::rt {

/// Fewer trials than this say nothing about a space.
static constexpr std::size_t least_trials = 4;
/// Shares of the time, and of the power limit, that are worth a remark.
static constexpr double held_share = 0.02, hard_power = 0.95;

/// The reason without its numbers: "out of memory: 4096 bytes" and "... 8192 bytes" are one.
static std::string kind_of(const store::trial &it) {
  std::string kind = fmt::format("{}: {}", to_string(it.status), it.reason);
  std::string plain;
  for (const char c : kind)
    if (c >= '0' && c <= '9') {
      if (plain.empty() || plain.back() != '#')
        plain += '#';
    } else {
      plain += c;
    }
  return plain;
}

/// What may be done about it.
static std::string_view way_out(store::trial_status status) {
  switch (status) {
  case store::trial_status::wrong:
    return "where those elements are a work space, make it a parameter of type tl::scratch; where "
           "they differ by rounding, say so with `tolerance`";
  case store::trial_status::inconsistent:
    return "where the order of additions varies, say by how much with `tolerance`";
  default:
    return "a condition on the space or `eligible` would leave them out";
  }
}

std::vector<std::string> remarks_on_trials(std::span<const store::trial *const> tried) {
  if (tried.size() < least_trials)
    return {};
  std::map<std::string, std::vector<const store::trial *>> kinds;
  for (const store::trial *it : tried)
    if (it->status != store::trial_status::measured && it->status != store::trial_status::cut)
      kinds[kind_of(*it)].push_back(it);
  for (const auto &[kind, of] : kinds)
    if (2 * of.size() > tried.size())
      return {fmt::format("{} of {} variants failed for one reason, such as {}: {} ({}); {}",
                          of.size(), tried.size(), of.front()->config,
                          to_string(of.front()->status), of.front()->reason,
                          way_out(of.front()->status))};
  return {};
}

static bool is_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

std::vector<std::string> remarks_on_edges(std::span<const char *const> configs,
                                          std::string_view winner) {
  const auto at = std::find(configs.begin(), configs.end(), winner);
  if (at == configs.end())
    return {};
  const std::vector<std::vector<double>> points = config_points(configs);
  const std::vector<double> &best = points[static_cast<std::size_t>(at - configs.begin())];
  const std::vector<config_field> fields = read_config(winner);
  std::vector<std::string> remarks;
  for (std::size_t axis = 0; axis < best.size() && axis < fields.size(); ++axis) {
    std::map<double, std::size_t> values; // and how many configs have each
    for (const std::vector<double> &point : points)
      if (axis < point.size())
        ++values[point[axis]];
    const bool least = best[axis] == values.begin()->first,
               most = best[axis] == values.rbegin()->first;
    // Of a count there is nothing to be had below one, or none.
    const bool lowest = least && (best[axis] == 0 || best[axis] == 1) &&
                        std::ranges::all_of(values, [](const auto &it) {
                          return it.first == std::floor(it.first);
                        });
    // A default config that was added to the space is on none of its axes.
    const bool apart = values[best[axis]] == 1 && std::ranges::all_of(values, [&](const auto &it) {
                         return it.second > 1 || it.first == best[axis];
                       });
    if (values.size() >= 3 && (least || most) && !lowest && !apart && is_number(fields[axis].value))
      remarks.push_back(fmt::format("the winner's {}={} is the {} value of its axis; the best one "
                                    "may lie beyond",
                                    fields[axis].name, fields[axis].value,
                                    least ? "least" : "greatest"));
  }
  return remarks;
}

std::vector<std::string> remarks_on_race(const measure::race_result &raced) {
  std::vector<std::string> remarks;
  if (raced.limited > held_share)
    remarks.push_back(fmt::format("power or heat held the device's clock down for {:.0f} % of the "
                                  "time",
                                  100 * raced.limited));
  else if (raced.power > hard_power)
    remarks.push_back(
        fmt::format("the device drew {:.0f} % of its power limit", 100 * raced.power));
  if (raced.dropped_rounds > 0)
    remarks.push_back(fmt::format("the device's clock dropped {} times, and what was measured then "
                                  "was left out",
                                  raced.dropped_rounds));
  if (raced.others > 0)
    remarks.push_back(fmt::format("{} other process{} used the device while it was measured",
                                  raced.others, raced.others == 1 ? "" : "es"));
  return remarks;
}

std::vector<std::string> remarks_on_data(std::uint64_t data_bytes, std::uint64_t cache_bytes) {
  constexpr double mib = 1024 * 1024;
  if (cache_bytes == 0 || data_bytes <= cache_bytes)
    return {};
  return {fmt::format(
      "hot samples of {:.0f} MiB of data, which the cache of {:.0f} MiB does not hold: they find a "
      "part of it that the program may not find; `cold = true` measures without",
      static_cast<double>(data_bytes) / mib, static_cast<double>(cache_bytes) / mib)};
}

} // namespace tl::rt
