// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Configs as points, for searches that walk from a config to its neighbours.

#ifndef TL_RUNTIME_TUNER_CONFIG_POINTS_H
#define TL_RUNTIME_TUNER_CONFIG_POINTS_H

#include <span>
#include <vector>

namespace tl::rt {

/// One coordinate for each value of each config ("block_m=64,mode=fast"), those inside of structs
/// and arrays included: a number's value; for anything else (enumerators, true and false, types)
/// the order of first appearance in `configs`.
std::vector<std::vector<double>> config_points(std::span<const char *const> configs);

} // namespace tl::rt

#endif
