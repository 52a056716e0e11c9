// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/gpu/take_apart.h"

#include "runtime/backend/gpu/take_apart_impl.h"
#include "runtime/domain/element.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace tl::rt::gpu {

std::string parameter_name(const tl_factory &factory, std::uint32_t index) {
  if (index > factory.parameter_count)
    return factory.variables[index - factory.parameter_count - 1].name;
  const char *name = index < factory.parameter_count ? factory.parameters[index].name : "result";
  return name && *name ? std::string(name) : fmt::format("argument {}", index + 1);
}

void taker::stay_in_process(std::uint32_t index, const char *why) {
  if (to_.in_process.empty())
    to_.in_process = fmt::format("{} {}", parameter_name(factory_, index), why);
}

void taker::borrow(std::uint32_t index, const char *why) {
  stay_in_process(index, why);
  argument &made = to_.arguments[index];
  made.kind = argument_kind::borrowed;
  made.object.resize(sizeof(void *));
  std::memcpy(made.object.data(), &task_.call->arguments[index], sizeof(void *));
}

bool taker::is_on_device(const memory_info &info) {
  return info.place == place::exportable || info.place == place::staged;
}

const region *taker::variable_at(address at) const {
  for (const region &it : to_.regions)
    if (it.variable >= 0 && at >= it.original && at < it.original + it.bytes)
      return &it;
  return nullptr;
}

void taker::add_range(std::uint32_t index, address begin, address end, const memory_info &info,
                      bool written) {
  ranges_.push_back({index, begin, end, is_on_device(info) ? info.base : 0, info.place, written});
}

void taker::add_piece(std::uint32_t index, const tl_view &view, std::uint32_t access,
                      std::uint32_t element) {
  if (access == TL_ACCESS_SCRATCH || (access == TL_ACCESS_IN && !is_floating(element)))
    return;
  piece made;
  made.parameter = index;
  made.offset = address_of(view.data); // an address until the regions are known
  made.bytes = view.bytes;
  made.access = access;
  made.element = element;
  made.element_size = static_cast<std::uint32_t>(element_size(element));
  made.count = view.bytes / made.element_size;
  if (view.rank > 1 && element != TL_ELEMENT_BYTES) {
    made.rank = view.rank;
    made.count = 1;
    for (std::uint32_t i = 0; i < view.rank; ++i) {
      made.shape[i] = view.shape[i];
      made.strides[i] = view.strides[i];
      made.count *= view.shape[i];
    }
  }
  (access == TL_ACCESS_IN ? to_.inputs : to_.pieces).push_back(made);
}

/// All of the allocation that follows an address on the device, or of the variable that it is in.
void taker::add_buffer(std::uint32_t index, address at, const memory_info &info,
                       std::uint32_t access, std::uint32_t element) {
  address end = info.base + info.bytes;
  if (const region *variable = variable_at(at))
    end = variable->original + variable->bytes;
  add_range(index, at, end, info, access != TL_ACCESS_IN);
  tl_view whole{};
  whole.data = reinterpret_cast<void *>(at);
  whole.bytes = end - at;
  whole.rank = 1;
  add_piece(index, whole, access, element);
}

status taker::take_pointer(std::uint32_t index) {
  const tl_parameter &parameter = factory_.parameters[index];
  void *pointer = nullptr;
  std::memcpy(&pointer, task_.call->arguments[index], sizeof pointer);
  argument &made = to_.arguments[index];
  const auto *object = static_cast<const std::byte *>(task_.call->arguments[index]);
  made.object.assign(object, object + parameter.size);
  if (!pointer)
    return status::ok();
  const memory_info info = device_.inspect(pointer);
  if (parameter.element == TL_ELEMENT_POINTER && !is_on_device(info))
    return status::unsupported(
        fmt::format("{} is an array of addresses in memory of unknown extent, whose buffers cannot "
                    "be copied",
                    parameter_name(factory_, index)));
  if (info.place == place::unknown) {
    borrow(index, "leads to memory that the driver does not know, of unknown extent");
    return status::ok();
  }
  made.kind = argument_kind::rebased;
  add_buffer(index, address_of(pointer), info, parameter.access, parameter.element);
  if (parameter.element == TL_ELEMENT_POINTER)
    return take_table(index, address_of(pointer), ranges_.back().end - address_of(pointer));
  return status::ok();
}

/// Addresses that stand in the device's memory lead to buffers too.
status taker::take_table(std::uint32_t index, address at, std::uint64_t bytes) {
  if (bytes > most_looked_at)
    return status::unsupported(
        fmt::format("{} is an array of addresses in a block of {} bytes, of which at most {} are "
                    "looked through for buffers",
                    parameter_name(factory_, index), bytes, most_looked_at));
  std::vector<std::byte> content(bytes);
  if (status done = device_.copy(address_of(content.data()), at, bytes); !done)
    return done;
  if (status done = device_.synchronize(); !done)
    return done;
  // What the compiler knows of them is the same for all.
  const tl_parameter *parameter =
      index < factory_.parameter_count ? &factory_.parameters[index] : nullptr;
  tl_pointer each{0, TL_ELEMENT_BYTES, TL_ACCESS_UNKNOWN, TL_CONTENT_BYTES};
  if (parameter && parameter->pointer_count == 1)
    each = parameter->pointers[0];
  each.content = TL_CONTENT_BYTES; // past its end anything may stand
  for (std::uint64_t i = 0; i + sizeof(void *) <= bytes; i += sizeof(void *))
    if (status taken = take_word(index, content.data() + i, each,
                                 [&](address to) { words_.push_back({at + i, to}); });
        !taken)
      return taken;
  return status::ok();
}

status taker::take_view(std::uint32_t index) {
  const tl_parameter &parameter = factory_.parameters[index];
  tl_view view{};
  parameter.view(task_.call->arguments[index], &view);
  if (!parameter.rebase) {
    if (parameter.element == TL_ELEMENT_POINTER)
      return status::unsupported(
          fmt::format("{} is a container of addresses, whose buffers cannot be copied",
                      parameter_name(factory_, index)));
    borrow(index, "is a container that cannot be pointed at a copy");
    return status::ok();
  }
  argument &made = to_.arguments[index];
  const auto *object = static_cast<const std::byte *>(task_.call->arguments[index]);
  made.object.assign(object, object + parameter.size);
  if (!view.data)
    return status::ok();
  // An extent of zero with a pointer: not known, so all of the allocation that follows.
  if (view.bytes == 0)
    return view.rank == 1 && parameter.access != TL_ACCESS_UNKNOWN ? take_pointer(index)
                                                                   : status::ok();
  const memory_info info = device_.inspect(view.data);
  const address begin = address_of(view.data);
  if (info.place != place::unknown &&
      (begin < info.base || begin + view.bytes > info.base + info.bytes))
    return status::invalid(
        fmt::format("{} is a view of {} bytes, but only {} bytes of its allocation follow",
                    parameter_name(factory_, index), view.bytes, info.base + info.bytes - begin));
  made.kind = argument_kind::rebased;
  add_range(index, begin, begin + view.bytes, info, parameter.access != TL_ACCESS_IN);
  add_piece(index, view, parameter.access, parameter.element);
  if (parameter.element != TL_ELEMENT_POINTER)
    return status::ok();
  if (is_on_device(info))
    return take_table(index, begin, view.bytes);
  return take_words(index, static_cast<const std::byte *>(view.data), view.bytes, {}, 0,
                    [&](std::uint64_t at, address to) { words_.push_back({begin + at, to}); });
}

status taker::take_value(std::uint32_t index, argument_kind with) {
  const tl_parameter &parameter = factory_.parameters[index];
  argument &made = to_.arguments[index];
  const auto *object = static_cast<const std::byte *>(task_.call->arguments[index]);
  made.object.assign(object, object + parameter.size);
  if (parameter.element != TL_ELEMENT_BYTES && parameter.pointer_count == 0)
    return status::ok();
  return take_words(index, object, parameter.size, {parameter.pointers, parameter.pointer_count}, 0,
                    [&](std::uint64_t at, address to) {
                      made.kind = with;
                      made.pointers.push_back({static_cast<std::uint32_t>(at), 0, to});
                    });
}

/// An object of a class with a copy constructor of its own cannot be made in another process. In
/// this one its bytes can stand for it: they are copied from, and never destroyed.
status taker::take_object(std::uint32_t index) {
  stay_in_process(index, "is an object of a class that cannot be copied to another process");
  to_.arguments[index].kind = argument_kind::image;
  return take_value(index, argument_kind::image);
}

status taker::take_reference(std::uint32_t index) {
  const tl_parameter &parameter = factory_.parameters[index];
  to_.arguments[index].kind = argument_kind::host_object;
  const auto *object = static_cast<const std::byte *>(task_.call->arguments[index]);
  const address begin = address_of(object);
  add_range(index, begin, begin + parameter.size, {}, parameter.access != TL_ACCESS_IN);
  tl_view whole{};
  whole.data = task_.call->arguments[index];
  whole.bytes = parameter.size;
  add_piece(index, whole, parameter.access, parameter.element);
  if (parameter.element != TL_ELEMENT_BYTES && parameter.pointer_count == 0)
    return status::ok();
  // Its buffers are buffers like any other: that the object itself is not written says nothing
  // about them.
  return take_words(index, object, parameter.size, {parameter.pointers, parameter.pointer_count}, 0,
                    [&](std::uint64_t at, address to) { words_.push_back({begin + at, to}); });
}

status taker::take(std::uint32_t index) {
  switch (factory_.parameters[index].kind) {
  case TL_PARAMETER_STREAM:
    to_.arguments[index].kind = argument_kind::stream;
    to_.has_stream = true;
    return status::ok();
  case TL_PARAMETER_POINTER:
    return take_pointer(index);
  case TL_PARAMETER_VIEW:
    return take_view(index);
  case TL_PARAMETER_VALUE:
    return take_value(index, argument_kind::holds_pointers);
  case TL_PARAMETER_REFERENCE:
    return take_reference(index);
  default:
    return take_object(index);
  }
}

/// Variables are regions already: what leads into one is that variable.
void taker::make_regions() {
  std::vector<range> sorted = ranges_;
  std::erase_if(sorted, [&](const range &it) { return variable_at(it.begin) != nullptr; });
  std::sort(sorted.begin(), sorted.end(), [](const range &a, const range &b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  for (const range &it : ranges_)
    for (region &variable : to_.regions)
      if (variable.variable >= 0 && it.begin >= variable.original &&
          it.begin < variable.original + variable.bytes)
        variable.written |= it.written;
  for (const range &it : sorted) {
    region *last = to_.regions.empty() ? nullptr : &to_.regions.back();
    const bool joins = last && last->variable < 0 && it.begin < last->original + last->bytes;
    if (!joins) {
      last = &to_.regions.emplace_back();
      last->original = it.begin;
      last->on_host = it.where == place::unknown || it.where == place::host;
      last->offset = it.begin - it.allocation;
    }
    last->bytes = std::max(last->bytes, it.end - last->original);
    last->written |= it.written;
  }
}

bool taker::locate(address at, std::uint32_t &region, std::uint64_t &offset) const {
  for (std::uint32_t i = 0; i < to_.regions.size(); ++i)
    if (at >= to_.regions[i].original && at < to_.regions[i].original + to_.regions[i].bytes) {
      region = i;
      offset = at - to_.regions[i].original;
      return true;
    }
  return false;
}

void taker::resolve() {
  for (const range &it : ranges_) {
    if (it.parameter >= to_.arguments.size())
      continue;
    argument &of = to_.arguments[it.parameter];
    if (of.kind != argument_kind::rebased && of.kind != argument_kind::host_object)
      continue;
    // The first is its own; what stands in that comes behind.
    if (!of.pointers.empty())
      continue;
    held_pointer &pointer = of.pointers.emplace_back();
    locate(it.begin, pointer.region, pointer.offset);
  }
  for (argument &it : to_.arguments)
    if (it.kind == argument_kind::holds_pointers || it.kind == argument_kind::image)
      for (held_pointer &pointer : it.pointers)
        locate(pointer.offset, pointer.region, pointer.offset);
  for (host_variable &it : to_.variables)
    for (held_pointer &pointer : it.pointers)
      locate(pointer.offset, pointer.region, pointer.offset);
  for (const word &it : words_) {
    held_pointer made;
    std::uint32_t holder = 0;
    std::uint64_t at = 0;
    if (!locate(it.at, holder, at) || !locate(it.to, made.region, made.offset))
      continue;
    made.at = static_cast<std::uint32_t>(at);
    region &of = to_.regions[holder];
    // To be put back after each run, and the addresses with it.
    of.written = true;
    if (std::ranges::find(of.pointers, made.at, &held_pointer::at) == of.pointers.end())
      of.pointers.push_back(made);
  }
}

status taker::run() {
  to_.factory = factory_.id;
  to_.backend = factory_.backend;
  to_.ordinal = task_.call->device;
  to_.cold = task_.cold;
  to_.once = task_.once;
  to_.seed = task_.seed;
  to_.options = task_.options;
  to_.arguments.resize(factory_.parameter_count);
  if (status taken = take_variables(); !taken)
    return taken;
  for (std::uint32_t i = 0; i < factory_.parameter_count; ++i)
    if (status taken = take(i); !taken)
      return taken;
  make_regions();
  resolve();
  for (piece &it : to_.pieces) {
    const address begin = it.offset;
    for (const range &other : ranges_)
      if (other.parameter != it.parameter && other.begin < begin + it.bytes && begin < other.end)
        it.shared = 1;
    locate(begin, it.region, it.offset);
  }
  for (piece &it : to_.inputs)
    locate(it.offset, it.region, it.offset);
  for (region &it : to_.regions)
    if (it.on_host) {
      const auto *from = reinterpret_cast<const std::byte *>(it.original);
      it.content.assign(from, from + it.bytes);
    }
  return status::ok();
}

status take_apart(device &on, const tuning_task &task, problem &to) {
  return taker(on, task, to).run();
}

} // namespace tl::rt::gpu
