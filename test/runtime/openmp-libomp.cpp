// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// LLVM's OpenMP runtime has threads before anything is tuned. The fork does not have them, and a region in
// a variant must not wait for them.
//
// ThreadSanitizer knows nothing of what LLVM's runtime does between its threads, and allows no threads after a fork.
//
// REQUIRES: libomp
// UNSUPPORTED: sanitize-thread
// RUN: %clangxx %plugin -O2 %libomp %s -o %t %runtime
// RUN: env OMP_NUM_THREADS=3 timeout 60 %t | %filecheck %s
// CHECK: before: 3 threads
// CHECK-NEXT: right
// RUN: %trials | FileCheck %s --check-prefix=TRIALS
// TRIALS: sum_rows|n=4096|chunk=1|{{measured|cut}}|
// TRIALS: sum_rows|n=4096|chunk=16|{{measured|cut}}|
// TRIALS: sum_rows|n=4096|chunk=64|{{measured|cut}}|

#include "Inputs/openmp.h"

inline constexpr auto chunks = tl::space<chunk_config>().axis(&chunk_config::chunk, {1, 16, 64});

template <chunk_config C = chunk_config{}>
TL_AUTOTUNE(configs = chunks, timeout = 10)
void sum_rows(int n, const float *in, float *out) {
  sum_rows_in_parallel(C.chunk, n, in, out);
}

int main() { return run_openmp_test([](int n, const float *in, float *out) { sum_rows(n, in, out); }); }
