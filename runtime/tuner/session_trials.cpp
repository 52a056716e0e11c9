// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/session_impl.h"

#include "runtime/factory/absent.h"
#include "runtime/factory/registry.h"
#include "runtime/support/fnv.h"
#include "runtime/support/trial_log.h"
#include "runtime/tuner/eligibility.h"
#include "runtime/tuner/report.h"

#include <optional>
#include <utility>

namespace tl::rt {

void session_run::take_over_earlier_trials() {
  for (std::uint32_t i = 0; i < factory_.variant_count; ++i)
    trials_[i].trial.config = factory_.configs[i];
  for (const store::trial &it : session_.finished) {
    const std::uint32_t variant = find_variant(factory_, it.config);
    if (variant == UINT32_MAX)
      continue;
    entry &known = trials_[variant];
    known.known = true;
    known.trial = it;
    // A cut variant ran and was right; what cut it may have been an unlucky best.
    known.probed =
        it.status == store::trial_status::measured || it.status == store::trial_status::cut;
    known.probe_ns = it.median_ns;
    if (known.probed && (best_probe_ns_ == 0 || known.probe_ns < best_probe_ns_))
      best_probe_ns_ = known.probe_ns;
    ++carried_over_;
  }
  for (const store::trial &it : session_.again)
    if (const std::uint32_t variant = find_variant(factory_, it.config); variant != UINT32_MAX) {
      trials_[variant].again = true;
      trials_[variant].trial = it;
    }
  for (const store::trial &it : session_.lost)
    if (const std::uint32_t variant = find_variant(factory_, it.config); variant != UINT32_MAX) {
      trials_[variant].wanted = false;
      trials_[variant].trial = it;
    }
}

/// Not even tried: it may be noexcept, where what its body throws would be a crash.
void session_run::rule_out_absent() {
  std::vector<store::trial> ruled_out;
  for (std::uint32_t i = 0; i < factory_.variant_count; ++i) {
    std::optional<std::string> why = why_absent(factory_, i);
    if (!why)
      continue;
    store::trial trial;
    trial.config = factory_.configs[i];
    trial.status = store::trial_status::infeasible;
    trial.reason = std::move(*why);
    trials_[i] = {.wanted = false, .trial = trial};
    ruled_out.push_back(trial);
    log_trial(describe_trial(factory_, call_, trial));
  }
  if (!ruled_out.empty())
    static_cast<void>(world_.store.trials_finished(session_, ruled_out));
}

/// Configs that other machines try (TL_PART). Which those are depends on nothing but the problem
/// and their number, so that all parts together are the whole.
void session_run::leave_other_parts() {
  const std::uint32_t parts = world_.environment.parts;
  if (parts == 1)
    return;
  const std::uint64_t first = fnv(call_.problem, fnv(factory_.id));
  for (std::uint32_t i = 0; i < factory_.variant_count; ++i)
    if (i != factory_.default_variant && (first + i) % parts != world_.environment.part - 1)
      trials_[i].wanted = false;
}

status session_run::ask_eligible() {
  std::vector<std::uint8_t> wanted;
  if (status asked = find_eligible(factory_, options_, call_.arguments, wanted); !asked)
    return asked;
  std::vector<store::trial> ruled_out;
  for (std::uint32_t i = 0; i < factory_.variant_count; ++i)
    if (!wanted[i] && trials_[i].wanted) {
      trials_[i].wanted = false;
      trials_[i].trial.status = store::trial_status::not_eligible;
      trials_[i].trial.reason = "ruled out for this problem";
      ruled_out.push_back(trials_[i].trial);
    }
  if (!ruled_out.empty())
    static_cast<void>(world_.store.trials_finished(session_, ruled_out));
  return status::ok();
}

} // namespace tl::rt
