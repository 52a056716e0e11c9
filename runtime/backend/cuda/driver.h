// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// CUDA's driver as a gpu::driver.

#ifndef TL_RUNTIME_BACKEND_CUDA_DRIVER_H
#define TL_RUNTIME_BACKEND_CUDA_DRIVER_H

#include "runtime/backend/gpu/driver.h"

#include <string>

namespace tl::rt::cuda {

/// See gpu::find_driver.
const gpu::driver *find_driver(std::string &error);

} // namespace tl::rt::cuda

#endif
