// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "cover.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>

namespace tl::tool {

/// Configs that the search for a smaller set than the greedy one looks at; some seconds.
static constexpr std::size_t most_looks = 50'000'000;
/// Losses are quotients of doubles.
static constexpr double rounding = 1e-12;

namespace {

struct candidate {
  std::string config;
  std::vector<std::size_t> good; ///< problems that it covers, ascending
  double lost = 0;               ///< on these, in all
  std::size_t wins = 0;          ///< where it is the winner

  /// Whether it is the better one of two that cover equally much.
  bool is_before(const candidate &other) const {
    return std::abs(lost - other.lost) > rounding ? lost < other.lost : wins > other.wins;
  }
};

/// Branch and bound: each step takes the open problem that the fewest configs cover, and tries
/// these.
class cover_search {
public:
  cover_search(const std::vector<candidate> &all, std::size_t problems)
      : all_(all), covered_(problems, 0), by_problem_(problems) {
    for (std::size_t i = 0; i < all.size(); ++i)
      for (const std::size_t p : all[i].good)
        by_problem_[p].push_back(i);
  }

  /// Chvatal's greedy choice; ties go to the config that loses least.
  std::vector<std::size_t> greedy() const {
    std::vector<std::size_t> chosen;
    std::vector<bool> done(covered_.size(), false);
    for (std::size_t open = covered_.size(); open != 0;) {
      std::size_t next = 0, most = 0;
      for (std::size_t i = 0; i < all_.size(); ++i) {
        std::size_t gained = 0;
        for (const std::size_t p : all_[i].good)
          gained += !done[p];
        if (gained > most || (gained == most && gained != 0 && all_[i].is_before(all_[next]))) {
          most = gained;
          next = i;
        }
      }
      chosen.push_back(next);
      for (const std::size_t p : all_[next].good)
        done[p] = true;
      open -= most;
    }
    return chosen;
  }

  /// Replaces `best` by a smaller set if there is one; false: gave up before that was certain.
  bool improve(std::vector<std::size_t> &best) {
    best_ = &best;
    descend(covered_.size());
    return looks_ < most_looks;
  }

private:
  void descend(std::size_t open) {
    if (open == 0) {
      *best_ = chosen_;
      return;
    }
    looks_ += all_.size();
    if (looks_ >= most_looks)
      return;
    std::size_t widest = 0; // what one more config can cover at most
    for (const candidate &it : all_)
      widest = std::max(widest, gain(it));
    if (chosen_.size() + (open + widest - 1) / widest >= best_->size())
      return;
    std::size_t hardest = covered_.size();
    for (std::size_t p = 0; p < covered_.size(); ++p)
      if (covered_[p] == 0 &&
          (hardest == covered_.size() || by_problem_[p].size() < by_problem_[hardest].size()))
        hardest = p;
    std::vector<std::size_t> order = by_problem_[hardest];
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return gain(all_[a]) > gain(all_[b]); });
    for (const std::size_t i : order) {
      const std::size_t gained = gain(all_[i]);
      chosen_.push_back(i);
      for (const std::size_t p : all_[i].good)
        ++covered_[p];
      descend(open - gained);
      for (const std::size_t p : all_[i].good)
        --covered_[p];
      chosen_.pop_back();
    }
  }
  std::size_t gain(const candidate &it) const {
    std::size_t gained = 0;
    for (const std::size_t p : it.good)
      gained += covered_[p] == 0;
    return gained;
  }

  const std::vector<candidate> &all_;
  std::vector<std::size_t> covered_; ///< by how many of the chosen
  std::vector<std::vector<std::size_t>> by_problem_;
  std::vector<std::size_t> chosen_;
  std::vector<std::size_t> *best_ = nullptr;
  std::size_t looks_ = 0;
};

} // namespace

/// Of configs that cover the same problems, the one that loses least; none that another one makes
/// superfluous.
static std::vector<candidate> candidates(const recorded_factory &of,
                                         const std::vector<const recorded_problem *> &problems,
                                         double within) {
  std::map<std::vector<std::size_t>, candidate> by_cover;
  for (const std::string &config : of.configs) {
    candidate it{config, {}, 0, 0};
    for (std::size_t p = 0; p < problems.size(); ++p)
      if (const double loss = problems[p]->loss(config); loss <= within + rounding) {
        it.good.push_back(p);
        it.lost += loss;
        it.wins += problems[p]->winner == config;
      }
    if (it.good.empty())
      continue;
    const auto [at, added] = by_cover.try_emplace(it.good, it);
    if (!added && it.is_before(at->second))
      at->second = it;
  }
  std::vector<candidate> result;
  for (const auto &[good, it] : by_cover) {
    const bool needless = std::any_of(by_cover.begin(), by_cover.end(), [&](const auto &other) {
      return other.first.size() > good.size() &&
             std::includes(other.first.begin(), other.first.end(), good.begin(), good.end());
    });
    if (!needless)
      result.push_back(it);
  }
  return result;
}

cover find_cover(const recorded_factory &of, double within) {
  const std::string &first = of.factory.default_config;
  std::vector<const recorded_problem *> open;
  for (const recorded_problem &it : of.problems)
    if (!(it.loss(first) <= within + rounding)) // or not known
      open.push_back(&it);
  cover result;
  if (!first.empty())
    result.configs.push_back(first);
  const auto ours = static_cast<std::ptrdiff_t>(result.configs.size());
  const std::vector<candidate> all = candidates(of, open, within);
  cover_search search(all, open.size());
  std::vector<std::size_t> chosen = search.greedy();
  if (chosen.size() > 2) // one, or two where one did not do, is what the greedy choice has right
    result.smallest = search.improve(chosen);
  for (const std::size_t i : chosen)
    result.configs.push_back(all[i].config);
  std::sort(result.configs.begin() + ours, result.configs.end());
  return result;
}

} // namespace tl::tool
