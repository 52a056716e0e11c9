// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/gpu/engine_impl.h"

#include "runtime/backend/gpu/take_apart.h"
#include "runtime/domain/compare.h"
#include "runtime/domain/element.h"
#include "runtime/domain/returned.h"
#include "runtime/domain/tolerance.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <exception>
#include <utility>

namespace tl::rt::gpu {

trial_outcome engine::check_guards() {
  struct zone {
    address begin;
    std::uint64_t bytes;
    std::size_t region;
    bool after;
  };
  std::vector<zone> zones;
  for (std::size_t i = 0; i < copies_.size(); ++i) {
    const copies &it = copies_[i];
    if (!it.block)
      continue;
    const address end = it.working + problem_.regions[i].bytes;
    zones.push_back({it.block, it.working - it.block, i, false});
    zones.push_back({end, guard_bytes, i, true});
  }
  std::vector<guard_result> found(zones.size(), {0, ~0ull});
  if (zones.empty())
    return {};
  const std::uint64_t bytes = zones.size() * guard_stride;
  status done = device_.copy(results_ + guard_at, address_of(found.data()), bytes);
  for (std::size_t i = 0; done && i < zones.size(); ++i)
    done = device_.guard(zones[i].begin, zones[i].bytes, results_ + guard_at + i * guard_stride);
  if (done)
    done = device_.copy(address_of(found.data()), results_ + guard_at, bytes);
  if (status waited = device_.synchronize(); done)
    done = waited;
  if (!done)
    return fault(done);
  for (std::size_t i = 0; i < zones.size(); ++i) {
    if (found[i].damaged == 0)
      continue;
    // Whatever else it wrote to is not known.
    tainted_ = true;
    const copies &of = copies_[zones[i].region];
    const region &whole = problem_.regions[zones[i].region];
    std::string name = "a buffer";
    for (const piece &it : problem_.pieces)
      if (it.region == zones[i].region)
        name = parameter_name(factory_, it.parameter);
    for (std::uint32_t p = 0; p < problem_.arguments.size(); ++p)
      for (const held_pointer &it : problem_.arguments[p].pointers)
        if (it.region == zones[i].region)
          name = parameter_name(factory_, p);
    const address at = zones[i].begin + found[i].first;
    return outcome_of(
        trial_status::out_of_bounds,
        zones[i].after
            ? fmt::format("wrote {} bytes past the end of {}, the first {} bytes after it",
                          found[i].damaged, name, at - (of.working + whole.bytes))
            : fmt::format("wrote {} bytes before the start of {}", found[i].damaged, name));
  }
  return {};
}

std::string engine::describe_mismatch(const piece &it, const compare_result &found) {
  std::uint64_t offset = found.first;
  std::string index = fmt::format("[{}]", found.first);
  if (it.rank != 0) {
    offset = 0;
    std::uint64_t rest = found.first;
    index = "]";
    for (std::uint32_t d = it.rank; d-- > 0;) {
      offset += rest % it.shape[d] * static_cast<std::uint64_t>(it.strides[d]);
      index = fmt::format("{}{}{}", d == 0 ? "[" : ", ", rest % it.shape[d], index);
      rest /= it.shape[d];
    }
  }
  std::byte actual[8] = {}, expected[8] = {};
  const std::uint64_t at = offset * it.element_size;
  status done = device_.copy(address_of(actual), piece_address(it, false) + at, it.element_size);
  if (done)
    done = device_.copy(address_of(expected), piece_address(it, true) + at, it.element_size);
  if (done)
    done = device_.synchronize();
  return fmt::format("{} of {} elements of {} differ, the first at {}: {} instead of {}",
                     found.mismatched, it.count, parameter_name(factory_, it.parameter), index,
                     element_text(it.element, actual), element_text(it.element, expected));
}

trial_outcome engine::compare_host(std::size_t index, bool exact) {
  const piece &it = problem_.pieces[index];
  match_rule how = rule();
  if (problem_.options.rms > 0)
    how.atol = problem_.options.rms * rms_of(index);
  const copies &of = copies_[it.region];
  comparison sum;
  const std::uint32_t element = exact ? std::uint32_t(TL_ELEMENT_BYTES) : it.element;
  compare_elements(sum, element, of.host.data() + it.offset, of.host_expected.data() + it.offset,
                   it.bytes / element_size(element), 0, how, false);
  if (is_rounding(problem_.options, sum, exact ? 0 : most_mismatched(problem_.options, element),
                  sum.worst > 0 ? rms_of(index) : 0))
    return {};
  return outcome_of(
      trial_status::wrong,
      fmt::format("{} of {} elements of {} differ, the first at [{}]: {} instead of {}",
                  sum.mismatched, sum.compared, parameter_name(factory_, it.parameter), sum.first,
                  sum.got, sum.expected));
}

trial_outcome engine::compare_returned() const {
  if (result_.empty())
    return {};
  std::string wrong = tl::rt::compare_returned(
      factory_.result, reinterpret_cast<const std::byte *>(result_.data()),
      reinterpret_cast<const std::byte *>(expected_result_.data()), rule());
  return wrong.empty() ? trial_outcome{} : outcome_of(trial_status::wrong, std::move(wrong));
}

/// The root mean square of what is expected of one piece, as far as it is a number.
double engine::rms_of(std::size_t i) {
  const piece &it = problem_.pieces[i];
  const std::pair key(i, varying_);
  if (const auto known = rms_.find(key); known != rms_.end())
    return known->second;
  std::vector<std::byte> expected(it.bytes);
  const copies &of = copies_[it.region];
  status done = status::ok();
  if (problem_.regions[it.region].on_host)
    std::memcpy(expected.data(), of.host_expected.data() + it.offset, it.bytes);
  else if (done = device_.copy(address_of(expected.data()), piece_address(it, true), it.bytes);
           done)
    done = device_.synchronize();
  double sum = 0;
  std::uint64_t count = 0;
  if (done)
    add_squares(sum, count, it.element, expected.data(), it.bytes / element_size(it.element));
  return rms_[key] = count > 0 ? std::sqrt(sum / static_cast<double>(count)) : 0;
}

/// How one piece is compared.
compare_parameters engine::parameters_of(std::size_t i, bool poison_counts) {
  const piece &it = problem_.pieces[i];
  compare_parameters p{};
  p.actual = piece_address(it, false);
  p.expected = piece_address(it, true);
  p.count = it.count;
  p.element = it.element;
  p.element_size = it.element_size;
  p.rank = it.rank;
  // Contents of our own may lead to what is no number in the reference too.
  p.equal_nan = problem_.options.equal_nan || varying_;
  p.poisoned = write_only_[i];
  p.poison = poison_for(it);
  p.untouched = poison_counts && write_only_[i] ? piece_before(it) : 0;
  // A pointer to a few elements of a large block: the mismatches that are allowed are a share of
  // what is written, not of the block.
  p.before = !write_only_[i] && !poison_counts ? piece_before(it) : 0;
  p.rtol = problem_.options.rtol;
  p.atol = problem_.options.rms > 0 ? problem_.options.rms * rms_of(i) : problem_.options.atol;
  for (std::uint32_t d = 0; d < it.rank; ++d) {
    p.shape[d] = it.shape[d];
    p.strides[d] = it.strides[d];
  }
  return p;
}

/// The working copies against the expected ones. `poison_counts`: elements that neither side has
/// written are left out.
trial_outcome engine::compare(bool exact, bool poison_counts) {
  std::vector<compare_result> found(problem_.pieces.size());
  status done;
  for (std::size_t i = 0; i < problem_.pieces.size(); ++i) {
    const piece &it = problem_.pieces[i];
    if (problem_.regions[it.region].on_host) {
      if (trial_outcome wrong = varying_ ? trial_outcome{} : compare_host(i, exact); !good(wrong))
        return wrong;
      continue;
    }
    compare_parameters p = parameters_of(i, poison_counts);
    p.exact = exact;
    const address result = results_ + compare_at + i * compare_stride;
    if (done)
      done = device_.copy(result, address_of(&found[i]), sizeof(compare_result));
    if (done)
      done = device_.compare(p, result);
  }
  for (std::size_t i = 0; done && i < problem_.pieces.size(); ++i)
    if (!problem_.regions[problem_.pieces[i].region].on_host)
      done = device_.copy(address_of(&found[i]), results_ + compare_at + i * compare_stride,
                          sizeof(compare_result));
  if (status waited = device_.synchronize(); done)
    done = waited;
  if (!done)
    return fault(done);
  for (std::size_t i = 0; i < problem_.pieces.size(); ++i) {
    const piece &it = problem_.pieces[i];
    comparison sum;
    sum.compared = it.count - found[i].unwritten;
    sum.mismatched = found[i].mismatched;
    // Contents of our own may grow beyond all numbers in one order of summation and not in another.
    if (!varying_)
      sum.worst = std::bit_cast<double>(found[i].worst);
    const double most = exact || poison_counts ? 0 : most_mismatched(problem_.options, it.element);
    if (!is_rounding(problem_.options, sum, most, sum.worst > 0 ? rms_of(i) : 0))
      return outcome_of(trial_status::wrong, describe_mismatch(it, found[i]));
  }
  return varying_ ? trial_outcome{} : compare_returned();
}

} // namespace tl::rt::gpu
