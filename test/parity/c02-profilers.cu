// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// C2, what takes the times on a device: events, a graph, CUPTI and the wall clock, in tl::bench and in a tuning
// session; none says less than what the kernel is bound to take (it waits for a time that it reads from the
// device's own clock). CUPTI is opened on demand; where there is none, that is said.
//
// REQUIRES: cuda
// RUN: %clangxx -O2 %cuda %plugin %s -o %t %runtime %cudalibs
// RUN: %if nvidia-gpu %{ %t 2>&1 | FileCheck %s %}
// Without the runtime library there is everything but CUPTI.
// RUN: %clangxx -O2 %cuda -DNO_FACTORY %s -o %t.alone %cudalibs
// RUN: %if nvidia-gpu %{ %t.alone | FileCheck %s --check-prefix=ALONE %}
// ALONE: cupti refused: tl::bench: profiler = cupti needs the runtime library, and this program is linked without it
// CHECK: event 20 samples, none below 200 us: 1
// CHECK: graph 20 samples, none below 200 us: 1
// CHECK: wall 20 samples, none below 200 us: 1
// CHECK: cupti {{20 samples, none below 200 us: 1|refused: tl::bench: profiler = cupti: libcupti.so is not here}}
// CHECK: session by event: not below 200 us: 1
// CHECK: session by graph: not below 200 us: 1
// CHECK: session by wall: not below 200 us: 1
// CHECK: session by cupti: not below 200 us: 1

#include <tl/autotune.h>
#include <tl/bench.h>
#ifndef NO_FACTORY
#include <tl/tuner.h>
#endif

#include <cstdio>
#include <stdexcept>

using namespace tl::keywords;

__global__ void wait_kernel(unsigned long long nanoseconds) {
  unsigned long long begin, now;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(begin));
  do
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
  while (now - begin < nanoseconds);
}

#ifndef NO_FACTORY
struct config {
  int threads = 32;
};
template <config C = config{}>
TL_AUTOTUNE({.threads = 32}, {.threads = 64}, warmup = 1, rep = 8, timeout = 20, skip_check = true)
void wait(int microseconds, cudaStream_t stream) {
  wait_kernel<<<1, C.threads, 0, stream>>>(1000ull * static_cast<unsigned>(microseconds));
}
#endif

int main() {
  cudaStream_t stream = nullptr;
  cudaStreamCreate(&stream);
  const auto report = [&](const char *name, tl::profiler_t profiler) {
    try {
      const tl::bench_result result = tl::bench([&] { wait_kernel<<<1, 1, 0, stream>>>(250'000); },
                                                {.warmup_ms = 1, .rep = 20, .profiler = profiler, .stream = stream});
      std::printf("%s %zu samples, none below 200 us: %d\n", name, result.samples_ns.size(), result.min_ns > 200e3);
    } catch (const std::invalid_argument &why) {
      std::printf("%s refused: %s\n", name, why.what());
    }
  };
  report("event", tl::profiler::event);
  report("graph", tl::profiler::graph);
  report("wall", tl::profiler::wall);
  report("cupti", tl::profiler::cupti);
#ifndef NO_FACTORY
  const auto session = [&](const char *name, tl::profiler_t profiler) {
    const tl::tuning_result found = tl::tuner(&wait<>).profiler(profiler).run(250, stream);
    std::printf("session by %s: not below 200 us: %d %s\n", name, found.latency_ns > 200e3, found.failure.c_str());
  };
  session("event", tl::profiler::event);
  session("graph", tl::profiler::graph);
  session("wall", tl::profiler::wall);
  session("cupti", tl::profiler::cupti);
#endif
  cudaStreamDestroy(stream);
}
