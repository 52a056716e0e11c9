// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The CUDA driver, opened when it is first needed: neither building nor loading the runtime asks
// for a toolkit. The types and numbers below are those of cuda.h, whose binary interface is stable.

#ifndef TL_RUNTIME_BACKEND_CUDA_ENTRY_POINTS_H
#define TL_RUNTIME_BACKEND_CUDA_ENTRY_POINTS_H

#include "runtime/support/status.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace tl::rt::cuda {

using result = int;
using device_id = int;
using device_pointer = unsigned long long;
struct context_t;
struct stream_t;
struct event_t;
struct module_t;
struct function_t;
struct graph_t;
struct graph_exec_t;
struct uuid {
  unsigned char bytes[16];
};
struct ipc_handle {
  char reserved[64];
};

inline constexpr result success = 0;
inline constexpr result error_invalid_value = 1;
inline constexpr result error_out_of_memory = 2;
inline constexpr result error_no_device = 100;
inline constexpr result error_not_supported = 801;

/// CU_STREAM_LEGACY: waits for, and is waited for by, every blocking stream of the context.
inline stream_t *const legacy_stream = reinterpret_cast<stream_t *>(0x1);

enum device_attribute : int {
  attribute_max_threads_per_block = 1,
  attribute_warp_size = 10,
  attribute_max_registers_per_block = 12,
  attribute_clock_khz = 13,
  attribute_multiprocessors = 16,
  attribute_memory_clock_khz = 36,
  attribute_memory_bus_bits = 37,
  attribute_l2_bytes = 38,
  attribute_max_threads_per_multiprocessor = 39,
  attribute_major = 75,
  attribute_minor = 76,
  attribute_max_shared_per_multiprocessor = 81,
  attribute_max_shared_per_block_optin = 97,
};

enum pointer_attribute : int {
  pointer_memory_type = 2, ///< 1 host, 2 device, 3 array, 4 unified
  pointer_is_managed = 8,
  pointer_device_ordinal = 9,
  pointer_range_start = 11,
  pointer_range_size = 12,
};

enum function_attribute : int {
  function_max_threads = 0,
  function_static_shared = 1,
  function_constant = 2,
  function_local = 3,
  function_registers = 4,
  function_max_dynamic_shared = 8,
};

inline constexpr unsigned capture_relaxed = 2;
inline constexpr unsigned ipc_lazy_peer_access = 1;

// Name in libcuda, and its parameters. All return a CUresult.
#define TL_CUDA_ENTRY_POINTS(X)                                                                    \
  X(cuInit, (unsigned))                                                                            \
  X(cuDriverGetVersion, (int *))                                                                   \
  X(cuGetErrorName, (result, const char **))                                                       \
  X(cuGetErrorString, (result, const char **))                                                     \
  X(cuDeviceGet, (device_id *, int))                                                               \
  X(cuDeviceGetCount, (int *))                                                                     \
  X(cuDeviceGetName, (char *, int, device_id))                                                     \
  X(cuDeviceGetAttribute, (int *, int, device_id))                                                 \
  X(cuDeviceTotalMem_v2, (std::size_t *, device_id))                                               \
  X(cuDeviceGetUuid, (uuid *, device_id))                                                          \
  X(cuDeviceGetPCIBusId, (char *, int, device_id))                                                 \
  X(cuDeviceCanAccessPeer, (int *, device_id, device_id))                                          \
  X(cuDevicePrimaryCtxRetain, (context_t **, device_id))                                           \
  X(cuDevicePrimaryCtxRelease_v2, (device_id))                                                     \
  X(cuCtxPushCurrent_v2, (context_t *))                                                            \
  X(cuCtxPopCurrent_v2, (context_t **))                                                            \
  X(cuCtxSetCurrent, (context_t *))                                                                \
  X(cuCtxSynchronize, ())                                                                          \
  X(cuThreadExchangeStreamCaptureMode, (unsigned *))                                               \
  X(cuMemAlloc_v2, (device_pointer *, std::size_t))                                                \
  X(cuMemFree_v2, (device_pointer))                                                                \
  X(cuMemGetInfo_v2, (std::size_t *, std::size_t *))                                               \
  X(cuMemAllocHost_v2, (void **, std::size_t))                                                     \
  X(cuMemFreeHost, (void *))                                                                       \
  X(cuMemcpyAsync, (device_pointer, device_pointer, std::size_t, stream_t *))                      \
  X(cuMemsetD8Async, (device_pointer, unsigned char, std::size_t, stream_t *))                     \
  X(cuMemGetAddressRange_v2, (device_pointer *, std::size_t *, device_pointer))                    \
  X(cuPointerGetAttributes, (unsigned, const int *, void **, device_pointer))                      \
  X(cuIpcGetMemHandle, (ipc_handle *, device_pointer))                                             \
  X(cuIpcOpenMemHandle_v2, (device_pointer *, ipc_handle, unsigned))                               \
  X(cuIpcCloseMemHandle, (device_pointer))                                                         \
  X(cuStreamCreate, (stream_t **, unsigned))                                                       \
  X(cuStreamDestroy_v2, (stream_t *))                                                              \
  X(cuStreamSynchronize, (stream_t *))                                                             \
  X(cuStreamBeginCapture_v2, (stream_t *, unsigned))                                               \
  X(cuStreamEndCapture, (stream_t *, graph_t **))                                                  \
  X(cuGraphInstantiateWithFlags, (graph_exec_t **, graph_t *, unsigned long long))                 \
  X(cuGraphLaunch, (graph_exec_t *, stream_t *))                                                   \
  X(cuGraphDestroy, (graph_t *))                                                                   \
  X(cuGraphExecDestroy, (graph_exec_t *))                                                          \
  X(cuEventCreate, (event_t **, unsigned))                                                         \
  X(cuEventDestroy_v2, (event_t *))                                                                \
  X(cuEventRecord, (event_t *, stream_t *))                                                        \
  X(cuEventElapsedTime, (float *, event_t *, event_t *))                                           \
  X(cuModuleLoadData, (module_t **, const void *))                                                 \
  X(cuModuleUnload, (module_t *))                                                                  \
  X(cuModuleGetFunction, (function_t **, module_t *, const char *))                                \
  X(cuLaunchKernel, (function_t *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,     \
                     unsigned, stream_t *, void **, void **))                                      \
  X(cuFuncGetAttribute, (int *, int, function_t *))                                                \
  X(cuOccupancyMaxActiveBlocksPerMultiprocessor, (int *, function_t *, int, std::size_t))

// Younger than the oldest driver that we run with; null where the driver has none.
#define TL_CUDA_OPTIONAL_ENTRY_POINTS(X)                                                           \
  X(cuKernelGetFunction, (function_t **, void *))                                                  \
  X(cuFuncGetName, (const char **, function_t *))

/// The driver's functions under their own names.
struct entry_points {
#define TL_CUDA_DECLARE(name, parameters) result(*name) parameters = nullptr;
  TL_CUDA_ENTRY_POINTS(TL_CUDA_DECLARE)
  TL_CUDA_OPTIONAL_ENTRY_POINTS(TL_CUDA_DECLARE)
#undef TL_CUDA_DECLARE
};

/// Opens and initialises the driver. Not ok: there is none, it is too old, or it finds no device.
status open_driver(entry_points &to);

/// "CUDA_ERROR_ILLEGAL_ADDRESS (700): an illegal memory access was encountered".
std::string describe(const entry_points &api, result error);

/// Turns a driver call's answer into a status that names the call and where it stands; `lost` for
/// an error that every later call will return too.
status check(const entry_points &api, result answer, const char *call, const char *file, int line);

/// `TL_CUDA_CALL(api, cuMemAlloc_v2(&p, n))`: a status.
#define TL_CUDA_CALL(api, call) ::tl::rt::cuda::check((api), (api).call, #call, __FILE__, __LINE__)

} // namespace tl::rt::cuda

#endif
