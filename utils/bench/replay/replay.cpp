// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How often does a way of measuring find the best config, and what does it cost? Replays recorded
// config spaces through the class that ships (runtime/measure/race.h) and through the sequential
// procedures that tuners commonly use, on a modelled device in virtual time.

#include "ablation.h"
#include "on_demand.h"
#include "procedures.h"
#include "searches.h"
#include "stress.h"

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
#include <utility>

namespace {

using namespace tl::replay;

struct settings {
  std::string directory;
  int sessions = 1200;
  int baseline_sessions = 300;
  unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::size_t> sizes{64, 256};
  device_model model;
  double drift = 0.03;
  bool baselines = true;
  int stress = 0;
  bool on_demand = false;
  bool brief = false;
  bool search = false;
  bool ablation = false;
  double sure_at_least = 0;
  double at_least = 0, worst_at_least = 0;
  double at_most = std::numeric_limits<double>::infinity();
};

/// One row per space, then mean and worst over them. Returns mean and worst.
std::pair<row, row> print_race(const std::vector<recorded_space> &spaces, std::size_t n,
                               const settings &set, const device_model &model) {
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
  return {mean, worst};
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
              [](const subset &s, std::uint64_t) { return run_published(7, s); });
  print_other("all published runs, mean", spaces, n, set,
              [](const subset &s, std::uint64_t) { return run_published(1000, s); });
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
  app.add_option("--worst-at-least", set.worst_at_least,
                 "Fail where it is less than this in some space");
  app.add_option("--at-most", set.at_most, "Fail where a space costs more [passes]");
  app.add_option(
      "--stress", set.stress,
      "Instead, try this many devices per space: other noise, delays, drift, first calls, "
      "kernel lengths and sizes, and print the worst");
  app.add_flag("--brief", set.brief,
               "With --stress: short kernels, whose calls are noisy, first calls heavy and timers "
               "coarse");
  app.add_flag("--search", set.search,
               "Instead, compare the searches; --at-most is of the model's regret after 100 trials "
               "over local search's, --worst-at-least of the share within 5 % after 200");
  app.add_flag(
      "--on-demand", set.on_demand,
      "Instead, compare the searches of spaces that are never listed; --at-least is of the "
      "share of the model's sessions within 5 % after 300 trials");
  app.add_flag("--ablation", set.ablation, "Instead, leave out one part of the race at a time");
  app.add_option("--sure-at-least", set.sure_at_least,
                 "With --stress: fail where fewer of the sessions that state 0.99 are right");
  app.add_flag("!--no-baselines", set.baselines, "Leave out the sequential procedures");
  CLI11_PARSE(app, argc, argv);

  bool failed = false;
  try {
    const std::vector<recorded_space> spaces = read_spaces(set.directory);
    if (spaces.empty()) {
      std::fprintf(stderr, "replay: found no recorded space in '%s'\n", set.directory.c_str());
      return 1;
    }
    if (set.ablation) {
      print_ablation(spaces, set.sessions, set.threads);
      return 0;
    }
    if (set.search) {
      const search_result found = print_searches(spaces, set.sessions, set.threads);
      if (found.model_over_local <= set.at_most && found.within_5 >= set.worst_at_least)
        return 0;
      std::fprintf(stderr,
                   "replay: the model's median regret is %.2f of local search's after 100 trials, "
                   "and %.3f of its sessions in the worst space are within 5 %% after 200; "
                   "expected at most %.2f and at least %.3f\n",
                   found.model_over_local, found.within_5, set.at_most, set.worst_at_least);
      return 1;
    }
    if (set.on_demand) {
      const double within_5 = print_on_demand(spaces, set.sessions, set.threads);
      if (within_5 >= set.at_least)
        return 0;
      std::fprintf(stderr,
                   "replay: %.3f of the model's sessions are within 5 %% after 300 trials, "
                   "expected at least %.3f\n",
                   within_5, set.at_least);
      return 1;
    }
    if (set.stress > 0) {
      const stress_result on = print_stress(spaces, set.brief ? devices::brief : devices::any,
                                            set.stress, set.sessions, set.threads);
      if (on.hits >= set.at_least && on.worst >= set.worst_at_least && on.passes <= set.at_most &&
          on.sure_hits >= set.sure_at_least)
        return 0;
      std::fprintf(
          stderr,
          "replay: P(within 1 %%) %.4f, worst device %.4f, %.4f where 0.99 is stated, at %.2f "
          "passes over all; expected at least %.4f, %.4f, %.4f, and at most %.2f\n",
          on.hits, on.worst, on.sure_hits, on.passes, set.at_least, set.worst_at_least,
          set.sure_at_least, set.at_most);
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
        "launches, probes, settling and confirmation included, over the time of launching every "
        "working config once at its median; of this, settling is given on its own. Passes "
        "(launches): the number of launches but for settling, over N. A race ends when its stated "
        "confidence reaches 0.99; once its launches have taken half a second, 0.97 will do "
        "after 2.3 passes, and after 2.5 whatever was reached.\n",
        machine().c_str(), set.sessions, set.baseline_sessions, 100 * set.model.noise,
        100 * set.model.outlier_share, 100 * set.model.outlier_size, set.model.drift_time);
    for (const double drift : {0.0, set.drift})
      for (const std::size_t n : set.sizes) {
        device_model model = set.model;
        model.drift = drift;
        const auto [mean, worst] = print_race(spaces, n, set, model);
        if (mean.hits < set.at_least || worst.hits < set.worst_at_least ||
            worst.passes > set.at_most) {
          std::fprintf(
              stderr,
              "replay: P(within 1 %%) %.4f, worst space %.4f, at up to %.2f passes; expected "
              "at least %.4f, %.4f, and at most %.2f\n",
              mean.hits, worst.hits, worst.passes, set.at_least, set.worst_at_least, set.at_most);
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
