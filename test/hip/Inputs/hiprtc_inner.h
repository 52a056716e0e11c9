// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For hiprtc_header.h, which finds it beside itself.

#pragma once

__device__ inline float twice(float x) { return x + x; }
