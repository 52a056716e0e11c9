// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How many thread blocks a config's launch will have on a problem where it was never launched, from
// its launches elsewhere; and what it costs that they cannot be shared out evenly.
//
// A grid is mostly what tiles make of the key's numbers: an axis is the same for all problems, a
// number of the key over a divisor, rounded up, or the product of two such quotients by numbers of
// the config (a grid that was folded into one axis).

#ifndef TL_RUNTIME_TUNER_LAUNCH_BLOCKS_H
#define TL_RUNTIME_TUNER_LAUNCH_BLOCKS_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace tl::rt {

using launch_grid = std::array<std::uint32_t, 3>;

/// The grid of the launch with the most threads of those that a trial's resources list; nothing
/// where they list none.
std::optional<launch_grid> largest_grid(std::string_view resources);

/// How many multiprocessors or compute units the identity of a device names; 0: none.
double multiprocessors_of(std::string_view device_identity);

/// ln of what the multiprocessor with the most blocks has, over the mean: 132 blocks on 132 are
/// even, 133 take twice as long as 132.
double unevenness(double blocks, double multiprocessors);

class launch_blocks {
public:
  struct launch {
    std::vector<double> problem; ///< numbers of its key
    launch_grid grid;
  };

  /// The rule behind all launches of one config, whose own numbers are likely divisors; nothing
  /// where none gives all of them.
  static std::optional<launch_blocks> learn(std::span<const launch> seen,
                                            std::span<const double> config);

  /// Blocks on a problem with as many numbers; 0 or less where one of its numbers is.
  double on(std::span<const double> problem) const;

private:
  struct quotient {
    std::size_t number; ///< index in the key
    double divisor;
    double of(std::span<const double> problem) const;
  };
  bool learn_axis(std::span<const launch> seen, std::span<const double> config, std::size_t axis);
  bool learn_quotient(std::span<const launch> seen, std::span<const double> config,
                      std::size_t axis);
  bool learn_product(std::span<const launch> seen, std::span<const double> config,
                     std::size_t axis);

  double always_ = 1;
  std::vector<quotient> quotients_;
};

} // namespace tl::rt

#endif
