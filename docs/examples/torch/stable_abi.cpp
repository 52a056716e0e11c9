// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The tuned function as an operator of PyTorch, by LibTorch's stable ABI: built once, it loads into
// PyTorch 2.10 and later, whatever Python. Any C++17 compiler will do; no CUDA header is needed.

#define TORCH_TARGET_VERSION (((0ULL + 2) << 56) | ((0ULL + 10) << 48))
#define USE_CUDA // declares aoti_torch_get_current_cuda_stream()
#include <torch/csrc/stable/library.h>
#include <torch/csrc/stable/ops.h>
#include <torch/csrc/stable/tensor.h>

#include "swiglu.h"

using torch::stable::Tensor;

// snippet: operator
Tensor swiglu_of(const Tensor &gate, const Tensor &up) {
  STD_TORCH_CHECK(gate.scalar_type() == torch::headeronly::ScalarType::Float &&
                      up.scalar_type() == gate.scalar_type() && gate.is_contiguous() &&
                      up.is_contiguous() && gate.numel() == up.numel(),
                  "swiglu: expected two contiguous float tensors of the same shape");
  Tensor out = torch::stable::empty_like(gate);
  void *stream = nullptr;
#ifdef FOR_CUDA
  const torch::stable::accelerator::DeviceGuard guard(gate.get_device_index());
  TORCH_ERROR_CODE_CHECK(aoti_torch_get_current_cuda_stream(gate.get_device_index(), &stream));
#endif
  swiglu(gate.numel(), gate.const_data_ptr<float>(), up.const_data_ptr<float>(),
         out.mutable_data_ptr<float>(), stream);
  return out;
}

STABLE_TORCH_LIBRARY(tl_example, m) { m.def("swiglu(Tensor gate, Tensor up) -> Tensor"); }
#ifdef FOR_CUDA
STABLE_TORCH_LIBRARY_IMPL(tl_example, CUDA, m) { m.impl("swiglu", TORCH_BOX(&swiglu_of)); }
#else
STABLE_TORCH_LIBRARY_IMPL(tl_example, CPU, m) { m.impl("swiglu", TORCH_BOX(&swiglu_of)); }
#endif
// end
