// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/find_backend.h"

#include "runtime/backend/cpu/cpu_backend.h"
#include "runtime/backend/gpu/driver_backend.h"

#include <fmt/format.h>

namespace tl::rt {

backend *find_backend(std::uint32_t which, std::string &error) {
  switch (which) {
  case TL_BACKEND_CPU:
    return &cpu_backend();
  case TL_BACKEND_CUDA:
  case TL_BACKEND_HIP:
    return gpu::find_driver_backend(which, error);
  default:
    error = fmt::format("backend {} is not known to this runtime", which);
    return nullptr;
  }
}

} // namespace tl::rt
