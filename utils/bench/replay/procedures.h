// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ways of finding the best config, each run once on a modelled device: the race that ships, and the
// sequential procedures that tuners commonly use.

#ifndef TL_UTILS_BENCH_REPLAY_PROCEDURES_H
#define TL_UTILS_BENCH_REPLAY_PROCEDURES_H

#include "modelled_device.h"
#include "recorded_space.h"
#include "runtime/measure/race.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

namespace tl::replay {

/// What one session found and spent.
struct outcome {
  bool hit = false;    ///< the pick's median is within 1 % of the subset's best
  double loss = 0;     ///< how much slower the pick is than the best (relative)
  double passes = 0;   ///< time of all launches, probes and settling included, over one launch each
  double launches = 0; ///< number of the launches for ranking over the number of configs
  double untimed = 0;  ///< settling, in passes
  double confidence = 0; ///< as the race states it
  bool finished = true;
  double timed_s = 0; ///< of all launches, probes and settling included [s]
};

/// One session's configs, the failing ones in between as null.
struct subset {
  std::vector<const recorded_config *> variants;
  std::vector<std::uint32_t> valid;
  double best_ns = 0, pass_ns = 0;
};

/// Draws `wanted` working configs at random, and the failing ones that come up among them.
subset draw(const recorded_space &space, std::size_t wanted, std::mt19937_64 &random);

/// Probes all and races them. `change`, if given, changes the race's options.
using race_change = std::function<void(rt::measure::race_options &)>;
outcome run_race(const subset &from, const device_model &model, std::uint64_t seed,
                 const race_change &change = {});

/// A procedure that measures one config after the other: `least` launches after `skip` ms of
/// untimed ones, for at least `ms`; picks the smallest mean or minimum.
struct sequential {
  const char *name;
  int least;
  double skip_ms, ms;
  bool minimum;
};
outcome run_sequential(const sequential &how, const subset &from, const device_model &model,
                       std::uint64_t seed);

/// Ranks by the mean of the first `repeats` just as they were published, without a model.
outcome run_published(std::size_t repeats, const subset &from);

/// Means over sessions.
struct row {
  double hits = 0, loss = 0, passes = 0, launches = 0, untimed = 0, confidence = 0, unfinished = 0;
  double timed_s = 0; ///< of a session's launches [s]
  int sessions = 0;
  int sure = 0, sure_hits = 0; ///< sessions that state 0.99 or more, and how many of these hit
};

using procedure = std::function<outcome(const subset &, std::uint64_t)>;

/// Runs a procedure on `sessions` random subsets of `n` configs, the same for every procedure.
row repeat(const recorded_space &space, std::size_t n, int sessions, unsigned threads,
           const procedure &run);

} // namespace tl::replay

#endif
