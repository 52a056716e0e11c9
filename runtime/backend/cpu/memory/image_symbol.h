// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finds the variable of a program or library around an address.

#ifndef TL_RUNTIME_BACKEND_CPU_MEMORY_IMAGE_SYMBOL_H
#define TL_RUNTIME_BACKEND_CPU_MEMORY_IMAGE_SYMBOL_H

#include "runtime/backend/cpu/memory/memory_extent.h"

#include <optional>
#include <string>

namespace tl::rt {

/// The variable around `address` as the symbol tables of its image's file tell. An empty extent
/// when the address is in an image but no symbol covers it (a stripped file); nothing when it is in
/// no image.
std::optional<memory_extent> find_image_symbol(std::uintptr_t address);

/// The same with the symbol's name (as in the file), "" where none covers the address.
struct image_object {
  memory_extent extent;
  std::string symbol;
  std::string place;        ///< "libsim.so+0x4010"
  std::uintptr_t base = 0;  ///< of the image
  bool all_symbols = false; ///< the file has those of all variables, not only of exported ones
  bool is_program = false;  ///< the image is the program's own file, and no library
};
std::optional<image_object> find_image_object(std::uintptr_t address);

/// Whether the program, the image at `base`, or a library whose file has all of its symbols (one of
/// the program's own, then) takes the exported variable `symbol` from elsewhere.
bool is_imported(const std::string &symbol, std::uintptr_t base);

} // namespace tl::rt

#endif
