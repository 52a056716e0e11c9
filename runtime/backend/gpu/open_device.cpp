// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cuda/backend.h"
#include "runtime/backend/gpu/device.h"

#include <tl/abi.h>

namespace tl::rt::gpu {

std::unique_ptr<device> open_device(std::uint32_t backend, std::int32_t ordinal,
                                    std::string &error) {
  if (backend == TL_BACKEND_CUDA)
    return cuda::open_cuda_device(ordinal, error);
  error = "there is no device of this kind";
  return nullptr;
}

} // namespace tl::rt::gpu
