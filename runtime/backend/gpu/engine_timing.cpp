// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/gpu/engine_impl.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace tl::rt::gpu {

/// Before a sample: buffers that are read and written get back what the caller had, so that a
/// variant does not run on what the one before it has left.
status engine::restore_read() {
  for (std::size_t i = 0; i < problem_.pieces.size(); ++i) {
    const piece &it = problem_.pieces[i];
    if (write_only_[i] || problem_.regions[it.region].on_host)
      continue;
    const copies &of = copies_[it.region];
    if (status done = device_.copy(of.working + it.offset, of.pristine + it.offset, it.bytes);
        !done)
      return done;
  }
  return restore_by_program();
}

/// What the program says of how to put back what it works on, on the copies.
status engine::restore_by_program() {
  if (!problem_.options.restore)
    return status::ok();
  try {
    problem_.options.restore(&factory_, arguments_.data());
  } catch (...) {
    return status::invalid("restore threw an exception");
  }
  return device_.synchronize();
}

status engine::launch(const sample_request &wanted, std::uint32_t times) {
  try {
    for (std::uint32_t i = 0; i < times; ++i)
      factory_.invoke(&factory_, wanted.variant, arguments_.data(),
                      result_.empty() ? nullptr : result_.data());
  } catch (...) {
    return status::invalid("threw an exception when it ran again");
  }
  if (const char *refused = factory_.take_error ? factory_.take_error() : nullptr)
    return status::io_error(fmt::format("the launch was refused: {}", refused));
  return status::ok();
}

status engine::time_flush() {
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

/// How many launches a sample can have; see most_between_launches_ns.
std::uint32_t engine::affordable(const sample_request &wanted) const {
  const std::uint32_t launches = std::max(wanted.launches, 1u);
  if (!problem_.cold || flush_ns_ <= 0)
    return launches;
  const double most_ns = std::max(most_between_launches_ns, launches * last_ns_[wanted.variant]);
  return static_cast<std::uint32_t>(
      std::clamp(most_ns / flush_ns_, 1.0, static_cast<double>(launches)));
}

/// Enqueues one sample; its pairs of stamps are appended to `stamps`.
status engine::sample(const sample_request &wanted, std::size_t &stamp,
                      std::vector<std::size_t> &stamps) {
  status done = restore_read();
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
      const status called = launch(wanted, each);
      done = device_.end_capture(wanted.variant);
      if (!called)
        done = called;
    }
  }
  // A warm cache is this variant's own, not that of the one before it. Long runs see to that
  // themselves.
  if (done && !problem_.cold && last_ns_[wanted.variant] * launches < 1e6)
    done = launch(wanted, 1);
  for (std::uint32_t i = 0; done && i < regions; ++i) {
    if (done = restore_by_program(); !done)
      break;
    if (problem_.cold)
      done = device_.flush_cache();
    else
      done = device_.spin(head_start_ns, results_ + clock_at); // the flush is as good a head start
    if (done)
      done = device_.stamp(stamp);
    if (done)
      done = graph ? device_.replay(wanted.variant) : launch(wanted, each);
    if (done)
      done = device_.stamp(stamp + 1);
    stamps.push_back(stamp);
    stamp += 2;
  }
  return done;
}

/// A sample that is waited for on its own: by the host's clock, or by the vendor's profiler.
status engine::separate_sample(const sample_request &wanted, timed_sample &to) {
  status done = restore_read();
  const std::uint32_t launches = wanted.launches;
  const bool apart = problem_.cold || problem_.options.restore;
  const std::uint32_t regions = apart ? launches : 1;
  const std::uint32_t each = apart ? 1 : launches;
  const bool recorded = profiler_ == TL_PROFILER_CUPTI;
  double total = 0;
  for (std::uint32_t i = 0; done && i < regions; ++i) {
    if (done = restore_by_program(); done && problem_.cold)
      done = device_.flush_cache();
    if (done)
      done = device_.synchronize();
    if (done && recorded)
      done = device_.begin_kernel_times();
    if (!done)
      return done;
    const auto begin = std::chrono::steady_clock::now();
    done = launch(wanted, each);
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
status engine::load_code(std::uint32_t variant) {
  if (last_ns_[variant] > 0)
    return status::ok();
  status done = restore_read();
  if (done)
    done = launch({variant, 1}, 1);
  trial_outcome failure;
  if (done)
    last_ns_[variant] = std::max(time_once(variant_call(variant), failure), 1.0);
  return good(failure) ? done : status::io_error(failure.reason);
}

status engine::round(std::span<const sample_request> order, timed_round &to) {
  to = {};
  const clock_result zero{};
  status done = status::ok();
  for (const sample_request &it : order)
    if (done)
      done = load_code(it.variant);
  if (done)
    done = device_.copy(results_ + clock_at, address_of(&zero), sizeof zero);
  const bool separately = profiler_ == TL_PROFILER_WALL || profiler_ == TL_PROFILER_CUPTI;
  std::vector<std::vector<std::size_t>> stamps(order.size());
  // Long enough for the clock to be read to a few tenths of a percent.
  if (done)
    done = device_.spin(50'000, results_ + clock_at);
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
    done = device_.copy(address_of(&clock), results_ + clock_at, sizeof clock);
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
