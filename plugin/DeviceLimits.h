// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the devices of an architecture can launch.

#ifndef TL_PLUGIN_DEVICELIMITS_H
#define TL_PLUGIN_DEVICELIMITS_H

#include "plugin/DeviceImages.h"
#include <array>

namespace tlplugin {

/// A launch, as far as it is constant.
struct LaunchShape {
  std::optional<std::array<uint64_t, 3>> Block;
  std::optional<uint64_t> DynamicShared; ///< per block [bytes]
};

/// The limit that a launch exceeds on all devices of an image's architecture, in words ("512
/// threads of 168 registers: 86,016, sm_90 has 65,536"); "" where there is none, or it is not
/// certain. Kernel: null where nothing is known of it.
std::string exceededLimit(const LaunchShape &Launch, const KernelResources *Kernel,
                          llvm::StringRef Architecture);

} // namespace tlplugin

#endif
