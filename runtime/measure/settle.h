// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Waits for a device's clock to settle, by keeping it busy. Clocks ramp up within some 10 ms of the
// first work, and sink again over 100 ms and more as the device warms.

#ifndef TL_RUNTIME_MEASURE_SETTLE_H
#define TL_RUNTIME_MEASURE_SETTLE_H

#include "clock.h"
#include "sampler.h"

#include <algorithm>
#include <cmath>

namespace tl::rt::measure {

struct settle_options {
  std::int64_t step_ns = 50'000'000;  ///< over which the rate is compared [ns]
  std::int64_t least_ns = 25'000'000; ///< run for at least this long [ns]
  std::int64_t most_ns = 500'000'000; ///< give up after this long [ns]
  double tolerance = 0.01;            ///< relative change per step that counts as settled
};

struct settled {
  bool steady = false;      ///< the rate changed by less than the tolerance
  double rate = 0;          ///< the last step's, 0: not known
  std::int64_t took_ns = 0; ///< [ns]
};

/// Runs `variant` until its rate changes by less than `tolerance` from one step to the next. Where
/// the sampler cannot tell a rate, it runs for `least_ns`.
inline settled settle(sampler &from, clock &time, std::uint32_t variant,
                      const settle_options &options = {}) {
  settled result;
  const std::int64_t begin = time.now_ns();
  // A first, shorter step: what the ramp-up takes is not compared with anything.
  const std::int64_t first = std::min(options.least_ns, options.most_ns);
  double before = first > 0 ? from.run_for(variant, first) : 0;
  result.rate = before;
  result.took_ns = time.now_ns() - begin;
  while (before > 0 && result.took_ns < options.most_ns) {
    const double now =
        from.run_for(variant, std::min(options.step_ns, options.most_ns - result.took_ns));
    result.took_ns = time.now_ns() - begin;
    if (now <= 0)
      break;
    result.rate = now;
    if (std::abs(now / before - 1) < options.tolerance) {
      result.steady = true;
      break;
    }
    before = now;
  }
  return result;
}

} // namespace tl::rt::measure

#endif
