// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which configs of a space that is never listed are compiled and tried: a search (search.h) over a
// sample of it, which grows by more of the space, and by what is like the best ones.

#ifndef TL_RUNTIME_TUNER_DEMAND_SEARCH_H
#define TL_RUNTIME_TUNER_DEMAND_SEARCH_H

#include "runtime/demand/combinations.h"
#include "runtime/measure/search.h"

#include <cstdint>
#include <memory>
#include <random>
#include <set>
#include <unordered_map>
#include <vector>

namespace tl::rt {

/// Proposes combinations in batches and learns what they took, in any order. Deterministic for a
/// seed. Not thread-safe.
class demand_search {
public:
  /// How many are tried where the attribute does not say (`search = ...`).
  static constexpr std::size_t usual_count = 300;

  /// At most `count` are proposed, none of `known` (what is known of them is told by learn()).
  demand_search(const demand::combinations &space, measure::strategy how, std::size_t count,
                std::vector<std::uint64_t> known, std::uint64_t seed);

  /// About so many, none twice. Empty: it is done, or has to learn of what it has proposed first.
  std::vector<std::uint64_t> propose(std::size_t batch);
  /// What one took, by any measure [ns]; infinite where it failed.
  void learn(std::uint64_t combination, double time_ns);

  std::size_t proposed() const { return done_; }

private:
  bool add(std::uint64_t combination);
  void sample(std::size_t wanted);
  std::vector<std::uint64_t> best(std::size_t most) const;
  bool take(std::uint64_t combination, std::vector<std::uint64_t> &batch);
  void grow_sample();
  void take_neighbors(std::size_t wanted, std::vector<std::uint64_t> &batch);

  const demand::combinations &space_;
  const std::size_t count_;
  std::size_t done_ = 0;
  bool is_whole_ = false; ///< the sample has all that is admitted
  bool sparse_ = false;   ///< so little is admitted that draws find none
  bool widens_ = false;   ///< there is more than the sample, and the search wants it
  std::mt19937_64 random_;
  std::vector<std::uint64_t> sample_;
  std::unordered_map<std::uint64_t, std::uint32_t> index_; ///< in the sample
  std::unique_ptr<measure::search> search_;
  std::set<std::uint64_t> seen_, expanded_;
  std::unordered_map<std::uint64_t, double> times_;
};

} // namespace tl::rt

#endif
