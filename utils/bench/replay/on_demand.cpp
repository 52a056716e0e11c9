// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "on_demand.h"

#include "runtime/tuner/demand_search.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <limits>
#include <random>
#include <string>
#include <thread>
#include <unordered_map>

namespace tl::replay {
namespace {

constexpr std::size_t checkpoints[] = {150, 300}, batch_size = 16;
/// Noise of the one run that a search learns from (relative).
constexpr double run_noise = 0.02;

/// A recorded space as the product of its axes with a predicate.
class product {
public:
  explicit product(const recorded_space &from) {
    std::vector<const std::vector<double> *> points;
    for (const recorded_config &it : from.configs)
      points.push_back(&it.point);
    for (const std::vector<double> &it : from.failed_points)
      points.push_back(&it);
    const std::size_t count = points.empty() ? 0 : points.front()->size();
    std::vector<std::uint64_t> combinations(points.size(), 0);
    texts_.resize(count);
    for (std::size_t axis = 0; axis < count; ++axis) {
      std::vector<double> values;
      for (const std::vector<double> *const it : points)
        values.push_back((*it)[axis]);
      std::ranges::sort(values);
      values.erase(std::ranges::unique(values).begin(), values.end());
      const std::string name = "a" + std::to_string(axis) + "=";
      for (std::size_t i = 0; i < values.size(); ++i)
        texts_[axis] += (i ? "\n" : "") + name + std::to_string(i);
      items_ += (axis ? "\n" : "") + name + "0";
      for (std::size_t i = 0; i < points.size(); ++i)
        combinations[i] =
            combinations[i] * values.size() +
            static_cast<std::uint64_t>(std::ranges::lower_bound(values, (*points[i])[axis]) -
                                       values.begin());
      row_.combinations = std::max<std::uint64_t>(row_.combinations, 1) * values.size();
      axes_.push_back({texts_[axis].c_str(), static_cast<std::uint32_t>(values.size()),
                       static_cast<std::uint32_t>(axis)});
    }
    for (std::size_t i = 0; i < points.size(); ++i)
      times_[combinations[i]] = i < from.configs.size() ? from.configs[i].median_ns
                                                        : std::numeric_limits<double>::infinity();
    row_.struct_size = sizeof row_;
    row_.axis_count = row_.item_count = static_cast<std::uint32_t>(count);
    row_.axes = axes_.data();
    row_.items = items_.c_str();
    row_.space = this;
    row_.admits = [](const void *self, std::uint64_t it) {
      return static_cast<const product *>(self)->times_.contains(it);
    };
    factory_.struct_size = sizeof factory_;
    factory_.id = factory_.name = from.name.c_str();
    factory_.on_demand = &row_;
  }
  product(const product &) = delete;
  product &operator=(const product &) = delete;

  const tl_factory &factory() const { return factory_; }
  double time_ns(std::uint64_t combination) const { return times_.at(combination); }
  double best_ns() const {
    double best = std::numeric_limits<double>::infinity();
    for (const auto &[combination, time] : times_)
      best = std::min(best, time);
    return best;
  }

private:
  std::vector<std::string> texts_;
  std::string items_;
  std::vector<tl_axis> axes_;
  std::unordered_map<std::uint64_t, double> times_;
  tl_on_demand row_{};
  tl_factory factory_{};
};

struct outcome {
  double regret = 0;      ///< over the best of the space
  double proposal_ms = 0; ///< the search's own time for each config that it proposed
};

double processor_s() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

outcome run_session(const product &space, rt::measure::strategy how, std::size_t count,
                    std::uint64_t seed, double best_ns) {
  std::mt19937_64 random(0x9e3779b97f4a7c15u * (seed + 1));
  std::normal_distribution<double> normal;
  const rt::demand::combinations all(space.factory());
  const std::uint64_t first = all.draw(random).value_or(0);
  rt::demand_search search(all, how, count, {first}, random());
  double found = space.time_ns(first), seconds = 0;
  search.learn(first, found);
  std::vector<std::uint64_t> before;
  while (true) {
    const double since = processor_s();
    std::vector<std::uint64_t> batch = search.propose(batch_size);
    seconds += processor_s() - since;
    for (const std::uint64_t it : before)
      search.learn(it, space.time_ns(it) * std::exp(run_noise * normal(random)));
    if (batch.empty() && before.empty())
      break;
    for (const std::uint64_t it : batch)
      found = std::min(found, space.time_ns(it));
    before = std::move(batch);
  }
  return {found / best_ns - 1,
          1000 * seconds / static_cast<double>(std::max<std::size_t>(search.proposed(), 1))};
}

} // namespace

double print_on_demand(const std::vector<recorded_space> &spaces, int sessions, unsigned threads) {
  std::printf("# Searches of spaces that are never listed\n\n"
              "%d sessions per space, of how much slower than the space's best config the best of "
              "those is that were tried; %.0f %% of noise, batches of %zu, two of them under "
              "way.\n\n"
              "| space | configs | strategy | trials | median [%%] | mean [%%] | 90th percentile "
              "[%%] | within 5 %% | per proposal [ms] |\n"
              "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
              sessions, 100 * run_noise, batch_size);
  constexpr struct {
    const char *name;
    rt::measure::strategy how;
  } strategies[] = {{"random", rt::measure::strategy::random},
                    {"local", rt::measure::strategy::local},
                    {"model", rt::measure::strategy::model}};
  double within = 0;
  for (const recorded_space &from : spaces) {
    const product space(from);
    const double best_ns = space.best_ns();
    for (const auto &[name, how] : strategies)
      for (const std::size_t count : checkpoints) {
        std::vector<outcome> all(static_cast<std::size_t>(sessions));
        std::atomic<int> next{0};
        std::vector<std::thread> pool;
        for (unsigned i = 0; i < threads; ++i)
          pool.emplace_back([&, strategy = how] {
            for (int k; (k = next++) < sessions;)
              all[static_cast<std::size_t>(k)] =
                  run_session(space, strategy, count, static_cast<std::uint64_t>(k), best_ns);
          });
        for (std::thread &it : pool)
          it.join();
        std::ranges::sort(all, {}, &outcome::regret);
        double mean = 0, good = 0, own_ms = 0;
        for (const outcome &it : all) {
          mean += it.regret / static_cast<double>(all.size());
          own_ms += it.proposal_ms / static_cast<double>(all.size());
          good += it.regret <= 0.05 ? 1 / static_cast<double>(all.size()) : 0;
        }
        std::printf("| %s | %zu | %s | %zu | %.2f | %.2f | %.2f | %.2f | %.2f |\n",
                    from.name.c_str(), from.configs.size() + from.failed_points.size(), name, count,
                    100 * all[all.size() / 2].regret, 100 * mean,
                    100 * all[all.size() * 9 / 10].regret, good, own_ms);
        if (how == rt::measure::strategy::model && count == checkpoints[1])
          within += good / static_cast<double>(spaces.size());
      }
  }
  return within;
}

} // namespace tl::replay
