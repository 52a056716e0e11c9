// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/demand_search.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace tl::rt {

/// A sample of this size holds some of the best few in a thousand, and a model of it is cheap to
/// ask.
static constexpr std::size_t most_sampled = 2048;
/// Share of the count that looks at the neighbours of the best, which the sample lacks.
static constexpr double walking_share = 0.4;

demand_search::demand_search(const demand::combinations &space, measure::strategy how,
                             std::size_t count, std::vector<std::uint64_t> known,
                             std::uint64_t seed)
    : space_(space), count_(count), random_(seed), seen_(known.begin(), known.end()) {
  if (how == measure::strategy::exhaustive)
    how = measure::strategy::model;
  sample(how == measure::strategy::random ? count : std::max(most_sampled, count));
  const bool whole = sample_.size() >= space.count();
  from_sample_ = count;
  if (how != measure::strategy::random && !whole)
    from_sample_ = count - static_cast<std::size_t>(walking_share * static_cast<double>(count));
  measure::search_space points;
  for (const std::uint64_t it : sample_)
    points.points.push_back(space.point(it));
  if (!sample_.empty())
    search_ = std::make_unique<measure::search>(how, from_sample_, std::move(points), seed);
}

/// Distinct ones; all where the space is small.
void demand_search::sample(std::size_t wanted) {
  const auto add = [&](std::uint64_t it) {
    if (!index_.emplace(it, static_cast<std::uint32_t>(sample_.size())).second)
      return;
    sample_.push_back(it);
  };
  if (space_.count() <= 2 * wanted) {
    for (std::uint64_t it = 0; it < space_.count(); ++it)
      if (space_.admits(it))
        add(it);
    return;
  }
  for (std::size_t draws = 0; sample_.size() < wanted && draws < 4 * wanted; ++draws) {
    const std::optional<std::uint64_t> drawn = space_.draw(random_);
    if (!drawn)
      return;
    add(*drawn);
  }
}

void demand_search::take(std::uint64_t combination, std::vector<std::uint64_t> &batch) {
  if (done_ == count_ || !seen_.insert(combination).second)
    return;
  ++done_;
  batch.push_back(combination);
}

/// The neighbours of the best ones.
void demand_search::walk(std::size_t wanted, std::vector<std::uint64_t> &batch) {
  while (batch.size() < wanted && done_ < count_) {
    std::optional<std::uint64_t> from;
    for (const auto &[combination, time_ns] : times_)
      if (std::isfinite(time_ns) && !expanded_.contains(combination) &&
          (!from || time_ns < times_[*from] || (time_ns == times_[*from] && combination < *from)))
        from = combination;
    if (!from)
      return;
    expanded_.insert(*from);
    for (const std::uint64_t it : space_.neighbors(*from))
      take(it, batch);
  }
}

std::vector<std::uint64_t> demand_search::propose(std::size_t batch_size) {
  std::vector<std::uint64_t> batch;
  while (search_ && batch.empty()) {
    const std::vector<std::uint32_t> proposed = search_->propose(batch_size);
    if (proposed.empty())
      search_.reset();
    for (const std::uint32_t it : proposed)
      take(sample_[it], batch);
  }
  if (batch.empty())
    walk(batch_size, batch);
  return batch;
}

void demand_search::learn(std::uint64_t combination, double time_ns) {
  seen_.insert(combination);
  times_[combination] = time_ns;
  if (const auto at = index_.find(combination); search_ && at != index_.end())
    search_->learn(at->second, time_ns);
}

} // namespace tl::rt
