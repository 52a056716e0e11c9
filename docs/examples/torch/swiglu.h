/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef TL_EXAMPLES_TORCH_SWIGLU_H
#define TL_EXAMPLES_TORCH_SWIGLU_H
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
/* out[i] = gate[i] * sigmoid(gate[i]) * up[i], of n elements; `stream` is null on the CPU. */
void swiglu(int64_t n, const float *gate, const float *up, float *out, void *stream);
#ifdef __cplusplus
}
#endif
#endif
