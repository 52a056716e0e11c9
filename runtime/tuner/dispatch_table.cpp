// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/dispatch_table.h"

#include "runtime/support/mutex.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

namespace tl::rt {
namespace {

constexpr std::uint32_t initial_cells = 16; // a power of two

/// Open addressing with linear probing, at most half full. A cell is written once: its key first,
/// then `variant` with release order, which is what a reader acquires. Only `variant` changes
/// afterwards.
struct table {
  table(std::uint32_t words_, std::uint32_t cells)
      : words(words_), mask(cells - 1),
        keys(new std::uint64_t[std::size_t(cells) * std::max(words_, 1u)]),
        variants(new std::atomic<std::uint32_t>[cells]) {
    for (std::uint32_t i = 0; i < cells; ++i)
      variants[i].store(UINT32_MAX, std::memory_order_relaxed);
  }

  std::uint32_t words;
  std::uint32_t mask;
  std::uint32_t used = 0; // guarded by the writers' mutex
  std::unique_ptr<std::uint64_t[]> keys;
  std::unique_ptr<std::atomic<std::uint32_t>[]> variants;

  std::uint64_t *key_of(std::uint32_t cell) const { return keys.get() + std::size_t(cell) * words; }
};

/// The finaliser of MurmurHash3 over each word: spreads keys whose words are small multiples of a
/// power of two, as problem sizes are.
std::uint32_t hash(std::span<const std::uint64_t> key) {
  std::uint64_t h = 0x9e3779b97f4a7c15u;
  for (std::uint64_t word : key) {
    h ^= word;
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdu;
    h ^= h >> 33;
  }
  return static_cast<std::uint32_t>(h);
}

/// Cell that holds `key`, or the empty one where it belongs.
std::uint32_t probe(const table &t, std::span<const std::uint64_t> key, std::uint32_t &variant) {
  for (std::uint32_t cell = hash(key) & t.mask;; cell = (cell + 1) & t.mask) {
    variant = t.variants[cell].load(std::memory_order_acquire);
    if (variant == UINT32_MAX || std::equal(key.begin(), key.end(), t.key_of(cell)))
      return cell;
  }
}

void insert(table &t, std::span<const std::uint64_t> key, std::uint32_t variant) {
  std::uint32_t found = 0;
  const std::uint32_t cell = probe(t, key, found);
  if (found == UINT32_MAX) {
    std::copy(key.begin(), key.end(), t.key_of(cell));
    ++t.used;
  }
  t.variants[cell].store(variant, std::memory_order_release);
}

mutex &writers() {
  static mutex *m = new mutex; // never destroyed: dispatchers run until the very end of the program
  return *m;
}

std::vector<std::unique_ptr<table>> &all_tables() {
  static auto *tables = new std::vector<std::unique_ptr<table>>;
  return *tables;
}

const table *load(const tl_dispatch_slot &slot) {
  return static_cast<const table *>(__atomic_load_n(&slot.table, __ATOMIC_ACQUIRE));
}

} // namespace

std::uint32_t find_installed(const tl_dispatch_slot &slot,
                             std::span<const std::uint64_t> key) noexcept {
  const table *t = load(slot);
  if (!t)
    return UINT32_MAX;
  std::uint32_t variant = UINT32_MAX;
  probe(*t, key, variant);
  return variant;
}

void install(tl_dispatch_slot &slot, std::span<const std::uint64_t> key, std::uint32_t variant) {
  const mutex_lock lock(writers());
  const auto words = static_cast<std::uint32_t>(key.size());
  auto *current = const_cast<table *>(load(slot));
  const bool replaces = find_installed(slot, key) != UINT32_MAX;
  if (current && (replaces || (current->used + 1) * 2 <= current->mask + 1)) {
    insert(*current, key, variant);
  } else {
    auto grown = std::make_unique<table>(words, current ? (current->mask + 1) * 2 : initial_cells);
    for (std::uint32_t cell = 0; current && cell <= current->mask; ++cell)
      if (const std::uint32_t old = current->variants[cell].load(std::memory_order_relaxed);
          old != UINT32_MAX)
        insert(*grown, {current->key_of(cell), words}, old);
    insert(*grown, key, variant);
    all_tables().push_back(std::move(grown));
    __atomic_store_n(&slot.table, static_cast<const void *>(all_tables().back().get()),
                     __ATOMIC_RELEASE);
  }
  if (replaces)
    __atomic_fetch_add(&slot.generation, 1, __ATOMIC_RELEASE);
}

} // namespace tl::rt
