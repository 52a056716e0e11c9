// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A driver's devices as a kind of device.

#ifndef TL_RUNTIME_BACKEND_GPU_DRIVER_BACKEND_H
#define TL_RUNTIME_BACKEND_GPU_DRIVER_BACKEND_H

#include "runtime/backend/backend.h"

#include <cstdint>
#include <string>

namespace tl::rt::gpu {

/// The backend on the driver of a TL_BACKEND_*; null, with the reason in `error`, where there is no
/// driver or no device.
backend *find_driver_backend(std::uint32_t which, std::string &error);

} // namespace tl::rt::gpu

#endif
