// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The HIP runtime (libamdhip64), opened when it is first needed: neither building nor loading ours
// asks for ROCm. HIP has no driver interface below it that other code may use, so these are the
// calls that programs make too, with one difference to CUDA: an error of ours becomes the thread's
// last error, so check() takes it back.
//
// The types and numbers below are those of hip_runtime_api.h. unit/hip_header_test.cpp compares
// them with the installed header.

#ifndef TL_RUNTIME_BACKEND_HIP_ENTRY_POINTS_H
#define TL_RUNTIME_BACKEND_HIP_ENTRY_POINTS_H

#include "runtime/support/status.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace tl::rt::hip {

using result = int;
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
inline constexpr result error_invalid_device = 101;
inline constexpr result error_not_supported = 801;

enum device_attribute : int {
  attribute_clock_khz = 5,
  attribute_l2_bytes = 19, ///< of one XCD
  attribute_max_threads_per_block = 56,
  attribute_max_threads_per_multiprocessor = 57,
  attribute_multiprocessors = 63,
  attribute_max_shared_per_block = 74,
  attribute_warp_size = 87,
  attribute_wall_clock_khz = 10017, ///< since HIP 5.3; older ones answer with an error
};

enum function_attribute : int {
  function_max_threads = 0,
  function_static_shared = 1,
  function_local = 3,
  function_registers = 4,
};

/// hipFuncAttributes.
struct function_attributes {
  int binary_version, cache_mode;
  std::size_t constant_bytes, local_bytes;
  int max_dynamic_shared, max_threads, registers, carveout, ptx_version;
  std::size_t static_shared;
};

/// hipPointerAttribute_t.
struct pointer_attributes {
  int type; ///< numbered anew in HIP 6, see is_host()
  int device;
  void *device_pointer, *host_pointer;
  int is_managed;
  unsigned allocation_flags;
};

/// hipDeviceProp_t of HIP 5 and 6: all that is read of it is where the name of the architecture
/// ("gfx90a:sramecc+:xnack-") is, which no attribute tells. With room to spare.
struct device_properties {
  alignas(16) char bytes[4096];
};
inline constexpr std::size_t arch_name_at_5 = 396;  ///< hipGetDeviceProperties
inline constexpr std::size_t arch_name_at_6 = 1160; ///< hipGetDevicePropertiesR0600
inline constexpr std::size_t arch_name_bytes = 256;

inline constexpr int copy_default = 4; ///< hipMemcpyDefault
inline constexpr unsigned capture_relaxed = 2;
/// hipIpcMemLazyEnablePeerAccess, of HIP 5 and since 6.
inline constexpr unsigned ipc_lazy_5 = 0, ipc_lazy_6 = 1;

// Name in libamdhip64, and its parameters. All return a hipError_t.
#define TL_HIP_ENTRY_POINTS(X)                                                                     \
  X(hipInit, (unsigned))                                                                           \
  X(hipRuntimeGetVersion, (int *))                                                                 \
  X(hipGetLastError, ())                                                                           \
  X(hipGetDeviceCount, (int *))                                                                    \
  X(hipGetDevice, (int *))                                                                         \
  X(hipSetDevice, (int))                                                                           \
  X(hipDeviceGetName, (char *, int, int))                                                          \
  X(hipDeviceGetAttribute, (int *, int, int))                                                      \
  X(hipDeviceTotalMem, (std::size_t *, int))                                                       \
  X(hipDeviceGetPCIBusId, (char *, int, int))                                                      \
  X(hipDeviceCanAccessPeer, (int *, int, int))                                                     \
  X(hipDeviceSynchronize, ())                                                                      \
  X(hipThreadExchangeStreamCaptureMode, (unsigned *))                                              \
  X(hipMalloc, (void **, std::size_t))                                                             \
  X(hipFree, (void *))                                                                             \
  X(hipMemcpyAsync, (void *, const void *, std::size_t, int, stream_t *))                          \
  X(hipMemsetAsync, (void *, int, std::size_t, stream_t *))                                        \
  X(hipMemGetAddressRange, (void **, std::size_t *, void *))                                       \
  X(hipPointerGetAttributes, (pointer_attributes *, const void *))                                 \
  X(hipIpcGetMemHandle, (ipc_handle *, void *))                                                    \
  X(hipIpcOpenMemHandle, (void **, ipc_handle, unsigned))                                          \
  X(hipIpcCloseMemHandle, (void *))                                                                \
  X(hipStreamCreateWithFlags, (stream_t **, unsigned))                                             \
  X(hipStreamDestroy, (stream_t *))                                                                \
  X(hipStreamSynchronize, (stream_t *))                                                            \
  X(hipStreamBeginCapture, (stream_t *, unsigned))                                                 \
  X(hipStreamEndCapture, (stream_t *, graph_t **))                                                 \
  X(hipGraphInstantiateWithFlags, (graph_exec_t **, graph_t *, unsigned long long))                \
  X(hipGraphLaunch, (graph_exec_t *, stream_t *))                                                  \
  X(hipGraphDestroy, (graph_t *))                                                                  \
  X(hipGraphExecDestroy, (graph_exec_t *))                                                         \
  X(hipEventCreateWithFlags, (event_t **, unsigned))                                               \
  X(hipEventDestroy, (event_t *))                                                                  \
  X(hipEventRecord, (event_t *, stream_t *))                                                       \
  X(hipEventElapsedTime, (float *, event_t *, event_t *))                                          \
  X(hipModuleLoadData, (module_t **, const void *))                                                \
  X(hipModuleUnload, (module_t *))                                                                 \
  X(hipModuleGetFunction, (function_t **, module_t *, const char *))                               \
  X(hipModuleLaunchKernel, (function_t *, unsigned, unsigned, unsigned, unsigned, unsigned,        \
                            unsigned, unsigned, stream_t *, void **, void **))                     \
  X(hipFuncGetAttribute, (int *, int, function_t *))                                               \
  X(hipFuncGetAttributes, (function_attributes *, const void *))                                   \
  X(hipModuleOccupancyMaxActiveBlocksPerMultiprocessor, (int *, function_t *, int, std::size_t))

// Likewise. The header overloads them for C++.
#define TL_HIP_OVERLOADED_ENTRY_POINTS(X)                                                          \
  X(hipOccupancyMaxActiveBlocksPerMultiprocessor, (int *, const void *, int, std::size_t))

// Not in every version; null where there is none.
#define TL_HIP_OPTIONAL_ENTRY_POINTS(X)                                                            \
  X(hipDeviceGetUuid, (uuid *, int))                                                               \
  X(hipGetDeviceProperties, (device_properties *, int))                                            \
  X(hipGetDevicePropertiesR0600, (device_properties *, int))

// Those that answer with a text, never null.
#define TL_HIP_TEXT_ENTRY_POINTS(X)                                                                \
  X(hipGetErrorName, (result))                                                                     \
  X(hipGetErrorString, (result))

// Likewise, or null; not in every version.
#define TL_HIP_NAME_ENTRY_POINTS(X)                                                                \
  X(hipKernelNameRef, (function_t *))                                                              \
  X(hipKernelNameRefByPtr, (const void *, stream_t *))

/// The runtime's functions under their own names.
struct entry_points {
#define TL_HIP_DECLARE(name, parameters) result(*name) parameters = nullptr;
  TL_HIP_ENTRY_POINTS(TL_HIP_DECLARE)
  TL_HIP_OVERLOADED_ENTRY_POINTS(TL_HIP_DECLARE)
  TL_HIP_OPTIONAL_ENTRY_POINTS(TL_HIP_DECLARE)
#undef TL_HIP_DECLARE
#define TL_HIP_DECLARE(name, parameters) const char *(*name)parameters = nullptr;
  TL_HIP_TEXT_ENTRY_POINTS(TL_HIP_DECLARE)
  TL_HIP_NAME_ENTRY_POINTS(TL_HIP_DECLARE)
#undef TL_HIP_DECLARE
  int version = 0; ///< 60342131: 6.3.42131

  int major() const { return version / 10'000'000; }
};

/// Opens a HIP runtime and initialises it. `library` null: the one that the process has loaded
/// already, else whichever version is installed. Not ok: there is none, it lacks a function, or it
/// finds no device.
status open_runtime(const char *library, entry_points &to);

/// "hipErrorInvalidValue (1): invalid argument".
std::string describe(const entry_points &api, result error);

/// Turns an answer into a status that names the call and where it stands, and clears the thread's
/// last error when it is one. `lost` for an error that every later call will return too.
status check(const entry_points &api, result answer, const char *call, const char *file, int line);

/// `TL_HIP_CALL(api, hipMalloc(&p, n))`: a status.
#define TL_HIP_CALL(api, call) ::tl::rt::hip::check((api), (api).call, #call, __FILE__, __LINE__)

/// For calls that may well be refused: whether it was not. Clears the thread's last error if so.
inline bool good(const entry_points &api, result answer) {
  if (answer == success)
    return true;
  api.hipGetLastError();
  return false;
}

/// What a pointer leads to, in the numbers of the runtime's version.
bool is_host(const entry_points &api, const pointer_attributes &of);
bool is_unregistered(const entry_points &api, const pointer_attributes &of);

} // namespace tl::rt::hip

#endif
