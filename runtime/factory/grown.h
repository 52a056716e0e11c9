// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Variants that were not there when the program was built (tl_factory::on_demand). They get numbers
// behind those of the build and stand in the same tables, which have room for them, so that all
// who know such a number find function and config as ever. `variant_count` of the program's own
// descriptor stays that of the build: whoever tunes works on a copy that counts all.

#ifndef TL_RUNTIME_FACTORY_GROWN_H
#define TL_RUNTIME_FACTORY_GROWN_H

#include <tl/abi.h>

#include <cstdint>
#include <string_view>

namespace tl::rt {

/// How many variants a factory may have in one process, those of the build included.
inline constexpr std::uint32_t most_variants = 16384;

/// Whether variants can be added: it is a factory of that kind, and registered.
bool may_grow(const tl_factory &factory) noexcept;

/// Gives the factory tables with room, unless it has them. Called by the registry.
void make_room(const tl_factory &factory);

/// How many variants the program was built with. Thread-safe.
std::uint32_t count_built_variants(const tl_factory &factory) noexcept;

/// How many variants there are now. Thread-safe.
std::uint32_t count_variants(const tl_factory &factory) noexcept;

/// A copy of the descriptor that counts all variants that there are now. Thread-safe.
tl_factory with_all_variants(const tl_factory &factory) noexcept;

/// Index of the variant with this config, UINT32_MAX when there is none. Thread-safe.
std::uint32_t find_grown(const tl_factory &factory, std::string_view config);

/// Makes a function the variant with this config (`value`: the object, where `eligible` is given)
/// and returns its index; that of the one that is there, if there is one; UINT32_MAX when there is
/// no room. The function stays for ever. Thread-safe.
std::uint32_t add_variant(const tl_factory &factory, std::string_view config, void *function,
                          const void *value = nullptr);

} // namespace tl::rt

#endif
