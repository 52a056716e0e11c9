// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The tuned function through tvm-ffi: one library for every version of PyTorch and Python, and for
// everything else that speaks DLPack (NumPy, CuPy, JAX). The caller makes the output.

#include <tvm/ffi/container/tensor.h>
#include <tvm/ffi/extra/c_env_api.h>
#include <tvm/ffi/function.h>
#ifdef FOR_CUDA
#include <tvm/ffi/extra/cuda/device_guard.h>
#endif

#include "swiglu.h"

using tvm::ffi::TensorView;

// snippet: function
void swiglu_of(TensorView gate, TensorView up, TensorView out) {
  for (const TensorView &it : {gate, up, out})
    if (it.dtype().code != kDLFloat || it.dtype().bits != 32 || !it.IsContiguous() ||
        it.numel() != gate.numel())
      TVM_FFI_THROW(ValueError) << "swiglu: expected contiguous float tensors of the same shape";
#ifdef FOR_CUDA
  const tvm::ffi::CUDADeviceGuard guard(gate.device().device_id);
#endif
  void *stream = TVMFFIEnvGetStream(gate.device().device_type, gate.device().device_id);
  swiglu(gate.numel(), static_cast<const float *>(gate.data_ptr()),
         static_cast<const float *>(up.data_ptr()), static_cast<float *>(out.data_ptr()), stream);
}
TVM_FFI_DLL_EXPORT_TYPED_FUNC(swiglu, swiglu_of)
// end
