// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Launch descriptions on a stand-in for libamdhip64 (test/hip/Inputs): every kernel's LDS is checked
// against the limit that the device reports, cooperative launches against what is resident at once,
// and what only CUDA has makes a variant infeasible, with the reason. None of these is launched.
//
// REQUIRES: hip
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: %gxx -O1 -shared -fPIC -w -Wl,-soname,libamdhip64.so.5 %S/Inputs/standin.cpp -o libamdhip64.so.5
// RUN: %clangxx -O1 %plugin %hip -I%S/Inputs %s -o program -x none %runtime_static -rdynamic \
// RUN:   libamdhip64.so.5 -Wl,-rpath,%t
// RUN: ./program 2>&1 | %filecheck %s
// RUN: %trials > trials
// RUN: FileCheck %s --check-prefix=TRIALS --input-file=trials
// RUN: %sql "select json_extract(resources, '$.kernels[0].static_shared_bytes'), json_extract(resources, '$.kernels[0].dynamic_shared_bytes'), json_extract(resources, '$.kernels[0].registers'), json_extract(resources, '$.kernels[0].occupancy') from trials where config like '%%plain%%'" \
// RUN:   | FileCheck %s --check-prefix=RESOURCES

#include <tl/autotune.h>
#include <tl/tma.h>

#include <hip/hip_runtime.h>

#include "standin.h"

#include <cstdio>
#include <cstring>
#include <exception>
#include <unistd.h>

using namespace tl::keywords;

template <int Unroll> __global__ void twice_kernel(int n, const float *x, float *y) {
  __shared__ float padding[1000];
  padding[threadIdx.x] = 2;
  __syncthreads();
  for (int i = int(blockIdx.x * blockDim.x + threadIdx.x); i < n; i += int(gridDim.x * blockDim.x))
    y[i] = padding[threadIdx.x] * x[i];
}

extern "C" std::size_t hip_standin_static_shared(const char *name) {
  return std::strstr(name, "twice_kernel") ? 4000 : 0;
}

extern "C" void hip_standin_kernel(const char *, const unsigned[3], const unsigned[3], std::size_t, void **arguments) {
  const int n = *static_cast<int *>(arguments[0]);
  ::usleep(3000); // all alike, so that none is cut short for its speed
  for (int i = 0; i < n; ++i)
    (*static_cast<float **>(arguments[2]))[i] = 2 * (*static_cast<const float **>(arguments[1]))[i];
}

enum class wish { plain, lds, threads, cooperative, crowd, cluster, pdl, priority, window, second };
struct twice_config {
  wish of = wish::plain;
};
using twice_launch = tl::kernel<void(const float *, float *)>;

template <twice_config C = twice_config{}>
[[tl::autotune({.of = wish::plain}, {.of = wish::lds}, {.of = wish::threads}, {.of = wish::cooperative},
               {.of = wish::crowd}, {.of = wish::cluster}, {.of = wish::pdl}, {.of = wish::priority},
               {.of = wish::window}, rep = 2)]]
twice_launch twice(int n) {
  twice_launch made(twice_kernel<int(C.of)>, n);
  made.grid(4).block(C.of == wish::threads ? 1025 : 64).shared(C.of == wish::lds ? 62000 : 1024);
  switch (C.of) {
  case wish::cooperative:
    return made.cooperative();
  case wish::crowd:
    return made.grid(1000).cooperative();
  case wish::cluster:
    return made.cluster(2);
  case wish::pdl:
    return made.pdl();
  case wish::priority:
    return made.priority(-1);
  case wish::window:
    return made.l2_persist(0, 4096, 1.0f);
  default:
    return made;
  }
}

template <class F> void expect(const char *what, F run) {
  try {
    run();
    std::printf("%s: runs\n", what);
  } catch (const tl::infeasible &error) {
    std::printf("%s: infeasible: %s\n", what, error.what());
  } catch (const std::exception &error) {
    std::printf("%s: %s\n", what, error.what());
  }
}

int main() {
  const int n = 512;
  float *x = nullptr, *y = nullptr;
  if (hipMalloc(&x, n * sizeof *x) != hipSuccess || hipMalloc(&y, n * sizeof *y) != hipSuccess)
    return 1;
  for (int i = 0; i < n; ++i)
    x[i] = float(i);

  // The check is each kernel's own, and comes before its first launch, not only before a factory's.
  twice_launch first(twice_kernel<0>, n), second(twice_kernel<int(wish::second)>, n);
  expect("first", [&] { first.grid(1).block(64).shared(61536)(x, y); });
  expect("second", [&] { second.grid(1).block(64).shared(61537)(x, y); });
  expect("tma", [&] {
    twice_launch mapped(twice_kernel<0>, n);
    mapped.grid(1).block(64).tma<0>(tl::tma_tiled{.dims = {n}, .box = {64}})(x, y);
  });
  // What the runtime refuses itself.
  hip_standin_fail("hipLaunchKernel", 1, hipErrorInvalidConfiguration);
  expect("refused", [&] { first(x, y); });
  hip_standin_fail("hipLaunchKernel", 1, hipErrorIllegalAddress);
  expect("failed", [&] { first(x, y); });
  std::printf("pending: %d\n", int(hipGetLastError()));
  std::printf("second was launched: %d\n", std::strstr(hip_standin_calls(), "61537, null)") != nullptr);

  auto run = twice(n);
  run(x, y);
  std::printf("%s\n", y[n - 1] == 2 * float(n - 1) ? "right" : "wrong");
}

// CHECK: first: runs
// CHECK-NEXT: second: infeasible: needs 61537 bytes of dynamic and 4000 bytes of static shared memory (LDS) in a block, the device allows 65536 bytes
// CHECK-NEXT: tma: infeasible: needs tensor maps (TMA), which HIP does not have
// CHECK-NEXT: refused: infeasible: kernel launch: hipErrorInvalidConfiguration (9): says the stand-in
// CHECK-NEXT: failed: kernel launch: hipErrorIllegalAddress (700): says the stand-in
// CHECK-NEXT: pending: 0
// CHECK-NEXT: second was launched: 0
// CHECK-NEXT: right

// TRIALS-DAG: of=cluster|infeasible|needs clusters of thread blocks, which HIP does not have
// TRIALS-DAG: of=crowd|infeasible|a cooperative launch of 1000 blocks, and {{[0-9]+}} are resident at once
// TRIALS-DAG: of=lds|infeasible|needs 62000 bytes of dynamic and 4000 bytes of static shared memory (LDS) in a block, the device allows 65536 bytes
// TRIALS-DAG: of=pdl|infeasible|needs programmatic dependent launch, which HIP does not have
// TRIALS-DAG: of=plain|measured|
// TRIALS-DAG: of=cooperative|{{measured|cut}}|
// TRIALS-DAG: of=priority|infeasible|needs a priority of a launch, which HIP does not have
// TRIALS-DAG: of=threads|infeasible|a block of 1025 threads, the kernel (24 registers a thread) allows 1024
// TRIALS-DAG: of=window|infeasible|needs an L2 persistence window, which HIP does not have

// RESOURCES: 4000|1024|24|
