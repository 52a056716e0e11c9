// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/world.h"

#include "runtime/support/made_once.h"
#include "runtime/support/paths.h"

#include <memory>

namespace tl::rt {

const world &program_world() {
  static constinit made_once<measure::steady_clock> clock;
  static constinit made_once<world> known;
  return known.get([] {
    return std::make_unique<world>(
        world{.environment = environment(),
              .store = store::tuning_store::instance(),
              .clock = clock.get(),
              .lock_directory = cache_directory(),
              .find_device = find_device,
              .fleet = remote::program_fleet(environment(), cache_directory()),
              .ranks = &rank_group::of_program()});
  });
}

} // namespace tl::rt
