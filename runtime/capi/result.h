// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The owner of what a tl_result points to.

#ifndef TL_RUNTIME_CAPI_RESULT_H
#define TL_RUNTIME_CAPI_RESULT_H

#include "runtime/store/records.h"
#include "runtime/tuner/resolve.h"

#include <tl/capi.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tl::rt {

/// A result by value; `view` points into it once finish() was called, and then nothing may change.
struct owned_result {
  tl_result view{};
  std::string factory, name, fingerprint, problem, device, mode, config, state, failure, runner_up;
  double median_ns = 0, default_median_ns = 0, reference_median_ns = 0, margin = 0, confidence = 0;
  double seconds = 0, passes = 0;
  struct trial {
    std::string config, status, reason, resources;
    double median_ns = 0, mean_ns = 0, spread_ns = 0, clock = 0;
    std::vector<double> samples_ns;
  };
  std::vector<trial> trials;
  std::vector<tl_trial> trial_views;

  void finish();
};

/// Everything a session found, by value.
std::unique_ptr<owned_result> make_result(const tl_factory &factory, const tl_call &call,
                                          const explicit_result &found);

/// The result as a JSON object, with all samples.
std::string result_to_json(const tl_result &result);

/// The reverse; empty, with the reason in `error`, where the text is no such object.
std::unique_ptr<owned_result> result_from_json(const std::string &text, std::string &error);

} // namespace tl::rt

#endif
