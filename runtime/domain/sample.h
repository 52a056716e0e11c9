// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One timed sample: what the race asks for, what a device gives. One type each from the race to
// whatever runs the variant.

#ifndef TL_RUNTIME_DOMAIN_SAMPLE_H
#define TL_RUNTIME_DOMAIN_SAMPLE_H

#include "runtime/domain/verdict.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace tl::rt {

/// One timed sample that is wanted.
struct sample_request {
  std::uint32_t variant;
  /// That the sample may span, at least 1: back to back or, if cold, one by one.
  std::uint32_t launches;
  double expected_ns = 0; ///< what one launch has taken so far, for limits [ns]; 0: not known
};

/// One timed sample, or why there is none.
struct timed_sample {
  std::uint32_t variant = 0;
  verdict outcome = {}; ///< its time is per launch
  /// Middle of the timed region on the monotonic clock [ns]. NaN where nobody can say: then the
  /// round's samples are laid out one after the other.
  double at_ns = std::numeric_limits<double>::quiet_NaN();
  std::uint32_t launches = 0; ///< it spans; 0: as many as were asked for

  bool taken() const {
    return outcome.right() && outcome.time_ns > 0 && std::isfinite(outcome.time_ns);
  }
  /// Whether the variant crashed, hung or was refused. What was not reached, through no fault of
  /// the variant, is neither taken nor failed, and may be asked for again.
  bool failed() const { return !outcome.right() && outcome.failure != trial_status::harness_error; }
};

/// What a round of samples yielded.
struct timed_round {
  std::vector<timed_sample> samples; ///< one per request, in its order; what lacks was not reached
  double clock = 0;                  ///< how fast the device's clock ran, in any unit; 0: not known
};

} // namespace tl::rt

#endif
