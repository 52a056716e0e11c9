// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/gpu/bench.h"

#include "runtime/backend/gpu/driver.h"
#include "runtime/backend/gpu/engine.h"
#include "runtime/backend/gpu/open_device.h"
#include "runtime/backend/gpu/take_apart.h"
#include "runtime/backend/gpu/trial_failure.h"
#include "runtime/backend/gpu/worker.h"
#include "runtime/support/log.h"
#include "runtime/worker/supervisor.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tl::rt::gpu {
namespace {

/// A worker may have to wait for its context, and for gigabytes to be copied [s].
constexpr double start_limit_s = 60;

/// Says how long something took, to those who want to know.
class stopwatch {
public:
  explicit stopwatch(const char *what) : what_(what) {}
  ~stopwatch() {
    if (log_enabled(log_level::debug))
      log_debug(fmt::format(
          "{} took {:.2f} ms", what_,
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin_)
              .count()));
  }
  stopwatch(const stopwatch &) = delete;
  stopwatch &operator=(const stopwatch &) = delete;

private:
  const char *what_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// Tries variants in a worker process, or in this one where that cannot be.
class gpu_bench final : public trial_bench {
public:
  /// `on` is null in a helper, which has nothing to do with the caller's device.
  gpu_bench(const tuning_task &task, std::unique_ptr<device> on)
      : task_(task), device_(std::move(on)),
        worker_([this](const worker_link &link) { return image_.give_birth(link); }) {
    worker_.set_deadline(task_.stops_at);
  }
  ~gpu_bench() override;

  status open();
  verdict prepare() override;
  verdict probe(std::uint32_t variant, double limit_s) override;
  timed_round round(std::span<const sample_request> order, double limit_s) override;
  verdict confirm(std::uint32_t variant) override;
  std::string compared() const override { return compared_; }
  double reference_ns() const override { return reference_ns_; }
  measure::device_load load() override;
  std::unique_ptr<trial_bench> open_helper(std::int32_t ordinal, std::string &error) override;

private:
  status share_buffers();
  status go_in_process(const std::string &why);
  load_counters counters() const;
  void wake_counters();
  void pass_on(std::string_view remark);
  verdict ready();
  verdict probe_in_worker(std::uint32_t variant, double limit_s);
  bool worker_is_sound(double limit_s);
  verdict ask(request_kind kind, std::uint32_t variant, double value, double limit_s);
  timed_round part(std::span<const sample_request> order, double limit_s);
  verdict ask_round(std::span<const sample_request> order, double limit_s, timed_round &to);

  tuning_task task_;
  std::unique_ptr<device> device_;
  problem problem_;
  std::vector<address> staging_;
  worker_image image_;
  supervisor worker_;
  std::unique_ptr<engine> local_; ///< set: trials run in this process
  /// Per variant, also of those that came later.
  std::unordered_map<std::uint32_t, double> last_ns_;
  double reference_ns_ = 0;
  std::string compared_;                             ///< what results are compared on
  bool prepared_ = false;                            ///< the living worker has its expected results
  bool used_ = false;                                ///< it has run variants
  load_counters counted_;                            ///< when load() was last called ...
  std::chrono::steady_clock::time_point counted_at_; ///< ... and when that was
  bool counters_awake_ = false;
  bool default_is_right_ = false; ///< the default config passes its check in a sound worker
  bool remarked_ = false;
  bool may_poison_ = true; ///< the reference is run on contents of our own too
  int doubts_left_ = 8;    ///< workers that are given up for what they may have become
};

} // namespace

gpu_bench::~gpu_bench() {
  worker_.stop();
  local_.reset();
  for (const address it : staging_)
    device_->release(it);
}

/// Makes each region on the device something that a worker can open. What the driver does not share
/// (memory of async pools, managed memory) is copied to where it does.
status gpu_bench::share_buffers() {
  for (region &it : problem_.regions) {
    if (it.on_host || !it.content.empty())
      continue; // travels with the problem
    const memory_info info = device_->inspect(reinterpret_cast<const void *>(it.original));
    if (info.place == place::exportable && it.variable < 0) {
      it.offset = it.original - info.base;
      if (status done = device_->export_memory(info.base, it.handle); !done)
        return done;
      continue;
    }
    address &staged = staging_.emplace_back(0);
    if (status done = device_->allocate(it.bytes, staged); !done)
      return done;
    if (status done = device_->copy(staged, it.original, it.bytes); !done)
      return done;
    it.offset = 0;
    if (status done = device_->export_memory(staged, it.handle); !done)
      return done;
  }
  return device_->synchronize();
}

status gpu_bench::go_in_process(const std::string &why) {
  if (!why.empty())
    warn_once(fmt::format("in process {} {}", task_.factory->id, why),
              fmt::format("{}: trials run inside the program, where a variant that faults ends all "
                          "of its work on the device: {}",
                          task_.factory->name, why));
  local_ = std::make_unique<engine>(*device_, *task_.factory, problem_, false);
  const status done = local_->set_up();
  pass_on(local_->remark());
  return done;
}

/// Says what an engine has to say, once for all workers.
void gpu_bench::pass_on(std::string_view remark) {
  if (!remark.empty() && !remarked_)
    log_warning(remark);
  remarked_ |= !remark.empty();
}

status gpu_bench::open() {
  const stopwatch time("taking the arguments apart");
  if (status waited = device_->wait_for_caller(task_.call->stream); !waited)
    return waited;
  if (status taken = take_apart(*device_, task_, problem_); !taken)
    return taken;
  if (task_.in_process)
    return go_in_process({});
  if (!problem_.in_process.empty())
    return go_in_process(problem_.in_process);
  if (status shared = share_buffers(); !shared)
    return shared;
  if (status made = image_.prepare(*task_.factory, problem_); !made)
    return go_in_process(made.text());
  return status::ok();
}

/// A worker on another device opens the very same buffers, as a peer of the device that has them,
/// and copies them to its own. Those that were staged belong to this bench.
std::unique_ptr<trial_bench> gpu_bench::open_helper(std::int32_t ordinal, std::string &error) {
  if (local_) {
    error = "trials run inside the program";
    return nullptr;
  }
  auto made = std::make_unique<gpu_bench>(task_, nullptr);
  made->problem_ = problem_;
  made->problem_.ordinal = ordinal;
  made->remarked_ = true; // by this one
  if (status done = made->image_.prepare(*task_.factory, made->problem_); !done) {
    error = done.text();
    return nullptr;
  }
  return made;
}

/// Energy counters move every few 10 ms: over shorter times they tell nothing.
static constexpr double least_counted_s = 0.05;

load_counters gpu_bench::counters() const {
  std::string error;
  const driver *api = find_driver(task_.factory->backend, error);
  return api ? api->counters(problem_.ordinal) : load_counters{};
}

/// Who is asked for the counters takes longer to get ready than many a race, once in a process:
/// that is done while there is nothing else to do. A helper's device is not asked.
void gpu_bench::wake_counters() {
  if (device_ && !counters_awake_)
    static_cast<void>(counters());
  counters_awake_ = true;
}

measure::device_load gpu_bench::load() {
  const load_counters now = counters();
  const auto at = std::chrono::steady_clock::now();
  const double passed_s = std::chrono::duration<double>(at - counted_at_).count();
  measure::device_load load;
  if (now.known && counted_.known && passed_s > 0) {
    load.limited = std::clamp((now.limited_s - counted_.limited_s) / passed_s, 0.0, 1.0);
    if (now.power_limit_w > 0 && counted_.energy_j > 0 && passed_s >= least_counted_s)
      load.power = (now.energy_j - counted_.energy_j) / passed_s / now.power_limit_w;
    // The program itself and its worker.
    const unsigned ours = local_ ? 1 : 2;
    load.others = now.processes > ours ? now.processes - ours : 0;
  }
  counted_ = now;
  counted_at_ = at;
  return load;
}

/// A worker that can be asked for trials.
verdict gpu_bench::ready() {
  if (worker_.running() && prepared_)
    return {};
  if (!worker_.running()) {
    prepared_ = false;
    used_ = false;
    const stopwatch time("starting a worker");
    const auto meanwhile = [this] { wake_counters(); };
    if (status started = worker_.start(start_limit_s, meanwhile); !started)
      return verdict::failed(trial_status::harness_error, started.text());
    pass_on({image_.area().remark, ::strnlen(image_.area().remark, sizeof image_.area().remark)});
  }
  const stopwatch time("running the reference");
  verdict outcome =
      ask(request_kind::prepare, 0, may_poison_ ? 1 : 0, std::max(task_.options.timeout, 1.0));
  if (!outcome.right() && !worker_.running() && may_poison_) {
    // Contents of our own may be more than it can take.
    may_poison_ = false;
    return ready();
  }
  prepared_ = outcome.right() && worker_.running();
  if (prepared_) {
    reference_ns_ = image_.area().reference_ns;
    compared_.assign(image_.area().compared,
                     ::strnlen(image_.area().compared, sizeof image_.area().compared));
  }
  // What is compared with is what it has left itself.
  if (prepared_ && !task_.options.reference && !task_.options.check)
    default_is_right_ = true;
  return outcome;
}

verdict gpu_bench::ask(request_kind kind, std::uint32_t variant, double value, double limit_s) {
  worker_request request{};
  request.kind = kind;
  request.variant = variant;
  request.value = value;
  const worker_answer answer = worker_.ask(request, limit_s);
  verdict outcome = answer.found();
  outcome.waits_for_program = false; // only a forked worker lacks threads that the program has
  if (!answer.replied)
    return outcome;
  const char *resources = image_.area().resources;
  outcome.resources.assign(resources, ::strnlen(resources, max_resources));
  // Damaged, or without a device: the next trial gets a new one.
  if (answer.reply.tainted)
    worker_.stop();
  return outcome;
}

verdict gpu_bench::prepare() {
  if (!local_)
    return ready();
  verdict outcome = local_->prepare();
  reference_ns_ = local_->reference_ns();
  compared_ = local_->compared();
  return outcome;
}

verdict gpu_bench::probe_in_worker(std::uint32_t variant, double limit_s) {
  verdict outcome = ready();
  if (!outcome.right())
    return verdict::failed(trial_status::harness_error,
                           "no worker for this variant: " + outcome.reason);
  outcome = ask(request_kind::probe, variant, 0, limit_s);
  if (variant == task_.factory->default_variant && outcome.right())
    default_is_right_ = true;
  used_ = true;
  return outcome;
}

/// Whether the worker still judges as it did when it was new: the default config passes.
bool gpu_bench::worker_is_sound(double limit_s) {
  return default_is_right_ && worker_.running() &&
         ask(request_kind::probe, task_.factory->default_variant, 0, limit_s).right();
}

verdict gpu_bench::probe(std::uint32_t variant, double limit_s) {
  const stopwatch time("a probe");
  verdict outcome;
  if (local_) {
    outcome = device_->lost() ? verdict::failed(trial_status::harness_error,
                                                "an earlier variant has lost the device")
                              : local_->probe(variant);
  } else {
    const bool used = used_ && worker_.running();
    outcome = probe_in_worker(variant, limit_s);
    const bool doubtful =
        outcome.failure == trial_status::wrong || outcome.failure == trial_status::inconsistent;
    // A variant before this one may have written far outside its buffers, to where the contents and
    // the expected results of the next ones are kept.
    if (doubtful && used && doubts_left_ > 0 && !worker_is_sound(limit_s)) {
      --doubts_left_;
      worker_.stop();
      outcome = probe_in_worker(variant, limit_s);
    }
  }
  last_ns_[variant] = outcome.time_ns;
  return outcome;
}

verdict gpu_bench::ask_round(std::span<const sample_request> order, double limit_s,
                             timed_round &to) {
  if (local_) {
    if (device_->lost())
      return verdict::failed(trial_status::harness_error, "an earlier variant has lost the device");
    const status done = local_->round(order, to);
    return done ? verdict{} : verdict::failed(trial_status::device_error, done.text());
  }
  verdict outcome = ready();
  if (!outcome.right())
    return verdict::failed(trial_status::harness_error,
                           "no worker for this round: " + outcome.reason);
  std::copy(order.begin(), order.end(), image_.area().requests);
  outcome = ask(request_kind::sample, 0, static_cast<double>(order.size()), limit_s);
  if (!outcome.right())
    return outcome;
  to.clock = image_.area().clock;
  to.samples.resize(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    to.samples[i].variant = order[i].variant;
    to.samples[i].outcome.time_ns = image_.area().samples[i].time_ns;
    to.samples[i].at_ns = image_.area().samples[i].at_ns;
    to.samples[i].launches = image_.area().samples[i].launches;
  }
  return outcome;
}

timed_round gpu_bench::part(std::span<const sample_request> order, double limit_s) {
  // All of it is enqueued before anything is waited for, so the limit is one sample's, on top of
  // what the round should take.
  const stopwatch time("a round");
  double expected_s = 0;
  for (const sample_request &it : order)
    expected_s += 1e-9 * (last_ns_[it.variant] + 100e3) * std::max(it.launches, 1u);
  timed_round taken;
  verdict outcome = ask_round(order, limit_s + 4 * expected_s, taken);
  if (outcome.right())
    return taken;
  // Somewhere in it something went wrong: one by one tells where.
  taken = {};
  for (const sample_request &it : order) {
    timed_round one;
    if (order.size() > 1)
      outcome = ask_round({&it, 1}, limit_s, one);
    if (outcome.right() && one.samples.size() == 1) {
      taken.samples.push_back(one.samples[0]);
      taken.clock = one.clock;
    } else {
      timed_sample &failed = taken.samples.emplace_back();
      failed.variant = it.variant;
      failed.outcome = outcome;
    }
  }
  return taken;
}

timed_round gpu_bench::round(std::span<const sample_request> order, double limit_s) {
  timed_round whole;
  for (std::size_t i = 0; i < order.size(); i += max_round) {
    timed_round taken = part(order.subspan(i, std::min(max_round, order.size() - i)), limit_s);
    whole.clock = taken.clock;
    whole.samples.insert(whole.samples.end(), taken.samples.begin(), taken.samples.end());
  }
  for (const timed_sample &it : whole.samples)
    if (it.outcome.right())
      last_ns_[it.variant] = it.outcome.time_ns;
  return whole;
}

/// The worker's copies make room first: there may be no memory for both.
verdict gpu_bench::confirm(std::uint32_t variant) {
  if (local_ || !device_)
    return {};
  const stopwatch time("proving the winner in the program");
  worker_.stop();
  engine here(*device_, *task_.factory, problem_, false);
  if (status done = here.set_up(); !done)
    return verdict::failed(trial_status::harness_error, done.text());
  return here.prove(variant);
}

std::unique_ptr<trial_bench> open_bench(const tuning_task &task, std::string &error) {
  std::unique_ptr<device> on = open_device(task.factory->backend, task.call->device, error);
  if (!on)
    return nullptr;
  auto made = std::make_unique<gpu_bench>(task, std::move(on));
  if (status done = made->open(); !done) {
    error = done.text();
    return nullptr;
  }
  return made;
}

} // namespace tl::rt::gpu
