// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What only NVIDIA's management library knows. Read-only.

#ifndef TL_RUNTIME_BACKEND_CUDA_NVML_H
#define TL_RUNTIME_BACKEND_CUDA_NVML_H

#include "runtime/backend/gpu/driver.h"

#include <string>

namespace tl::rt::cuda {

/// What holds for a device right now. Zero and "" where it cannot be found out.
struct managed_properties {
  unsigned power_limit_mw = 0; ///< [mW]
  std::string driver;          ///< "580.159.04"
  /// Share of the last moments (up to a second) in which some kernel was running, of any process;
  /// -1: cannot be found out [%].
  int busy_percent = -1;
};

/// Of the device with this PCI bus id ("0000:1b:00.0").
managed_properties read_managed_properties(const char *pci_bus_id);

/// The counters of the same device. Keeps the library open: asking costs some 10 us then.
gpu::load_counters read_load(const char *pci_bus_id);

} // namespace tl::rt::cuda

#endif
