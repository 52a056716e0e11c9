// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A2, "no option is silently unused": each option of tl::tuner is set to two values, and what it decides is
// seen to differ; a value out of its range, and one that can have no effect here, is said.
//
// Counts runs in wall time, of which a busy machine gives few.
// ALLOW_RETRIES: 2
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: %t 2>%t.said | %filecheck %s
// CHECK: timeout: 0.2 s timed_out, 30 s measured
// CHECK: budget: 0.05 s budget, 60 s finished
// CHECK: warmup: 200 ms runs longer than 0 ms: 1
// CHECK: rep: 2 at most 2 samples, 12 at most 12 and more than 2 samples
// CHECK: check_repeat: 2 inconsistent, 1 measured
// CHECK: skip_check: on measured, off wrong
// CHECK: cold: on cold, off hot
// CHECK: isolation: none runs here, process runs elsewhere
// CHECK: search: random(2) 2 trials, exhaustive 6 trials
// CHECK: tolerance: 0.1 measured, 0.01 wrong
// CHECK: supply: one sees 1, zero sees 0
// CHECK: inputs: given sees 9, none sees 5
// CHECK: reference: a wrong one no winner, a right one a winner
// CHECK: check: refuses no winner, accepts a winner
// CHECK: eligible: step=2 step=2, step=1 step=1
// CHECK: tl::tuner: timeout is -1, expected a positive number of seconds
// CHECK: tl::tuner: budget is 0, expected a positive number of seconds
// CHECK: tl::tuner: warmup is -1, expected a number of milliseconds that is not negative
// CHECK: tl::tuner: rep is 0, expected a count of at least 1
// CHECK: tl::tuner: check_repeat is -1, expected a count that is not negative
// CHECK: tl::tuner: search is 0, expected a search of at least 1 variant
// CHECK: tl::tuner: tolerance.rtol is nan, expected a number that is not negative
// CHECK: tl::tuner: tolerance.max_mismatched_ratio is 2, expected a ratio from 0 to 1
// RUN: FileCheck %s --check-prefix=SAID < %t.said
// SAID-DAG: tl: warning: copy: profiler = event: the CPU has the wall clock only, which takes the times instead
// SAID-DAG: tl: warning: copy: cache_inputs keeps generated inputs, and these are the call's own; it has no effect without a supply type

#include <tl/autotune.h>
#include <tl/tuner.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <vector>

#include <unistd.h>

using namespace tl::keywords;

/// Which fault a variant has.
enum class fault { none, slow, unsteady, off };
struct config {
  int step = 1;
  fault has = fault::none;
};
inline constexpr auto variants = tl::configs_of<config>(
    {{1, fault::none}, {2, fault::none}, {3, fault::none}, {1, fault::slow}, {1, fault::unsteady}, {1, fault::off}});

static int runs = 0;
static unsigned delay_us = 0;

template <config C = config{}>
TL_AUTOTUNE(configs = variants, isolation = tl::isolation::none, warmup = 0, rep = 4, budget = 2)
void copy(int n, tl::in<float> from, tl::out<float> to) {
  ++runs;
  if (C.has == fault::slow)
    usleep(400'000);
  usleep(delay_us);
  for (int first = 0; first < C.step; ++first)
    for (int i = first; i < n; i += C.step)
      to.data()[i] = from.data()[i];
  if (C.has == fault::off)
    for (int i = 0; i < n; ++i)
      to.data()[i] *= 1.05f;
  if (C.has == fault::unsteady)
    to.data()[0] += 1e-5f * static_cast<float>(runs % 2);
}

constexpr int n = 64;
static std::vector<float> from(n, 5), to(n), nines(n, 9);
using tuner = tl::tuner<void(int, tl::in<float>, tl::out<float>)>;

/// A tuner of the variants with one of these faults only.
static tuner with(fault wanted) {
  const char *name[] = {"has=none", "has=slow", "has=unsteady", "has=off"};
  tuner made(&copy<>);
  made.eligible([text = name[static_cast<int>(wanted)]](std::string_view config) {
    return config == "step=1,has=none" || config.find(text) != std::string_view::npos;
  });
  return made;
}
static const char *status_of(const tl::tuning_result &result, const char *config) {
  const tl::trial_result *trial = result.trial(config);
  return !trial ? "missing" : trial->status == "cut" ? "measured" : trial->status.c_str();
}
static void refused(const std::function<void(tuner &)> &set) {
  tuner it(&copy<>);
  try {
    set(it);
    std::puts("accepted");
  } catch (const std::invalid_argument &why) {
    std::puts(why.what());
  }
}

int main() {
  const auto run = [](tuner &it) { return it.run(n, from, to); };
  {
    // In a process of their own, since only that can be ended.
    tuner brief = with(fault::slow), patient = with(fault::slow);
    const auto a = run(brief.isolation(tl::isolation::process).timeout(0.2).skip_check());
    const auto b = run(patient.isolation(tl::isolation::none).timeout(30).skip_check());
    std::printf("timeout: 0.2 s %s, 30 s %s\n", status_of(a, "step=1,has=slow"), status_of(b, "step=1,has=slow"));
  }
  {
    tuner brief = with(fault::none), patient = with(fault::none);
    delay_us = 30'000; // of three variants two are reached
    const auto a = run(brief.budget(0.05));
    delay_us = 0;
    const auto b = run(patient.budget(60));
    std::printf("budget: 0.05 s %s, 60 s %s\n", a.state.c_str(), b.state.c_str());
  }
  {
    tuner cold = with(fault::none), warm = with(fault::none);
    runs = 0;
    run(cold.budget(60).warmup(0));
    const int without = runs;
    runs = 0;
    run(warm.budget(60).warmup(200));
    std::printf("warmup: 200 ms runs longer than 0 ms: %d\n", runs > without);
  }
  {
    tuner few = with(fault::none), many = with(fault::none);
    const auto most = [](const tl::tuning_result &result) {
      std::size_t samples = 0;
      for (const tl::trial_result &it : result.trials)
        samples = std::max(samples, it.samples_ns.size());
      return samples;
    };
    const std::size_t a = most(run(few.rep(2))), b = most(run(many.rep(12)));
    std::printf("rep: 2 at most %d samples, 12 at most %d and more than %d samples\n", a <= 2 ? 2 : 99, b <= 12 ? 12 : 99, b > 2 ? 2 : 0);
  }
  {
    tuner twice = with(fault::unsteady), once = with(fault::unsteady);
    const auto a = run(twice.check_repeat(2)), b = run(once.check_repeat(1));
    std::printf("check_repeat: 2 %s, 1 %s\n", status_of(a, "step=1,has=unsteady"), status_of(b, "step=1,has=unsteady"));
  }
  {
    tuner trusting = with(fault::off), strict = with(fault::off);
    const auto a = run(trusting.skip_check()), b = run(strict.skip_check(false));
    std::printf("skip_check: on %s, off %s\n", status_of(a, "step=1,has=off"), status_of(b, "step=1,has=off"));
  }
  {
    tuner cold = with(fault::none), hot = with(fault::none);
    const auto a = run(cold.cold(true)), b = run(hot.cold(false));
    std::printf("cold: on %s, off %s\n", a.mode.c_str(), b.mode.c_str());
  }
  {
    tuner here = with(fault::none), elsewhere = with(fault::none);
    runs = 0;
    run(here.isolation(tl::isolation::none));
    const int inside = runs;
    runs = 0;
    run(elsewhere.isolation(tl::isolation::process));
    std::printf("isolation: none runs %s, process runs %s\n", inside ? "here" : "elsewhere", runs ? "here" : "elsewhere");
  }
  {
    tuner some(&copy<>), all(&copy<>);
    const auto fast = [](std::string_view) { return true; };
    const auto count = [](const tl::tuning_result &result) {
      std::size_t tried = 0;
      for (const auto &it : result.trials)
        tried += it.status != "not_eligible";
      return tried;
    };
    const auto a = run(some.eligible(fast).search(tl::search::random(2)));
    const auto b = run(all.eligible(fast).search(tl::search::exhaustive));
    std::printf("search: random(2) %zu trials, exhaustive %zu trials\n", count(a), count(b));
  }
  {
    tuner loose = with(fault::off), tight = with(fault::off);
    const auto a = run(loose.tolerance({.rtol = 0.1})), b = run(tight.tolerance({.rtol = 0.01, .atol = 0}));
    std::printf("tolerance: 0.1 %s, 0.01 %s\n", status_of(a, "step=1,has=off"), status_of(b, "step=1,has=off"));
  }
  float seen = 0;
  const auto look = [&](int, tl::in<float> input, tl::out<float>) {
    seen = input.data()[0];
    return true;
  };
  {
    tuner ones = with(fault::none), zeroes = with(fault::none);
    run(ones.check(look).supply(tl::supply::one));
    const float a = seen;
    run(zeroes.check(look).supply(tl::supply::zero));
    std::printf("supply: one sees %g, zero sees %g\n", double(a), double(seen));
  }
  {
    tuner given = with(fault::none), own = with(fault::none);
    run(given.check(look).inputs(nines, to));
    const float a = seen;
    run(own.check(look));
    std::printf("inputs: given sees %g, none sees %g\n", double(a), double(seen));
  }
  {
    tuner wrong = with(fault::none), right = with(fault::none);
    const auto a = run(wrong.reference([](int, tl::in<float>, tl::out<float> out) { std::fill_n(out.data(), n, 3.f); }));
    const auto b = run(right.reference([](int, tl::in<float> in, tl::out<float> out) { std::copy_n(in.data(), n, out.data()); }));
    std::printf("reference: a wrong one %s winner, a right one %s winner\n", a.ok() ? "a" : "no", b.ok() ? "a" : "no");
  }
  {
    tuner refuses = with(fault::none), accepts = with(fault::none);
    const auto a = run(refuses.check([](int, tl::in<float>, tl::out<float>) { return false; }));
    const auto b = run(accepts.check([](int, tl::in<float>, tl::out<float>) { return true; }));
    std::printf("check: refuses %s winner, accepts %s winner\n", a.ok() ? "a" : "no", b.ok() ? "a" : "no");
  }
  {
    tuner second(&copy<>), first(&copy<>);
    const auto a = run(second.eligible([](std::string_view config) { return config == "step=2,has=none"; }));
    const auto b = run(first.eligible([](std::string_view config) { return config == "step=1,has=none"; }));
    std::printf("eligible: step=2 step=%s, step=1 step=%s\n", a.field("step").value_or("").c_str(), b.field("step").value_or("").c_str());
  }
  refused([](tuner &it) { it.timeout(-1); });
  refused([](tuner &it) { it.budget(0); });
  refused([](tuner &it) { it.warmup(-1); });
  refused([](tuner &it) { it.rep(0); });
  refused([](tuner &it) { it.check_repeat(-1); });
  refused([](tuner &it) { it.search(tl::search::local(0)); });
  refused([](tuner &it) { it.tolerance({.rtol = NAN}); });
  refused([](tuner &it) { it.tolerance({.max_mismatched_ratio = 2}); });
  tuner useless = with(fault::none);
  run(useless.profiler(tl::profiler::event).cache_inputs());
}
