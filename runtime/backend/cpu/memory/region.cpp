// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/memory/region.h"

#include "runtime/domain/element.h"
#include "runtime/support/sanitizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

namespace tl::rt {

static bool only_read(const memory_region &region) { return region.access == TL_ACCESS_IN; }

static memory_region make_region(std::uint32_t argument, const tl_parameter &parameter,
                                 const void *data, std::size_t bytes) {
  memory_region region;
  region.begin = region.anchor = reinterpret_cast<std::uintptr_t>(data);
  region.end = region.begin + bytes;
  region.argument = argument;
  region.element = parameter.element;
  region.access = parameter.access;
  region.exact = bytes > 0;
  return region;
}

// What an argument leads to, with no bytes when it does not tell how many.
static std::optional<memory_region> begin_region(const tl_factory &factory, const tl_call &call,
                                                 std::uint32_t index) {
  const tl_parameter &parameter = factory.parameters[index];
  const void *argument = call.arguments[index];
  switch (parameter.kind) {
  case TL_PARAMETER_POINTER: {
    const void *data = *static_cast<void *const *>(argument);
    return data ? std::optional(
                      make_region(index, parameter, data, call.extents ? call.extents[index] : 0))
                : std::nullopt;
  }
  case TL_PARAMETER_VIEW: {
    tl_view view{};
    parameter.view(argument, &view);
    // A view of no elements; tl::in and its like made from a pointer alone tell nothing, though.
    const bool bare = parameter.rebase && view.rank == 1 && parameter.access != TL_ACCESS_UNKNOWN;
    if (!view.data || (view.bytes == 0 && !bare))
      return std::nullopt;
    bool known = true;
    for (std::uint32_t i = 0; i < view.rank && i < TL_MAX_RANK; ++i)
      known = known && view.strides[i] >= 0;
    return make_region(index, parameter, view.data, known ? view.bytes : 0);
  }
  case TL_PARAMETER_REFERENCE:
    return make_region(index, parameter, argument, parameter.size);
  default:
    return std::nullopt;
  }
}

/// Where an argument that is an iterator points to, null: it is none.
static void *iterator_target(const tl_parameter &parameter, const void *argument) {
  if (parameter.address)
    return parameter.address(argument);
  return parameter.kind == TL_PARAMETER_POINTER ? *static_cast<void *const *>(argument) : nullptr;
}

static bool ends_a_range(const tl_factory &factory, std::uint32_t index) {
  for (std::uint32_t i = 0; i < factory.parameter_count; ++i)
    if (factory.parameters[i].range_end == index + 1)
      return true;
  return false;
}

/// What one argument leads to: itself, as an iterator, and by the pointers inside of it.
static void list_regions(const tl_factory &factory, const tl_call &call, std::uint32_t index,
                         std::vector<memory_region> &found) {
  const tl_parameter &parameter = factory.parameters[index];
  const void *argument = call.arguments[index];
  void *const target = iterator_target(parameter, argument);
  if (target && ends_a_range(factory, index))
    return; // points to no element
  if (target && parameter.range_end > 0 && parameter.range_end <= factory.parameter_count) {
    const std::uint32_t end = parameter.range_end - 1;
    const auto *last =
        static_cast<const char *>(iterator_target(factory.parameters[end], call.arguments[end]));
    const auto *first = static_cast<const char *>(target);
    if (last && last > first)
      found.push_back(
          make_region(index, parameter, target, static_cast<std::size_t>(last - first)));
    return;
  }
  if (target && parameter.address)
    found.push_back(make_region(index, parameter, target, 0));
  else if (std::optional<memory_region> region = begin_region(factory, call, index))
    found.push_back(*region);
  for (std::uint32_t i = 0; i < parameter.member_count; ++i) {
    const tl_member &member = parameter.members[i];
    if (member.kind != TL_MEMBER_POINTER)
      continue;
    void *data = nullptr;
    std::memcpy(&data, static_cast<const char *>(argument) + member.offset, sizeof data);
    if (!data)
      continue;
    memory_region region = make_region(index, parameter, data, 0);
    region.member = i + 1;
    region.element = member.element;
    region.access = member.access;
    found.push_back(region);
  }
}

bool told_region(const tl_factory &factory, const tl_call &call, std::uint32_t index,
                 memory_region &region) {
  const std::optional<memory_region> found = begin_region(factory, call, index);
  if (!found || !found->exact)
    return false;
  region = *found;
  return true;
}

static void complete(memory_region &region, const memory_map &map) {
  region.place = map.place(region.anchor);
  if (region.exact)
    return;
  const memory_extent extent = map.extent(region.anchor);
  region.begin = extent.begin;
  region.end = extent.end;
  // A view without an extent makes no promise that reaches beyond what the reference writes.
  if (region.access == TL_ACCESS_OUT || region.access == TL_ACCESS_INOUT)
    region.access = TL_ACCESS_UNKNOWN;
}

// Whether `a` says more about the bytes from `at` on than `b`; both cover them.
static bool better(const memory_region &a, const memory_region &b, std::uintptr_t at) {
  if (a.exact != b.exact)
    return a.exact;
  if (!a.exact) {
    // Of two pointers into one object the nearest one before the place owns it.
    const auto distance = [at](const memory_region &region) {
      return region.anchor <= at ? std::pair(0, at - region.anchor)
                                 : std::pair(1, region.anchor - at);
    };
    if (a.anchor != b.anchor)
      return distance(a) < distance(b);
  }
  if (only_read(a) != only_read(b))
    return !only_read(a);
  return std::pair(a.argument, a.member) < std::pair(b.argument, b.member);
}

std::vector<memory_region> cut_regions(const std::vector<memory_region> &found) {
  std::vector<std::uintptr_t> bounds;
  for (const memory_region &region : found) {
    bounds.push_back(region.begin);
    bounds.push_back(region.end);
    if (region.anchor > region.begin && region.anchor < region.end)
      bounds.push_back(region.anchor);
  }
  std::sort(bounds.begin(), bounds.end());
  bounds.erase(std::unique(bounds.begin(), bounds.end()), bounds.end());
  std::vector<memory_region> regions;
  for (std::size_t i = 0; i + 1 < bounds.size(); ++i) {
    const memory_region *best = nullptr;
    bool shared = false, scratch = true;
    for (const memory_region &region : found) {
      if (region.begin > bounds[i] || region.end <= bounds[i])
        continue;
      shared = shared || (best && region.exact);
      scratch = scratch && region.access == TL_ACCESS_SCRATCH;
      if (!best || better(region, *best, bounds[i]))
        best = &region;
    }
    if (!best)
      continue;
    memory_region piece = *best;
    piece.begin = bounds[i];
    piece.end = bounds[i + 1];
    // What one argument calls an output another one may read.
    if (shared && !scratch && piece.access == TL_ACCESS_OUT)
      piece.access = TL_ACCESS_INOUT;
    if (!regions.empty() && regions.back().end == piece.begin &&
        regions.back().argument == piece.argument && regions.back().member == piece.member &&
        regions.back().access == piece.access && regions.back().exact == piece.exact)
      regions.back().end = piece.end;
    else
      regions.push_back(piece);
  }
  return regions;
}

// How far beside an object a write is taken for an overrun of it.
static std::uintptr_t guard_bytes(memory_place place) {
  switch (place) {
  case memory_place::heap:
    return 256;
  case memory_place::stack:
    return 256;
  case memory_place::image:
    return 16;
  case memory_place::anonymous:
    return std::uintptr_t(64) << 10;
  case memory_place::foreign: // a variant's own allocations may lie there
  case memory_place::unknown:
    return 0;
  }
  return 0;
}

static std::vector<memory_guard> guards_around(const std::vector<memory_region> &regions,
                                               const memory_map &map) {
  std::vector<memory_guard> guards;
  // They watch every access by themselves, and forbid us to read red zones and freed blocks.
  if (under_sanitizer())
    return guards;
  std::uintptr_t covered = 0;
  for (std::size_t i = 0; i < regions.size(); ++i) {
    const memory_region &region = regions[i];
    const memory_mapping *mapping = map.find(region.begin);
    if (!mapping || !mapping->writable)
      continue;
    const std::uintptr_t width = guard_bytes(region.place);
    const std::uintptr_t previous = std::max(covered, i > 0 ? regions[i - 1].end : 0);
    const std::uintptr_t before =
        std::max({previous, mapping->begin, region.begin - std::min(width, region.begin)});
    if (before < region.begin)
      guards.push_back({before, region.begin, region.argument});
    const std::uintptr_t next = i + 1 < regions.size() ? regions[i + 1].begin : ~std::uintptr_t(0);
    const memory_mapping *last = map.find(region.end - 1);
    const std::uintptr_t after =
        std::min({next, last ? last->end : region.end, region.end + width});
    if (region.end < after)
      guards.push_back({region.end, after, region.argument});
    covered = std::max(region.end, after);
  }
  return guards;
}

static bool is_writable(const memory_map &map, std::uintptr_t address) {
  const memory_mapping *mapping = map.find(address);
  return mapping && mapping->writable;
}

memory_layout lay_out(const tl_factory &factory, const tl_call &call, const memory_map &map) {
  std::vector<memory_region> found;
  for (std::uint32_t i = 0; i < factory.parameter_count; ++i)
    list_regions(factory, call, i, found);
  for (memory_region &region : found)
    complete(region, map);
  // What cannot be written needs no watching: whoever tries is stopped by the system.
  std::erase_if(found, [&map](const memory_region &region) {
    return region.begin >= region.end || !is_writable(map, region.begin) ||
           !is_writable(map, region.end - 1);
  });
  memory_layout layout;
  layout.regions = cut_regions(found);
  layout.guards = guards_around(layout.regions, map);
  return layout;
}

const memory_region *memory_layout::find(std::uintptr_t address) const {
  for (const memory_region &region : regions)
    if (address >= region.begin && address < region.end)
      return &region;
  return nullptr;
}

std::string parameter_name(const tl_factory &factory, std::uint32_t index) {
  const char *name = factory.parameters[index].name;
  return name && name[0] ? std::string(name) : fmt::format("argument {}", index);
}

std::string region_name(const tl_factory &factory, const memory_layout &layout,
                        const memory_region &region) {
  if (region.argument >= factory.parameter_count) {
    const std::size_t index = region.argument - factory.parameter_count;
    return index < layout.found.size() ? layout.found[index].name : "memory";
  }
  const tl_parameter &parameter = factory.parameters[region.argument];
  if (region.member > 0 && region.member <= parameter.member_count)
    return parameter.members[region.member - 1].name;
  return parameter_name(factory, region.argument);
}

std::string describe_address(const tl_factory &factory, const memory_layout &layout,
                             const memory_region &region, std::uintptr_t address) {
  std::string name = region_name(factory, layout, region);
  const auto size = static_cast<std::intptr_t>(element_size(region.element));
  const bool found = region.argument >= factory.parameter_count;
  if (found ? region.bytes() == static_cast<std::size_t>(size)
            : region.member == 0 &&
                  factory.parameters[region.argument].kind == TL_PARAMETER_REFERENCE &&
                  factory.parameters[region.argument].size == static_cast<std::uint32_t>(size))
    return name;
  // Rounds towards minus infinity: the element before the first one has index -1.
  const std::intptr_t offset = static_cast<std::intptr_t>(address - region.anchor);
  const std::intptr_t index = offset >= 0 ? offset / size : -((-offset + size - 1) / size);
  return fmt::format("{}[{}]", name, index);
}

void cut_guards(memory_layout &layout) {
  std::vector<memory_guard> cut;
  for (const memory_guard &guard : layout.guards) {
    std::uintptr_t at = guard.begin;
    for (const memory_region &region : layout.regions) {
      if (region.end <= at || region.begin >= guard.end)
        continue;
      if (region.begin > at)
        cut.push_back({at, region.begin, guard.argument});
      at = std::max(at, region.end);
    }
    if (at < guard.end)
      cut.push_back({at, guard.end, guard.argument});
  }
  layout.guards = std::move(cut);
}

} // namespace tl::rt
