// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/prediction.h"

#include "runtime/tuner/nearest.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <numeric>

namespace tl::rt {

/// A config covers a problem where it is within this of the best.
static constexpr double covers = 1.01;
/// Regret of a config that was not timed on a problem, and of one that failed there [ln].
static constexpr double unknown_regret = 0.3, failed_regret = 2;
/// Power of the inverse distance: with a high one the nearest problem decides, if one is near.
static constexpr double power = 3;
/// Distance below which two problems are as good as the same.
static constexpr double near = 0.05;
/// A config counts as this many standard deviations slower than its mean over the problems nearby:
/// one that is good on all of them is better than one that is best on some and bad on others.
static constexpr double caution = 1;
/// Weights of a coordinate that are tried.
static constexpr double tried_weights[] = {0, 0.2, 0.5, 1, 2, 4};
/// Parts of the unevenness that are tried.
static constexpr double tried_balances[] = {0, 0.25, 0.5, 0.75, 1};
static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

/// Those of a problem's key, or of a config.
static std::vector<double> numbers_of(std::string_view text) {
  std::vector<double> all;
  for (const auto &[name, numbers] : parse_problem(text))
    all.insert(all.end(), numbers.begin(), numbers.end());
  return all;
}

static std::vector<double> logarithms(std::string_view problem) {
  std::vector<double> at = numbers_of(problem);
  std::ranges::transform(at, at.begin(), scale_number);
  return at;
}

/// The numbers, and the product of every two of them: how many blocks there are, say, is a product.
static std::vector<double> coordinates(std::vector<double> numbers) {
  const std::size_t count = numbers.size();
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = i + 1; j < count; ++j)
      numbers.push_back((numbers[i] + numbers[j]) / std::numbers::sqrt2);
  return numbers;
}

prediction::prediction(std::vector<tuned_problem> problems) {
  // The commonest fields: a key may have had others once.
  std::map<std::string, std::size_t> shapes;
  for (const tuned_problem &it : problems)
    ++shapes[problem_fields(it.problem)];
  const auto most =
      std::max_element(shapes.begin(), shapes.end(),
                       [](const auto &a, const auto &b) { return a.second < b.second; });
  for (tuned_problem &it : problems)
    if (const std::string fields = problem_fields(it.problem);
        !fields.empty() && fields == most->first && std::isfinite(it.best_ns()))
      problems_.push_back(std::move(it));
  choose_cover();
  candidates_ = cover_;
  // The default is what a prediction must not be worse than.
  if (!problems_.empty())
    if (const std::string &usual = problems_.front().default_config;
        !usual.empty() && std::ranges::find(candidates_, usual) == candidates_.end())
      candidates_.push_back(usual);
  learn_blocks();
  for (const tuned_problem &it : problems_) {
    place &made = places_.emplace_back();
    made.at = coordinates(logarithms(it.problem));
    made.uneven = unevenness_on(numbers_of(it.problem));
    for (const std::string &config : candidates_) {
      const double regret = it.regret(config);
      made.regrets.push_back(std::isnan(regret) ? unknown_regret : std::min(regret, failed_regret));
    }
  }
  if (!places_.empty()) {
    weights_.assign(places_.front().at.size(), 0);
    std::fill_n(weights_.begin(), logarithms(problems_.front().problem).size(), 1);
  }
  set_balance(0);
  learn_weights();
}

/// Sets how much of the unevenness counts, and what the places say then.
void prediction::set_balance(double balance) {
  balance_ = balance;
  if (candidates_.empty())
    return;
  for (place &it : places_) {
    it.even = it.regrets;
    for (std::size_t c = 0; c < candidates_.size(); ++c)
      it.even[c] -= balance * it.uneven[c];
    const double least = *std::ranges::min_element(it.even);
    for (double &level : it.even)
      level -= least;
  }
}

void prediction::learn_blocks() {
  if (!problems_.empty())
    multiprocessors_ = multiprocessors_of(problems_.front().device);
  if (multiprocessors_ == 0)
    return;
  for (const std::string &config : candidates_) {
    std::vector<launch_blocks::launch> seen;
    for (const tuned_problem &it : problems_)
      if (const auto found = it.grids.find(config); found != it.grids.end())
        seen.push_back({numbers_of(it.problem), found->second});
    const auto rule = launch_blocks::learn(seen, numbers_of(config));
    if (!rule) { // with some of them alone, these would seem slower than the others
      blocks_.clear();
      return;
    }
    blocks_.push_back(*rule);
  }
}

/// Of each candidate's launch; 0 where that is not known.
std::vector<double> prediction::unevenness_on(std::span<const double> problem) const {
  std::vector<double> uneven(candidates_.size(), 0.0);
  for (std::size_t c = 0; c < blocks_.size(); ++c)
    if (const double blocks = blocks_[c].on(problem); blocks > 0)
      uneven[c] = unevenness(blocks, multiprocessors_);
  return uneven;
}

void prediction::choose_cover() {
  std::vector<bool> covered(problems_.size(), false);
  std::map<std::string, std::vector<std::size_t>> good;
  for (std::size_t p = 0; p < problems_.size(); ++p) {
    const double best = problems_[p].best_ns();
    for (const auto &[config, ns] : problems_[p].time_ns)
      if (ns <= covers * best)
        good[config].push_back(p);
  }
  while (true) {
    const std::string *next = nullptr;
    std::size_t most = 0;
    double least_regret = 0;
    for (const auto &[config, where] : good) {
      std::size_t gained = 0;
      double regret = 0;
      for (const std::size_t p : where) {
        gained += !covered[p];
        regret += problems_[p].regret(config);
      }
      if (gained > most || (gained == most && gained > 0 && regret < least_regret)) {
        most = gained;
        least_regret = regret;
        next = &config;
      }
    }
    if (!next)
      return;
    cover_.push_back(*next);
    for (const std::size_t p : good[*next])
      covered[p] = true;
  }
}

/// Expected regret of each candidate at a place, with caution, as the problems but one say.
std::vector<double> prediction::expected(const place &where, std::size_t without) const {
  std::vector<double> sum(candidates_.size(), 0.0), squares(candidates_.size(), 0.0);
  double all = 0;
  for (std::size_t p = 0; p < places_.size(); ++p) {
    if (p == without)
      continue;
    double square = near * near;
    for (std::size_t i = 0; i < where.at.size(); ++i) {
      const double off = weights_[i] * (where.at[i] - places_[p].at[i]);
      square += off * off;
    }
    const double weight = std::pow(square, -power / 2);
    all += weight;
    for (std::size_t c = 0; c < candidates_.size(); ++c) {
      sum[c] += weight * places_[p].even[c];
      squares[c] += weight * places_[p].even[c] * places_[p].even[c];
    }
  }
  for (std::size_t c = 0; c < candidates_.size(); ++c) {
    sum[c] /= std::max(all, 1e-300);
    const double variance = squares[c] / std::max(all, 1e-300) - sum[c] * sum[c];
    sum[c] += caution * std::sqrt(std::max(0.0, variance)) + balance_ * where.uneven[c];
  }
  return sum;
}

std::size_t prediction::choose(const place &where, std::size_t without) const {
  const std::vector<double> expect = expected(where, without);
  return static_cast<std::size_t>(std::min_element(expect.begin(), expect.end()) - expect.begin());
}

/// Mean regret of each problem as the others predict it.
double prediction::loss() const {
  double sum = 0;
  for (std::size_t p = 0; p < places_.size(); ++p)
    sum += std::min(places_[p].regrets[choose(places_[p], p)], failed_regret);
  return sum;
}

void prediction::learn_weights() {
  if (places_.size() < 4 || candidates_.size() < 2)
    return;
  double best = loss();
  for (int turn = 0; turn < 2; ++turn) {
    for (double &weight : weights_)
      for (const double tried : tried_weights) {
        const double before = weight;
        weight = tried;
        const double now = loss();
        if (now < best - 1e-9)
          best = now;
        else
          weight = before;
      }
    for (const double tried : tried_balances) {
      const double before = balance_;
      if (blocks_.empty() || tried == before)
        continue;
      set_balance(tried);
      if (const double now = loss(); now < best - 1e-9)
        best = now;
      else
        set_balance(before);
    }
  }
}

std::vector<std::string> prediction::ranked(std::string_view problem) const {
  if (!possible() || problem_fields(problem) != problem_fields(problems_.front().problem))
    return {};
  const place where{coordinates(logarithms(problem)), {}, unevenness_on(numbers_of(problem)), {}};
  const std::vector<double> expect = expected(where, none);
  std::vector<std::size_t> order(candidates_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return expect[a] < expect[b]; });
  std::vector<std::string> configs;
  for (const std::size_t i : order)
    configs.push_back(candidates_[i]);
  return configs;
}

bool prediction::outside(std::string_view problem) const {
  const std::vector<double> at = logarithms(problem);
  for (std::size_t i = 0; i < at.size(); ++i) {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const place &it : places_)
      if (i < it.at.size()) {
        low = std::min(low, it.at[i]);
        high = std::max(high, it.at[i]);
      }
    if (at[i] < low || at[i] > high)
      return true;
  }
  return false;
}

prediction predict_from(const std::vector<tuned_problem> &experience,
                        const store::winner_key &key) {
  std::vector<tuned_problem> same;
  for (const tuned_problem &it : experience)
    if (it.device == key.device && it.mode == key.mode)
      same.push_back(it);
  return prediction(std::move(same));
}

std::vector<prediction::left_out>
prediction::leave_one_out(const std::vector<tuned_problem> &problems) {
  std::vector<left_out> result;
  for (std::size_t p = 0; p < problems.size(); ++p) {
    const tuned_problem &it = problems[p];
    std::vector<tuned_problem> others;
    for (std::size_t o = 0; o < problems.size(); ++o)
      if (o != p)
        others.push_back(problems[o]);
    const auto regret_of = [&](const std::string &config) { return std::expm1(it.regret(config)); };
    left_out made{
        it.problem, {}, std::numeric_limits<double>::quiet_NaN(), regret_of(it.default_config)};
    // As TL_TUNE=nearest does: what fails is passed over, the default comes last, and outside of
    // what was tuned the first competes with the default.
    const prediction from(std::move(others));
    for (const std::string &config : from.ranked(it.problem))
      if (const double regret = regret_of(config); std::isfinite(regret)) {
        made.config = config;
        made.regret = regret;
        break;
      }
    if (made.config.empty() || (from.outside(it.problem) && made.default_regret < made.regret)) {
      made.config = it.default_config;
      made.regret = made.default_regret;
    }
    result.push_back(std::move(made));
  }
  return result;
}

} // namespace tl::rt
