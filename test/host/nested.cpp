// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Code that a session calls in the program's process makes tuned calls of its own: they run the default
// config, or a stored winner, at once. Nobody waits for a lock of his own.
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime
// RUN: timeout 100 env TL_LOG=info %t > %t.out 2> %t.err
// RUN: FileCheck %s < %t.out
// RUN: FileCheck %s --check-prefix=LOG < %t.err
// CHECK: eligible: right in time
// CHECK-NEXT: supply: right in time
// CHECK-NEXT: in process: right in time
// CHECK-NEXT: reference and check: right in time
// CHECK-NEXT: reference and check, in process: right in time
// CHECK-NEXT: key: right in time
// CHECK-NEXT: inner later: right in time
// LOG: inner(n=4096{{.*}} called from inside a tuning session, the default config runs this time

#include "Inputs/host.h"

#include <tuple>

using namespace tl::keywords;


template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, rep = 3, warmup = 1)]]
void inner(int n, tl::in<float> x, tl::out<float> y) {
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
}

static void call_inner(int n) {
  std::vector<float> x(static_cast<std::size_t>(n)), y(x.size());
  inner(n, x, y);
}

static bool wanted(host::config, int n, const float *, float *) {
  call_inner(n);
  return true;
}

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, rep = 3, warmup = 1, eligible = wanted)]]
void asks(int n, const float *x, float *y) {
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
}

static auto give(int n, const float *, float *) {
  call_inner(n);
  std::vector<float> x(static_cast<std::size_t>(n), 3), y(x.size());
  return std::tuple(n, std::move(x), std::move(y));
}

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, rep = 3, warmup = 1, supply = give)]]
void supplied(int n, const float *x, float *y) {
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
}

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, rep = 3, warmup = 1, isolation = tl::isolation::none)]]
void outer(int n, tl::in<float> x, tl::out<float> y) {
  inner(n, x, y);
}

static void refer(int n, tl::in<float> x, tl::out<float> y) { inner(n, x, y); }

static bool compare(int n, tl::in<float> x, tl::out<float> y) {
  call_inner(n);
  return y.data()[n - 1] == 2 * x.data()[n - 1];
}

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, rep = 3, warmup = 1, reference = refer, check = compare)]]
void checked(int n, tl::in<float> x, tl::out<float> y) {
  for (int i = 0; i < n; ++i)
    y.data()[i] = 2 * x.data()[i];
}

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, rep = 3, warmup = 1, reference = refer, check = compare,
               isolation = tl::isolation::none)]]
void checked_in_process(int n, tl::in<float> x, tl::out<float> y) {
  for (int i = 0; i < n; ++i)
    y.data()[i] = 2 * x.data()[i];
}

static int by_n(int n, tl::in<float>, tl::out<float>) {
  call_inner(n + 1);
  return n;
}

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, rep = 3, warmup = 1, key = by_n)]]
void keyed(int n, tl::in<float> x, tl::out<float> y) {
  for (int i = 0; i < n; ++i)
    y.data()[i] = 2 * x.data()[i];
}

template <class Call> static void expect(const char *name, Call &&call) {
  std::vector<float> x(4096, 1), y(4096);
  const host::stopwatch watch;
  call(x, y);
  std::printf("%s: %s\n", name, y[5] == 2 && watch.seconds() < 20 ? "right in time" : "WRONG");
  std::fflush(stdout);
}

int main() {
  expect("eligible", [](auto &x, auto &y) { asks(4096, x.data(), y.data()); });
  expect("supply", [](auto &x, auto &y) { supplied(4096, x.data(), y.data()); });
  expect("in process", [](auto &x, auto &y) { outer(4096, x, y); });
  expect("reference and check", [](auto &x, auto &y) { checked(4096, x, y); });
  expect("reference and check, in process", [](auto &x, auto &y) { checked_in_process(4096, x, y); });
  expect("key", [](auto &x, auto &y) { keyed(4096, x, y); });
  expect("inner later", [](auto &x, auto &y) { inner(4096, x, y); });
}
