// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the inputs of trials come from: tl::with_inputs before `supply = fn` before a supply type
// before the call's own arguments. The check of each factory prints the first element that it sees.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>&1 | FileCheck %s
// CHECK: own arguments 10
// CHECK-NEXT: supply type 10
// CHECK-NEXT: supply function 10
// CHECK-NEXT: with_inputs 10
// CHECK-NEXT: lazy supply function 10
// CHECK-NEXT: runs its default config: no variant survived
// CHECK-NEXT: not what was expected 10
// CHECK-NEXT: runs its default config: tl::with_inputs: input 0 (counted from 0): it is a view of f64
// CHECK-NEXT: inputs that do not fit 10
//
// Every factory's check compares the first element with what main() says it should be: where that is so,
// each variant is right (1, measured, or 9, cut); the one lie makes both wrong (2).
// RUN: %sql "select session_id, config, status from trials order by session_id, config" | FileCheck %s --check-prefix=TRIALS
// TRIALS: 1|step=1|{{[19]}}
// TRIALS-NEXT: 1|step=2|{{[19]}}
// TRIALS-NEXT: 2|step=1|{{[19]}}
// TRIALS-NEXT: 2|step=2|{{[19]}}
// TRIALS-NEXT: 3|step=1|{{[19]}}
// TRIALS-NEXT: 3|step=2|{{[19]}}
// TRIALS-NEXT: 4|step=1|{{[19]}}
// TRIALS-NEXT: 4|step=2|{{[19]}}
// TRIALS-NEXT: 5|step=1|{{[19]}}
// TRIALS-NEXT: 5|step=2|{{[19]}}
// TRIALS-NEXT: 6|step=1|2
// TRIALS-NEXT: 6|step=2|2

#include <tl/autotune.h>

#include <cstdio>
#include <tuple>
#include <vector>

using namespace tl::keywords;

struct config {
  int step = 1;
};
inline constexpr auto steps = tl::space<config>().axis(&config::step, {1, 2});

/// What trials should see; workers inherit it.
static float expected = 0;
static bool see(tl::in<float> from) { return from.data()[0] == expected; }
inline constexpr auto look = [](int, tl::in<float> from, tl::out<float>) { return see(from); };

template <int Step> static void twice_body(int n, tl::in<float> from, tl::out<float> to) {
  for (int first = 0; first < Step; ++first)
    for (int i = first; i < n; i += Step)
      to.data()[i] = 2 * from.data()[i];
}

template <config C = config{}>
TL_AUTOTUNE(configs = steps, check = look) void own(int n, tl::in<float> from, tl::out<float> to) { twice_body<C.step>(n, from, to); }

template <config C = config{}>
TL_AUTOTUNE(configs = steps, check = look, supply = tl::supply::one)
void typed(int n, tl::in<float> from, tl::out<float> to) { twice_body<C.step>(n, from, to); }

inline constexpr auto sevens = [](int n, tl::in<float>, tl::out<float>) {
  return std::tuple(std::vector<float>(static_cast<std::size_t>(n), 7), std::vector<float>(static_cast<std::size_t>(n)));
};

template <config C = config{}>
TL_AUTOTUNE(configs = steps, check = look, supply = sevens)
void supplied(int n, tl::in<float> from, tl::out<float> to) { twice_body<C.step>(n, from, to); }

using launch = tl::kernel<void(tl::in<float>, tl::out<float>)>;
template <config C = config{}>
TL_AUTOTUNE(configs = steps, check = look,
            supply = [](int n) { return std::tuple(std::vector<float>(static_cast<std::size_t>(n), 7), std::vector<float>(static_cast<std::size_t>(n))); })
launch lazy(int n) { return launch(&twice_body<C.step>, n); }

int main() {
  constexpr int n = 64;
  std::vector<float> from(n, 5), to(n), nines(n, 9), other(n);
  const auto result = [&](const char *what) {
    std::printf("%s %g\n", what, static_cast<double>(to[0]));
    std::fflush(stdout);
    to.assign(n, 0);
  };
  expected = 5;
  own(n, from, to), result("own arguments");
  expected = 1;
  typed(n, from, to), result("supply type");
  expected = 7;
  supplied(n, from, to), result("supply function");
  {
    expected = 9;
    const tl::with_inputs inputs(nines, other);
    supplied(n - 1, from, to), result("with_inputs");
  }
  expected = 7;
  auto run = lazy(n);
  run.tune();
  run(from, to), result("lazy supply function");
  expected = 8;
  supplied(n - 2, from, to), result("not what was expected");
  std::vector<double> wrong(n);
  const tl::with_inputs inputs(wrong, other);
  supplied(n - 3, from, to), result("inputs that do not fit");
}
