// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/gpu/result_check.h"

#include "runtime/backend/gpu/device_scratch.h"
#include "runtime/backend/gpu/take_apart.h"
#include "runtime/backend/gpu/trial_failure.h"
#include "runtime/domain/element.h"
#include "runtime/domain/returned.h"
#include "runtime/domain/tolerance.h"
#include "runtime/domain/verdict_text.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

namespace tl::rt::gpu {

match_rule result_check::rule() const {
  return {problem_.options.rtol, problem_.options.atol, problem_.options.equal_nan != 0};
}

verdict result_check::check_guards() {
  struct zone {
    address begin;
    std::uint64_t bytes;
    std::size_t region;
    bool after;
  };
  std::vector<zone> zones;
  for (std::size_t i = 0; i < copies_.regions().size(); ++i) {
    const device_copies::copy &it = copies_.regions()[i];
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
  status done = device_.copy(scratch_ + guard_at, address_of(found.data()), bytes);
  for (std::size_t i = 0; done && i < zones.size(); ++i)
    done = device_.guard(zones[i].begin, zones[i].bytes, scratch_ + guard_at + i * guard_stride);
  if (done)
    done = device_.copy(address_of(found.data()), scratch_ + guard_at, bytes);
  if (status waited = device_.synchronize(); done)
    done = waited;
  if (!done)
    return fault(done);
  for (std::size_t i = 0; i < zones.size(); ++i) {
    if (found[i].damaged == 0)
      continue;
    damaged_ = true;
    const device_copies::copy &of = copies_.regions()[zones[i].region];
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
    return verdict::failed(
        trial_status::out_of_bounds,
        zones[i].after
            ? fmt::format("wrote {} bytes past the end of {}, the first {} bytes after it",
                          found[i].damaged, name, at - (of.working + whole.bytes))
            : fmt::format("wrote {} bytes before the start of {}", found[i].damaged, name));
  }
  return {};
}

verdict result_check::mismatch_of(const piece &it, const compare_result &found) {
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
  status done = device_.copy(address_of(actual), copies_.working(it) + at, it.element_size);
  if (done)
    done = device_.copy(address_of(expected), copies_.expected(it) + at, it.element_size);
  if (done)
    done = device_.synchronize();
  comparison sum;
  sum.compared = it.count;
  sum.mismatched = found.mismatched;
  sum.got = element_text(it.element, actual);
  sum.expected = element_text(it.element, expected);
  const std::string name = parameter_name(factory_, it.parameter);
  return differing(sum, name, name + index);
}

verdict result_check::compare_host(std::size_t index, bool exact) {
  const piece &it = problem_.pieces[index];
  match_rule how = rule();
  if (problem_.options.rms > 0)
    how.atol = problem_.options.rms * rms_of(index);
  const device_copies::copy &of = copies_.of(it);
  comparison sum;
  const std::uint32_t element = exact ? std::uint32_t(TL_ELEMENT_BYTES) : it.element;
  compare_elements(sum, element, of.host.data() + it.offset, of.host_expected.data() + it.offset,
                   it.bytes / element_size(element), 0, how, false);
  if (is_rounding(problem_.options, sum, exact ? 0 : most_mismatched(problem_.options, element),
                  sum.worst > 0 ? rms_of(index) : 0))
    return {};
  const std::string name = parameter_name(factory_, it.parameter);
  return differing(sum, name, fmt::format("{}[{}]", name, sum.first));
}

verdict result_check::compare_returned() const {
  if (!copies_.result())
    return {};
  std::string wrong =
      tl::rt::compare_returned(factory_.result, static_cast<const std::byte *>(copies_.result()),
                               static_cast<const std::byte *>(copies_.expected_result()), rule());
  return wrong.empty() ? verdict{} : verdict::failed(trial_status::wrong, std::move(wrong));
}

/// The root mean square of what is expected of one piece, as far as it is a number.
double result_check::rms_of(std::size_t i) {
  const piece &it = problem_.pieces[i];
  const std::pair key(i, copies_.varying());
  if (const auto known = rms_.find(key); known != rms_.end())
    return known->second;
  std::vector<std::byte> expected(it.bytes);
  const device_copies::copy &of = copies_.of(it);
  status done = status::ok();
  if (problem_.regions[it.region].on_host)
    std::memcpy(expected.data(), of.host_expected.data() + it.offset, it.bytes);
  else if (done = device_.copy(address_of(expected.data()), copies_.expected(it), it.bytes); done)
    done = device_.synchronize();
  double sum = 0;
  std::uint64_t count = 0;
  if (done)
    add_squares(sum, count, it.element, expected.data(), it.bytes / element_size(it.element));
  return rms_[key] = count > 0 ? std::sqrt(sum / static_cast<double>(count)) : 0;
}

/// How one piece is compared.
compare_parameters result_check::parameters_of(std::size_t i, bool poison_counts) {
  const piece &it = problem_.pieces[i];
  compare_parameters p{};
  p.actual = copies_.working(it);
  p.expected = copies_.expected(it);
  p.count = it.count;
  p.element = it.element;
  p.element_size = it.element_size;
  p.rank = it.rank;
  // Contents of our own may lead to what is no number in the reference too.
  p.equal_nan = problem_.options.equal_nan || copies_.varying();
  p.poisoned = copies_.poisoned()[i];
  p.poison = poison_for(it);
  p.untouched = poison_counts && copies_.poisoned()[i] ? copies_.before(it) : 0;
  // A pointer to a few elements of a large block: the mismatches that are allowed are a share of
  // what is written, not of the block.
  p.before = !copies_.poisoned()[i] && !poison_counts ? copies_.before(it) : 0;
  p.rtol = problem_.options.rtol;
  p.atol = problem_.options.rms > 0 ? problem_.options.rms * rms_of(i) : problem_.options.atol;
  for (std::uint32_t d = 0; d < it.rank; ++d) {
    p.shape[d] = it.shape[d];
    p.strides[d] = it.strides[d];
  }
  return p;
}

verdict result_check::compare(bool exact, bool poison_counts) {
  std::vector<compare_result> found(problem_.pieces.size());
  status done;
  for (std::size_t i = 0; i < problem_.pieces.size(); ++i) {
    const piece &it = problem_.pieces[i];
    if (problem_.regions[it.region].on_host) {
      if (verdict wrong = copies_.varying() ? verdict{} : compare_host(i, exact); !wrong.right())
        return wrong;
      continue;
    }
    compare_parameters p = parameters_of(i, poison_counts);
    p.exact = exact;
    const address result = scratch_ + compare_at + i * compare_stride;
    if (done)
      done = device_.copy(result, address_of(&found[i]), sizeof(compare_result));
    if (done)
      done = device_.compare(p, result);
  }
  for (std::size_t i = 0; done && i < problem_.pieces.size(); ++i)
    if (!problem_.regions[problem_.pieces[i].region].on_host)
      done = device_.copy(address_of(&found[i]), scratch_ + compare_at + i * compare_stride,
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
    if (!copies_.varying())
      sum.worst = std::bit_cast<double>(found[i].worst);
    const double most = exact || poison_counts ? 0 : most_mismatched(problem_.options, it.element);
    if (!is_rounding(problem_.options, sum, most, sum.worst > 0 ? rms_of(i) : 0))
      return mismatch_of(it, found[i]);
  }
  return copies_.varying() ? verdict{} : compare_returned();
}

status result_check::count_changed(std::vector<std::uint64_t> &changed) {
  changed.assign(problem_.pieces.size(), 0);
  std::vector<compare_result> found(problem_.pieces.size());
  status done;
  for (std::size_t i = 0; done && i < problem_.pieces.size(); ++i) {
    const piece &it = problem_.pieces[i];
    const region &of = problem_.regions[it.region];
    if (of.on_host) {
      for (std::uint64_t at = 0; at + it.element_size <= it.bytes; at += it.element_size)
        changed[i] += std::memcmp(copies_.of(it).host_expected.data() + it.offset + at,
                                  of.content.data() + it.offset + at, it.element_size) != 0;
      continue;
    }
    compare_parameters p = parameters_of(i, false);
    p.actual = p.expected;
    p.equal_nan = 1;
    const address result = scratch_ + compare_at + i * compare_stride;
    done = device_.copy(result, address_of(&found[i]), sizeof found[i]);
    if (done)
      done = device_.compare(p, result);
    if (done)
      done = device_.copy(address_of(&found[i]), result, sizeof found[i]);
  }
  if (status waited = device_.synchronize(); done)
    done = waited;
  for (std::size_t i = 0; done && i < problem_.pieces.size(); ++i)
    if (!problem_.regions[problem_.pieces[i].region].on_host)
      changed[i] = problem_.pieces[i].count - found[i].unwritten;
  return done;
}

} // namespace tl::rt::gpu
