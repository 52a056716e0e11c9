// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A lazy factory through the plugin: the handle tunes at its first launch or by tune(), without any
// data of the caller's; the next process finds the winner; a variant may be infeasible; without the plugin
// the default config runs.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t tune | %filecheck %s --check-prefix=TUNED
// TUNED: ready 0 config ''
// TUNED: ready 1 config 'unroll={{[248]}}'
// TUNED: right
// RUN: %sql "select config, status, reason from trials order by config" | FileCheck %s --check-prefix=TRIALS
// (7 is infeasible)
// TRIALS: unroll=1|
// TRIALS: unroll=16|7|needs 16 units, the device has 8
//
// The second process launches the stored winner and tries nothing.
// RUN: env TL_TUNE=require %t launch 4096 | %filecheck %s --check-prefix=STORED
// STORED: right
// RUN: not env TL_TUNE=require %t launch 100
//
// The first launch of another problem tunes on its own arguments, and leaves them alone.
// RUN: %t launch 1000 | %filecheck %s --check-prefix=STORED
// RUN: %winners | FileCheck %s --check-prefix=WINNERS
// WINNERS: n=1000
// WINNERS: n=4096
//
// RUN: %clangxx -O2 %s -o %t.plain
// RUN: %t.plain launch 50 | %filecheck %s --check-prefix=STORED
// RUN: %gxx -O2 %s -o %t.gcc
// RUN: %t.gcc launch 50 | %filecheck %s --check-prefix=STORED

#include <tl/autotune.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

using namespace tl::keywords;

struct saxpy_config {
  int unroll = 1;
};

inline constexpr auto saxpy_space = tl::space<saxpy_config>().axis(&saxpy_config::unroll, {1, 2, 4, 8, 16});

using saxpy_launch = tl::kernel<void(tl::in<float>, tl::in<float>, tl::out<float>)>;

template <int Unroll> void saxpy_body(int n, float factor, tl::in<float> x, tl::in<float> y, tl::out<float> out) {
  volatile int delay = 0;
  for (int i = 0; i < n; i += Unroll) {
    // A variant without unrolling is made slow beyond doubt.
    for (int j = 0; Unroll == 1 && j < 20; ++j)
      delay = delay + 1;
    for (int j = i; j < i + Unroll && j < n; ++j)
      out.data()[j] = factor * x.data()[j] + y.data()[j];
  }
}

template <saxpy_config C = saxpy_config{}>
TL_AUTOTUNE(configs = saxpy_space, supply = tl::supply::uniform, timeout = 10)
saxpy_launch saxpy(int n) {
  if (C.unroll > 8)
    throw tl::infeasible("needs 16 units, the device has 8");
  return saxpy_launch(&saxpy_body<C.unroll>, n, 2.0f).template extent<0>(n).template extent<1>(n).template extent<2>(n);
}

int main(int, char **argv) {
  const int n = std::strcmp(argv[1], "tune") ? std::atoi(argv[2]) : 4096;
  auto run = saxpy(n);
  if (!std::strcmp(argv[1], "tune")) {
    std::printf("ready %d config '%s'\n", run.ready(), run.config().c_str());
    run.tune();
    std::printf("ready %d config '%s'\n", run.ready(), run.config().c_str());
  }
  const auto size = static_cast<std::size_t>(n);
  std::vector<float> x(size, 3), y(size, 4), out(size, -1);
  run(x, y, out);
  std::puts(out == std::vector<float>(size, 10) && x == std::vector<float>(size, 3) ? "right" : "wrong");
}
