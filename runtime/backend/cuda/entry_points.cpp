// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cuda/entry_points.h"

#include <cstring>
#include <dlfcn.h>

namespace tl::rt::cuda {

status open_driver(entry_points &to) {
  void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *reason = dlerror();
    return status::not_found(std::string("no CUDA driver: ") +
                             (reason ? reason : "libcuda.so.1 does not load"));
  }
#define TL_CUDA_LOAD(name, parameters)                                                             \
  to.name = reinterpret_cast<decltype(to.name)>(dlsym(library, #name));
  TL_CUDA_ENTRY_POINTS(TL_CUDA_LOAD)
  TL_CUDA_OPTIONAL_ENTRY_POINTS(TL_CUDA_LOAD)
#undef TL_CUDA_LOAD
#define TL_CUDA_REQUIRE(name, parameters)                                                          \
  if (!to.name)                                                                                    \
    return status::unsupported("the CUDA driver is too old: it has no " #name);
  TL_CUDA_ENTRY_POINTS(TL_CUDA_REQUIRE)
#undef TL_CUDA_REQUIRE
  if (status initialised = TL_CUDA_CALL(to, cuInit(0)); !initialised)
    return initialised;
  int devices = 0;
  if (to.cuDeviceGetCount(&devices) != success || devices == 0)
    return status::not_found("the CUDA driver finds no device");
  return status::ok();
}

/// Whether an error is final for the context: every later call fails with it.
static bool is_sticky(result error) {
  // cuda.h marks these "leaves the process in an inconsistent state and any further CUDA work will
  // return the same error".
  switch (error) {
  case 214: // ECC_UNCORRECTABLE
  case 220: // NVLINK_UNCORRECTABLE
  case 226: // CONTAINED
  case 700: // ILLEGAL_ADDRESS
  case 702: // LAUNCH_TIMEOUT
  case 710: // ASSERT
  case 714: // HARDWARE_STACK_ERROR
  case 715: // ILLEGAL_INSTRUCTION
  case 716: // MISALIGNED_ADDRESS
  case 717: // INVALID_ADDRESS_SPACE
  case 718: // INVALID_PC
  case 719: // LAUNCH_FAILED
  case 721: // TENSOR_MEMORY_LEAK
  case 999: // UNKNOWN
    return true;
  default:
    return false;
  }
}

std::string describe(const entry_points &api, result error) {
  const char *name = nullptr;
  const char *text = nullptr;
  api.cuGetErrorName(error, &name);
  api.cuGetErrorString(error, &text);
  return std::string(name ? name : "CUDA error") + " (" + std::to_string(error) + ")" +
         (text ? std::string(": ") + text : "");
}

status check(const entry_points &api, result answer, const char *call, const char *file, int line) {
  if (answer == success)
    return status::ok();
  // The file's name is enough, and does not depend on where it was built.
  const char *slash = std::strrchr(file, '/');
  std::string text = describe(api, answer) + " from " + call + " at " + (slash ? slash + 1 : file) +
                     ":" + std::to_string(line);
  if (is_sticky(answer))
    return status::lost(std::move(text));
  if (answer == error_out_of_memory)
    return status::full(std::move(text));
  if (answer == error_not_supported || answer == error_invalid_value)
    return status::unsupported(std::move(text));
  return status::io_error(std::move(text));
}

} // namespace tl::rt::cuda
