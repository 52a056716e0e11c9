// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How noisy and how drifting the samples of a device are, from interleaved samples of its variants.
//
//   ln(time of sample s) = level(variant of s) + drift(time of s) + noise
//
// The levels are free, the drift is a process with a rate and a memory (drift.h). That is a linear
// mixed model (the "local level" model of Durbin and Koopman, "Time Series Analysis by State Space
// Methods", 2012, with one fixed effect per variant). Rate and memory are chosen by restricted
// maximum likelihood (Patterson and Thompson, 1971). Outliers are weighed down.

#ifndef TL_RUNTIME_MEASURE_VARIATION_H
#define TL_RUNTIME_MEASURE_VARIATION_H

#include "drift.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tl::rt::measure {

/// One sample.
struct observation {
  std::uint32_t variant;
  double log_time;  ///< ln of the time per launch
  double at_s;      ///< when [s]
  double scale = 1; ///< variance of its noise over that of an ordinary sample
};

/// What makes two samples of one variant differ.
struct variation {
  double noise = 0;    ///< standard deviation of one sample around level and drift [ln]
  drift_process drift; ///< [ln]; no rate where there are too few samples to tell
  double degrees = 0;  ///< degrees of freedom that these were estimated from
};

/// Estimates from `observations`, ordered by time, of variants numbered below `variants`. Only
/// variants with a second sample have a say; `degrees` is 0 where there is none. `least_noise`
/// bounds the noise from below [ln]. `hint` is an earlier estimate, where to look first.
variation estimate_variation(const std::vector<observation> &observations, std::size_t variants,
                             double least_noise = 0.001, const variation &hint = {});

} // namespace tl::rt::measure

#endif
