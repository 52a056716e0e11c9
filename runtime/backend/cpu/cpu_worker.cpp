// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/cpu_worker.h"

#include "runtime/backend/cpu/memory/mapping_traits.h"
#include "runtime/backend/cpu/memory/obstacles.h"
#include "runtime/backend/cpu/memory/private_memory.h"
#include "runtime/backend/cpu/output_scout.h"
#include "runtime/backend/cpu/trial_runner.h"
#include "runtime/support/sanitizer.h"
#include "runtime/worker/crash_handlers.h"
#include "runtime/worker/memory_limit.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tl::rt {

/// The tracker of this worker, for the handler of SIGSEGV.
static write_tracker *tracked = nullptr;

static bool on_fault(void *address) noexcept {
  return tracked && tracked->on_fault(reinterpret_cast<std::uintptr_t>(address));
}

namespace {

class cpu_worker final : public request_handler {
public:
  cpu_worker(const tuning_task &task, const program_memory &program, int image)
      : program_(program), before_(program.map), image_(image),
        runner_(*task.factory, task.call->arguments, task.options, task.cold, true), task_(task) {}

  status set_up(const memory_after_fork &forked);
  void handle(const worker_request &request, worker_reply &reply) override;

private:
  runner_outcome dispatch(const worker_request &request);
  runner_outcome prepare();
  runner_outcome classify();
  runner_outcome explore(std::uint32_t attempt);

  const program_memory &program_;
  memory_map before_; ///< what the program had mapped and this process has, too
  int image_;
  bool expects_ = false; ///< what the reference leaves is known
  trial_runner runner_;
  const tuning_task &task_;
};

} // namespace

status cpu_worker::set_up(const memory_after_fork &forked) {
  bool known = false;
  if (status loaded = runner_.expected.load(image_, known); !loaded)
    return loaded;
  expects_ = known;
  // By the program's own map: in the worker's, a thread's stack may be one mapping with a buffer.
  const memory_map map = memory_map::read(program_.caller);
  // Another thread of the program may have unmapped something before the fork, and this worker may
  // have memory of its own in that place since.
  const memory_map born_with = memory_map::at_birth();
  if (!map.known() || !born_with.known())
    return status::io_error(
        "the program's memory map (/proc/self/maps) cannot be read in the worker");
  before_.keep_only(born_with);
  before_.keep_only(map);
  if (!known) {
    runner_.expected.layout = lay_out(*task_.factory, *task_.call, before_);
    if (const std::string why =
            memory_obstacle(*task_.factory, *task_.call, forked, map, runner_.expected.layout);
        !why.empty())
      return status::unsupported(why);
  }
  if (status done = replace_huge_pages(map); !done)
    return done;
  if (status done = make_private(runner_.expected.layout, map, own_black_box()); !done)
    return done;
  // Before memory is protected: what is taken for the callers' may be memory that malloc() hands
  // out, to this very thread too.
  tracked = &runner_.tracker();
  set_fault_filter(on_fault);
  if (status armed = runner_.arm(); !armed)
    return armed;
  limit_memory();
  return status::ok();
}

runner_outcome cpu_worker::prepare() {
  output_scout scout(*task_.factory, task_.call->arguments, before_, program_.nobodys);
  // Sanitizers forbid a look at what they watch, and have their own memory all over the place.
  runner_outcome outcome = runner_.prepare(under_sanitizer() ? nullptr : &scout);
  if (!outcome.outcome.right())
    return outcome;
  expects_ = true;
  if (const status saved = runner_.expected.save(image_); !saved) {
    outcome.outcome.failure = trial_status::harness_error;
    outcome.outcome.reason = saved.text();
  }
  return outcome;
}

runner_outcome cpu_worker::classify() {
  runner_outcome outcome;
  // Without what is found out here a worker born later puts back more than it has to, no more.
  if (runner_.has_found()) {
    outcome = runner_.settle_noise();
    static_cast<void>(runner_.expected.save(image_));
  }
  if (outcome.outcome.right()) {
    runner_.classify();
    static_cast<void>(runner_.expected.save(image_));
    outcome.outcome.time_ns = runner_.expected.reference_ns;
  }
  outcome.outcome.reason = runner_.describe_compared();
  return outcome;
}

runner_outcome cpu_worker::explore(std::uint32_t attempt) {
  runner_outcome outcome;
  if (!runner_.explore(attempt))
    outcome.outcome.failure = trial_status::infeasible;
  else
    static_cast<void>(runner_.expected.save(image_));
  outcome.outcome.reason = runner_.describe_compared();
  return outcome;
}

runner_outcome cpu_worker::dispatch(const worker_request &request) {
  // A worker that was killed while it wrote down what it expected has left nothing.
  if (!expects_ && request.kind != request_kind::prepare)
    if (runner_outcome outcome = prepare(); !outcome.outcome.right()) {
      outcome.outcome.reason = "the reference, run again: " + outcome.outcome.reason;
      outcome.outcome.failure = trial_status::harness_error;
      return outcome;
    }
  switch (request.kind) {
  case request_kind::prepare:
    return prepare();
  case request_kind::classify:
    return classify();
  case request_kind::explore:
    return explore(request.variant);
  case request_kind::probe:
    return runner_.probe(request.variant);
  case request_kind::sample:
    return runner_.sample(request.variant, request.launches);
  default:
    return {};
  }
}

void cpu_worker::handle(const worker_request &request, worker_reply &reply) {
  runner_outcome outcome = dispatch(request);
  reply.code = outcome.outcome.code();
  reply.time_ns = outcome.outcome.time_ns;
  reply.at_ns = outcome.at_ns;
  reply.launches = outcome.launches;
  reply.tainted = outcome.tainted;
  reply.set_text(outcome.outcome.reason);
}

std::unique_ptr<request_handler> make_cpu_worker(const tuning_task &task,
                                                 const program_memory &program,
                                                 const memory_after_fork &forked, int image,
                                                 std::string &error) {
  auto worker = std::make_unique<cpu_worker>(task, program, image);
  if (const status ready = worker->set_up(forked); !ready) {
    error = ready.text();
    return nullptr;
  }
  return worker;
}

} // namespace tl::rt
