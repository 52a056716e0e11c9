// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "search.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tl::rt::measure {

search::search(strategy how, std::size_t count, std::vector<std::vector<double>> points,
               std::uint32_t default_variant, std::uint64_t seed, std::size_t batch)
    : how_(how),
      count_(how == strategy::exhaustive ? points.size() : std::min(count, points.size())),
      batch_(std::max<std::size_t>(batch, 1)), steps_(points.size()), order_(points.size()),
      proposed_(points.size(), false), expanded_(points.size(), false) {
  const std::size_t axes = points.empty() ? 0 : points.front().size();
  for (std::size_t axis = 0; axis < axes; ++axis) {
    std::vector<double> values;
    for (const std::vector<double> &point : points)
      values.push_back(point[axis]);
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    for (std::size_t v = 0; v < points.size(); ++v)
      steps_[v].push_back(static_cast<std::uint32_t>(
          std::lower_bound(values.begin(), values.end(), points[v][axis]) - values.begin()));
  }

  std::iota(order_.begin(), order_.end(), 0u);
  if (how_ != strategy::exhaustive) {
    std::mt19937_64 random(seed);
    for (std::size_t i = order_.size(); i > 1; --i)
      std::swap(order_[i - 1], order_[random() % i]);
  }
  const auto at = std::find(order_.begin(), order_.end(), default_variant);
  if (at != order_.end())
    std::rotate(order_.begin(), at, at + 1);
}

bool search::neighbors(std::uint32_t a, std::uint32_t b) const {
  std::uint32_t apart = 0;
  for (std::size_t axis = 0; axis < steps_[a].size(); ++axis) {
    const std::uint32_t x = steps_[a][axis], y = steps_[b][axis];
    apart += x > y ? x - y : y - x;
  }
  return apart == 1;
}

void search::propose(std::uint32_t v, std::vector<std::uint32_t> &batch) {
  if (proposed_[v] || done_ == count_)
    return;
  proposed_[v] = true;
  ++done_;
  batch.push_back(v);
}

std::vector<std::uint32_t> search::next(std::span<const double> times) {
  std::vector<std::uint32_t> batch;
  if (how_ != strategy::local) {
    for (const std::uint32_t v : order_)
      propose(v, batch);
    return batch;
  }
  // A third of the count looks around at random: from fewer starts, walks end in poor valleys.
  const bool first = done_ == 0;
  const std::size_t wanted = first ? std::max<std::size_t>(count_ / 3, 1) : batch_;
  while (!first && batch.size() < wanted && done_ < count_) {
    std::uint32_t from = 0;
    bool found = false;
    for (std::uint32_t v = 0; v < proposed_.size(); ++v)
      if (proposed_[v] && !expanded_[v] && v < times.size() && std::isfinite(times[v]) &&
          times[v] > 0 && (!found || times[v] < times[from])) {
        from = v;
        found = true;
      }
    if (!found)
      break;
    expanded_[from] = true;
    for (const std::uint32_t v : order_)
      if (neighbors(from, v))
        propose(v, batch);
  }
  for (const std::uint32_t v : order_)
    if (batch.size() < wanted)
      propose(v, batch);
  return batch;
}

} // namespace tl::rt::measure
