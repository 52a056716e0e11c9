// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One launch through cudaLaunchKernelExC, and the checks before the first one on a device.

#ifndef TL_DETAIL_LAUNCH_CUDA_H
#define TL_DETAIL_LAUNCH_CUDA_H

#include <tl/language.h>

#include <tl/exceptions.h>

#include <tl/detail/launch.h>
#include <tl/infeasible.h>

#include <cuda_runtime_api.h>

#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

namespace tl::detail {

[[noreturn]] inline void fail_launch(const char *what, cudaError_t error) {
  static_cast<void>(cudaGetLastError());
  const std::string text = std::string(what) + ": " + cudaGetErrorName(error) + " (" +
                           std::to_string(static_cast<int>(error)) +
                           "): " + cudaGetErrorString(error);
  switch (error) {
  case cudaErrorInvalidValue:
  case cudaErrorInvalidConfiguration:
  case cudaErrorInvalidDeviceFunction:
  case cudaErrorInvalidResourceType:
  case cudaErrorLaunchOutOfResources:
  case cudaErrorCooperativeLaunchTooLarge:
  case cudaErrorNoKernelImageForDevice:
  case cudaErrorNotSupported:
#if CUDART_VERSION >= 12000
  case cudaErrorInvalidClusterSize:
#endif
    TL_THROW(infeasible(text));
  default:
    TL_THROW(std::runtime_error(text));
  }
}

inline void check_call(const char *what, cudaError_t error) {
  if (error != cudaSuccess)
    fail_launch(what, error);
}

inline int device_number(cudaDeviceAttr attribute, int device) {
  int value = 0;
  check_call("cudaDeviceGetAttribute", cudaDeviceGetAttribute(&value, attribute, device));
  return value;
}

/// What was set for kernels, so that it is set once per kernel and device.
struct kernel_attributes {
  std::mutex guard;
  /// The largest that was set [bytes].
  std::map<std::pair<const void *, int>, std::size_t> dynamic_shared;
  std::map<std::pair<const void *, int>, bool> wide_clusters;
  std::map<int, std::size_t> persisting_l2; ///< set aside by us or the program [bytes]
};
inline kernel_attributes &known_kernel_attributes() {
  static auto *known = new kernel_attributes; // never destroyed: kernels run until the very end
  return *known;
}

inline std::string bytes_text(unsigned long long bytes) { return std::to_string(bytes) + " bytes"; }

inline void prepare_shared_memory(const launch_config &config, int device,
                                  const cudaFuncAttributes &kernel) {
  const auto allowed =
      static_cast<std::size_t>(device_number(cudaDevAttrMaxSharedMemoryPerBlockOptin, device));
  if (config.shared_bytes + kernel.sharedSizeBytes > allowed)
    TL_THROW(infeasible("needs " + bytes_text(config.shared_bytes) + " of dynamic and " +
                        bytes_text(kernel.sharedSizeBytes) +
                        " of static shared memory in a block, the device allows " +
                        bytes_text(allowed)));
  if (config.shared_bytes <= static_cast<std::size_t>(kernel.maxDynamicSharedSizeBytes))
    return;
  kernel_attributes &known = known_kernel_attributes();
  const std::lock_guard lock(known.guard);
  std::size_t &set = known.dynamic_shared[{config.function, device}];
  if (set >= config.shared_bytes)
    return;
  check_call("cudaFuncSetAttribute(MaxDynamicSharedMemorySize)",
             cudaFuncSetAttribute(config.function, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                  static_cast<int>(config.shared_bytes)));
  set = config.shared_bytes;
}

inline void prepare_cluster(const launch_config &config, int device) {
  const unsigned long long blocks = config.cluster.count();
  if (device_number(cudaDevAttrComputeCapabilityMajor, device) < 9)
    TL_THROW(infeasible(
        "needs clusters of thread blocks, and the device has none (compute capability below 9.0)"));
  if (config.grid.x % config.cluster.x || config.grid.y % config.cluster.y ||
      config.grid.z % config.cluster.z)
    TL_THROW(infeasible(
        "a grid of " + std::to_string(config.grid.x) + " x " + std::to_string(config.grid.y) +
        " x " + std::to_string(config.grid.z) + " blocks is no multiple of the cluster of " +
        std::to_string(config.cluster.x) + " x " + std::to_string(config.cluster.y) + " x " +
        std::to_string(config.cluster.z)));
  if (blocks <= 8)
    return; // what every such device can do
  kernel_attributes &known = known_kernel_attributes();
  const std::lock_guard lock(known.guard);
  bool &set = known.wide_clusters[{config.function, device}];
  if (!set)
    check_call(
        "cudaFuncSetAttribute(NonPortableClusterSizeAllowed)",
        cudaFuncSetAttribute(config.function, cudaFuncAttributeNonPortableClusterSizeAllowed, 1));
  set = true;
}

inline void prepare_cooperative(const launch_config &config, int device) {
  if (!device_number(cudaDevAttrCooperativeLaunch, device))
    TL_THROW(infeasible("needs a cooperative launch, which the device does not have"));
  int resident = 0;
  check_call("cudaOccupancyMaxActiveBlocksPerMultiprocessor",
             cudaOccupancyMaxActiveBlocksPerMultiprocessor(&resident, config.function,
                                                           static_cast<int>(config.block.count()),
                                                           config.shared_bytes));
  const auto room = static_cast<unsigned long long>(resident) *
                    static_cast<unsigned>(device_number(cudaDevAttrMultiProcessorCount, device));
  if (config.grid.count() > room)
    TL_THROW(infeasible("a cooperative launch of " + std::to_string(config.grid.count()) +
                        " blocks, and " + std::to_string(room) + " are resident at once"));
}

/// The window needs a part of L2 that is set aside; what the program has set aside is never made
/// smaller.
inline void prepare_window(const launch_config &config, int device) {
  const auto widest =
      static_cast<std::size_t>(device_number(cudaDevAttrMaxAccessPolicyWindowSize, device));
  const auto most =
      static_cast<std::size_t>(device_number(cudaDevAttrMaxPersistingL2CacheSize, device));
  if (config.window.bytes > widest || most == 0)
    TL_THROW(infeasible("an L2 window of " + bytes_text(config.window.bytes) +
                        ", the device allows " + bytes_text(widest) + " and sets aside at most " +
                        bytes_text(most)));
  kernel_attributes &known = known_kernel_attributes();
  const std::lock_guard lock(known.guard);
  std::size_t current = 0;
  check_call("cudaDeviceGetLimit", cudaDeviceGetLimit(&current, cudaLimitPersistingL2CacheSize));
  const std::size_t wanted = config.window.bytes < most ? config.window.bytes : most;
  if (current < wanted)
    check_call("cudaDeviceSetLimit(PersistingL2CacheSize)",
               cudaDeviceSetLimit(cudaLimitPersistingL2CacheSize, wanted));
}

/// Checks a description against the current device's limits and makes the attribute calls that it
/// needs.
inline void prepare_launch(const launch_config &config, int device) {
  cudaFuncAttributes kernel{};
  check_call("cudaFuncGetAttributes", cudaFuncGetAttributes(&kernel, config.function));
  if (config.block.count() > static_cast<unsigned long long>(kernel.maxThreadsPerBlock))
    TL_THROW(infeasible("a block of " + std::to_string(config.block.count()) +
                        " threads, the kernel (" + std::to_string(kernel.numRegs) +
                        " registers a thread) allows " +
                        std::to_string(kernel.maxThreadsPerBlock)));
  prepare_shared_memory(config, device, kernel);
  if (config.cluster.count() > 1)
    prepare_cluster(config, device);
  if (config.cooperative)
    prepare_cooperative(config, device);
  if (config.pdl && device_number(cudaDevAttrComputeCapabilityMajor, device) < 9)
    TL_THROW(
        infeasible("needs programmatic dependent launch, which the device does not have (compute "
                   "capability below 9.0)"));
  if (config.window.bytes)
    prepare_window(config, device);
  config.prepared.store(device + 1);
}

inline int current_device_checked() {
  int device = 0;
  check_call("cudaGetDevice", cudaGetDevice(&device));
  return device;
}

inline void launch_on_device(const launch_config &config, cudaStream_t stream, void **arguments,
                             const void *window) {
  if (config.prepared.load() == 0) [[unlikely]]
    prepare_launch(config, current_device_checked());
  cudaLaunchAttribute attributes[5];
  unsigned count = 0;
  if (config.cluster.count() > 1) {
    attributes[count].id = cudaLaunchAttributeClusterDimension;
    attributes[count].val.clusterDim.x = config.cluster.x;
    attributes[count].val.clusterDim.y = config.cluster.y;
    attributes[count++].val.clusterDim.z = config.cluster.z;
  }
  if (config.cooperative) {
    attributes[count].id = cudaLaunchAttributeCooperative;
    attributes[count++].val.cooperative = 1;
  }
  if (config.pdl) {
    attributes[count].id = cudaLaunchAttributeProgrammaticStreamSerialization;
    attributes[count++].val.programmaticStreamSerializationAllowed = 1;
  }
  if (config.has_priority) {
    attributes[count].id = cudaLaunchAttributePriority;
    attributes[count++].val.priority = config.priority;
  }
  if (window) {
    cudaAccessPolicyWindow &policy = attributes[count].val.accessPolicyWindow;
    attributes[count++].id = cudaLaunchAttributeAccessPolicyWindow;
    policy.base_ptr = const_cast<void *>(window);
    policy.num_bytes = config.window.bytes;
    policy.hitRatio = config.window.hit_ratio;
    policy.hitProp = cudaAccessPropertyPersisting;
    policy.missProp = cudaAccessPropertyStreaming;
  }
  cudaLaunchConfig_t launch{};
  launch.gridDim = dim3(config.grid.x, config.grid.y, config.grid.z);
  launch.blockDim = dim3(config.block.x, config.block.y, config.block.z);
  launch.dynamicSmemBytes = config.shared_bytes;
  launch.stream = stream;
  launch.attrs = attributes;
  launch.numAttrs = count;
  cudaError_t error = cudaLaunchKernelExC(&launch, config.function, arguments);
  if (error != cudaSuccess) [[unlikely]] {
    // A description may be used on another device than the one that it was first launched on.
    const int device = current_device_checked();
    if (config.prepared.load() != device + 1) {
      static_cast<void>(cudaGetLastError());
      prepare_launch(config, device);
      error = cudaLaunchKernelExC(&launch, config.function, arguments);
    }
    check_call("kernel launch", error);
  }
}

} // namespace tl::detail

#endif
