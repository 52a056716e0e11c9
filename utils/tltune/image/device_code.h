// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The device code that compilers embed in programs: CUDA's fat binaries and Clang's offload
// bundles.

#ifndef TL_TOOL_IMAGE_DEVICE_CODE_H
#define TL_TOOL_IMAGE_DEVICE_CODE_H

#include "image/elf.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tl::tool::image {

/// Code for one architecture, out of one source file.
struct device_code {
  std::string architecture; ///< "sm_90", "compute_90" (PTX), "gfx90a"
  std::uint64_t bytes = 0;  ///< as it stands in the program
  bool compressed = false;  ///< then what it holds is not known
  /// Bytes of each function with what belongs to it, by mangled name.
  std::map<std::string, std::uint64_t> functions;
};

/// All of a program's. Throws malformed.
std::vector<device_code> find_device_code(const elf_file &program);

} // namespace tl::tool::image

#endif
