// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "disturbance.h"

#include <algorithm>
#include <cmath>

namespace tl::rt::measure {

/// Only delays beyond this many deviations and this size are looked at [ln]. Smaller ones change no
/// mean by a per cent unless they are so common that the level contains them.
static constexpr double far_deviations = 5, far_size = 0.05;
/// What the machine does before anything was seen: one far delay in so many samples, and the shape
/// of the sizes' distribution, which counts for so many of them.
static constexpr double prior_samples = 50, prior_delays = 0.5, prior_shape = 1.5, prior_sizes = 2;
/// Odds, beforehand, that a variant has delays of its own. Their rate is any, rather a low one
/// (a beta distribution), their size any up to `largest` [ln].
static constexpr double prior_odds = 0.01, rate_a = 1, rate_b = 4, largest = 5;
/// One delay is anyone's.
static constexpr double fewest = 2;

namespace {
/// What was seen of one variant, or of several.
struct tally {
  double samples = 0, far = 0;
  double excess = 0;   ///< sum of the far delays (relative)
  double log_size = 0; ///< sum of ln(size / far_size)
};
} // namespace

static double log_beta(double a, double b) {
  return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b);
}

/// ln of how much more probable the variant's own rate makes its delays than the machine's.
static double log_bayes_factor(const tally &own, const tally &others) {
  const double rate = (prior_delays + others.far) / (prior_samples + others.samples);
  const double shape = (prior_sizes + others.far) / (prior_sizes / prior_shape + others.log_size);
  // Densities of the sizes r: shape / r (far_size / r)^shape, and 1 / (r ln(largest / far_size)).
  // What they have in common is left out.
  const double machine = own.far * std::log(rate * shape) - shape * own.log_size +
                         (own.samples - own.far) * std::log1p(-rate);
  const double variant = log_beta(rate_a + own.far, rate_b + own.samples - own.far) -
                         log_beta(rate_a, rate_b) -
                         own.far * std::log(std::log(largest / far_size));
  return variant - machine;
}

std::vector<own_delays> attribute_delays(std::span<const residual> residuals,
                                         std::size_t variants) {
  std::vector<tally> of(variants);
  std::vector<bool> met(variants, false);
  tally all;
  for (const residual &it : residuals) {
    if (!met[it.variant]) {
      met[it.variant] = true;
      continue;
    }
    for (tally *to : {&of[it.variant], &all}) {
      to->samples += 1;
      if (it.off <= std::max(far_size, far_deviations * it.deviation))
        continue;
      to->far += 1;
      to->excess += std::expm1(std::min(it.off, largest));
      to->log_size += std::log(std::min(it.off, largest) / far_size);
    }
  }
  std::vector<own_delays> result(variants);
  for (std::size_t v = 0; v < variants; ++v) {
    const tally &own = of[v];
    if (own.far == 0)
      continue;
    const tally others{all.samples - own.samples, all.far - own.far, all.excess - own.excess,
                       all.log_size - own.log_size};
    const double odds = prior_odds * std::exp(std::min(log_bayes_factor(own, others), 700.0));
    const double own_share = odds / (1 + odds);
    result[v].doubt = 1 - std::abs(2 * own_share - 1);
    if (own.far < fewest)
      continue;
    const double machine = others.samples > 0 ? others.excess / others.samples : 0;
    const double more = own_share * std::max(0.0, own.excess / own.samples - machine);
    result[v].cost = std::log1p(more);
    const double error = more / (1 + more);
    result[v].variance = error * error / own.far;
  }
  return result;
}

} // namespace tl::rt::measure
