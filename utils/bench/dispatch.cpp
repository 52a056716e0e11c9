// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a dispatched call costs over a direct call of the same variant, on a function of a few
// nanoseconds. `utils/bench/dispatch` runs this in turns and prints the differences.
//
//   last_key   the same problem over and over: the thread remembers it
//   table      two problems in turns: each call looks into the table of installed winners

#include <tl/autotune.h>

#include <benchmark/benchmark.h>

#include <cstdint>

using namespace tl::keywords;

/// The other variant is far slower, so that the winner is known: it is the one called directly.
struct mix_config {
  int delay = 0;
};

template <mix_config C = mix_config{}>
[[gnu::noinline, tl::autotune({.delay = 0}, {.delay = 1000}, timeout = 10)]] std::uint64_t
    mix(int count, std::uint32_t value) {
  std::uint64_t sum = value;
  for (int i = 0; i < count; ++i)
    sum += sum >> 1;
  for (int i = 0; i < C.delay; ++i)
    asm volatile("");
  return sum;
}

using function = std::uint64_t (*)(int, std::uint32_t);

/// Both sides are called through the same loop; the compiler does not see which function it is.
static void run(benchmark::State &state, function called, int other) {
  int count = 4;
  std::uint32_t value = 7;
  mix(count, value);
  mix(other, value);
  for (auto _ : state) {
    benchmark::DoNotOptimize(called);
    benchmark::DoNotOptimize(count);
    benchmark::DoNotOptimize(called(count, value));
    count ^= 4 ^ other;
  }
}

static void direct_last_key(benchmark::State &state) { run(state, &mix<mix_config{}>, 4); }
static void dispatched_last_key(benchmark::State &state) { run(state, &mix<>, 4); }
static void direct_table(benchmark::State &state) { run(state, &mix<mix_config{}>, 8); }
static void dispatched_table(benchmark::State &state) { run(state, &mix<>, 8); }

BENCHMARK(direct_last_key)->ThreadRange(1, 4);
BENCHMARK(dispatched_last_key)->ThreadRange(1, 4);
BENCHMARK(direct_table)->ThreadRange(1, 4);
BENCHMARK(dispatched_table)->ThreadRange(1, 4);

BENCHMARK_MAIN();
