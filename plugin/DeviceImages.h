// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the device code that a host pass embeds needs of a device. It was made before: by Clang's
// device passes, or by nvcc (utils/tl-nvcc).

#ifndef TL_PLUGIN_DEVICEIMAGES_H
#define TL_PLUGIN_DEVICEIMAGES_H

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tlplugin {

class Session;

/// What a compiler has said of one kernel. Numbers that it did not say are absent or 0.
struct KernelResources {
  std::optional<unsigned> Registers; ///< per thread; absent while device code is to be linked
  uint64_t StaticShared = 0;         ///< per block, at least [bytes]
  uint64_t Local = 0;                ///< per thread: spills, or arrays [bytes]
  unsigned MaxThreads = 0;           ///< per block, of launch bounds; 0: none
  unsigned ExactBlock[3] = {};       ///< the only block that it can be launched with
};

/// Device code for one architecture.
struct DeviceImage {
  std::string Architecture; ///< "sm_90", "compute_90" (PTX), "gfx90a"; "" where it is not known
  /// By mangled name; empty where it cannot be read: PTX, bitcode and what is compressed.
  llvm::StringMap<KernelResources> Kernels;

  /// Null where nothing is known of the kernel. A kernel that only one file can see has something
  /// behind its name.
  const KernelResources *find(llvm::StringRef Kernel) const;
};

/// What Content holds: CUDA's fat binaries, Clang's offload bundles (HIP) and Clang's own packages.
/// An image that cannot be read is one without kernels.
std::vector<DeviceImage> readDeviceImages(llvm::StringRef Content);

/// All that the host pass embeds; empty where it embeds none.
const std::vector<DeviceImage> &getDeviceImages(Session &T);

} // namespace tlplugin

#endif
