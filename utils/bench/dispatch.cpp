// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a dispatched call costs over a direct call of the same variant, on a function of a few
// nanoseconds. `utils/bench/dispatch` runs this in turns and prints the differences.
//
//   last_key   the same problem over and over: the thread remembers it
//   table      two problems in turns: each call looks into the table of installed winners
//   pointers   the same problem and the same three buffers over and over
//   rotation   64 problems in turns
//   buffers    one problem on eight sets of buffers in turns: other addresses, the same facts

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

template <mix_config C = mix_config{}>
[[gnu::noinline, tl::autotune({.delay = 0}, {.delay = 1000}, timeout = 10)]] std::uint64_t
    add(int count, const std::uint32_t *x, const std::uint32_t *y, std::uint32_t *to) {
  for (int i = 0; i < 4; ++i)
    to[i] = x[i] + y[i] + static_cast<std::uint32_t>(count);
  for (int i = 0; i < C.delay; ++i)
    asm volatile("");
  return to[0];
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

using three_pointers = std::uint64_t (*)(int, const std::uint32_t *, const std::uint32_t *,
                                         std::uint32_t *);

struct alignas(64) buffers {
  std::uint32_t x[16], y[16], to[16];
};

/// `problems` of them and `sets` of buffers in turns, both powers of two.
static void run_three(benchmark::State &state, three_pointers called, int problems, int sets) {
  static thread_local buffers all[8];
  for (int i = 0; i < problems; ++i)
    for (buffers &it : all)
      add(i, it.x, it.y, it.to);
  int turn = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(called);
    benchmark::DoNotOptimize(turn);
    buffers &it = all[turn & (sets - 1)];
    benchmark::DoNotOptimize(called(turn & (problems - 1), it.x, it.y, it.to));
    ++turn;
  }
}

static void direct_pointers(benchmark::State &state) { run_three(state, &add<mix_config{}>, 1, 1); }
static void dispatched_pointers(benchmark::State &state) { run_three(state, &add<>, 1, 1); }
static void direct_rotation(benchmark::State &state) {
  run_three(state, &add<mix_config{}>, 64, 1);
}
static void dispatched_rotation(benchmark::State &state) { run_three(state, &add<>, 64, 1); }
static void direct_buffers(benchmark::State &state) { run_three(state, &add<mix_config{}>, 1, 8); }
static void dispatched_buffers(benchmark::State &state) { run_three(state, &add<>, 1, 8); }

BENCHMARK(direct_pointers)->ThreadRange(1, 4);
BENCHMARK(dispatched_pointers)->ThreadRange(1, 4);
BENCHMARK(direct_rotation)->ThreadRange(1, 4);
BENCHMARK(dispatched_rotation)->ThreadRange(1, 4);
BENCHMARK(direct_buffers)->ThreadRange(1, 4);
BENCHMARK(dispatched_buffers)->ThreadRange(1, 4);
BENCHMARK(direct_last_key)->ThreadRange(1, 4);
BENCHMARK(dispatched_last_key)->ThreadRange(1, 4);
BENCHMARK(direct_table)->ThreadRange(1, 4);
BENCHMARK(dispatched_table)->ThreadRange(1, 4);

BENCHMARK_MAIN();
