// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/probe_queue.h"

#include "runtime/support/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <system_error>

namespace tl::rt {

/// Helpers are asked for when the own device would need this many times as long for what is left as
/// a helper needs to get ready.
static constexpr double worthwhile = 2;
/// A helper on which the default config takes this many times as long is busy with something else,
/// or throttled: its times would drop variants that are fast.
static constexpr double too_slow = 2;
/// A device that was idle needs a moment to raise its clock.
static constexpr int tries_to_be_fast = 5;

static double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

static void log_dismissed(const std::string &unit, const std::string &why) {
  log_info(fmt::format("{} does not help with first runs: {}", unit, why));
}

std::vector<probe_helper> recruit_helpers(backend &on, trial_bench &own, std::int32_t device,
                                          const std::string &lock_directory) {
  std::vector<probe_helper> helpers;
  for (const std::int32_t peer : on.idle_peers(device)) {
    probe_helper made;
    made.unit = on.unit(peer);
    made.lock = store::session_lock::acquire(lock_directory, made.unit,
                                             std::chrono::steady_clock::time_point{});
    std::string error;
    if (made.lock.result() == store::session_lock::outcome::timed_out)
      error = fmt::format("process {} is tuning on it", made.lock.holder());
    else
      made.bench = own.open_helper(peer, error);
    if (!made.bench) {
      log_dismissed(made.unit, error);
      continue;
    }
    log_info(fmt::format("{} helps with first runs", made.unit));
    helpers.push_back(std::move(made));
  }
  return helpers;
}

probe_queue::~probe_queue() {
  {
    const std::lock_guard lock(guard_);
    closing_ = true;
  }
  changed_.notify_all();
  for (seat &it : seats_)
    if (it.thread.joinable())
      it.thread.join();
}

std::optional<std::uint32_t> probe_queue::take(bool by_helper) {
  // Also when the session is over: its start stands in the journal, so its end has to.
  if (!by_helper && !own_only_.empty()) {
    const std::uint32_t variant = own_only_.front();
    own_only_.pop_front();
    return variant;
  }
  if (waiting_.empty() || stopped_)
    return std::nullopt;
  const std::uint32_t variant = waiting_.front();
  waiting_.pop_front();
  return variant;
}

bool probe_queue::run(std::span<const std::uint32_t> variants, std::size_t later) {
  std::unique_lock lock(guard_);
  waiting_.assign(variants.begin(), variants.end());
  later_ = later;
  changed_.notify_all();
  for (;;) {
    serve_own(lock);
    if (at_work_ == 0 && own_only_.empty())
      break;
    changed_.wait(lock, [this] { return at_work_ == 0 || !own_only_.empty(); });
  }
  const bool all = waiting_.empty();
  waiting_.clear();
  return all;
}

/// Takes variants until none is left for this device. Holds the lock but for the runs.
void probe_queue::serve_own(std::unique_lock<std::mutex> &lock) {
  recruit_if_worthwhile(lock);
  std::optional<std::uint32_t> variant = take(false);
  if (variant)
    hooks_.started(*variant);
  while (variant) {
    const double limit_s = hooks_.limit_s();
    lock.unlock();
    const auto begin = std::chrono::steady_clock::now();
    const verdict outcome = own_.probe(*variant, limit_s);
    const double took_s = seconds_since(begin);
    lock.lock();
    own_s_ += took_s;
    last_own_s_[own_runs_ % 2] = took_s;
    ++own_runs_;
    stopped_ |= hooks_.over();
    const std::optional<std::uint32_t> next = take(false);
    hooks_.ended(*variant, outcome, {}, next);
    variant = next;
    recruit_if_worthwhile(lock);
  }
}

/// What the own device would need for all that waits. The search leaves for last what is likely to
/// fail, and such a run may take its limit in time and a new worker: where the last runs took
/// longer than the mean, they tell more of those to come. Two of them, since one may have been
/// disturbed.
double probe_queue::expected_left_s() const {
  const auto runs = static_cast<double>(own_runs_);
  const double each = std::max(own_s_ / runs, (last_own_s_[0] + last_own_s_[1]) / 2);
  return each * static_cast<double>(waiting_.size() + later_);
}

void probe_queue::recruit_if_worthwhile(std::unique_lock<std::mutex> &lock) {
  if (asked_ || own_runs_ == 0 || waiting_.empty() || stopped_)
    return;
  const double default_ns = hooks_.default_ns();
  if (expected_left_s() < worthwhile * start_s_ || default_ns <= 0)
    return;
  asked_ = true;
  lock.unlock();
  std::vector<probe_helper> helpers = hooks_.recruit();
  lock.lock();
  for (probe_helper &it : helpers) {
    seat &made = seats_.emplace_back();
    made.helper = std::move(it);
    // The program's signal handlers run on the program's threads.
    sigset_t all, before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
      made.thread = std::thread([this, &made] { help(made.helper); });
    } catch (const std::system_error &error) {
      log_dismissed(made.helper.unit, error.what());
      seats_.pop_back();
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
}

/// Whether the helper finds the default config right, and runs it about as fast as the own device.
bool probe_queue::fit(probe_helper &helper, double default_ns, std::string &why) {
  // It is known to end, on a sound device.
  const double limit_s = std::max(1.0, 100 * default_ns * 1e-9);
  double best_ns = 0;
  for (int i = 0; i < tries_to_be_fast; ++i) {
    const verdict outcome = helper.bench->probe(default_variant_, limit_s);
    if (!outcome.right()) {
      why =
          "the default config is right on the call's device and not on this one: " + outcome.reason;
      return false;
    }
    best_ns = i == 0 ? outcome.time_ns : std::min(best_ns, outcome.time_ns);
    if (best_ns <= too_slow * default_ns)
      return true;
  }
  why = fmt::format("the default config takes {:.1f} times as long as on the call's device",
                    best_ns / default_ns);
  return false;
}

/// A helper's thread. What it finds right counts. What fails counts when the helper is still fit
/// afterwards; if not, a device that fails would take one variant after the other off the queue and
/// reject it, so it goes, and the call's own device runs the variant again.
void probe_queue::help(probe_helper &helper) {
  std::string why;
  std::unique_lock lock(guard_);
  const double default_ns = hooks_.default_ns();
  lock.unlock();
  bool good = false;
  try {
    const verdict prepared = helper.bench->prepare();
    good = prepared.right();
    why = prepared.reason;
    good = good && fit(helper, default_ns, why);
  } catch (const std::exception &error) {
    why = error.what();
  }
  lock.lock();
  while (good) {
    changed_.wait(lock, [this] { return closing_ || (!waiting_.empty() && !stopped_); });
    if (closing_)
      break;
    std::optional<std::uint32_t> variant = take(true);
    if (variant)
      hooks_.started(*variant);
    while (variant && good) {
      ++at_work_;
      const double limit_s = hooks_.limit_s();
      lock.unlock();
      verdict outcome;
      bool counts = true;
      try {
        outcome = helper.bench->probe(*variant, limit_s);
        if (!outcome.right() && outcome.failure != trial_status::infeasible)
          counts = good = fit(helper, default_ns, why);
        // Somebody else's data may be what fills the memory here.
        counts = counts && outcome.failure != trial_status::out_of_memory;
      } catch (const std::exception &error) {
        counts = good = false;
        why = error.what();
      }
      lock.lock();
      --at_work_;
      stopped_ |= hooks_.over();
      if (!counts) {
        own_only_.push_back(*variant);
        variant.reset();
        continue;
      }
      const std::optional<std::uint32_t> next = take(true);
      hooks_.ended(*variant, outcome, helper.unit, next);
      variant = next;
    }
    changed_.notify_all();
  }
  lock.unlock();
  if (!good)
    log_dismissed(helper.unit, why);
  // Here, since a worker ends with the thread that has started it.
  helper.bench.reset();
  helper.lock.release();
}

} // namespace tl::rt
