// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the race gets its samples from: a worker process, a stream of a device, or a replay.

#ifndef TL_RUNTIME_MEASURE_SAMPLER_H
#define TL_RUNTIME_MEASURE_SAMPLER_H

#include "runtime/domain/sample.h"

#include <cstdint>
#include <span>

namespace tl::rt::measure {

/// How hard a device has worked against its limits.
struct device_load {
  double power = 0;    ///< mean power over the power limit; 0: not known
  double limited = 0;  ///< share of the time in which power or heat held the clock down
  unsigned others = 0; ///< processes besides ours that have the device open and work on it
};

/// Runs variants and times them. Used by one thread at a time. Must not throw.
class sampler {
public:
  virtual ~sampler() = default;

  /// Takes one sample per request, in the given order, without needless pauses in between. A
  /// variant that fails costs its own sample only: the rest of the round is still taken where
  /// possible.
  virtual timed_round round(std::span<const sample_request> order) = 0;

  /// Runs `variant` untimed for about `ns` [ns], so that the device is busy, and returns how fast
  /// it went in any unit that grows with the clock (device cycles per ns, launches per ns); 0: not
  /// known or it failed.
  virtual double run_for(std::uint32_t variant, std::int64_t ns) = 0;

  /// Since the last call of this. Zeros where the device does not tell.
  virtual device_load load() { return {}; }
};

} // namespace tl::rt::measure

#endif
