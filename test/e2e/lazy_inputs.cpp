// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the inputs of trials come from: tl::with_inputs before `supply = fn` before a supply type
// before the call's own arguments. The check of each factory prints the first element that it sees.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>&1 | FileCheck %s
//
// CHECK: own arguments
// CHECK: trial saw 5
// CHECK: result 10
// CHECK: supply type
// CHECK: trial saw 1
// CHECK: result 10
// CHECK: supply function
// CHECK: trial saw 7
// CHECK: result 10
// CHECK: with_inputs
// CHECK: trial saw 9
// CHECK: result 10
// CHECK: lazy supply function
// CHECK: trial saw 7
// CHECK: result 10
// CHECK: inputs that do not fit
// CHECK: runs its default config: tl::with_inputs: input 0 (counted from 0): it is a view of f64
// CHECK: result 10

#include <tl/autotune.h>

#include <cstdio>
#include <tuple>
#include <vector>

using namespace tl::keywords;

struct config {
  int step = 1;
};
inline constexpr auto steps = tl::space<config>().axis(&config::step, {1, 2});

// Says so once per worker process: the reference is checked by nobody, each variant once or more.
static bool see(tl::in<float> from) {
  static bool said = false;
  if (!said)
    std::printf("trial saw %g\n", static_cast<double>(from.data()[0])), std::fflush(stdout);
  said = true;
  return true;
}
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
  const auto result = [&] {
    std::printf("result %g\n", static_cast<double>(to[n - 1]));
    std::fflush(stdout);
    to.assign(n, 0);
  };
  std::puts("own arguments"), std::fflush(stdout);
  own(n, from, to), result();
  std::puts("supply type"), std::fflush(stdout);
  typed(n, from, to), result();
  std::puts("supply function"), std::fflush(stdout);
  supplied(n, from, to), result();
  std::puts("with_inputs"), std::fflush(stdout);
  {
    const tl::with_inputs inputs(nines, other);
    supplied(n - 1, from, to), to[n - 1] = to[0], result();
  }
  std::puts("lazy supply function"), std::fflush(stdout);
  auto run = lazy(n);
  run.tune();
  run(from, to), result();
  std::puts("inputs that do not fit"), std::fflush(stdout);
  std::vector<double> wrong(n);
  const tl::with_inputs inputs(wrong, other);
  supplied(n - 2, from, to), to[n - 1] = to[0], result();
}
