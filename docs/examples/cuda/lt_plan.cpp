// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "lt_plan.h"

#include <cstdint>
#include <cuda_runtime.h>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

namespace {

void need(cublasStatus_t status, const char *what) {
  if (status != CUBLAS_STATUS_SUCCESS)
    throw std::runtime_error(std::string(what) + ": " + cublasLtGetStatusString(status));
}

} // namespace

const lt_plan &lt_plan_for(int m, int n, int k, std::size_t workspace) {
  static std::mutex mutex;
  static std::map<std::tuple<int, int, int, int, std::size_t>, lt_plan> plans; // never freed
  int device = 0;
  cudaGetDevice(&device);
  const std::tuple key(device, m, n, k, workspace);
  const std::lock_guard lock(mutex);
  if (const auto at = plans.find(key); at != plans.end())
    return at->second;
  lt_plan plan;
  need(cublasLtCreate(&plan.handle), "cublasLtCreate");
  need(cublasLtMatmulDescCreate(&plan.operation, CUBLAS_COMPUTE_32F, CUDA_R_32F), "description");
  // Column-major C^T = B * A^T is what row-major C = A * B^T looks like from there.
  const cublasOperation_t transposed = CUBLAS_OP_T;
  need(cublasLtMatmulDescSetAttribute(plan.operation, CUBLASLT_MATMUL_DESC_TRANSA, &transposed,
                                      sizeof transposed),
       "transposition");
  const auto rows = static_cast<std::uint64_t>(n), columns = static_cast<std::uint64_t>(m),
             depth = static_cast<std::uint64_t>(k);
  need(cublasLtMatrixLayoutCreate(&plan.left, CUDA_R_16F, depth, rows, k), "layout");
  need(cublasLtMatrixLayoutCreate(&plan.right, CUDA_R_16F, depth, columns, k), "layout");
  need(cublasLtMatrixLayoutCreate(&plan.result, CUDA_R_16F, rows, columns, n), "layout");
  cublasLtMatmulPreference_t preference = nullptr;
  need(cublasLtMatmulPreferenceCreate(&preference), "preference");
  need(cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                            &workspace, sizeof workspace),
       "workspace");
  std::vector<cublasLtMatmulHeuristicResult_t> found(16);
  int count = 0;
  need(cublasLtMatmulAlgoGetHeuristic(plan.handle, plan.operation, plan.left, plan.right,
                                      plan.result, plan.result, preference,
                                      static_cast<int>(found.size()), found.data(), &count),
       "cublasLtMatmulAlgoGetHeuristic");
  cublasLtMatmulPreferenceDestroy(preference);
  found.resize(static_cast<std::size_t>(count));
  plan.algorithms = std::move(found);
  return plans.emplace(key, std::move(plan)).first->second;
}
