// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/gpu/engine_impl.h"

#include "runtime/backend/gpu/take_apart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace tl::rt::gpu {

status engine::copy_in(const region &from, copies &to) {
  if (from.on_host) {
    if (from_ipc_ || !from.content.empty())
      to.host = from.content;
    return status::ok();
  }
  if (from.variable >= 0) {
    if (status found = find_variable(from, to.working); !found)
      return found;
  } else if (status made = make_working(from, to); !made) {
    return made;
  }
  if (from.written) {
    if (status done = device_.allocate(from.bytes, to.pristine); !done)
      return done;
    if (status done = device_.allocate(from.bytes, to.expected); !done)
      return done;
  }
  address source = from.original;
  address opened = 0;
  if (from_ipc_ && !from.content.empty()) {
    source = address_of(from.content.data());
  } else if (from_ipc_) {
    if (status done = device_.import_memory(from.handle, opened); !done)
      return done;
    source = opened + from.offset;
  }
  status done;
  if (to.working != source)
    done = device_.copy(to.working, source, from.bytes);
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

/// A variable has one place in each process: there is no copy for variants.
status engine::find_variable(const region &from, address &at) {
  const tl_variable &variable = factory_.variables[from.variable];
  if (!from_ipc_) {
    at = from.original;
    return status::ok();
  }
  void *found = nullptr;
  std::uint64_t bytes = from.bytes;
  if (variable.memory == TL_MEMORY_MANAGED)
    found = address_of_variable(variable);
  else if (!factory_.find_symbol || !factory_.find_symbol(variable.address, &found, &bytes))
    found = nullptr;
  at = address_of(found);
  return found && bytes == from.bytes ? status::ok()
                                      : status::unsupported(fmt::format(
                                            "{} is not there in another process", variable.name));
}

/// The copy that variants get, with guards around it.
status engine::make_working(const region &from, copies &to) {
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
  return status::ok();
}

void *engine::address_in_copies(const held_pointer &pointer) {
  copies &leads_to = copies_[pointer.region];
  return problem_.regions[pointer.region].on_host
             ? static_cast<void *>(leads_to.host.data() + pointer.offset)
             : reinterpret_cast<void *>(leads_to.working + pointer.offset);
}

/// Addresses that stand in buffers and variables lead to the copies.
status engine::redirect_addresses() {
  std::vector<void *> targets; // copied from until all is done
  for (const region &it : problem_.regions)
    for (const held_pointer &pointer : it.pointers)
      targets.push_back(address_in_copies(pointer));
  status done;
  std::size_t next = 0;
  for (std::size_t i = 0; i < problem_.regions.size(); ++i) {
    region &of = problem_.regions[i];
    for (const held_pointer &pointer : of.pointers) {
      void *const *target = &targets[next++];
      if (of.on_host) {
        std::memcpy(of.content.data() + pointer.at, target, sizeof *target);
        std::memcpy(copies_[i].host.data() + pointer.at, target, sizeof *target);
        continue;
      }
      for (const address to : {copies_[i].working, copies_[i].pristine})
        if (done && to)
          done = device_.copy(to + pointer.at, address_of(target), sizeof *target);
    }
  }
  if (status waited = device_.synchronize(); done)
    done = waited;
  return done;
}

/// Variables of the program are as the call found them.
void engine::put_back() {
  if (from_ipc_ || !changes_variables_)
    return;
  if (variables_)
    variables_->put_back();
  for (std::size_t i = 0; i < copies_.size(); ++i) {
    const region &of = problem_.regions[i];
    if (of.variable < 0 || !copies_[i].pristine)
      continue;
    static_cast<void>(device_.copy(copies_[i].working, copies_[i].pristine, of.bytes));
    for (const held_pointer &pointer : of.pointers)
      static_cast<void>(device_.copy(copies_[i].working + pointer.at,
                                     address_of(of.content.data() + pointer.at), sizeof(void *)));
  }
  static_cast<void>(device_.synchronize());
  changes_variables_ = false;
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
  if (status done = redirect_addresses(); !done)
    return done;
  changes_variables_ = true;
  if (!problem_.variables.empty())
    variables_ = std::make_unique<host_state>(
        factory_, problem_.variables,
        [this](const held_pointer &pointer) { return address_in_copies(pointer); }, !from_ipc_);
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
  // An error of a launch in a global constructor, before its kernels are known, is none of a trial.
  if (factory_.take_error)
    static_cast<void>(factory_.take_error());
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
    for (const held_pointer &it : from.pointers) {
      void *target = address_in_copies(it);
      if (from.kind == argument_kind::rebased)
        factory_.parameters[i].rebase(object, target);
      else
        std::memcpy(static_cast<std::byte *>(object) + it.at, &target, sizeof target);
    }
  }
}

address engine::piece_address(const piece &it, bool expected) const {
  const copies &of = copies_[it.region];
  return (!expected ? of.working : varying_ ? of.varied_expected : of.expected) + it.offset;
}

/// What a piece held before the run that is looked at.
address engine::piece_before(const piece &it) const {
  const copies &of = copies_[it.region];
  const address before = varying_ ? of.varied : of.pristine;
  return before ? before + it.offset : 0;
}

/// Puts the working copies back to what the caller had, and poison into what is only written.
status engine::reset() {
  if (variables_)
    variables_->put();
  for (std::size_t i = 0; i < copies_.size(); ++i) {
    copies &it = copies_[i];
    const region &of = problem_.regions[i];
    const address before = varying_ && it.varied ? it.varied : it.pristine;
    if (of.on_host)
      std::copy(of.content.begin(), of.content.end(), it.host.begin());
    else if (before)
      if (status done = device_.copy(it.working, before, of.bytes); !done)
        return done;
  }
  for (std::size_t i = 0; i < problem_.pieces.size(); ++i)
    if (write_only_[i])
      if (status done = device_.fill(piece_address(problem_.pieces[i], false),
                                     poison_for(problem_.pieces[i]), problem_.pieces[i].bytes);
          !done)
        return done;
  return restore_by_program();
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

} // namespace tl::rt::gpu
