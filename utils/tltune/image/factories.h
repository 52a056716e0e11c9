// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The factories that a linked file holds, read from their descriptors without running anything.

#ifndef TL_TOOL_IMAGE_FACTORIES_H
#define TL_TOOL_IMAGE_FACTORIES_H

#include "image/elf.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tl::tool::image {

struct variant_in_file {
  std::string config;
  std::uint64_t address = 0; ///< 0: in another file
};

struct factory_in_file {
  std::string id, name, location, fingerprint;
  std::uint32_t abi = 0, default_variant = 0;
  std::vector<variant_in_file> variants;
};

/// Throws malformed. Descriptors of another ABI version are counted in `others` and left out.
std::vector<factory_in_file> find_factories(const elf_file &file, std::size_t &others);

} // namespace tl::tool::image

#endif
