// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/gpu/open_device.h"

#include "runtime/backend/cuda/driver.h"
#include "runtime/backend/gpu/driver_device.h"
#include "runtime/backend/hip/driver.h"

#include <tl/abi.h>

namespace tl::rt::gpu {

const driver *find_driver(std::uint32_t backend, std::string &error) {
  switch (backend) {
  case TL_BACKEND_CUDA:
    return cuda::find_driver(error);
  case TL_BACKEND_HIP:
    return hip::find_driver(error);
  default:
    error = "there is no device of this kind";
    return nullptr;
  }
}

std::unique_ptr<device> open_device(std::uint32_t backend, std::int32_t ordinal,
                                    std::string &error) {
  const driver *api = find_driver(backend, error);
  if (!api)
    return nullptr;
  auto made = std::make_unique<driver_device>(*api, ordinal);
  if (status opened = made->open(); !opened) {
    error = opened.text();
    return nullptr;
  }
  return made;
}

} // namespace tl::rt::gpu
