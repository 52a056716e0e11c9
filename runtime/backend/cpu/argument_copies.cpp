// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/argument_copies.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace tl::rt {

static constexpr std::uintptr_t page = 4096;

static bool only_read(const tl_parameter &parameter) { return parameter.access == TL_ACCESS_IN; }

// Why an argument cannot be copied with what it leads to, "" when it can be or need not be.
static std::string obstacle(const tl_factory &factory, const tl_call &call, std::uint32_t index,
                            bool told) {
  const tl_parameter &parameter = factory.parameters[index];
  switch (parameter.kind) {
  case TL_PARAMETER_POINTER:
    if (told || only_read(parameter) || !*static_cast<void *const *>(call.arguments[index]))
      return {};
    return "is a pointer that does not tell how much it leads to: write tl::inout<T> or "
           "std::span<T> instead";
  case TL_PARAMETER_VIEW:
    if (!parameter.rebase && !only_read(parameter))
      return "is a container that cannot be pointed at other memory: write std::span<T> instead";
    if (told || only_read(parameter))
      return {};
    {
      tl_view view{};
      parameter.view(call.arguments[index], &view);
      return view.data && view.bytes > 0 ? "has negative strides" : "";
    }
  case TL_PARAMETER_OPAQUE:
    return only_read(parameter) ? ""
                                : "is of a class that may lead to any memory: pass its buffers as "
                                  "std::span<T> instead";
  default:
    return {};
  }
}

void argument_copies::copy_buffers(const std::vector<memory_region> &found) {
  std::vector<std::pair<std::uintptr_t, std::uintptr_t>> spans;
  for (const memory_region &region : found)
    spans.emplace_back(region.begin, region.end);
  std::sort(spans.begin(), spans.end());
  for (const auto &[begin, end] : spans) {
    if (!buffers_.empty() && begin < buffers_.back().end) {
      buffers_.back().end = std::max(buffers_.back().end, end);
      continue;
    }
    buffer &next = buffers_.emplace_back();
    next.begin = begin;
    next.end = end;
  }
  for (buffer &each : buffers_) {
    const std::size_t bytes = each.end - each.begin;
    each.memory = std::make_unique<std::byte[]>(bytes + 4 * page);
    const std::uintptr_t base = reinterpret_cast<std::uintptr_t>(each.memory.get()) + page;
    each.copy = base + (each.begin - base) % page;
    std::memset(reinterpret_cast<void *>(each.copy - page), 0xa5, bytes + 2 * page);
    std::memcpy(reinterpret_cast<void *>(each.copy), reinterpret_cast<const void *>(each.begin),
                bytes);
  }
}

const argument_copies::buffer *argument_copies::find(std::uintptr_t address) const {
  for (const buffer &each : buffers_)
    if (address >= each.begin && address < each.end)
      return &each;
  return nullptr;
}

void argument_copies::rebase_argument(const tl_parameter &parameter, std::uint32_t index,
                                      const memory_region &region) {
  const buffer *from = find(region.anchor);
  if (!from)
    return;
  void *copy = reinterpret_cast<void *>(from->copy + (region.anchor - from->begin));
  if (parameter.kind == TL_PARAMETER_REFERENCE) {
    arguments_[index] = copy;
    return;
  }
  if (!parameter.rebase)
    return;
  std::unique_ptr<std::byte[]> &object =
      objects_.emplace_back(std::make_unique<std::byte[]>(parameter.size));
  std::memcpy(object.get(), arguments_[index], parameter.size);
  parameter.rebase(object.get(), copy);
  arguments_[index] = object.get();
}

std::string argument_copies::make(const tl_factory &factory, const tl_call &call) {
  arguments_.assign(call.arguments, call.arguments + factory.parameter_count);
  std::vector<memory_region> found;
  for (std::uint32_t i = 0; i < factory.parameter_count; ++i) {
    memory_region region;
    const bool told = told_region(factory, call, i, region);
    if (const std::string why = obstacle(factory, call, i, told); !why.empty())
      return fmt::format("{} {}", parameter_name(factory, i), why);
    // A container by constant reference cannot be pointed elsewhere, and need not be.
    if (told &&
        (factory.parameters[i].rebase || factory.parameters[i].kind == TL_PARAMETER_REFERENCE))
      found.push_back(region);
  }
  copy_buffers(found);
  for (const memory_region &region : found)
    rebase_argument(factory.parameters[region.argument], region.argument, region);
  // A pointer into another argument's buffer leads to that buffer's copy.
  for (std::uint32_t i = 0; i < factory.parameter_count; ++i) {
    const bool copied = std::any_of(found.begin(), found.end(),
                                    [i](const memory_region &r) { return r.argument == i; });
    if (copied || factory.parameters[i].kind != TL_PARAMETER_POINTER)
      continue;
    memory_region pointer;
    pointer.anchor =
        reinterpret_cast<std::uintptr_t>(*static_cast<void *const *>(call.arguments[i]));
    rebase_argument(factory.parameters[i], i, pointer);
  }
  for (memory_region &region : found) {
    const buffer *from = find(region.begin);
    const std::uintptr_t shift = from->copy - from->begin;
    region.begin += shift;
    region.end += shift;
    region.anchor += shift;
    region.place = memory_place::anonymous;
  }
  layout_.regions = cut_regions(found);
  for (const buffer &each : buffers_) {
    const std::uintptr_t end = each.copy + (each.end - each.begin);
    const memory_region *first = layout_.find(each.copy), *last = layout_.find(end - 1);
    layout_.guards.push_back({each.copy - page, each.copy, first ? first->argument : 0});
    layout_.guards.push_back({end, end + page, last ? last->argument : 0});
  }
  return {};
}

} // namespace tl::rt
