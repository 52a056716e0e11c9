// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tl::bench with each profiler on a device: samples are there, and none is shorter than what the
// kernel is bound to take (it waits for a time that it reads from the device's own clock).
//
// REQUIRES: cuda
// RUN: %clangxx -O2 %cuda %s -o %t %cudalibs
// RUN: %if nvidia-gpu %{ %t | %filecheck %s %}
// CHECK: event 20 samples, none below 200 us: 1
// CHECK: graph 20 samples, none below 200 us: 1
// CHECK: wall 20 samples, none below 200 us: 1
// CHECK: cupti refused

#include <tl/bench.h>

#include <cstdio>
#include <stdexcept>

__global__ void wait_kernel(unsigned long long nanoseconds) {
  unsigned long long begin, now;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(begin));
  do
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
  while (now - begin < nanoseconds);
}

int main() {
  cudaStream_t stream = nullptr;
  cudaStreamCreate(&stream);
  const auto report = [&](const char *name, tl::profiler_t profiler) {
    const tl::bench_result result = tl::bench([&] { wait_kernel<<<1, 1, 0, stream>>>(250'000); },
                                              {.warmup_ms = 1, .rep = 20, .profiler = profiler, .stream = stream});
    std::printf("%s %zu samples, none below 200 us: %d\n", name, result.samples_ns.size(), result.min_ns > 200e3);
  };
  report("event", tl::profiler::event);
  report("graph", tl::profiler::graph);
  report("wall", tl::profiler::wall);
  try {
    report("cupti", tl::profiler::cupti);
  } catch (const std::invalid_argument &) {
    std::puts("cupti refused");
  }
  cudaStreamDestroy(stream);
}
