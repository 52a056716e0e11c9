// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/output_scout.h"

#include "runtime/backend/cpu/inferred_element.h"
#include "runtime/backend/cpu/memory/foreign_heap.h"
#include "runtime/backend/cpu/memory/heap_block.h"
#include "runtime/backend/cpu/memory/reachability.h"
#include "runtime/domain/element.h"
#include "runtime/support/allocator.h"
#include "runtime/worker/fresh_heap.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <memory>
#include <span>

namespace tl::rt {

static constexpr std::uintptr_t word = sizeof(std::uint64_t);

static std::uintptr_t word_at(std::uintptr_t address) {
  std::uintptr_t value;
  std::memcpy(&value, reinterpret_cast<const void *>(address), sizeof value);
  return value;
}

static std::string demangled(const std::string &symbol) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void *)> name(
      abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), std::free);
  return status == 0 && name ? name.get() : symbol;
}

bool output_scout::begin(const memory_layout &layout) {
  toolchain_ = variables_of_toolchain();
  libraries_.set_own_image(reinterpret_cast<std::uintptr_t>(factory_.invoke));
  for (const memory_region &region : layout.regions)
    ignored_.push_back({region.begin, region.end});
  // Of the thread that runs the variants, and no result of theirs.
  if (const std::span<const std::byte> vector = thread_vector(); !vector.empty()) {
    const auto begin = reinterpret_cast<std::uintptr_t>(vector.data());
    ignored_.push_back({begin, begin + vector.size()});
  }
  std::sort(ignored_.begin(), ignored_.end(),
            [](const byte_range &a, const byte_range &b) { return a.begin < b.begin; });
  std::vector<byte_range> joined;
  for (const byte_range &range : ignored_) {
    if (!joined.empty() && range.begin <= joined.back().end)
      joined.back().end = std::max(joined.back().end, range.end);
    else
      joined.push_back(range);
  }
  ignored_ = std::move(joined);
  mark_ = mark_of_freed_block();
  return changed_.begin();
}

// An address in it that malloc has taken back.
bool output_scout::freed_since(const memory_extent &block, const memory_mapping &heap) const {
  const auto taken = taken_.begin() + static_cast<std::ptrdiff_t>(taken_count_);
  if (std::find(taken_.begin(), taken, block.begin) != taken)
    return true;
  constexpr std::uintptr_t most_linked = 1040;
  if (block.end - block.begin <= most_linked && word_at(block.begin) != changed_.was(block.begin) &&
      is_linked_as_free(block.begin, heap))
    return true;
  if (mark_ != 0 && block.end - block.begin >= 2 * word && word_at(block.begin + word) == mark_ &&
      changed_.was(block.begin + word) != mark_)
    return true;
  return (word_at(block.end) & 1) == 0; // the next header's flag: the block before it is in use
}

// What is in both (sorted, disjoint).
static std::vector<byte_range> common(const std::vector<byte_range> &one,
                                      const std::vector<byte_range> &other) {
  std::vector<byte_range> both;
  for (const byte_range &range : one) {
    auto at = std::lower_bound(other.begin(), other.end(), range.begin,
                               [](const byte_range &a, std::uintptr_t b) { return a.end <= b; });
    for (; at != other.end() && at->begin < range.end; ++at)
      both.push_back({std::max(at->begin, range.begin), std::min(at->end, range.end)});
  }
  return both;
}

bool output_scout::look_at_heap(const changed_mapping &changed) {
  auto next = changed.all.begin();
  const auto last = changed.all.end();
  while (next != last) {
    const memory_mapping *heap = before_.find(next->begin);
    if (!heap || (heap->name != "[heap]" && !is_heap_memory(next->begin, *heap)))
      return false;
    const auto first = next;
    byte_range left = *next;
    const auto visit = [&](const heap_chunk &chunk) {
      if (!chunk.in_use)
        spare_.push_back({chunk.begin, chunk.end, memory_place::heap});
      object found;
      found.extent = {chunk.begin, chunk.end, memory_place::heap};
      found.whole = true;
      while (next != last && left.begin < chunk.end) {
        const byte_range piece{std::max(left.begin, chunk.begin), std::min(left.end, chunk.end)};
        if (piece.begin < piece.end)
          found.changes.push_back(piece);
        left.begin = std::max(left.begin, piece.end);
        if (left.end > chunk.end)
          break;
        if (++next != last)
          left = *next;
      }
      const bool kept_by_thread = mark_ != 0 && chunk.end - chunk.begin >= 2 * word &&
                                  changed_.was(chunk.begin + word) == mark_;
      if (found.changes.empty() || !chunk.in_use || kept_by_thread)
        return true;
      if (freed_since(found.extent, *heap))
        freed_.push_back(found.extent);
      else if (found.changes = common(found.changes, changed.changes); !found.changes.empty())
        add(std::move(found));
      return true;
    };
    const bool walked = for_each_heap_chunk(
        next->begin, *heap, [this](std::uintptr_t at) { return changed_.was(at); }, visit);
    if (!walked && next == first)
      return false;
    // What is left lies behind the last block: never handed out, or in another heap.
    const std::uintptr_t end = heap->end;
    while (next != last && next->begin < end &&
           (heap->name == "[heap]" || next == first ||
            (next->begin ^ first->begin) < (std::uintptr_t(64) << 20)))
      ++next;
  }
  return true;
}

void output_scout::look_at_image(const changed_mapping &changed) {
  for (const byte_range &change : changed.changes)
    for (std::uintptr_t at = change.begin; at < change.end;) {
      if (!objects_.empty() && objects_.back().whole &&
          objects_.back().extent.place == memory_place::image &&
          at >= objects_.back().extent.begin && at < objects_.back().extent.end) {
        const std::uintptr_t end = std::min(change.end, objects_.back().extent.end);
        objects_.back().changes.push_back({at, end});
        at = end;
        continue;
      }
      const std::optional<image_object> known = find_image_object(at);
      object found;
      if (known && known->extent.end > at) {
        const std::uintptr_t end = std::min(change.end, known->extent.end);
        const bool of_library = libraries_.is_private(*known);
        const bool local = is_local_static(known->symbol) || of_library;
        if (!is_internal(known->symbol) && (!local || way_to(known->extent))) {
          found.extent = known->extent;
          found.name = demangled(known->symbol);
          found.reached = is_named_by_code(at);
          found.whole = true;
          found.changes.push_back({at, end});
          objects_.push_back(std::move(found));
        } else if (of_library && !is_internal(known->symbol)) {
          leave_out(*known, at);
        }
        at = end;
        continue;
      }
      const bool of_library = known && libraries_.is_private(*known);
      if (of_library && !may_be_ours(*known, at))
        leave_out(*known, at);
      if (known &&
          (known->all_symbols /* the linker's own */ || may_be_ours(*known, at) || of_library)) {
        at = change.end;
        continue;
      }
      found.extent = {at, change.end, memory_place::image};
      found.name = "the variable at " + (known ? known->place : std::string());
      found.changes.push_back({at, change.end});
      objects_.push_back(std::move(found));
      at = change.end;
    }
}

// Nobody asks about the toolchain's.
void output_scout::leave_out(const image_object &found, std::uintptr_t at) {
  const auto next = std::upper_bound(
      toolchain_.begin(), toolchain_.end(), at,
      [](std::uintptr_t address, const byte_range &it) { return address < it.begin; });
  if (next == toolchain_.begin() || std::prev(next)->end <= at)
    libraries_.leave_out(found);
}

void output_scout::look_at_rest(const changed_mapping &changed) {
  if (const std::uintptr_t thread = thread_block_in(changed.mapping)) {
    // Memory of a thread that the fork left behind, in which another one has lived since.
    const std::uintptr_t block_bytes = control_block_bytes();
    if (std::any_of(changed.changes.begin(), changed.changes.end(), [&](const byte_range &it) {
          return it.begin < thread + block_bytes && it.end > thread;
        }))
      return;
  }
  // What is further apart is not one object.
  const std::uintptr_t apart = has_foreign_allocator() ? 64 : 4096;
  for (std::size_t i = 0; i < changed.changes.size();) {
    object found;
    const memory_extent block = heap_block(changed.changes[i].begin, changed.mapping);
    found.whole = block.end > changed.changes[i].begin;
    found.extent = found.whole ? block
                               : memory_extent{changed.changes[i].begin, changed.changes[i].end,
                                               memory_place::anonymous};
    for (; i < changed.changes.size(); ++i) {
      const byte_range &next = changed.changes[i];
      if (found.whole ? next.begin >= found.extent.end : next.begin > found.extent.end + apart)
        break;
      if (!found.whole)
        found.extent.end = next.end;
      found.changes.push_back({next.begin, std::min(next.end, found.extent.end)});
    }
    add(std::move(found));
  }
}

std::optional<std::string> output_scout::way_to(const memory_extent &block) const {
  for (std::uint32_t i = 0; i < factory_.parameter_count; ++i) {
    const tl_parameter &parameter = factory_.parameters[i];
    const auto at = reinterpret_cast<std::uintptr_t>(arguments_[i]);
    // Numbers lead no further.
    const bool numbers =
        (parameter.kind == TL_PARAMETER_POINTER || parameter.kind == TL_PARAMETER_VIEW) &&
        parameter.element != TL_ELEMENT_BYTES && parameter.element != TL_ELEMENT_POINTER;
    if (leads_to(changed_.now(), {at, at + parameter.size}, {block.begin, block.end}, !numbers))
      return fmt::format("memory behind {}", parameter_name(factory_, i));
  }
  return std::nullopt;
}

// Libraries keep memory of their own behind their variables.
bool output_scout::is_named_by_code(std::uintptr_t address) const {
  for (std::uint32_t i = 0; i < factory_.variable_count; ++i) {
    const tl_variable &it = factory_.variables[i];
    const auto begin = reinterpret_cast<std::uintptr_t>(it.address);
    if (begin != 0 && address >= begin && address < begin + it.bytes)
      return true;
  }
  return false;
}

// The variable that leads to a block, "" where none is known.
std::string output_scout::owner_of(const memory_extent &block, bool &own_static,
                                   bool &reached) const {
  std::string name;
  own_static = reached = false;
  // Without the last word, which the allocator has where the next block is free.
  const byte_range to{block.begin, std::max(block.begin + 1, block.end - word)};
  for_each_variable_pointing_to(to, ignored_, [&](std::uintptr_t at) {
    const std::optional<image_object> from = find_image_object(at);
    if (!from || is_internal(from->symbol) || may_be_ours(*from, at))
      return true;
    const bool of_library = libraries_.is_private(*from);
    if (of_library || is_local_static(from->symbol)) {
      own_static = of_library || !way_to(from->extent);
      return true;
    }
    own_static = false;
    reached = is_named_by_code(at);
    name = from->symbol.empty() ? "the variable at " + from->place : demangled(from->symbol);
    return false;
  });
  // A buffer of a stream, for instance.
  if (name.empty() && !own_static)
    own_static = leads_to_any(toolchain_, to);
  return name;
}

// Whether a block is a piece of memory to which, as a whole, nobody but a library has an address:
// pieces of its buffers are in use to which no variable leads.
bool output_scout::is_in_buffer_of_library(const memory_extent &block) const {
  const memory_mapping *mapping = before_.find(block.begin);
  if (!mapping || block.place != memory_place::anonymous || !mapping->name.empty())
    return false;
  bool found = false;
  for_each_variable_pointing_to({mapping->begin, mapping->end}, ignored_, [&](std::uintptr_t at) {
    const std::optional<image_object> from = find_image_object(at);
    return found = from && libraries_.is_private(*from);
  });
  return found;
}

void output_scout::add(object found) {
  if (std::optional<std::string> way = way_to(found.extent)) {
    found.name = std::move(*way);
    found.reached = true;
  } else {
    bool own_static = false;
    const std::string owner = owner_of(found.extent, own_static, found.reached);
    // The callers' variables, to which only what they have handed over can lead.
    if (const memory_mapping *mapping = before_.find(found.extent.begin))
      found.reached =
          found.reached || (before_.frame() >= mapping->begin && before_.frame() < mapping->end);
    // Which parts of another allocator's memory are free cannot be told.
    if (own_static || (owner.empty() && is_in_buffer_of_library(found.extent)) ||
        (owner.empty() && found.extent.place != memory_place::heap && has_foreign_allocator()))
      return;
    found.name = owner.empty() ? fmt::format("memory at {:#x}", found.extent.begin)
                               : fmt::format("memory behind {}", owner);
  }
  objects_.push_back(std::move(found));
}

void output_scout::look_at(const changed_mapping &changed) {
  if (find_image_object(changed.all.front().begin))
    look_at_image(changed);
  else if (has_foreign_allocator() || !look_at_heap(changed))
    look_at_rest(changed);
}

bool output_scout::leads_to_new_memory(std::uintptr_t address) const {
  const std::uintptr_t value = word_at(address);
  if (!changed_.now().find(value))
    return false;
  if (!changed_.existed(value))
    return true;
  const auto spare = std::upper_bound(
      spare_.begin(), spare_.end(), value,
      [](std::uintptr_t at, const memory_extent &block) { return at < block.begin; });
  return spare != spare_.begin() && value < std::prev(spare)->end;
}

const memory_extent *output_scout::freed_block(std::uintptr_t address) const {
  for (const memory_extent &block : freed_)
    if (address >= block.begin && address < block.end)
      return &block;
  return nullptr;
}

std::string output_scout::find_lost_memory(const memory_layout &layout) const {
  if (changed_.vanished())
    return "it unmaps memory that was there before the call, which cannot be put back";
  if (freed_.empty())
    return {};
  const auto lost = [](const std::string &name) {
    return fmt::format("it frees memory that {} led to before the call, which cannot be put back",
                       name);
  };
  for (const object &it : objects_)
    for (const byte_range &change : it.changes)
      for (std::uintptr_t at = change.begin / word * word; at < change.end; at += word)
        if (freed_block(changed_.was(at)))
          return lost(it.name);
  constexpr std::size_t looked_at = std::size_t(4) << 20;
  for (const memory_region &region : layout.regions)
    for (std::uintptr_t at = (region.begin + word - 1) / word * word;
         at + word <= region.end && at < region.begin + looked_at; at += word)
      if (const std::uintptr_t was = changed_.was(at); was != word_at(at) && freed_block(was))
        return lost(region_name(factory_, layout, region));
  return {};
}

// In what arguments lead to; numbers lead nowhere.
void output_scout::look_for_new_memory(const memory_layout &layout) {
  constexpr std::size_t looked_at = std::size_t(4) << 20;
  for (const memory_region &region : layout.regions) {
    if (region.element != TL_ELEMENT_BYTES && region.element != TL_ELEMENT_POINTER)
      continue;
    for (std::uintptr_t at = (region.begin + word - 1) / word * word;
         at + word <= region.end && at < region.begin + looked_at; at += word)
      if (changed_.was(at) != word_at(at) && !in_container(at) && leads_to_new_memory(at)) {
        unseen_ = region_name(factory_, layout, region);
        return;
      }
  }
}

// What a container's own words mean is not known; what it holds is compared instead.
bool output_scout::in_container(std::uintptr_t address) const {
  for (std::uint32_t i = 0; i < factory_.parameter_count; ++i) {
    const tl_parameter &parameter = factory_.parameters[i];
    const auto at = reinterpret_cast<std::uintptr_t>(arguments_[i]);
    if (parameter.kind == TL_PARAMETER_VIEW && !parameter.rebase && address >= at &&
        address < at + parameter.size)
      return true;
  }
  return false;
}

// Whether a block holds addresses: then it is no data, of which anything may be changed.
static bool holds_addresses(const memory_map &map, const memory_extent &block) {
  constexpr std::uintptr_t looked_at = std::uintptr_t(1) << 20, least = 0x10000;
  const std::uintptr_t end = std::min(block.end, block.begin + looked_at);
  for (std::uintptr_t at = (block.begin + word - 1) / word * word; at + word <= end; at += word)
    if (const std::uintptr_t value = word_at(at); value >= least && map.find(value))
      return true;
  return false;
}

void output_scout::add_runs(expectation &to, const object &from) {
  inferred_element inferred;
  for (const byte_range &change : from.changes)
    for (std::uintptr_t at = std::max(change.begin / word * word, from.extent.begin / word * word);
         at < change.end; at += word) {
      const std::uintptr_t was = changed_.was(at);
      inferred.add(reinterpret_cast<const std::byte *>(&was), sizeof was);
      inferred.add(reinterpret_cast<const std::byte *>(at), word);
    }
  found_object named{};
  std::strncpy(named.name, from.name.c_str(), sizeof named.name - 1);
  memory_region region;
  region.begin = region.anchor = from.extent.begin;
  region.end = from.extent.end;
  region.argument = factory_.parameter_count + static_cast<std::uint32_t>(to.layout.found.size());
  region.element = inferred.get();
  const bool leads_on = holds_addresses(changed_.now(), from.extent);
  region.access = leads_on ? TL_ACCESS_INOUT : TL_ACCESS_UNKNOWN;
  region.place = from.extent.place;
  region.exact = true;
  to.layout.found.push_back(named);
  const auto index = static_cast<std::uint32_t>(to.layout.regions.size());
  to.layout.regions.push_back(region);
  const std::uintptr_t size = element_size(region.element);
  const auto add = [&](std::uintptr_t begin, std::uintptr_t end, std::uint32_t element,
                       bool ignored) {
    written_run run;
    run.begin = begin;
    run.end = end;
    run.offset = to.data.size();
    run.region = index;
    run.element = element;
    run.ignored = ignored;
    to.data.insert(to.data.end(), reinterpret_cast<const std::byte *>(begin),
                   reinterpret_cast<const std::byte *>(end));
    to.runs.push_back(run);
  };
  std::uintptr_t done = region.begin;
  for (const byte_range &change : from.changes) {
    std::uintptr_t begin = change.begin - (change.begin - region.anchor) % size;
    std::uintptr_t end = change.end + (size - (change.end - region.anchor) % size) % size;
    begin = std::max(begin, done);
    const bool whole = end <= region.end;
    end = std::min(end, region.end);
    if (begin >= end)
      continue;
    done = end;
    if (!leads_on && !in_container(begin) && !in_container(end - 1)) {
      add(begin, end, whole ? region.element : std::uint32_t{TL_ELEMENT_BYTES}, false);
      continue;
    }
    // Word by word: what leads to memory of a run's own means something else in each run.
    for (std::uintptr_t at = begin; at < end;) {
      const std::uintptr_t stop = std::min(at / word * word + word, end);
      const bool address =
          at / word * word >= region.begin && leads_to_new_memory(at / word * word);
      const bool elements = (at - region.anchor) % size == 0 && (stop - at) % size == 0;
      const bool ignored = address || in_container(at);
      if (address && from.reached && !in_container(at) && unseen_.empty())
        unseen_ = from.name;
      add(at, stop, elements && !ignored ? region.element : std::uint32_t{TL_ELEMENT_BYTES},
          ignored);
      at = stop;
    }
  }
}

// Regions and runs in the order of their addresses again; none of what was found lies in another
// region.
static void sort_by_address(expectation &of) {
  std::vector<std::uint32_t> order(of.layout.regions.size()), place(order.size());
  for (std::uint32_t i = 0; i < order.size(); ++i)
    order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return of.layout.regions[a].begin < of.layout.regions[b].begin;
  });
  std::vector<memory_region> regions;
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    regions.push_back(of.layout.regions[order[i]]);
    place[order[i]] = i;
  }
  of.layout.regions = std::move(regions);
  for (written_run &run : of.runs)
    run.region = place[run.region];
  std::stable_sort(of.runs.begin(), of.runs.end(),
                   [](const written_run &a, const written_run &b) { return a.begin < b.begin; });
}

/// Pieces of a found object between the regions that arguments lead to.
static std::vector<byte_range> between(const memory_extent &extent,
                                       const std::vector<memory_region> &regions) {
  std::vector<byte_range> pieces;
  std::uintptr_t at = extent.begin;
  for (const memory_region &region : regions) {
    if (region.end <= at || region.begin >= extent.end)
      continue;
    if (region.begin > at)
      pieces.push_back({at, region.begin});
    at = std::max(at, region.end);
  }
  if (at < extent.end)
    pieces.push_back({at, extent.end});
  return pieces;
}

std::string output_scout::end(expectation &expected) {
  // First of all: what the reference has freed must not become memory of ours.
  take_kept_blocks([this](std::uintptr_t block) {
    if (!before_.find(block) || taken_count_ == taken_.size())
      return false;
    taken_[taken_count_++] = block;
    return true;
  });
  if (!changed_.compare(ignored_))
    return "what it changes in memory could not be found out: the process that remembers it is "
           "gone";
  for (const changed_mapping &changed : changed_.mappings())
    look_at(changed);
  std::sort(spare_.begin(), spare_.end(),
            [](const memory_extent &a, const memory_extent &b) { return a.begin < b.begin; });
  if (std::string lost = find_lost_memory(expected.layout); !lost.empty())
    return lost;
  look_for_new_memory(expected.layout);
  const std::vector<memory_region> told = expected.layout.regions;
  for (const object &it : objects_)
    for (const byte_range &piece : between(it.extent, told)) {
      object part = it;
      part.extent.begin = piece.begin;
      part.extent.end = piece.end;
      part.changes.clear();
      for (const byte_range &change : it.changes)
        if (change.begin < piece.end && change.end > piece.begin)
          part.changes.push_back(
              {std::max(change.begin, piece.begin), std::min(change.end, piece.end)});
      if (!part.changes.empty())
        add_runs(expected, part);
    }
  sort_by_address(expected);
  cut_guards(expected.layout);
  return {};
}

} // namespace tl::rt
