// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finds the variable of a program or library around an address.

#ifndef TL_RUNTIME_WORKER_IMAGE_SYMBOL_H
#define TL_RUNTIME_WORKER_IMAGE_SYMBOL_H

#include "runtime/worker/memory_map.h"

#include <optional>

namespace tl::rt {

/// The variable around `address` as the symbol tables of its image's file tell. An empty extent
/// when the address is in an image but no symbol covers it (a stripped file); nothing when it is in
/// no image.
std::optional<memory_extent> find_image_symbol(std::uintptr_t address);

} // namespace tl::rt

#endif
