// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/factory/absent.h"
#include "runtime/factory/registry.h"
#include "runtime/factory/team.h"
#include "runtime/measure/statistics.h"
#include "runtime/supply/trial_inputs.h"
#include "runtime/support/call_life.h"
#include "runtime/support/callers_team.h"
#include "runtime/support/log.h"
#include "runtime/support/process_role.h"
#include "runtime/support/roomy_stack.h"
#include "runtime/support/thread_guard.h"
#include "runtime/tuner/dispatch_table.h"
#include "runtime/tuner/eligibility.h"
#include "runtime/tuner/flight.h"
#include "runtime/tuner/forced_config.h"
#include "runtime/tuner/nearest.h"
#include "runtime/tuner/prediction.h"
#include "runtime/tuner/remarks.h"
#include "runtime/tuner/report.h"
#include "runtime/tuner/resolve_impl.h"
#include "runtime/tuner/session.h"
#include "runtime/worker/loader_lock.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <unistd.h>
#include <utility>
#include <vector>

namespace tl::rt {
namespace {

/// Longest wait for another session on the same device, unless a budget says more [s].
constexpr double least_wait_s = 120;
/// A wait that is longer is told [s].
constexpr double say_after_s = 1;
/// Exit status of a program that TL_TUNE=require ends.
constexpr int exit_untuned = 3;
/// How many of the nearest problems' winners are tried before the default config is taken.
constexpr std::size_t nearest_tries = 3;
/// Tuned problems that a prediction takes at least, and looks at, at most, the nearest ones.
constexpr std::size_t least_to_predict = 3, most_experience = 48;
/// How often the predicted config and the default are timed outside of what was tuned.
constexpr int guess_turns = 5;
/// Longest wait for the right to tune.
constexpr auto lease_limit = std::chrono::milliseconds(250);

} // namespace

/// A session has found `variant` right on the arguments of its trials.
void resolution::store_session_proof(const tl_call &trial_call, std::uint32_t variant) {
  const call_reading trials(factory_, trial_call.arguments);
  const store::proof_record made =
      make_proof(factory_, trials.plan(), variant, proven_facts(trials), trial_outcome{});
  static_cast<void>(world_.store.add_proofs(request_, {&made, 1}));
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

std::optional<std::uint32_t> resolution::stored(bool provisional_too) {
  const auto winner = world_.store.lookup(request_.key());
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

/// Configs for a problem with where they come from, the most promising first: what several tuned
/// problems predict, then the winners of the nearest problems.
static std::vector<std::pair<std::string, std::string>>
likely_configs(const prediction &predicted, const std::vector<store::candidate> &near,
               std::string_view problem) {
  std::vector<std::pair<std::string, std::string>> likely;
  const auto add = [&](const std::string &config, std::string origin) {
    for (const auto &[known, from] : likely)
      if (known == config)
        return;
    if (likely.size() < nearest_tries)
      likely.emplace_back(config, std::move(origin));
  };
  if (predicted.problems() >= least_to_predict)
    for (const std::string &config : predicted.ranked(problem))
      add(config, fmt::format("predicted from {} tuned problems", predicted.problems()));
  for (const store::candidate &it : near)
    add(it.best.config, fmt::format("winner of the nearest problem {}", it.problem));
  return likely;
}

/// Outside of what was tuned a prediction is a guess: the two run a few times, in turns.
bool resolution::default_is_faster(trial_bench &bench, std::uint32_t predicted) const {
  const std::uint32_t usual = factory_.default_variant;
  if (predicted == usual || bench.probe(usual, options_.timeout).status != trial_status::measured)
    return false;
  std::vector<double> times[2];
  for (int turn = 0; turn < guess_turns; ++turn) {
    const sample_request order[] = {{predicted, 1}, {usual, 1}};
    for (const timed_sample &it : bench.round(order, options_.timeout).samples)
      if (it.outcome.status == trial_status::measured)
        times[it.variant == usual].push_back(it.outcome.time_ns);
  }
  return !times[0].empty() && !times[1].empty() &&
         measure::median(times[1]) < measure::median(times[0]);
}

/// Configs of the nearest problems are run once, on copies, until one is right.
likely_variant resolution::find_likely(double limit_s) {
  likely_variant found;
  const auto fail = [&](std::string why) {
    found.why = std::move(why);
    return found;
  };
  std::vector<store::candidate> all = world_.store.candidates(request_.key());
  for (const baked_winner &it :
       list_baked(factory_, request_.device.identity, to_string(request_.mode)))
    all.push_back({std::string(it.problem),
                   {.config = std::string(it.config), .runner_up = {}, .source = {}}});
  const auto candidates = nearest_candidates(std::move(all), call_.problem);
  if (candidates.empty())
    return fail("TL_TUNE=nearest, and no problem of this factory has a winner on this device");
  const trial_inputs inputs(factory_, call_, options_);
  if (!inputs.error().empty())
    return fail("the nearest problem's winner cannot be checked: " + inputs.error());
  std::string error;
  const auto bench = device_->backend->open(task(inputs.call()), error);
  if (!bench)
    return fail("the nearest problem's winner cannot be checked: " + error);
  if (const trial_outcome prepared = bench->prepare(); prepared.status != trial_status::measured)
    return fail("the nearest problem's winner cannot be checked: " + prepared.reason);
  std::vector<std::uint8_t> eligible;
  if (const status asked = find_eligible(factory_, options_, inputs.call().arguments, eligible);
      !asked)
    return fail("the nearest problem's winner cannot be checked: " + asked.text());
  const prediction predicted = predict_from(
      gather_experience(world_.store, request_.key(), most_experience), request_.key());
  for (const auto &[config, origin] : likely_configs(predicted, candidates, call_.problem)) {
    const std::uint32_t variant = find_variant(factory_, config);
    if (variant == UINT32_MAX || !eligible[variant])
      continue;
    const trial_outcome outcome = bench->probe(variant, limit_s);
    if (outcome.status == trial_status::measured) {
      const bool far = predicted.problems() >= least_to_predict && predicted.outside(call_.problem);
      if (far && default_is_faster(*bench, variant)) {
        log_info(
            fmt::format("{}: the default config is faster than {}, {}", what(), config, origin));
        found.variant = factory_.default_variant;
        found.always = true;
        return found;
      }
      log_info(fmt::format("{}: {}, {}", what(), config, origin));
      const call_reading trial(factory_, inputs.call().arguments);
      found.variant = variant;
      found.proven = proven_facts(trial);
      return found;
    }
    log_warning(
        fmt::format("{}: {}, {}, does not fit: {}", what(), config, origin, outcome.reason));
  }
  return fail("TL_TUNE=nearest, and no near problem's winner is right here");
}

/// A neighbour's winner that was right on these arguments. Nothing is stored of it: it was not
/// measured here.
std::uint32_t resolution::nearest() {
  likely_variant found = find_likely(options_.timeout);
  if (found.variant == UINT32_MAX)
    return install_default(found.why);
  if (found.always)
    return install_always(found.variant);
  install(*factory_.slot, key(), {{.variant = found.variant, .proven = std::move(found.proven)}});
  return settle();
}

void resolution::end_program(std::string_view looked_for) const {
  log_error(fmt::format("{} has no stored winner and TL_TUNE=require: {}", what(), looked_for));
  const callers_state_scope as_caller; // for what the program does at its end
  std::exit(exit_untuned);
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

found_variant resolution::find_by_tuning() {
  const auto fail = [](std::string why) {
    found_variant none;
    none.why = std::move(why);
    return none;
  };
  const auto found = [](std::uint32_t variant, std::vector<store::trial> trials = {}) {
    return found_variant{.variant = variant, .trials = std::move(trials)};
  };
  store::tuning_store &store = world_.store;
  if (const std::string why = store.untunable(request_.factory); !why.empty())
    return fail(why + "; known from an earlier session (tltune forget makes it anew)");
  if (loader_is_stuck()) // before anything is looked up
    return fail(loader_is_stuck_text);
  if (std::string why = call_of_a_team(factory_); !why.empty())
    return fail(std::move(why));
  const double wait_s = longest_wait_s();
  const auto deadline = in_seconds(wait_s);
  const auto lock = lock_device(wait_s);
  // Whoever held the lock may have tuned this very problem.
  if (const auto variant = stored_meanwhile())
    return found(*variant);
  if (lock.result() == store::session_lock::outcome::timed_out)
    return fail(fmt::format("{} has been tuning on this device for more than {:.0f} s",
                            name_of(lock), wait_s));
  // Ranks that agree tune at once, each on its own machine.
  if (world_.fleet && !agrees()) {
    remote::lease_answer answer = ask_fleet(lease_limit, [&](remote::fleet::duration limit) {
      return world_.fleet->take_lease(request_.key(), limit);
    });
    lease_ = std::move(answer.held);
    if (answer.state == remote::lease_answer::outcome::held)
      if (const auto variant = run_meanwhile(answer.holder))
        return {.variant = *variant, .for_now = true};
    if (answer.winner)
      if (const auto variant = take_foreign(*answer.winner))
        return found(*variant);
  }

  const trial_inputs inputs(factory_, call_, options_);
  if (!inputs.error().empty())
    return fail(inputs.error());
  store::session session;
  while (true) {
    const status begun = world_.store.begin_session(request_, session);
    if (begun.code() != status_code::busy)
      break;
    // Only where locks are not supported: another process is at work on this very session.
    if (std::chrono::steady_clock::now() > deadline)
      return fail(begun.text());
    world_.clock.sleep_ns(50'000'000);
    end_left_calls();
    if (const auto variant = stored_meanwhile())
      return found(*variant);
  }
  store::finish_result finished;
  session_result result =
      run_session_on(inputs.call(), session, store::install_policy::if_better, finished);
  if (!result.winner) {
    // What an earlier run has found, where this one had too little time.
    if (const auto variant =
            result.state == store::session_state::budget ? stored(true) : std::nullopt)
      return found(*variant);
    return fail(result.failure);
  }
  std::uint32_t variant = result.variant;
  if (finished.installed)
    if (const std::uint32_t installed = find_variant(factory_, finished.installed->config);
        installed != UINT32_MAX)
      variant = installed;
  return found(variant, std::move(result.trials));
}

std::uint32_t resolution::tune() {
  const found_variant found = find_by_tuning();
  if (found.for_now)
    return found.variant;
  return found.variant == UINT32_MAX ? install_default(found.why)
                                     : use_winner(found.variant, found.trials);
}

/// Whether the ranks of a job settle this call together.
bool resolution::agrees() const { return world_.ranks && world_.ranks->is_set() && !nested_; }

/// Tunes on these arguments, in a session that was begun, and stores what comes of it.
session_result resolution::run_session_on(const tl_call &trial_call, const store::session &session,
                                          store::install_policy policy,
                                          store::finish_result &finished) {
  session_result result =
      run_session(world_, factory_, trial_call, *device_->backend, session, options_, cold_);
  if (result.winner)
    remark_on_data(trial_call, result.remarks);
  finished = world_.store.finish_session(session, result.state, result.winner, policy);
  report_session(factory_, call_, result);
  if (result.waits_for_program)
    world_.store.note_untunable(request_.factory, result.failure);
  if (result.winner)
    store_session_proof(trial_call, result.variant);
  publish(result, finished);
  return result;
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
      return install_always(forced.variant);
    if (!forced.error.empty())
      warn_once(forced.error, forced.error);
  }
  if (factory_.variant_count == 1)
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
  if (const auto winner = baked())
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
  const double wait_s = longest_wait_s();
  const auto lock = lock_device(wait_s);
  if (lock.result() == store::session_lock::outcome::timed_out)
    return fail(fmt::format("{} has been tuning on this device for more than {:.0f} s",
                            name_of(lock), wait_s));
  const trial_inputs inputs(factory_, call_, options_);
  if (!inputs.error().empty())
    return fail(inputs.error());
  request_.fresh = true;
  store::session session;
  static_cast<void>(world_.store.begin_session(request_, session));
  store::finish_result finished;
  result.session = run_session_on(inputs.call(), session, store::install_policy::always, finished);
  if (!result.session.waits_for_program)
    world_.store.note_untunable(request_.factory, {}); // it can be tuned now
  if (result.session.winner)
    install_winner(result.session.variant, result.session.trials);
  return result;
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
                      .configs = factory_.variant_count,
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
