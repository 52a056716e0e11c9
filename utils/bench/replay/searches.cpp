// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "searches.h"

#include "runtime/measure/search.h"
#include "runtime/measure/statistics.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <limits>
#include <random>
#include <thread>

namespace tl::replay {

namespace measure = rt::measure;

static constexpr std::size_t checkpoints[] = {50, 100, 200};
/// Noise of the one run that a search learns from (relative).
static constexpr double run_noise = 0.02;

namespace {
struct regrets {
  std::vector<double> at[std::size(checkpoints)]; ///< of sessions, over the best of the space
  double seconds = 0, proposals = 0;
};
} // namespace

/// Time that the calling thread has used [s]; the machine may have more to do.
static double processor_s() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// The points of a space, those of the failing configs after the working ones.
static measure::search_space space_of(const recorded_space &from) {
  measure::search_space space;
  for (const recorded_config &it : from.configs)
    space.points.push_back(it.point);
  for (const std::vector<double> &it : from.failed_points)
    space.points.push_back(it);
  return space;
}

static void run_session(const recorded_space &from, measure::strategy how, std::size_t count,
                        std::size_t batch_size, std::uint64_t seed, double best_ns,
                        std::vector<double> &regret, double &seconds, double &proposals) {
  std::mt19937_64 random(0x9e3779b97f4a7c15u * (seed + 1));
  std::normal_distribution<double> normal;
  measure::search_space space = space_of(from);
  space.default_variant = static_cast<std::uint32_t>(random() % from.configs.size());
  double since = processor_s();
  measure::search search(how, count, std::move(space), random());
  seconds += processor_s() - since;
  double found = std::numeric_limits<double>::infinity();
  while (true) {
    since = processor_s();
    const std::vector<std::uint32_t> batch = search.propose(batch_size);
    seconds += processor_s() - since;
    proposals += static_cast<double>(batch.size());
    if (batch.empty())
      break;
    for (const std::uint32_t v : batch) {
      const bool works = v < from.configs.size();
      if (works)
        found = std::min(found, from.configs[v].median_ns);
      search.learn(v, works ? from.configs[v].median_ns * std::exp(run_noise * normal(random))
                            : std::numeric_limits<double>::infinity());
    }
  }
  regret.push_back(found / best_ns - 1);
}

static regrets repeat(const recorded_space &space, measure::strategy how, int sessions,
                      unsigned threads) {
  double best = std::numeric_limits<double>::infinity();
  for (const recorded_config &it : space.configs)
    best = std::min(best, it.median_ns);
  std::vector<regrets> of(static_cast<std::size_t>(sessions));
  std::atomic<int> next{0};
  std::vector<std::thread> pool;
  for (unsigned i = 0; i < threads; ++i)
    pool.emplace_back([&] {
      for (int k; (k = next++) < sessions;) {
        regrets &r = of[static_cast<std::size_t>(k)];
        // A session of its own for each count, since a search plans for it.
        for (std::size_t c = 0; c < std::size(checkpoints); ++c)
          run_session(space, how, checkpoints[c], 8, static_cast<std::uint64_t>(k), best, r.at[c],
                      r.seconds, r.proposals);
      }
    });
  for (std::thread &it : pool)
    it.join();
  regrets all;
  for (const regrets &r : of) {
    for (std::size_t c = 0; c < std::size(checkpoints); ++c)
      all.at[c].insert(all.at[c].end(), r.at[c].begin(), r.at[c].end());
    all.seconds += r.seconds;
    all.proposals += r.proposals;
  }
  return all;
}

search_result print_searches(const std::vector<recorded_space> &spaces, int sessions,
                             unsigned threads) {
  std::printf("# Searches over recorded spaces\n\n"
              "Median over %d sessions per space of how much slower than the space's best config "
              "the best of those is that were tried. A search learns each config's recorded "
              "median with %.0f %% of noise; configs that fail count as trials.\n\n"
              "| space | configs | strategy | after 50 [%%] | after 100 [%%] | after 200 [%%] | "
              "within 5 %% after 200 | per proposal [ms] |\n"
              "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |\n",
              sessions, 100 * run_noise);
  search_result result;
  std::vector<double> all[3][std::size(checkpoints)];
  constexpr struct {
    measure::strategy how;
    const char *name;
  } strategies[] = {{measure::strategy::random, "random"},
                    {measure::strategy::local, "local"},
                    {measure::strategy::model, "model"}};
  for (const recorded_space &space : spaces)
    for (std::size_t s = 0; s < std::size(strategies); ++s) {
      const regrets r = repeat(space, strategies[s].how, sessions, threads);
      double within = 0, median[std::size(checkpoints)];
      for (const double it : r.at[2])
        within += (it <= 0.05) / static_cast<double>(sessions);
      for (std::size_t c = 0; c < std::size(checkpoints); ++c) {
        median[c] = measure::median(r.at[c]);
        all[s][c].insert(all[s][c].end(), r.at[c].begin(), r.at[c].end());
      }
      const double ms = 1e3 * r.seconds / r.proposals;
      if (strategies[s].how == measure::strategy::model) {
        result.within_5 = std::min(result.within_5, within);
        result.proposal_ms = std::max(result.proposal_ms, ms);
      }
      std::printf("| %s | %zu | %s | %.1f | %.1f | %.1f | %.3f | %.2f |\n", space.name.c_str(),
                  space.configs.size() + space.failures.size(), strategies[s].name, 100 * median[0],
                  100 * median[1], 100 * median[2], within, ms);
      std::fflush(stdout);
    }
  double at_100[3] = {};
  for (std::size_t s = 0; s < std::size(strategies); ++s) {
    double median[std::size(checkpoints)], within = 0;
    for (std::size_t c = 0; c < std::size(checkpoints); ++c)
      median[c] = measure::median(all[s][c]);
    for (const double it : all[s][2])
      within += (it <= 0.05) / static_cast<double>(all[s][2].size());
    at_100[s] = median[1];
    std::printf("| **all** | | **%s** | **%.1f** | **%.1f** | **%.1f** | **%.3f** | |\n",
                strategies[s].name, 100 * median[0], 100 * median[1], 100 * median[2], within);
  }
  result.model_over_local = at_100[1] > 0 ? at_100[2] / at_100[1] : 0;
  return result;
}

} // namespace tl::replay
