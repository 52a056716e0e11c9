// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// E12, what a variant needs of a device: registers, spills (local bytes), static and dynamic shared memory and
// occupancy are in the result and in the store, for each kernel. The machine code itself is the toolkit's matter.
//
// REQUIRES: cuda
// RUN: %clangxx -O2 %cuda %plugin %s -o %t %runtime %cudalibs
// RUN: %if nvidia-gpu %{ %t | %filecheck %s %}
// RUN: %if nvidia-gpu %{ %sql "select config, resources from trials order by config" | FileCheck %s --check-prefix=STORED %}
// CHECK: spills=false: registers yes, local 0, static 512, dynamic 2048, occupancy yes
// CHECK: spills=true: registers yes, local more, static 512, dynamic 2048, occupancy yes
// STORED: spills=false|{{.*"registers"}}
// STORED: spills=true|{{.*"registers"}}

#include <tl/autotune.h>
#include <tl/tuner.h>

#include <cuda_runtime.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

using namespace tl::keywords;

struct config {
  bool spills = false;
};

/// An array that is indexed by what is only known at run time lies in local memory.
template <config C> __global__ void rotate(int n, const float *from, float *to) {
  extern __shared__ float dynamic[];
  __shared__ float fixed[128];
  fixed[threadIdx.x] = from[threadIdx.x];
  dynamic[threadIdx.x] = 0;
  __syncthreads();
  const int shift = n / 3;
  if constexpr (C.spills) {
    float local[64];
    for (int i = 0; i < 64; ++i)
      local[(i * shift) % 64] = fixed[i];
    to[threadIdx.x] = local[(threadIdx.x + static_cast<unsigned>(shift)) % 64] * 0 + fixed[threadIdx.x] + dynamic[threadIdx.x];
  } else {
    to[threadIdx.x] = fixed[threadIdx.x] + dynamic[threadIdx.x];
  }
}

using launch = tl::kernel<void(tl::in<float>, tl::out<float>)>;
template <config C = config{}>
TL_AUTOTUNE({.spills = false}, {.spills = true}, supply = tl::supply::uniform, timeout = 20, warmup = 1, rep = 6)
launch rotated(int n) {
  return launch(&rotate<C>, n).grid(1).block(128).shared(2048).template extent<0>(n).template extent<1>(n);
}

/// The number behind a name, -1: it is not there.
static double number(const std::string &json, const std::string &name) {
  const std::size_t at = json.find("\"" + name + "\":");
  return at == std::string::npos ? -1 : std::atof(json.c_str() + at + name.size() + 3);
}

int main() {
  const tl::tuning_result found = tl::tuner(&rotated<>).run(128);
  if (!found.ok())
    std::printf("failure: %s\n", found.failure.c_str());
  for (const char *name : {"spills=false", "spills=true"}) {
    const tl::trial_result *trial = found.trial(name);
    const std::string json = trial ? trial->resources : "";
    const double local = number(json, "local_bytes");
    std::printf("%s: registers %s, local %s, static %g, dynamic %g, occupancy %s\n", name, number(json, "registers") > 0 ? "yes" : "no",
                local == 0 ? "0" : local > 0 ? "more" : "unknown", number(json, "static_shared_bytes"),
                number(json, "dynamic_shared_bytes"), number(json, "occupancy") > 0 ? "yes" : "no");
  }
}
