// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which variants of a large space are tried at all. A search proposes batches of variants and
// learns what became of them; whoever asks may compile a batch while another is measured. Those
// that were tried then race as ever (race.h).

#ifndef TL_RUNTIME_MEASURE_SEARCH_H
#define TL_RUNTIME_MEASURE_SEARCH_H

#include "surrogate.h"

#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <vector>

namespace tl::rt::measure {

enum class strategy : std::uint8_t {
  exhaustive, ///< all; those of a part of the space that is slow or fails come last
  random,     ///< a random choice
  local,      ///< a random start, then from good ones to their neighbours
  model,      ///< (3, as tl::search::model has it) a space-filling start, then where a model of the
              ///< space expects good ones
};

/// What a search is to go through.
struct search_space {
  /// `points[v]` holds the values of variant v's tunables, of one length for all.
  std::vector<std::vector<double>> points;
  std::uint32_t default_variant = 0;         ///< proposed first
  std::vector<std::uint32_t> promising = {}; ///< proposed next, in this order
  /// ln of what each variant took elsewhere (on another device, another problem), up to a constant;
  /// NaN: not known. A feature of the model, never its answer. Empty: nothing is known.
  std::vector<double> elsewhere = {};
};

/// Proposes variants in batches. Deterministic for a seed. Not thread-safe.
class search {
public:
  /// At most `count` variants are proposed (all, where exhaustive).
  search(strategy how, std::size_t count, search_space space, std::uint64_t seed);

  /// The next variants to try, none twice; empty when done. About `batch` of them, 8 to 32, where
  /// the strategy learns from them. The first one may be larger, that of a random search has all,
  /// and an exhaustive search proposes as many as it has proposed before.
  std::vector<std::uint32_t> propose(std::size_t batch = 8);
  /// More variants, numbered on, where the space is too large to be listed: propose() chooses among
  /// them, too. Not for an exhaustive search.
  void add(std::span<const std::vector<double>> points);
  /// What a variant took, by any measure [ns]; infinite where it failed. In any order, before the
  /// next batch or later. What was not proposed is not proposed any more.
  void learn(std::uint32_t variant, double time_ns);

  /// Whether two variants differ in one tunable only, by one step among the values it takes in the
  /// space.
  bool neighbors(std::uint32_t a, std::uint32_t b) const;

private:
  void rank_values();
  double known_cost(std::uint32_t v) const;
  void take(std::uint32_t v, std::vector<std::uint32_t> &batch);
  void take_random(std::size_t wanted, std::vector<std::uint32_t> &batch);
  void walk(std::size_t wanted, std::vector<std::uint32_t> &batch);
  void fill_space(std::size_t wanted, std::vector<std::uint32_t> &batch);
  void ask_model(std::size_t wanted, std::vector<std::uint32_t> &batch);
  void teach_model();
  void order_by_model();
  double expected_from_elsewhere(std::uint32_t v) const;
  std::vector<std::uint32_t> candidates();

  strategy how_;
  std::size_t asked_, count_; ///< of variants at most: as was asked, and of those that there are
  search_space space_;
  std::mt19937_64 random_;
  std::vector<std::vector<std::uint32_t>> steps_; // per variant: rank of each value in its axis
  std::vector<std::uint32_t> order_;              // random order of all, the default first
  std::vector<bool> proposed_, expanded_;
  std::vector<double> times_;        // of variants; 0: not known
  std::vector<std::uint32_t> known_; // those of which a time or a failure is known
  std::unique_ptr<surrogate> model_;
  std::size_t learned_ = 0;       // how many were known when the model's weights were learned
  double slope_ = 0, middle_ = 0; // how `elsewhere` tells times here
  std::size_t done_ = 0;
};

} // namespace tl::rt::measure

#endif
