// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A signal handler jumps out of a first call for a GPU at each place where that waits, on a stand-in for
// libamdhip64: no process and no descriptor is left after the thread's next call.
//
// REQUIRES: hip
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: %gxx -O1 -shared -fPIC -w -Wl,-soname,libamdhip64.so.5 %S/Inputs/standin.cpp -o libamdhip64.so.5
// RUN: %clangxx -O1 %plugin %hip -I%S/Inputs %s -o program -x none %runtime_static -rdynamic \
// RUN:   libamdhip64.so.5 -Wl,-rpath,%t
// RUN: timeout 250 ./program > out
// RUN: FileCheck %s < out
// CHECK-NOT: LEFT
// CHECK: jumped at {{[1-9][0-9]*}} places, nothing left

#include <tl/autotune.h>

#include <hip/hip_runtime.h>

#include "../host/Inputs/jump_at_waits.h"
#include "standin.h"

#include <cstdlib>
#include <cstring>

using namespace tl::keywords;

enum class kind { right, endless, crashing };

struct scale_config {
  kind what = kind::right;
};

template <scale_config C> __global__ void scale_kernel(int n, const float *x, float *y) {
  const int i = int(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n)
    y[i] = 2 * x[i];
}

template <scale_config C = scale_config{}>
[[tl::autotune({.what = kind::right}, {.what = kind::endless}, {.what = kind::crashing}, timeout = 0.2, rep = 2,
               warmup = 0)]]
void scale(int n, const float *x, float *y, hipStream_t stream) {
  scale_kernel<C><<<dim3((n + 63) / 64), dim3(64), 0, stream>>>(n, x, y);
}

/// Enters the runtime, and tries nothing.
template <scale_config C = scale_config{}>
[[tl::autotune({.what = kind::right})]]
void untried(int n, const float *x, float *y, hipStream_t stream) {
  scale_kernel<C><<<dim3((n + 63) / 64), dim3(64), 0, stream>>>(n, x, y);
}

extern "C" void hip_standin_kernel(const char *name, const unsigned[3], const unsigned[3], std::size_t, void **arguments) {
  const int n = *static_cast<int *>(arguments[0]);
  const float *x = *static_cast<const float **>(arguments[1]);
  float *y = *static_cast<float **>(arguments[2]);
  const char *at = std::strstr(name, "kind");
  const auto what = static_cast<kind>(at ? std::atoi(at + 4) : 0);
  while (what == kind::endless)
    ::usleep(1000);
  if (what == kind::crashing)
    std::abort();
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
}

int main() {
  const int most = 1000;
  float *x = nullptr, *y = nullptr;
  hipStream_t stream = nullptr;
  if (hipMalloc(&x, most * sizeof *x) != hipSuccess || hipMalloc(&y, most * sizeof *y) != hipSuccess ||
      hipStreamCreateWithFlags(&stream, hipStreamNonBlocking) != hipSuccess)
    return 1;
  for (int i = 0; i < most; ++i)
    x[i] = 1, y[i] = -1;
  const int places = host::jump_at_waits([&](int i) { scale(500 + i, x, y, stream); },
                                         [&](int i) { untried(500 + i, x, y, stream); });
  if (places >= 0)
    std::printf("jumped at %d places, %s\n", places, y[7] == 2 ? "nothing left" : "WRONG");
}
