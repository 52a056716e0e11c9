// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of trial_runner that compares what a variant has written with what was expected.

#include "runtime/backend/cpu/changed_runs.h"
#include "runtime/backend/cpu/trial_runner.h"
#include "runtime/domain/element.h"
#include "runtime/domain/returned.h"
#include "runtime/domain/tolerance.h"
#include "runtime/domain/verdict_text.h"
#include "runtime/factory/team.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

namespace tl::rt {

static double root_mean_square(double squares, std::uint64_t count) {
  return count > 0 ? std::sqrt(squares / static_cast<double>(count)) : 0;
}

static match_rule rule_of(const tl_options &options) {
  return {options.rtol, options.atol, options.equal_nan != 0};
}

// What is said of the results of one argument that are not right.
static std::string mismatch(const comparison &sum, const std::string &where,
                            bool strict_unwritten) {
  const std::string name = where.substr(0, where.find('['));
  return (sum.unwritten > 0 && strict_unwritten ? unwritten(sum, name, where)
                                                : differing(sum, name, where))
      .reason;
}

// Whether the pattern for "never written" can be told from any value that a kernel would write.
static bool distinct_poison(std::uint32_t element) {
  return element != TL_ELEMENT_BOOL && element != TL_ELEMENT_E4M3 && element != TL_ELEMENT_E5M2;
}

// Where the type of the elements is not known, a few that differ cannot be called rounding.
double trial_runner::most_mismatched(const memory_region &region) const {
  return region.argument >= factory_.parameter_count && region.element == TL_ELEMENT_BYTES
             ? 0
             : rt::most_mismatched(options_, region.element);
}

// Of one output; where it is about its size, that of all elements that the reference writes.
match_rule trial_runner::rule_for(const memory_region &region) {
  match_rule rule = rule_of(options_);
  if (options_.rms > 0)
    if (const std::optional<double> size = size_of_output(region))
      rule.atol = options_.rms * *size;
  return rule;
}

// The root mean square of all elements that the reference writes of the output that a region
// belongs to; nothing where it writes none.
std::optional<double> trial_runner::size_of_output(const memory_region &region) {
  if (rms_.empty()) {
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::pair<double, std::uint64_t>> sums;
    for (const written_run &run : expected.runs) {
      const memory_region &of = expected.layout.regions[run.region];
      auto &[sum, count] = sums[{of.argument, of.member}];
      add_squares(sum, count, run.element, expected.data.data() + run.offset,
                  (run.end - run.begin) / element_size(run.element));
    }
    for (const auto &[of, sum] : sums)
      rms_[of] = root_mean_square(sum.first, sum.second);
  }
  const auto found = rms_.find(std::pair(region.argument, region.member));
  return found == rms_.end() ? std::nullopt : std::optional(found->second);
}

// Looked for only where something is far off.
double trial_runner::size_for(const comparison &sum, const memory_region &region) {
  return sum.worst > 0 ? size_of_output(region).value_or(0) : 0;
}

std::string trial_runner::compare_runs() {
  struct argument_sum {
    comparison sum;
    const memory_region *region = nullptr;
    std::uintptr_t first = 0;
    bool strict = true;
  };
  std::map<std::pair<std::uint32_t, std::uint32_t>, argument_sum> sums;
  for (const written_run &run : expected.runs) {
    if (run.ignored != 0)
      continue;
    const memory_region &region = expected.layout.regions[run.region];
    argument_sum &to = sums[{region.argument, region.member}];
    const std::uint64_t before = to.sum.mismatched;
    const std::size_t size = element_size(run.element);
    compare_elements(to.sum, run.element, bytes_at(run.begin), expected.data.data() + run.offset,
                     (run.end - run.begin) / size, 0, rule_for(region), run.pure != 0);
    if (before == 0 && to.sum.mismatched > 0) {
      to.region = &region;
      to.first = run.begin + to.sum.first * size;
      to.strict = distinct_poison(run.element);
    }
  }
  for (const auto &[argument, to] : sums)
    if (to.region &&
        ((to.sum.unwritten > 0 && to.strict) ||
         !is_rounding(options_, to.sum, most_mismatched(*to.region), size_for(to.sum, *to.region))))
      return mismatch(to.sum, describe_address(factory_, expected.layout, *to.region, to.first),
                      to.strict);
  return {};
}

std::string trial_runner::compare_replaced() {
  for (const replaced_content &it : expected.replaced) {
    const bool returned = it.argument == replaced_content::the_result;
    if (returned && !result_.made())
      continue;
    const tl_parameter &parameter = returned ? factory_.result : factory_.parameters[it.argument];
    const std::string name = returned ? "the result" : parameter_name(factory_, it.argument);
    const std::size_t size = element_size(it.element);
    tl_view now{};
    parameter.view(returned ? result_.bytes() : arguments_[it.argument], &now);
    if (now.bytes != it.bytes)
      return fmt::format("{} has {} elements afterwards, expected {}", name,
                         now.bytes / std::max<std::size_t>(parameter.stride, 1),
                         it.bytes / std::max<std::size_t>(parameter.stride, 1));
    comparison sum;
    compare_elements(sum, it.element, static_cast<const std::byte *>(now.data),
                     expected.data.data() + it.offset, it.bytes / size, 0, rule_of(options_),
                     false);
    double squares = 0;
    std::uint64_t count = 0;
    if (sum.worst > 0)
      add_squares(squares, count, it.element, expected.data.data() + it.offset, it.bytes / size);
    if (!is_rounding(options_, sum, rt::most_mismatched(options_, it.element),
                     root_mean_square(squares, count)))
      return differing(sum, name, fmt::format("{}[{}]", name, sum.first)).reason;
  }
  return {};
}

bool trial_runner::compares_result() const {
  if (has_team(factory_))
    return false;
  return is_comparable(factory_.result) ||
         (factory_.result.access != TL_ACCESS_SCRATCH &&
          (factory_.result.equal || factory_.result.kind == TL_PARAMETER_VIEW));
}

std::string trial_runner::compare_result() const {
  if (!result_.made() || !compares_result())
    return {};
  if (factory_.result.equal)
    return !expected_object_.made() ||
                   factory_.result.equal(result_.bytes(), expected_object_.bytes())
               ? std::string()
               : "returned something that is not equal (==) to what was expected";
  if (expected.result.size() != factory_.result.size)
    return {};
  return compare_returned(factory_.result, result_.bytes(), expected.result.data(),
                          rule_of(options_));
}

} // namespace tl::rt
