// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// TL_FORCE_CONFIG: run one config whatever was measured.

#ifndef TL_RUNTIME_TUNER_FORCED_CONFIG_H
#define TL_RUNTIME_TUNER_FORCED_CONFIG_H

#include <tl/abi.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace tl::rt {

/// What TL_FORCE_CONFIG says about one factory.
struct forced_config {
  std::uint32_t variant = UINT32_MAX; ///< UINT32_MAX: nothing, or nothing that was compiled
  /// The whole config, as the default one with the fields that were given, where it was not
  /// compiled.
  std::string completed = {};
  std::string error; ///< one line where the text names a config that was not compiled
};

/// Reads `text`: configs separated by ';', each "field=value,..." for every factory or
/// "factory:field=value,..." for those whose name or id it is. Fields may stand in any order, and
/// fields that are left out have the default config's values, those of nested structs too:
/// "tile={m=2}" and "tile.m=2" mean the same.
forced_config find_forced_config(const tl_factory &factory, std::string_view text);

} // namespace tl::rt

#endif
