// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A1, the decorator's options: each of the attribute's keywords is accepted, together with all the
// others, and reaches the runtime. An unknown, a repeated and an ill-typed one are the compiler's errors, at
// the very argument.
//
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: %t | %filecheck %s
// CHECK: warmup 5 rep 7 timeout 2.5 budget 60
// CHECK: supply 4 seed 3 cached 1
// CHECK: check_repeat 2 skip_check 0 tolerance 0.5 0.25 0.125 1
// CHECK: search 1 of 2, profiler 4, cold 2, isolation 2
// CHECK: reference 1 check 1 eligible 1
// CHECK: key=64
// CHECK: skip_check 1, the rest by default: warmup 25 rep 100 timeout 100 budget 0 check_repeat 1 supply 0 cold 0 isolation 0
//
// RUN: %clangxx %plugin -DWRONG -fsyntax-only -Xclang -verify %s

#include <tl/autotune.h>
#include <tl/capi.h>

#include <cstdio>
#include <string>

using namespace tl::keywords;

struct config {
  int step = 1;
};
inline constexpr auto steps = tl::space<config>().axis(&config::step, {1, 2, 3, 4});

#ifdef WRONG

template <config C = config{}>
[[tl::autotune(configs = steps, time_out = 3)]] // expected-error {{use of undeclared identifier 'time_out'; did you mean 'timeout'?}}
void unknown(); // expected-note@tl/keywords.h:* {{'timeout' declared here}}
template <config C = config{}>
[[tl::autotune(configs = steps, rep = 3, // expected-note {{first given here}}
               rep = 4)]] // expected-error {{option 'rep' given twice}}
void repeated();
template <config C = config{}>
[[tl::autotune(configs = steps, profiler = "event")]] // expected-error {{option 'profiler' expects 'tl::profiler::event', 'graph', 'cupti' or 'wall', found a value of type 'const char[6]'}}
void ill_typed();

#else

static void plain(int n, float *data) {
  for (int i = 0; i < n; ++i)
    data[i] = 1;
}
static bool holds(int, const float *data) { return data[0] == 1; }

template <config C = config{}>
[[tl::autotune(configs = steps, warmup = 5, rep = 7, timeout = 2.5, budget = 60, supply = tl::supply::normal.with_seed(3),
               reference = plain, check = holds, check_repeat = 2,
               tolerance = {.rtol = 0.5, .atol = 0.25, .max_mismatched_ratio = 0.125, .equal_nan = true}, skip_check = false,
               cache_inputs = true, key = [](int n, float *) { return tl::bucket_pow2(n); },
               eligible = [](config c, int n, float *) { return n % c.step == 0; }, search = tl::search::random(2),
               profiler = tl::profiler::wall, cold = true, isolation = tl::isolation::none)]]
void everything(int n, float *data) {
  plain(n, data);
}

template <config C = config{}>
[[tl::autotune(configs = steps, skip_check = true)]]
void nearly_nothing(int n, float *data) {
  plain(n, data);
}

void (*const reached)(int, float *) = &everything;
void (*const too)(int, float *) = &nearly_nothing;

int main() {
  const tl_factory *factory = tl_rt_find_factory("everything");
  const tl_options &o = factory->options;
  std::printf("warmup %g rep %u timeout %g budget %g\n", o.warmup, o.rep, o.timeout, o.budget);
  std::printf("supply %u seed %u cached %d\n", o.supply, o.supply_seed, o.cache_inputs);
  std::printf("check_repeat %u skip_check %d tolerance %g %g %g %d\n", o.check_repeat, o.skip_check, o.rtol, o.atol,
              o.max_mismatched_ratio, o.equal_nan);
  std::printf("search %u of %u, profiler %u, cold %d, isolation %u\n", o.search, o.search_count, o.profiler, o.cold, o.isolation);
  std::printf("reference %d check %d eligible %d\n", o.reference != nullptr, o.check != nullptr, o.eligible != nullptr);
  int n = 50;
  float *data = nullptr;
  void *arguments[] = {&n, &data, nullptr};
  tl_call call{};
  std::uint64_t key[2];
  std::string problem;
  tl_rt_make_call(
      factory, arguments, &call, key, [](void *to, const char *text) { *static_cast<std::string *>(to) += text; }, &problem);
  std::printf("%s\n", problem.c_str());
  const tl_options &d = tl_rt_find_factory("nearly_nothing")->options;
  std::printf("skip_check %d, the rest by default: warmup %g rep %u timeout %g budget %g check_repeat %u supply %u cold %d isolation %u\n",
              d.skip_check, d.warmup, d.rep, d.timeout, d.budget, d.check_repeat, d.supply, d.cold, d.isolation);
}

#endif
