// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "stress.h"

#include "procedures.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <string>

namespace tl::replay {
namespace {

/// Everything that a replay may vary.
struct condition {
  device_model model;
  double scale = 1;       ///< of all times
  double penalty = 0;     ///< mean of what a first call takes more, besides what was recorded
  double heavy_share = 0; ///< share of configs whose first call takes several times as long
  std::size_t size = 64;
};

struct line {
  std::string space;
  condition on;
  row result;
};

} // namespace

static condition draw_condition(std::size_t configs, std::mt19937_64 &random) {
  const auto uniform = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  const auto decades = [&](double low, double high) {
    return std::exp(uniform(std::log(low), std::log(high)));
  };
  condition c;
  c.model.noise = decades(0.0005, 0.01);
  c.model.outlier_share = uniform(0, 0.05);
  c.model.outlier_size = decades(0.02, 0.3);
  c.model.drift = uniform(0, 1) < 0.2 ? 0 : uniform(0.01, 0.05);
  c.model.drift_time = decades(0.1, 5);
  c.scale = decades(0.01, 100);
  c.penalty = uniform(0, 1) < 0.5 ? 0 : decades(0.01, 1);
  c.heavy_share = uniform(0, 1) < 0.5 ? 0 : uniform(0, 0.1);
  c.size = static_cast<std::size_t>(decades(
      16, static_cast<double>(std::max<std::size_t>(17, std::min<std::size_t>(configs, 1000)))));
  return c;
}

static recorded_space changed(recorded_space space, const condition &c, std::mt19937_64 &random) {
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  for (recorded_config &it : space.configs) {
    it.median_ns *= c.scale;
    if (c.penalty > 0)
      it.first_call += c.penalty * std::exp(0.3 * normal(random));
    if (uniform(random) < c.heavy_share)
      it.first_call += 1 + 2 * uniform(random);
  }
  return space;
}

stress_result print_stress(const std::vector<recorded_space> &spaces, int devices, int sessions,
                           unsigned threads) {
  std::vector<line> lines;
  stress_result mean;
  std::mt19937_64 random(1);
  for (const recorded_space &space : spaces)
    for (int i = 0; i < devices; ++i) {
      line it{space.name, draw_condition(space.configs.size(), random), {}};
      const recorded_space on = changed(space, it.on, random);
      it.result =
          repeat(on, it.on.size, sessions, threads, [&](const subset &s, std::uint64_t seed) {
            return run_race(s, it.on.model, seed);
          });
      const double share =
          1 / static_cast<double>(spaces.size() * static_cast<std::size_t>(devices));
      mean.hits += share * it.result.hits;
      mean.passes += share * it.result.passes;
      lines.push_back(std::move(it));
    }
  std::stable_sort(lines.begin(), lines.end(), [](const line &a, const line &b) {
    return a.result.hits - std::min(0.99, a.result.confidence) <
           b.result.hits - std::min(0.99, b.result.confidence);
  });
  std::printf(
      "# The race on other devices, %d sessions each\n\n"
      "| space | N | times x | noise [%%] | delayed [%%] | by [%%] | drift [%%] | memory [s] | "
      "first calls [%%] | heavy ones [%%] | P(within 1 %%) | stated | mean loss [%%] | passes "
      "| settling |\n"
      "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | "
      "---: | ---: | ---: |\n",
      sessions);
  for (const line &it : lines)
    std::printf(
        "| %s | %zu | %.3g | %.2f | %.1f | %.1f | %.1f | %.2f | %.1f | %.1f | %.4f | %.4f | "
        "%.3f | %.2f | %.2f |\n",
        it.space.c_str(), it.on.size, it.on.scale, 100 * it.on.model.noise,
        100 * it.on.model.outlier_share, 100 * it.on.model.outlier_size, 100 * it.on.model.drift,
        it.on.model.drift_time, 100 * it.on.penalty, 100 * it.on.heavy_share, it.result.hits,
        it.result.confidence, 100 * it.result.loss, it.result.passes, it.result.untimed);
  std::printf("| **mean** | | | | | | | | | | **%.4f** | | | **%.2f** | |\n", mean.hits,
              mean.passes);
  return mean;
}

} // namespace tl::replay
