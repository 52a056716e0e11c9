// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A session of a factory some of whose variants have kernels that are compiled on this machine:
// that happens in the background, while others have their first runs.

#include "runtime/tuner/session_impl.h"

#include "runtime/demand/libraries.h"
#include "runtime/demand/rtc_code.h"
#include "runtime/support/log.h"
#include "runtime/support/trial_log.h"
#include "runtime/tuner/device_code.h"
#include "runtime/tuner/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tl::rt {

/// Longest sleep while nothing is there to be measured [s].
static constexpr double nap_s = 0.05;

/// Asks for all that is going to be tried anyway, and waits for what an earlier run of the session
/// has measured, whose code is kept. False when the budget ended it.
bool session_run::begin_device_code() {
  if (!demand::has_rtc(factory_))
    return true;
  device_code_ = device_code_compiler(world_, factory_, session_.key.device);
  std::vector<std::uint32_t> earlier, all;
  for (std::uint32_t i = 0; i < factory_.variant_count; ++i) {
    if (!demand::find_rtc(factory_, i))
      continue;
    const entry &it = trials_[i];
    if (it.known && it.probed)
      earlier.push_back(i);
    else if (it.wanted && !it.known && options_.search == TL_SEARCH_EXHAUSTIVE)
      all.push_back(i);
  }
  if (!device_code_->why_not().empty())
    warn_once(fmt::format("rtc {} {}", factory_.id, device_code_->why_not()),
              fmt::format("{}: no kernels are compiled by {}: {}; the session makes do with "
                          "the variants that are there",
                          factory_.name, device_code_->library(), device_code_->why_not()));
  device_code_->add(earlier);
  device_code_->add(all);
  std::vector<std::uint32_t> ignored;
  const auto is_open = [&](std::uint32_t it) { return !compiled_.contains(it); };
  while (std::ranges::any_of(earlier, is_open))
    if (!take_in_compiled(ignored))
      return false;
  for (const std::uint32_t it : earlier)
    trials_[it].probed = trials_[it].probed && trials_[it].wanted;
  return true;
}

/// Waits a moment for more; those that have code now are added to `ready`, the others are trials
/// with the compiler's message. False when the budget is over.
bool session_run::take_in_compiled(std::vector<std::uint32_t> &ready) {
  if (budget_.over(1 - race_share))
    return false;
  device_code_->wait(nap_s);
  if (const std::string why = device_code_->why_not_kept(); !why.empty())
    warn_once(why, fmt::format("device code of {} is not kept: {}", factory_.name, why));
  std::vector<store::trial> failed;
  for (demand::compiled_variant &made : device_code_->take()) {
    compiled_.insert(made.variant);
    entry &it = trials_[made.variant];
    if (made.reason.empty()) {
      ready.push_back(made.variant);
      continue;
    }
    it.wanted = false;
    if (made.unknown) {
      not_compiled_now_ |= device_code_->may_pass();
      continue;
    }
    it.known = true;
    it.probed = false;
    it.trial.status = store::trial_status::infeasible;
    it.trial.reason = std::move(made.reason);
    log_trial(describe_trial(factory_, call_, it.trial));
    failed.push_back(it.trial);
  }
  if (!failed.empty())
    static_cast<void>(world_.store.trials_finished(session_, failed));
  return true;
}

/// Runs the queue for what is there, and again for what has come meanwhile, until none is left.
bool session_run::run_as_compiled(probe_queue &queue, const std::vector<std::uint32_t> &variants,
                                  std::size_t later) {
  if (!device_code_)
    return run_queue(queue, variants, later);
  std::vector<std::uint32_t> now, asked;
  for (const std::uint32_t it : variants)
    if (!demand::find_rtc(factory_, it))
      now.push_back(it);
    else if (!compiled_.contains(it))
      asked.push_back(it);
    else if (trials_[it].wanted)
      now.push_back(it);
  if (options_.search != TL_SEARCH_EXHAUSTIVE)
    device_code_->add(asked);
  std::set<std::uint32_t> open(asked.begin(), asked.end());
  while (true) {
    if (!now.empty() && !run_queue(queue, now, later + open.size()))
      return false;
    if (open.empty())
      break;
    now.clear();
    std::vector<std::uint32_t> ready;
    if (!take_in_compiled(ready))
      return false;
    for (const std::uint32_t it : compiled_)
      if (open.erase(it) != 0 && trials_[it].wanted)
        now.push_back(it);
    if (now.empty() && device_code_->pending() == 0)
      break;
  }
  if (device_code_->pending() == 0)
    demand::collect_libraries(world_.environment.disable_cache ? std::string()
                                                               : world_.lock_directory,
                              demand::most_library_bytes);
  return true;
}

} // namespace tl::rt
