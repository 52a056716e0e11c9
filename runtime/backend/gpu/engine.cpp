// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/gpu/engine_impl.h"

#include "runtime/domain/compare.h"
#include "runtime/domain/element.h"
#include "runtime/support/infeasible.h"

#include <fmt/format.h>

#include <chrono>
#include <cstring>
#include <exception>
#include <utility>

namespace tl::rt::gpu {

trial_outcome outcome_of(trial_status status, std::string reason) {
  trial_outcome made;
  made.status = status;
  made.reason = std::move(reason);
  return made;
}

match_rule engine::rule() const {
  return {problem_.options.rtol, problem_.options.atol, problem_.options.equal_nan != 0};
}

engine::engine(device &on, const tl_factory &factory, problem what, bool from_ipc)
    : device_(on), factory_(factory), problem_(std::move(what)), from_ipc_(from_ipc),
      write_only_(problem_.pieces.size()), last_ns_(factory.variant_count) {
  if (!problem_.has_stream)
    device_.use_default_stream();
  // Callbacks are this process's own, even where the numbers come from another one.
  problem_.options.reference = factory.options.reference;
  problem_.options.check = factory.options.check;
  problem_.options.restore = factory.options.restore;
}

engine::~engine() {
  // A lost device takes its memory along when the process ends.
  if (device_.lost())
    return;
  static_cast<void>(device_.synchronize());
  device_.drop_captures();
  put_back();
  for (const copies &it : copies_) {
    device_.release(it.block);
    device_.release(it.pristine);
    device_.release(it.expected);
    device_.release(it.varied);
    device_.release(it.varied_expected);
  }
  device_.release(results_);
}

/// What was asked for, or what comes closest and can be had, which is said.
void engine::choose_profiler() {
  if (problem_.options.profiler != TL_PROFILER_DEFAULT)
    profiler_ = problem_.options.profiler;
  std::string why;
  if (profiler_ == TL_PROFILER_GRAPH && !problem_.has_stream)
    why = "profiler = graph: launches on the default stream cannot be captured";
  if (profiler_ == TL_PROFILER_CUPTI) {
    double ns = 0;
    const status begun = device_.begin_kernel_times();
    if (begun)
      static_cast<void>(
          device_.end_kernel_times(ns)); // nothing has run, so this has nothing to tell
    else
      why = begun.text();
  }
  if (why.empty())
    return;
  profiler_ = TL_PROFILER_EVENT;
  remark_ = fmt::format("{}: {}; events take the times instead", factory_.name, why);
}

engine::callable engine::variant_call(std::uint32_t variant) const {
  return [this, variant](void *const *arguments, void *result) {
    factory_.invoke(&factory_, variant, arguments, result);
  };
}

engine::callable engine::reference_call() const {
  if (!problem_.options.reference)
    return variant_call(factory_.default_variant);
  return [this](void *const *arguments, void *result) {
    problem_.options.reference(&factory_, arguments, result);
  };
}

trial_outcome engine::fault(const status &error) const {
  if (error.code() == status_code::full)
    return outcome_of(trial_status::out_of_memory, error.text());
  return outcome_of(trial_status::device_error, error.text());
}

/// Runs one function on the working copies and waits.
trial_outcome engine::run(const callable &what, bool watch) {
  trial_outcome outcome;
  const bool watched = watch && device_.watch_launches();
  take_infeasible();
  try {
    what(arguments_.data(), result_.empty() ? nullptr : result_.data());
  } catch (const std::exception &thrown) {
    outcome = outcome_of(trial_status::threw, fmt::format("threw an exception: {}", thrown.what()));
  } catch (...) {
    outcome = outcome_of(trial_status::threw, "threw an exception that is no std::exception");
  }
  if (const auto reason = take_infeasible())
    outcome = outcome_of(trial_status::infeasible, *reason);
  launch_report seen;
  if (watched)
    seen = device_.launches_seen();
  outcome.resources = std::move(seen.resources);
  const char *refused = factory_.take_error ? factory_.take_error() : nullptr;
  const status waited = device_.synchronize();
  if (!waited) {
    trial_outcome failed = fault(waited);
    failed.resources = std::move(outcome.resources);
    return failed;
  }
  if (!seen.infeasible.empty()) {
    outcome.status = trial_status::infeasible;
    outcome.reason = std::move(seen.infeasible);
  } else if (good(outcome) && refused) {
    outcome.status = std::strstr(refused, "out of memory") ? trial_status::out_of_memory
                                                           : trial_status::infeasible;
    outcome.reason = fmt::format("the launch was refused: {}", refused);
  }
  return outcome;
}

/// Time of one more run, on stamps of its own [ns].
double engine::time_once(const callable &what, trial_outcome &failure) {
  const auto begin = std::chrono::steady_clock::now();
  double ns = 0;
  status done = device_.spin(head_start_ns, results_ + clock_at);
  if (done)
    done = device_.stamp(0);
  if (done) {
    failure = outcome_of(trial_status::measured, {});
    try {
      what(arguments_.data(), result_.empty() ? nullptr : result_.data());
    } catch (...) {
      failure = outcome_of(trial_status::threw, "threw an exception when it ran again");
    }
    done = device_.stamp(1);
  }
  if (status waited = device_.synchronize(); done)
    done = waited;
  if (done)
    done = device_.elapsed(0, 1, ns);
  if (!done)
    failure = fault(done);
  if (profiler_ == TL_PROFILER_WALL)
    ns = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count();
  return ns;
}

} // namespace tl::rt::gpu
