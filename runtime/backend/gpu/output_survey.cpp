// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/gpu/output_survey.h"

#include "runtime/backend/gpu/take_apart.h"
#include "runtime/backend/gpu/trial_failure.h"
#include "runtime/domain/element.h"
#include "runtime/domain/returned.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace tl::rt::gpu {

/// Whether the reference leaves the same results with poison in what is said to be only written.
bool output_survey::only_writes() {
  return bool(copies_.reset()) && calls_.run(calls_.reference(), false).right() &&
         check_.compare(false, true).right();
}

bool output_survey::find_write_only() {
  std::vector<bool> &poisoned = copies_.poisoned();
  std::vector<std::size_t> unknown;
  for (std::size_t i = 0; i < problem_.pieces.size(); ++i) {
    const piece &it = problem_.pieces[i];
    if (!poisoned[i] && it.access == TL_ACCESS_UNKNOWN && !it.shared &&
        !problem_.regions[it.region].on_host)
      unknown.push_back(i);
  }
  if (unknown.empty())
    return false;
  // Most often all of them.
  const std::vector<bool> declared = poisoned;
  for (const std::size_t i : unknown)
    poisoned[i] = true;
  if (only_writes())
    return bool(copies_.keep_expected());
  poisoned = declared;
  if (device_.lost() || problem_.once || unknown.size() == 1)
    return false;
  for (const std::size_t i : unknown) {
    const std::vector<bool> before = poisoned;
    std::fill(poisoned.begin(), poisoned.end(), false);
    poisoned[i] = true;
    const bool so = only_writes();
    if (device_.lost())
      return false;
    poisoned = before;
    poisoned[i] = so;
  }
  return false;
}

/// Variables whose values the copies have from the program.
std::string output_survey::carried_over() const {
  std::string names;
  const auto add = [&](std::uint32_t index) {
    const tl_variable &variable = factory_.variables[index];
    if (variable.access & TL_VARIABLE_READ)
      names += fmt::format("{}{}", names.empty() ? "" : ", ", variable.name);
  };
  for (const region &it : problem_.regions)
    if (it.variable >= 0)
      add(static_cast<std::uint32_t>(it.variable));
  for (const host_variable &it : problem_.variables)
    add(it.variable);
  return names;
}

verdict output_survey::take_stock(bool last) {
  compared_.clear();
  std::vector<std::uint64_t> changed, changed_when_varied(problem_.pieces.size());
  if (status done = check_.count_changed(changed); !done)
    return fault(done);
  if (varied_) {
    const device_copies::other_contents varied(copies_);
    const status done = check_.count_changed(changed_when_varied);
    if (!done)
      return fault(done);
  }
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < problem_.pieces.size(); ++i) {
    all += std::max(changed[i], changed_when_varied[i]);
    compared_ += fmt::format("{}{}, {} of {} elements changed", i ? "; " : "",
                             parameter_name(factory_, problem_.pieces[i].parameter), changed[i],
                             problem_.pieces[i].count);
    if (changed_when_varied[i] > changed[i])
      compared_ += fmt::format(" ({} with other contents)", changed_when_varied[i]);
  }
  const bool returns = is_comparable(factory_.result);
  if (returns)
    compared_ += compared_.empty() ? "the result" : "; the result";
  const std::string carried = from_ipc_ ? carried_over() : "";
  if (!carried.empty())
    compared_ += fmt::format("{}state: {} carried over", compared_.empty() ? "" : "; ", carried);
  if (all == 0 && !returns && !last) {
    // Then it may be for what it reads.
    const verdict varied = vary(true);
    return varied.right() ? take_stock(true) : varied;
  }
  if (all == 0 && !returns)
    return verdict::failed(trial_status::harness_error,
                           "it changes nothing that can be compared: no buffer of an argument, no "
                           "variable that the compiler sees, and no result; say how to judge with "
                           "`check`, or `skip_check`");
  return {};
}

bool output_survey::drop_untouched(const std::vector<bool> &declared) {
  std::vector<std::uint64_t> changed;
  if (!check_.count_changed(changed))
    return false;
  bool dropped = false;
  for (std::size_t i = 0; i < problem_.pieces.size(); ++i)
    if (copies_.poisoned()[i] && !declared[i] && changed[i] == 0) {
      copies_.poisoned()[i] = false;
      dropped = true;
    }
  return dropped;
}

verdict output_survey::vary(bool inputs_too) {
  std::vector<std::uint64_t> changed;
  if (status done = check_.count_changed(changed); !done)
    return fault(done);
  std::vector<bool> unchanged(problem_.pieces.size());
  for (std::size_t i = 0; i < problem_.pieces.size(); ++i) {
    const piece &it = problem_.pieces[i];
    const region &of = problem_.regions[it.region];
    unchanged[i] = changed[i] < it.count && !copies_.poisoned()[i] && !of.on_host &&
                   is_floating(it.element) && of.pointers.empty() && it.bytes <= most_varied;
  }
  if (!inputs_too && std::find(unchanged.begin(), unchanged.end(), true) == unchanged.end())
    return {};
  if (status done = copies_.make_varied(unchanged, inputs_too); !done)
    return done.code() == status_code::full ? verdict{} : fault(done); // no room: as it is
  verdict outcome;
  const device_copies::other_contents varied(copies_);
  status done = copies_.reset();
  if (done) {
    outcome = calls_.run(calls_.reference(), false);
    if (outcome.right())
      done = copies_.keep_varied_expected();
    if (status waited = device_.synchronize(); done)
      done = waited;
  }
  if (device_.lost() || !done)
    return fault(done);
  // It may not know what to do with such contents.
  varied_ = outcome.right();
  return {};
}

} // namespace tl::rt::gpu
