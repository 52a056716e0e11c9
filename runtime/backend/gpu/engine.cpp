// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/gpu/engine.h"

#include "runtime/backend/gpu/device_scratch.h"
#include "runtime/backend/gpu/trial_failure.h"
#include "runtime/demand/rtc_code.h"
#include "runtime/domain/verdict_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace tl::rt::gpu {

/// Callbacks are this process's own, even where the numbers come from another one.
static problem with_callbacks_of(const tl_factory &factory, problem what) {
  what.options.reference = factory.options.reference;
  what.options.check = factory.options.check;
  what.options.restore = factory.options.restore;
  return what;
}

engine::engine(device &on, const tl_factory &factory, problem what, bool from_ipc)
    : device_(on), factory_(factory), problem_(with_callbacks_of(factory, std::move(what))),
      copies_(on, factory, problem_, from_ipc), calls_(on, factory, problem_, copies_),
      check_(on, factory, problem_, copies_, scratch_),
      survey_(on, factory, problem_, from_ipc, copies_, calls_, check_),
      timer_(on, factory, problem_, copies_, calls_, scratch_) {
  if (!problem_.has_stream)
    device_.use_default_stream();
}

engine::~engine() {
  if (device_.lost())
    return;
  static_cast<void>(device_.synchronize());
  device_.drop_captures();
  copies_.put_back();
}

status engine::set_up() {
  if (problem_.regions.size() > max_regions || problem_.pieces.size() > max_pieces)
    return status::unsupported(fmt::format("the call has {} buffers, at most {} can be copied",
                                           problem_.regions.size(), max_regions));
  if (status done = scratch_.allocate(device_, scratch_bytes); !done)
    return done;
  if (status done = copies_.set_up(); !done)
    return done;
  remark_ = timer_.choose_profiler();
  // A launch in a global constructor, before its kernels are known, leaves an error no trial made.
  if (factory_.take_error)
    static_cast<void>(factory_.take_error());
  return device_.synchronize();
}

/// What went wrong in what variants are compared with.
std::string engine::of_reference(const std::string &reason) const {
  return (problem_.options.reference ? "the reference: " : "the default config: ") + reason;
}

verdict engine::run_and_guard(const trial_calls::callable &what) {
  if (status done = copies_.reset(); !done)
    return fault(done);
  verdict ran = calls_.run(what, false);
  return ran.right() ? check_.check_guards() : ran;
}

/// One run of the reference, whose results are the expected ones from then on.
verdict engine::run_reference() {
  verdict outcome = run_and_guard(calls_.reference());
  if (outcome.right())
    if (status done = copies_.keep_expected(); !done)
      return fault(done);
  return outcome;
}

verdict engine::prepare(bool may_poison) {
  const tl_options &options = problem_.options;
  std::vector<bool> &poisoned = copies_.poisoned();
  const std::vector<bool> declared = poisoned;
  std::fill(poisoned.begin(), poisoned.end(), false);
  verdict outcome;
  if (copies_.needs_first_run())
    outcome = run_reference();
  if (outcome.right())
    outcome = run_reference();
  if (outcome.right() && !options.skip_check) {
    poisoned = declared;
    const bool expected = may_poison && survey_.find_write_only();
    // A proof makes do without.
    if (!expected && problem_.once)
      std::fill(poisoned.begin(), poisoned.end(), false);
    else if (!expected && std::find(poisoned.begin(), poisoned.end(), true) != poisoned.end())
      outcome = run_reference();
    if (outcome.right() && !problem_.once && survey_.drop_untouched(declared))
      outcome = run_reference();
  }
  const bool compares = !problem_.once && !options.skip_check && !options.check;
  if (outcome.right() && may_poison && compares)
    outcome = survey_.vary(false);
  if (outcome.right() && compares)
    outcome = survey_.take_stock(!may_poison);
  if (outcome.right() && !problem_.once)
    outcome.time_ns = timer_.time_once(calls_.reference(), outcome);
  if (outcome.right() && problem_.cold && !problem_.once)
    if (status timed = timer_.time_flush(); !timed)
      return fault(timed);
  if (!outcome.right())
    outcome.reason = of_reference(outcome.reason);
  else if (options.reference)
    reference_ns_ = outcome.time_ns;
  return outcome;
}

/// One run of the reference and one of a variant, which have to agree: what a trial in another
/// process found holds in this one too.
/// The kernels of some variants become known to this process only when one of them is to run.
status engine::load(std::uint32_t variant) const {
  return demand::load_rtc_code(factory_, variant);
}

verdict engine::prove(std::uint32_t variant) {
  if (status loaded = load(variant); !loaded)
    return verdict::failed(trial_status::harness_error, loaded.text());
  verdict outcome = run_reference();
  if (!outcome.right()) {
    // Says nothing about the variant.
    outcome.failure = trial_status::harness_error;
    outcome.reason = of_reference(outcome.reason);
    return outcome;
  }
  outcome = run_and_guard(calls_.variant(variant));
  return outcome.right() ? check(variant) : outcome;
}

verdict engine::check(std::uint32_t variant) {
  if (problem_.options.skip_check)
    return {};
  if (problem_.options.check) {
    if (verdict said = ask_check(factory_, problem_.options, copies_.arguments(), copies_.result());
        !said.right())
      return said;
  } else if (verdict wrong = check_.compare(false, false); !wrong.right()) {
    return wrong;
  }
  return problem_.options.check_repeat > 1 ? check_repeats(variant) : verdict{};
}

/// Whether further runs on the same inputs leave what the last one has left, bit for bit.
verdict engine::check_repeats(std::uint32_t variant) {
  // The expected results make room for this variant's own first ones, and come back afterwards.
  std::vector<device_memory> kept;
  status done = copies_.expect_last_run(kept);
  verdict outcome = done ? verdict{} : fault(done);
  for (std::uint32_t i = 1; outcome.right() && i < problem_.options.check_repeat; ++i) {
    if (done = copies_.reset(); !done) {
      outcome = fault(done);
      break;
    }
    outcome = calls_.run(calls_.variant(variant), false);
    if (outcome.right())
      outcome = check_.compare(true, false);
    if (outcome.failure == trial_status::wrong) {
      outcome.failure = trial_status::inconsistent;
      outcome.reason = fmt::format("run {} on the same inputs: {}", i + 1, outcome.reason);
    }
  }
  if (!copies_.expect_again(kept))
    tainted_ = true;
  return outcome;
}

/// The second look at a variant, see output_survey::vary.
verdict engine::check_varied(std::uint32_t variant) {
  if (!survey_.varied() || problem_.options.skip_check || problem_.options.check)
    return {};
  const device_copies::other_contents varied(copies_);
  verdict outcome = run_and_guard(calls_.variant(variant));
  if (outcome.right())
    outcome = check_.compare(false, false);
  if (!outcome.right())
    outcome.reason += ", with other contents in what the reference leaves as it was";
  return outcome;
}

verdict engine::probe(std::uint32_t variant) {
  if (status loaded = load(variant); !loaded)
    return verdict::failed(trial_status::harness_error, loaded.text());
  const trial_calls::callable call = calls_.variant(variant);
  if (status done = copies_.reset(); !done)
    return fault(done);
  verdict outcome = calls_.run(call, true);
  if (!outcome.right())
    return outcome;
  std::string resources = std::move(outcome.resources);
  outcome = check_.check_guards();
  if (outcome.right())
    outcome = check(variant);
  if (outcome.right())
    outcome = check_varied(variant);
  // The first run has loaded the code; what counts is how long the next one takes.
  if (outcome.right() && !problem_.once) {
    verdict failure;
    const double ns = timer_.time_once(call, failure);
    if (!failure.right())
      outcome = failure;
    else
      outcome.time_ns = ns;
    timer_.note_run(variant, ns);
  }
  outcome.resources = std::move(resources);
  return outcome;
}

status engine::round(std::span<const sample_request> order, timed_round &to) {
  for (const sample_request &it : order)
    if (status loaded = load(it.variant); !loaded)
      return loaded;
  return timer_.round(order, to);
}

} // namespace tl::rt::gpu
