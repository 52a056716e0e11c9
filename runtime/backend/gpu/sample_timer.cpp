// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/gpu/sample_timer.h"

#include "runtime/backend/gpu/device_scratch.h"
#include "runtime/backend/gpu/trial_failure.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace tl::rt::gpu {

/// Head start of the host over the device before a timed region, so that the region's launches are
/// all in the queue when its first stamp passes [ns].
static constexpr std::uint64_t head_start_ns = 20'000;

std::string sample_timer::choose_profiler() {
  if (problem_.options.profiler != TL_PROFILER_DEFAULT)
    profiler_ = problem_.options.profiler;
  std::string why;
  if (profiler_ == TL_PROFILER_GRAPH && !problem_.has_stream)
    why = "profiler = graph: launches on the default stream cannot be captured";
  if (profiler_ == TL_PROFILER_CUPTI) {
    double ns = 0;
    const status begun = device_.begin_kernel_times();
    if (begun)
      static_cast<void>(device_.end_kernel_times(ns)); // of nothing: it was only tried
    else
      why = begun.text();
  }
  if (why.empty())
    return {};
  profiler_ = TL_PROFILER_EVENT;
  return fmt::format("{}: {}; events take the times instead", factory_.name, why);
}

status sample_timer::time_flush() {
  status done = device_.flush_cache(); // the first one allocates
  if (done)
    done = device_.stamp(0);
  if (done)
    done = device_.flush_cache();
  if (done)
    done = device_.stamp(1);
  if (done)
    done = device_.synchronize();
  return done ? device_.elapsed(0, 1, flush_ns_) : done;
}

double sample_timer::time_once(const trial_calls::callable &what, verdict &failure) {
  const auto begin = std::chrono::steady_clock::now();
  double ns = 0;
  status done = device_.spin(head_start_ns, scratch_ + clock_at);
  if (done)
    done = device_.stamp(0);
  if (done) {
    failure = calls_.launch(what)
                  ? verdict{}
                  : verdict::failed(trial_status::threw, "threw an exception when it ran again");
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

/// How many launches a sample can have; see most_between_launches_ns.
std::uint32_t sample_timer::affordable(const sample_request &wanted) {
  const std::uint32_t launches = std::max(wanted.launches, 1u);
  if (!problem_.cold || flush_ns_ <= 0)
    return launches;
  const double most_ns = std::max(most_between_launches_ns, launches * last_ns_[wanted.variant]);
  return static_cast<std::uint32_t>(
      std::clamp(most_ns / flush_ns_, 1.0, static_cast<double>(launches)));
}

/// Enqueues one sample; its pairs of stamps are appended to `stamps`.
status sample_timer::sample(const sample_request &wanted, std::size_t &stamp,
                            std::vector<std::size_t> &stamps) {
  status done = copies_.restore_read();
  const std::uint32_t launches = wanted.launches;
  const bool graph = profiler_ == TL_PROFILER_GRAPH;
  // Cold: every launch starts from a flushed cache and is timed on its own. Hot: one region over
  // all.
  const bool apart = problem_.cold || problem_.options.restore;
  const std::uint32_t regions = apart ? launches : 1;
  const std::uint32_t each = apart ? 1 : launches;
  if (graph && done) {
    done = device_.begin_capture();
    if (done) {
      const status called = calls_.launch(wanted.variant, each);
      done = device_.end_capture(wanted.variant);
      if (!called)
        done = called;
    }
  }
  // A warm cache is this variant's own, not that of the one before it. Long runs see to that
  // themselves.
  if (done && !problem_.cold && last_ns_[wanted.variant] * launches < 1e6)
    done = calls_.launch(wanted.variant, 1);
  for (std::uint32_t i = 0; done && i < regions; ++i) {
    if (done = copies_.restore_by_program(); !done)
      break;
    if (problem_.cold)
      done = device_.flush_cache();
    else
      done = device_.spin(head_start_ns, scratch_ + clock_at); // the flush is as good a head start
    if (done)
      done = device_.stamp(stamp);
    if (done)
      done = graph ? device_.replay(wanted.variant) : calls_.launch(wanted.variant, each);
    if (done)
      done = device_.stamp(stamp + 1);
    stamps.push_back(stamp);
    stamp += 2;
  }
  return done;
}

/// A sample that is waited for on its own: by the host's clock, or by the vendor's profiler.
status sample_timer::separate_sample(const sample_request &wanted, timed_sample &to) {
  status done = copies_.restore_read();
  const std::uint32_t launches = wanted.launches;
  const bool apart = problem_.cold || problem_.options.restore;
  const std::uint32_t regions = apart ? launches : 1;
  const std::uint32_t each = apart ? 1 : launches;
  const bool recorded = profiler_ == TL_PROFILER_CUPTI;
  double total = 0;
  for (std::uint32_t i = 0; done && i < regions; ++i) {
    if (done = copies_.restore_by_program(); done && problem_.cold)
      done = device_.flush_cache();
    if (done)
      done = device_.synchronize();
    if (done && recorded)
      done = device_.begin_kernel_times();
    if (!done)
      return done;
    const auto begin = std::chrono::steady_clock::now();
    done = calls_.launch(wanted.variant, each);
    if (status waited = device_.synchronize(); done)
      done = waited;
    double ns =
        std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count();
    if (recorded)
      if (status ended = device_.end_kernel_times(ns); done)
        done = ended;
    total += ns;
  }
  to.outcome.time_ns = total / launches;
  return done;
}

/// A variant's first run may have been elsewhere: on a helper's device, in a worker that is gone.
/// What it takes to load the code is not to be part of a sample.
status sample_timer::load_code(std::uint32_t variant) {
  if (last_ns_[variant] > 0)
    return status::ok();
  status done = copies_.restore_read();
  if (done)
    done = calls_.launch(variant, 1);
  verdict failure;
  if (done)
    last_ns_[variant] = std::max(time_once(calls_.variant(variant), failure), 1.0);
  return failure.right() ? done : status::io_error(failure.reason);
}

status sample_timer::round(std::span<const sample_request> order, timed_round &to) {
  to = {};
  const clock_result zero{};
  status done = status::ok();
  for (const sample_request &it : order)
    if (done)
      done = load_code(it.variant);
  if (done)
    done = device_.copy(scratch_ + clock_at, address_of(&zero), sizeof zero);
  const bool separately = profiler_ == TL_PROFILER_WALL || profiler_ == TL_PROFILER_CUPTI;
  std::vector<std::vector<std::size_t>> stamps(order.size());
  // Long enough for the clock to be read to a few tenths of a percent.
  if (done)
    done = device_.spin(50'000, scratch_ + clock_at);
  const double begin_ns =
      static_cast<double>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                              std::chrono::steady_clock::now().time_since_epoch())
                              .count());
  std::size_t stamp = 1;
  if (done)
    done = device_.stamp(0);
  for (std::size_t i = 0; done && i < order.size(); ++i) {
    timed_sample &made = to.samples.emplace_back();
    made.variant = order[i].variant;
    made.launches = affordable(order[i]);
    const sample_request given{order[i].variant, made.launches};
    done = separately ? separate_sample(given, made) : sample(given, stamp, stamps[i]);
  }
  clock_result clock{};
  if (done)
    done = device_.copy(address_of(&clock), scratch_ + clock_at, sizeof clock);
  if (status waited = device_.synchronize(); done)
    done = waited;
  if (!done)
    return done;
  for (std::size_t i = 0; i < to.samples.size() && !separately; ++i) {
    double total = 0, ns = 0;
    for (const std::size_t pair : stamps[i]) {
      if (done = device_.elapsed(pair, pair + 1, ns); !done)
        return done;
      total += ns;
    }
    to.samples[i].outcome.time_ns = total / to.samples[i].launches;
    last_ns_[order[i].variant] = to.samples[i].outcome.time_ns;
    double first = 0, last = 0;
    if (device_.elapsed(0, stamps[i].front(), first) &&
        device_.elapsed(0, stamps[i].back() + 1, last))
      to.samples[i].at_ns = begin_ns + (first + last) / 2;
  }
  if (clock.nanoseconds > 0 && device_.nominal_ghz() > 0)
    to.clock = static_cast<double>(clock.cycles) / static_cast<double>(clock.nanoseconds) /
               device_.nominal_ghz();
  return status::ok();
}

} // namespace tl::rt::gpu
