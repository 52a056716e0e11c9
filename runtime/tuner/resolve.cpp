// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/resolve.h"

#include "runtime/demand/batches.h"
#include "runtime/demand/rtc_code.h"
#include "runtime/factory/absent.h"
#include "runtime/factory/registry.h"
#include "runtime/support/log.h"
#include "runtime/support/process_role.h"
#include "runtime/support/roomy_stack.h"
#include "runtime/support/thread_guard.h"
#include "runtime/tuner/device_code.h"
#include "runtime/tuner/dispatch_table.h"
#include "runtime/tuner/flight.h"
#include "runtime/tuner/forced_config.h"
#include "runtime/tuner/resolve_impl.h"

#include <fmt/format.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace tl::rt {

/// Exit status of a program that TL_TUNE=require ends.
static constexpr int exit_untuned = 3;

/// Whether a variant can run in this process: of some, the kernels are compiled here, which takes a
/// call that may take such time.
bool resolution::make_code(std::uint32_t variant) {
  if (variant >= factory_.variant_count || !demand::find_rtc(factory_, variant))
    return true;
  const std::string_view config = factory_.configs[variant];
  if (config == missing_)
    return false;
  if (!device_)
    set_up();
  const bool may_compile =
      world_.environment.tune == tune_mode::on && !call_.capturing && !nested_ && !is_worker();
  const status made =
      ready_device_code(world_, factory_, device_->record.identity, variant, may_compile);
  if (made)
    return true;
  missing_ = config;
  warn_once(fmt::format("device code {} {}", factory_.id, config),
            fmt::format("{}: the config {} is to run, and its device code is not there: {}", what(),
                        config, made.text()));
  return false;
}

void resolution::drop_without_code(std::vector<installed_variant> &from) {
  std::erase_if(from, [this](const installed_variant &it) { return !make_code(it.variant); });
}

/// The variant with this config: that of the build, or one that was compiled before, or is now
/// where this call may take such time.
std::uint32_t resolution::find_or_make(std::string_view config) {
  grown_.variant_count = count_variants(factory_);
  const std::uint32_t known = find_variant(factory_, config);
  if (known != UINT32_MAX)
    return make_code(known) ? known : UINT32_MAX;
  if (!may_grow(factory_) || config == missing_)
    return known;
  const controls &controls = world_.environment;
  demand::batch_compiler compiler(factory_, controls.disable_cache ? "" : world_.lock_directory);
  const bool may_compile =
      compiler.why_not().empty() && controls.tune == tune_mode::on && !call_.capturing && !nested_;
  constexpr double longest_s = 120;
  const demand::made_variant made = compiler.get(config, may_compile, longest_s);
  grown_.variant_count = count_variants(factory_);
  if (made.variant != UINT32_MAX)
    return made.variant;
  missing_ = config;
  const std::string why = !made.reason.empty()          ? made.reason
                          : !compiler.why_not().empty() ? compiler.why_not()
                                                        : "nothing is compiled in this call";
  warn_once(fmt::format("on-demand {} {}", factory_.id, config),
            fmt::format("{}: the config {} is to run, which no library of this user's has: {}",
                        what(), config, why));
  return UINT32_MAX;
}

/// The same, unless the build has left it out.
std::uint32_t resolution::find_or_make_present(std::string_view config) {
  const std::uint32_t variant = find_or_make(config);
  return variant != UINT32_MAX && why_absent(factory_, variant) ? UINT32_MAX : variant;
}

std::optional<std::uint32_t> resolution::stored(bool provisional_too) {
  const auto winner = world_.store.lookup(request_.key());
  seen_update_ = winner ? winner->updated : 0;
  if (!winner || (winner->state == store::winner_state::provisional && !provisional_too))
    return std::nullopt;
  const std::uint32_t variant = find_or_make(winner->config);
  if (variant == UINT32_MAX && (may_grow(factory_) || winner->config == missing_))
    return std::nullopt; // told of
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

/// Why what is stored for this factory does not count; "" where nothing is stored, or something for
/// the code as it is now.
std::string resolution::why_stale() const {
  std::string changed;
  std::int64_t seen = 0;
  for (const store::factory_record &known : world_.store.list_factories({.factory = factory_.id})) {
    const bool same_abi = known.abi == factory_.abi_version;
    if (same_abi && known.fingerprint == request_.factory.fingerprint)
      return {};
    if (known.id != factory_.id || known.last_seen < seen)
      continue;
    seen = known.last_seen;
    changed = same_abi ? fmt::format("with other code, flags or configs (fingerprint {}, now {})",
                                     known.fingerprint, request_.factory.fingerprint)
                       : fmt::format("with version {} of the interface between plugin and runtime, "
                                     "which is {} now",
                                     known.abi, factory_.abi_version);
  }
  return changed.empty() ? changed
                         : "it was tuned before, " + changed + ", so that those results are stale";
}

void resolution::end_program(std::string_view looked_for) const {
  log_error(fmt::format("{} has no stored winner and TL_TUNE=require: {}", what(), looked_for));
  const callers_state_scope as_caller; // for what the program does at its end
  std::exit(exit_untuned);
}

std::uint32_t resolution::run() {
  if (const std::uint32_t variant = find(); variant != UINT32_MAX)
    return variant;
  if (is_worker())
    return factory_.default_variant;
  if (call_.capturing) // takes no time, so that nobody has to wait
    return run_alone();
  const flight turn = flight::begin(*factory_.slot, key());
  if (!turn.ours())
    return factory_.default_variant;
  if (turn.waited())
    if (const std::uint32_t variant = find(); variant != UINT32_MAX)
      return variant;
  return run_alone();
}

/// Every file that was asked for a winner.
static std::string databases(const store::tuning_store &store) {
  const std::vector<std::string> asked = store.searched();
  return asked.empty() ? "no database (there is none)"
                       : fmt::format("{}", fmt::join(asked, " and "));
}

std::uint32_t resolution::run_alone() {
  const controls &controls = world_.environment;
  if (!controls.force_config.empty()) {
    const forced_config forced = find_forced_config(factory_, controls.force_config);
    if (forced.variant != UINT32_MAX)
      return make_code(forced.variant) ? install_always(forced.variant) : install_default({});
    if (may_grow(factory_) && !forced.completed.empty()) {
      if (const std::uint32_t made = find_or_make(forced.completed); made != UINT32_MAX)
        return install_always(made);
      return install_default({}); // told of
    }
    if (!forced.error.empty())
      warn_once(forced.error, forced.error);
  }
  if (factory_.variant_count == 1 && !may_grow(factory_))
    return install_always(factory_.default_variant);
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

  if (find_installed(*factory_.slot, key()) != UINT32_MAX)
    return settle();
  if (const auto winner = baked(); winner && make_code(winner->variant))
    return use_baked(*winner);
  if (agrees() && !call_.capturing && controls.tune != tune_mode::require)
    return agree();
  if (const auto variant = waiting_variant())
    return *variant;
  const bool may_tune =
      controls.tune == tune_mode::on && !call_.capturing && !nested_ && factory_.tunable != 0;
  if (const auto variant = stored(!may_tune))
    return use_winner(*variant);
  if (const auto variant = fleet_winner())
    return use_winner(*variant);
  if (controls.tune == tune_mode::require)
    end_program(fmt::format("looked in {} for factory {} with fingerprint {}, device {}{}{}",
                            databases(world_.store), factory_.id, request_.factory.fingerprint,
                            device_->record.identity, why_stale().empty() ? "" : "; ",
                            why_stale()));
  if (const std::string why = why_stale(); !why.empty())
    log_info(fmt::format("{}: {}", what(), why));
  if (call_.capturing) {
    log_debug(
        fmt::format("{}: a stream is being captured, the default config runs this time", what()));
    return factory_.default_variant;
  }
  if (nested_) {
    log_info(fmt::format("{}: called from inside a tuning session, the default config runs this "
                         "time",
                         what()));
    return factory_.default_variant;
  }
  if (controls.tune == tune_mode::off)
    return install_default({});
  if (factory_.tunable == 0)
    return install_default(
        "an argument that cannot be copied cannot be passed to several variants");
  return controls.tune == tune_mode::nearest ? nearest() : tune();
}

void resolution::set_up() {
  device_ = &world_.find_device(factory_.backend, call_.device);
  if (!device_->backend)
    return;
  options_ = effective_options(factory_, world_.environment);
  cold_ =
      options_.cold == TL_DEFAULT ? device_->backend->cold_by_default() : options_.cold == TL_TRUE;
  request_.factory = {.id = factory_.id,
                      .fingerprint = fingerprint_of(factory_),
                      .abi = factory_.abi_version,
                      .name = factory_.name,
                      .location = fmt::format("{}:{}", factory_.file, factory_.line),
                      .parameters = {},
                      .default_config = factory_.configs[factory_.default_variant],
                      .configs = may_grow(factory_)
                                     ? static_cast<std::uint32_t>(std::min<std::uint64_t>(
                                           factory_.on_demand->combinations, UINT32_MAX))
                                     : factory_.variant_count,
                      .last_seen = 0};
  for (std::uint32_t i = 0; i < factory_.parameter_count; ++i)
    request_.factory.parameters += fmt::format("{}{}", i ? "," : "", factory_.parameters[i].name);
  request_.device = device_->record;
  request_.mode = cold_ ? store::measure_mode::cold : store::measure_mode::hot;
  request_.problem = call_.problem;
  request_.seed = (std::uint64_t(std::random_device{}()) << 32) | std::random_device{}();
}

// With a frame of its own: see thread_guard.
[[gnu::noinline]] std::uint32_t resolve(const tl_factory &factory, const tl_call &call) {
  const thread_guard guard(__builtin_frame_address(0));
  std::uint32_t variant = factory.default_variant;
  run_with_room([&] {
    variant = resolution(program_world(), factory, call, guard.nested()).run();
    if (!guard.nested())
      program_world().store.rest();
  });
  return variant;
}

[[gnu::noinline]] std::uint32_t refused(const tl_factory &factory, const tl_call &call,
                                        std::uint32_t variant) {
  const thread_guard guard(__builtin_frame_address(0));
  std::uint32_t other = factory.default_variant;
  run_with_room([&] {
    other = resolution(program_world(), factory, call, guard.nested()).refused(variant);
    if (!guard.nested())
      program_world().store.rest();
  });
  return other;
}

[[gnu::noinline]] explicit_result tune_explicitly(const tl_factory &factory, const tl_call &call) {
  const thread_guard guard(__builtin_frame_address(0));
  explicit_result result;
  run_with_room([&] {
    result = resolution(program_world(), factory, call, guard.nested()).tune_explicitly();
    if (!guard.nested())
      program_world().store.rest();
  });
  return result;
}

} // namespace tl::rt
