// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table behind a dispatcher's slot: which variant is installed for which key.

#ifndef TL_RUNTIME_TUNER_DISPATCH_TABLE_H
#define TL_RUNTIME_TUNER_DISPATCH_TABLE_H

#include <tl/abi.h>

#include <cstdint>
#include <span>

namespace tl::rt {

/// Variant installed for `key`, or UINT32_MAX. Takes no lock, allocates nothing; thread-safe, also
/// against install(). All keys of one slot have the same number of words.
std::uint32_t find_installed(const tl_dispatch_slot &slot,
                             std::span<const std::uint64_t> key) noexcept;

/// Installs a variant for a key, in place of the one that was installed before, if any; then what
/// threads remember of that key is no longer used. Thread-safe. May throw std::bad_alloc, and has
/// then changed nothing. Tables that were outgrown stay allocated, since a reader may be in them:
/// together they are no larger than the one in use.
void install(tl_dispatch_slot &slot, std::span<const std::uint64_t> key, std::uint32_t variant);

} // namespace tl::rt

#endif
