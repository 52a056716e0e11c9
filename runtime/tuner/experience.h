// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What was measured of a factory before: on other problems, and on other devices.

#ifndef TL_RUNTIME_TUNER_EXPERIENCE_H
#define TL_RUNTIME_TUNER_EXPERIENCE_H

#include "runtime/store/store.h"
#include "runtime/tuner/launch_blocks.h"

#include <limits>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace tl::rt {

/// One problem that was tuned, with the newest figure of each config.
struct tuned_problem {
  std::string device;
  store::measure_mode mode = store::measure_mode::hot;
  std::string problem;
  std::string default_config;
  /// Time of each config that was timed or at least ran [ns]; infinite where it failed.
  std::map<std::string, double> time_ns;
  /// Grid of each config's largest launch, where it is known.
  std::map<std::string, launch_grid> grids;
  /// The best of those that its last session sampled about as often as any; 0: not known [ns].
  double well_sampled_ns = 0;

  /// That, or the least of the times; infinite where nothing worked.
  double best_ns() const;
  /// ln of how much slower than the best a config is; NaN where nothing is known, infinite where it
  /// failed. One that was sampled little is never faster.
  double regret(const std::string &config) const;
};

/// Adds what trials tell; of several of one config the last counts.
void add_trials(tuned_problem &to, std::span<const store::trial> trials);

/// Problems of the key's factory, in this state of its code, that the store's own file holds trials
/// of, the key's own left out: the `most` nearest ones, those of the same device first. Reads all
/// of their trials, which takes about a tenth of a millisecond each.
std::vector<tuned_problem> gather_experience(store::tuning_store &from,
                                             const store::winner_key &key, std::size_t most);

/// ln of how much slower than the best each of `configs` was elsewhere, in the mean over the other
/// problems of `experience`, near ones and those of the same device counting more; NaN where
/// nothing is known. Empty where there is no other problem.
std::vector<double> times_elsewhere(std::span<const tuned_problem> experience,
                                    const store::winner_key &key,
                                    std::span<const char *const> configs);

} // namespace tl::rt

#endif
