// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/memory/changed_memory.h"

#include <algorithm>
#include <cstring>

namespace tl::rt {

static constexpr std::uintptr_t page = 4096;
static constexpr std::uintptr_t word = sizeof(std::uint64_t);

static const std::byte *bytes_at(std::uintptr_t address) {
  return reinterpret_cast<const std::byte *>(address);
}

std::uintptr_t changed_memory::was(std::uintptr_t address) const {
  std::uint64_t value = 0;
  if (const auto found = pages_.find(address / page * page); found != pages_.end())
    value = found->second[address % page / word];
  else
    std::memcpy(&value, bytes_at(address), sizeof value);
  return value;
}

// Changes of one page, word by word; the words' own first and last bytes that differ.
static void add_changes(std::vector<byte_range> &to, std::uintptr_t at, const std::byte *was,
                        std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; i += word) {
    if (std::memcmp(bytes_at(at + i), was + i, word) == 0)
      continue;
    std::size_t first = i, last = i + word;
    while (*bytes_at(at + first) == was[first])
      ++first;
    while (*bytes_at(at + last - 1) == was[last - 1])
      --last;
    // Words one after the other are one change.
    if (!to.empty() && at + i - to.back().end < word)
      to.back().end = at + last;
    else
      to.push_back({at + first, at + last});
  }
}

bool changed_memory::compare_piece(changed_mapping &to, std::uintptr_t begin, std::uintptr_t end) {
  for (std::uintptr_t at = begin; at < end;) {
    const std::size_t bytes = std::min<std::size_t>(memory_twin::most, end - at);
    const std::byte *was = twin_.read(at, bytes);
    if (!was)
      return false;
    for (std::size_t i = 0, piece = 0; i < bytes; i += piece) {
      piece = std::min<std::size_t>(page - (at + i) % page, bytes - i);
      if (std::memcmp(bytes_at(at + i), was + i, piece) == 0)
        continue;
      const std::uintptr_t begins = (at + i) / page * page;
      std::vector<std::uint64_t> &kept = pages_[begins];
      if (kept.empty()) {
        kept.resize(page / word);
        std::memcpy(kept.data(), bytes_at(begins), page);
      }
      std::memcpy(kept.data() + (at + i) % page / word, was + i, piece);
      add_changes(to.changes, at + i, was + i, piece);
    }
    at += bytes;
  }
  return true;
}

// Nothing of these is the program's, or all of it is shared with the kernel.
static bool is_special(const memory_mapping &mapping) {
  return !mapping.readable || !mapping.writable || mapping.name == "[vvar]" ||
         mapping.name == "[vdso]" || mapping.name == "[vsyscall]";
}

static void cut_out(std::vector<byte_range> &from, const std::vector<byte_range> &ignored) {
  std::vector<byte_range> kept;
  for (const byte_range &range : from) {
    std::uintptr_t at = range.begin;
    auto next = std::lower_bound(ignored.begin(), ignored.end(), at,
                                 [](const byte_range &a, std::uintptr_t b) { return a.end <= b; });
    for (; next != ignored.end() && next->begin < range.end; ++next) {
      if (next->begin > at)
        kept.push_back({at, next->begin});
      at = std::max(at, next->end);
    }
    if (at < range.end)
      kept.push_back({at, range.end});
  }
  from = std::move(kept);
}

bool changed_memory::compare(const std::vector<byte_range> &ignored) {
  now_ = memory_map::read(calling_thread::here(nullptr));
  const written_pages written;
  bool complete = true;
  for (const memory_mapping &before : before_.mappings()) {
    if (is_special(before))
      continue;
    for (std::uintptr_t at = before.begin; at < before.end;) {
      const memory_mapping *mapping = now_.find(at);
      if (!mapping || !mapping->readable) {
        vanished_ = true;
        const auto &all = now_.mappings();
        const auto next =
            std::upper_bound(all.begin(), all.end(), at,
                             [](std::uintptr_t a, const memory_mapping &m) { return a < m.begin; });
        at = mapping ? mapping->end : next == all.end() ? before.end : next->begin;
        continue;
      }
      const std::uintptr_t end = std::min(mapping->end, before.end);
      changed_mapping changed{*mapping, {}, {}};
      // What a device has there is none of ours, and may not even be memory.
      if (!mapping->shared)
        written.for_each(at, end, [&](std::uintptr_t first, std::uintptr_t last) {
          // Mappings are cut between pages here too, around threads' own blocks.
          complete = complete && compare_piece(changed, first / word * word, last / word * word);
        });
      changed.all = changed.changes;
      cut_out(changed.changes, ignored);
      if (!changed.all.empty())
        changed_.push_back(std::move(changed));
      at = end;
    }
  }
  twin_.end();
  return complete;
}

} // namespace tl::rt
