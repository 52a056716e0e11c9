// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <tl/nvcc_compat.h>

#include <cub/block/block_reduce.cuh>
#include <cuda/barrier>

// snippet: barrier
__global__ void sum_rows(const float4 *in, float *out) {
  using barrier = cuda::barrier<cuda::thread_scope_block>;
  __shared__ alignas(barrier) unsigned char storage[sizeof(barrier)];
  barrier &all = *reinterpret_cast<barrier *>(storage);
  if (threadIdx.x == 0)
    init(&all, blockDim.x);
  __syncthreads();
  const float4 it = __ldlu(&in[blockIdx.x * 128 + threadIdx.x]); // read once
  all.arrive_and_wait();

  using reduce = cub::BlockReduce<float, 128>;
  __shared__ reduce::TempStorage temporary;
  const float sum = reduce(temporary).Sum(it.x + it.y + it.z + it.w);
  if (threadIdx.x == 0)
    __stcs(&out[blockIdx.x], sum); // not read again soon
}
// end
