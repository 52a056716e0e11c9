// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which variants of a large space are tried at all. Those that are tried then race as ever
// (race.h).

#ifndef TL_RUNTIME_MEASURE_SEARCH_H
#define TL_RUNTIME_MEASURE_SEARCH_H

#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace tl::rt::measure {

enum class strategy : std::uint8_t {
  exhaustive, ///< all
  random,     ///< a random choice
  local,      ///< a random start, then from good ones to their neighbours
};

/// Proposes variants in batches. Deterministic for a seed. Not thread-safe.
class search {
public:
  /// `points[v]` holds the values of variant v's tunables, of one length for all. At most `count`
  /// variants are proposed (all, where exhaustive), the default first. Batches of `local` have
  /// about `batch` variants.
  search(strategy how, std::size_t count, std::vector<std::vector<double>> points,
         std::uint32_t default_variant, std::uint64_t seed, std::size_t batch = 8);

  /// The next variants to try; empty when done. `times[v]` is any measure of what variant v took
  /// [ns], infinite where it failed; it is read for variants proposed earlier only.
  std::vector<std::uint32_t> next(std::span<const double> times);

  /// Whether two variants differ in one tunable only, by one step among the values it takes in the
  /// space.
  bool neighbors(std::uint32_t a, std::uint32_t b) const;

private:
  void propose(std::uint32_t v, std::vector<std::uint32_t> &batch);

  strategy how_;
  std::size_t count_, batch_;
  std::vector<std::vector<std::uint32_t>> steps_; // per variant: rank of each value in its axis
  std::vector<std::uint32_t> order_;              // random order of all, the default first
  std::vector<bool> proposed_, expanded_;
  std::size_t done_ = 0;
};

} // namespace tl::rt::measure

#endif
