// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a session says about the space and the measurement, besides who won.

#ifndef TL_RUNTIME_TUNER_REMARKS_H
#define TL_RUNTIME_TUNER_REMARKS_H

#include "runtime/measure/race.h"
#include "runtime/store/records.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tl::rt {

/// Where more than half of the trials failed for one reason: that reason.
std::vector<std::string> remarks_on_trials(std::span<const store::trial *const> tried);

/// The axes of numbers, of three values and more, on which the winner has the least or the greatest
/// value: the best one may lie outside of the space.
std::vector<std::string> remarks_on_edges(std::span<const char *const> configs,
                                          std::string_view winner);

/// Limits and other users of the device that were seen while it was measured.
std::vector<std::string> remarks_on_race(const measure::race_result &raced);

/// Hot samples of data that the cache does not hold, as it may be in the program: how much that is
/// [bytes]. 0: not known.
std::vector<std::string> remarks_on_data(std::uint64_t data_bytes, std::uint64_t cache_bytes);

} // namespace tl::rt

#endif
