// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/config_points.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>

namespace tl::rt {

std::vector<std::vector<double>> config_points(std::span<const char *const> configs) {
  std::vector<std::vector<double>> points;
  std::vector<std::map<std::string_view, double>> names; // of each tunable
  for (const std::string_view config : configs) {
    std::vector<double> &point = points.emplace_back();
    for (std::string_view rest = config; !rest.empty();) {
      const std::string_view field = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), field.size() + 1));
      const std::string_view value = field.substr(std::min(field.size(), field.find('=') + 1));
      const std::size_t tunable = point.size();
      names.resize(std::max(names.size(), tunable + 1));
      double number = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
      if (error != std::errc{} || end != value.data() + value.size())
        number = names[tunable]
                     .try_emplace(value, static_cast<double>(names[tunable].size()))
                     .first->second;
      point.push_back(number);
    }
  }
  return points;
}

} // namespace tl::rt
