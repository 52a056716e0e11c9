// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls of a factory, with settings, a store and a device that are not there, in the time of a
// clock that stands still.

#ifndef TL_TEST_UNIT_RESOLVE_FIXTURE_H
#define TL_TEST_UNIT_RESOLVE_FIXTURE_H

#include "child_process.h"
#include "store_fixture.h"
#include "test_factory.h"

#include "runtime/tuner/dispatch_table.h"
#include "runtime/tuner/resolve_impl.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tl::rt {

inline constexpr std::uint32_t variants = 8, usual = 0, best = 5, wrong = 3;

/// A device that takes its time from the clock that it is given.
class made_up_device final : public backend {
public:
  explicit made_up_device(measure::virtual_clock &clock) : clock_(clock) {}

  std::vector<std::uint32_t> probed;
  int opened = 0;
  /// What one first run takes [s]; samples take what the variant does.
  double first_run_s = 0;
  double last_check_s = 0; ///< of the winner, after the race
  /// All variants but the default give wrong results.
  bool nothing_right = false;
  std::string cannot_open;
  std::uint32_t fastest = best, second = variants; ///< second: none

  /// Called before each first run.
  std::function<void(std::uint32_t variant)> before_probe = [](std::uint32_t) {};

  std::vector<std::pair<std::string, std::string>> identity(std::int32_t) override {
    return {{"model", "made up"}};
  }
  std::string unit(std::int32_t) override { return "made-up-device"; }
  std::unique_ptr<trial_bench> open(const tuning_task &, std::string &error) override;
  bool cold_by_default() const override { return false; }

private:
  class bench;
  measure::virtual_clock &clock_;
};

class made_up_device::bench final : public trial_bench {
public:
  explicit bench(made_up_device &on) : on_(on) {}

  verdict prepare() override { return {}; }
  verdict probe(std::uint32_t variant, double) override {
    on_.before_probe(variant);
    on_.probed.push_back(variant);
    on_.clock_.advance_ns(static_cast<std::int64_t>(on_.first_run_s * 1e9));
    if (variant == wrong || (on_.nothing_right && variant != usual))
      return {trial_status::wrong, "1 of 1 elements of y differ", 0, {}};
    return {.time_ns = time_of(variant)};
  }
  verdict recheck(std::uint32_t variant, double limit_s) override {
    if (!raced_ || on_.last_check_s < limit_s)
      return probe(variant, limit_s);
    on_.clock_.advance_ns(static_cast<std::int64_t>(limit_s * 1e9));
    return {trial_status::timed_out, "killed when the budget ended", 0, {}};
  }
  timed_round round(std::span<const sample_request> order, double) override {
    timed_round made;
    raced_ = true;
    for (const sample_request &it : order) {
      on_.clock_.advance_ns(static_cast<std::int64_t>(time_of(it.variant) * it.launches));
      made.samples.push_back({it.variant, {}, static_cast<double>(on_.clock_.now_ns())});
      made.samples.back().outcome.time_ns = time_of(it.variant);
    }
    return made;
  }
  double reference_ns() const override { return 0; }

private:
  double time_of(std::uint32_t variant) const {
    return variant == on_.fastest ? 100e3 : variant == on_.second ? 150e3 : 200e3 + 10e3 * variant;
  }
  made_up_device &on_;
  bool raced_ = false;
};

inline std::unique_ptr<trial_bench> made_up_device::open(const tuning_task &, std::string &error) {
  error = cannot_open;
  if (!cannot_open.empty())
    return nullptr;
  ++opened;
  return std::make_unique<bench>(*this);
}

/// Functions that do nothing, each at an address of its own.
template <std::uint32_t I> void nothing(int) { asm volatile("" ::"i"(I)); }
template <std::uint32_t... I>
std::vector<void (*)(int)> functions_apart(std::integer_sequence<std::uint32_t, I...>) {
  return {&nothing<I>...};
}

/// Other machines, as the test wants them to be.
class made_up_fleet final : public remote::fleet {
public:
  struct made_up_lease final : remote::lease {};

  bool trusting = false;
  std::optional<remote::foreign_winner> known;
  remote::lease_answer::outcome lease = remote::lease_answer::outcome::granted;
  int asked = 0;
  std::vector<remote::finding> told;
  bool told_under_a_lease = false;

  void know(const std::string &config, store::winner_state state = store::winner_state::final) {
    known.emplace();
    known->best = test::make_winner(config, 1000);
    known->best.state = state;
    known->origin = "another machine";
  }
  bool trusts_proofs() const override { return trusting; }
  std::optional<remote::foreign_winner> lookup(const store::winner_key &, duration) override {
    ++asked;
    return known;
  }
  remote::lease_answer take_lease(const store::winner_key &, duration) override {
    remote::lease_answer made;
    made.state = lease;
    made.holder = "another machine";
    if (lease == remote::lease_answer::outcome::granted)
      made.held = std::make_shared<made_up_lease>();
    return made;
  }
  void publish(const remote::finding &found, const std::shared_ptr<remote::lease> &under,
               duration) override {
    told.push_back(found);
    told_under_a_lease = under != nullptr;
  }
};

class Resolve : public ::testing::Test {
protected:
  Resolve()
      : factory(functions_apart(std::make_integer_sequence<std::uint32_t, variants>()), {"n"}),
        on(clock) {
    static_cast<void>(factory.task(n));
    factory.factory.options.budget = 0;
    // What a process has found for a slot is kept for its life: each test has one of its own.
    factory.factory.slot = new tl_dispatch_slot{};
    factory.factory.key_words = 1;
    there.backend = &on;
    there.record = {.identity = "model=made up", .properties = "{}"};
    call_for(1);
  }

  void call_for(std::uint64_t problem) {
    key[0] = problem;
    n = static_cast<int>(problem);
    text = "n=" + std::to_string(problem);
    call = {};
    call.struct_size = sizeof call;
    call.problem = text.c_str();
    call.key = key;
    call.key_words = 1;
    call.arguments = arguments;
    call.device = 0;
  }

  std::uint32_t resolve_now(bool nested = false) {
    return resolution(here, factory.factory, call, nested).run();
  }
  std::uint32_t resolve_in_fleet() {
    return resolution(with_others, factory.factory, call, false).run();
  }
  explicit_result tune_in_fleet() {
    return resolution(with_others, factory.factory, call, false).tune_explicitly();
  }
  explicit_result tune_now(bool nested = false) {
    return resolution(here, factory.factory, call, nested).tune_explicitly();
  }
  std::uint32_t installed() const { return find_installed(*factory.factory.slot, key); }
  /// What the store holds for this problem.
  std::optional<store::winner> stored() {
    const auto all = store.candidates(request().key());
    for (const store::candidate &it : all)
      if (it.problem == text)
        return it.best;
    return std::nullopt;
  }
  store::session_request request() {
    return {.factory = {.id = factory.factory.id,
                        .fingerprint = factory.factory.fingerprint,
                        .abi = factory.factory.abi_version,
                        .name = factory.factory.name,
                        .location = "test.cpp:1",
                        .parameters = "n",
                        .default_config = "i=0",
                        .configs = variants},
            .device = there.record,
            .problem = text};
  }
  /// A final winner; `proven`: for calls like these, which have no facts.
  void store_winner(const std::string &config, bool proven = true) {
    store::winner winner = test::make_winner(config, 1000);
    winner.state = store::winner_state::final;
    static_cast<void>(store.install(request(), winner));
    store::proof_record right;
    right.config = config;
    right.facts = "none";
    if (proven)
      static_cast<void>(store.add_proofs(request(), {&right, 1}));
  }

  int n = 1;
  std::uint64_t key[1] = {};
  std::string text;
  void *arguments[2] = {&n, nullptr};
  tl_call call{};
  test_factory<void(int)> factory;
  const test::temporary_directory locks;
  controls settings{};
  store::tuning_store store{store::store_options{}}; // in memory
  measure::virtual_clock clock;
  made_up_device on;
  device there;
  made_up_fleet others;
  const world with_others{
      .environment = settings,
      .store = store,
      .clock = clock,
      .lock_directory = locks.path(),
      .find_device = [this](std::uint32_t, std::int32_t) -> const device & { return there; },
      .fleet = &others};
  const world here{
      .environment = settings,
      .store = store,
      .clock = clock,
      .lock_directory = locks.path(),
      .find_device = [this](std::uint32_t, std::int32_t) -> const device & { return there; }};
};

} // namespace tl::rt

#endif
