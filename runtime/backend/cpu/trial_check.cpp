// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of trial_runner that judges what a variant has left.

#include "runtime/backend/cpu/trial_runner.h"
#include "runtime/domain/element.h"
#include "runtime/domain/returned.h"
#include "runtime/domain/tolerance.h"
#include "runtime/factory/team.h"
#include "runtime/worker/descendants.h"
#include "runtime/worker/process_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <exception>
#include <map>
#include <unistd.h>

namespace tl::rt {

static double root_mean_square(double squares, std::uint64_t count) {
  return count > 0 ? std::sqrt(squares / static_cast<double>(count)) : 0;
}

static match_rule rule_of(const tl_options &options) {
  return {options.rtol, options.atol, options.equal_nan != 0};
}

static const std::byte *bytes_at(std::uintptr_t address) {
  return reinterpret_cast<const std::byte *>(address);
}

// How many whole elements at `at` differ from those at `was`, from the first one on.
template <class T>
static std::size_t count_changed(const std::byte *at, const std::byte *was, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    T a, b;
    std::memcpy(&a, at + i * sizeof(T), sizeof(T));
    std::memcpy(&b, was + i * sizeof(T), sizeof(T));
    if (a == b)
      return i;
  }
  return count;
}

static std::size_t count_changed(const std::byte *at, const std::byte *was, std::size_t count,
                                 std::size_t size) {
  switch (size) {
  case 2:
    return count_changed<std::uint16_t>(at, was, count);
  case 4:
    return count_changed<std::uint32_t>(at, was, count);
  case 8:
    return count_changed<std::uint64_t>(at, was, count);
  default:
    return count_changed<std::uint8_t>(at, was, count);
  }
}

// Calls visit(begin, end) for every maximal run of elements in [begin, end) that differ from
// `pristine`, which is as long. Elements lie on a grid through `anchor`; a cut-off element at an
// edge is its own run.
template <class Visit>
static void for_each_change(std::uintptr_t begin, std::uintptr_t end, const std::byte *pristine,
                            std::uintptr_t anchor, std::size_t size, Visit visit) {
  constexpr std::size_t chunk = 4096;
  std::uintptr_t open = 0, open_end = 0;
  for (std::uintptr_t at = begin; at < end;) {
    // Most memory is unchanged: look at large pieces first.
    const std::size_t piece = std::min<std::size_t>(chunk, end - at);
    if (std::memcmp(bytes_at(at), pristine + (at - begin), piece) == 0) {
      at += piece;
      continue;
    }
    for (const std::uintptr_t stop = at + piece; at < stop;) {
      const std::size_t into =
          (at - anchor) % size; // also right below the anchor: sizes are powers of two
      const std::uintptr_t next = std::min<std::uintptr_t>(at - into + size, end);
      if (std::memcmp(bytes_at(at), pristine + (at - begin), next - at) != 0) {
        const bool whole = into == 0 && next - at == size;
        if (open_end != at || !whole || (open - anchor) % size != 0) {
          if (open != open_end)
            visit(open, open_end);
          open = at;
        }
        open_end = next;
        if (!whole) {
          visit(open, open_end);
          open = open_end = 0;
        } else {
          const std::size_t more =
              count_changed(bytes_at(next), pristine + (next - begin), (end - next) / size, size);
          open_end = next + more * size;
          at = open_end;
          continue;
        }
      }
      at = next;
    }
  }
  if (open != open_end)
    visit(open, open_end);
}

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
      return fmt::format("{} of {} elements of {} differ, the first is {}[{}]: got {}, expected {}",
                         sum.mismatched, sum.compared, name, name, sum.first, sum.got,
                         sum.expected);
  }
  return {};
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

// What is said of the results of one argument that are not right.
static std::string verdict(const comparison &sum, const std::string &where, bool strict_unwritten) {
  if (sum.unwritten > 0 && strict_unwritten)
    return fmt::format("{} of {} elements of {} were never written, the first is {}", sum.unwritten,
                       sum.compared, where.substr(0, where.find('[')), where);
  return fmt::format("{} of {} elements of {} differ, the first is {}: got {}, expected {}",
                     sum.mismatched, sum.compared, where.substr(0, where.find('[')), where, sum.got,
                     sum.expected);
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
      return verdict(to.sum, describe_address(factory_, expected.layout, *to.region, to.first),
                     to.strict);
  return {};
}

static runner_outcome rejected(trial_status status, std::string reason, bool tainted) {
  runner_outcome result;
  result.outcome.status = status;
  result.outcome.reason = std::move(reason);
  result.tainted = tainted;
  return result;
}

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
    if (runner_outcome rest = compare_rest(true); rest.outcome.status != trial_status::measured)
      return rest;
  if (options_.skip_check)
    return {};
  if (options_.check) {
    try {
      if (!options_.check(&factory_, arguments_, result_.bytes()))
        return rejected(trial_status::wrong, "rejected by the factory's own check", false);
    } catch (const std::exception &thrown) {
      return rejected(trial_status::wrong, fmt::format("the check threw: {}", thrown.what()),
                      false);
    } catch (...) {
      return rejected(trial_status::wrong, "the check threw something that is no std::exception",
                      false);
    }
  } else {
    for (std::string text : {compare_result(), compare_runs(), compare_replaced()})
      if (!text.empty())
        return rejected(trial_status::wrong, std::move(text), false);
    if (runner_outcome rest = compare_rest(false); rest.outcome.status != trial_status::measured)
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
    if (failed.outcome.status != trial_status::measured)
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
