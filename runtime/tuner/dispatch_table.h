// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table behind a dispatcher's slot: which variants are installed for which key, and under which
// facts each of them is right.

#ifndef TL_RUNTIME_TUNER_DISPATCH_TABLE_H
#define TL_RUNTIME_TUNER_DISPATCH_TABLE_H

#include "runtime/tuner/facts.h"

#include <tl/abi.h>

#include <cstdint>
#include <span>
#include <vector>

namespace tl::rt {

/// A variant, and what it was proven for.
struct installed_variant {
  std::uint32_t variant = 0;
  /// Right whatever the facts: the default config, and what a user forces.
  bool always = false;
  /// Right for no call so far: it only says which variant is the winner.
  bool unproven = false;
  /// Runs where `eligible` rules out all that was proven: it is not asked about this one.
  bool last_resort = false;
  facts proven = {};
};

/// The first variant that is installed for `key`, under whatever facts, or UINT32_MAX. Takes no
/// lock, allocates nothing; thread-safe, also against install(). All keys of one slot have the same
/// number of words.
std::uint32_t find_installed(const tl_dispatch_slot &slot,
                             std::span<const std::uint64_t> key) noexcept;

/// The first of them that is right for a call with these facts and that `admits` lets through
/// (null: all of them), but for `excluded`. Throws what `admits` throws, otherwise as above.
std::uint32_t find_proven(const tl_dispatch_slot &slot, std::span<const std::uint64_t> key,
                          facts_view found, fact_shape shape, const tl_factory *admits,
                          void *const *arguments, std::uint32_t excluded = UINT32_MAX);

/// Installs variants for a key, in place of what was installed before, if anything; then what
/// threads remember of that key is no longer used. The first one is the winner. Thread-safe. May
/// throw std::bad_alloc, and has then changed nothing. Tables and lists that were outgrown stay
/// allocated, since a reader may be in them: the tables together are no larger than the one in use.
void install(tl_dispatch_slot &slot, std::span<const std::uint64_t> key,
             std::vector<installed_variant> variants);

/// Adds one to those of a key: behind those of the same variant where there are any, else at the
/// end. Those that it makes superfluous are left out. What threads remember stays valid.
/// Thread-safe; throws as install() does.
void add_installed(tl_dispatch_slot &slot, std::span<const std::uint64_t> key,
                   installed_variant added, fact_shape shape);

} // namespace tl::rt

#endif
