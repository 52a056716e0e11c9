// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tl::tuner and tl::prepare on an eager factory through the plugin: `&dot<float>` leads to the factory,
// options replace the attribute's, a result is saved, loaded in another process and called; nothing is
// written to the caller's data.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t tune %t.json | %filecheck %s --check-prefix=TUNE
// TUNE: winner chunk={{[48]}}, 3 trials, default slower 1, reference timed 1, problem n=1000
// TUNE: chunk=1 measured
// TUNE: data untouched
// RUN: %t load %t.json | %filecheck %s --check-prefix=LOAD
// LOAD: loaded chunk={{[48]}} gives 3000
// A stored winner needs no trial.
// RUN: env TL_TUNE=require %t prepare | %filecheck %s --check-prefix=PREPARE
// PREPARE: prepared chunk={{[48]}} gives 3000
// RUN: env TL_TUNE=off %t tune %t.json | %filecheck %s --check-prefix=OFF
// OFF: failure: TL_TUNE does not allow trials
//
// Without the plugin there is no factory to tune, and prepare() gives the default config.
// RUN: %clangxx -O2 %s -o %t.plain %runtime
// RUN: %t.plain prepare | %filecheck %s --check-prefix=PLAIN
// PLAIN: prepared  gives 3000
// RUN: %t.plain tune %t.json | %filecheck %s --check-prefix=NONE
// NONE: is no factory

#include <tl/autotune.h>
#include <tl/tuner.h>

#include <cstdio>
#include <cstring>
#include <vector>

using namespace tl::keywords;

struct dot_config {
  int chunk = 1;
};
inline constexpr auto dot_space = tl::space<dot_config>().axis(&dot_config::chunk, {1, 4, 8});

template <class T, dot_config C = dot_config{}>
TL_AUTOTUNE(configs = dot_space, timeout = 10)
void dot(int n, tl::in<T> a, tl::in<T> b, tl::inout<T> sum) {
  volatile int delay = 0;
  T total = 0;
  for (int i = 0; i < n; i += C.chunk) {
    for (int j = 0; C.chunk == 1 && j < 100; ++j)
      delay = delay + 1;
    for (int j = i; j < i + C.chunk && j < n; ++j)
      total += a.data()[j] * b.data()[j];
  }
  sum.data()[0] += total;
}

static void reference_dot(int n, tl::in<float> a, tl::in<float> b, tl::inout<float> sum) {
  for (int i = 0; i < n; ++i)
    sum.data()[0] += a.data()[i] * b.data()[i];
}

int main(int argc, char **argv) {
  constexpr int n = 1000;
  std::vector<float> a(n, 1), b(n, 3), sum(1, 0);
  if (!std::strcmp(argv[1], "tune")) {
    try {
      const tl::tuning_result found =
          tl::tuner(&dot<float>).reference(&reference_dot).rep(12).timeout(5).run(n, a, b, sum);
      if (!found.ok()) {
        std::printf("failure: %s\n", found.failure.c_str());
        return 0;
      }
      std::printf("winner %s, %zu trials, default slower %d, reference timed %d, problem %s\n", found.config.c_str(),
                  found.trials.size(), found.default_latency_ns > found.latency_ns, found.reference_latency_ns > 0,
                  found.problem.c_str());
      for (const tl::trial_result &it : found.trials)
        if (it.config == "chunk=1")
          std::printf("%s %s\n", it.config.c_str(), it.status == "cut" ? "measured" : it.status.c_str());
      std::puts(sum[0] == 0 ? "data untouched" : "data written");
      found.save(argv[2]);
    } catch (const std::invalid_argument &error) {
      std::puts(error.what());
    }
  } else if (!std::strcmp(argv[1], "load")) {
    const tl::tuning_result loaded = tl::tuning_result::load(argv[argc - 1]);
    auto best = loaded.callable(&dot<float>);
    best(n, a, b, sum);
    std::printf("loaded %s gives %g\n", loaded.config.c_str(), static_cast<double>(sum[0]));
  } else {
    const auto run = tl::prepare(&dot<float>, n, a, b, sum);
    run(n, a, b, sum);
    std::printf("prepared %s gives %g\n", run.config().c_str(), static_cast<double>(sum[0]));
  }
}
