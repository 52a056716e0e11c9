// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace tl::rt::measure {

/// How many configs a model starts from, the default included: a quarter of the count, 24 to 32
/// where it is large enough.
static std::size_t first_designed(std::size_t count) {
  return std::clamp<std::size_t>(count / 4, std::min<std::size_t>(24, (count + 1) / 2), 32);
}

search::search(strategy how, std::size_t count, search_space space, std::uint64_t seed)
    : how_(how), asked_(count),
      count_(how == strategy::exhaustive ? space.points.size()
                                         : std::min(count, space.points.size())),
      space_(std::move(space)), random_(seed), steps_(space_.points.size()),
      order_(space_.points.size()), proposed_(space_.points.size(), false),
      expanded_(space_.points.size(), false), times_(space_.points.size(), 0.0) {
  rank_values();
  std::iota(order_.begin(), order_.end(), 0u);
  if (how_ != strategy::exhaustive)
    for (std::size_t i = order_.size(); i > 1; --i)
      std::swap(order_[i - 1], order_[random_() % i]);
  // All are tried, in an order that pays: a good one early makes the limit for hopeless ones tight,
  // and a session that is cut short has seen what was good elsewhere.
  if (how_ == strategy::exhaustive && !space_.elsewhere.empty())
    std::stable_sort(order_.begin(), order_.end(), [&](std::uint32_t a, std::uint32_t b) {
      return known_cost(a) < known_cost(b);
    });
  const auto at = std::find(order_.begin(), order_.end(), space_.default_variant);
  if (at != order_.end())
    std::rotate(order_.begin(), at, at + 1);
}

/// Which value of those that its axis has in the space each variant has.
void search::rank_values() {
  const std::vector<std::vector<double>> &points = space_.points;
  const std::size_t axes = points.empty() ? 0 : points.front().size();
  steps_.assign(points.size(), std::vector<std::uint32_t>(axes));
  for (std::size_t axis = 0; axis < axes; ++axis) {
    std::vector<double> values;
    for (const std::vector<double> &point : points)
      values.push_back(point[axis]);
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    for (std::size_t v = 0; v < points.size(); ++v)
      steps_[v][axis] = static_cast<std::uint32_t>(
          std::lower_bound(values.begin(), values.end(), points[v][axis]) - values.begin());
  }
}

void search::add(std::span<const std::vector<double>> points) {
  const std::size_t before = space_.points.size(), all = before + points.size();
  space_.points.insert(space_.points.end(), points.begin(), points.end());
  if (!space_.elsewhere.empty())
    space_.elsewhere.resize(all, std::numeric_limits<double>::quiet_NaN());
  proposed_.resize(all, false);
  expanded_.resize(all, false);
  times_.resize(all, 0.0);
  for (std::size_t v = before; v < all; ++v)
    order_.push_back(static_cast<std::uint32_t>(v));
  rank_values();
  count_ = std::min(asked_, all);
  if (model_)
    model_->add(points);
}

/// How bad a variant was elsewhere; what is not known comes after all that is.
double search::known_cost(std::uint32_t v) const {
  const double cost = space_.elsewhere[v];
  return std::isnan(cost) ? std::numeric_limits<double>::infinity() : cost;
}

bool search::neighbors(std::uint32_t a, std::uint32_t b) const {
  std::uint32_t apart = 0;
  for (std::size_t axis = 0; axis < steps_[a].size(); ++axis) {
    const std::uint32_t x = steps_[a][axis], y = steps_[b][axis];
    apart += x > y ? x - y : y - x;
  }
  return apart == 1;
}

void search::learn(std::uint32_t variant, double time_ns) {
  if (!(time_ns > 0))
    return;
  if (times_[variant] == 0)
    known_.push_back(variant);
  times_[variant] = time_ns;
  proposed_[variant] = true;
}

void search::take(std::uint32_t v, std::vector<std::uint32_t> &batch) {
  if (v >= proposed_.size() || proposed_[v] || done_ == count_)
    return;
  proposed_[v] = true;
  ++done_;
  batch.push_back(v);
}

/// Fills the batch up to `wanted`, in the random order.
void search::take_random(std::size_t wanted, std::vector<std::uint32_t> &batch) {
  for (const std::uint32_t v : order_)
    if (batch.size() < wanted)
      take(v, batch);
}

/// The neighbours of the best ones.
void search::walk(std::size_t wanted, std::vector<std::uint32_t> &batch) {
  while (batch.size() < wanted && done_ < count_) {
    std::uint32_t from = 0;
    bool found = false;
    for (const std::uint32_t v : known_)
      if (!expanded_[v] && std::isfinite(times_[v]) && (!found || times_[v] < times_[from])) {
        from = v;
        found = true;
      }
    if (!found)
      break;
    expanded_[from] = true;
    for (const std::uint32_t v : order_)
      if (neighbors(from, v))
        take(v, batch);
  }
}

std::vector<std::uint32_t> search::propose(std::size_t batch_size) {
  std::vector<std::uint32_t> batch;
  const bool first = done_ == 0;
  std::size_t wanted = std::max<std::size_t>(batch_size, 1);
  if (first) {
    take(space_.default_variant, batch);
    for (const std::uint32_t v : space_.promising)
      take(v, batch);
  }
  if (how_ == strategy::exhaustive) {
    // As many again as are known: what is slow or fails so far tells what to leave for last.
    if (!first)
      order_by_model();
    take_random(std::max({batch_size, known_.size(), batch.size()}), batch);
  } else if (how_ == strategy::random) {
    take_random(count_, batch);
  } else if (how_ == strategy::local) {
    // A third of the count looks around at random: from fewer starts, walks end in poor valleys.
    if (first)
      wanted = std::max<std::size_t>(count_ / 3, 1);
    else
      walk(wanted, batch);
    take_random(wanted, batch);
  } else if (first) {
    fill_space(first_designed(count_), batch);
  } else {
    ask_model(wanted, batch);
  }
  return batch;
}

} // namespace tl::rt::measure
