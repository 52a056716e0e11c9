// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// E4, what a launch asks for: grid, block, shared memory, cluster, cooperative, priority as the driver
// received them (read back from a captured graph); programmatic dependent launch and a cooperative launch by what
// they do. A launch that fails says so, one that cannot be made is infeasible.
//
// REQUIRES: cuda
// RUN: %clangxx -O2 %cuda %plugin %s -o %t %runtime %cudalibs
// RUN: %if nvidia-gpu %{ %t | %filecheck %s %}
// CHECK: received: grid 8 x 4 x 2, block 32 x 2 x 1, 1024 bytes, cluster 4 x 2 x 1, cooperative 0, priority -1
// CHECK: received: grid 16 x 1 x 1, block 32 x 1 x 1, 0 bytes, cluster {{[01]}} x {{[01]}} x {{[01]}}, cooperative 1, priority 0
// CHECK: the kernel is in a cluster of 4 x 2 blocks
// CHECK: cooperative: all 16 blocks met
// CHECK: dependent: with pdl the second kernel runs while the first waits, without it does not
// CHECK: infeasible: a cooperative launch of 1000000 blocks, and {{[0-9]+}} are resident at once
// CHECK: infeasible: a grid of 3 x 1 x 1 blocks is no multiple of the cluster of 2 x 1 x 1
// CHECK: infeasible: a block of 4096 threads, the kernel ({{[0-9]+}} registers a thread) allows 1024
// CHECK: infeasible: kernel launch: cudaErrorInvalid{{.*}}
// CHECK: and the next launch is right

#include <tl/autotune.h>

#include <cuda_runtime.h>

#include <cstdio>
#include <cstdlib>

#define CHECK(call)                                                                                                    \
  do {                                                                                                                 \
    const cudaError_t error = (call);                                                                                  \
    if (error != cudaSuccess) {                                                                                        \
      std::printf("%s: %s\n", #call, cudaGetErrorString(error));                                                       \
      std::exit(1);                                                                                                    \
    }                                                                                                                  \
  } while (0)

/// The cluster that the block is in.
__global__ void look_around(int *to) {
  unsigned x = 0, y = 0;
  asm volatile("mov.u32 %0, %%cluster_nctaid.x; mov.u32 %1, %%cluster_nctaid.y;" : "=r"(x), "=r"(y));
  if (threadIdx.x == 0)
    to[0] = static_cast<int>(x), to[1] = static_cast<int>(y);
}

/// Ends only when all blocks are resident at once.
__global__ void meet(int *counter) {
  if (threadIdx.x == 0)
    atomicAdd(counter, 1);
  while (atomicAdd(counter, 0) < static_cast<int>(gridDim.x)) {
  }
}

/// Waits for the next kernel on the stream, at most 200 ms, and says whether it came.
__global__ void first_kernel(volatile int *flag, int *met) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  cudaTriggerProgrammaticLaunchCompletion();
#endif
  unsigned long long begin, now;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(begin));
  do
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
  while (*flag == 0 && now - begin < 200'000'000ull);
  *met = *flag;
}
__global__ void second_kernel(volatile int *flag) { *flag = 1; }

using one = tl::kernel<void(int *)>;

/// What the driver is asked for by a launch.
static void received(const one &described, int *data, cudaStream_t stream) {
  cudaGraph_t graph = nullptr;
  CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed));
  described.on(stream)(data);
  CHECK(cudaStreamEndCapture(stream, &graph));
  cudaGraphNode_t node = nullptr;
  std::size_t count = 1;
  CHECK(cudaGraphGetNodes(graph, &node, &count));
  cudaKernelNodeParams launch{};
  CHECK(cudaGraphKernelNodeGetParams(node, &launch));
  cudaLaunchAttributeValue cluster{}, cooperative{}, priority{};
  CHECK(cudaGraphKernelNodeGetAttribute(node, cudaLaunchAttributeClusterDimension, &cluster));
  CHECK(cudaGraphKernelNodeGetAttribute(node, cudaLaunchAttributeCooperative, &cooperative));
  CHECK(cudaGraphKernelNodeGetAttribute(node, cudaLaunchAttributePriority, &priority));
  std::printf("received: grid %u x %u x %u, block %u x %u x %u, %u bytes, cluster %u x %u x %u, cooperative %d, priority %d\n",
              launch.gridDim.x, launch.gridDim.y, launch.gridDim.z, launch.blockDim.x, launch.blockDim.y, launch.blockDim.z,
              launch.sharedMemBytes, cluster.clusterDim.x, cluster.clusterDim.y, cluster.clusterDim.z, cooperative.cooperative,
              priority.priority);
  CHECK(cudaGraphDestroy(graph));
}

template <class Body> static void refused(Body &&body) {
  try {
    body();
    std::puts("launched");
  } catch (const tl::infeasible &why) {
    std::printf("infeasible: %s\n", why.what());
  }
}

int main() {
  int *data = nullptr;
  int host[3] = {};
  CHECK(cudaMalloc(&data, sizeof host));
  const auto read = [&] {
    CHECK(cudaDeviceSynchronize());
    CHECK(cudaMemcpy(host, data, sizeof host, cudaMemcpyDeviceToHost));
    CHECK(cudaMemset(data, 0, sizeof host));
    CHECK(cudaDeviceSynchronize());
  };
  read();
  cudaStream_t stream = nullptr;
  CHECK(cudaStreamCreate(&stream));
  const one clustered = one(&look_around).grid(8, 4, 2).block(32, 2).shared(1024).cluster(4, 2).priority(-1);
  const one together = one(&meet).grid(16).block(32).cooperative();
  received(clustered, data, stream);
  received(together, data, stream);
  clustered.on(stream)(data);
  read();
  std::printf("the kernel is in a cluster of %d x %d blocks\n", host[0], host[1]);
  together.on(stream)(data);
  read();
  std::printf("cooperative: all %d blocks met\n", host[0]);

  // Its first launch loads it, which waits for what is running.
  one(&second_kernel).grid(1).block(1).on(stream)(data);
  read();
  bool met[2];
  for (const bool pdl : {true, false}) {
    first_kernel<<<1, 1, 0, stream>>>(data, data + 1);
    one(&second_kernel).grid(1).block(1).pdl(pdl).on(stream)(data);
    read();
    met[pdl] = host[1] != 0;
  }
  std::printf("dependent: with pdl the second kernel %s while the first waits, without it %s\n", met[1] ? "runs" : "does not run",
              met[0] ? "does" : "does not");

  refused([&] { one(&meet).grid(1'000'000).block(32).cooperative()(data); });
  refused([&] { one(&look_around).grid(3).block(32).cluster(2)(data); });
  refused([&] { one(&look_around).grid(1).block(4096)(data); });
  refused([&] { one(&look_around).grid(1, 70'000).block(32)(data); });
  one(&look_around).grid(2).block(32).cluster(2)(data);
  read();
  std::printf("and the next launch is %s\n", host[0] == 2 && host[1] == 1 ? "right" : "wrong");
}
