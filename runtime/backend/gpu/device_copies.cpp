// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/gpu/device_copies.h"

#include "runtime/backend/gpu/take_apart.h"
#include "runtime/domain/element.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace tl::rt::gpu {

unsigned char poison_for(const piece &it) {
  return is_floating(it.element) ? poison_byte : other_poison_byte;
}

device_copies::device_copies(device &on, const tl_factory &factory, problem &what, bool from_ipc)
    : device_(on), factory_(factory), problem_(what), from_ipc_(from_ipc),
      poisoned_(what.pieces.size()) {}

status device_copies::copy_in(const region &from, copy &to) {
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
    if (status done = to.pristine.allocate(device_, from.bytes); !done)
      return done;
    if (status done = to.expected.allocate(device_, from.bytes); !done)
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
status device_copies::find_variable(const region &from, address &at) {
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
status device_copies::make_working(const region &from, copy &to) {
  // Code may depend on how a buffer is aligned: the copy starts at the same place in a 256-byte
  // line.
  const std::uint64_t lead = guard_bytes + from.original % 256;
  if (status done = to.block.allocate(device_, lead + from.bytes + guard_bytes + 256); !done)
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

void *device_copies::address_in_copies(const held_pointer &pointer) {
  copy &leads_to = copies_[pointer.region];
  return problem_.regions[pointer.region].on_host
             ? static_cast<void *>(leads_to.host.data() + pointer.offset)
             : reinterpret_cast<void *>(leads_to.working + pointer.offset);
}

/// Addresses that stand in buffers and variables lead to the copies.
status device_copies::redirect_addresses() {
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
      for (const address to : {copies_[i].working, address(copies_[i].pristine)})
        if (done && to)
          done = device_.copy(to + pointer.at, address_of(target), sizeof *target);
    }
  }
  if (status waited = device_.synchronize(); done)
    done = waited;
  return done;
}

void device_copies::put_back() {
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

status device_copies::set_up() {
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
    poisoned_[i] = problem_.pieces[i].access == TL_ACCESS_OUT && !problem_.pieces[i].shared &&
                   !problem_.regions[problem_.pieces[i].region].on_host;
  build_arguments();
  return status::ok();
}

void device_copies::build_arguments() {
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

address device_copies::expected(const piece &it) const {
  const copy &from = of(it);
  return (varying_ ? address(from.varied_expected) : address(from.expected)) + it.offset;
}

address device_copies::before(const piece &it) const {
  const copy &from = of(it);
  const address start = varying_ ? from.varied : from.pristine;
  return start ? start + it.offset : 0;
}

status device_copies::reset() {
  if (variables_)
    variables_->put();
  for (std::size_t i = 0; i < copies_.size(); ++i) {
    copy &it = copies_[i];
    const region &of = problem_.regions[i];
    const address before = varying_ && it.varied ? it.varied : it.pristine;
    if (of.on_host)
      std::copy(of.content.begin(), of.content.end(), it.host.begin());
    else if (before)
      if (status done = device_.copy(it.working, before, of.bytes); !done)
        return done;
  }
  for (std::size_t i = 0; i < problem_.pieces.size(); ++i)
    if (poisoned_[i])
      if (status done = device_.fill(working(problem_.pieces[i]), poison_for(problem_.pieces[i]),
                                     problem_.pieces[i].bytes);
          !done)
        return done;
  return restore_by_program();
}

status device_copies::keep_expected() {
  for (std::size_t i = 0; i < copies_.size(); ++i) {
    copy &it = copies_[i];
    if (problem_.regions[i].on_host)
      it.host_expected = it.host;
    else if (it.expected)
      if (status done = device_.copy(it.expected, it.working, problem_.regions[i].bytes); !done)
        return done;
  }
  expected_result_ = result_;
  return device_.synchronize();
}

status device_copies::restore_read() {
  for (std::size_t i = 0; i < problem_.pieces.size(); ++i) {
    const piece &it = problem_.pieces[i];
    if (poisoned_[i] || problem_.regions[it.region].on_host)
      continue;
    const copy &to = of(it);
    if (status done = device_.copy(to.working + it.offset, to.pristine + it.offset, it.bytes);
        !done)
      return done;
  }
  return restore_by_program();
}

status device_copies::restore_by_program() {
  if (!problem_.options.restore)
    return status::ok();
  try {
    problem_.options.restore(&factory_, arguments_.data());
  } catch (...) {
    return status::invalid("restore threw an exception");
  }
  return device_.synchronize();
}

status device_copies::expect_last_run(std::vector<device_memory> &kept) {
  kept.resize(copies_.size());
  status done;
  for (std::size_t i = 0; done && i < copies_.size(); ++i) {
    const copy &it = copies_[i];
    if (!it.expected)
      continue;
    done = kept[i].allocate(device_, problem_.regions[i].bytes);
    if (done)
      done = device_.copy(kept[i], it.expected, problem_.regions[i].bytes);
    if (done)
      done = device_.copy(it.expected, it.working, problem_.regions[i].bytes);
  }
  return done;
}

status device_copies::expect_again(const std::vector<device_memory> &kept) {
  status first;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (!kept[i])
      continue;
    status done = device_.copy(copies_[i].expected, kept[i], problem_.regions[i].bytes);
    if (status waited = device_.synchronize(); done)
      done = waited;
    if (first)
      first = done;
  }
  return first;
}

status device_copies::make_varied(const std::vector<bool> &unchanged, bool inputs_too) {
  status done;
  const auto room = [&](std::uint64_t bytes, device_memory &at) {
    if (done && !at)
      done = at.allocate(device_, bytes);
  };
  const auto fill = [&](const piece &it, std::uint64_t seed) {
    return device_.supply({copies_[it.region].varied + it.offset, it.bytes / it.element_size, seed,
                           it.element, TL_SUPPLY_UNIFORM});
  };
  if (inputs_too)
    for (const piece &it : problem_.inputs)
      if (copy &to = copies_[it.region]; it.bytes <= most_varied && to.working && !to.pristine) {
        room(problem_.regions[it.region].bytes, to.pristine);
        if (done)
          done = device_.copy(to.pristine, to.working, problem_.regions[it.region].bytes);
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
    if (unchanged[i])
      done = fill(problem_.pieces[i], 0x5eed + i);
  for (std::size_t i = 0; done && inputs_too && i < problem_.inputs.size(); ++i)
    if (copies_[problem_.inputs[i].region].varied)
      done = fill(problem_.inputs[i], 0x1eed + i);
  if (status waited = device_.synchronize(); done)
    done = waited;
  return done;
}

status device_copies::keep_varied_expected() {
  status done;
  for (std::size_t i = 0; done && i < copies_.size(); ++i)
    if (copies_[i].varied_expected)
      done =
          device_.copy(copies_[i].varied_expected, copies_[i].working, problem_.regions[i].bytes);
  return done;
}

} // namespace tl::rt::gpu
