// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What became of a run of one variant: one type from whatever runs it, on the CPU or a GPU, up to
// the session, which makes a stored trial of it.

#ifndef TL_RUNTIME_DOMAIN_VERDICT_H
#define TL_RUNTIME_DOMAIN_VERDICT_H

#include "runtime/domain/trial_status.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace tl::rt {

/// Right as far as anybody has looked, unless it says otherwise.
struct verdict {
  std::optional<trial_status> failure = {}; ///< what went wrong, never `measured`
  std::string reason = {}; ///< in words: "signal 11 (segmentation fault) at address 0x0", "2 of 64
                           ///< elements of c differ, ..."
  double time_ns = 0;      ///< of the one run, where it is right or `wrong` [ns]
  std::string resources = {}; ///< JSON object: registers, spills, ...; empty on the CPU
  /// It waits for threads of the program that trials do not have: so it is with every problem.
  bool waits_for_program = false;

  static verdict failed(trial_status how, std::string why) {
    return {.failure = how, .reason = std::move(why)};
  }

  bool right() const { return !failure; }

  /// Of the trial that ends with it: what was right all along has been measured.
  trial_status status() const { return failure.value_or(trial_status::measured); }

  /// As a number in messages between processes of one build.
  static constexpr std::int32_t nothing_wrong = -1;
  std::int32_t code() const {
    return failure ? static_cast<std::int32_t>(*failure) : nothing_wrong;
  }
  static std::optional<trial_status> failure_of(std::int32_t code) {
    return code == nothing_wrong ? std::nullopt : std::optional(static_cast<trial_status>(code));
  }
};

} // namespace tl::rt

#endif
