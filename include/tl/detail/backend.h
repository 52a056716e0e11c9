// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a dispatcher has to ask the device toolkit that the source is compiled with: which device is
// current, and whether the stream among the arguments is being captured.

#ifndef TL_DETAIL_BACKEND_H
#define TL_DETAIL_BACKEND_H

#include <tl/abi.h>
#include <tl/detail/signature.h>

#if defined(__HIP__) || defined(__HIPCC__)
#include <hip/hip_runtime_api.h>
#elif defined(__CUDA__) || defined(__CUDACC__)
#include <cuda_runtime_api.h>
#endif

#if defined(__HIP__) || defined(__HIPCC__) || defined(__CUDA__) || defined(__CUDACC__)
#define TL_HAS_STREAMS 1
#else
#define TL_HAS_STREAMS 0
#endif

namespace tl::detail {

#if defined(__HIP__) || defined(__HIPCC__)

inline constexpr std::uint32_t backend = TL_BACKEND_HIP;
using stream_t = hipStream_t;

inline std::int32_t current_device() {
  int device = -1;
  if (hipGetDevice(&device) == hipSuccess)
    return device;
  static_cast<void>(hipGetLastError()); // the program has not asked, and must not see it
  return -1;
}

/// Also true when the answer itself fails because another stream is being captured.
inline bool is_capturing(void *stream) {
  hipStreamCaptureStatus status = hipStreamCaptureStatusNone;
  const hipError_t error = hipStreamIsCapturing(static_cast<hipStream_t>(stream), &status);
  if (error == hipSuccess)
    return status != hipStreamCaptureStatusNone;
  static_cast<void>(hipGetLastError());
  return error == hipErrorStreamCaptureImplicit;
}

/// What a launch that was refused has left behind; clears it.
inline const char *take_error() {
  const hipError_t error = hipGetLastError();
  return error == hipSuccess ? nullptr : hipGetErrorString(error);
}

/// tl_factory::find_symbol.
inline bool find_symbol(const void *shadow, void **address, std::uint64_t *bytes) {
  std::size_t size = 0;
  if (hipGetSymbolAddress(address, shadow) == hipSuccess &&
      hipGetSymbolSize(&size, shadow) == hipSuccess)
    return *bytes = size, true;
  static_cast<void>(hipGetLastError());
  return false;
}

#elif defined(__CUDA__) || defined(__CUDACC__)

inline constexpr std::uint32_t backend = TL_BACKEND_CUDA;
using stream_t = cudaStream_t;

inline std::int32_t current_device() {
  int device = -1;
  return cudaGetDevice(&device) == cudaSuccess ? device : -1;
}

/// Also true when the answer itself fails because another stream is being captured.
inline bool is_capturing(void *stream) {
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  const cudaError_t error = cudaStreamIsCapturing(static_cast<cudaStream_t>(stream), &status);
  return error == cudaErrorStreamCaptureImplicit || status != cudaStreamCaptureStatusNone;
}

/// What a launch that was refused has left behind; clears it.
inline const char *take_error() {
  const cudaError_t error = cudaGetLastError();
  return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

/// tl_factory::find_symbol.
inline bool find_symbol(const void *shadow, void **address, std::uint64_t *bytes) {
  std::size_t size = 0;
  if (cudaGetSymbolAddress(address, shadow) == cudaSuccess &&
      cudaGetSymbolSize(&size, shadow) == cudaSuccess)
    return *bytes = size, true;
  static_cast<void>(cudaGetLastError());
  return false;
}

#else

inline constexpr std::uint32_t backend = TL_BACKEND_CPU;
using stream_t = void *;
constexpr std::int32_t current_device() { return -1; }
constexpr bool is_capturing(void *) { return false; }
constexpr const char *(*take_error)() = nullptr;
constexpr bool (*find_symbol)(const void *, void **, std::uint64_t *) = nullptr;

#endif

} // namespace tl::detail

#endif
