// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The model's part of a search: a space-filling start, then the configs of which the model expects
// most, rather unknown ones at first, rather good ones at last (annealing).

#include "search.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tl::rt::measure {

/// Share of a batch that is drawn at random, whatever the model says.
static constexpr double random_share = 0.1;
/// Configs that the model says something about before a batch, at most; all are too many in spaces
/// of ten thousands. Of these, how many are looked at closely.
static constexpr std::size_t most_candidates = 4500, most_close = 200;
/// How many of the best ones have their neighbours among the candidates.
static constexpr std::size_t expanded_best = 8;
/// The model is fitted to so many at most: the best ones and the latest.
static constexpr std::size_t most_fitted = 300;
/// Weights are learned anew when there are so many times as many observations.
static constexpr double learn_again = 1.3;
/// How many deviations of doubt count as good, at first and at last.
static constexpr double hope_first = 1.5, hope_last = 0.2;
/// Times this much above the best are all the same: bad [ln].
static constexpr double bad = 3;
/// Slower than this times the best is trouble for a search that tries all.
static constexpr double hopeless = 5;
/// Failures are as bad as this [ln].
static constexpr double failed = 2.5;

/// Each next one as far from all others as any of some random ones is (Johnson, Moore and
/// Ylvisaker, 1990: maximin distance).
void search::fill_space(std::size_t wanted, std::vector<std::uint32_t> &batch) {
  if (!model_)
    model_ = std::make_unique<surrogate>(space_.points);
  std::vector<std::uint32_t> pool;
  for (const std::uint32_t v : order_)
    if (!proposed_[v] && pool.size() < 40 * wanted)
      pool.push_back(v);
  // What was good elsewhere is worth a look here.
  if (!space_.elsewhere.empty()) {
    std::vector<std::uint32_t> told;
    for (const std::uint32_t v : order_)
      if (!std::isnan(space_.elsewhere[v]))
        told.push_back(v);
    std::stable_sort(told.begin(), told.end(), [&](std::uint32_t a, std::uint32_t b) {
      return space_.elsewhere[a] < space_.elsewhere[b];
    });
    for (std::size_t i = 0; i < told.size() && i < wanted / 4; ++i)
      take(told[i], batch);
  }
  std::vector<double> nearest(pool.size(), std::numeric_limits<double>::infinity());
  std::size_t compared = 0;
  while (batch.size() < wanted && done_ < count_) {
    for (; compared < batch.size(); ++compared)
      for (std::size_t i = 0; i < pool.size(); ++i)
        nearest[i] = std::min(nearest[i], model_->distance(pool[i], batch[compared]));
    const auto farthest = std::max_element(nearest.begin(), nearest.end());
    if (farthest == nearest.end() || *farthest < 0)
      break;
    take(pool[static_cast<std::size_t>(farthest - nearest.begin())], batch);
    *farthest = -1;
  }
  take_random(wanted, batch);
}

/// Fits the model to ln(time), what is far from the best being cut off.
void search::teach_model() {
  double best = std::numeric_limits<double>::infinity();
  for (const std::uint32_t v : known_)
    best = std::min(best, times_[v]);
  std::vector<std::uint32_t> used = known_;
  if (used.size() > most_fitted) {
    const auto latest = used.end() - static_cast<std::ptrdiff_t>(most_fitted / 3);
    std::stable_sort(used.begin(), latest,
                     [&](std::uint32_t a, std::uint32_t b) { return times_[a] < times_[b]; });
    used.erase(used.begin() + static_cast<std::ptrdiff_t>(most_fitted - most_fitted / 3), latest);
  }
  const auto here = [&](std::uint32_t v) {
    return std::isfinite(times_[v]) ? std::min(std::log(times_[v] / best), bad) : failed;
  };
  // How what is known elsewhere tells what is found here: a line, by least squares.
  slope_ = 0;
  middle_ = 0;
  double n = 0, x = 0, y = 0, xx = 0, xy = 0;
  for (const std::uint32_t v : used)
    if (!space_.elsewhere.empty() && !std::isnan(space_.elsewhere[v]) && std::isfinite(times_[v])) {
      const double there = space_.elsewhere[v];
      n += 1, x += there, y += here(v), xx += there * there, xy += there * here(v);
    }
  if (n >= 6 && n * xx - x * x > 1e-9 * n * n) {
    slope_ = std::clamp((n * xy - x * y) / (n * xx - x * x), 0.0, 1.5);
    middle_ = x / n;
  }
  std::vector<double> values;
  for (const std::uint32_t v : used)
    values.push_back(here(v) - expected_from_elsewhere(v));
  const bool again = static_cast<double>(known_.size()) >=
                     learn_again * static_cast<double>(std::max<std::size_t>(learned_, 1));
  model_->fit(used, values, again);
  if (again)
    learned_ = known_.size();
}

/// Puts what the model thinks slow behind the rest, where some were slow or failed.
void search::order_by_model() {
  double best = std::numeric_limits<double>::infinity();
  for (const std::uint32_t v : known_)
    best = std::min(best, times_[v]);
  const bool trouble = std::any_of(known_.begin(), known_.end(),
                                   [&](std::uint32_t v) { return times_[v] > hopeless * best; });
  if (!trouble || !std::isfinite(best) || known_.size() < 4)
    return;
  if (!model_)
    model_ = std::make_unique<surrogate>(space_.points);
  teach_model();
  std::vector<double> expected(order_.size(), 0.0);
  for (const std::uint32_t v : order_)
    if (!proposed_[v])
      expected[v] = model_->mean(v) + expected_from_elsewhere(v);
  std::stable_sort(order_.begin(), order_.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return expected[a] < expected[b]; });
}

double search::expected_from_elsewhere(std::uint32_t v) const {
  return space_.elsewhere.empty() || std::isnan(space_.elsewhere[v])
             ? 0
             : slope_ * (space_.elsewhere[v] - middle_);
}

/// The neighbours of the best ones, and others at random.
std::vector<std::uint32_t> search::candidates() {
  std::vector<std::uint32_t> open;
  for (std::uint32_t v = 0; v < proposed_.size(); ++v)
    if (!proposed_[v])
      open.push_back(v);
  if (open.size() <= most_candidates)
    return open;
  std::vector<std::uint32_t> best = known_;
  std::stable_sort(best.begin(), best.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return times_[a] < times_[b]; });
  best.resize(std::min(best.size(), expanded_best));
  std::size_t kept = 0;
  for (std::size_t i = 0; i < open.size(); ++i) {
    const bool near = std::any_of(best.begin(), best.end(),
                                  [&](std::uint32_t v) { return neighbors(v, open[i]); });
    if (near)
      std::swap(open[kept++], open[i]);
  }
  for (std::size_t i = kept; i < most_candidates; ++i)
    std::swap(open[i], open[i + random_() % (open.size() - i)]);
  open.resize(std::max(kept, most_candidates));
  return open;
}

void search::ask_model(std::size_t wanted, std::vector<std::uint32_t> &batch) {
  wanted = std::min(wanted, count_ - done_);
  const auto drawn =
      static_cast<std::size_t>(std::ceil(random_share * static_cast<double>(wanted)));
  const std::size_t modelled = wanted - std::min(wanted, drawn);
  if (modelled > 0 && known_.size() >= 2) {
    teach_model();
    struct candidate {
      std::uint32_t variant;
      double mean, deviation;
    };
    std::vector<candidate> close;
    for (const std::uint32_t v : candidates())
      close.push_back({v, model_->mean(v) + expected_from_elsewhere(v), 0});
    const std::size_t kept = std::min(close.size(), most_close);
    std::partial_sort(close.begin(), close.begin() + static_cast<std::ptrdiff_t>(kept), close.end(),
                      [](const candidate &a, const candidate &b) {
                        return a.mean != b.mean ? a.mean < b.mean : a.variant < b.variant;
                      });
    close.resize(kept);
    for (candidate &it : close)
      it.deviation = model_->at(it.variant).deviation;
    const double progress = static_cast<double>(done_) / static_cast<double>(count_);
    const double hope = hope_first + (hope_last - hope_first) * progress;
    while (batch.size() < modelled && !close.empty()) {
      const auto best =
          std::min_element(close.begin(), close.end(), [&](const candidate &a, const candidate &b) {
            return a.mean - hope * a.deviation < b.mean - hope * b.deviation;
          });
      const std::uint32_t chosen = best->variant;
      close.erase(best);
      take(chosen, batch);
      // What it will tell about the others is as good as known.
      for (candidate &it : close) {
        const double told = model_->alike(it.variant, chosen);
        it.deviation *= std::sqrt(std::max(1 - told * told, 0.0));
      }
    }
  }
  take_random(batch.size() + std::max<std::size_t>(drawn, wanted - batch.size()), batch);
}

} // namespace tl::rt::measure
