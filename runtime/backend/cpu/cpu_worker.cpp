// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/cpu_worker.h"

#include "runtime/backend/cpu/trial_runner.h"
#include "runtime/worker/memory_limit.h"
#include "runtime/worker/private_memory.h"

#include <cstdint>

namespace tl::rt {

using store::trial_status;

/// The tracker of this worker, for the handler of SIGSEGV.
static write_tracker *tracked = nullptr;

static bool on_fault(void *address) noexcept {
  return tracked && tracked->on_fault(reinterpret_cast<std::uintptr_t>(address));
}

namespace {

class cpu_worker final : public request_handler {
public:
  cpu_worker(const tuning_task &task, int image)
      : image_(image), runner_(*task.factory, task.call->arguments, task.options, task.cold, true),
        task_(task) {}

  status set_up(const calling_thread &caller);
  void handle(const worker_request &request, worker_reply &reply) override;

private:
  runner_outcome dispatch(const worker_request &request);
  runner_outcome prepare();
  runner_outcome classify();

  int image_;
  trial_runner runner_;
  const tuning_task &task_;
};

} // namespace

status cpu_worker::set_up(const calling_thread &caller) {
  bool known = false;
  if (status loaded = runner_.expected.load(image_, known); !loaded)
    return loaded;
  const memory_map map = memory_map::read(caller);
  if (!known)
    runner_.expected.layout = lay_out(*task_.factory, *task_.call, map);
  if (status done = make_private(runner_.expected.layout, map); !done)
    return done;
  if (status armed = runner_.arm(); !armed)
    return armed;
  tracked = &runner_.tracker();
  set_fault_filter(on_fault);
  limit_memory();
  return status::ok();
}

runner_outcome cpu_worker::prepare() {
  runner_outcome outcome = runner_.prepare();
  if (outcome.outcome.status != trial_status::measured)
    return outcome;
  if (const status saved = runner_.expected.save(image_); !saved) {
    outcome.outcome.status = trial_status::harness_error;
    outcome.outcome.reason = saved.text();
  }
  return outcome;
}

runner_outcome cpu_worker::classify() {
  runner_.classify();
  runner_outcome outcome;
  outcome.outcome.time_ns = runner_.expected.reference_ns;
  // Without it a worker born later puts back more than it has to, no more.
  static_cast<void>(runner_.expected.save(image_));
  return outcome;
}

runner_outcome cpu_worker::dispatch(const worker_request &request) {
  switch (request.kind) {
  case request_kind::prepare:
    return prepare();
  case request_kind::classify:
    return classify();
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
  reply.status = static_cast<std::int32_t>(outcome.outcome.status);
  reply.time_ns = outcome.outcome.time_ns;
  reply.at_ns = outcome.at_ns;
  reply.launches = outcome.launches;
  reply.tainted = outcome.tainted;
  reply.set_text(outcome.outcome.reason);
}

std::unique_ptr<request_handler> make_cpu_worker(const tuning_task &task,
                                                 const calling_thread &caller, int image,
                                                 std::string &error) {
  auto worker = std::make_unique<cpu_worker>(task, image);
  if (const status ready = worker->set_up(caller); !ready) {
    error = ready.text();
    return nullptr;
  }
  return worker;
}

} // namespace tl::rt
