// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of trial_runner that finds what a variant has changed and the reference has not.

#include "runtime/backend/cpu/changed_runs.h"
#include "runtime/backend/cpu/trial_runner.h"
#include "runtime/domain/element.h"
#include "runtime/domain/tolerance.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace tl::rt {

// Elements that held poison before, and do not any more.
static void count_unpoisoned(comparison &sum, std::uint32_t element, std::uintptr_t begin,
                             std::size_t count) {
  const std::size_t size = element_size(element);
  for (std::size_t i = 0; i < count; ++i) {
    const std::byte *at = bytes_at(begin + i * size);
    if (is_poison(element, at))
      continue;
    if (sum.mismatched++ == 0) {
      sum.first = i;
      sum.got = element_text(element, at);
      sum.expected = "poison";
    }
  }
}

// What the variant changed and the reference did not. `outside_only`: only where it lies beyond all
// that the reference writes.
runner_outcome trial_runner::compare_rest(bool outside_only) {
  auto next = expected.runs.begin();
  for (std::uint32_t i = 0; i < expected.layout.regions.size(); ++i) {
    const memory_region &region = expected.layout.regions[i];
    const match_rule rule = rule_for(region);
    const auto first_run = next;
    std::uint64_t written = 0;
    for (; next != expected.runs.end() && next->region == i; ++next)
      written += (next->end - next->begin) / element_size(next->element);
    // Poisoned before: nothing there can be told from what it was.
    if (region.access == TL_ACCESS_SCRATCH || region.access == TL_ACCESS_OUT)
      continue;
    // A guessed extent ends where the reference's writes end.
    const std::uintptr_t hull_begin = written > 0 ? first_run->begin : region.begin;
    const std::uintptr_t hull_end = written > 0 ? std::prev(next)->end : region.end;
    const std::size_t size = element_size(region.element);
    comparison sum;
    std::uintptr_t first = 0, outside = 0;
    const auto compare = [&](std::uintptr_t begin, std::uintptr_t end) {
      const bool whole = (begin - region.anchor) % size == 0 && (end - begin) % size == 0;
      const std::uint32_t element = whole ? region.element : std::uint32_t{TL_ELEMENT_BYTES};
      comparison here;
      if (region.unread && whole)
        count_unpoisoned(here, element, begin, (end - begin) / size);
      else
        compare_elements(here, element, bytes_at(begin), tracker_.pristine(begin),
                         (end - begin) / element_size(element), 0, rule, false);
      if (here.mismatched == 0)
        return;
      const std::uintptr_t at = begin + here.first * element_size(element);
      if (!region.exact && outside == 0 && (at < hull_begin || at >= hull_end))
        outside = at;
      if (sum.mismatched == 0) {
        sum = std::move(here);
        first = at;
      } else {
        sum.mismatched += here.mismatched;
        sum.worst = std::max(sum.worst, here.worst);
      }
    };
    const auto look = [&](std::uintptr_t begin, std::uintptr_t end) {
      if (begin < end)
        for_each_change(begin, end, tracker_.pristine(begin), region.anchor, size, compare);
    };
    auto run = first_run;
    tracker_.for_each_touched(region.begin, region.end,
                              [&](std::uintptr_t begin, std::uintptr_t end) {
                                for (std::uintptr_t at = begin;;) {
                                  while (run != next && run->end <= at)
                                    ++run;
                                  look(at, run == next ? end : std::clamp(run->begin, at, end));
                                  if (run == next || run->begin >= end)
                                    return;
                                  at = std::min(run->end, end);
                                  if (at == end)
                                    return;
                                }
                              });
    if (sum.mismatched == 0)
      continue;
    const std::string name = region_name(factory_, expected.layout, region);
    const std::string where = describe_address(factory_, expected.layout, region, first);
    if (outside_only && (outside == 0 || written == 0 || region.access == TL_ACCESS_IN))
      continue;
    if (region.access == TL_ACCESS_IN)
      return rejected(trial_status::wrong,
                      fmt::format("wrote to {}, which is only read: got {}, was {}", where, sum.got,
                                  sum.expected),
                      false);
    if (written == 0)
      return rejected(trial_status::wrong,
                      fmt::format("wrote to {}, which the reference leaves alone: got {}, was {}",
                                  where, sum.got, sum.expected),
                      false);
    if (outside != 0)
      return rejected(trial_status::out_of_bounds,
                      fmt::format("wrote outside of {}: {} is beyond what the reference writes",
                                  name,
                                  describe_address(factory_, expected.layout, region, outside)),
                      false);
    sum.compared = written;
    if (!is_rounding(options_, sum, most_mismatched(region), size_for(sum, region)))
      return rejected(trial_status::wrong,
                      fmt::format("{} elements of {} differ that the reference leaves alone, the "
                                  "first is {}: got {}, was {}",
                                  sum.mismatched, name, where, sum.got, sum.expected),
                      false);
  }
  return {};
}

} // namespace tl::rt
