// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/resolve.h"

#include "runtime/store/session_lock.h"
#include "runtime/store/store.h"
#include "runtime/supply/trial_inputs.h"
#include "runtime/support/environment.h"
#include "runtime/support/log.h"
#include "runtime/support/paths.h"
#include "runtime/support/process_role.h"
#include "runtime/tuner/absent.h"
#include "runtime/tuner/device.h"
#include "runtime/tuner/dispatch_table.h"
#include "runtime/tuner/eligibility.h"
#include "runtime/tuner/forced_config.h"
#include "runtime/tuner/nearest.h"
#include "runtime/tuner/registry.h"
#include "runtime/tuner/report.h"
#include "runtime/tuner/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

namespace tl::rt {
namespace {

/// Longest wait for somebody else's session on the same device, unless a budget says more [s].
constexpr double least_wait_s = 120;
/// Exit status of a program that TL_TUNE=require ends.
constexpr int exit_untuned = 3;
/// How many of the nearest problems' winners are tried before the default config is taken.
constexpr std::size_t nearest_tries = 3;

/// One call on its way to a variant.
class resolution {
public:
  resolution(const tl_factory &factory, const tl_call &call) : factory_(factory), call_(call) {}

  std::uint32_t run();
  explicit_result tune_explicitly();

private:
  void set_up();
  store::session_lock lock_device(double wait_s) const;
  std::uint32_t install_variant(std::uint32_t variant);
  std::uint32_t install_default(std::string_view why);
  std::optional<std::uint32_t> installed() const;
  std::optional<std::uint32_t> stored(bool provisional_too);
  std::optional<std::uint32_t> stored_meanwhile();
  std::uint32_t nearest();
  std::uint32_t tune();
  [[noreturn]] void end_program(std::string_view looked_for) const;
  std::string what() const { return fmt::format("{}({})", factory_.name, call_.problem); }
  tuning_task task(const tl_call &on) const;

  const tl_factory &factory_;
  const tl_call &call_;
  const device *device_ = nullptr;
  tl_options options_{};
  bool cold_ = false;
  store::session_request request_;
  std::int64_t seen_update_ =
      0; ///< when the winner that was last looked up was stored [ms], 0: none
};

std::uint32_t resolution::install_variant(std::uint32_t variant) {
  install(*factory_.slot, {call_.key, call_.key_words}, variant);
  return variant;
}

std::uint32_t resolution::install_default(std::string_view why) {
  if (!why.empty())
    warn_once(fmt::format("default {} {}", factory_.id, why),
              fmt::format("{} runs its default config: {}", what(), why));
  return install_variant(factory_.default_variant);
}

std::optional<std::uint32_t> resolution::installed() const {
  const std::uint32_t variant = find_installed(*factory_.slot, {call_.key, call_.key_words});
  return variant == UINT32_MAX ? std::nullopt : std::optional(variant);
}

std::optional<std::uint32_t> resolution::stored(bool provisional_too) {
  const auto winner = store::tuning_store::instance().lookup(request_.key());
  seen_update_ = winner ? winner->updated : 0;
  if (!winner || (winner->state == store::winner_state::provisional && !provisional_too))
    return std::nullopt;
  const std::uint32_t variant = find_variant(factory_, winner->config);
  if (variant == UINT32_MAX) {
    warn_once(
        fmt::format("unknown winner {} {}", factory_.id, winner->config),
        fmt::format(
            "{}: the stored winner {} is none of the {} configs that were compiled; it is ignored",
            what(), winner->config, factory_.variant_count));
    return std::nullopt;
  }
  log_info(fmt::format("{}: stored winner {}", what(), winner->config));
  return variant;
}

/// The winner that somebody else has stored since the last look, were it only a provisional one: of
/// many processes that start at once, one spends its budget on a session, not one after the other.
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

/// A neighbour's winner is run once, on copies, and checked before it is used.
std::uint32_t resolution::nearest() {
  auto candidates =
      nearest_candidates(store::tuning_store::instance().candidates(request_.key()), call_.problem);
  if (candidates.empty())
    return install_default(
        "TL_TUNE=nearest, and no problem of this factory has a winner on this device");
  const trial_inputs inputs(factory_, call_, options_);
  if (!inputs.error().empty())
    return install_default("the nearest problem's winner cannot be checked: " + inputs.error());
  std::string error;
  const auto bench = device_->backend->open(task(inputs.call()), error);
  if (!bench)
    return install_default("the nearest problem's winner cannot be checked: " + error);
  if (const trial_outcome prepared = bench->prepare(); prepared.status != trial_status::measured)
    return install_default("the nearest problem's winner cannot be checked: " + prepared.reason);
  std::vector<std::uint8_t> eligible;
  if (const status asked = find_eligible(factory_, options_, inputs.call().arguments, eligible);
      !asked)
    return install_default("the nearest problem's winner cannot be checked: " + asked.text());
  candidates.resize(std::min(candidates.size(), nearest_tries));
  for (const store::candidate &it : candidates) {
    const std::uint32_t variant = find_variant(factory_, it.best.config);
    if (variant == UINT32_MAX || !eligible[variant])
      continue;
    const trial_outcome outcome = bench->probe(variant, options_.timeout);
    if (outcome.status == trial_status::measured) {
      log_info(fmt::format("{}: winner {} of the nearest problem {}", what(), it.best.config,
                           it.problem));
      return install_variant(variant);
    }
    log_warning(fmt::format("{}: winner {} of the nearest problem {} does not fit: {}", what(),
                            it.best.config, it.problem, outcome.reason));
  }
  return install_default("TL_TUNE=nearest, and no near problem's winner is right here");
}

void resolution::end_program(std::string_view looked_for) const {
  log_error(fmt::format("{} has no stored winner and TL_TUNE=require: {}", what(), looked_for));
  std::exit(exit_untuned);
}

static std::chrono::steady_clock::time_point in_seconds(double seconds) {
  return std::chrono::steady_clock::now() +
         std::chrono::duration_cast<std::chrono::steady_clock::duration>(
             std::chrono::duration<double>(seconds));
}

store::session_lock resolution::lock_device(double wait_s) const {
  return store::session_lock::acquire(cache_directory(), device_->backend->unit(call_.device),
                                      in_seconds(wait_s));
}

std::uint32_t resolution::tune() {
  const double wait_s = std::max(least_wait_s, 2 * options_.budget);
  const auto deadline = in_seconds(wait_s);
  const auto lock = lock_device(wait_s);
  // Whoever held the lock may have tuned this very problem.
  if (const auto variant = installed())
    return *variant;
  if (const auto variant = stored_meanwhile())
    return install_variant(*variant);
  if (lock.result() == store::session_lock::outcome::timed_out)
    return install_default(fmt::format(
        "process {} has been tuning on this device for more than {:.0f} s", lock.holder(), wait_s));

  const trial_inputs inputs(factory_, call_, options_);
  if (!inputs.error().empty())
    return install_default(inputs.error());
  store::session session;
  while (true) {
    const status begun = store::tuning_store::instance().begin_session(request_, session);
    if (begun.code() != status_code::busy)
      break;
    // Only where locks are not supported: another process is at work on this very session.
    if (std::chrono::steady_clock::now() > deadline)
      return install_default(begun.text());
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (const auto variant = stored_meanwhile())
      return install_variant(*variant);
  }
  const session_result result =
      run_session(factory_, inputs.call(), *device_->backend, session, options_, cold_);
  const store::finish_result finished =
      store::tuning_store::instance().finish_session(session, result.state, result.winner);
  report_session(factory_, call_, result);
  if (!result.winner)
    return install_default(result.failure);
  if (finished.installed)
    if (const std::uint32_t variant = find_variant(factory_, finished.installed->config);
        variant != UINT32_MAX)
      return install_variant(variant);
  return install_variant(result.variant);
}

std::uint32_t resolution::run() {
  const controls &controls = environment();
  if (const auto variant = installed())
    return *variant;
  if (is_worker())
    return factory_.default_variant;
  if (!controls.force_config.empty()) {
    const forced_config forced = find_forced_config(factory_, controls.force_config);
    if (forced.variant != UINT32_MAX)
      return install_variant(forced.variant);
    if (!forced.error.empty())
      warn_once(forced.error, forced.error);
  }
  if (factory_.variant_count == 1)
    return install_variant(factory_.default_variant);
  set_up();
  if (!device_->backend) {
    if (controls.tune == tune_mode::require)
      end_program(device_->error);
    // The same for each of them, so it is said once.
    warn_once("no backend: " + device_->error,
              fmt::format("{} runs its default config, and so does every function for such a "
                          "device: {}",
                          what(), device_->error));
    return install_default({});
  }

  const bool may_tune = controls.tune == tune_mode::on && !call_.capturing && factory_.tunable != 0;
  if (const auto variant = stored(!may_tune))
    return install_variant(*variant);
  if (controls.tune == tune_mode::require)
    end_program(fmt::format("looked in {} for factory {} with fingerprint {}, device {}",
                            store::tuning_store::instance().path(), factory_.id,
                            request_.factory.fingerprint, device_->record.identity));
  if (call_.capturing) {
    log_debug(
        fmt::format("{}: a stream is being captured, the default config runs this time", what()));
    return factory_.default_variant;
  }
  if (controls.tune == tune_mode::off)
    return install_default({});
  if (factory_.tunable == 0)
    return install_default(
        "an argument that cannot be copied cannot be passed to several variants");
  return controls.tune == tune_mode::nearest ? nearest() : tune();
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
  set_up();
  result.request = request_;
  if (!device_->backend)
    return fail(device_->error);
  if (environment().tune != tune_mode::on)
    return fail("TL_TUNE does not allow trials");
  if (factory_.tunable == 0)
    return fail("an argument that cannot be copied cannot be passed to several variants");
  if (call_.capturing)
    return fail("a stream is being captured");
  const double wait_s = std::max(least_wait_s, 2 * options_.budget);
  const auto lock = lock_device(wait_s);
  if (lock.result() == store::session_lock::outcome::timed_out)
    return fail(fmt::format("process {} has been tuning on this device for more than {:.0f} s",
                            lock.holder(), wait_s));
  const trial_inputs inputs(factory_, call_, options_);
  if (!inputs.error().empty())
    return fail(inputs.error());
  request_.fresh = true;
  store::session session;
  static_cast<void>(store::tuning_store::instance().begin_session(request_, session));
  result.session =
      run_session(factory_, inputs.call(), *device_->backend, session, options_, cold_);
  static_cast<void>(store::tuning_store::instance().finish_session(
      session, result.session.state, result.session.winner, store::install_policy::always));
  report_session(factory_, call_, result.session);
  if (result.session.winner)
    install_variant(result.session.variant);
  return result;
}

void resolution::set_up() {
  device_ = &find_device(factory_.backend, call_.device);
  if (!device_->backend)
    return;
  options_ = effective_options(factory_);
  cold_ =
      options_.cold == TL_DEFAULT ? device_->backend->cold_by_default() : options_.cold == TL_TRUE;
  request_.factory = {.id = factory_.id,
                      .fingerprint = fingerprint_of(factory_),
                      .abi = factory_.abi_version,
                      .name = factory_.name,
                      .location = fmt::format("{}:{}", factory_.file, factory_.line),
                      .parameters = {},
                      .default_config = factory_.configs[factory_.default_variant],
                      .configs = factory_.variant_count,
                      .last_seen = 0};
  for (std::uint32_t i = 0; i < factory_.parameter_count; ++i)
    request_.factory.parameters += fmt::format("{}{}", i ? "," : "", factory_.parameters[i].name);
  request_.device = device_->record;
  request_.mode = cold_ ? store::measure_mode::cold : store::measure_mode::hot;
  request_.problem = call_.problem;
  request_.seed = (std::uint64_t(std::random_device{}()) << 32) | std::random_device{}();
}

} // namespace

std::uint32_t resolve(const tl_factory &factory, const tl_call &call) {
  return resolution(factory, call).run();
}

explicit_result tune_explicitly(const tl_factory &factory, const tl_call &call) {
  return resolution(factory, call).tune_explicitly();
}

} // namespace tl::rt
