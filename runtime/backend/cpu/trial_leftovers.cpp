// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of trial_runner that finds what a variant has done where it should not: to its process,
// after its return, outside of its buffers.

#include "runtime/backend/cpu/changed_runs.h"
#include "runtime/backend/cpu/trial_runner.h"
#include "runtime/domain/element.h"
#include "runtime/worker/descendants.h"
#include "runtime/worker/process_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <unistd.h>

namespace tl::rt {

// What the variant has left in its process beside its results.
std::string trial_runner::find_leftovers() {
  if (!own_process_) {
    // Whether the rest was done by the variant or by another thread of the program cannot be told.
    const unsigned long control = floating_point_control();
    set_floating_point_control(floating_point_);
    return control == floating_point_ ? std::string() : "left the floating-point control changed";
  }
  if (const int children = count_own_children(); children > 0)
    return fmt::format("left {} child process{} behind", children, children == 1 ? "" : "es");
  return repair_process_state();
}

// A thread pool may stay, but its threads must be done with the results. Looks as long as they run,
// for a while: on a busy machine a thread may not get to its next write at once.
std::string trial_runner::find_late_write() const {
  if (!own_process_ || count_own_threads() <= threads_)
    return {};
  std::vector<std::byte> before;
  for (const written_run &run : expected.runs)
    before.insert(before.end(), bytes_at(run.begin), bytes_at(run.end));
  for (int look = 0; look < 25; ++look) {
    ::usleep(2000);
    const std::byte *at = before.data();
    for (const written_run &run : expected.runs) {
      const std::byte *now = bytes_at(run.begin), *end = bytes_at(run.end);
      if (const std::byte *changed = std::mismatch(now, end, at).first; changed != end)
        return fmt::format("{} keeps being written after the return",
                           describe_address(factory_, expected.layout,
                                            expected.layout.regions[run.region],
                                            reinterpret_cast<std::uintptr_t>(changed)));
      at += end - now;
    }
    if (look > 0 && !other_threads_run())
      break;
  }
  return {};
}

// The region that a byte outside of all regions is closest to.
static const memory_region &nearest_region(const memory_layout &layout, std::uintptr_t address) {
  const auto distance = [address](const memory_region &region) {
    return address < region.begin ? region.begin - address : address - region.end + 1;
  };
  return *std::min_element(
      layout.regions.begin(), layout.regions.end(),
      [&](const memory_region &a, const memory_region &b) { return distance(a) < distance(b); });
}

std::string trial_runner::find_outside_write() const {
  const memory_layout &layout = expected.layout;
  const memory_region *owner = nullptr;
  std::uintptr_t nearest = 0;
  std::uint64_t elements = 0;
  // What the reference changes there too is held against no variant, and hides no byte beside it.
  const auto is_noise = [&](std::uintptr_t at) {
    return std::any_of(expected.noise.begin(), expected.noise.end(),
                       [at](const noise_range &it) { return at >= it.begin && at < it.end; });
  };
  const auto count = [&](std::uintptr_t begin, std::uintptr_t end) {
    while (begin < end && (is_noise(begin) || *bytes_at(begin) == *tracker_.pristine(begin)))
      ++begin;
    while (end > begin && (is_noise(end - 1) || *bytes_at(end - 1) == *tracker_.pristine(end - 1)))
      --end;
    if (begin == end)
      return;
    const memory_region &region = nearest_region(layout, begin);
    if (!owner)
      owner = &region;
    if (&region != owner)
      return;
    // Of a changed element not every byte need differ.
    const std::size_t size = element_size(region.element);
    elements += (end - 1 - region.anchor) / size - (begin - region.anchor) / size + 1;
    if (nearest == 0 || begin < region.begin)
      nearest = begin < region.begin ? end - 1 : begin;
  };
  for (const memory_guard &guard : layout.guards)
    tracker_.for_each_touched(
        guard.begin, guard.end, [&](std::uintptr_t begin, std::uintptr_t end) {
          for_each_change(begin, end, tracker_.pristine(begin),
                          nearest_region(layout, begin).anchor,
                          element_size(nearest_region(layout, begin).element), count);
        });
  if (elements == 0)
    return {};
  return fmt::format("wrote outside of {}: {} element{}, the nearest is {}",
                     region_name(factory_, layout, *owner), elements, elements == 1 ? "" : "s",
                     describe_address(factory_, layout, *owner, nearest));
}

} // namespace tl::rt
