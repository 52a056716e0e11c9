// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/gpu/engine.h"

#include "runtime/support/infeasible.h"
#include "runtime/worker/compare.h"
#include "runtime/worker/element.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <exception>

namespace tl::rt::gpu {

// Layout of the small buffer that our own kernels write to.
static constexpr std::uint64_t clock_at = 0;
static constexpr std::uint64_t compare_at = 64;
static constexpr std::uint64_t compare_stride = 32;
static constexpr std::uint64_t max_pieces = 64;
static constexpr std::uint64_t guard_at = compare_at + compare_stride * max_pieces;
static constexpr std::uint64_t guard_stride = 16;
static constexpr std::uint64_t max_regions = 64;
static constexpr std::uint64_t results_bytes = guard_at + 2 * guard_stride * max_regions;

/// Head start of the host over the device before a timed region, so that the region's launches are
/// all in the queue when its first stamp passes [ns].
static constexpr std::uint64_t head_start_ns = 20'000;

trial_outcome outcome_of(trial_status status, std::string reason) {
  trial_outcome made;
  made.status = status;
  made.reason = std::move(reason);
  return made;
}

match_rule engine::rule() const {
  return {problem_.options.rtol, problem_.options.atol, problem_.options.equal_nan != 0};
}

/// What a buffer is filled with before it is written. Not -1 for integers: that is a common result.
static unsigned char poison_for(const piece &it) {
  return is_floating(it.element) ? poison_byte : other_poison_byte;
}

static bool good(const trial_outcome &outcome) { return outcome.status == trial_status::measured; }

engine::engine(device &on, const tl_factory &factory, problem what, bool from_ipc)
    : device_(on), factory_(factory), problem_(std::move(what)), from_ipc_(from_ipc),
      write_only_(problem_.pieces.size()), last_ns_(factory.variant_count) {
  if (!problem_.has_stream)
    device_.use_default_stream();
  // Callbacks are this process's own, even where the numbers come from another one.
  problem_.options.reference = factory.options.reference;
  problem_.options.check = factory.options.check;
}

engine::~engine() {
  // A lost device takes its memory along when the process ends.
  if (device_.lost())
    return;
  static_cast<void>(device_.synchronize());
  device_.drop_captures();
  for (const copies &it : copies_) {
    device_.release(it.block);
    device_.release(it.pristine);
    device_.release(it.expected);
  }
  device_.release(results_);
}

/// What was asked for, or what comes closest and can be had, which is said.
void engine::choose_profiler() {
  if (problem_.options.profiler != TL_PROFILER_DEFAULT)
    profiler_ = problem_.options.profiler;
  std::string why;
  if (profiler_ == TL_PROFILER_GRAPH && !problem_.has_stream)
    why = "profiler = graph: launches on the default stream cannot be captured";
  if (profiler_ == TL_PROFILER_CUPTI) {
    double ns = 0;
    const status begun = device_.begin_kernel_times();
    if (begun)
      static_cast<void>(
          device_.end_kernel_times(ns)); // nothing has run, so this has nothing to tell
    else
      why = begun.text();
  }
  if (why.empty())
    return;
  profiler_ = TL_PROFILER_EVENT;
  remark_ = fmt::format("{}: {}; events take the times instead", factory_.name, why);
}

// ---- copies -----------------------------------------------------------------------------------

status engine::copy_in(const region &from, copies &to) {
  if (from.on_host) {
    if (from_ipc_ || !from.content.empty())
      to.host = from.content;
    return status::ok();
  }
  // Code may depend on how a buffer is aligned: the copy starts at the same place in a 256-byte
  // line.
  const std::uint64_t lead = guard_bytes + from.original % 256;
  if (status done = device_.allocate(lead + from.bytes + guard_bytes + 256, to.block); !done)
    return done;
  to.working = to.block + lead;
  if (status done = device_.fill(to.block, guard_byte, lead); !done)
    return done;
  if (status done = device_.fill(to.working + from.bytes, guard_byte,
                                 guard_bytes + 256 - from.original % 256);
      !done)
    return done;
  if (from.written) {
    if (status done = device_.allocate(from.bytes, to.pristine); !done)
      return done;
    if (status done = device_.allocate(from.bytes, to.expected); !done)
      return done;
  }
  address source = from.original;
  address opened = 0;
  if (from_ipc_) {
    if (status done = device_.import_memory(from.handle, opened); !done)
      return done;
    source = opened + from.offset;
  }
  status done = device_.copy(to.working, source, from.bytes);
  if (done && to.pristine)
    done = device_.copy(to.pristine, source, from.bytes);
  // The caller's memory must not stay within reach of a variant.
  if (opened) {
    if (status waited = device_.synchronize(); !waited)
      return waited;
    device_.close_memory(opened);
  }
  return done;
}

status engine::set_up() {
  if (problem_.regions.size() > max_regions || problem_.pieces.size() > max_pieces)
    return status::unsupported(fmt::format("the call has {} buffers, at most {} can be copied",
                                           problem_.regions.size(), max_regions));
  if (status done = device_.allocate(results_bytes, results_); !done)
    return done;
  copies_.resize(problem_.regions.size());
  for (std::size_t i = 0; i < problem_.regions.size(); ++i)
    if (status done = copy_in(problem_.regions[i], copies_[i]); !done)
      return done;
  const std::size_t words = factory_.result.kind == TL_PARAMETER_VALUE
                                ? factory_.result.size / sizeof(std::max_align_t) + 1
                                : 0;
  result_.resize(words);
  expected_result_.resize(words);
  for (std::size_t i = 0; i < problem_.pieces.size(); ++i)
    write_only_[i] = problem_.pieces[i].access == TL_ACCESS_OUT && !problem_.pieces[i].shared &&
                     !problem_.regions[problem_.pieces[i].region].on_host;
  build_arguments();
  choose_profiler();
  return device_.synchronize();
}

void engine::build_arguments() {
  arguments_.assign(problem_.arguments.size(), nullptr);
  objects_.resize(problem_.arguments.size());
  for (std::size_t i = 0; i < problem_.arguments.size(); ++i) {
    const argument &from = problem_.arguments[i];
    if (from.kind == argument_kind::borrowed) {
      std::memcpy(&arguments_[i], from.object.data(), sizeof(void *));
      continue;
    }
    if (from.kind == argument_kind::host_object) {
      arguments_[i] = copies_[from.pointers[0].region].host.data() + from.pointers[0].offset;
      continue;
    }
    const std::size_t size = std::max(from.object.size(), sizeof(void *));
    objects_[i] = std::make_unique<std::max_align_t[]>(size / sizeof(std::max_align_t) + 1);
    void *object = objects_[i].get();
    if (!from.object.empty())
      std::memcpy(object, from.object.data(), from.object.size());
    arguments_[i] = object;
    if (from.kind == argument_kind::stream) {
      void *stream = device_.stream();
      std::memcpy(object, &stream, sizeof stream);
    }
    for (const pointer_in_argument &it : from.pointers) {
      copies &leads_to = copies_[it.region];
      void *target = problem_.regions[it.region].on_host
                         ? static_cast<void *>(leads_to.host.data() + it.offset)
                         : reinterpret_cast<void *>(leads_to.working + it.offset);
      if (from.kind == argument_kind::rebased)
        factory_.parameters[i].rebase(object, target);
      else
        std::memcpy(static_cast<std::byte *>(object) + it.at, &target, sizeof target);
    }
  }
}

address engine::piece_address(const piece &it, bool expected) const {
  const copies &of = copies_[it.region];
  return (expected ? of.expected : of.working) + it.offset;
}

/// Puts the working copies back to what the caller had, and poison into what is only written.
status engine::reset() {
  for (std::size_t i = 0; i < copies_.size(); ++i) {
    copies &it = copies_[i];
    const region &of = problem_.regions[i];
    if (of.on_host)
      std::copy(of.content.begin(), of.content.end(), it.host.begin());
    else if (it.pristine)
      if (status done = device_.copy(it.working, it.pristine, of.bytes); !done)
        return done;
  }
  for (std::size_t i = 0; i < problem_.pieces.size(); ++i)
    if (write_only_[i])
      if (status done = device_.fill(piece_address(problem_.pieces[i], false),
                                     poison_for(problem_.pieces[i]), problem_.pieces[i].bytes);
          !done)
        return done;
  return status::ok();
}

status engine::keep_expected() {
  for (std::size_t i = 0; i < copies_.size(); ++i) {
    copies &it = copies_[i];
    if (problem_.regions[i].on_host)
      it.host_expected = it.host;
    else if (it.expected)
      if (status done = device_.copy(it.expected, it.working, problem_.regions[i].bytes); !done)
        return done;
  }
  expected_result_ = result_;
  return device_.synchronize();
}

// ---- running ----------------------------------------------------------------------------------

engine::callable engine::variant_call(std::uint32_t variant) const {
  return [this, variant](void *const *arguments, void *result) {
    factory_.invoke(&factory_, variant, arguments, result);
  };
}

engine::callable engine::reference_call() const {
  if (!problem_.options.reference)
    return variant_call(factory_.default_variant);
  return [this](void *const *arguments, void *result) {
    problem_.options.reference(&factory_, arguments, result);
  };
}

trial_outcome engine::fault(const status &error) const {
  if (error.code() == status_code::full)
    return outcome_of(trial_status::out_of_memory, error.text());
  return outcome_of(trial_status::device_error, error.text());
}

/// Runs one function on the working copies and waits.
trial_outcome engine::run(const callable &what, bool watch) {
  trial_outcome outcome;
  const bool watched = watch && device_.watch_launches();
  take_infeasible();
  try {
    what(arguments_.data(), result_.empty() ? nullptr : result_.data());
  } catch (const std::exception &thrown) {
    outcome = outcome_of(trial_status::threw, fmt::format("threw an exception: {}", thrown.what()));
  } catch (...) {
    outcome = outcome_of(trial_status::threw, "threw an exception that is no std::exception");
  }
  if (const auto reason = take_infeasible())
    outcome = outcome_of(trial_status::infeasible, *reason);
  launch_report seen;
  if (watched)
    seen = device_.launches_seen();
  outcome.resources = std::move(seen.resources);
  const char *refused = factory_.take_error ? factory_.take_error() : nullptr;
  const status waited = device_.synchronize();
  if (!waited) {
    trial_outcome failed = fault(waited);
    failed.resources = std::move(outcome.resources);
    return failed;
  }
  if (!seen.infeasible.empty()) {
    outcome.status = trial_status::infeasible;
    outcome.reason = std::move(seen.infeasible);
  } else if (good(outcome) && refused) {
    outcome.status = std::strstr(refused, "out of memory") ? trial_status::out_of_memory
                                                           : trial_status::infeasible;
    outcome.reason = fmt::format("the launch was refused: {}", refused);
  }
  return outcome;
}

/// Time of one more run, on stamps of its own [ns].
double engine::time_once(const callable &what, trial_outcome &failure) {
  const auto begin = std::chrono::steady_clock::now();
  double ns = 0;
  status done = device_.spin(head_start_ns, results_ + clock_at);
  if (done)
    done = device_.stamp(0);
  if (done) {
    failure = outcome_of(trial_status::measured, {});
    try {
      what(arguments_.data(), result_.empty() ? nullptr : result_.data());
    } catch (...) {
      failure = outcome_of(trial_status::threw, "threw an exception when it ran again");
    }
    done = device_.stamp(1);
  }
  if (status waited = device_.synchronize(); done)
    done = waited;
  if (done)
    done = device_.elapsed(0, 1, ns);
  if (!done)
    failure = fault(done);
  if (profiler_ == TL_PROFILER_WALL)
    ns = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count();
  return ns;
}

// ---- checking ---------------------------------------------------------------------------------

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
    for (std::uint32_t p = 0; p < problem_.arguments.size(); ++p)
      for (const pointer_in_argument &it : problem_.arguments[p].pointers)
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

trial_outcome engine::compare_host(const piece &it, bool exact) const {
  const copies &of = copies_[it.region];
  comparison sum;
  const std::uint32_t element = exact ? std::uint32_t(TL_ELEMENT_BYTES) : it.element;
  compare_elements(sum, element, of.host.data() + it.offset, of.host_expected.data() + it.offset,
                   it.bytes / element_size(element), 0, rule(), false);
  const double allowed =
      exact ? 0 : problem_.options.max_mismatched_ratio * static_cast<double>(sum.compared);
  if (static_cast<double>(sum.mismatched) <= allowed)
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
  comparison sum;
  compare_elements(
      sum, factory_.result.element, reinterpret_cast<const std::byte *>(result_.data()),
      reinterpret_cast<const std::byte *>(expected_result_.data()), 1, 0, rule(), false);
  if (sum.mismatched == 0)
    return {};
  return outcome_of(trial_status::wrong,
                    fmt::format("returned {} instead of {}", sum.got, sum.expected));
}

/// The working copies against the expected ones. `poison_counts`: elements that neither side has
/// written are left out.
trial_outcome engine::compare(bool exact, bool poison_counts) {
  std::vector<compare_result> found(problem_.pieces.size(), {0, 0, ~0ull});
  std::vector<compare_result> padded;
  status done;
  for (std::size_t i = 0; i < problem_.pieces.size(); ++i) {
    const piece &it = problem_.pieces[i];
    if (problem_.regions[it.region].on_host) {
      if (trial_outcome wrong = compare_host(it, exact); !good(wrong))
        return wrong;
      continue;
    }
    compare_parameters p{};
    p.actual = piece_address(it, false);
    p.expected = piece_address(it, true);
    p.count = it.count;
    p.element = it.element;
    p.element_size = it.element_size;
    p.rank = it.rank;
    p.equal_nan = problem_.options.equal_nan;
    p.exact = exact;
    p.poisoned = write_only_[i];
    p.poison = poison_for(it);
    p.untouched = poison_counts && write_only_[i] ? copies_[it.region].pristine + it.offset : 0;
    // A pointer to a few elements of a large block: the mismatches that are allowed are a share of
    // what is written, not of the block.
    p.before = !write_only_[i] && !poison_counts && copies_[it.region].pristine
                   ? copies_[it.region].pristine + it.offset
                   : 0;
    p.rtol = problem_.options.rtol;
    p.atol = problem_.options.atol;
    for (std::uint32_t d = 0; d < it.rank; ++d) {
      p.shape[d] = it.shape[d];
      p.strides[d] = it.strides[d];
    }
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
    const double compared = static_cast<double>(it.count - found[i].unwritten);
    const double allowed =
        exact || poison_counts ? 0 : problem_.options.max_mismatched_ratio * compared;
    if (static_cast<double>(found[i].mismatched) > allowed)
      return outcome_of(trial_status::wrong, describe_mismatch(it, found[i]));
  }
  return compare_returned();
}

/// Finds the buffers of which the reference reads nothing, so that poison can be put there: it
/// leaves the same results whatever they held, apart from elements that it does not touch.
void engine::find_write_only() {
  const callable reference = reference_call();
  for (std::size_t i = 0; i < problem_.pieces.size(); ++i) {
    const piece &it = problem_.pieces[i];
    if (write_only_[i] || it.access != TL_ACCESS_UNKNOWN || it.shared ||
        problem_.regions[it.region].on_host)
      continue;
    const std::vector<bool> before = write_only_;
    std::fill(write_only_.begin(), write_only_.end(), false);
    write_only_[i] = true;
    bool only_written = bool(reset()) && good(run(reference, false)) && good(compare(false, true));
    if (device_.lost())
      return;
    write_only_ = before;
    write_only_[i] = only_written;
  }
}

trial_outcome engine::prepare() {
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
  trial_outcome outcome = once();
  if (good(outcome) && !problem_.options.skip_check) {
    write_only_ = declared;
    find_write_only();
    if (std::find(write_only_.begin(), write_only_.end(), true) != write_only_.end())
      outcome = once();
  }
  if (good(outcome))
    outcome.time_ns = time_once(reference, outcome);
  if (good(outcome) && problem_.cold)
    if (status timed = time_flush(); !timed)
      return fault(timed);
  if (!good(outcome))
    outcome.reason =
        (problem_.options.reference ? "the reference: " : "the default config: ") + outcome.reason;
  else if (problem_.options.reference)
    reference_ns_ = outcome.time_ns;
  return outcome;
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
  // The first run has loaded the code; what counts is how long the next one takes.
  if (good(outcome)) {
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

// ---- timing -----------------------------------------------------------------------------------

/// Before a sample: buffers that are read and written get back what the caller had, so that a
/// variant does not run on what the one before it has left.
status engine::restore_read() {
  for (std::size_t i = 0; i < problem_.pieces.size(); ++i) {
    const piece &it = problem_.pieces[i];
    if (write_only_[i] || problem_.regions[it.region].on_host)
      continue;
    const copies &of = copies_[it.region];
    if (status done = device_.copy(of.working + it.offset, of.pristine + it.offset, it.bytes);
        !done)
      return done;
  }
  return status::ok();
}

status engine::launch(const sample_request &wanted, std::uint32_t times) {
  try {
    for (std::uint32_t i = 0; i < times; ++i)
      factory_.invoke(&factory_, wanted.variant, arguments_.data(),
                      result_.empty() ? nullptr : result_.data());
  } catch (...) {
    thrown_ = true;
    return status::invalid("threw an exception when it ran again");
  }
  if (const char *refused = factory_.take_error ? factory_.take_error() : nullptr)
    return status::io_error(fmt::format("the launch was refused: {}", refused));
  return status::ok();
}

status engine::time_flush() {
  status done = device_.flush_cache(); // the first one allocates
  if (done)
    done = device_.stamp(0);
  if (done)
    done = device_.flush_cache();
  if (done)
    done = device_.stamp(1);
  if (done)
    done = device_.synchronize();
  return done ? device_.elapsed(0, 1, flush_ns_) : done;
}

/// How many launches a sample can have; see most_between_launches_ns.
std::uint32_t engine::affordable(const sample_request &wanted) const {
  const std::uint32_t launches = std::max(wanted.launches, 1u);
  if (!problem_.cold || flush_ns_ <= 0)
    return launches;
  const double most_ns = std::max(most_between_launches_ns, launches * last_ns_[wanted.variant]);
  return static_cast<std::uint32_t>(
      std::clamp(most_ns / flush_ns_, 1.0, static_cast<double>(launches)));
}

/// Enqueues one sample; its pairs of stamps are appended to `stamps`.
status engine::sample(const sample_request &wanted, std::size_t &stamp,
                      std::vector<std::size_t> &stamps) {
  status done = restore_read();
  const std::uint32_t launches = wanted.launches;
  const bool graph = profiler_ == TL_PROFILER_GRAPH;
  // Cold: every launch starts from a flushed cache and is timed on its own. Hot: one region over
  // all.
  const std::uint32_t regions = problem_.cold ? launches : 1;
  const std::uint32_t each = problem_.cold ? 1 : launches;
  if (graph && done) {
    done = device_.begin_capture();
    if (done) {
      const status called = launch(wanted, each);
      done = device_.end_capture(wanted.variant);
      if (!called)
        done = called;
    }
  }
  // A warm cache is this variant's own, not that of the one before it. Long runs see to that
  // themselves.
  if (done && !problem_.cold && last_ns_[wanted.variant] * launches < 1e6)
    done = launch(wanted, 1);
  for (std::uint32_t i = 0; done && i < regions; ++i) {
    if (problem_.cold)
      done = device_.flush_cache();
    else
      done = device_.spin(head_start_ns, results_ + clock_at); // the flush is as good a head start
    if (done)
      done = device_.stamp(stamp);
    if (done)
      done = graph ? device_.replay(wanted.variant) : launch(wanted, each);
    if (done)
      done = device_.stamp(stamp + 1);
    stamps.push_back(stamp);
    stamp += 2;
  }
  return done;
}

/// A sample that is waited for on its own: by the host's clock, or by the vendor's profiler.
status engine::separate_sample(const sample_request &wanted, timed_sample &to) {
  status done = restore_read();
  const std::uint32_t launches = wanted.launches;
  const std::uint32_t regions = problem_.cold ? launches : 1;
  const std::uint32_t each = problem_.cold ? 1 : launches;
  const bool recorded = profiler_ == TL_PROFILER_CUPTI;
  double total = 0;
  for (std::uint32_t i = 0; done && i < regions; ++i) {
    if (problem_.cold)
      done = device_.flush_cache();
    if (done)
      done = device_.synchronize();
    if (done && recorded)
      done = device_.begin_kernel_times();
    if (!done)
      return done;
    const auto begin = std::chrono::steady_clock::now();
    done = launch(wanted, each);
    if (status waited = device_.synchronize(); done)
      done = waited;
    double ns =
        std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count();
    if (recorded)
      if (status ended = device_.end_kernel_times(ns); done)
        done = ended;
    total += ns;
  }
  to.outcome.time_ns = total / launches;
  return done;
}

/// A variant's first run may have been elsewhere: on a helper's device, in a worker that is gone.
/// What it takes to load the code is not to be part of a sample.
status engine::load_code(std::uint32_t variant) {
  if (last_ns_[variant] > 0)
    return status::ok();
  status done = restore_read();
  if (done)
    done = launch({variant, 1}, 1);
  trial_outcome failure;
  if (done)
    last_ns_[variant] = std::max(time_once(variant_call(variant), failure), 1.0);
  return good(failure) ? done : status::io_error(failure.reason);
}

status engine::round(std::span<const sample_request> order, timed_round &to) {
  to = {};
  const clock_result zero{};
  status done = status::ok();
  for (const sample_request &it : order)
    if (done)
      done = load_code(it.variant);
  if (done)
    done = device_.copy(results_ + clock_at, address_of(&zero), sizeof zero);
  const bool separately = profiler_ == TL_PROFILER_WALL || profiler_ == TL_PROFILER_CUPTI;
  std::vector<std::vector<std::size_t>> stamps(order.size());
  // Long enough for the clock to be read to a few tenths of a percent.
  if (done)
    done = device_.spin(50'000, results_ + clock_at);
  const double begin_ns =
      static_cast<double>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                              std::chrono::steady_clock::now().time_since_epoch())
                              .count());
  std::size_t stamp = 1;
  if (done)
    done = device_.stamp(0);
  for (std::size_t i = 0; done && i < order.size(); ++i) {
    timed_sample &made = to.samples.emplace_back();
    made.variant = order[i].variant;
    made.launches = affordable(order[i]);
    const sample_request given{order[i].variant, made.launches};
    done = separately ? separate_sample(given, made) : sample(given, stamp, stamps[i]);
  }
  clock_result clock{};
  if (done)
    done = device_.copy(address_of(&clock), results_ + clock_at, sizeof clock);
  if (status waited = device_.synchronize(); done)
    done = waited;
  if (!done)
    return done;
  for (std::size_t i = 0; i < to.samples.size() && !separately; ++i) {
    double total = 0, ns = 0;
    for (const std::size_t pair : stamps[i]) {
      if (done = device_.elapsed(pair, pair + 1, ns); !done)
        return done;
      total += ns;
    }
    to.samples[i].outcome.time_ns = total / to.samples[i].launches;
    last_ns_[order[i].variant] = to.samples[i].outcome.time_ns;
    double first = 0, last = 0;
    if (device_.elapsed(0, stamps[i].front(), first) &&
        device_.elapsed(0, stamps[i].back() + 1, last))
      to.samples[i].at_ns = begin_ns + (first + last) / 2;
  }
  if (clock.nanoseconds > 0 && device_.nominal_ghz() > 0)
    to.clock = static_cast<double>(clock.cycles) / static_cast<double>(clock.nanoseconds) /
               device_.nominal_ghz();
  return status::ok();
}

} // namespace tl::rt::gpu
