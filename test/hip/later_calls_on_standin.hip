// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Later calls of a tuned problem, whose facts are others than those of the call that was tuned, on a
// stand-in for libamdhip64: another alignment, a bias that was null, beta = 0 over NaN, overlapping
// buffers, sizes in a struct, `eligible`, a winner that says no. Each runs what is right for it; and a
// second process takes winners and proofs from the database.
//
// REQUIRES: hip
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: %gxx -O1 -shared -fPIC -w -Wl,-soname,libamdhip64.so.5 %S/Inputs/standin.cpp -o libamdhip64.so.5
// RUN: %clangxx -O1 %plugin %hip -I%S/Inputs %s -o program -x none %runtime_static -rdynamic \
// RUN:   libamdhip64.so.5 -Wl,-rpath,%t
// RUN: env LAUNCHES=%t/launches ./program | FileCheck %s
// RUN: ./program | FileCheck %s
// RUN: env TL_TUNE=require ./program | FileCheck %s
// RUN: %sql "select count(*) from sessions" | FileCheck %s --check-prefix=SESSIONS
// CHECK: aligned: fast, right
// CHECK-NEXT: unaligned: default, right
// CHECK-NEXT: aligned: fast, right
// CHECK-NEXT: without bias: fast, right
// CHECK-NEXT: with bias: default, right
// CHECK-NEXT: without bias: fast, right
// CHECK-NEXT: beta 1: fast, right
// CHECK-NEXT: beta 0: default, right
// CHECK-NEXT: beta 2: fast, right
// CHECK-NEXT: apart: fast, right
// CHECK-NEXT: overlapping: default, right
// CHECK-NEXT: in a struct, 1000: fast, right
// CHECK-NEXT: in a struct, 2000: fast, right
// CHECK-NEXT: eligible: fast, right
// CHECK-NEXT: not eligible: default, right
// CHECK-NEXT: feasible: fast, right
// CHECK-NEXT: infeasible: default, right
//
// One session for each problem, two for the sizes in a struct.
// SESSIONS: {{^8$}}
//
// What the proof for the call with a bias launched, and that call itself.
// RUN: wc -l < %t/launches | FileCheck %s --check-prefix=PROOF
// PROOF: {{^[34]$}}

#include <tl/autotune.h>

#include <hip/hip_runtime.h>

#include "standin.h"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

using namespace tl::keywords;

static const char *ran = "nothing";

struct config {
  bool fast = false;
};
template <config C> static void note() { ran = C.fast ? "fast" : "default"; }

/// What the kernels do stands in hip_standin_kernel.
template <config C> __global__ void twice_kernel(int n, const float *x, const float *, float, float *y) { y[n - 1] = x[n - 1]; }
template <config C> __global__ void add_kernel(int n, const float *x, const float *, float, float *y) { y[n - 1] = x[n - 1]; }
template <config C> __global__ void scale_kernel(int n, const float *x, const float *, float, float *y) { y[n - 1] = x[n - 1]; }
template <config C> __global__ void shift_kernel(int n, const float *x, const float *, float, float *y) { y[n - 1] = x[n - 1]; }

#define TUNED(...) template <config C = config{}> [[tl::autotune({.fast = true}, rep = 4, warmup = 1 __VA_OPT__(, ) __VA_ARGS__)]] void

TUNED() twice(int n, const float *x, float *y, hipStream_t s) {
  twice_kernel<C><<<dim3(1), dim3(64), 0, s>>>(n, x, nullptr, 0.f, y);
  note<C>();
}
TUNED() add(int n, const float *x, const float *bias, float *y, hipStream_t s) {
  add_kernel<C><<<dim3(1), dim3(64), 0, s>>>(n, x, bias, 0.f, y);
  note<C>();
}
TUNED() scale(int n, const float *x, float beta, float *y, hipStream_t s) {
  scale_kernel<C><<<dim3(1), dim3(64), 0, s>>>(n, x, nullptr, beta, y);
  note<C>();
}
TUNED() shift(int n, const float *x, float *y, hipStream_t s) {
  shift_kernel<C><<<dim3(1), dim3(64), 0, s>>>(n, x, nullptr, 0.f, y);
  note<C>();
}
struct params {
  int n;
  const float *x;
  float *y;
};
TUNED() of_struct(params p, hipStream_t s) {
  add_kernel<C><<<dim3(1), dim3(64), 0, s>>>(p.n, p.x, nullptr, 0.f, p.y);
  note<C>();
}
static bool may_run(config c, int, const float *x, float *, hipStream_t) {
  return !c.fast || reinterpret_cast<std::uintptr_t>(x) % 512 == 0;
}
TUNED(eligible = may_run, ignored_facts = tl::facts::alignment) chosen(int n, const float *x, float *y, hipStream_t s) {
  add_kernel<C><<<dim3(1), dim3(64), 0, s>>>(n, x, nullptr, 0.f, y);
  note<C>();
}
TUNED() refusing(int n, const float *x, float *y, hipStream_t s) {
  if (C.fast && reinterpret_cast<std::uintptr_t>(x) % 512 != 0)
    throw tl::infeasible("x has to be aligned to 512 bytes");
  add_kernel<C><<<dim3(1), dim3(64), 0, s>>>(n, x, nullptr, 0.f, y);
  note<C>();
}

extern "C" void hip_standin_kernel(const char *name, const unsigned[3], const unsigned[3], std::size_t, void **arguments) {
  const int n = *static_cast<int *>(arguments[0]);
  const float *x = *static_cast<const float **>(arguments[1]);
  const float *bias = *static_cast<const float **>(arguments[2]);
  const float beta = *static_cast<float *>(arguments[3]);
  float *y = *static_cast<float **>(arguments[4]);
  const bool fast = std::strstr(name, "configLb1") != nullptr;
  if (const char *path = std::getenv("LAUNCHES"); path && bias)
    if (FILE *file = std::fopen(path, "a")) {
      std::fprintf(file, "%s\n", fast ? "fast" : "default");
      std::fclose(file);
    }
  if (std::strstr(name, "twice"))
    for (int i = 0; i < n; ++i) // as vector loads would fault
      y[i] = fast && reinterpret_cast<std::uintptr_t>(x) % 16 != 0 ? -1 : 2 * x[i];
  else if (std::strstr(name, "add"))
    for (int i = 0; i < n; ++i)
      y[i] = x[i] + (!fast && bias ? bias[i] : 0);
  else if (std::strstr(name, "scale"))
    for (int i = 0; i < n; ++i)
      y[i] = x[i] + (fast || beta != 0 ? beta * y[i] : 0);
  else
    for (int k = 0; k < n; ++k) {
      const int i = fast ? n - 1 - k : k;
      y[i] = x[i] + 1;
    }
  ::usleep(fast ? 300 : 4000);
}

constexpr int n = 1024;
static float *x, *y, *b;

static void put(float *to, float value) {
  for (int i = 0; i < 2 * n; ++i)
    to[i] = value;
}
static const char *all_are(const float *data, float value, int count) {
  for (int i = 0; i < count; ++i)
    if (data[i] != value)
      return "wrong";
  return "right";
}
static void say(const char *what, const char *right) { std::printf("%s: %s, %s\n", what, ran, right); }

int main() {
  if (hipMalloc((void **)&x, 8 * n) || hipMalloc((void **)&y, 8 * n) || hipMalloc((void **)&b, 8 * n))
    return 1;
  // The stand-in's memory is the host's, and no more aligned than that is.
  float *const aligned = x + (512 - reinterpret_cast<std::uintptr_t>(x) % 512) % 512 / 4;
  put(x, 3), put(b, 1);
  for (const int offset : {0, 1, 128}) {
    twice(n / 2, aligned + offset, y + offset, nullptr);
    say(offset == 1 ? "unaligned" : "aligned", all_are(y + offset, 6, n / 2));
  }
  for (const float *bias : {(const float *)nullptr, (const float *)b, (const float *)nullptr}) {
    add(n, x, bias, y, nullptr);
    say(bias ? "with bias" : "without bias", all_are(y, bias ? 4 : 3, n));
  }
  for (const float beta : {1.f, 0.f, 2.f}) {
    put(y, beta == 0 ? std::nanf("") : 5.f);
    scale(n, x, beta, y, nullptr);
    say(beta == 0 ? "beta 0" : beta == 1 ? "beta 1" : "beta 2", all_are(y, beta == 0 ? 3 : 3 + 5 * beta, n));
  }
  shift(64, x + n, x, nullptr);
  say("apart", all_are(x, 4, 64));
  for (int i = 0; i <= 64; ++i)
    x[i] = float(i * i);
  shift(64, x + 1, x, nullptr);
  const char *right = "right";
  for (int i = 0; i < 64; ++i)
    if (x[i] != float((i + 1) * (i + 1) + 1))
      right = "wrong";
  say("overlapping", right);
  put(x, 3);
  for (const int size : {1000, 2000}) {
    put(y, 0);
    of_struct({size, x, y}, nullptr);
    say(size == 1000 ? "in a struct, 1000" : "in a struct, 2000", all_are(y, 3, size));
  }
  chosen(n / 2, aligned, y, nullptr);
  say("eligible", all_are(y, 3, n / 2));
  chosen(n / 2, aligned + 64, y, nullptr);
  say("not eligible", all_are(y, 3, n / 2));
  refusing(n / 2, aligned, y, nullptr);
  say("feasible", all_are(y, 3, n / 2));
  refusing(n / 2, aligned + 64, y, nullptr);
  say("infeasible", all_are(y, 3, n / 2));
}
