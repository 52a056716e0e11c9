// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of trial_runner that keeps what the reference has left.

#include "runtime/backend/cpu/changed_runs.h"
#include "runtime/backend/cpu/trial_runner.h"
#include "runtime/domain/element.h"

#include <algorithm>
#include <cstddef>

namespace tl::rt {

void trial_runner::collect_region(std::uint32_t index) {
  const memory_region &region = expected.layout.regions[index];
  const std::size_t size = element_size(region.element);
  const auto add = [&](std::uintptr_t begin, std::uintptr_t end) {
    const bool whole = (begin - region.anchor) % size == 0 && (end - begin) % size == 0;
    written_run run;
    run.begin = begin;
    run.end = end;
    run.offset = expected.data.size();
    run.region = index;
    run.element = whole ? region.element : std::uint32_t{TL_ELEMENT_BYTES};
    run.pure = region.access == TL_ACCESS_OUT;
    expected.data.insert(expected.data.end(), bytes_at(begin), bytes_at(end));
    expected.runs.push_back(run);
  };
  if (region.access != TL_ACCESS_OUT) {
    tracker_.for_each_touched(
        region.begin, region.end, [&](std::uintptr_t begin, std::uintptr_t end) {
          for_each_change(begin, end, tracker_.pristine(begin), region.anchor, size, add);
        });
    return;
  }
  // An output held poison before: what still does was not written and means nothing.
  const std::size_t offset = (region.begin - region.anchor) % size;
  const std::uintptr_t first = region.begin + (offset == 0 ? 0 : size - offset);
  std::uintptr_t open = first;
  std::uintptr_t at = first;
  for (; at + size <= region.end; at += size) {
    if (region.element == TL_ELEMENT_BOOL || !is_poison(region.element, bytes_at(at)))
      continue;
    if (open < at)
      add(open, at);
    open = at + size;
  }
  if (open < at)
    add(open, at);
}

void trial_runner::collect_runs() {
  for (std::uint32_t i = 0; i < expected.layout.regions.size(); ++i)
    if (expected.layout.regions[i].access != TL_ACCESS_SCRATCH)
      collect_region(i);
  std::stable_sort(expected.runs.begin(), expected.runs.end(),
                   [](const written_run &a, const written_run &b) { return a.begin < b.begin; });
}

// A container by reference, whose elements may be others afterwards.
static bool may_replace(const tl_parameter &parameter) {
  return parameter.kind == TL_PARAMETER_VIEW && !parameter.rebase &&
         parameter.access != TL_ACCESS_IN;
}

void trial_runner::keep_views() {
  views_.assign(factory_.parameter_count, tl_view{});
  for (std::uint32_t i = 0; i < factory_.parameter_count; ++i)
    if (may_replace(factory_.parameters[i]))
      factory_.parameters[i].view(arguments_[i], &views_[i]);
}

void trial_runner::collect_replaced() {
  expected.replaced.clear();
  const auto add = [this](std::uint32_t argument, const tl_parameter &parameter,
                          const tl_view &now) {
    expected.replaced.push_back({argument, parameter.element, now.bytes, expected.data.size()});
    const auto *bytes = static_cast<const std::byte *>(now.data);
    expected.data.insert(expected.data.end(), bytes, bytes + now.bytes);
  };
  if (factory_.result.kind == TL_PARAMETER_VIEW && result_.made() && compares_result()) {
    tl_view now{};
    factory_.result.view(result_.bytes(), &now);
    add(replaced_content::the_result, factory_.result, now);
  }
  for (std::uint32_t i = 0; i < factory_.parameter_count; ++i) {
    if (!may_replace(factory_.parameters[i]))
      continue;
    tl_view now{};
    factory_.parameters[i].view(arguments_[i], &now);
    if (now.data != views_[i].data || now.bytes != views_[i].bytes)
      add(i, factory_.parameters[i], now);
  }
}

void trial_runner::collect_noise() {
  expected.noise.clear();
  for (const memory_guard &guard : expected.layout.guards)
    tracker_.for_each_touched(guard.begin, guard.end,
                              [&](std::uintptr_t begin, std::uintptr_t end) {
                                for_each_change(begin, end, tracker_.pristine(begin), begin, 1,
                                                [&](std::uintptr_t first, std::uintptr_t last) {
                                                  expected.noise.push_back({first, last});
                                                });
                              });
}

} // namespace tl::rt
