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

static double uniform(std::mt19937_64 &random, double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(random);
}

static double decades(std::mt19937_64 &random, double low, double high) {
  return std::exp(uniform(random, std::log(low), std::log(high)));
}

static std::size_t draw_size(std::size_t configs, std::mt19937_64 &random) {
  return static_cast<std::size_t>(decades(
      random, 16,
      static_cast<double>(std::max<std::size_t>(17, std::min<std::size_t>(configs, 1000)))));
}

static condition draw_condition(std::size_t configs, std::mt19937_64 &random) {
  condition c;
  c.model.noise = decades(random, 0.0005, 0.01);
  c.model.outlier_share = uniform(random, 0, 0.05);
  c.model.outlier_size = decades(random, 0.02, 0.3);
  c.model.drift = uniform(random, 0, 1) < 0.2 ? 0 : uniform(random, 0.01, 0.05);
  c.model.drift_time = decades(random, 0.1, 5);
  c.scale = decades(random, 0.01, 100);
  c.penalty = uniform(random, 0, 1) < 0.5 ? 0 : decades(random, 0.01, 1);
  c.heavy_share = uniform(random, 0, 1) < 0.5 ? 0 : uniform(random, 0, 0.1);
  c.size = draw_size(configs, random);
  return c;
}

/// Short kernels. The first call's share is each config's own; see `changed`.
static condition draw_brief(const recorded_space &space, std::mt19937_64 &random) {
  std::vector<double> times;
  for (const recorded_config &it : space.configs)
    times.push_back(it.median_ns);
  std::sort(times.begin(), times.end());
  // Which config it is that takes 10 to 20 us: any of the faster half.
  const double typical =
      times[static_cast<std::size_t>(uniform(random, 0, 0.5) * static_cast<double>(times.size()))];
  condition c;
  c.model.noise = uniform(random, 0.05, 0.07);
  c.model.outlier_share = uniform(random, 0, 0.03);
  c.model.outlier_size = decades(random, 0.05, 0.3);
  c.model.drift = uniform(random, 0, 1) < 0.3 ? 0 : uniform(random, 0.01, 0.03);
  c.model.drift_time = decades(random, 0.1, 5);
  c.model.timer_ns = uniform(random, 500, 2000);
  c.scale = uniform(random, 10e3, 20e3) / typical;
  c.heavy_share = 1;
  c.size = draw_size(std::min<std::size_t>(space.configs.size(), 300), random);
  return c;
}

static recorded_space changed(recorded_space space, const condition &c, devices which,
                              std::mt19937_64 &random) {
  std::normal_distribution<double> normal;
  for (recorded_config &it : space.configs) {
    it.median_ns *= c.scale;
    if (which == devices::brief) {
      it.first_call = uniform(random, 2, 3.4);
      continue;
    }
    if (c.penalty > 0)
      it.first_call += c.penalty * std::exp(0.3 * normal(random));
    if (uniform(random, 0, 1) < c.heavy_share)
      it.first_call += 1 + 2 * uniform(random, 0, 1);
  }
  return space;
}

/// How far the hits of a device fall short of what was stated.
static double shortfall(const line &it) {
  return it.result.hits - std::min(0.99, it.result.confidence);
}

static void print_lines(const std::vector<line> &lines, int sessions) {
  std::printf(
      "# The race on other devices, %d sessions each\n\n"
      "| space | N | times x | noise [%%] | delayed [%%] | by [%%] | drift [%%] | memory [s] | "
      "timer [us] | first calls [%%] | heavy ones [%%] | P(within 1 %%) | stated | of those that "
      "state 0.99 | mean loss [%%] | passes | settling | launches [s] |\n"
      "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | "
      "---: | ---: | ---: | ---: | ---: |\n",
      sessions);
  for (const line &it : lines)
    std::printf("| %s | %zu | %.3g | %.2f | %.1f | %.1f | %.1f | %.2f | %.1f | %.1f | %.1f | %.4f "
                "| %.4f | %d / %d | %.3f | %.2f | %.2f | %.3f |\n",
                it.space.c_str(), it.on.size, it.on.scale, 100 * it.on.model.noise,
                100 * it.on.model.outlier_share, 100 * it.on.model.outlier_size,
                100 * it.on.model.drift, it.on.model.drift_time, 1e-3 * it.on.model.timer_ns,
                100 * it.on.penalty, 100 * it.on.heavy_share, it.result.hits, it.result.confidence,
                it.result.sure_hits, it.result.sure, 100 * it.result.loss, it.result.passes,
                it.result.untimed, it.result.timed_s);
}

/// `lines` and `by_space`, where given, receive what to print.
static stress_result run_stress(const std::vector<recorded_space> &spaces, devices which,
                                int number, int sessions, unsigned threads,
                                const race_change &change, std::vector<line> *lines,
                                std::string *by_space, int &sure) {
  stress_result total;
  std::mt19937_64 random(1);
  int sure_hits = 0;
  for (const recorded_space &space : spaces) {
    int sure_here = 0, hits_here = 0;
    for (int i = 0; i < number; ++i) {
      line it{space.name,
              which == devices::brief ? draw_brief(space, random)
                                      : draw_condition(space.configs.size(), random),
              {}};
      const recorded_space on = changed(space, it.on, which, random);
      it.result =
          repeat(on, it.on.size, sessions, threads, [&](const subset &s, std::uint64_t seed) {
            return run_race(s, it.on.model, seed, change);
          });
      const double share =
          1 / static_cast<double>(spaces.size() * static_cast<std::size_t>(number));
      total.hits += share * it.result.hits;
      total.passes += share * it.result.passes;
      total.timed_s += share * it.result.timed_s;
      total.worst = std::min(total.worst, it.result.hits);
      sure_here += it.result.sure;
      hits_here += it.result.sure_hits;
      if (lines)
        lines->push_back(std::move(it));
    }
    const double kept = sure_here > 0 ? static_cast<double>(hits_here) / sure_here : 1;
    total.worst_sure_hits = std::min(total.worst_sure_hits, kept);
    sure += sure_here;
    sure_hits += hits_here;
    char text[160];
    std::snprintf(text, sizeof text, "| %s | %d | %.4f |\n", space.name.c_str(), sure_here, kept);
    if (by_space)
      *by_space += text;
  }
  total.sure_hits = sure > 0 ? static_cast<double>(sure_hits) / sure : 1;
  return total;
}

stress_result measure_stress(const std::vector<recorded_space> &spaces, devices which, int number,
                             int sessions, unsigned threads, const race_change &change) {
  int sure = 0;
  return run_stress(spaces, which, number, sessions, threads, change, nullptr, nullptr, sure);
}

stress_result print_stress(const std::vector<recorded_space> &spaces, devices which, int number,
                           int sessions, unsigned threads) {
  std::vector<line> lines;
  std::string by_space;
  int sure = 0;
  const stress_result total =
      run_stress(spaces, which, number, sessions, threads, {}, &lines, &by_space, sure);
  std::stable_sort(lines.begin(), lines.end(),
                   [](const line &a, const line &b) { return shortfall(a) < shortfall(b); });
  print_lines(lines, sessions);
  std::printf("\nP(within 1 %%): mean %.4f, worst device %.4f; %.2f passes\n\n"
              "| space | sessions that state 0.99 or more | of these within 1 %% |\n"
              "| --- | ---: | ---: |\n%s| **all** | %d | **%.4f** |\n",
              total.hits, total.worst, total.passes, by_space.c_str(), sure, total.sure_hits);
  return total;
}

} // namespace tl::replay
