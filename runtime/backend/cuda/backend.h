// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// CUDA as a kind of device.

#ifndef TL_RUNTIME_BACKEND_CUDA_BACKEND_H
#define TL_RUNTIME_BACKEND_CUDA_BACKEND_H

#include "runtime/backend/backend.h"
#include "runtime/backend/gpu/device.h"

#include <cstdint>
#include <memory>
#include <string>

namespace tl::rt::cuda {

/// The backend; null, with the reason in `error`, where there is no driver or no device.
backend *find_cuda_backend(std::string &error);

/// A device for trials; see gpu::open_device.
std::unique_ptr<gpu::device> open_cuda_device(std::int32_t ordinal, std::string &error);

} // namespace tl::rt::cuda

#endif
