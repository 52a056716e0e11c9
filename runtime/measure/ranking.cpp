// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "ranking.h"
#include "statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tl::rt::measure {

/// What delays are taken for before any was seen: one observation among so many, by so much in the
/// mean [ln]. Recorded runs have 0.1 % to 8 % delayed samples, 1 % to 14 % slow in the median;
/// first calls can take several times as long as later ones.
static constexpr delays timed_delays{1 / 33.0, 0.1, 33}, first_delays{1 / 20.0, 0.5, 20};
/// Noise of first calls until there is something to learn from [ln].
static constexpr double first_noise = 0.03;
/// Least noise of timed samples, of first calls and of levels [ln].
static constexpr double least_noise = 0.001, least_first_noise = 0.003, least_spread = 0.005;
/// Observations farther off than this many deviations are trusted less.
static constexpr double outlier_limit = 3;
/// Least trust in one: all of it would make the equations singular.
static constexpr double least_weight = 1e-3;
/// Rounds of fitting and weighing in a look, and how many of these trust both sides alike: from a
/// start that took delays for granted, one fast fluke would make outliers of all the rest.
static constexpr int rounds = 4, even_rounds = 2;
/// Variants this much slower than the leader have no say in the fit [ln] ...
static constexpr double reach = 0.2;
/// ... and those with the lowest levels only, where they are more than this.
static constexpr std::size_t most_joint = 128;
/// A variant with more timed samples than this is judged by all of them together.
static constexpr std::uint32_t few = 2;
/// A spread of levels that says nothing about them [ln].
static constexpr double unbounded = 100;
/// When first calls of an unknown moment happened, for the drift [s].
static constexpr double long_ago = -1e9;

ranking::ranking(std::size_t variants, double tolerance, const race_parts &parts)
    : count_(variants), tolerance_(tolerance), parts_(parts), own_(variants),
      better_(variants, 0.0), first_noise_(first_noise), timed_delays_(timed_delays),
      first_delays_(first_delays), spread_(reach / 2) {}

void ranking::look(std::vector<observation> timed, std::span<const observation> first_calls) {
  std::stable_sort(timed.begin(), timed.end(),
                   [](const observation &a, const observation &b) { return a.at_s < b.at_s; });
  variation_ = estimate_variation(timed, count_, least_noise, variation_);
  gather(timed, first_calls);
  own_.assign(count_, {});
  // The process needs some rate; this one moves nothing.
  drift_process drift = variation_.drift;
  drift.rate = parts_.drift ? std::max(drift.rate, 1e-9) : 1e-9;
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t s = 0; s < seen_.size(); ++s)
      seen_[s].variance = noise_of(s) / weights_[s];
    choose_joint();
    levels_.emplace(seen_, joint_, drift, parts_.shrinkage ? spread_ : unbounded);
    choose_leader();
    doubt_ = 1;
    if (!found_)
      return;
    if (parts_.delays)
      weigh(round >= even_rounds);
    learn_first_calls();
    learn_spread();
  }
  if (parts_.own_delays)
    attribute();
  choose_leader();
  doubt_ = 0;
  for (std::uint32_t v = 0; v < count_; ++v) {
    better_[v] = v == leader_ || !has(v) ? 0 : chance(v);
    doubt_ += better_[v];
  }
}

void ranking::gather(const std::vector<observation> &timed,
                     std::span<const observation> first_calls) {
  seen_.clear();
  timed_.assign(count_, 0);
  // The variance holds the scale until the noise is known.
  for (const observation &o : timed) {
    seen_.push_back({o.variant, o.log_time, o.at_s, false, o.scale});
    ++timed_[o.variant];
  }
  for (const observation &o : first_calls)
    seen_.push_back({o.variant, o.log_time, std::isnan(o.at_s) ? long_ago : o.at_s, true, 1});
  std::stable_sort(seen_.begin(), seen_.end(),
                   [](const weighed &a, const weighed &b) { return a.at_s < b.at_s; });
  scale_.clear();
  for (const weighed &o : seen_)
    scale_.push_back(o.variance);
  weights_.assign(seen_.size(), 1);
  of_.assign(count_, {});
  for (std::size_t s = 0; s < seen_.size(); ++s)
    of_[seen_[s].variant].push_back(s);
}

/// Variance of an observation before it is weighed.
double ranking::noise_of(std::size_t s) const {
  if (seen_[s].first_call)
    return first_noise_ * first_noise_;
  return std::max(variation_.noise * variation_.noise * scale_[s], least_noise * least_noise);
}

void ranking::choose_joint() {
  joint_.assign(count_, false);
  std::vector<std::uint32_t> order;
  for (std::uint32_t v = 0; v < count_; ++v) {
    const bool near = found_ && (has(v) ? level(v) - level(leader_) < reach : !of_[v].empty());
    if (timed_[v] >= 2 || near || (!found_ && timed_[v] > 0))
      order.push_back(v);
  }
  if (order.size() > most_joint) {
    const auto rank = [&](std::uint32_t v) {
      return has(v) ? level(v) : std::numeric_limits<double>::infinity();
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return rank(a) < rank(b); });
    order.resize(most_joint);
  }
  for (const std::uint32_t v : order)
    joint_[v] = true;
}

/// A single sample does not make a leader while others have two.
void ranking::choose_leader() {
  found_ = false;
  for (const std::uint32_t least : {2u, 1u}) {
    for (std::uint32_t v = 0; v < count_; ++v)
      if (timed_[v] >= least && has(v) && (!found_ || level(v) < level(leader_))) {
        leader_ = v;
        found_ = true;
      }
    if (found_)
      return;
  }
}

/// Delays as known beforehand and as seen in `far` of `all` observations.
static delays learn(const delays &before, const std::vector<double> &far, std::size_t all) {
  double delayed = before.share * before.known, total = before.size * delayed;
  for (const double off : far) {
    delayed += 1;
    total += off;
  }
  const double known = before.known + static_cast<double>(all);
  return {delayed / known, total / delayed, before.known};
}

/// Trusts observations less that the variant's others speak against. `one_sided`: those that are
/// slower than the others count as delayed as probably as delays happen.
void ranking::weigh(bool one_sided) {
  const std::span<const estimate> says = levels_->opinions();
  std::vector<double> far;
  std::size_t all = 0;
  for (std::uint32_t v = 0; v < count_; ++v) {
    if (!joint_[v] || of_[v].size() < 2)
      continue;
    for (const std::size_t s : of_[v]) {
      double precision = 0, others = 0;
      for (const std::size_t o : of_[v])
        if (o != s) {
          precision += 1 / says[o].variance;
          others += says[o].level / says[o].variance;
        }
      const double off = says[s].level - others / precision;
      const double deviation =
          std::sqrt(says[s].variance - seen_[s].variance + noise_of(s) + 1 / precision);
      const double z = std::abs(off) / deviation;
      weights_[s] = z <= outlier_limit ? 1 : (outlier_limit / z) * (outlier_limit / z);
      // Of two that disagree, either may be the odd one.
      if (!seen_[s].first_call && timed_[v] > few) {
        ++all;
        if (off > outlier_limit * deviation)
          far.push_back(off);
      }
      if (one_sided && off > 0) {
        const auto &[share, size, known] = seen_[s].first_call ? first_delays_ : timed_delays_;
        const double delayed = share * std::exp(-off / size) / size;
        const double not_delayed =
            (1 - share) * std::exp(-0.5 * z * z) / (deviation * std::sqrt(2 * 3.14159265358979));
        weights_[s] = std::min(weights_[s], not_delayed / (not_delayed + delayed));
      }
      weights_[s] = std::max(weights_[s], least_weight);
    }
  }
  timed_delays_ = learn(timed_delays, far, all);
}

/// Where a variant has timed samples, they tell how far off its first call was.
void ranking::learn_first_calls() {
  const std::span<const estimate> says = levels_->opinions();
  std::vector<double> off, explained;
  for (std::uint32_t v = 0; v < count_; ++v) {
    if (timed_[v] < 2)
      continue;
    double level = 0, variance = 0, first = 0, first_variance = -1;
    for (const std::size_t s : of_[v]) {
      if (seen_[s].first_call) {
        first = says[s].level;
        first_variance = says[s].variance - seen_[s].variance;
      } else {
        level += says[s].level / timed_[v];
        variance += says[s].variance / timed_[v] / timed_[v];
      }
    }
    if (first_variance < 0)
      continue;
    off.push_back(first - level);
    explained.push_back(first_variance + variance);
  }
  if (off.size() >= 4) {
    const double seen = robust_deviation(off);
    first_noise_ = std::max({least_first_noise, variation_.noise,
                             std::sqrt(std::max(0.0, seen * seen - median(explained)))});
  }
  std::vector<double> far;
  for (std::size_t i = 0; i < off.size(); ++i)
    if (off[i] > outlier_limit * std::sqrt(first_noise_ * first_noise_ + explained[i]))
      far.push_back(off[i]);
  first_delays_ = learn(first_delays, far, off.size());
}

/// How levels vary near the leader, and what a level may be of which nothing is known: of as many
/// as there are, one may beat the leader.
void ranking::learn_spread() {
  std::vector<double> near, errors, all;
  const double best = level(leader_);
  for (std::uint32_t v = 0; v < count_; ++v) {
    if (!has(v))
      continue;
    const estimate e = levels_->of(v);
    all.push_back(e.level);
    if (e.level - best < reach) {
      near.push_back(e.level);
      errors.push_back(e.variance);
    }
  }
  // Estimates vary less than levels by what their errors leave open.
  if (near.size() >= 4)
    spread_ =
        std::max(least_spread, std::sqrt(std::pow(robust_deviation(near), 2) + median(errors)));
  const double middle = median(all);
  const double rarity = -student_quantile(1 / std::max(3.0, static_cast<double>(all.size())),
                                          std::numeric_limits<double>::infinity());
  const double deviation = std::max(2 * least_spread, (middle - best) / rarity);
  unseen_ = {middle, deviation * deviation};
}

void ranking::attribute() {
  std::vector<residual> residuals;
  for (std::size_t s = 0; s < seen_.size(); ++s) {
    const weighed &o = seen_[s];
    if (o.first_call || !has(o.variant))
      continue;
    // The drift from the others: at its own moment it may have followed the delay. Nor is the error
    // of that counted: where delays are taken for a drift, it hides them.
    const estimate says = levels_->opinions()[s];
    residuals.push_back(
        {o.variant, says.level - levels_->of(o.variant).level, std::sqrt(noise_of(s))});
  }
  own_ = attribute_delays(residuals, count_);
}

contrast ranking::compare(std::uint32_t a, std::uint32_t b) const {
  contrast c = levels_->compare(a, b);
  if (a == b || own_[a].cost + own_[b].cost == 0)
    return c;
  c.difference += own_[a].cost - own_[b].cost;
  c.deviation = std::sqrt(c.deviation * c.deviation + own_[a].variance + own_[b].variance);
  return c;
}

/// P(a difference is below -tolerance).
double ranking::below(double difference, double deviation) const {
  return student_cdf((-tolerance_ - difference) / std::max(deviation, 1e-6),
                     std::max(1.0, variation_.degrees));
}

double ranking::chance(std::uint32_t v) const {
  const contrast c = compare(v, leader_);
  const double plain = below(c.difference, c.deviation);
  if (timed_[v] > few)
    return plain;
  // Any of the few observations may be delayed: all combinations, by their probability.
  struct view {
    estimate says;
    double share, size;
  };
  std::vector<view> views;
  for (const std::size_t s : of_[v]) {
    const bool first = seen_[s].first_call;
    const delays &by = first ? first_delays_ : timed_delays_;
    views.push_back({levels_->opinions()[s], by.share, by.size});
  }
  const estimate best{level(leader_), levels_->of(leader_).variance + own_[leader_].variance};
  double total = 0, better = 0;
  for (unsigned delayed = 0; delayed < (1u << views.size()); ++delayed) {
    double precision = 1 / unseen_.variance, mean = unseen_.level, probability = 1;
    for (std::size_t k = 0; k < views.size(); ++k) {
      const view &it = views[k];
      const bool is_delayed = delayed >> k & 1;
      const double level = it.says.level - (is_delayed ? it.size : 0);
      const double variance = it.says.variance + (is_delayed ? it.size * it.size : 0);
      // Of seeing this, given the observations before.
      const double width = variance + 1 / precision, off = level - mean;
      probability *= (is_delayed ? it.share : 1 - it.share) * std::exp(-0.5 * off * off / width) /
                     std::sqrt(width);
      mean = (mean * precision + level / variance) / (precision + 1 / variance);
      precision += 1 / variance;
    }
    total += probability;
    better +=
        probability *
        (delayed == 0 ? plain : below(mean - best.level, std::sqrt(1 / precision + best.variance)));
  }
  return total > 0 ? better / total : plain;
}

double ranking::doubt_about(std::uint32_t v) const {
  double doubt = 0;
  for (std::uint32_t other = 0; other < count_; ++other)
    if (other != v && has(other) && timed_[other] > 0) {
      const contrast c = compare(other, v);
      doubt += below(c.difference, c.deviation);
    }
  return std::min(doubt, 1.0);
}

} // namespace tl::rt::measure
