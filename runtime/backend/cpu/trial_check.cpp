// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of trial_runner that judges what a variant has left.

#include "runtime/backend/cpu/changed_runs.h"
#include "runtime/backend/cpu/trial_runner.h"
#include "runtime/domain/element.h"
#include "runtime/domain/returned.h"
#include "runtime/domain/verdict_text.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

namespace tl::rt {

runner_outcome trial_runner::judge(std::uint32_t variant) {
  if (std::string left = find_leftovers(); !left.empty())
    return rejected(trial_status::wrong, std::move(left), true);
  if (std::string late = find_late_write(); !late.empty())
    return rejected(trial_status::wrong, std::move(late), true);
  // What is taken apart and made anew lies elsewhere each time: nothing is beside it that counts.
  if (std::string outside = options_.restore ? std::string() : find_outside_write();
      !outside.empty())
    return rejected(trial_status::out_of_bounds, std::move(outside), true);
  if (!options_.restore && (options_.skip_check || options_.check))
    if (runner_outcome rest = compare_rest(true); !rest.outcome.right())
      return rest;
  if (options_.skip_check)
    return {};
  if (options_.check) {
    if (verdict said = ask_check(factory_, options_, arguments_, result_.bytes()); !said.right())
      return rejected(std::move(said), false);
  } else {
    for (std::string text : {compare_result(), compare_runs(), compare_replaced()})
      if (!text.empty())
        return rejected(trial_status::wrong, std::move(text), false);
    if (runner_outcome rest = compare_rest(false); !rest.outcome.right())
      return rest;
  }
  runner_outcome failed;
  if (std::string text = compare_repeats(variant, failed); !text.empty())
    return rejected(trial_status::inconsistent, std::move(text), false);
  return failed;
}

// The same variant on the same inputs must leave the same bytes: finds races.
std::string trial_runner::compare_repeats(std::uint32_t variant, runner_outcome &failed) {
  if (options_.check_repeat <= 1)
    return {};
  std::vector<std::byte> first;
  for (const written_run &run : expected.runs)
    first.insert(first.end(), bytes_at(run.begin), bytes_at(run.end));
  std::vector<std::byte> first_result;
  if (is_comparable(factory_.result) && result_.made())
    first_result.assign(result_.bytes(), result_.bytes() + factory_.result.size);
  for (std::uint32_t repeat = 1; repeat < options_.check_repeat; ++repeat) {
    set_up_check_run(true);
    failed = run(variant);
    if (!failed.outcome.right())
      return {};
    if (!first_result.empty() && !compare_returned(factory_.result, result_.bytes(),
                                                   first_result.data(), match_rule{0, 0, true})
                                      .empty())
      return fmt::format("run {} of {} on the same inputs returned something else", repeat + 1,
                         options_.check_repeat);
    std::size_t offset = 0;
    for (const written_run &run : expected.runs) {
      const std::size_t bytes = run.end - run.begin, size = element_size(run.element);
      if (run.ignored == 0 && std::memcmp(first.data() + offset, bytes_at(run.begin), bytes) != 0)
        for (std::size_t i = 0; i < bytes; i += size)
          if (std::memcmp(first.data() + offset + i, bytes_at(run.begin + i), size) != 0)
            return fmt::format("run {} of {} on the same inputs differs at {}: {}, before {}",
                               repeat + 1, options_.check_repeat,
                               describe_address(factory_, expected.layout,
                                                expected.layout.regions[run.region], run.begin + i),
                               element_text(run.element, bytes_at(run.begin + i)),
                               element_text(run.element, first.data() + offset + i));
      offset += bytes;
    }
  }
  return {};
}

} // namespace tl::rt
