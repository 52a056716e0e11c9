// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/capi/result.h"

namespace tl::rt {

void owned_result::finish() {
  trial_views.clear();
  for (const trial &it : trials)
    trial_views.push_back({.config = it.config.c_str(),
                           .status = it.status.c_str(),
                           .reason = it.reason.c_str(),
                           .resources = it.resources.c_str(),
                           .median_ns = it.median_ns,
                           .mean_ns = it.mean_ns,
                           .spread_ns = it.spread_ns,
                           .clock = it.clock,
                           .samples_ns = it.samples_ns.data(),
                           .sample_count = it.samples_ns.size()});
  view = {.struct_size = sizeof view,
          .trial_count = static_cast<std::uint32_t>(trials.size()),
          .factory = factory.c_str(),
          .name = name.c_str(),
          .fingerprint = fingerprint.c_str(),
          .problem = problem.c_str(),
          .device = device.c_str(),
          .mode = mode.c_str(),
          .config = config.c_str(),
          .state = state.c_str(),
          .failure = failure.c_str(),
          .runner_up = runner_up.c_str(),
          .median_ns = median_ns,
          .default_median_ns = default_median_ns,
          .reference_median_ns = reference_median_ns,
          .margin = margin,
          .confidence = confidence,
          .seconds = seconds,
          .passes = passes,
          .trials = trial_views.data()};
}

std::unique_ptr<owned_result> make_result(const tl_factory &factory, const tl_call &call,
                                          const explicit_result &found) {
  auto result = std::make_unique<owned_result>();
  const session_result &session = found.session;
  result->factory = factory.id;
  result->name = factory.name;
  result->fingerprint = factory.fingerprint;
  result->problem = call.problem ? call.problem : "";
  result->device = found.request.device.identity;
  result->mode = to_string(found.request.mode);
  result->config = factory.configs[session.variant];
  result->state = to_string(session.state);
  result->failure = session.failure;
  result->seconds = session.seconds;
  result->passes = session.passes;
  if (session.winner) {
    result->runner_up = session.winner->runner_up;
    result->median_ns = session.winner->median_ns;
    result->default_median_ns = session.winner->default_median_ns;
    result->reference_median_ns = session.winner->reference_median_ns;
    result->margin = session.winner->margin;
    result->confidence = session.winner->confidence;
  }
  for (const store::trial &it : session.trials)
    result->trials.push_back({.config = it.config,
                              .status = std::string(to_string(it.status)),
                              .reason = it.reason,
                              .resources = it.resources,
                              .median_ns = it.median_ns,
                              .mean_ns = it.mean_ns,
                              .spread_ns = it.spread_ns,
                              .clock = it.clock,
                              .samples_ns = it.samples_ns});
  result->finish();
  return result;
}

} // namespace tl::rt
