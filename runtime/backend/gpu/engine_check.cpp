// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/gpu/engine_impl.h"

#include "runtime/backend/gpu/take_apart.h"
#include "runtime/domain/returned.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <exception>

namespace tl::rt::gpu {

/// Whether the reference leaves the same results with poison in what write_only_ says.
bool engine::only_writes() {
  return bool(reset()) && good(run(reference_call(), false)) && good(compare(false, true));
}

/// Finds the buffers of which the reference reads nothing, so that poison can be put there: it
/// leaves the same results whatever they held, apart from elements that it does not touch. True:
/// the last run is what is expected from now on.
bool engine::find_write_only() {
  std::vector<std::size_t> unknown;
  for (std::size_t i = 0; i < problem_.pieces.size(); ++i) {
    const piece &it = problem_.pieces[i];
    if (!write_only_[i] && it.access == TL_ACCESS_UNKNOWN && !it.shared &&
        !problem_.regions[it.region].on_host)
      unknown.push_back(i);
  }
  if (unknown.empty())
    return false;
  // Most often all of them.
  const std::vector<bool> declared = write_only_;
  for (const std::size_t i : unknown)
    write_only_[i] = true;
  if (only_writes())
    return bool(keep_expected());
  write_only_ = declared;
  if (device_.lost() || problem_.once || unknown.size() == 1)
    return false;
  for (const std::size_t i : unknown) {
    const std::vector<bool> before = write_only_;
    std::fill(write_only_.begin(), write_only_.end(), false);
    write_only_[i] = true;
    const bool so = only_writes();
    if (device_.lost())
      return false;
    write_only_ = before;
    write_only_[i] = so;
  }
  return false;
}

/// How many elements of each piece the reference has changed: of what it only writes, those that
/// hold no poison any more.
status engine::count_changed(std::vector<std::uint64_t> &changed) {
  changed.assign(problem_.pieces.size(), 0);
  std::vector<compare_result> found(problem_.pieces.size());
  status done;
  for (std::size_t i = 0; done && i < problem_.pieces.size(); ++i) {
    const piece &it = problem_.pieces[i];
    const region &of = problem_.regions[it.region];
    if (of.on_host) {
      for (std::uint64_t at = 0; at + it.element_size <= it.bytes; at += it.element_size)
        changed[i] += std::memcmp(copies_[it.region].host_expected.data() + it.offset + at,
                                  of.content.data() + it.offset + at, it.element_size) != 0;
      continue;
    }
    compare_parameters p = parameters_of(i, false);
    p.actual = p.expected;
    p.equal_nan = 1;
    const address result = results_ + compare_at + i * compare_stride;
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

/// What results are compared on, for people; and whether that is anything at all.
trial_outcome engine::take_stock(bool last) {
  compared_.clear();
  std::vector<std::uint64_t> changed, changed_when_varied(problem_.pieces.size());
  if (status done = count_changed(changed); !done)
    return fault(done);
  if (varied_) {
    varying_ = true;
    const status done = count_changed(changed_when_varied);
    varying_ = false;
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
  std::string carried;
  const auto carry = [&](std::uint32_t variable) {
    if (factory_.variables[variable].access & TL_VARIABLE_READ)
      carried +=
          fmt::format("{}{}", carried.empty() ? "" : ", ", factory_.variables[variable].name);
  };
  for (const region &it : problem_.regions)
    if (it.variable >= 0)
      carry(static_cast<std::uint32_t>(it.variable));
  for (const host_variable &it : problem_.variables)
    carry(it.variable);
  if (!carried.empty() && from_ipc_)
    compared_ += fmt::format("{}state: {} carried over", compared_.empty() ? "" : "; ", carried);
  if (all == 0 && !returns && !last) {
    // Then it may be for what it reads.
    const trial_outcome varied = vary(true);
    return good(varied) ? take_stock(true) : varied;
  }
  if (all == 0 && !returns)
    return outcome_of(trial_status::harness_error,
                      "it changes nothing that can be compared: no buffer of an argument, no "
                      "variable that the compiler sees, and no result; say how to judge with "
                      "`check`, or `skip_check`");
  return {};
}

/// A buffer in which all poison is still there may just as well have been read: what is added to it
/// was zero.
bool engine::drop_untouched(const std::vector<bool> &declared) {
  std::vector<std::uint64_t> changed;
  if (!count_changed(changed))
    return false;
  bool dropped = false;
  for (std::size_t i = 0; i < problem_.pieces.size(); ++i)
    if (write_only_[i] && !declared[i] && changed[i] == 0) {
      write_only_[i] = false;
      dropped = true;
    }
  return dropped;
}

/// Where the reference has left a part of what it may write as it was (a time step over zeros), a
/// variant that forgets about it would pass. Then what was there is changed, and it runs again:
/// what that leaves is kept for a second look at each variant.
trial_outcome engine::vary(bool inputs_too) {
  std::vector<std::uint64_t> changed;
  if (status done = count_changed(changed); !done)
    return fault(done);
  std::vector<bool> unchanged(problem_.pieces.size());
  for (std::size_t i = 0; i < problem_.pieces.size(); ++i) {
    const piece &it = problem_.pieces[i];
    const region &of = problem_.regions[it.region];
    unchanged[i] = changed[i] < it.count && !write_only_[i] && !of.on_host &&
                   is_floating(it.element) && of.pointers.empty() && it.bytes <= most_varied;
  }
  if (!inputs_too && std::find(unchanged.begin(), unchanged.end(), true) == unchanged.end())
    return {};
  status done;
  const auto room = [&](std::uint64_t bytes, address &at) {
    if (done && !at)
      done = device_.allocate(bytes, at);
  };
  if (inputs_too)
    for (const piece &it : problem_.inputs)
      if (copies &of = copies_[it.region]; it.bytes <= most_varied && of.working && !of.pristine) {
        room(problem_.regions[it.region].bytes, of.pristine);
        if (done)
          done = device_.copy(of.pristine, of.working, problem_.regions[it.region].bytes);
      }
  for (std::size_t i = 0; done && i < copies_.size(); ++i) {
    if (!copies_[i].pristine)
      continue;
    room(problem_.regions[i].bytes, copies_[i].varied);
    room(problem_.regions[i].bytes, copies_[i].varied_expected);
    if (done)
      done = device_.copy(copies_[i].varied, copies_[i].pristine, problem_.regions[i].bytes);
  }
  for (std::size_t i = 0; done && i < problem_.pieces.size(); ++i)
    if (unchanged[i]) {
      const piece &it = problem_.pieces[i];
      done = device_.supply({copies_[it.region].varied + it.offset, it.bytes / it.element_size,
                             0x5eed + i, it.element, TL_SUPPLY_UNIFORM});
    }
  for (std::size_t i = 0; done && inputs_too && i < problem_.inputs.size(); ++i)
    if (const piece &it = problem_.inputs[i]; copies_[it.region].varied)
      done = device_.supply({copies_[it.region].varied + it.offset, it.bytes / it.element_size,
                             0x1eed + i, it.element, TL_SUPPLY_UNIFORM});
  if (status waited = device_.synchronize(); done)
    done = waited;
  if (!done)
    return done.code() == status_code::full ? trial_outcome{} : fault(done); // no room: as it is
  varying_ = true;
  trial_outcome outcome;
  if (done = reset(); done) {
    outcome = run(reference_call(), false);
    for (std::size_t i = 0; good(outcome) && done && i < copies_.size(); ++i)
      if (copies_[i].varied_expected)
        done =
            device_.copy(copies_[i].varied_expected, copies_[i].working, problem_.regions[i].bytes);
    if (status waited = device_.synchronize(); done)
      done = waited;
  }
  varying_ = false;
  if (device_.lost() || !done)
    return fault(done);
  // It may not know what to do with such contents.
  varied_ = good(outcome);
  return {};
}

/// The second look at a variant, see vary.
trial_outcome engine::check_varied(std::uint32_t variant) {
  if (!varied_ || problem_.options.skip_check || problem_.options.check)
    return {};
  varying_ = true;
  trial_outcome outcome;
  if (status done = reset(); !done)
    outcome = fault(done);
  if (good(outcome))
    outcome = run(variant_call(variant), false);
  if (good(outcome))
    outcome = check_guards();
  if (good(outcome))
    outcome = compare(false, false);
  varying_ = false;
  if (!good(outcome))
    outcome.reason += ", with other contents in what the reference leaves as it was";
  return outcome;
}

trial_outcome engine::prepare(bool may_poison) {
  const callable reference = reference_call();
  const std::vector<bool> declared = write_only_;
  std::fill(write_only_.begin(), write_only_.end(), false);
  const auto once = [&]() -> trial_outcome {
    if (status done = reset(); !done)
      return fault(done);
    trial_outcome ran = run(reference, false);
    if (!good(ran))
      return ran;
    if (trial_outcome guarded = check_guards(); !good(guarded))
      return guarded;
    if (status done = keep_expected(); !done)
      return fault(done);
    return {};
  };
  trial_outcome outcome;
  if (variables_ && variables_->needs_first_run())
    outcome = once();
  if (good(outcome))
    outcome = once();
  if (good(outcome) && !problem_.options.skip_check) {
    write_only_ = declared;
    const bool expected = may_poison && find_write_only();
    // A proof makes do without.
    if (!expected && problem_.once)
      std::fill(write_only_.begin(), write_only_.end(), false);
    else if (!expected &&
             std::find(write_only_.begin(), write_only_.end(), true) != write_only_.end())
      outcome = once();
    if (good(outcome) && !problem_.once && drop_untouched(declared))
      outcome = once();
  }
  if (good(outcome) && may_poison && !problem_.once && !problem_.options.skip_check &&
      !problem_.options.check)
    outcome = vary(false);
  if (good(outcome) && !problem_.once && !problem_.options.skip_check && !problem_.options.check)
    outcome = take_stock(!may_poison);
  if (good(outcome) && !problem_.once)
    outcome.time_ns = time_once(reference, outcome);
  if (good(outcome) && problem_.cold && !problem_.once)
    if (status timed = time_flush(); !timed)
      return fault(timed);
  if (!good(outcome))
    outcome.reason =
        (problem_.options.reference ? "the reference: " : "the default config: ") + outcome.reason;
  else if (problem_.options.reference)
    reference_ns_ = outcome.time_ns;
  return outcome;
}

/// One run of the reference and one of a variant, which have to agree: what a trial in another
/// process found holds in this one too.
trial_outcome engine::prove(std::uint32_t variant) {
  const auto run_once = [&](const callable &what) -> trial_outcome {
    if (status done = reset(); !done)
      return fault(done);
    trial_outcome ran = run(what, false);
    return good(ran) ? check_guards() : ran;
  };
  trial_outcome outcome = run_once(reference_call());
  if (good(outcome))
    if (status done = keep_expected(); !done)
      outcome = fault(done);
  if (!good(outcome)) {
    // Says nothing about the variant.
    outcome.status = trial_status::harness_error;
    outcome.reason =
        (problem_.options.reference ? "the reference: " : "the default config: ") + outcome.reason;
    return outcome;
  }
  outcome = run_once(variant_call(variant));
  return good(outcome) ? check(variant) : outcome;
}

trial_outcome engine::check(std::uint32_t variant) {
  if (problem_.options.skip_check)
    return {};
  if (problem_.options.check) {
    try {
      if (!problem_.options.check(&factory_, arguments_.data(), result_.data()))
        return outcome_of(trial_status::wrong, "the check said no");
    } catch (const std::exception &thrown) {
      return outcome_of(trial_status::wrong, fmt::format("the check threw: {}", thrown.what()));
    } catch (...) {
      return outcome_of(trial_status::wrong, "the check threw something that is no std::exception");
    }
  } else if (trial_outcome wrong = compare(false, false); !good(wrong)) {
    return wrong;
  }
  return problem_.options.check_repeat > 1 ? check_repeats(variant) : trial_outcome{};
}

/// Whether further runs on the same inputs leave what the last one has left, bit for bit.
trial_outcome engine::check_repeats(std::uint32_t variant) {
  // The expected results make room for this variant's own first ones, and come back afterwards.
  std::vector<address> kept(copies_.size());
  status done;
  for (std::size_t i = 0; done && i < copies_.size(); ++i)
    if (copies_[i].expected) {
      done = device_.allocate(problem_.regions[i].bytes, kept[i]);
      if (done)
        done = device_.copy(kept[i], copies_[i].expected, problem_.regions[i].bytes);
      if (done)
        done = device_.copy(copies_[i].expected, copies_[i].working, problem_.regions[i].bytes);
    }
  trial_outcome outcome = done ? trial_outcome{} : fault(done);
  for (std::uint32_t i = 1; good(outcome) && i < problem_.options.check_repeat; ++i) {
    if (done = reset(); !done) {
      outcome = fault(done);
      break;
    }
    outcome = run(variant_call(variant), false);
    if (good(outcome))
      outcome = compare(true, false);
    if (outcome.status == trial_status::wrong) {
      outcome.status = trial_status::inconsistent;
      outcome.reason = fmt::format("run {} on the same inputs: {}", i + 1, outcome.reason);
    }
  }
  for (std::size_t i = 0; i < copies_.size(); ++i)
    if (kept[i]) {
      if (status restored = device_.copy(copies_[i].expected, kept[i], problem_.regions[i].bytes);
          !restored)
        tainted_ = true;
      if (status waited = device_.synchronize(); !waited)
        tainted_ = true;
      device_.release(kept[i]);
    }
  return outcome;
}

trial_outcome engine::probe(std::uint32_t variant) {
  const callable call = variant_call(variant);
  if (status done = reset(); !done)
    return fault(done);
  trial_outcome outcome = run(call, true);
  if (!good(outcome))
    return outcome;
  std::string resources = std::move(outcome.resources);
  outcome = check_guards();
  if (good(outcome))
    outcome = check(variant);
  if (good(outcome))
    outcome = check_varied(variant);
  // The first run has loaded the code; what counts is how long the next one takes.
  if (good(outcome) && !problem_.once) {
    trial_outcome failure;
    const double ns = time_once(call, failure);
    if (!good(failure))
      outcome = failure;
    else
      outcome.time_ns = ns;
    last_ns_[variant] = ns;
  }
  outcome.resources = std::move(resources);
  return outcome;
}

} // namespace tl::rt::gpu
