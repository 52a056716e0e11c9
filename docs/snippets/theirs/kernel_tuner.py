# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
import kernel_tuner
import numpy

source = """
__global__ void scale(int n, const float *x, float *y) {
  for (int k = 0; k < per_thread; ++k) {
    int i = (blockIdx.x * per_thread + k) * block_size_x + threadIdx.x;
    if (i < n) y[i] = 2 * x[i];
  }
}
"""
n = numpy.int32(1 << 24)
x = numpy.ones(n, dtype=numpy.float32)
y = numpy.zeros(n, dtype=numpy.float32)

kernel_tuner.tune_kernel(
    "scale",
    source,
    int(n),
    [n, x, y],
    dict(block_size_x=[64, 128, 256, 512], per_thread=[1, 2, 4]),
    grid_div_x=["block_size_x", "per_thread"],
    restrictions=["block_size_x * per_thread <= 1024"],
    answer=[None, None, 2 * x],
    cache="scale.json",
)
