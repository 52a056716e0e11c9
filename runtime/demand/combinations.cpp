// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/demand/combinations.h"

#include <algorithm>
#include <utility>

namespace tl::rt::demand {

/// A space of which fewer are admitted than one in as many is not drawn from.
static constexpr int most_draws = 10'000;

static std::uint32_t digit(const tl_on_demand &of, std::uint64_t combination, std::uint32_t axis) {
  for (std::uint32_t i = of.axis_count; --i > axis;)
    combination /= of.axes[i].count;
  return static_cast<std::uint32_t>(combination % of.axes[axis].count);
}

/// So many lines, the last ones empty where there are fewer.
static std::vector<std::string_view> lines(std::string_view text, std::size_t count) {
  std::vector<std::string_view> all;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t end = text.find('\n');
    all.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return all;
}

combinations::combinations(const tl_factory &factory, std::function<bool(std::uint64_t)> also)
    : of_(*factory.on_demand), also_(std::move(also)), items_(lines(of_.items, of_.item_count)) {
  for (std::uint32_t i = 0; i < of_.axis_count; ++i)
    texts_.push_back(lines(of_.axes[i].texts, of_.axes[i].count));
}

std::string combinations::text(std::uint64_t combination) const {
  std::vector<std::string_view> items = items_;
  for (std::uint32_t i = of_.axis_count; i-- > 0;) {
    const tl_axis &axis = of_.axes[i];
    items[axis.item] = texts_[i][combination % axis.count];
    combination /= axis.count;
  }
  std::string joined;
  for (const std::string_view it : items)
    (joined += joined.empty() ? "" : ",") += it;
  return joined;
}

std::optional<std::uint64_t> combinations::find(std::string_view text) const {
  if (text.ends_with(',')) // of which take() would make nothing
    return std::nullopt;
  std::vector<std::uint32_t> digits(of_.axis_count, 0);
  const auto take = [&](std::string_view item) {
    if (!text.starts_with(item) || (text.size() > item.size() && text[item.size()] != ','))
      return false;
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    return true;
  };
  for (std::uint32_t item = 0; item < of_.item_count; ++item) {
    std::uint32_t axis = 0;
    while (axis < of_.axis_count && of_.axes[axis].item != item)
      ++axis;
    if (axis == of_.axis_count) {
      if (!take(items_[item]))
        return std::nullopt;
      continue;
    }
    std::uint32_t &at = digits[axis];
    while (at < of_.axes[axis].count && !take(texts_[axis][at]))
      ++at;
    if (at == of_.axes[axis].count)
      return std::nullopt;
  }
  if (!text.empty())
    return std::nullopt;
  std::uint64_t combination = 0;
  for (std::uint32_t i = 0; i < of_.axis_count; ++i)
    combination = combination * of_.axes[i].count + digits[i];
  return combination;
}

std::optional<std::uint64_t> combinations::draw(std::mt19937_64 &random) const {
  if (of_.combinations == 0)
    return std::nullopt;
  std::uint64_t last = 0;
  for (int i = 0; i < most_draws; ++i) {
    last = random() % of_.combinations;
    if (admits(last))
      return last;
  }
  for (int i = 0; i < most_draws; ++i) {
    last = last + 1 == of_.combinations ? 0 : last + 1;
    if (admits(last))
      return last;
  }
  return std::nullopt;
}

std::vector<std::uint64_t> combinations::neighbors(std::uint64_t combination) const {
  std::vector<std::uint64_t> found;
  std::uint64_t stride = 1;
  for (std::uint32_t i = of_.axis_count; i-- > 0;) {
    const std::uint32_t count = of_.axes[i].count, at = digit(of_, combination, i);
    if (at > 0 && admits(combination - stride))
      found.push_back(combination - stride);
    if (at + 1 < count && admits(combination + stride))
      found.push_back(combination + stride);
    stride *= count;
  }
  return found;
}

std::optional<std::uint64_t> combinations::vary(std::uint64_t combination, unsigned axes,
                                                std::mt19937_64 &random) const {
  std::vector<std::uint64_t> strides(of_.axis_count, 1);
  for (std::uint32_t i = of_.axis_count; i-- > 1;)
    strides[i - 1] = strides[i] * of_.axes[i].count;
  for (unsigned i = 0; i < axes && of_.axis_count > 0; ++i) {
    const auto axis = static_cast<std::uint32_t>(random() % of_.axis_count);
    const std::uint32_t at = digit(of_, combination, axis);
    const auto to = static_cast<std::uint32_t>(random() % of_.axes[axis].count);
    combination = combination - at * strides[axis] + to * strides[axis];
  }
  return admits(combination) ? std::optional(combination) : std::nullopt;
}

std::optional<std::uint64_t> combinations::cross(std::uint64_t a, std::uint64_t b,
                                                 std::mt19937_64 &random) const {
  std::uint64_t combination = 0;
  for (std::uint32_t i = 0; i < of_.axis_count; ++i)
    combination = combination * of_.axes[i].count + digit(of_, random() % 2 == 0 ? a : b, i);
  return admits(combination) ? std::optional(combination) : std::nullopt;
}

std::vector<double> combinations::point(std::uint64_t combination) const {
  std::vector<double> at;
  for (std::uint32_t i = 0; i < of_.axis_count; ++i)
    at.push_back(of_.axes[i].count == 1
                     ? 0.0
                     : static_cast<double>(digit(of_, combination, i)) / (of_.axes[i].count - 1));
  return at;
}

} // namespace tl::rt::demand
