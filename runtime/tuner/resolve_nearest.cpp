// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// TL_TUNE=nearest: a config of other problems that is right for this one.

#include "runtime/factory/registry.h"
#include "runtime/measure/statistics.h"
#include "runtime/supply/trial_inputs.h"
#include "runtime/support/log.h"
#include "runtime/tuner/dispatch_table.h"
#include "runtime/tuner/eligibility.h"
#include "runtime/tuner/nearest.h"
#include "runtime/tuner/prediction.h"
#include "runtime/tuner/resolve_impl.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

namespace tl::rt {
namespace {

/// How many of the nearest problems' winners are tried before the default config is taken.
constexpr std::size_t nearest_tries = 3;
/// Tuned problems that a prediction takes at least, and looks at, at most, the nearest ones.
constexpr std::size_t least_to_predict = 3, most_experience = 48;
/// How often the predicted config and the default are timed outside of what was tuned.
constexpr int guess_turns = 5;

} // namespace

/// Configs for a problem with where they come from, the most promising first: what several tuned
/// problems predict, then the winners of the nearest problems.
static std::vector<std::pair<std::string, std::string>>
likely_configs(const prediction &predicted, const std::vector<store::candidate> &near,
               std::string_view problem) {
  std::vector<std::pair<std::string, std::string>> likely;
  const auto add = [&](const std::string &config, std::string origin) {
    for (const auto &[known, from] : likely)
      if (known == config)
        return;
    if (likely.size() < nearest_tries)
      likely.emplace_back(config, std::move(origin));
  };
  if (predicted.problems() >= least_to_predict)
    for (const std::string &config : predicted.ranked(problem))
      add(config, fmt::format("predicted from {} tuned problems", predicted.problems()));
  for (const store::candidate &it : near)
    add(it.best.config, fmt::format("winner of the nearest problem {}", it.problem));
  return likely;
}

/// Outside of what was tuned a prediction is a guess: the two run a few times, in turns.
bool resolution::default_is_faster(trial_bench &bench, std::uint32_t predicted) const {
  const std::uint32_t usual = factory_.default_variant;
  if (predicted == usual || !bench.probe(usual, options_.timeout).right())
    return false;
  std::vector<double> times[2];
  for (int turn = 0; turn < guess_turns; ++turn) {
    const sample_request order[] = {{predicted, 1}, {usual, 1}};
    for (const timed_sample &it : bench.round(order, options_.timeout).samples)
      if (it.outcome.right())
        times[it.variant == usual].push_back(it.outcome.time_ns);
  }
  return !times[0].empty() && !times[1].empty() &&
         measure::median(times[1]) < measure::median(times[0]);
}

/// Configs of the nearest problems are run once, on copies, until one is right.
likely_variant resolution::find_likely(double limit_s) {
  likely_variant found;
  const auto fail = [&](std::string why) {
    found.why = std::move(why);
    return found;
  };
  std::vector<store::candidate> all = world_.store.candidates(request_.key());
  for (const baked_winner &it :
       list_baked(factory_, request_.device.identity, to_string(request_.mode)))
    all.push_back({std::string(it.problem),
                   {.config = std::string(it.config), .runner_up = {}, .source = {}}});
  const auto candidates = nearest_candidates(std::move(all), call_.problem);
  if (candidates.empty())
    return fail("TL_TUNE=nearest, and no problem of this factory has a winner on this device");
  if (may_grow(factory_))
    for (std::size_t i = 0; i < std::min(candidates.size(), nearest_tries); ++i)
      static_cast<void>(find_or_make(candidates[i].best.config));
  const trial_inputs inputs(factory_, call_, options_);
  if (!inputs.error().empty())
    return fail("the nearest problem's winner cannot be checked: " + inputs.error());
  std::string error;
  const auto bench = device_->backend->open(task(inputs.call()), error);
  if (!bench)
    return fail("the nearest problem's winner cannot be checked: " + error);
  if (const verdict prepared = bench->prepare(); !prepared.right())
    return fail("the nearest problem's winner cannot be checked: " + prepared.reason);
  std::vector<std::uint8_t> eligible;
  if (const status asked = find_eligible(factory_, options_, inputs.call().arguments, eligible);
      !asked)
    return fail("the nearest problem's winner cannot be checked: " + asked.text());
  const prediction predicted = predict_from(
      gather_experience(world_.store, request_.key(), most_experience), request_.key());
  for (const auto &[config, origin] : likely_configs(predicted, candidates, call_.problem)) {
    const std::uint32_t variant = find_variant(factory_, config);
    if (variant == UINT32_MAX || !eligible[variant] || !make_code(variant))
      continue;
    const verdict outcome = bench->probe(variant, limit_s);
    if (outcome.right()) {
      const bool far = predicted.problems() >= least_to_predict && predicted.outside(call_.problem);
      if (far && default_is_faster(*bench, variant)) {
        log_info(
            fmt::format("{}: the default config is faster than {}, {}", what(), config, origin));
        found.variant = factory_.default_variant;
        found.always = true;
        return found;
      }
      log_info(fmt::format("{}: {}, {}", what(), config, origin));
      const call_reading trial(factory_, inputs.call().arguments);
      found.variant = variant;
      found.proven = proven_facts(trial);
      return found;
    }
    log_warning(
        fmt::format("{}: {}, {}, does not fit: {}", what(), config, origin, outcome.reason));
  }
  return fail("TL_TUNE=nearest, and no near problem's winner is right here");
}

/// A neighbour's winner that was right on these arguments. Nothing is stored of it: it was not
/// measured here.
std::uint32_t resolution::nearest() {
  likely_variant found = find_likely(options_.timeout);
  if (found.variant == UINT32_MAX || !make_code(found.variant))
    return install_default(found.why);
  if (found.always)
    return install_always(found.variant);
  install(*factory_.slot, key(), {{.variant = found.variant, .proven = std::move(found.proven)}});
  return settle();
}

} // namespace tl::rt
