// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `eligible` as a function that returns the wanted configs: only those are tried, and one that was
// not compiled is reported. A tuner's supply type takes the place of the attribute's supply
// function.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>&1 | FileCheck %s
// CHECK: fill: config 1 (counted from 0) that `eligible` asks for is none of the 4 that were compiled
// CHECK: fill step=4
// CHECK-NEXT: function sees 7
// CHECK-NEXT: type sees 1
// CHECK-NEXT: inputs see 9
// RUN: %sql "select config, status from trials where session_id = 1 order by config" > %t.trials
// RUN: FileCheck %s --check-prefix=TRIALS < %t.trials
// TRIALS: step=1|14
// TRIALS-NEXT: step=2|14
// TRIALS-NEXT: step=4|1
// TRIALS-NEXT: step=8|14

#include <tl/autotune.h>
#include <tl/tuner.h>

#include <cstdio>
#include <tuple>
#include <vector>

using namespace tl::keywords;

struct fill_config {
  int step = 1;
  bool operator==(const fill_config &) const = default;
};
inline constexpr auto steps = tl::space<fill_config>().axis(&fill_config::step, {1, 2, 4, 8});
inline constexpr auto wanted = [](int, tl::out<int>) {
  return std::vector<fill_config>{{4}, {16}};
};

template <fill_config C = fill_config{}>
TL_AUTOTUNE(configs = steps, eligible = wanted)
void fill(int n, tl::out<int> to) {
  for (int first = 0; first < C.step; ++first)
    for (int i = first; i < n; i += C.step)
      to.data()[i] = i;
}

inline constexpr auto sevens = [](int n, tl::in<float>, tl::out<float>) {
  return std::tuple(std::vector<float>(static_cast<std::size_t>(n), 7),
                    std::vector<float>(static_cast<std::size_t>(n)));
};

template <fill_config C = fill_config{}>
TL_AUTOTUNE(configs = steps, supply = sevens, isolation = tl::isolation::none)
void copy(int n, tl::in<float> from, tl::out<float> to) {
  for (int first = 0; first < C.step; ++first)
    for (int i = first; i < n; i += C.step)
      to.data()[i] = from.data()[i];
}

int main() {
  constexpr int n = 100;
  std::vector<int> numbers(n);
  std::printf("fill %s\n", tl::prepare(&fill<>, n, numbers).config().c_str());
  std::vector<float> from(n, 5), to(n), nines(n, 9);
  float seen = 0;
  const auto look = [&](int, tl::in<float> input, tl::out<float>) {
    seen = input.data()[0];
    return true;
  };
  static_cast<void>(tl::tuner(&copy<>).check(look).run(n, from, to));
  std::printf("function sees %g\n", static_cast<double>(seen));
  static_cast<void>(tl::tuner(&copy<>).check(look).supply(tl::supply::one).run(n, from, to));
  std::printf("type sees %g\n", static_cast<double>(seen));
  static_cast<void>(
      tl::tuner(&copy<>).check(look).supply(tl::supply::one).inputs(nines, to).run(n, from, to));
  std::printf("inputs see %g\n", static_cast<double>(seen));
}
