// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One launch through hipLaunchKernel, and the checks before the first one on a device. What HIP has
// no attribute for makes a variant infeasible.

#ifndef TL_DETAIL_LAUNCH_HIP_H
#define TL_DETAIL_LAUNCH_HIP_H

#include <tl/language.h>

#include <tl/exceptions.h>

#include <tl/detail/launch.h>
#include <tl/infeasible.h>

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
  switch (error) {
  case hipErrorInvalidValue:
  case hipErrorInvalidConfiguration:
  case hipErrorInvalidDeviceFunction:
  case hipErrorNoBinaryForGpu:
  case hipErrorLaunchOutOfResources:
  case hipErrorCooperativeLaunchTooLarge:
  case hipErrorNotSupported:
    TL_THROW(infeasible(text));
  default:
    TL_THROW(std::runtime_error(text));
  }
}

inline int device_number(hipDeviceAttribute_t attribute, int device) {
  int value = 0;
  check_call("hipDeviceGetAttribute", hipDeviceGetAttribute(&value, attribute, device));
  return value;
}

/// Of what only CUDA has, the first that a description asks for; null for none.
inline const char *foreign_demand(const launch_config &config) {
  if (config.cluster.count() > 1)
    return "clusters of thread blocks";
  if (config.pdl)
    return "programmatic dependent launch";
  if (!config.maps.empty())
    return "tensor maps (TMA)";
  if (config.has_priority)
    return "a priority of a launch";
  if (config.window.bytes)
    return "an L2 persistence window";
  return nullptr;
}

inline void prepare_lds(const launch_config &config, int device, const hipFuncAttributes &kernel) {
  const auto allowed =
      static_cast<std::size_t>(device_number(hipDeviceAttributeMaxSharedMemoryPerBlock, device));
  if (config.shared_bytes + kernel.sharedSizeBytes > allowed)
    TL_THROW(infeasible("needs " + std::to_string(config.shared_bytes) + " bytes of dynamic and " +
                        std::to_string(kernel.sharedSizeBytes) +
                        " bytes of static shared memory (LDS) in a block, the device allows " +
                        std::to_string(allowed) + " bytes"));
  if (kernel.maxDynamicSharedSizeBytes > 0 &&
      config.shared_bytes > static_cast<std::size_t>(kernel.maxDynamicSharedSizeBytes))
    check_call("hipFuncSetAttribute(MaxDynamicSharedMemorySize)",
               hipFuncSetAttribute(config.function, hipFuncAttributeMaxDynamicSharedMemorySize,
                                   static_cast<int>(config.shared_bytes)));
}

inline void prepare_cooperative(const launch_config &config, int device) {
  if (!device_number(hipDeviceAttributeCooperativeLaunch, device))
    TL_THROW(infeasible("needs a cooperative launch, which the device does not have"));
  int resident = 0;
  check_call("hipOccupancyMaxActiveBlocksPerMultiprocessor",
             hipOccupancyMaxActiveBlocksPerMultiprocessor(&resident, config.function,
                                                          static_cast<int>(config.block.count()),
                                                          config.shared_bytes));
  const auto room =
      static_cast<unsigned long long>(resident) *
      static_cast<unsigned>(device_number(hipDeviceAttributeMultiprocessorCount, device));
  if (config.grid.count() > room)
    TL_THROW(infeasible("a cooperative launch of " + std::to_string(config.grid.count()) +
                        " blocks, and " + std::to_string(room) + " are resident at once"));
}

/// Checks a description, whatever its kernel, against the limits that the device reports.
inline void prepare_launch(const launch_config &config, int device) {
  if (const char *demand = foreign_demand(config))
    TL_THROW(infeasible(std::string("needs ") + demand + ", which HIP does not have"));
  hipFuncAttributes kernel{};
  check_call("hipFuncGetAttributes", hipFuncGetAttributes(&kernel, config.function));
  prepare_lds(config, device, kernel);
  if (config.block.count() > static_cast<unsigned long long>(kernel.maxThreadsPerBlock))
    TL_THROW(infeasible("a block of " + std::to_string(config.block.count()) +
                        " threads, the kernel (" + std::to_string(kernel.numRegs) +
                        " registers a thread) allows " +
                        std::to_string(kernel.maxThreadsPerBlock)));
  if (config.cooperative)
    prepare_cooperative(config, device);
  config.prepared.store(device + 1);
}

inline int current_device_checked() {
  int device = 0;
  check_call("hipGetDevice", hipGetDevice(&device));
  return device;
}

inline void launch_on_device(const launch_config &config, hipStream_t stream, void **arguments,
                             const void *) {
  if (config.prepared.load() == 0) [[unlikely]]
    prepare_launch(config, current_device_checked());
  const dim3 grid(config.grid.x, config.grid.y, config.grid.z),
      block(config.block.x, config.block.y, config.block.z);
  const auto shared = static_cast<unsigned>(config.shared_bytes);
  const auto launch = [&] {
    return config.cooperative
               ? hipLaunchCooperativeKernel(config.function, grid, block, arguments, shared, stream)
               : hipLaunchKernel(config.function, grid, block, arguments, shared, stream);
  };
  hipError_t error = launch();
  if (error != hipSuccess) [[unlikely]] {
    // A description may be used on another device than the one that it was first launched on.
    const int device = current_device_checked();
    if (config.prepared.load() != device + 1) {
      static_cast<void>(hipGetLastError());
      prepare_launch(config, device);
      error = launch();
    }
    check_call("kernel launch", error);
  }
}

} // namespace tl::detail

#endif
