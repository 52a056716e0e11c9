// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "procedures.h"

#include "runtime/measure/race.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <numeric>
#include <thread>

namespace tl::replay {

namespace measure = rt::measure;

subset draw(const recorded_space &space, std::size_t wanted, std::mt19937_64 &random) {
  const std::size_t all = space.configs.size() + space.failures.size();
  std::vector<std::size_t> order(all);
  std::iota(order.begin(), order.end(), std::size_t{0});
  subset result;
  const std::size_t valid = std::min(wanted, space.configs.size());
  for (std::size_t i = 0; result.valid.size() < valid; ++i) {
    std::swap(order[i], order[i + random() % (all - i)]);
    if (order[i] < space.configs.size()) {
      result.valid.push_back(static_cast<std::uint32_t>(result.variants.size()));
      result.variants.push_back(&space.configs[order[i]]);
      const double median = result.variants.back()->median_ns;
      result.pass_ns += median;
      result.best_ns = result.best_ns == 0 ? median : std::min(result.best_ns, median);
    } else {
      result.variants.push_back(nullptr);
    }
  }
  return result;
}

static void judge(outcome &result, const subset &from, std::uint32_t pick) {
  result.loss = from.variants[pick]->median_ns / from.best_ns - 1;
  result.hit = result.loss <= 0.01;
}

outcome run_race(const subset &from, const device_model &model, std::uint64_t seed,
                 const race_change &change) {
  measure::virtual_clock clock;
  modelled_device device(from.variants, model, clock, seed);
  std::vector<measure::entrant> entrants(from.variants.size());
  for (std::uint32_t v = 0; v < entrants.size(); ++v) {
    const rt::sample_request probe{v, 1, 0};
    const rt::timed_sample s = device.round({&probe, 1}).samples.front();
    entrants[v].probe_ns = s.outcome.time_ns;
    entrants[v].probe_at_ns = s.at_ns;
    entrants[v].failure = s.outcome.reason;
  }
  const auto probed = static_cast<double>(clock.now_ns());

  measure::race_options options;
  options.seed = seed;
  options.default_variant = from.valid.front();
  if (change)
    change(options);
  const measure::race_result raced = measure::race(entrants, device, clock, options);

  outcome result;
  judge(result, from, raced.winner);
  result.passes = (probed + raced.timed_ns + raced.settle_ns) / from.pass_ns;
  result.launches =
      1 + static_cast<double>(raced.launches) / static_cast<double>(from.valid.size());
  result.untimed = raced.settle_ns / from.pass_ns;
  result.timed_s = 1e-9 * (probed + raced.timed_ns + raced.settle_ns);
  result.confidence = raced.confidence;
  result.finished = raced.finished;
  return result;
}

outcome run_sequential(const sequential &how, const subset &from, const device_model &model,
                       std::uint64_t seed) {
  measure::virtual_clock clock;
  modelled_device device(from.variants, model, clock, seed);
  outcome result;
  double best = std::numeric_limits<double>::infinity();
  std::uint32_t pick = 0;
  double launches = 0;
  for (const std::uint32_t v : from.valid) {
    double at;
    const double begin = static_cast<double>(clock.now_ns());
    // The procedures that warm up by time first launch five times for an estimate (do_bench).
    if (how.skip_ms > 0) {
      const double estimate = device.launch(v, 5, at);
      const int warm = std::max(1, static_cast<int>(how.skip_ms * 1e6 / estimate));
      device.launch(v, static_cast<std::uint32_t>(warm), at);
      launches += 5 + warm;
    }
    double sum = 0, least = std::numeric_limits<double>::infinity();
    const int runs = how.ms > 0
                         ? std::max(1, static_cast<int>(how.ms * 1e6 / from.variants[v]->median_ns))
                         : how.least;
    for (int i = 0; i < runs; ++i) {
      const double t = device.launch(v, 1, at);
      sum += t;
      least = std::min(least, t);
    }
    launches += runs;
    const double score = how.minimum ? least : sum / runs;
    if (score < best) {
      best = score;
      pick = v;
    }
    result.passes += (static_cast<double>(clock.now_ns()) - begin) / from.pass_ns;
  }
  judge(result, from, pick);
  result.launches = launches / static_cast<double>(from.valid.size());
  return result;
}

row repeat(const recorded_space &space, std::size_t n, int sessions, unsigned threads,
           const procedure &run) {
  std::vector<outcome> outcomes(static_cast<std::size_t>(sessions));
  std::atomic<int> next{0};
  std::vector<std::thread> pool;
  for (unsigned i = 0; i < threads; ++i)
    pool.emplace_back([&] {
      for (int k; (k = next++) < sessions;) {
        // The same subset for every procedure.
        std::mt19937_64 random(0x9e3779b97f4a7c15u * static_cast<std::uint64_t>(k + 1));
        const subset from = draw(space, n, random);
        outcomes[static_cast<std::size_t>(k)] = run(from, random());
      }
    });
  for (std::thread &t : pool)
    t.join();
  row r;
  r.sessions = sessions;
  for (const outcome &o : outcomes) {
    r.hits += o.hit ? 1 : 0;
    r.sure += o.confidence >= 0.99;
    r.sure_hits += o.confidence >= 0.99 && o.hit;
    r.timed_s += o.timed_s / sessions;
    r.loss += o.loss / sessions;
    r.passes += o.passes / sessions;
    r.launches += o.launches / sessions;
    r.untimed += o.untimed / sessions;
    r.confidence += o.confidence / sessions;
    r.unfinished += !o.finished / static_cast<double>(sessions);
  }
  r.hits /= sessions;
  return r;
}

outcome run_published(std::size_t repeats, const subset &from) {
  outcome result;
  double best = std::numeric_limits<double>::infinity();
  std::uint32_t pick = 0;
  for (const std::uint32_t v : from.valid) {
    const std::vector<double> &all = from.variants[v]->times_ns;
    const std::size_t n = std::min(repeats, all.size());
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i)
      sum += all[i];
    result.passes += sum / from.pass_ns;
    result.launches += static_cast<double>(n) / static_cast<double>(from.valid.size());
    const double score = sum / static_cast<double>(n);
    if (score < best) {
      best = score;
      pick = v;
    }
  }
  judge(result, from, pick);
  return result;
}

} // namespace tl::replay
