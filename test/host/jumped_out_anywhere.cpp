// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A signal handler jumps out of a first call at each place where that waits, one after the other: while a
// worker starts, answers, dies, is killed; and in each function of the program that a call runs inside of it.
// The thread's next call gives back what the call held: no process and no descriptor is left.
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime
// RUN: timeout 250 %t > %t.out
// RUN: FileCheck %s < %t.out
// CHECK-NOT: LEFT
// CHECK: jumped at {{[1-9][0-9]+}} places, nothing left
// CHECK-NEXT: jumped out of {{[1-9][0-9]*}} functions of the program, nothing left

#include "Inputs/host.h"
#include "Inputs/jump_at_waits.h"

#include <tuple>

using namespace tl::keywords;

/// A right one, and some that end their worker, each in another way.
template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, timeout = 0.2, rep = 2, warmup = 0)]]
void varied(int n, const float *x, float *y) {
  if (C.step == 2)
    std::abort();
  for (volatile bool forever = C.step == 4; forever;)
    ;
  if (C.step == 8)
    std::exit(1);
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
}

/// Enters the runtime, and tries nothing.
template <host::config C = host::config{}>
[[tl::autotune({.step = 1})]]
void untried(int n, const float *x, float *y) {
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
}

static bool asked(host::config, int, const float *, float *) {
  host::maybe_jump();
  return true;
}

static auto supplied(int n, const float *, float *) {
  host::maybe_jump();
  std::vector<float> x(static_cast<std::size_t>(n), 3), y(x.size());
  return std::tuple(n, std::move(x), std::move(y));
}

static int keyed(int n, const float *, float *) {
  host::maybe_jump();
  return n;
}

static void refer(int n, const float *x, float *y) {
  host::maybe_jump();
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
}

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, timeout = 5, rep = 2, warmup = 0, eligible = asked, supply = supplied,
               key = keyed, reference = refer)]]
void asks(int n, const float *x, float *y) {
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
}

static bool compare(int, tl::in<float>, tl::out<float>) {
  host::maybe_jump();
  return true;
}

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, timeout = 5, rep = 2, warmup = 0, check = compare,
               isolation = tl::isolation::none)]]
void inside(int n, tl::in<float> x, tl::out<float> y) {
  host::maybe_jump();
  for (int i = 0; i < n; ++i)
    y.data()[i] = 2 * x.data()[i];
}

int main() {
  std::vector<float> x(4096, 1), y(4096);
  const int places = host::jump_at_waits([&](int i) { varied(1000 + i, x.data(), y.data()); },
                                         [&](int i) { untried(1000 + i, x.data(), y.data()); });
  if (places >= 0)
    std::printf("jumped at %d places, %s\n", places, y[7] == 2 ? "nothing left" : "WRONG");
  y[7] = 0;
  const int functions = host::jump_at_waits(
      [&](int i) {
        asks(1000 + i, x.data(), y.data());
        inside(1000 + i, x, y);
      },
      [&](int i) { untried(2000 + i, x.data(), y.data()); });
  if (functions >= 0)
    std::printf("jumped out of %d functions of the program, %s\n", functions, y[7] == 2 ? "nothing left" : "WRONG");
}
