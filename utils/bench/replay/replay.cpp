// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How often does a way of measuring find the best config, and what does it cost? Replays recorded
// config spaces through the class that ships (runtime/measure/race.h) and through the sequential
// procedures that tuners commonly use, on a modelled device in virtual time.

#include "modelled_device.h"
#include "recorded_space.h"
#include "runtime/measure/race.h"
#include "runtime/measure/statistics.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <functional>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <thread>

namespace {

using namespace tl::replay;
namespace measure = tl::rt::measure;

/// What one session found and spent.
struct outcome {
  bool hit = false;    ///< the pick's median is within 1 % of the subset's best
  double loss = 0;     ///< how much slower the pick is than the best (relative)
  double passes = 0;   ///< time of all launches for ranking, probes included, over one launch each
  double launches = 0; ///< number of these over the number of configs
  double untimed = 0;  ///< settling, in passes
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
  result.launches =
      1 + static_cast<double>(raced.launches) / static_cast<double>(from.valid.size());
  result.untimed = raced.settle_ns / from.pass_ns;
  result.confidence = raced.confidence;
  result.finished = raced.finished;
  return result;
}

/// A procedure that measures one config after the other: `least` launches after `skip` ms of
/// untimed ones, for at least `ms`; picks the smallest mean or minimum.
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
    r.hits += o.hit ? 1 : 0;
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

/// Ranks by the repeats just as they were published, without a model.
outcome run_published(std::size_t repeats, bool minimum, const subset &from) {
  outcome result;
  double best = std::numeric_limits<double>::infinity();
  std::uint32_t pick = 0;
  for (const std::uint32_t v : from.valid) {
    const std::vector<double> &all = from.variants[v]->times_ns;
    const std::size_t n = std::min(repeats, all.size());
    double sum = 0, least = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < n; ++i) {
      sum += all[i];
      least = std::min(least, all[i]);
    }
    result.passes += sum / from.pass_ns;
    result.launches += static_cast<double>(n) / static_cast<double>(from.valid.size());
    const double score = minimum ? least : sum / static_cast<double>(n);
    if (score < best) {
      best = score;
      pick = v;
    }
  }
  judge(result, from, pick);
  return result;
}

struct settings {
  std::string directory;
  int sessions = 1200;
  int baseline_sessions = 300;
  unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::size_t> sizes{64, 256};
  device_model model;
  double drift = 0.03;
  bool baselines = true;
  double at_least = 0;
  double at_most = std::numeric_limits<double>::infinity();
};

using procedure = std::function<outcome(const subset &, std::uint64_t)>;

/// One row per space, then mean and worst over them. Returns the mean.
row print_race(const std::vector<recorded_space> &spaces, std::size_t n, const settings &set,
               const device_model &model) {
  std::printf("\n## Race, N = %zu, drift %.3g %%\n\n"
              "| space | P(within 1 %%) | standard error | mean loss [%%] | passes (time) | passes "
              "(launches) "
              "| settling [passes] | stated confidence | unfinished |\n"
              "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
              n, 100 * model.drift);
  row mean, worst;
  worst.hits = 1;
  for (const recorded_space &space : spaces) {
    const row r =
        repeat(space, n, set.sessions, set.threads,
               [&](const subset &s, std::uint64_t seed) { return run_race(s, model, seed); });
    std::printf("| %s | %.4f | %.4f | %.3f | %.2f | %.2f | %.2f | %.4f | %.4f |\n",
                space.name.c_str(), r.hits, std::sqrt(r.hits * (1 - r.hits) / r.sessions),
                100 * r.loss, r.passes, r.launches, r.untimed, r.confidence, r.unfinished);
    std::fflush(stdout);
    const double share = 1 / static_cast<double>(spaces.size());
    mean.hits += share * r.hits;
    mean.loss += share * r.loss;
    mean.passes += share * r.passes;
    mean.launches += share * r.launches;
    mean.untimed += share * r.untimed;
    mean.confidence += share * r.confidence;
    mean.unfinished += share * r.unfinished;
    worst.hits = std::min(worst.hits, r.hits);
    worst.loss = std::max(worst.loss, r.loss);
    worst.passes = std::max(worst.passes, r.passes);
    worst.launches = std::max(worst.launches, r.launches);
    worst.untimed = std::max(worst.untimed, r.untimed);
    worst.confidence = std::min(worst.confidence == 0 ? 1 : worst.confidence, r.confidence);
    worst.unfinished = std::max(worst.unfinished, r.unfinished);
  }
  for (const row *r : {&mean, &worst})
    std::printf("| **%s** | **%.4f** | | %.3f | **%.2f** | %.2f | %.2f | %.4f | %.4f |\n",
                r == &mean ? "mean" : "worst", r->hits, 100 * r->loss, r->passes, r->launches,
                r->untimed, r->confidence, r->unfinished);
  return mean;
}

void print_other(const char *name, const std::vector<recorded_space> &spaces, std::size_t n,
                 const settings &set, const procedure &run) {
  double hits = 0, worst = 1, passes = 0, most = 0;
  for (const recorded_space &space : spaces) {
    const row r = repeat(space, n, set.baseline_sessions, set.threads, run);
    hits += r.hits / static_cast<double>(spaces.size());
    passes += r.passes / static_cast<double>(spaces.size());
    worst = std::min(worst, r.hits);
    most = std::max(most, r.passes);
  }
  std::printf("| %s | %.4f | %.4f | %.2f | %.2f |\n", name, hits, worst, passes, most);
  std::fflush(stdout);
}

void print_baselines(const std::vector<recorded_space> &spaces, std::size_t n, const settings &set,
                     const device_model &model) {
  constexpr sequential baselines[] = {
      {"7 runs, mean", 7, 0, 0, false},
      {"32 runs, mean", 32, 0, 0, false},
      {"25 ms untimed, 100 ms, mean", 0, 25, 100, false},
      {"100 runs, minimum", 100, 0, 0, true},
  };
  std::printf(
      "\n## One config after the other, N = %zu, drift %.3g %%\n\n"
      "| procedure | P(within 1 %%), mean | worst space | passes (time), mean | worst space |\n"
      "| --- | ---: | ---: | ---: | ---: |\n",
      n, 100 * model.drift);
  for (const sequential &how : baselines)
    print_other(how.name, spaces, n, set, [&](const subset &s, std::uint64_t seed) {
      return run_sequential(how, s, model, seed);
    });
  if (model.drift > 0)
    return;
  print_other("7 runs, mean, as published", spaces, n, set,
              [](const subset &s, std::uint64_t) { return run_published(7, false, s); });
  print_other("all published runs, mean", spaces, n, set,
              [](const subset &s, std::uint64_t) { return run_published(1000, false, s); });
}

/// The machine this ran on. Nothing but the running time of the replay depends on it.
std::string machine() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name"))
      return line.substr(line.find(':') + 2);
  return "an unknown processor";
}

} // namespace

int main(int argc, char **argv) {
  settings set;
  CLI::App app(
      "Replays recorded config spaces through the race and through sequential procedures, "
      "in virtual time, and prints how often each finds the best config and what it costs");
  app.add_option("directory", set.directory, "Holds the recorded spaces (.json, .json.xz)")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_option("--sessions", set.sessions, "Sessions per space, each on another random subset")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--baseline-sessions", set.baseline_sessions, "The same, of the sequential ones")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--size", set.sizes, "Working configs per session")->capture_default_str();
  app.add_option("--threads", set.threads, "Sessions at a time")->check(CLI::PositiveNumber);
  app.add_option("--drift", set.drift, "Standard deviation of the drift")->capture_default_str();
  app.add_option("--drift-time", set.model.drift_time, "Correlation time of the drift [s]")
      ->capture_default_str();
  app.add_option("--noise", set.model.noise, "Standard deviation of a launch")
      ->capture_default_str();
  app.add_option("--outlier-share", set.model.outlier_share, "Share of disturbed launches")
      ->capture_default_str();
  app.add_option("--outlier-size", set.model.outlier_size, "Their mean delay (relative)")
      ->capture_default_str();
  app.add_option("--at-least", set.at_least, "Fail where the race's mean P(within 1 %) is less");
  app.add_option("--at-most", set.at_most, "Fail where the race's mean cost is more [passes]");
  app.add_flag("!--no-baselines", set.baselines, "Leave out the sequential procedures");
  CLI11_PARSE(app, argc, argv);

  bool failed = false;
  try {
    const std::vector<recorded_space> spaces = read_spaces(set.directory);
    if (spaces.empty()) {
      std::fprintf(stderr, "replay: found no recorded space in '%s'\n", set.directory.c_str());
      return 1;
    }
    std::printf(
        "# Replay of recorded spaces\n\n"
        "Printed by `utils/bench/replay` on %s; all times are virtual, so only the replay's own "
        "running time depends on the machine. %d sessions per space (%d of the sequential "
        "procedures), each on another random subset of N working configs and the failing ones "
        "among "
        "them, with a random default config.\n\n"
        "A launch takes the config's recorded median x noise (%.2f %%; %.0f %% of launches are "
        "delayed, by %.0f %% in the mean) x drift (AR(1) in virtual time, correlation time %.2g "
        "s). "
        "The first launch of a config takes its recorded first repeat's share. P(within 1 %%): the "
        "pick's recorded median is within 1 %% of the subset's best. Passes (time): the time of "
        "all "
        "launches, probes and confirmation included, over the time of launching every working "
        "config once at its median; passes (launches): their number over N. Settling runs untimed "
        "and is given on its own.\n",
        machine().c_str(), set.sessions, set.baseline_sessions, 100 * set.model.noise,
        100 * set.model.outlier_share, 100 * set.model.outlier_size, set.model.drift_time);
    for (const double drift : {0.0, set.drift})
      for (const std::size_t n : set.sizes) {
        device_model model = set.model;
        model.drift = drift;
        const row mean = print_race(spaces, n, set, model);
        if (mean.hits < set.at_least || mean.passes > set.at_most) {
          std::fprintf(
              stderr,
              "replay: P(within 1 %%) %.4f at %.2f passes, expected at least %.4f and at most "
              "%.2f\n",
              mean.hits, mean.passes, set.at_least, set.at_most);
          failed = true;
        }
        if (set.baselines)
          print_baselines(spaces, n, set, model);
      }
  } catch (const std::exception &e) {
    std::fprintf(stderr, "replay: %s\n", e.what());
    return 1;
  }
  return failed;
}
