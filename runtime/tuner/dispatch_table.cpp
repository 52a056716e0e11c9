// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/dispatch_table.h"

#include "runtime/support/fork_guard.h"
#include "runtime/support/made_once.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

namespace tl::rt {
namespace {

constexpr std::uint32_t initial_cells = 16; // a power of two

/// Immutable: replaced as a whole.
using variant_list = std::vector<installed_variant>;

/// Open addressing with linear probing, at most half full. A cell is written once: its key first,
/// then `lists` with release order, which is what a reader acquires. Only that changes afterwards.
struct table {
  table(std::uint32_t words_, std::uint32_t cells)
      : words(words_), mask(cells - 1),
        keys(new std::uint64_t[std::size_t(cells) * std::max(words_, 1u)]),
        lists(new std::atomic<const variant_list *>[cells]) {
    for (std::uint32_t i = 0; i < cells; ++i)
      lists[i].store(nullptr, std::memory_order_relaxed);
  }

  std::uint32_t words;
  std::uint32_t mask;
  std::uint32_t used = 0; // guarded by the writers' mutex
  std::unique_ptr<std::uint64_t[]> keys;
  std::unique_ptr<std::atomic<const variant_list *>[]> lists;

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
std::uint32_t probe(const table &t, std::span<const std::uint64_t> key,
                    const variant_list *&found) {
  for (std::uint32_t cell = hash(key) & t.mask;; cell = (cell + 1) & t.mask) {
    found = t.lists[cell].load(std::memory_order_acquire);
    if (!found || std::equal(key.begin(), key.end(), t.key_of(cell)))
      return cell;
  }
}

void insert(table &t, std::span<const std::uint64_t> key, const variant_list *variants) {
  const variant_list *found = nullptr;
  const std::uint32_t cell = probe(t, key, found);
  if (!found) {
    std::copy(key.begin(), key.end(), t.key_of(cell));
    ++t.used;
  }
  t.lists[cell].store(variants, std::memory_order_release);
}

mutex &writers() { return fork_safe_mutex(fork_safe::tables); }

/// All that was ever installed.
struct everything {
  std::vector<std::unique_ptr<table>> tables;
  std::vector<std::unique_ptr<const variant_list>> lists;
};

everything &all() {
  // Never destroyed: dispatchers run until the very end of the program.
  static constinit made_once<everything> it;
  return it.get();
}

const table *load(const tl_dispatch_slot &slot) {
  return static_cast<const table *>(__atomic_load_n(&slot.table, __ATOMIC_ACQUIRE));
}

const variant_list *find(const tl_dispatch_slot &slot, std::span<const std::uint64_t> key) {
  const table *t = load(slot);
  const variant_list *found = nullptr;
  if (t)
    probe(*t, key, found);
  return found;
}

void put(tl_dispatch_slot &slot, std::span<const std::uint64_t> key, variant_list variants) {
  auto list = std::make_unique<const variant_list>(std::move(variants));
  all().lists.reserve(all().lists.size() + 1);
  const auto words = static_cast<std::uint32_t>(key.size());
  auto *current = const_cast<table *>(load(slot));
  if (current && (find(slot, key) || (current->used + 1) * 2 <= current->mask + 1)) {
    insert(*current, key, list.get());
  } else {
    auto grown = std::make_unique<table>(words, current ? (current->mask + 1) * 2 : initial_cells);
    for (std::uint32_t cell = 0; current && cell <= current->mask; ++cell)
      if (const variant_list *old = current->lists[cell].load(std::memory_order_relaxed))
        insert(*grown, {current->key_of(cell), words}, old);
    insert(*grown, key, list.get());
    all().tables.push_back(std::move(grown));
    __atomic_store_n(&slot.table, static_cast<const void *>(all().tables.back().get()),
                     __ATOMIC_RELEASE);
  }
  all().lists.push_back(std::move(list));
}

} // namespace

std::uint32_t find_installed(const tl_dispatch_slot &slot,
                             std::span<const std::uint64_t> key) noexcept {
  const variant_list *found = find(slot, key);
  return found ? found->front().variant : UINT32_MAX;
}

std::uint32_t find_proven(const tl_dispatch_slot &slot, std::span<const std::uint64_t> key,
                          facts_view found, fact_shape shape, const tl_factory *admits,
                          void *const *arguments, std::uint32_t excluded) {
  const variant_list *list = find(slot, key);
  if (!list)
    return UINT32_MAX;
  for (const installed_variant &it : *list)
    if (it.variant != excluded && !it.unproven && (it.always || covers(it.proven, found, shape)) &&
        (!admits || it.last_resort || admits->admits(admits, arguments, it.variant)))
      return it.variant;
  return UINT32_MAX;
}

void install(tl_dispatch_slot &slot, std::span<const std::uint64_t> key,
             std::vector<installed_variant> variants) {
  const mutex_lock lock(writers());
  const bool replaces = find(slot, key) != nullptr;
  put(slot, key, std::move(variants));
  if (replaces)
    __atomic_fetch_add(&slot.generation, 1, __ATOMIC_RELEASE);
}

/// Whether all that `old` covers, `fresh` covers: its reach, too.
static bool supersedes(const facts &fresh, const facts &old, fact_shape shape) {
  if (!covers(fresh, old, shape))
    return false;
  for (std::size_t i = 0; i < old.reach.size(); ++i)
    if (old.reach[i] != 0 &&
        (fresh.reach.empty() || fresh.reach[i] == 0 || fresh.reach[i] > old.reach[i]))
      return false;
  return true;
}

void add_installed(tl_dispatch_slot &slot, std::span<const std::uint64_t> key,
                   installed_variant added, fact_shape shape) {
  const mutex_lock lock(writers());
  const variant_list *before = find(slot, key);
  variant_list list = before ? *before : variant_list{};
  std::erase_if(list, [&](const installed_variant &it) {
    return it.variant == added.variant && it.last_resort == added.last_resort && !it.always &&
           (it.unproven || added.always || supersedes(added.proven, it.proven, shape));
  });
  auto at = std::find_if(list.rbegin(), list.rend(), [&](const installed_variant &it) {
              return it.variant == added.variant;
            }).base();
  // What was the winner stays in front, also where its only entry has just become superfluous.
  if (at == list.begin())
    at = before && before->front().variant == added.variant ? list.begin() : list.end();
  list.insert(at, std::move(added));
  put(slot, key, std::move(list));
}

} // namespace tl::rt
