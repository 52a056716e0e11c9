// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/backend.h"

#include "runtime/backend/cpu/cpu_backend.h"
#include "runtime/backend/gpu/driver_backend.h"

#include <fmt/format.h>

#include <climits>
#include <unistd.h>

#ifndef HOST_NAME_MAX
#define HOST_NAME_MAX 64
#endif

namespace tl::rt {

std::string backend::unit(std::int32_t) {
  char name[HOST_NAME_MAX + 1] = "";
  ::gethostname(name, sizeof name - 1);
  return std::string("cpu ") + name;
}

std::unique_ptr<trial_bench> trial_bench::open_helper(std::int32_t, std::string &error) {
  error = "trials of this kind run on one device";
  return nullptr;
}

std::vector<std::int32_t> backend::idle_peers(std::int32_t) { return {}; }

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
