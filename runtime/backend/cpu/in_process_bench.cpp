// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/in_process_bench.h"

#include "runtime/backend/cpu/argument_copies.h"
#include "runtime/backend/cpu/trial_runner.h"
#include "runtime/support/thread_guard.h"

#include <fmt/format.h>

#include <limits>

namespace tl::rt {

namespace {

class in_process_bench final : public trial_bench {
public:
  in_process_bench(const tuning_task &task, argument_copies copies)
      : task_(task), copies_(std::move(copies)),
        runner_(*task.factory, copies_.arguments(), task.options, task.cold, false) {}

  status set_up();
  verdict prepare() override;
  verdict probe(std::uint32_t variant, double limit_s) override;
  timed_round round(std::span<const sample_request> order, double limit_s) override;
  void grown() override { runner_.grown(); }
  std::string compared() const override { return compared_; }
  double reference_ns() const override {
    return task_.options.reference ? runner_.expected.reference_ns : 0;
  }

private:
  const tuning_task task_;
  argument_copies copies_;
  trial_runner runner_;
  std::string compared_;
};

} // namespace

status in_process_bench::set_up() {
  runner_.expected.layout = copies_.layout();
  // Nobody handles faults here: everything is copied.
  runner_.tracker().set_protection_threshold(std::numeric_limits<std::size_t>::max());
  return runner_.arm();
}

verdict in_process_bench::prepare() {
  const callers_state_scope as_caller;
  verdict outcome = runner_.prepare().outcome;
  if (!outcome.right()) {
    outcome.reason = fmt::format(
        "{}: {}", task_.options.reference ? "the reference" : "the default config", outcome.reason);
    return outcome;
  }
  runner_.classify();
  // Only what tells its extent has been copied: of raw pointers nothing can be changed.
  if (!runner_.explore(0))
    for (std::uint32_t attempt = 1; attempt <= 4; ++attempt)
      runner_.explore(attempt);
  compared_ = runner_.describe_compared();
  if (compared_.empty() && !task_.options.skip_check && !task_.options.check) {
    outcome.failure = trial_status::harness_error;
    outcome.reason =
        fmt::format("{}: {}", task_.options.reference ? "the reference" : "the default config",
                    nothing_to_compare);
  }
  return outcome;
}

verdict in_process_bench::probe(std::uint32_t variant, double) {
  const callers_state_scope as_caller;
  return runner_.probe(variant).outcome;
}

timed_round in_process_bench::round(std::span<const sample_request> order, double) {
  const callers_state_scope as_caller;
  timed_round result;
  for (const sample_request &request : order) {
    runner_outcome sampled = runner_.sample(request.variant, request.launches);
    timed_sample sample;
    sample.variant = request.variant;
    sample.outcome = std::move(sampled.outcome);
    if (sampled.at_ns > 0)
      sample.at_ns = sampled.at_ns;
    sample.launches = sampled.launches;
    result.samples.push_back(std::move(sample));
  }
  return result;
}

std::unique_ptr<trial_bench> open_in_process_bench(const tuning_task &task, std::string &error) {
  argument_copies copies;
  if (const std::string obstacle = copies.make(*task.factory, *task.call); !obstacle.empty()) {
    error = "without a process of their own, trials need copies of all buffers, but " + obstacle;
    return nullptr;
  }
  const callers_state_scope as_caller; // whose floating-point control the trials start with
  auto bench = std::make_unique<in_process_bench>(task, std::move(copies));
  if (const status ready = bench->set_up(); !ready) {
    error = ready.text();
    return nullptr;
  }
  return bench;
}

} // namespace tl::rt
