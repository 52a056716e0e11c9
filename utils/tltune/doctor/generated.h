// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the plugin says about the factories of a file: -fplugin-arg-tl-dump, read back.

#ifndef TL_TOOL_DOCTOR_GENERATED_H
#define TL_TOOL_DOCTOR_GENERATED_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tl::tool {

struct generated_parameter {
  std::string name;
  std::uint32_t kind = 0;   ///< TL_PARAMETER_*
  std::uint32_t access = 0; ///< TL_ACCESS_*; of a class, which tells at run time, UNKNOWN
  std::string type;         ///< of a class; the headers find out of what kind it is
  bool members = false;     ///< what a class holds is known
};

struct generated_factory {
  std::string name;
  std::string default_config;
  std::size_t variants = 0;
  std::vector<generated_parameter> parameters;
  bool copyable = true; ///< all arguments can be passed to several variants
};

std::vector<generated_factory> read_generated(std::string_view dump);

} // namespace tl::tool

#endif
