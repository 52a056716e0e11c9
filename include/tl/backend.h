// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a dispatcher has to ask the device toolkit that the source is compiled with: which device is
// current, and whether the stream among the arguments is being captured.

#ifndef TL_BACKEND_H
#define TL_BACKEND_H

#include <tl/abi.h>
#include <tl/signature.h>

#if defined(__HIP__) || defined(__HIPCC__)
#include <hip/hip_runtime_api.h>
#elif defined(__CUDA__) || defined(__CUDACC__)
#include <cuda_runtime_api.h>
#endif

namespace tl::detail {

#if defined(__HIP__) || defined(__HIPCC__)

inline constexpr std::uint32_t backend = TL_BACKEND_HIP;

inline std::int32_t current_device() {
  int device = -1;
  return hipGetDevice(&device) == hipSuccess ? device : -1;
}

inline bool is_capturing(void *stream) {
  hipStreamCaptureStatus status = hipStreamCaptureStatusNone;
  return hipStreamIsCapturing(static_cast<hipStream_t>(stream), &status) == hipSuccess &&
         status != hipStreamCaptureStatusNone;
}

#elif defined(__CUDA__) || defined(__CUDACC__)

inline constexpr std::uint32_t backend = TL_BACKEND_CUDA;

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

#else

inline constexpr std::uint32_t backend = TL_BACKEND_CPU;
constexpr std::int32_t current_device() { return -1; }
constexpr bool is_capturing(void *) { return false; }

#endif

} // namespace tl::detail

#endif
