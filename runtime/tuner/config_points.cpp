// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/config_points.h"

#include "runtime/support/config_text.h"

#include <charconv>
#include <map>
#include <string>

namespace tl::rt {

namespace {
/// The values of one tunable that are no numbers, in the order of their first appearance.
using ranks = std::map<std::string, double>;
} // namespace

static double coordinate(const std::string &value, ranks &names) {
  double number = 0;
  const char *const last = value.data() + value.size();
  const auto [end, error] = std::from_chars(value.data(), last, number);
  if (error == std::errc{} && end == last)
    return number;
  return names.try_emplace(value, static_cast<double>(names.size())).first->second;
}

std::vector<std::vector<double>> config_points(std::span<const char *const> configs) {
  std::map<std::string, std::size_t> axes;
  std::vector<ranks> names;
  std::vector<std::vector<double>> points;
  for (const char *const config : configs) {
    std::vector<double> &point = points.emplace_back(axes.size());
    for (const auto &[name, value] : read_config(config)) {
      const std::size_t axis = axes.try_emplace(name, axes.size()).first->second;
      names.resize(axes.size());
      point.resize(axes.size());
      point[axis] = coordinate(value, names[axis]);
    }
  }
  // A union's other members are 0.
  for (std::vector<double> &point : points)
    point.resize(axes.size());
  return points;
}

} // namespace tl::rt
