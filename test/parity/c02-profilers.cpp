// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// C2, what takes the times: on the CPU the wall clock, which is also the default; the devices' profilers are
// refused by tl::bench and reported by a tuning session. On a device: c02-profilers.cu.
//
// RUN: %clangxx -O1 %s -o %t
// RUN: %t | %filecheck %s
// CHECK: default 5 samples
// CHECK: wall 5 samples
// CHECK: event: tl::bench: the CPU has one profiler, wall
// CHECK: graph: tl::bench: the CPU has one profiler, wall
// CHECK: cupti: tl::bench: the CPU has one profiler, wall

#include <tl/bench.h>

#include <cstdio>
#include <stdexcept>

int main() {
  const auto report = [](const char *name, tl::profiler_t profiler) {
    try {
      std::printf("%s %zu samples\n", name, tl::bench([] {}, {.warmup_ms = 0, .rep = 5, .profiler = profiler}).samples_ns.size());
    } catch (const std::invalid_argument &why) {
      std::printf("%s: %s\n", name, why.what());
    }
  };
  std::printf("default %zu samples\n", tl::bench([] {}, {.warmup_ms = 0, .rep = 5}).samples_ns.size());
  report("wall", tl::profiler::wall);
  report("event", tl::profiler::event);
  report("graph", tl::profiler::graph);
  report("cupti", tl::profiler::cupti);
}
