// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// First runs shared among several devices of one model, which are not there: each does what a real
// one may do to a session (be slow, die, be somebody else's). The session around them is the one
// that ships.

#include "child_process.h"
#include "test_factory.h"

#include "runtime/store/session_lock.h"
#include "runtime/store/store.h"
#include "runtime/tuner/probe_queue.h"
#include "runtime/tuner/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>

namespace tl::rt {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using store::session_lock;

constexpr std::uint32_t variants = 40;
constexpr std::uint32_t best_variant = 17, wrong_variant = 5, endless_variant = 9;
constexpr double usual_ns = 50e3;

/// How a device behaves.
enum class nature { sound, slow, disagrees, dies, forgets_memory, no_worker };

/// All devices of a machine, and what was run on which.
class machine final : public backend {
public:
  std::map<std::int32_t, nature> devices{{0, nature::sound}};
  /// The call's device goes on with its third variant, a helper with its first, when this holds.
  std::function<bool(machine &)> own_waits_for, helpers_wait_for;
  milliseconds start_takes{0}, helpers_take{0};
  /// From this variant on none works, and each one takes so long to fail.
  std::uint32_t fail_from = variants;
  milliseconds failures_take{0};
  /// The call's device has no worker for its third variant any more.
  bool own_loses_worker = false;
  std::map<std::int32_t, std::vector<std::uint32_t>> probed;
  std::map<std::int32_t, int> defaults, rounds;
  int asked_for_peers = 0, opened = 0, closed = 0;
  std::mutex guard;

  /// Lets others go on until it holds, which it will unless the test fails.
  void wait_until(std::unique_lock<std::mutex> &lock, const std::function<bool(machine &)> &holds) {
    const auto end = steady_clock::now() + std::chrono::seconds(20);
    while (holds && !holds(*this) && steady_clock::now() < end) {
      lock.unlock();
      std::this_thread::sleep_for(milliseconds(1));
      lock.lock();
    }
  }

  std::vector<std::pair<std::string, std::string>> identity(std::int32_t) override {
    return {{"model", "made up"}};
  }
  std::string unit(std::int32_t device) override { return "unit-" + std::to_string(device); }
  std::vector<std::int32_t> idle_peers(std::int32_t device) override {
    ++asked_for_peers;
    std::vector<std::int32_t> peers;
    for (const auto &[other, what] : devices)
      if (other != device)
        peers.push_back(other);
    return peers;
  }
  std::unique_ptr<trial_bench> open(const tuning_task &, std::string &) override;
  bool cold_by_default() const override { return false; }
};

class bench_on final : public trial_bench {
public:
  bench_on(machine &of, std::int32_t device, bool helps)
      : machine_(of), device_(device), helps_(helps), nature_(of.devices.at(device)) {
    const std::lock_guard lock(of.guard);
    ++of.opened;
  }
  ~bench_on() override {
    const std::lock_guard lock(machine_.guard);
    ++machine_.closed;
  }

  verdict prepare() override {
    std::this_thread::sleep_for(machine_.start_takes);
    if (nature_ == nature::no_worker)
      return {trial_status::harness_error, "no worker", 0, {}};
    return {};
  }

  verdict probe(std::uint32_t variant, double) override {
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    if (helps_)
      std::this_thread::sleep_for(machine_.helpers_take);
    std::unique_lock lock(machine_.guard);
    if (variant == 0 && helps_)
      ++machine_.defaults[device_];
    else
      machine_.probed[device_].push_back(variant);
    const std::size_t runs = machine_.probed[device_].size();
    if (!helps_ && runs == 3)
      machine_.wait_until(lock, machine_.own_waits_for);
    if (!helps_ && runs == 3 && machine_.own_loses_worker)
      return {trial_status::harness_error, "no worker", 0, {}};
    if (helps_ && runs == 1)
      machine_.wait_until(lock, machine_.helpers_wait_for);
    if (nature_ == nature::dies && runs >= 3)
      return {trial_status::device_error, "fell off the bus", 0, {}};
    if (nature_ == nature::disagrees)
      return {trial_status::wrong, "1 of 1 elements of y differ", 0, {}};
    if (nature_ == nature::forgets_memory && variant != 0)
      return {trial_status::out_of_memory, "out of memory", 0, {}};
    if (variant >= machine_.fail_from) {
      const milliseconds takes = machine_.failures_take;
      lock.unlock();
      std::this_thread::sleep_for(takes);
      return {trial_status::crashed, "signal 6 (aborted)", 0, {}};
    }
    if (variant == wrong_variant)
      return {trial_status::wrong, "1 of 1 elements of y differ", 0, "{\"kernels\":[]}"};
    if (variant == endless_variant)
      return {trial_status::timed_out, "killed after 0.25 s", 0, {}};
    return {.time_ns = time_of(variant), .resources = "{\"kernels\":[]}"};
  }

  timed_round round(std::span<const sample_request> order, double) override {
    const std::lock_guard lock(machine_.guard);
    ++machine_.rounds[device_];
    timed_round made;
    for (const sample_request &it : order) {
      made.samples.push_back({it.variant, {}, 0});
      made.samples.back().outcome.time_ns = time_of(it.variant);
    }
    return made;
  }
  double reference_ns() const override { return 0; }
  std::unique_ptr<trial_bench> open_helper(std::int32_t device, std::string &) override {
    return std::make_unique<bench_on>(machine_, device, true);
  }

private:
  double time_of(std::uint32_t variant) const {
    const double ns = variant == best_variant ? usual_ns / 2 : usual_ns + variant;
    return nature_ == nature::slow ? 20 * ns : ns;
  }

  machine &machine_;
  std::int32_t device_;
  bool helps_;
  nature nature_;
};

std::unique_ptr<trial_bench> machine::open(const tuning_task &task, std::string &) {
  return std::make_unique<bench_on>(*this, task.call->device, false);
}

void nothing(int) {}

class ProbeQueue : public ::testing::Test {
protected:
  ProbeQueue() : factory(std::vector<void (*)(int)>(variants, nothing), {"n"}) {
    static_cast<void>(factory.task(n));
    call.struct_size = sizeof call;
    call.problem = "n=1";
    call.arguments = arguments;
    call.device = 0;
    factory.factory.options.budget = 0;
  }

  session_result tune() {
    return run_session(here, factory.factory, call, on, store::session{}, factory.factory.options,
                       false);
  }

  static std::size_t count_on(const session_result &result, const std::string &unit) {
    std::size_t count = 0;
    for (const store::trial &it : result.trials)
      count += it.resources.find("\"unit\":\"" + unit + "\"") != std::string::npos;
    return count;
  }
  static const store::trial &trial_of(const session_result &result, std::uint32_t variant) {
    for (const store::trial &it : result.trials)
      if (it.config == "i=" + std::to_string(variant))
        return it;
    ADD_FAILURE() << "no trial of " << variant;
    return result.trials.front();
  }
  static void expect_right_verdicts(const session_result &result) {
    ASSERT_EQ(result.trials.size(), variants);
    for (std::uint32_t i = 0; i < variants; ++i) {
      const trial_status wanted = i == wrong_variant     ? trial_status::wrong
                                  : i == endless_variant ? trial_status::timed_out
                                                         : trial_status::measured;
      // What is right may be too slow to be timed.
      trial_status got = trial_of(result, i).status;
      got = got == trial_status::cut ? trial_status::measured : got;
      EXPECT_EQ(got, wanted) << i << ": " << trial_of(result, i).reason;
    }
    EXPECT_EQ(result.variant, best_variant);
    ASSERT_TRUE(result.winner);
    EXPECT_EQ(result.winner->config, "i=" + std::to_string(best_variant));
  }
  void expect_all_given_back() {
    EXPECT_EQ(on.opened, on.closed);
    for (const auto &[device, what] : on.devices) {
      const session_lock lock =
          session_lock::acquire(cache.path(), on.unit(device), steady_clock::time_point{});
      EXPECT_EQ(lock.result(), session_lock::outcome::held) << on.unit(device);
    }
  }

  int n = 1;
  void *arguments[2] = {&n, nullptr};
  tl_call call{};
  test_factory<void(int)> factory;
  machine on;
  const test::temporary_directory cache;
  const controls settings{};
  store::tuning_store store{store::store_options{}};
  measure::steady_clock clock;
  const world here{.environment = settings,
                   .store = store,
                   .clock = clock,
                   .lock_directory = cache.path(),
                   .find_device = find_device};
};

// Each device takes the next variant when it is done with one, and what is found on any counts. The
// race stays on the device of the call.
TEST_F(ProbeQueue, IdleDevicesOfTheModelShareFirstRuns) {
  on.devices = {{0, nature::sound}, {1, nature::sound}, {2, nature::sound}};
  on.own_waits_for = [](machine &it) { return !it.probed[1].empty() && !it.probed[2].empty(); };
  on.helpers_wait_for = [](machine &it) { return !it.probed[1].empty() && !it.probed[2].empty(); };
  const session_result result = tune();
  expect_right_verdicts(result);
  std::set<std::uint32_t> all;
  std::size_t runs = 0;
  for (const auto &[device, variants_there] : on.probed) {
    EXPECT_FALSE(variants_there.empty()) << device;
    all.insert(variants_there.begin(), variants_there.end());
    runs += variants_there.size();
  }
  EXPECT_EQ(all.size(), variants);
  EXPECT_EQ(runs, variants + 1) << "nothing twice but the winner, which is checked again";
  EXPECT_EQ(count_on(result, "unit-1"), on.probed[1].size());
  EXPECT_EQ(count_on(result, "unit-2"), on.probed[2].size());
  EXPECT_GT(on.rounds[0], 0);
  EXPECT_EQ(on.rounds[1] + on.rounds[2], 0);
  expect_all_given_back();
}

// A device on which everything takes longer would have fast variants dropped.
TEST_F(ProbeQueue, SlowDeviceIsLeftOut) {
  on.devices = {{0, nature::sound}, {1, nature::slow}};
  on.own_waits_for = [](machine &it) { return it.defaults[1] >= 5; };
  expect_right_verdicts(tune());
  EXPECT_EQ(on.probed[1].size(), 0u);
  expect_all_given_back();
}

TEST_F(ProbeQueue, DeviceThatDisagreesAboutTheDefaultIsLeftOut) {
  on.devices = {{0, nature::sound}, {1, nature::disagrees}};
  on.own_waits_for = [](machine &it) { return it.defaults[1] >= 1; };
  expect_right_verdicts(tune());
  EXPECT_EQ(on.probed[1].size(), 0u);
  expect_all_given_back();
}

// What a dying device says of variants is not believed: they run again where the default is right.
TEST_F(ProbeQueue, DeviceThatDiesCostsNoVariant) {
  on.devices = {{0, nature::sound}, {1, nature::dies}};
  on.own_waits_for = [](machine &it) { return it.probed[1].size() >= 3 && it.defaults[1] >= 2; };
  const session_result result = tune();
  expect_right_verdicts(result);
  EXPECT_EQ(count_on(result, "unit-1"), 2u) << "it died in its third";
  EXPECT_EQ(on.probed[1].size(), 3u);
  expect_all_given_back();
}

TEST_F(ProbeQueue, MemoryThatSomebodyElseFillsCostsNoVariant) {
  on.devices = {{0, nature::sound}, {1, nature::forgets_memory}};
  on.own_waits_for = [](machine &it) { return it.probed[1].size() >= 2; };
  const session_result result = tune();
  expect_right_verdicts(result);
  EXPECT_EQ(count_on(result, "unit-1"), 0u);
  expect_all_given_back();
}

TEST_F(ProbeQueue, DeviceWithoutAWorkerIsLeftOut) {
  on.devices = {{0, nature::sound}, {1, nature::no_worker}};
  on.own_waits_for = [](machine &it) { return it.closed == 1; };
  expect_right_verdicts(tune());
  EXPECT_EQ(on.probed[1].size(), 0u);
  expect_all_given_back();
}

// Somebody tunes there. Nobody waits for it.
TEST_F(ProbeQueue, LockedDeviceIsLeftAlone) {
  on.devices = {{0, nature::sound}, {1, nature::sound}};
  session_lock taken = session_lock::acquire(cache.path(), on.unit(1), steady_clock::time_point{});
  ASSERT_EQ(taken.result(), session_lock::outcome::held);
  const auto begin = steady_clock::now();
  expect_right_verdicts(tune());
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(20));
  EXPECT_EQ(on.asked_for_peers, 1);
  EXPECT_EQ(on.probed[1].size() + static_cast<std::size_t>(on.defaults[1]), 0u);
  taken.release();
  expect_all_given_back();
}

TEST_F(ProbeQueue, NobodyIsAskedWhereTheWorkIsDoneBeforeAWorkerStarts) {
  on.devices = {{0, nature::sound}, {1, nature::sound}};
  on.start_takes = milliseconds(500);
  expect_right_verdicts(tune());
  EXPECT_EQ(on.asked_for_peers, 0);
}

// What fails costs its limit in time and a worker, and comes last: the mean of all before says
// little.
TEST_F(ProbeQueue, FailuresThatComeLastAreWorthHelp) {
  on.devices = {{0, nature::sound}, {1, nature::sound}};
  on.start_takes = milliseconds(100);
  on.fail_from = 20;
  on.failures_take = milliseconds(50);
  const session_result result = tune();
  EXPECT_EQ(result.variant, best_variant);
  EXPECT_EQ(on.asked_for_peers, 1);
  EXPECT_GT(on.probed[1].size(), 0u);
  expect_all_given_back();
}

// A default config that fails tells nothing about a device.
TEST_F(ProbeQueue, NobodyIsAskedWithoutADefaultToCompareWith) {
  on.devices = {{0, nature::sound}, {1, nature::sound}};
  factory.factory.default_variant = wrong_variant;
  const session_result result = tune();
  EXPECT_EQ(result.variant, best_variant);
  EXPECT_EQ(on.asked_for_peers, 0);
}

// The budget ends the session on all devices; what has started is told to its end.
TEST_F(ProbeQueue, BudgetEndsItForAll) {
  on.devices = {{0, nature::sound}, {1, nature::sound}};
  factory.factory.options.budget = 0.2;
  on.helpers_take = milliseconds(30);
  on.own_waits_for = [begin = steady_clock::now()](machine &it) {
    return it.probed[1].size() >= 2 && steady_clock::now() - begin > milliseconds(250);
  };
  const session_result result = tune();
  EXPECT_EQ(result.state, store::session_state::budget);
  for (const store::trial &it : result.trials)
    EXPECT_NE(it.status, trial_status::running);
  expect_all_given_back();
}

// Nor is a variant to blame whose worker was still starting then.
TEST_F(ProbeQueue, BudgetThatEndsWhileAWorkerStartsCostsNoVariant) {
  factory.factory.options.budget = 0.2;
  on.own_loses_worker = true;
  on.own_waits_for = [begin = steady_clock::now()](machine &) {
    return steady_clock::now() - begin > milliseconds(250);
  };
  const session_result result = tune();
  EXPECT_EQ(result.state, store::session_state::budget);
  ASSERT_EQ(on.probed[0].size(), 3u);
  EXPECT_EQ(trial_of(result, on.probed[0][2]).status, trial_status::stopped);
}

} // namespace
} // namespace tl::rt
