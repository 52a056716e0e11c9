// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How often does a way of measuring find the best config, and what does it cost? Replays recorded
// config spaces through the class that ships (runtime/measure/race.h) and through the sequential
// procedures that tuners commonly use, on a modelled device in virtual time.

#include "modelled_device.h"
#include "recorded_space.h"
#include "runtime/measure/race.h"
#include "runtime/measure/statistics.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

using namespace tl::replay;
namespace measure = tl::rt::measure;

/// What one session found and spent.
struct outcome {
  bool hit = false;      ///< the pick's median is within 1 % of the subset's best
  double loss = 0;       ///< how much slower the pick is than the best (relative)
  double passes = 0;     ///< time of all launches for ranking, probes included, over one launch each
  double launches = 0;   ///< number of these over the number of configs
  double untimed = 0;    ///< settling, in passes
  double confidence = 0; ///< as the race states it
  bool finished = true;
};

/// One session's configs, the failing ones in between as null.
struct subset {
  std::vector<const recorded_config *> variants;
  std::vector<std::uint32_t> valid;
  double best_ns = 0, pass_ns = 0;
};

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

void judge(outcome &result, const subset &from, std::uint32_t pick) {
  result.loss = from.variants[pick]->median_ns / from.best_ns - 1;
  result.hit = result.loss <= 0.01;
}

bool verbose = false;

outcome run_race(const subset &from, const device_model &model, std::uint64_t seed) {
  measure::virtual_clock clock;
  modelled_device device(from.variants, model, clock, seed);
  std::vector<measure::entrant> entrants(from.variants.size());
  for (std::uint32_t v = 0; v < entrants.size(); ++v) {
    const measure::request probe{v, 1, 0};
    const measure::sample s = device.round({&probe, 1}).samples.front();
    entrants[v].probe_ns = s.time_ns;
    entrants[v].failure = s.reason;
  }
  const auto probed = static_cast<double>(clock.now_ns());

  measure::race_options options;
  options.seed = seed;
  options.default_variant = from.valid.front();
  const measure::race_result raced = measure::race(entrants, device, clock, options);

  outcome result;
  judge(result, from, raced.winner);
  result.passes = (probed + raced.timed_ns) / from.pass_ns;
  result.launches = 1 + static_cast<double>(raced.launches) / static_cast<double>(from.valid.size());
  result.untimed = raced.settle_ns / from.pass_ns;
  result.confidence = raced.confidence;
  result.finished = raced.finished;
  if (verbose && !result.hit) {
    std::uint32_t b = 0;
    for (std::uint32_t v : from.valid) if (from.variants[v]->median_ns == from.best_ns) b = v;
    auto &s = raced.variants[b];
    auto &w = raced.variants[raced.winner];
    std::fprintf(stderr, "miss: loss %.4f conf %.4f default %d noise %.4f drift %.4f | best: reason %d n %zu probe/med %.3f t/med", result.loss, raced.confidence, raced.default_kept, raced.noise, raced.drift,
      (int)s.reason, s.times_ns.size(), entrants[b].probe_ns/from.best_ns);
    for (double t : s.times_ns) std::fprintf(stderr, " %.3f", t/from.best_ns);
    std::fprintf(stderr, " margin %.4f+-%.4f winner n %zu\n", s.margin, s.margin_error, w.times_ns.size());
  }
  return result;
}

/// A procedure that measures one config after the other: `least` launches after `skip` ms of untimed
/// ones, for at least `ms`; picks the smallest mean or minimum.
struct sequential {
  const char *name;
  int least;
  double skip_ms, ms;
  bool minimum;
};

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

struct row {
  double hits = 0, loss = 0, passes = 0, launches = 0, untimed = 0, confidence = 0, unfinished = 0;
  double worst_passes = 0;
  int sessions = 0;
};

row repeat(const recorded_space &space, std::size_t n, int sessions, unsigned threads,
           const std::function<outcome(const subset &, std::uint64_t)> &procedure) {
  std::vector<outcome> outcomes(static_cast<std::size_t>(sessions));
  std::atomic<int> next{0};
  std::vector<std::thread> pool;
  for (unsigned i = 0; i < threads; ++i)
    pool.emplace_back([&] {
      for (int k; (k = next++) < sessions;) {
        // The same subset for every procedure.
        std::mt19937_64 random(0x9e3779b97f4a7c15u * static_cast<std::uint64_t>(k + 1));
        const subset from = draw(space, n, random);
        outcomes[static_cast<std::size_t>(k)] = procedure(from, random());
      }
    });
  for (std::thread &t : pool)
    t.join();
  row r;
  r.sessions = sessions;
  for (const outcome &o : outcomes) {
    r.hits += o.hit / static_cast<double>(sessions);
    r.loss += o.loss / sessions;
    r.passes += o.passes / sessions;
    r.launches += o.launches / sessions;
    r.untimed += o.untimed / sessions;
    r.confidence += o.confidence / sessions;
    r.unfinished += !o.finished / static_cast<double>(sessions);
    r.worst_passes = std::max(r.worst_passes, o.passes);
  }
  return r;
}

} // namespace

int main(int argc, char **argv) {
  std::string directory;
  int sessions = 200;
  std::vector<std::size_t> sizes;
  std::string only;
  bool nodrift = true, drift=true;
  for (int i = 1; i < argc; ++i) {
    if (!std::strcmp(argv[i], "--sessions")) sessions = std::atoi(argv[++i]);
    else if (!std::strcmp(argv[i], "--n")) sizes.push_back(std::strtoul(argv[++i], nullptr, 10));
    else if (!std::strcmp(argv[i], "--only")) only = argv[++i];
    else if (!std::strcmp(argv[i], "--drift")) nodrift=false;
    else if (!std::strcmp(argv[i], "--nodrift")) drift=false;
    else if (!std::strcmp(argv[i], "-v")) verbose = true;
    else directory = argv[i];
  }
  if (sizes.empty()) sizes = {64, 256};
  const std::vector<recorded_space> spaces = read_spaces(directory);
  for (double d : {0.0, 0.03}) {
    if ((d==0 && !nodrift) || (d>0 && !drift)) continue;
    for (std::size_t n : sizes) {
      std::printf("drift %.2f N %zu\n", d, n);
      double ph=0, pp=0, wh=1, wp=0; int cnt=0;
      for (const recorded_space &space : spaces) {
        if (!only.empty() && space.name.find(only) == std::string::npos) continue;
        device_model model;
        model.drift = d;
        const row r = repeat(space, n, sessions, 2, [&](const subset &s, std::uint64_t seed) { return run_race(s, model, seed); });
        std::printf("  %-40s hit %.4f loss %.5f passes %.2f max %.2f launches %.2f settle %.2f conf %.4f unfinished %.3f\n", space.name.c_str(), r.hits, r.loss, r.passes, r.worst_passes, r.launches, r.untimed, r.confidence, r.unfinished);
        std::fflush(stdout);
        ph+=r.hits; pp+=r.passes; wh=std::min(wh,r.hits); wp=std::max(wp,r.passes); ++cnt;
      }
      std::printf("  mean hit %.4f worst %.4f passes %.2f worst %.2f\n", ph/cnt, wh, pp/cnt, wp);
    }
  }
}
