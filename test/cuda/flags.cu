// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table of flags in docs/nvcc.md is true, row by row, of this kernel.
//
// REQUIRES: cuda, clang-22
// RUN: rm -rf %t && mkdir %t && %python %S/Inputs/flag_table.py %source_dir/docs/nvcc.md %clang_path %cuda_path %s %t
//
// A row that is not true is found.
// RUN: sed 's/-ffp-contract=off/-ffp-contract=fast/' %source_dir/docs/nvcc.md > %t/wrong.md
// RUN: not %python %S/Inputs/flag_table.py %t/wrong.md %clang_path %cuda_path %s %t --fmad | FileCheck %s
// CHECK: `-ffp-contract=fast`: Clang's PTX has no add.rn.f32

__global__ void kernel(float *x) {
  x[0] = x[1] / x[2] + sinf(x[3]) * x[4] + sqrtf(x[5]) + x[6] * x[7];
}
