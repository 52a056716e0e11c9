// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/forked_bench.h"

#include "runtime/backend/cpu/memory/reachability.h"
#include "runtime/backend/cpu/trial_runner.h"
#include "runtime/factory/registry.h"
#include "runtime/support/small_file.h"
#include "runtime/support/thread_guard.h"
#include "runtime/support/unnamed_file.h"
#include "runtime/worker/worker_process.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

namespace tl::rt {

/// A fork copies page tables only, but those of a big process take their time [s].
static constexpr double birth_limit_s = 30;

// What trials may change and is no output: the toolchain's variables and records, the dispatchers'
// own, those in which the factory notes which variant has run, and what lies below the caller's
// frame or belongs to its thread.
static std::vector<byte_range> nobodys_memory(const tl_factory &called,
                                              const calling_thread &caller, const memory_map &map) {
  std::vector<byte_range> ranges = variables_of_toolchain();
  const std::vector<byte_range> records = records_of_loader(map);
  ranges.insert(ranges.end(), records.begin(), records.end());
  for (const tl_factory *factory : registered_factories()) {
    const auto slot = reinterpret_cast<std::uintptr_t>(factory->slot);
    ranges.push_back({slot, slot + sizeof *factory->slot});
  }
  for (std::uint32_t i = 0; i < called.variable_count; ++i) {
    const tl_variable &it = called.variables[i];
    const auto at = reinterpret_cast<std::uintptr_t>(it.address);
    if (it.address && (it.access & TL_VARIABLE_NAMES_CONFIG) != 0)
      ranges.push_back({at, at + it.bytes});
  }
  if (const memory_mapping *stack = map.find(caller.frame))
    ranges.push_back({stack->begin, caller.frame});
  for (const std::uintptr_t at : {caller.pointer - 1, caller.pointer})
    if (const memory_mapping *piece = map.find(at))
      if (piece->end <= caller.pointer || piece->begin >= caller.pointer)
        ranges.push_back({piece->begin, piece->end});
  return ranges;
}

std::unique_ptr<forked_bench> forked_bench::open(const tuning_task &task,
                                                 const calling_thread &caller, std::string &error) {
  error = obstacle_to_fork();
  if (!error.empty())
    return nullptr;
  program_memory program{caller, memory_map::read(caller), {}};
  if (!program.map.known()) {
    error = "the program's memory map (/proc/self/maps) cannot be read, and nothing else says how "
            "far buffers reach and what a trial changes";
    return nullptr;
  }
  program.nobodys = nobodys_memory(*task.factory, caller, program.map);
  const int image = open_unnamed_file("tl-expected");
  if (image < 0) {
    error = fmt::format("no memory to keep the expected results in: {}", error_text(errno));
    return nullptr;
  }
  return std::unique_ptr<forked_bench>(new forked_bench(task, std::move(program), image));
}

forked_bench::forked_bench(const tuning_task &task, program_memory program, int image)
    : task_(task), program_(std::move(program)), memory_(*task.factory, *task.call), image_(image),
      worker_([this](const worker_link &link) {
        const std::array keep{image_};
        const handler_factory make = [this](std::string &error) {
          return make_cpu_worker(task_, program_, memory_, image_, error);
        };
        return fork_worker(link, keep, make, [this] { memory_.look_again(); });
      }),
      abandoned_(when_abandoned([image] { ::close(image); })) {
  worker_.set_deadline(task_.stops_at);
}

forked_bench::~forked_bench() {
  worker_.stop();
  ::close(image_);
}

static worker_request request_for(request_kind kind, std::uint32_t variant,
                                  std::uint32_t launches) {
  worker_request request{};
  request.kind = kind;
  request.variant = variant;
  request.launches = launches;
  return request;
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
  const verdict found = answer.found();
  // Where a worker is expensive the checked verdicts are believed.
  constexpr double cheap_birth_s = 0.1;
  return !found.right() && found.failure != trial_status::infeasible && birth_s_ < cheap_birth_s;
}

worker_answer forked_bench::ask(request_kind kind, std::uint32_t variant, std::uint32_t launches,
                                double limit_s) {
  const worker_request request = request_for(kind, variant, launches);
  worker_answer answer = ask_once(request, limit_s);
  // What it sleeps for may be a lock that another thread happened to hold at the fork; once.
  const bool asleep = answer.asleep && !slept_;
  slept_ = slept_ || answer.asleep;
  if (asleep || (used_ && is_doubtful(answer))) {
    worker_.stop();
    answer = ask_once(request, limit_s);
  }
  used_ = true;
  return answer;
}

verdict forked_bench::prepare() {
  const char *who = task_.options.reference ? "the reference" : "the default config";
  verdict outcome = ask(request_kind::prepare, 0, 0, task_.options.timeout).found();
  if (!outcome.right()) {
    outcome.reason = fmt::format("{}: {}", who, outcome.reason);
    return outcome;
  }
  // Poisoned data may send the reference anywhere. Then its outputs count as updated in place; and
  // so they do where the budget does not hold that and a variant.
  const double limit_s = std::min(task_.options.timeout, 1.0 + 20 * outcome.time_ns * 1e-9);
  const auto now = std::chrono::steady_clock::now(), half = now + (task_.stops_at - now) / 2;
  const auto left_ns = [&] {
    return std::chrono::duration<double, std::nano>(half - std::chrono::steady_clock::now())
        .count();
  };
  worker_.set_deadline(half);
  worker_answer known;
  if (left_ns() > outcome.time_ns)
    known = ask(request_kind::classify, 0, 0, limit_s);
  if (known.replied && known.reply.time_ns > 0)
    outcome.time_ns = known.reply.time_ns;
  worker_.set_deadline(task_.stops_at);
  if (!known.replied) {
    // Only what is compared, then.
    known = ask(request_kind::explore, UINT32_MAX, 0, limit_s);
    if (!known.replied) {
      outcome = known.found();
      outcome.reason = fmt::format("{}, after its first run: {}", who, outcome.reason);
      return outcome;
    }
  }
  compared_ = std::string(known.reply.get_text());
  // A slow reference is not run again, unless nothing is known otherwise.
  constexpr double slow_ns = 1e9;
  if (compared_.empty() ||
      (!task_.once && outcome.time_ns < slow_ns && left_ns() > outcome.time_ns))
    look_closer(limit_s);
  if (compared_.empty() && !task_.options.skip_check && !task_.options.check) {
    outcome.failure = trial_status::harness_error;
    outcome.reason = fmt::format("{}: {}", who, nothing_to_compare);
  }
  if (task_.options.reference)
    reference_ns_ = outcome.time_ns;
  return outcome;
}

// All buffers that seem to be left alone together, and where that does not work each by itself.
void forked_bench::look_closer(double limit_s) {
  constexpr std::uint32_t most = 4;
  for (std::uint32_t attempt = 0; attempt <= most; ++attempt) {
    const worker_answer answer = ask_once(request_for(request_kind::explore, attempt, 0), limit_s);
    used_ = true;
    if (!answer.replied)
      continue;
    compared_ = std::string(answer.reply.get_text());
    if (attempt == 0 && answer.found().right())
      return;
  }
}

// Where the worker has run it before and it is right, it is. Otherwise a new one shows whether it
// is right once only.
verdict forked_bench::recheck(std::uint32_t variant, double limit_s) {
  const worker_request check = request_for(request_kind::probe, variant, 1);
  const worker_answer here = ask_once(check, limit_s);
  if (verdict found = here.found(); found.right())
    return found;
  worker_.stop();
  verdict outcome = ask_once(check, limit_s).found();
  if (!outcome.right())
    return outcome;
  const worker_request repeat = request_for(request_kind::sample, variant, 3);
  for (const worker_request &request : {repeat, check}) {
    outcome = ask_once(request, limit_s).found();
    used_ = true;
    if (!outcome.right()) {
      outcome.reason = "right at first, and not when it runs again: " + outcome.reason;
      break;
    }
  }
  return outcome;
}

verdict forked_bench::probe(std::uint32_t variant, double limit_s) {
  return ask(request_kind::probe, variant, 1, limit_s).found();
}

timed_round forked_bench::round(std::span<const sample_request> order, double limit_s) {
  timed_round result;
  result.samples.reserve(order.size());
  for (const sample_request &request : order) {
    const worker_answer answer =
        ask(request_kind::sample, request.variant, request.launches, limit_s);
    timed_sample sample{request.variant, answer.found()};
    if (answer.replied && answer.reply.at_ns > 0)
      sample.at_ns = answer.reply.at_ns;
    sample.launches = answer.replied ? answer.reply.launches : 0;
    result.samples.push_back(std::move(sample));
  }
  return result;
}

} // namespace tl::rt
