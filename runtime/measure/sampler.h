// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the race gets its samples from: a worker process, a stream of a device, or a replay.

#ifndef TL_RUNTIME_MEASURE_SAMPLER_H
#define TL_RUNTIME_MEASURE_SAMPLER_H

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace tl::rt::measure {

/// One timed sample that is wanted.
struct request {
  std::uint32_t variant;
  std::uint32_t launches; ///< launches that the sample may span, at least 1
  double expected_ns;     ///< what one launch has taken so far, for limits [ns]; 0: not known
};

/// What became of a request.
enum class sample_status : std::uint8_t {
  taken,   ///< timed
  failed,  ///< the variant crashed, hung or was refused; it leaves the race
  not_run, ///< not reached, through no fault of the variant; it may be asked again
};

/// One timed sample, or why there is none.
struct sample {
  sample_status status = sample_status::not_run;
  double time_ns = 0;         ///< per launch [ns]; positive and finite where `taken`
  std::uint32_t launches = 0; ///< it spans; 0: as many as were asked for
  /// Middle of the timed region on the session's clock [ns]. NaN where the sampler cannot say: then
  /// the round's samples are laid out one after the other.
  double at_ns = std::numeric_limits<double>::quiet_NaN();
  std::string reason; ///< of a failure
};

/// What a round yielded.
struct round_samples {
  std::vector<sample> samples; ///< one per request, in its order; a shorter list means `not_run`
  double clock = 0;            ///< how fast the device's clock ran, in any unit; 0: not known
};

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
  virtual round_samples round(std::span<const request> order) = 0;

  /// Runs `variant` untimed for about `ns` [ns], so that the device is busy, and returns how fast
  /// it went in any unit that grows with the clock (device cycles per ns, launches per ns); 0: not
  /// known or it failed.
  virtual double run_for(std::uint32_t variant, std::int64_t ns) = 0;

  /// Since the last call of this. Zeros where the device does not tell.
  virtual device_load load() { return {}; }
};

} // namespace tl::rt::measure

#endif
