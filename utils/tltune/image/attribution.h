// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which bytes of a program belong to which variant.

#ifndef TL_TOOL_IMAGE_ATTRIBUTION_H
#define TL_TOOL_IMAGE_ATTRIBUTION_H

#include "image/device_code.h"
#include "image/factories.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tl::tool::image {

struct piece {
  std::string factory; ///< its name; "" of what no variant, or several, have
  std::string config;
  std::string architecture;
  std::uint64_t bytes = 0;
};

/// A variant has its own function and those whose names hold its config ("gemm_kernel<config{64,
/// 32}>"), on the host and on devices. Functions that the linker has made one of count once. The
/// rest of the host's code is no piece; device code that no variant has is one without a factory.
std::vector<piece> attribute(const elf_file &file, const std::vector<factory_in_file> &factories,
                             const std::vector<device_code> &devices);

/// The last template argument of a function's name where it is an object of a class: "config{64,
/// 32}" of "void gemm<float, config{64, 32}>(int)"; "" where there is none.
std::string config_in_name(const std::string &demangled);

} // namespace tl::tool::image

#endif
