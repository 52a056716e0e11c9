// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What tuning takes from the process around it, in one place, so that tests can hand in another
// one: other settings, a store and devices of their own, and a clock that stands still. Messages
// alone go where the process's own settings say.

#ifndef TL_RUNTIME_TUNER_WORLD_H
#define TL_RUNTIME_TUNER_WORLD_H

#include "runtime/measure/clock.h"
#include "runtime/remote/fleet.h"
#include "runtime/store/store.h"
#include "runtime/support/environment.h"
#include "runtime/tuner/device.h"
#include "runtime/tuner/rank_group.h"

#include <cstdint>
#include <functional>
#include <string>

namespace tl::rt {

/// Outlives whatever it is handed to. As thread-safe as its parts, which those of program_world()
/// are.
struct world {
  const controls &environment;
  store::tuning_store &store;
  measure::clock &clock;
  std::string lock_directory; ///< where the locks of devices lie
  std::function<const device &(std::uint32_t backend, std::int32_t ordinal)> find_device;
  remote::fleet *fleet = nullptr; ///< other machines' winners; null: none is asked
  rank_group *ranks = nullptr;    ///< of the job, that agree where it is set
};

/// The program's own. Thread-safe; the object is never destroyed.
const world &program_world();

} // namespace tl::rt

#endif
