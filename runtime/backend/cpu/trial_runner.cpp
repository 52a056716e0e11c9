// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/trial_runner.h"

#include "runtime/backend/cpu/cpu_caches.h"
#include "runtime/backend/cpu/output_scout.h"
#include "runtime/domain/element.h"
#include "runtime/domain/returned.h"
#include "runtime/domain/verdict_text.h"
#include "runtime/factory/team.h"
#include "runtime/support/infeasible.h"
#include "runtime/worker/descendants.h"
#include "runtime/worker/worker_process.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <cxxabi.h>
#include <exception>
#include <new>

namespace tl::rt {

/// A first run shorter than this is repeated, so that its time is not mostly page faults [ns].
static constexpr double short_run_ns = 50e6;

static double now_ns() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

runner_outcome rejected(verdict why, bool tainted) {
  runner_outcome result;
  result.outcome = std::move(why);
  result.tainted = tainted;
  return result;
}

runner_outcome rejected(trial_status status, std::string reason, bool tainted) {
  return rejected(verdict::failed(status, std::move(reason)), tainted);
}

status trial_runner::arm() {
  const memory_layout &layout = expected.layout;
  // Neighbours are one area: regions and guards cover each byte once.
  std::vector<std::pair<std::uintptr_t, std::uintptr_t>> spans;
  for (const memory_region &region : layout.regions)
    spans.emplace_back(region.begin, region.end);
  for (const memory_guard &guard : layout.guards)
    spans.emplace_back(guard.begin, guard.end);
  std::sort(spans.begin(), spans.end());
  for (std::size_t i = 0; i < spans.size();) {
    std::uintptr_t end = spans[i].second;
    std::size_t next = i + 1;
    for (; next < spans.size() && spans[next].first <= end; ++next)
      end = std::max(end, spans[next].second);
    tracker_.watch(spans[i].first, end);
    i = next;
  }
  return tracker_.arm();
}

void trial_runner::invoke_once(std::uint32_t variant, void *const *arguments, void *result) {
  if (variant != the_reference)
    factory_.invoke(&factory_, variant, arguments, result);
  else if (options_.reference)
    options_.reference(&factory_, arguments, result);
  else
    factory_.invoke(&factory_, factory_.default_variant, arguments, result);
}

// What the threads of a team return is not compared: whose it would be is not known.
void trial_runner::invoke(std::uint32_t variant, void *result) {
  if (!has_team(factory_))
    return invoke_once(variant, arguments_, result);
  call_by_team(factory_, arguments_, [this, variant](void *const *arguments) {
    invoke_once(variant, arguments, nullptr);
  });
}

// A variant may say that it cannot run here, and then throw, return, or go on.
static runner_outcome unless_infeasible(runner_outcome otherwise) {
  if (std::optional<std::string> reason = take_infeasible())
    return rejected(trial_status::infeasible, std::move(*reason), false);
  return otherwise;
}

// Everything that the code of others can do short of ending the process is turned into an outcome
// here.
// `timed`: the result is of no interest, and what it costs to keep it is not to be measured.
runner_outcome trial_runner::run(std::uint32_t variant, std::uint32_t launches, bool timed) {
  if (!restore_failed_.empty())
    return rejected(trial_status::harness_error, restore_failed_, true);
  void *const kept = result_.place();
  void *const result = timed && result_.is_object() ? nullptr : kept;
  take_infeasible();
  enter_phase(variant == the_reference ? worker_phase::reference : worker_phase::variant);
  try {
    const double begin = now_ns();
    for (std::uint32_t i = 0; i < launches; ++i)
      invoke(variant, result);
    const double end = now_ns();
    const bool stored = !has_team(factory_) && (variant != the_reference || compares_result());
    if (result && stored)
      result_.note_made();
    leave_if_forked();
    enter_phase(worker_phase::checking);
    last_ns_ = end - begin;
    last_at_ns_ = (begin + end) / 2;
    if (variant != the_reference)
      warm_[variant] = true;
    return unless_infeasible({});
  } catch (const abi::__forced_unwind &) {
    // The thread is ending, and nothing may keep it from that but the end of the process.
    if (!own_process_)
      throw;
    end_worker(worker_end::thread_ended);
  } catch (const std::bad_alloc &) {
    leave_if_forked();
    enter_phase(worker_phase::checking);
    return rejected(trial_status::out_of_memory, "out of memory (std::bad_alloc)", true);
  } catch (const std::exception &) {
    leave_if_forked();
    enter_phase(worker_phase::checking);
    return unless_infeasible(rejected(thrown(), false));
  } catch (...) {
    leave_if_forked();
    enter_phase(worker_phase::checking);
    return rejected(thrown(), false);
  }
}

void trial_runner::restore() {
  // Where the program says how, it is the program's to put back: what it takes apart and makes anew
  // does not lie where it was.
  if (!options_.restore) {
    for (const memory_region &region : expected.layout.regions)
      tracker_.restore(region.begin, region.end);
    return;
  }
  try {
    options_.restore(&factory_, arguments_);
  } catch (const std::exception &) {
    restore_failed_ = "restore " + thrown().reason;
  } catch (...) {
    restore_failed_ = "restore threw something that is no std::exception";
  }
}

// Of an object that has no bytes to be kept, one that the reference returned here.
runner_outcome trial_runner::keep_expected_object() {
  if (!factory_.result.equal || !compares_result() || expected_object_.made())
    return {};
  set_up_check_run(true);
  void *const place = expected_object_.place();
  try {
    enter_phase(worker_phase::reference);
    invoke(the_reference, place);
    enter_phase(worker_phase::checking);
    expected_object_.note_made();
  } catch (const std::exception &error) {
    return rejected(trial_status::harness_error,
                    fmt::format("the reference threw when it ran again: {}", error.what()), true);
  }
  return {};
}

// Elements whose first one has an address on the region's grid; what is cut off at its edges is
// left out.
static void poison_whole(write_tracker &tracker, const memory_region &region) {
  const std::size_t size = element_size(region.element);
  const std::uintptr_t offset = (region.begin - region.anchor) % size;
  const std::uintptr_t first = region.begin + (offset == 0 ? 0 : size - offset);
  if (first >= region.end)
    return;
  tracker.touch(region.begin, region.end);
  poison(region.element, reinterpret_cast<std::byte *>(first), (region.end - first) / size);
}

// The inputs as they were, outputs that nothing can be read from, and a fresh look at the
// neighbours.
void trial_runner::set_up_check_run(bool poison_runs) {
  restore();
  for (const memory_region &region : expected.layout.regions)
    if (region.access == TL_ACCESS_SCRATCH || region.access == TL_ACCESS_OUT || region.unread)
      poison_whole(tracker_, region);
  if (poison_runs) {
    for (const written_run &run : expected.runs) {
      if (run.pure == 0)
        continue;
      tracker_.touch(run.begin, run.end);
      poison(run.element, reinterpret_cast<std::byte *>(run.begin),
             (run.end - run.begin) / element_size(run.element), expected.data.data() + run.offset);
    }
  }
  for (const memory_guard &guard : expected.layout.guards)
    tracker_.rebase(guard.begin, guard.end);
  if (own_process_)
    threads_ = count_own_threads();
}

runner_outcome trial_runner::prepare(output_scout *scout) {
  enter_phase(worker_phase::checking);
  set_up_check_run(false);
  keep_views();
  if (scout && !scout->begin(expected.layout))
    return rejected(trial_status::harness_error,
                    "what it changes in memory cannot be found out: no further process is allowed",
                    true);
  runner_outcome outcome = run(the_reference);
  if (!outcome.outcome.right())
    return outcome;
  outcome.outcome.time_ns = expected.reference_ns = last_ns_;
  expected.seal(false);
  expected.runs.clear();
  expected.data.clear();
  // First: memory of an argument may be gone.
  std::string lost = scout ? scout->end(expected) : std::string();
  if (!lost.empty() && !(options_.check && options_.restore))
    return rejected(trial_status::harness_error, std::move(lost), true);
  if (scout) {
    const std::string left_out = scout->left_out();
    expected.left_out.assign(left_out.begin(), left_out.end());
  }
  if (scout && !scout->unseen().empty() && !options_.check && !options_.skip_check)
    return rejected(
        trial_status::harness_error,
        fmt::format("{} leads to memory afterwards that was not there before the call, and what is "
                    "in it cannot be compared; say how to judge with `check`, or `skip_check`",
                    scout->unseen()),
        true);
  collect_runs();
  collect_replaced();
  collect_noise();
  expected.seal(true);
  if (is_comparable(factory_.result) && result_.made())
    expected.result.assign(result_.bytes(), result_.bytes() + factory_.result.size);
  if (const std::string left = find_leftovers(); !left.empty())
    return rejected(trial_status::wrong, left, true);
  // What was found is watched from the next worker on.
  outcome.tainted = has_found();
  return outcome;
}

runner_outcome trial_runner::probe(std::uint32_t variant) {
  enter_phase(worker_phase::checking);
  if (runner_outcome kept = keep_expected_object(); !kept.outcome.right())
    return kept;
  set_up_check_run(true);
  runner_outcome outcome = run(variant);
  if (!outcome.outcome.right()) {
    outcome.tainted = !find_leftovers().empty() || outcome.tainted;
    return outcome;
  }
  const double first_ns = last_ns_;
  outcome = judge(variant);
  outcome.outcome.time_ns = first_ns;
  if (!outcome.outcome.right() || first_ns > short_run_ns)
    return outcome;
  restore();
  if (runner_outcome again = run(variant, 1, true); !again.outcome.right())
    return again;
  outcome.tainted = !find_leftovers().empty();
  outcome.outcome.time_ns = std::min(first_ns, last_ns_);
  return outcome;
}

runner_outcome trial_runner::sample(std::uint32_t variant, std::uint32_t launches) {
  enter_phase(worker_phase::checking);
  if (!warm_[variant]) {
    restore();
    if (runner_outcome first = run(variant, 1, true); !first.outcome.right())
      return first;
  }
  const bool in_place = expected.in_place() || options_.restore;
  if (launches == 0)
    launches = 1;
  runner_outcome outcome;
  double total_ns = 0, at_ns = 0, between_ns = 0;
  if (!in_place && !cold_ && launches > 1) {
    // Back to back: a short run is nothing beside the cost of reading the clock.
    outcome = run(variant, launches, true);
    if (!outcome.outcome.right())
      return outcome;
    total_ns = last_ns_;
    at_ns = last_at_ns_;
  } else {
    std::uint32_t made = 0;
    do {
      const double begin_ns = now_ns();
      if (in_place)
        restore();
      if (cold_)
        flush_caches();
      between_ns += now_ns() - begin_ns;
      if (runner_outcome one = run(variant, 1, true); !one.outcome.right())
        return one;
      total_ns += last_ns_;
      at_ns += last_at_ns_;
    } while (++made < launches && between_ns < std::max(most_between_launches_ns, total_ns));
    launches = made;
    at_ns /= made;
  }
  outcome.tainted = !find_leftovers().empty();
  outcome.outcome.time_ns = total_ns / launches;
  outcome.at_ns = at_ns;
  outcome.launches = launches;
  return outcome;
}

// Reads and writes more than all caches hold. Each core's own caches are emptied only as far as the
// last level is inclusive; see docs/measurement.
void trial_runner::flush_caches() {
  if (flush_buffer_.empty())
    flush_buffer_.resize(cache_flush_bytes());
  volatile std::byte *at = flush_buffer_.data();
  for (std::size_t i = 0; i < flush_buffer_.size(); i += 64)
    at[i] = static_cast<std::byte>(std::to_integer<int>(at[i]) + 1);
}

} // namespace tl::rt
