// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One launch through hipLaunchKernel. What HIP has no attribute for makes a variant infeasible.

#ifndef TL_LAUNCH_HIP_H
#define TL_LAUNCH_HIP_H

#include <tl/infeasible.h>
#include <tl/launch.h>

#include <hip/hip_runtime_api.h>

#include <string>

namespace tl::detail {

inline void check_call(const char *what, hipError_t error) {
  if (error == hipSuccess)
    return;
  static_cast<void>(hipGetLastError());
  const std::string text = std::string(what) + ": " + hipGetErrorName(error) + " (" +
                           std::to_string(static_cast<int>(error)) +
                           "): " + hipGetErrorString(error);
  if (error == hipErrorInvalidConfiguration || error == hipErrorInvalidValue ||
      error == hipErrorLaunchOutOfResources || error == hipErrorInvalidDeviceFunction ||
      error == hipErrorNotSupported)
    throw infeasible(text);
  throw std::runtime_error(text);
}

/// Every kernel is checked against the limits that the device reports.
inline void prepare_launch(const launch_config &config, int device) {
  if (config.cluster.count() > 1 || config.pdl || config.has_priority || config.window.bytes ||
      !config.maps.empty())
    throw infeasible("clusters, programmatic dependent launch, launch priorities, L2 windows and "
                     "tensor maps are "
                     "CUDA's; HIP has none of them");
  hipFuncAttributes kernel{};
  check_call("hipFuncGetAttributes", hipFuncGetAttributes(&kernel, config.function));
  int allowed = 0;
  check_call("hipDeviceGetAttribute",
             hipDeviceGetAttribute(&allowed, hipDeviceAttributeMaxSharedMemoryPerBlock, device));
  if (config.shared_bytes + kernel.sharedSizeBytes > static_cast<std::size_t>(allowed))
    throw infeasible("needs " + std::to_string(config.shared_bytes) + " bytes of dynamic and " +
                     std::to_string(kernel.sharedSizeBytes) +
                     " bytes of static shared memory in a block, the device allows " +
                     std::to_string(allowed) + " bytes");
  if (config.block.count() > static_cast<unsigned long long>(kernel.maxThreadsPerBlock))
    throw infeasible("a block of " + std::to_string(config.block.count()) +
                     " threads, the kernel allows " + std::to_string(kernel.maxThreadsPerBlock));
  config.prepared.store(device + 1);
}

inline void launch_on_device(const launch_config &config, hipStream_t stream, void **arguments,
                             const void *) {
  if (config.prepared.load() == 0) [[unlikely]] {
    int device = 0;
    check_call("hipGetDevice", hipGetDevice(&device));
    prepare_launch(config, device);
  }
  const dim3 grid(config.grid.x, config.grid.y, config.grid.z),
      block(config.block.x, config.block.y, config.block.z);
  const auto shared = static_cast<unsigned>(config.shared_bytes);
  const hipError_t error =
      config.cooperative
          ? hipLaunchCooperativeKernel(config.function, grid, block, arguments, shared, stream)
          : hipLaunchKernel(config.function, grid, block, arguments, shared, stream);
  check_call("kernel launch", error);
}

} // namespace tl::detail

#endif
