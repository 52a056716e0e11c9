// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of resolution that tunes: one session at a time on a device, and what becomes of it.

#include "runtime/demand/rtc_code.h"
#include "runtime/factory/registry.h"
#include "runtime/factory/team.h"
#include "runtime/supply/trial_inputs.h"
#include "runtime/support/call_life.h"
#include "runtime/support/callers_team.h"
#include "runtime/support/log.h"
#include "runtime/support/process_role.h"
#include "runtime/tuner/flight.h"
#include "runtime/tuner/remarks.h"
#include "runtime/tuner/report.h"
#include "runtime/tuner/resolve_impl.h"
#include "runtime/tuner/session.h"
#include "runtime/worker/loader_lock.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace tl::rt {
namespace {

/// Longest wait for another session on the same device, unless a budget says more [s].
constexpr double least_wait_s = 120;
/// A wait that is longer is told [s].
constexpr double say_after_s = 1;
/// Longest wait for the right to tune.
constexpr auto lease_limit = std::chrono::milliseconds(250);

} // namespace

/// A session has found its winner right on the arguments of its trials.
std::vector<store::proof_record> resolution::session_proofs(const tl_call &trial_call,
                                                            const session_result &of) const {
  if (!of.winner)
    return {};
  const call_reading trials(factory_, trial_call.arguments);
  return {make_proof(factory_, trials.plan(), of.variant, proven_facts(trials), verdict{})};
}

void resolution::remark_on_data(const tl_call &trial_call,
                                std::vector<std::string> &remarks) const {
  if (cold_)
    return;
  const call_reading trials(factory_, trial_call.arguments);
  std::vector<std::uint64_t> reach(trials.plan().places.size());
  device_->backend->measure_reach(call_.device, trials.open_ended(), reach);
  for (std::string &it :
       remarks_on_data(trials.data_bytes(reach), device_->backend->cache_bytes(call_.device)))
    remarks.push_back(std::move(it));
}

/// The winner that another process has stored since the last look, were it only a provisional one:
/// of many processes that start at once, one spends its budget on a session, not one after the
/// other.
std::optional<std::uint32_t> resolution::stored_meanwhile() {
  const std::int64_t before = seen_update_;
  const auto variant = stored(true);
  return seen_update_ != before ? variant : stored(false);
}

tuning_task resolution::task(const tl_call &on) const {
  return {.factory = &factory_,
          .call = &on,
          .options = options_,
          .cold = cold_,
          .in_process = options_.isolation == TL_ISOLATION_NONE,
          .seed = request_.seed};
}

double resolution::longest_wait_s() const { return std::max(least_wait_s, 2 * options_.budget); }

/// Who holds a lock that was not to be had.
static std::string name_of(const store::session_lock &lock) {
  return lock.holder() != 0 ? fmt::format("process {}", lock.holder())
                            : fmt::format("another thread of this process ({})", ::getpid());
}

static std::chrono::steady_clock::time_point in_seconds(double seconds) {
  return std::chrono::steady_clock::now() +
         std::chrono::duration_cast<std::chrono::steady_clock::duration>(
             std::chrono::duration<double>(seconds));
}

/// Waits for whoever is tuning on the device, and says so when that takes long.
store::session_lock resolution::lock_device(double wait_s) const {
  const auto acquire = [&](double seconds) {
    return store::session_lock::acquire(world_.lock_directory, device_->backend->unit(call_.device),
                                        in_seconds(seconds));
  };
  auto lock = acquire(std::min(say_after_s, wait_s));
  if (lock.result() != store::session_lock::outcome::timed_out)
    return lock;
  log_info(fmt::format("{} waits for {}, which is tuning on this device", what(), name_of(lock)));
  return acquire(std::max(0.0, wait_s - say_after_s));
}

/// Why trials would not be like this call, "" when they are.
static std::string call_of_a_team(const tl_factory &factory) {
  const int threads = callers_team();
  if (threads <= 1 || has_team(factory))
    return {};
  return fmt::format(
      "it is called inside an OpenMP parallel region of {} threads, and trials would "
      "run on one; say `team = fn`, make its first call outside of the region, or tune it before",
      threads);
}

/// Why a call had better do without a session, "" where it may have one. A program that asks for
/// one knows better.
std::string resolution::why_no_session_for_a_call() {
  store::tuning_store &store = world_.store;
  if (const std::string why = store.untunable(request_.factory); !why.empty())
    return why + "; known from an earlier session (tltune forget makes it anew)";
  // What a session finds without its compiler must not take a better one's place.
  if (may_grow(factory_) || demand::has_rtc(factory_))
    if (const auto winner = store.lookup(request_.key());
        winner && find_or_make(winner->config) == UINT32_MAX)
      return fmt::format("its stored winner {} is kept for when it can be compiled or loaded",
                         winner->config);
  if (loader_is_stuck()) // before anything is looked up
    return loader_is_stuck_text;
  return call_of_a_team(factory_);
}

/// Asks other machines for the right to tune this problem. Not empty: one of them is tuning it, or
/// has. Ranks that agree tune at once, each on its own machine.
std::optional<found_variant> resolution::take_lease() {
  if (!world_.fleet || agrees())
    return std::nullopt;
  remote::lease_answer answer = ask_fleet(lease_limit, [&](remote::fleet::duration limit) {
    return world_.fleet->take_lease(request_.key(), limit);
  });
  lease_ = std::move(answer.held);
  if (answer.state == remote::lease_answer::outcome::held)
    if (const auto variant = run_meanwhile(answer.holder))
      return found_variant{.variant = *variant, .for_now = true};
  if (answer.winner)
    if (const auto variant = take_foreign(*answer.winner))
      return found_variant{.variant = *variant};
  return std::nullopt;
}

/// The one way to a session: on a device that nobody else measures on, on inputs like the call's.
/// For a call it ends early where somebody else turns out to have found a winner.
found_variant resolution::find_by_tuning(tuned_for whom) {
  const auto fail = [](std::string why) { return found_variant{.why = std::move(why)}; };
  const bool any_will_do = whom == tuned_for::call;
  if (any_will_do)
    if (std::string why = why_no_session_for_a_call(); !why.empty())
      return fail(std::move(why));
  const double wait_s = longest_wait_s();
  const auto deadline = in_seconds(wait_s);
  const auto lock = lock_device(wait_s);
  // Whoever held the lock may have tuned this very problem.
  if (any_will_do)
    if (const auto variant = stored_meanwhile())
      return {.variant = *variant};
  if (lock.result() == store::session_lock::outcome::timed_out)
    return fail(fmt::format("{} has been tuning on this device for more than {:.0f} s",
                            name_of(lock), wait_s));
  if (any_will_do)
    if (auto other = take_lease())
      return std::move(*other);

  const trial_inputs inputs(factory_, call_, options_);
  if (!inputs.error().empty())
    return fail(inputs.error());
  request_.fresh = !any_will_do;
  store::session session;
  while (true) {
    const status begun = world_.store.begin_session(request_, session);
    // Only where locks are not supported: another process is at work on this very session.
    if (begun.code() != status_code::busy || !any_will_do)
      break;
    if (std::chrono::steady_clock::now() > deadline)
      return fail(begun.text());
    world_.clock.sleep_ns(50'000'000);
    end_left_calls();
    if (const auto variant = stored_meanwhile())
      return {.variant = *variant};
  }
  found_variant found =
      hold_session(inputs.call(), session,
                   any_will_do ? store::install_policy::if_better : store::install_policy::always);
  // What an earlier run has found, where this one had too little time.
  if (any_will_do && !found.session->winner && found.session->state == store::session_state::budget)
    if (const auto variant = stored(true))
      found.variant = *variant;
  return found;
}

/// Tunes on these arguments, in a session that was begun, and stores what comes of it.
found_variant resolution::hold_session(const tl_call &trial_call, const store::session &session,
                                       store::install_policy policy) {
  found_variant found;
  session_result &result = found.session.emplace(
      run_session(world_, factory_, trial_call, *device_->backend, session, options_, cold_));
  if (result.winner)
    remark_on_data(trial_call, result.remarks);
  const store::finish_result finished = world_.store.finish_session(
      session, result.state, result.winner, policy, session_proofs(trial_call, result));
  report_session(factory_, call_, result, world_.environment.progress);
  if (result.waits_for_program)
    world_.store.note_untunable(request_.factory, result.failure);
  publish(result, finished);
  found.why = result.failure;
  if (!result.winner)
    return found;
  found.variant = result.variant;
  grown_.variant_count = count_variants(factory_);
  // Of two that were measured the better one stays.
  if (finished.installed)
    if (const std::uint32_t installed = find_variant(factory_, finished.installed->config);
        installed != UINT32_MAX)
      found.variant = installed;
  return found;
}

std::uint32_t resolution::tune() {
  const found_variant found = find_by_tuning(tuned_for::call);
  if (found.for_now)
    return found.variant;
  return found.variant == UINT32_MAX ? install_default(found.why)
                                     : use_winner(found.variant, found.trials());
}

explicit_result resolution::tune_explicitly() {
  explicit_result result;
  result.session.variant = factory_.default_variant;
  const auto fail = [&](std::string why) {
    result.session.failure = std::move(why);
    return result;
  };
  if (is_worker())
    return fail("nothing is tuned inside a trial");
  if (nested_)
    return fail("nothing is tuned from inside another tuning session of the same thread");
  set_up();
  result.request = request_;
  if (!device_->backend)
    return fail(device_->error);
  if (world_.environment.tune != tune_mode::on)
    return fail("TL_TUNE does not allow trials");
  if (factory_.tunable == 0)
    return fail("an argument that cannot be copied cannot be passed to several variants");
  if (call_.capturing)
    return fail("a stream is being captured");
  const flight turn = flight::begin(*factory_.slot, key());
  if (!turn.ours())
    return fail("this very problem is being tuned by this thread");
  found_variant found = find_by_tuning(tuned_for::program);
  if (!found.session)
    return fail(std::move(found.why));
  result.session = std::move(*found.session);
  if (!result.session.waits_for_program)
    world_.store.note_untunable(request_.factory, {}); // it can be tuned now
  if (result.session.winner)
    install_winner(result.session.variant, result.session.trials);
  return result;
}

} // namespace tl::rt
