// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of trial_runner that finds out what the reference's first run alone does not show: what
// it leaves differently each time, and what it wrote without changing it.

#include "runtime/backend/cpu/changed_runs.h"
#include "runtime/backend/cpu/trial_runner.h"
#include "runtime/domain/compare.h"
#include "runtime/domain/element.h"
#include "runtime/worker/worker_process.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <string_view>
#include <utility>

namespace tl::rt {

static bool is_close(match_rule rule, std::uint32_t element, const std::byte *actual,
                     const std::byte *expected, std::size_t count) {
  rule.equal_nan = true;
  comparison sum;
  compare_elements(sum, element, actual, expected, count, 0, rule, false);
  return sum.mismatched == 0;
}

runner_outcome trial_runner::settle_noise() {
  enter_phase(worker_phase::checking);
  set_up_check_run(false);
  runner_outcome outcome = run(the_reference);
  if (!outcome.outcome.right())
    return outcome;
  sealed_vector<written_run> runs;
  for (const written_run &run : expected.runs) {
    const std::size_t size = element_size(run.element);
    const match_rule rule = rule_for(expected.layout.regions[run.region]);
    const std::byte *was = expected.data.data() + run.offset;
    const std::size_t count = (run.end - run.begin) / size;
    if (run.pure != 0 || run.ignored != 0 ||
        is_close(rule, run.element, bytes_at(run.begin), was, count)) {
      runs.push_back(run);
      continue;
    }
    // Piece by piece: elements that repeat, and elements that do not. Of memory without a type by
    // words: the upper bytes of a time or an address repeat most of the time, and not always.
    const std::size_t step = run.element == TL_ELEMENT_BYTES ? sizeof(std::uint64_t) : 1;
    const auto repeats = [&](std::size_t i) {
      const std::size_t before = step > 1 ? (run.begin + i) % step : 0;
      const std::size_t first = i - std::min(i, before);
      const std::size_t last = std::min(i - before + step, count);
      return is_close(rule, run.element, bytes_at(run.begin + first * size), was + first * size,
                      last - first);
    };
    for (std::size_t i = 0; i < count;) {
      const std::size_t first = i;
      const bool same = repeats(i);
      for (++i; i < count && repeats(i) == same;)
        ++i;
      written_run piece = run;
      piece.begin = run.begin + first * size;
      piece.end = run.begin + i * size;
      piece.offset = run.offset + first * size;
      piece.ignored = !same;
      runs.push_back(piece);
    }
  }
  expected.seal(false);
  expected.runs = std::move(runs);
  expected.seal(true);
  restore();
  return outcome;
}

/// Larger buffers are left as they are, and so are those behind the first few.
static constexpr std::size_t most_explored_bytes = std::size_t(64) << 20, most_explored = 8;
/// Of one that is looked at by itself, as more may belong to something else [bytes].
static constexpr std::size_t alone_bytes = std::size_t(1) << 20;

// Words that look like addresses of ordinary memory: whatever is made of them would not be one.
static bool may_hold_addresses(const memory_region &region) {
  if (region.element == TL_ELEMENT_POINTER)
    return true;
  if (region.element != TL_ELEMENT_BYTES)
    return false;
  constexpr std::uintptr_t least = std::uintptr_t(1) << 32, most = std::uintptr_t(1) << 47;
  for (std::uintptr_t at = (region.begin + 7) / 8 * 8; at + 8 <= region.end; at += 8) {
    std::uintptr_t value;
    std::memcpy(&value, bytes_at(at), sizeof value);
    if (value >= least && value < most)
      return true;
  }
  return false;
}

// Where the argument's first element is, or the region begins.
static std::uintptr_t first_of(const memory_region &region) {
  return std::clamp(region.anchor, region.begin, region.end);
}

static std::size_t bytes_from_anchor(const memory_region &region) {
  return region.end - first_of(region);
}

// Buffers that may be written, and in which the reference has changed nothing.
std::vector<std::uint32_t> trial_runner::unexplored() const {
  std::vector<std::uint32_t> regions;
  for (std::uint32_t i = 0; i < expected.layout.regions.size(); ++i) {
    const memory_region &region = expected.layout.regions[i];
    const bool written = std::any_of(expected.runs.begin(), expected.runs.end(),
                                     [i](const written_run &run) { return run.region == i; });
    if (!written && !region.unread && region.access == TL_ACCESS_UNKNOWN &&
        bytes_from_anchor(region) >= element_size(region.element) && !may_hold_addresses(region) &&
        regions.size() < most_explored)
      regions.push_back(i);
  }
  return regions;
}

// Another value for each element: none for floating-point numbers, and for others one that occurs
// there too, since it may be an index.
static void change(std::uint32_t element, std::byte *elements, std::size_t count) {
  const std::size_t size = element_size(element);
  if (is_floating(element)) {
    poison(element, elements, count);
    return;
  }
  const auto less = [size](const std::byte *a, const std::byte *b) {
    for (std::size_t i = size; i-- > 0;)
      if (a[i] != b[i])
        return a[i] < b[i];
    return false;
  };
  const std::byte *least = elements, *most = elements;
  for (std::size_t i = 0; i < count; ++i) {
    const std::byte *at = elements + i * size;
    least = less(at, least) ? at : least;
    most = less(most, at) ? at : most;
  }
  std::byte low[8], high[8];
  std::memcpy(low, least, size);
  std::memcpy(high, most, size);
  if (std::memcmp(low, high, size) == 0)
    high[0] ^= std::byte{1};
  for (std::size_t i = 0; i < count; ++i) {
    std::byte *at = elements + i * size;
    std::memcpy(at, std::memcmp(at, low, size) == 0 ? high : low, size);
  }
}

bool trial_runner::explore(std::uint32_t attempt) {
  enter_phase(worker_phase::checking);
  std::vector<std::uint32_t> regions = unexplored();
  if (attempt > 0)
    regions = attempt <= regions.size() ? std::vector{regions[attempt - 1]}
                                        : std::vector<std::uint32_t>{};
  else
    std::erase_if(regions, [&](std::uint32_t i) {
      return bytes_from_anchor(expected.layout.regions[i]) > most_explored_bytes;
    });
  if (regions.empty())
    return false;
  set_up_check_run(true);
  std::vector<std::vector<std::byte>> changed;
  for (const std::uint32_t i : regions) {
    const memory_region &region = expected.layout.regions[i];
    const std::size_t size = element_size(region.element);
    const std::size_t most = bytes_from_anchor(region);
    const std::size_t bytes = (attempt > 0 ? std::min(most, alone_bytes) : most) / size * size;
    tracker_.touch(first_of(region), first_of(region) + bytes);
    auto *const first = reinterpret_cast<std::byte *>(first_of(region));
    change(region.element, first, bytes / size);
    changed.emplace_back(first, first + bytes);
  }
  if (!run(the_reference).outcome.right() || !left_the_same())
    return false;
  expected.seal(false);
  const sealed_vector<written_run> runs_before = expected.runs;
  bool any = false;
  for (std::size_t i = 0; i < regions.size(); ++i)
    any = take_explored(regions[i], changed[i]) || any;
  std::stable_sort(expected.runs.begin(), expected.runs.end(),
                   [](const written_run &a, const written_run &b) { return a.begin < b.begin; });
  expected.seal(true);
  if (any && !confirm_explored()) {
    expected.seal(false);
    expected.runs = runs_before;
    for (const std::uint32_t i : regions)
      expected.layout.regions[i].unread = false;
    expected.seal(true);
    any = false;
  }
  restore();
  return any;
}

// Whether the reference's last run left what the first one did.
bool trial_runner::left_the_same() {
  for (const written_run &run : expected.runs)
    if (run.ignored == 0 && !is_close(rule_for(expected.layout.regions[run.region]), run.element,
                                      bytes_at(run.begin), expected.data.data() + run.offset,
                                      (run.end - run.begin) / element_size(run.element)))
      return false;
  return compare_result().empty() && compare_replaced().empty();
}

// Another content of one buffer may change what is made of others, and one content tells little of
// what a buffer is read for: a count that is one larger writes one element more. What variants will
// find there, the reference must have found.
bool trial_runner::confirm_explored() {
  set_up_check_run(true);
  return run(the_reference).outcome.right() && left_the_same() &&
         compare_rest(false).outcome.right();
}

// What the reference made of a buffer that held something else. False: it reads it.
bool trial_runner::take_explored(std::uint32_t index, const std::vector<std::byte> &changed) {
  memory_region &region = expected.layout.regions[index];
  const std::size_t size = element_size(region.element), count = changed.size() / size;
  std::vector<written_run> found;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uintptr_t at = first_of(region) + i * size;
    if (std::memcmp(bytes_at(at), changed.data() + i * size, size) == 0)
      continue; // left alone
    if (!is_close(rule_for(region), region.element, bytes_at(at), tracker_.pristine(at), 1))
      return false;
    if (found.empty() || found.back().end != at) {
      written_run &run = found.emplace_back();
      run.begin = at;
      run.region = index;
      run.element = region.element;
      run.pure = 1;
    }
    found.back().end = at + size;
  }
  for (written_run &run : found) {
    const std::byte *from = tracker_.pristine(run.begin);
    run.offset = expected.data.size();
    expected.data.insert(expected.data.end(), from, from + (run.end - run.begin));
    expected.runs.push_back(run);
  }
  // Of what is neither read nor written, contents mean nothing.
  region.unread = found.empty() && changed.size() == region.bytes() / size * size &&
                  region.element != TL_ELEMENT_BOOL;
  return true;
}

std::string trial_runner::describe_compared() {
  struct count {
    std::string name;
    std::uint64_t compared = 0, changed = 0, ignored = 0, pure = 0;
  };
  std::map<std::pair<std::uint32_t, std::uint32_t>, count> counts;
  for (const written_run &run : expected.runs) {
    tracker_.touch(run.begin, run.end); // so that what it held is known
    const memory_region &region = expected.layout.regions[run.region];
    count &to = counts[{region.argument, region.member}];
    to.name = region_name(factory_, expected.layout, region);
    const std::size_t size = element_size(run.element);
    for (std::uintptr_t at = run.begin; at < run.end; at += size) {
      to.ignored += run.ignored;
      to.compared += 1 - run.ignored;
      const std::byte *was = run.ignored == 0 ? tracker_.pristine(at) : nullptr;
      to.changed +=
          was && std::memcmp(was, expected.data.data() + run.offset + (at - run.begin), size) != 0;
    }
  }
  std::string text;
  const auto add = [&text](const std::string &part) { text += (text.empty() ? "" : "; ") + part; };
  for (const auto &[key, it] : counts) {
    if (it.compared == 0)
      continue;
    add(fmt::format("{}, {} of {} elements changed", it.name, it.changed, it.compared));
    if (it.ignored > 0)
      text += fmt::format(", {} that never repeat left out", it.ignored);
  }
  for (const replaced_content &it : expected.replaced)
    if (it.argument != replaced_content::the_result)
      add(fmt::format("{}, {} new elements", parameter_name(factory_, it.argument),
                      it.bytes / element_size(it.element)));
  if (compares_result())
    add("the result");
  if (!text.empty() && !expected.left_out.empty())
    add(fmt::format("the own state of {} left out",
                    std::string_view(expected.left_out.data(), expected.left_out.size())));
  return text;
}

} // namespace tl::rt
