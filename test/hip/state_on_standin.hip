// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A worker is a new process in which main never ran, on a stand-in for libamdhip64: variables of the host and of
// the device that a factory reaches are carried over, with the buffers that they lead to, and a variant that
// ignores them loses. What cannot be carried over is named, and trials run inside the program, or not at all.
//
// REQUIRES: hip
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: %gxx -O1 -shared -fPIC -w -Wl,-soname,libamdhip64.so.5 %S/Inputs/standin.cpp -o libamdhip64.so.5
// RUN: %clangxx -O1 %plugin %hip -I%S/Inputs %s -o program -x none %runtime_static -rdynamic \
// RUN:   libamdhip64.so.5 -Wl,-rpath,%t
// RUN: ./program 2>&1 | FileCheck %s
// RUN: %trials | FileCheck %s --check-prefix=TRIALS

#include <tl/autotune.h>

#include <hip/hip_runtime.h>

#include "standin.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <unistd.h>
#include <vector>

using namespace tl::keywords;

/// `mode`: 0 is right and slow, 1 ignores what stands outside of the arguments and is fastest, 2 is right.
struct config {
  int mode = 0;
};
constexpr config right{0}, blind{1}, fast{2};

__constant__ float coefficients[3];
__device__ const float *table;
__device__ float sums[8];
__managed__ float gain = 1;
static int blocks;            // what many factories ask the device for once
static float *work_space;     // allocated once
static thread_local int shift; // each thread's own
struct settings {
  int count;
  const float *weights;
};
static settings current;
static hipTextureObject_t image;
static hipSurfaceObject_t canvas;
static std::vector<float> history;
static std::vector<float *> rows;
static int ran;

/// All kernels take an int, what to add from, and where it goes.
template <config C, int What> __global__ void kernel(int n, const float *x, float *y) {
  const float *state[] = {coefficients, table, sums, &gain};
  if (n > 1)
    y[0] = x[0] + state[What & 3][0];
  sums[1] = 1;
}

enum { by_constant, by_table, by_sums, by_managed, by_blocks, by_work_space, by_thread, by_settings, by_texture,
       by_surface, by_history, by_rows };

static float passed;

template <config C, int What> static void go(int n, const float *x, float *y, float extra, hipStream_t s) {
  ran = C.mode;
  passed = extra;
  kernel<C, What><<<dim3(1), dim3(64), 0, s>>>(n, x, y);
}

#define TUNED [[tl::autotune({.mode = 0}, {.mode = 1}, {.mode = 2}, rep = 4, warmup = 1)]]
template <config C = right> TUNED void constant(int n, const float *x, float *y, hipStream_t s) { go<C, by_constant>(n, x, y, 0, s); }
template <config C = right> TUNED void tables(int n, const float *x, float *y, hipStream_t s) { go<C, by_table>(n, x, y, 0, s); }
template <config C = right> TUNED void reduce(int n, const float *x, float *y, hipStream_t s) { go<C, by_sums>(n, x, y, 0, s); }
template <config C = right> TUNED void managed(int n, const float *x, float *y, hipStream_t s) { go<C, by_managed>(n, x, y, 0, s); }
template <config C = right> TUNED void host(int n, const float *x, float *y, hipStream_t s) { go<C, by_blocks>(n, x, y, float(blocks), s); }
template <config C = right> TUNED void work(int n, const float *x, float *y, hipStream_t s) { go<C, by_work_space>(n, work_space, y, 0, s); }
template <config C = right> TUNED void thread(int n, const float *x, float *y, hipStream_t s) { go<C, by_thread>(n, x, y, float(shift), s); }
template <config C = right> TUNED void weights(int n, const float *x, float *y, hipStream_t s) { go<C, by_settings>(current.count, current.weights, y, 0, s); }
template <config C = right> TUNED void textured(int n, const float *x, float *y, hipStream_t s) { go<C, by_texture>(n, x, y, image ? 5 : 0, s); }
template <config C = right> TUNED void surfaced(int n, const float *x, float *y, hipStream_t s) { go<C, by_surface>(n, x, y, canvas ? 5 : 0, s); }
template <config C = right> TUNED void past(int n, const float *x, float *y, hipStream_t s) { go<C, by_history>(n, x, y, history.empty() ? 0 : history.back(), s); }
template <config C = right> TUNED void listed(int n, const float *x, float *y, hipStream_t s) { go<C, by_rows>(n, rows.empty() ? x : rows[0], y, 0, s); }

extern "C" void hip_standin_kernel(const char *name, const unsigned[3], const unsigned[3], std::size_t, void **arguments) {
  const int n = *static_cast<int *>(arguments[0]);
  const float *x = *static_cast<const float **>(arguments[1]);
  float *y = *static_cast<float **>(arguments[2]);
  // "...6configLi<mode>EEELi<what>E..."; a config of zeros has no fields.
  int mode = 0, what = 0;
  const char *at = std::strstr(name, "config");
  std::sscanf(at, "configLi%dE", &mode);
  at = std::strstr(at, "EELi");
  std::sscanf(at, "EELi%dE", &what);
  const auto *c = static_cast<const float *>(hip_standin_variable(coefficients));
  const auto *t = *static_cast<const float **>(hip_standin_variable(&table));
  auto *sum = static_cast<float *>(hip_standin_variable(sums));
  float add = passed;
  if (what == by_constant)
    add = c[0] + c[2];
  if (what == by_table)
    add = t ? t[6] : 0;
  if (what == by_managed)
    add = gain;
  for (int i = 0; i < n; ++i)
    y[i] = x[i] + (mode == 1 ? 0 : add);
  if (what == by_sums)
    for (int i = 0; i < 8; ++i)
      sum[i] += mode == 1 ? 2 : 1;
  ::usleep(mode == 0 ? 12000 : mode == 1 ? 500 : 6000);
}

static float *x, *y, *weight;
static const int n = 1000;

template <class Function> static void see(const char *name, Function call, float expected) {
  for (int i = 0; i < n; ++i)
    y[i] = -1;
  call(n, x, y, nullptr);
  int wrong = 0;
  for (int i = 0; i < n; ++i)
    wrong += y[i] != expected;
  std::printf("%s: ran %s, %d wrong\n", name, ran == 1 ? "what is wrong" : "what is right", wrong);
}

int main() {
  setvbuf(stdout, nullptr, _IONBF, 0);
  float *t;
  if (hipMalloc((void **)&x, 4 * n) || hipMalloc((void **)&y, 4 * n) || hipMalloc((void **)&t, 28) ||
      hipMalloc((void **)&work_space, 4 * n) || hipMalloc((void **)&weight, 4 * n))
    return 1;
  for (int i = 0; i < n; ++i)
    x[i] = 1, work_space[i] = 7, weight[i] = 9;
  for (int i = 0; i < 7; ++i)
    t[i] = 3;
  const float c[3] = {2, 0, 5};
  if (hipMemcpyToSymbol(HIP_SYMBOL(coefficients), c, sizeof c) || hipMemcpyToSymbol(HIP_SYMBOL(table), &t, sizeof t))
    return 1;
  gain = 11;
  blocks = 20;
  shift = 30;
  current = {n, weight};
  see("constant", [](auto... a) { constant(a...); }, 8);
  // CHECK: constant: ran what is right, 0 wrong
  see("tables", [](auto... a) { tables(a...); }, 4);
  // CHECK-NEXT: tables: ran what is right, 0 wrong
  see("reduce", [](auto... a) { reduce(a...); }, 1);
  // CHECK-NEXT: reduce: ran what is right, 0 wrong
  float total[8];
  if (hipMemcpyFromSymbol(total, HIP_SYMBOL(sums), sizeof total))
    return 1;
  std::printf("sums: %g\n", total[0]);
  // CHECK-NEXT: sums: 1
  see("managed", [](auto... a) { managed(a...); }, 12);
  // CHECK-NEXT: managed: ran what is right, 0 wrong
  see("host", [](auto... a) { host(a...); }, 21);
  // CHECK-NEXT: host: ran what is right, 0 wrong
  see("work", [](auto... a) { work(a...); }, 7);
  // CHECK-NEXT: work: ran {{.*}}, 0 wrong
  see("thread", [](auto... a) { thread(a...); }, 31);
  // CHECK-NEXT: thread: ran what is right, 0 wrong
  see("weights", [](auto... a) { weights(a...); }, 9);
  // CHECK-NEXT: weights: ran {{.*}}, 0 wrong

  // No texture yet: there is nothing that could not be carried over.
  see("textured", [](auto... a) { textured(a...); }, 1);
  // CHECK-NEXT: textured: ran {{.*}}, 0 wrong
  image = reinterpret_cast<hipTextureObject_t>(0x1234500);
  auto once_more = [](int m, const float *from, float *to, hipStream_t s) { textured(m - 1, from, to, s), to[m - 1] = 6; };
  see("textured", once_more, 6);
  // CHECK-NEXT: tl: warning: textured: trials run inside the program, {{.*}}: image holds a handle, which means nothing in another process
  // CHECK-NEXT: textured: ran what is right, 0 wrong
  canvas = reinterpret_cast<hipSurfaceObject_t>(0x1234500);
  see("surfaced", [](auto... a) { surfaced(a...); }, 6);
  // CHECK-NEXT: tl: warning: surfaced(n=1000) runs its default config: no trials are possible: canvas holds a surface, through which trials would write to what cannot be copied
  // CHECK-NEXT: surfaced: ran what is right, 0 wrong
  history = {1, 2, 3};
  see("past", [](auto... a) { past(a...); }, 4);
  // CHECK-NEXT: tl: warning: past: trials run inside the program, {{.*}}: history is an object of a class that cannot be copied to another process
  // CHECK-NEXT: past: ran what is right, 0 wrong
  rows = {weight};
  see("listed", [](auto... a) { listed(a...); }, 9);
  // CHECK-NEXT: tl: warning: listed(n=1000) runs its default config: no trials are possible: rows leads to memory of the device by way of the host's, which trials could not be kept from changing
  // CHECK-NEXT: listed: ran what is right, 0 wrong
}


// TRIALS: mode=1|wrong|
// TRIALS: 8 of 8 elements of sums differ, the first is sums[0]: got 2, expected 1
