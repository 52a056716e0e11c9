// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// snippet: header
#ifndef KERNELS_H
#define KERNELS_H
// What C, C++17 and other compilers see: as before.
#ifdef __cplusplus
extern "C" {
#endif
void stencil_f32(int nx, int ny, const float *from, float *to);
#ifdef __cplusplus
}
namespace kernels {
template <class T> void scale(int n, T by, T *x); // instantiated in kernels.cpp, for float and double
}
#endif
#endif
// end
