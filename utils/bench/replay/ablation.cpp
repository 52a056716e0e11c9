// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "ablation.h"

#include "procedures.h"
#include "stress.h"

#include <algorithm>
#include <cstdio>
#include <limits>

namespace tl::replay {

namespace measure = rt::measure;

void print_ablation(const std::vector<recorded_space> &spaces, int sessions, unsigned threads) {
  using options = measure::race_options;
  const struct {
    const char *name;
    race_change change;
  } cases[] = {
      {"nothing", {}},
      {"settling", [](options &o) { o.settle_ns = 0; }},
      {"first calls as observations", [](options &o) { o.parts.first_calls = false; }},
      {"drift", [](options &o) { o.parts.drift = false; }},
      {"delayed samples trusted less", [](options &o) { o.parts.delays = false; }},
      {"levels drawn to the middle", [](options &o) { o.parts.shrinkage = false; }},
      {"a variant's own delays", [](options &o) { o.parts.own_delays = false; }},
      {"the leader in between", [](options &o) { o.parts.mixed_leader = false; }},
      {"40 launches of the winner", [](options &o) { o.parts.proof = false; }},
      {"an end by passes", [](options &o) { o.passes = std::numeric_limits<double>::infinity(); }},
      {"seconds beside passes", [](options &o) { o.cheap_ns = 0; }},
      {"longer samples where noisy", [](options &o) { o.longest_sample_ns = o.least_sample_ns; }},
  };
  device_model drifting;
  drifting.drift = 0.03;
  std::printf("# The race with one part left out\n\n"
              "Printed by `utils/bench/replay --ablation`. Recorded spaces: %d sessions of 64 "
              "configs each, drift 3 %%. Short kernels: %d sessions on each of two made-up devices "
              "per space (10 to 20 us, 5 to 7 %% noise, first calls 2 to 3.4 times as long). Sure: "
              "the share of sessions within 1 %% among those that state 0.99.\n\n"
              "| left out | P(within 1 %%) | worst space | sure | passes | short: P(within 1 %%) | "
              "worst device | sure | launches [s] |\n"
              "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
              sessions, std::max(1, sessions / 2));
  for (const auto &it : cases) {
    double hits = 0, worst = 1, passes = 0;
    int sure = 0, sure_hits = 0;
    for (const recorded_space &space : spaces) {
      const row r = repeat(space, 64, sessions, threads, [&](const subset &s, std::uint64_t seed) {
        return run_race(s, drifting, seed, it.change);
      });
      hits += r.hits / static_cast<double>(spaces.size());
      passes += r.passes / static_cast<double>(spaces.size());
      worst = std::min(worst, r.hits);
      sure += r.sure;
      sure_hits += r.sure_hits;
    }
    const stress_result brief =
        measure_stress(spaces, devices::brief, 2, std::max(1, sessions / 2), threads, it.change);
    std::printf("| %s | %.4f | %.4f | %.4f | %.2f | %.4f | %.4f | %.4f | %.3f |\n", it.name, hits,
                worst, sure > 0 ? static_cast<double>(sure_hits) / sure : 1, passes, brief.hits,
                brief.worst, brief.sure_hits, brief.timed_s);
    std::fflush(stdout);
  }
}

} // namespace tl::replay
