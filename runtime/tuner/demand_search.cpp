// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/demand_search.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace tl::rt {

/// A sample of this size holds some of the best few in a thousand, and a model of it is cheap to
/// ask.
static constexpr std::size_t most_sampled = 2048;
/// Before each batch so many of the whole space are added to it, and of what is like so many of the
/// best ones: all neighbours, and so many that differ more, or are between two of them.
static constexpr std::size_t drawn = 200, followed = 8, varied = 96;
/// From this part of the count on, this share of a batch are neighbours of the best ones, whatever
/// the model expects of them. (With these numbers, searches of recorded spaces end nearest to the
/// best: utils/bench/replay --on-demand.)
static constexpr double near_from = 0.3, near_share = 0.25;
/// What the search proposes may be known already; then it is asked again, so often.
static constexpr int most_asked = 4;

demand_search::demand_search(const demand::combinations &space, measure::strategy how,
                             std::size_t count, std::vector<std::uint64_t> known,
                             std::uint64_t seed)
    : space_(space), count_(count), random_(seed), seen_(known.begin(), known.end()) {
  if (how == measure::strategy::exhaustive)
    how = measure::strategy::model;
  sample(how == measure::strategy::random ? count : std::max(most_sampled, count));
  widens_ = how != measure::strategy::random && !is_whole_;
  if (sample_.empty()) // what is known leads to its neighbours
    for (const std::uint64_t it : seen_)
      add(it);
  measure::search_space points;
  for (const std::uint64_t it : sample_)
    points.points.push_back(space.point(it));
  if (!sample_.empty())
    search_ = std::make_unique<measure::search>(how, count, std::move(points), seed);
}

/// False where it is in the sample.
bool demand_search::add(std::uint64_t combination) {
  if (!index_.emplace(combination, static_cast<std::uint32_t>(sample_.size())).second)
    return false;
  sample_.push_back(combination);
  return true;
}

/// Distinct ones; all where the space is small.
void demand_search::sample(std::size_t wanted) {
  if (space_.count() <= 2 * wanted) {
    for (std::uint64_t it = 0; it < space_.count(); ++it)
      if (space_.admits(it))
        add(it);
    is_whole_ = true;
    return;
  }
  for (std::size_t draws = 0; sample_.size() < wanted && draws < 4 * wanted; ++draws) {
    const std::optional<std::uint64_t> made = space_.draw(random_);
    sparse_ = !made;
    if (!made)
      return;
    add(*made);
  }
}

/// The fastest of those that are known, the best one first.
std::vector<std::uint64_t> demand_search::best(std::size_t most) const {
  std::vector<std::pair<double, std::uint64_t>> all;
  for (const auto &[combination, time_ns] : times_)
    if (std::isfinite(time_ns))
      all.emplace_back(time_ns, combination);
  const std::size_t kept = std::min(all.size(), most);
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept), all.end());
  std::vector<std::uint64_t> found;
  for (std::size_t i = 0; i < kept; ++i)
    found.push_back(all[i].second);
  return found;
}

void demand_search::grow_sample() {
  std::vector<std::vector<double>> points;
  const auto more = [&](std::uint64_t it) {
    if (add(it))
      points.push_back(space_.point(it));
  };
  for (std::size_t i = 0; i < drawn && !sparse_; ++i)
    if (const auto made = space_.draw(random_))
      more(*made);
    else
      sparse_ = true; // looking for more takes longer than it is worth
  const std::vector<std::uint64_t> leaders = best(followed);
  for (const std::uint64_t leader : leaders)
    if (expanded_.insert(leader).second)
      for (const std::uint64_t it : space_.neighbors(leader))
        more(it);
  for (std::size_t i = 0; i < varied && !leaders.empty(); ++i) {
    const std::uint64_t one = leaders[random_() % leaders.size()];
    const std::uint64_t other = leaders[random_() % leaders.size()];
    const auto axes = static_cast<unsigned>(i % 3);
    if (const auto made =
            axes == 0 ? space_.cross(one, other, random_) : space_.vary(one, axes, random_))
      more(*made);
  }
  search_->add(points);
}

bool demand_search::take(std::uint64_t combination, std::vector<std::uint64_t> &batch) {
  if (done_ == count_ || !seen_.insert(combination).second)
    return false;
  ++done_;
  batch.push_back(combination);
  return true;
}

void demand_search::take_neighbors(std::size_t wanted, std::vector<std::uint64_t> &batch) {
  for (const std::uint64_t leader : best(times_.size()))
    for (const std::uint64_t it : space_.neighbors(leader)) {
      if (wanted == 0 || done_ == count_)
        return;
      wanted -= take(it, batch) ? 1 : 0;
    }
}

std::vector<std::uint64_t> demand_search::propose(std::size_t batch_size) {
  std::vector<std::uint64_t> batch;
  if (!search_ || done_ == count_)
    return batch;
  const bool near = widens_ && static_cast<double>(done_) > near_from * static_cast<double>(count_);
  const auto neighbors =
      static_cast<std::size_t>(near ? near_share * static_cast<double>(batch_size) : 0);
  if (widens_)
    grow_sample();
  for (int asked = 0; search_ && batch.empty() && asked < most_asked; ++asked) {
    const std::vector<std::uint32_t> proposed = search_->propose(batch_size - neighbors);
    for (const std::uint32_t it : proposed)
      take(sample_[it], batch);
    if (proposed.empty()) {
      if (!widens_)
        search_.reset();
      break;
    }
  }
  take_neighbors(widens_ && batch.empty() ? batch_size : neighbors, batch);
  return batch;
}

void demand_search::learn(std::uint64_t combination, double time_ns) {
  seen_.insert(combination);
  times_[combination] = time_ns;
  if (!search_)
    return;
  if (add(combination)) {
    const std::vector<double> point = space_.point(combination);
    search_->add({&point, 1});
  }
  search_->learn(index_.at(combination), time_ns);
}

} // namespace tl::rt
