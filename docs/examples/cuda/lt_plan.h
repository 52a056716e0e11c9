// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a program keeps of cuBLASLt for a problem: a handle, descriptions of the operands, and the
// library's list of algorithms, best guess first. Half precision, C = A * B^T, row-major,
// accumulated in float.

#ifndef TL_EXAMPLES_CUDA_LT_PLAN_H
#define TL_EXAMPLES_CUDA_LT_PLAN_H

#include <cstddef>
#include <cublasLt.h>
#include <vector>

struct lt_plan {
  cublasLtHandle_t handle;
  cublasLtMatmulDesc_t operation;
  cublasLtMatrixLayout_t left, right, result;
  std::vector<cublasLtMatmulHeuristicResult_t> algorithms;
};

/// The process's plan for a problem on the current device, made at the first call. Workspaces have
/// `workspace` bytes. Throws std::runtime_error.
const lt_plan &lt_plan_for(int m, int n, int k, std::size_t workspace);

#endif
