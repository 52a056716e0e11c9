// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/launch_blocks.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace tl::rt {

/// The three numbers behind `"name":[`, searched from `from`, which moves behind them.
static std::optional<launch_grid> next_triple(std::string_view text, std::string_view name,
                                              std::size_t &from) {
  from = text.find(name, from);
  if (from == std::string_view::npos)
    return std::nullopt;
  from += name.size();
  launch_grid triple{};
  for (std::uint32_t &it : triple) {
    if (from >= text.size())
      return std::nullopt;
    const char *begin = text.data() + from;
    const auto [end, error] = std::from_chars(begin, text.data() + text.size(), it);
    if (error != std::errc{})
      return std::nullopt;
    from += static_cast<std::size_t>(end - begin) + 1; // the comma or bracket
  }
  return triple;
}

static double product(const launch_grid &of) {
  return static_cast<double>(of[0]) * static_cast<double>(of[1]) * static_cast<double>(of[2]);
}

std::optional<launch_grid> largest_grid(std::string_view resources) {
  // Quotes in a kernel's name are escaped: these words are the members that they look like.
  std::optional<launch_grid> largest;
  double most = 0;
  std::size_t at = 0;
  while (const auto grid = next_triple(resources, "\"grid\":[", at)) {
    const auto block = next_triple(resources, "\"block\":[", at);
    if (!block)
      break;
    if (const double threads = product(*grid) * product(*block); threads > most) {
      most = threads;
      largest = grid;
    }
  }
  return largest;
}

double multiprocessors_of(std::string_view device_identity) {
  for (const std::string_view name : {";multiprocessors=", ";compute_units="})
    if (const std::size_t at = device_identity.find(name); at != std::string_view::npos) {
      unsigned count = 0;
      std::from_chars(device_identity.data() + at + name.size(),
                      device_identity.data() + device_identity.size(), count);
      return count;
    }
  return 0;
}

double unevenness(double blocks, double multiprocessors) {
  const double each = blocks / multiprocessors;
  return std::log(std::ceil(each) / each);
}

double launch_blocks::quotient::of(std::span<const double> problem) const {
  return std::ceil(problem[number] / divisor);
}

double launch_blocks::on(std::span<const double> problem) const {
  double blocks = always_;
  for (const quotient &it : quotients_)
    blocks *= it.of(problem);
  return blocks;
}

/// One number over one divisor. ceil(x / d) = g says that x / g <= d < x / (g - 1): all launches
/// together leave an interval.
bool launch_blocks::learn_quotient(std::span<const launch> seen, std::span<const double> config,
                                   std::size_t axis) {
  for (std::size_t number = 0; number < seen.front().problem.size(); ++number) {
    double low = 0, high = std::numeric_limits<double>::infinity();
    for (const launch &it : seen) {
      const double x = it.problem[number], g = it.grid[axis];
      if (x <= 0)
        high = 0;
      low = std::max(low, x / g);
      if (g > 1)
        high = std::min(high, x / (g - 1));
    }
    if (low >= high)
      continue;
    double divisor = std::ceil(low) < high ? std::ceil(low) : low;
    for (const double it : config)
      if (low <= it && it < high)
        divisor = it;
    quotients_.push_back({number, divisor});
    return true;
  }
  return false;
}

bool launch_blocks::learn_product(std::span<const launch> seen, std::span<const double> config,
                                  std::size_t axis) {
  std::vector<double> divisors{1};
  for (const double it : config)
    if (it > 1)
      divisors.push_back(it);
  const std::size_t numbers = seen.front().problem.size();
  for (std::size_t i = 0; i < numbers; ++i)
    for (std::size_t j = i + 1; j < numbers; ++j)
      for (const double a : divisors)
        for (const double b : divisors) {
          const quotient first{i, a}, second{j, b};
          if (std::ranges::all_of(seen, [&](const launch &it) {
                return first.of(it.problem) * second.of(it.problem) == it.grid[axis];
              })) {
            quotients_.push_back(first);
            quotients_.push_back(second);
            return true;
          }
        }
  return false;
}

bool launch_blocks::learn_axis(std::span<const launch> seen, std::span<const double> config,
                               std::size_t axis) {
  const std::uint32_t first = seen.front().grid[axis];
  if (std::ranges::all_of(seen, [&](const launch &it) { return it.grid[axis] == first; })) {
    always_ *= first;
    return true;
  }
  return learn_quotient(seen, config, axis) || learn_product(seen, config, axis);
}

std::optional<launch_blocks> launch_blocks::learn(std::span<const launch> seen,
                                                  std::span<const double> config) {
  if (seen.empty())
    return std::nullopt;
  for (const launch &it : seen)
    if (it.problem.size() != seen.front().problem.size() || product(it.grid) == 0)
      return std::nullopt;
  launch_blocks rule;
  for (std::size_t axis = 0; axis < std::size(seen.front().grid); ++axis)
    if (!rule.learn_axis(seen, config, axis))
      return std::nullopt;
  return rule;
}

} // namespace tl::rt
