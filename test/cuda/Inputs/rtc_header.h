// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A header of the user's, of which NVRTC sees something else than the host's compiler.

#pragma once

#ifdef __CUDACC_RTC__
#define TWICE(x) ((x) + (x))
#else
#include <vector>
#define TWICE(x) (2 * (x))
#endif
__device__ inline float twice(float x) { return TWICE(x) * SCALE; }
