// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What tuning found, as a value that can be saved, loaded and called.

#ifndef TL_RESULT_H
#define TL_RESULT_H

#include <tl/language.h>

#include <tl/exceptions.h>

#include <tl/capi.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tl {

/// One variant tried on one problem. Times of 0: not measured.
struct trial_result {
  std::string config;
  std::string status; ///< "measured", "wrong", "crashed", "timed_out", "infeasible", ...
  std::string reason; ///< "" when measured
  std::string
      resources; ///< JSON object: registers, spills, shared memory, occupancy; "{}" on the CPU
  double median_ns = 0;           ///< [ns]
  double mean_ns = 0;             ///< [ns]
  double spread_ns = 0;           ///< 1.4826 times the median absolute deviation [ns]
  double clock = 0;               ///< relative to the device's nominal clock, 0: not known
  std::vector<double> samples_ns; ///< in the order in which they were taken [ns]
};

/// A plain value. Not thread-safe as an object; copies are independent.
class tuning_result {
public:
  std::string factory;             ///< its id
  std::string name;                ///< its name for people
  std::string fingerprint;         ///< of the code that was measured
  std::string problem;             ///< "m=1024,n=512"
  std::string device;              ///< everything about it that decides how fast code runs
  std::string mode;                ///< "cold" or "hot"
  std::string config;              ///< the winner; the default config where there is none
  std::string state;               ///< "finished", "budget" (will be continued), "abandoned"
  std::string failure;             ///< why there is no winner, "" where there is one
  std::string runner_up;           ///< its config, "" when there was none
  double latency_ns = 0;           ///< the winner's median [ns]
  double default_latency_ns = 0;   ///< the default config's, in the same session [ns]
  double reference_latency_ns = 0; ///< the reference function's [ns]
  double margin = 0;               ///< the runner-up's median divided by the winner's, minus 1
  double confidence = 0;           ///< probability that no other variant is more than 1 % better
  double seconds = 0;              ///< wall time of the session [s]
  double passes = 0;               ///< timed work, in units of one run of each variant
  std::vector<trial_result> trials;

  /// Whether a variant won.
  bool ok() const { return failure.empty(); }

  /// One field of the winner as it is printed: field("block_m") is "128"; empty where there is
  /// none.
  std::optional<std::string> field(std::string_view wanted) const {
    std::string_view rest = config;
    while (!rest.empty()) {
      const std::string_view one = rest.substr(0, rest.find(','));
      rest.remove_prefix(one.size() < rest.size() ? one.size() + 1 : rest.size());
      if (one.substr(0, one.find('=')) == wanted && one.find('=') != std::string_view::npos)
        return std::string(one.substr(one.find('=') + 1));
    }
    return std::nullopt;
  }

  /// The trial of a config, or null.
  const trial_result *trial(std::string_view wanted) const {
    for (const trial_result &it : trials)
      if (it.config == wanted)
        return &it;
    return nullptr;
  }

  /// The winner as a function: for a lazy factory it gives the launch description. `factory` is
  /// `&gemm<float>`, compiled with the plugin. Throws std::invalid_argument when that is another
  /// factory than the one that was tuned, when its code has changed since (unless `even_if_stale`),
  /// or when the config is not among its variants.
  template <class Result, class... Args>
  auto callable(Result (*function)(Args...), bool even_if_stale = false) const {
    const tl_factory *found = tl_rt_factory_of(reinterpret_cast<const void *>(function));
    if (!found)
      TL_THROW(std::invalid_argument(
          "tl::tuning_result::callable: this function is no factory (was it compiled with the "
          "plugin, without tunables spelled out?)"));
    if (found->id != factory)
      TL_THROW(std::invalid_argument("this is a result of " + name + " and not of " + found->name));
    if (found->fingerprint != fingerprint && !even_if_stale)
      TL_THROW(std::invalid_argument(name + " has changed since it was tuned (fingerprint " +
                                     fingerprint + ", now " + found->fingerprint + ")"));
    const std::uint32_t variant = tl_rt_variant(found, config.c_str());
    if (variant == UINT32_MAX)
      TL_THROW(std::invalid_argument(tl_rt_last_error()));
    return static_cast<Result (*const *)(Args...)>(found->functions)[variant];
  }

  /// Writes the result as JSON, all samples included. Throws std::runtime_error where that fails.
  void save(const std::string &path) const {
    std::vector<tl_trial> rows;
    for (const trial_result &it : trials)
      rows.push_back({it.config.c_str(), it.status.c_str(), it.reason.c_str(), it.resources.c_str(),
                      it.median_ns, it.mean_ns, it.spread_ns, it.clock, it.samples_ns.data(),
                      it.samples_ns.size()});
    tl_result row{};
    row.struct_size = sizeof row;
    row.trial_count = static_cast<std::uint32_t>(rows.size());
    row.factory = factory.c_str();
    row.name = name.c_str();
    row.fingerprint = fingerprint.c_str();
    row.problem = problem.c_str();
    row.device = device.c_str();
    row.mode = mode.c_str();
    row.config = config.c_str();
    row.state = state.c_str();
    row.failure = failure.c_str();
    row.runner_up = runner_up.c_str();
    row.median_ns = latency_ns;
    row.default_median_ns = default_latency_ns;
    row.reference_median_ns = reference_latency_ns;
    row.margin = margin;
    row.confidence = confidence;
    row.seconds = seconds;
    row.passes = passes;
    row.trials = rows.data();
    if (tl_rt_save_result(&row, path.c_str()) != 0)
      TL_THROW(std::runtime_error(tl_rt_last_error()));
  }

  /// Reads what save() wrote. Throws std::runtime_error where there is no such file.
  static tuning_result load(const std::string &path) {
    return from(tl_rt_load_result(path.c_str()));
  }

  /// Takes over a result of the runtime's; throws std::runtime_error with its last error for null.
  static tuning_result from(tl_result *given) {
    if (!given)
      TL_THROW(std::runtime_error(tl_rt_last_error()));
    tuning_result result;
    result.factory = given->factory;
    result.name = given->name;
    result.fingerprint = given->fingerprint;
    result.problem = given->problem;
    result.device = given->device;
    result.mode = given->mode;
    result.config = given->config;
    result.state = given->state;
    result.failure = given->failure;
    result.runner_up = given->runner_up;
    result.latency_ns = given->median_ns;
    result.default_latency_ns = given->default_median_ns;
    result.reference_latency_ns = given->reference_median_ns;
    result.margin = given->margin;
    result.confidence = given->confidence;
    result.seconds = given->seconds;
    result.passes = given->passes;
    for (std::uint32_t index = 0; index < given->trial_count; ++index) {
      const tl_trial &it = given->trials[index];
      result.trials.push_back(
          {it.config, it.status, it.reason, it.resources, it.median_ns, it.mean_ns, it.spread_ns,
           it.clock, std::vector<double>(it.samples_ns, it.samples_ns + it.sample_count)});
    }
    tl_rt_free_result(given);
    return result;
  }
};

} // namespace tl

#endif
