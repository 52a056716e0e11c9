// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A problem whose winner is known, and a call of it whose facts the winner was not proven for: one
// checked run on copies says whether it is right, else the next-best variant, else the default
// config. docs/validity.md is what users may rely on.

#ifndef TL_RUNTIME_TUNER_PROVING_H
#define TL_RUNTIME_TUNER_PROVING_H

#include "runtime/backend/backend.h"
#include "runtime/store/store.h"
#include "runtime/tuner/call_reading.h"
#include "runtime/tuner/dispatch_table.h"

#include <tl/abi.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tl::rt {

/// What is known of one problem: which variants may be used, and what was found out about them.
class known_variants {
public:
  /// Reads `store`: the variants that the problem's session measured, unless it has just ended
  /// and these are its `trials`, and all proofs.
  known_variants(store::tuning_store &store, const tl_factory &factory,
                 const store::winner_key &key, std::uint32_t winner,
                 std::span<const store::trial> trials = {});

  /// To be tried in this order: the winner, then the others from the fastest on.
  const std::vector<std::uint32_t> &candidates() const { return candidates_; }
  /// As they are installed: the winner's first. Never empty.
  std::vector<installed_variant> installed() const;
  /// Whether a variant was wrong under facts that are no harder than these.
  bool is_refuted(std::uint32_t variant, facts_view found) const;
  /// What the winner was proven for that is nearest to these, in words: "x=4 (proven: 64)"; ""
  /// where it was proven for nothing.
  std::string describe_new(facts_view found) const;
  void add(std::uint32_t variant, facts under, bool right);

private:
  struct outcome {
    std::uint32_t variant;
    facts under;
    bool right;
  };

  void add_baked(const store::winner_key &key);

  const tl_factory &factory_;
  const call_plan &plan_;
  std::vector<std::uint32_t> candidates_;
  std::vector<outcome> outcomes_;
};

/// A proof as the store keeps it.
store::proof_record make_proof(const tl_factory &factory, const call_plan &plan,
                               std::uint32_t variant, facts_view under, const verdict &outcome);

} // namespace tl::rt

#endif
