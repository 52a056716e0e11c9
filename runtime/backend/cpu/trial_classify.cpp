// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of trial_runner that tells outputs from data that is updated in place. A raw pointer
// does not say which it is, and it decides whether elements may be poisoned before a check, and
// whether inputs must be put back before each timed run.

#include "runtime/backend/cpu/changed_runs.h"
#include "runtime/backend/cpu/trial_runner.h"
#include "runtime/domain/compare.h"
#include "runtime/domain/element.h"
#include "runtime/worker/worker_process.h"

#include <algorithm>
#include <cstring>

namespace tl::rt {

// Whether the memory of a run holds the expected values. With a tolerance: sums that depend on the
// order of threads are no sign of reading.
bool trial_runner::as_expected(const written_run &run) {
  const std::size_t size = element_size(run.element);
  const std::size_t count = (run.end - run.begin) / size;
  const double most = options_.max_mismatched_ratio * static_cast<double>(count);
  match_rule rule = rule_for(expected.layout.regions[run.region]);
  rule.equal_nan = true;
  comparison sum;
  // In pieces: of poisoned inputs nothing is left, and that is known soon.
  constexpr std::size_t piece = 4096;
  for (std::size_t at = 0; at < count && static_cast<double>(sum.mismatched) <= most; at += piece)
    compare_elements(sum, run.element, bytes_at(run.begin + at * size),
                     expected.data.data() + run.offset + at * size, std::min(piece, count - at), 0,
                     rule, false);
  return static_cast<double>(sum.mismatched) <= most;
}

// Whether the reference leaves something else there each time: then nothing is known of the rest.
static bool has_noise(const expectation &expected, std::uint32_t region) {
  return std::any_of(expected.runs.begin(), expected.runs.end(), [region](const written_run &run) {
    return run.region == region && run.ignored != 0;
  });
}

// The elements of a region that may all be output: those between the first and the last one that
// were seen to change, or, where an object's bounds are known, all of it.
static written_run area_of(const memory_region &region, written_run from, std::uintptr_t end,
                           bool whole) {
  from.end = end;
  const std::size_t size = element_size(region.element);
  const bool bounded = region.exact || region.place == memory_place::heap ||
                       region.place == memory_place::foreign || region.place == memory_place::image;
  if (!whole || !bounded)
    return from;
  from.begin -= (from.begin - region.begin) / size * size;
  from.end += (region.end - from.end) / size * size;
  return from;
}

// Poisons whole areas of the regions that were written. Where the reference then leaves the same
// results, all that it writes is output, also elements that held the right value before and
// therefore did not seem to be written. False: it reads some of that.
bool trial_runner::classify_by_area(std::uint32_t with, bool whole) {
  std::vector<written_run> hulls;
  for (const written_run &run : expected.runs) {
    const memory_region &region = expected.layout.regions[run.region];
    if (region.access != TL_ACCESS_UNKNOWN || run.element != region.element ||
        has_noise(expected, run.region))
      continue;
    if (hulls.empty() || hulls.back().region != run.region)
      hulls.push_back(run);
    hulls.back().end = run.end;
  }
  bool grown = false;
  for (written_run &hull : hulls) {
    const written_run area = area_of(expected.layout.regions[hull.region], hull, hull.end, whole);
    grown = grown || area.begin != hull.begin || area.end != hull.end;
    hull = area;
  }
  if (whole && !grown)
    return false; // the same as without
  set_up_check_run(false);
  for (const written_run &hull : hulls) {
    tracker_.touch(hull.begin, hull.end);
    poison(hull.element, reinterpret_cast<std::byte *>(hull.begin),
           (hull.end - hull.begin) / element_size(hull.element));
  }
  if (!run(with).outcome.right())
    return false;
  for (const written_run &run : expected.runs)
    if (run.ignored == 0 && !as_expected(run))
      return false;
  sealed_vector<written_run> runs;
  sealed_vector<std::byte> data;
  const auto add = [&](written_run run, std::uintptr_t begin, std::uintptr_t end,
                       const std::byte *from) {
    run.begin = begin;
    run.end = end;
    run.offset = data.size();
    data.insert(data.end(), from, from + (end - begin));
    runs.push_back(run);
  };
  std::size_t next = 0;
  for (const written_run &hull : hulls) {
    for (; next < expected.runs.size() && expected.runs[next].begin < hull.begin; ++next)
      add(expected.runs[next], expected.runs[next].begin, expected.runs[next].end,
          expected.data.data() + expected.runs[next].offset);
    written_run pure = hull;
    pure.pure = 1;
    const std::size_t size = element_size(hull.element);
    std::uintptr_t open = hull.begin;
    // Expected values, not those of this run: where an element was not seen to change it had the
    // right one.
    std::vector<std::byte> image(tracker_.pristine(hull.begin),
                                 tracker_.pristine(hull.begin) + (hull.end - hull.begin));
    for (; next < expected.runs.size() && expected.runs[next].end <= hull.end; ++next)
      std::memcpy(image.data() + (expected.runs[next].begin - hull.begin),
                  expected.data.data() + expected.runs[next].offset,
                  expected.runs[next].end - expected.runs[next].begin);
    for (std::uintptr_t at = hull.begin; at <= hull.end; at += size) {
      if (at < hull.end && !is_poison(hull.element, bytes_at(at)))
        continue;
      if (open < at)
        add(pure, open, at, image.data() + (open - hull.begin));
      open = at + size;
    }
  }
  for (; next < expected.runs.size(); ++next)
    add(expected.runs[next], expected.runs[next].begin, expected.runs[next].end,
        expected.data.data() + expected.runs[next].offset);
  for (replaced_content &it : expected.replaced) {
    const std::byte *from = expected.data.data() + it.offset;
    it.offset = data.size();
    data.insert(data.end(), from, from + it.bytes);
  }
  expected.seal(false);
  expected.runs = std::move(runs);
  expected.data = std::move(data);
  return true;
}

// Poisons the written elements only, and takes each region by itself.
void trial_runner::classify_by_runs(std::uint32_t with) {
  set_up_check_run(false);
  sealed_vector<written_run> &runs = expected.runs;
  for (const written_run &run : runs) {
    if (expected.layout.regions[run.region].access != TL_ACCESS_UNKNOWN ||
        has_noise(expected, run.region))
      continue;
    tracker_.touch(run.begin, run.end);
    poison(run.element, reinterpret_cast<std::byte *>(run.begin),
           (run.end - run.begin) / element_size(run.element), expected.data.data() + run.offset);
  }
  if (!run(with).outcome.right())
    return;
  expected.seal(false);
  for (std::size_t first = 0; first < runs.size();) {
    std::size_t last = first;
    bool pure = expected.layout.regions[runs[first].region].access == TL_ACCESS_UNKNOWN &&
                !has_noise(expected, runs[first].region);
    const bool candidate = pure;
    for (; last < runs.size() && runs[last].region == runs[first].region; ++last)
      pure = pure && as_expected(runs[last]);
    for (; candidate && first < last; ++first)
      runs[first].pure = pure ? 1 : 0;
    first = last;
  }
}

void trial_runner::classify() {
  enter_phase(worker_phase::checking);
  const bool any =
      std::any_of(expected.runs.begin(), expected.runs.end(), [&](const written_run &run) {
        return expected.layout.regions[run.region].access == TL_ACCESS_UNKNOWN;
      });
  if (!any)
    return;
  // A slow reference is not run again; the default config has to do.
  constexpr double slow_ns = 1e9;
  const std::uint32_t with = options_.reference && expected.reference_ns > slow_ns
                                 ? factory_.default_variant
                                 : the_reference;
  if (!classify_by_area(with, true) && !classify_by_area(with, false)) {
    // Results that never repeat look as if they depended on what was there.
    if (!has_found() && with == the_reference)
      settle_noise();
    classify_by_runs(with);
  } else if (with == the_reference && last_ns_ > 0)
    expected.reference_ns = std::min(expected.reference_ns, last_ns_);
  expected.seal(true);
  restore();
}

} // namespace tl::rt
