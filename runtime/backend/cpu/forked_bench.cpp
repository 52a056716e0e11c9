// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/forked_bench.h"

#include "runtime/backend/cpu/cpu_worker.h"
#include "runtime/worker/worker_process.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

namespace tl::rt {

using store::trial_status;

/// A fork copies page tables only, but those of a big process take their time [s].
static constexpr double birth_limit_s = 30;

std::unique_ptr<forked_bench> forked_bench::open(const tuning_task &task,
                                                 const calling_thread &caller, std::string &error) {
  const int image = ::memfd_create("tl-expected", MFD_CLOEXEC);
  if (image < 0) {
    error = fmt::format("no memory to keep the expected results in: {}", std::strerror(errno));
    return nullptr;
  }
  return std::unique_ptr<forked_bench>(new forked_bench(task, caller, image));
}

forked_bench::forked_bench(const tuning_task &task, const calling_thread &caller, int image)
    : task_(task), caller_(caller), image_(image), worker_([this](const worker_link &link) {
        const std::array keep{image_};
        return fork_worker(link, keep, [this](std::string &error) {
          return make_cpu_worker(task_, caller_, image_, error);
        });
      }) {}

forked_bench::~forked_bench() {
  worker_.stop();
  ::close(image_);
}

worker_answer forked_bench::ask_once(const worker_request &request, double limit_s) {
  if (!worker_.running()) {
    used_ = false;
    const auto begin = std::chrono::steady_clock::now();
    if (const status started = worker_.start(birth_limit_s); !started) {
      worker_answer answer;
      answer.reason = started.text();
      return answer;
    }
    birth_s_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
  worker_answer answer = worker_.ask(request, limit_s);
  if (answer.replied && answer.reply.tainted != 0)
    worker_.stop();
  return answer;
}

// Whether a failure may be the doing of a variant that ran earlier in the same worker: of what it
// damaged (the heap, our own records), or of a signal that came late.
bool forked_bench::is_doubtful(const worker_answer &answer) const {
  if (!answer.replied)
    return answer.status != trial_status::timed_out;
  const auto found = static_cast<trial_status>(answer.reply.status);
  // Where a worker is expensive the checked verdicts are believed.
  constexpr double cheap_birth_s = 0.1;
  return found != trial_status::measured && found != trial_status::infeasible &&
         birth_s_ < cheap_birth_s;
}

worker_answer forked_bench::ask(request_kind kind, std::uint32_t variant, std::uint32_t launches,
                                double limit_s) {
  worker_request request{};
  request.kind = kind;
  request.variant = variant;
  request.launches = launches;
  worker_answer answer = ask_once(request, limit_s);
  if (used_ && is_doubtful(answer)) {
    worker_.stop();
    answer = ask_once(request, limit_s);
  }
  used_ = true;
  return answer;
}

trial_outcome forked_bench::outcome_of(const worker_answer &answer) const {
  trial_outcome outcome;
  outcome.status = answer.replied ? static_cast<trial_status>(answer.reply.status) : answer.status;
  outcome.reason = answer.replied ? std::string(answer.reply.get_text()) : answer.reason;
  outcome.time_ns = answer.replied ? answer.reply.time_ns : 0;
  return outcome;
}

trial_outcome forked_bench::prepare() {
  const char *who = task_.options.reference ? "the reference" : "the default config";
  trial_outcome outcome = outcome_of(ask(request_kind::prepare, 0, 0, task_.options.timeout));
  if (outcome.status != trial_status::measured) {
    outcome.reason = fmt::format("{}: {}", who, outcome.reason);
    return outcome;
  }
  // Poisoned data may send the reference anywhere. Then its outputs count as updated in place.
  const double limit_s = std::min(task_.options.timeout, 1.0 + 20 * outcome.time_ns * 1e-9);
  const worker_answer classified = ask(request_kind::classify, 0, 0, limit_s);
  if (classified.replied && classified.reply.time_ns > 0)
    outcome.time_ns = classified.reply.time_ns;
  if (task_.options.reference)
    reference_ns_ = outcome.time_ns;
  return outcome;
}

trial_outcome forked_bench::probe(std::uint32_t variant, double limit_s) {
  return outcome_of(ask(request_kind::probe, variant, 1, limit_s));
}

timed_round forked_bench::round(std::span<const sample_request> order, double limit_s) {
  timed_round result;
  result.samples.reserve(order.size());
  for (const sample_request &request : order) {
    const worker_answer answer =
        ask(request_kind::sample, request.variant, request.launches, limit_s);
    timed_sample sample{request.variant, outcome_of(answer)};
    sample.at_ns = answer.replied ? answer.reply.at_ns : 0;
    sample.launches = answer.replied ? answer.reply.launches : 0;
    result.samples.push_back(std::move(sample));
  }
  return result;
}

} // namespace tl::rt
