// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// E5, the L2 window: it reaches the driver with each launch, for a pointer and for a launch argument, with the part
// of L2 that it needs set aside; and what it does: a table is read again and again while a large buffer streams by.
// Prints both times; the results must agree (no statement about time is made here, docs/lazy.md has one).
//
// REQUIRES: cuda
// RUN: %clangxx -O2 %cuda %s -o %t %cudalibs
// RUN: %if nvidia-gpu %{ %t | %filecheck %s %}
// CHECK: by argument: the table, 65536 bytes, ratio 0.25, persisting 1, set aside 1
// CHECK: by pointer: the table, 32768 bytes, ratio 1.00, persisting 1, set aside 1
// CHECK: none: 0 bytes
// CHECK: infeasible: an L2 window of 1099511627776 bytes, the device allows {{[0-9]+}} bytes and sets aside at most {{[0-9]+}} bytes
// CHECK: plain {{[0-9.]+}} us, persisting {{[0-9.]+}} us, sums agree 1

#include <tl/autotune.h>
#include <tl/bench.h>

#include <cstdio>
#include <cuda_runtime.h>
#include <vector>

/// Each thread walks the stream once and looks up a scattered table entry for each element.
__global__ void look_up(const unsigned *table, unsigned table_mask, const unsigned *stream, std::size_t n, unsigned *sums) {
  unsigned sum = 0;
  for (std::size_t i = blockIdx.x * std::size_t(blockDim.x) + threadIdx.x; i < n; i += std::size_t(gridDim.x) * blockDim.x) {
    const unsigned at = stream[i] * 2654435761u;
    sum += table[(at >> 7) & table_mask];
  }
  sums[blockIdx.x * blockDim.x + threadIdx.x] = sum;
}

using one = tl::kernel<void(unsigned *)>;
__global__ void touch(unsigned *table) { table[threadIdx.x] = threadIdx.x; }

/// The window of a launch as the driver received it.
static int received(const char *what, const one &described, unsigned *table) {
  cudaStream_t stream = nullptr;
  cudaGraph_t graph = nullptr;
  cudaGraphNode_t node = nullptr;
  std::size_t count = 1, aside = 0;
  described(table); // what is set once is set before the capture
  if (cudaStreamCreate(&stream) != cudaSuccess || cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed) != cudaSuccess)
    return 1;
  described.on(stream)(table);
  cudaLaunchAttributeValue value{};
  if (cudaStreamEndCapture(stream, &graph) != cudaSuccess || cudaGraphGetNodes(graph, &node, &count) != cudaSuccess ||
      cudaGraphKernelNodeGetAttribute(node, cudaLaunchAttributeAccessPolicyWindow, &value) != cudaSuccess ||
      cudaDeviceGetLimit(&aside, cudaLimitPersistingL2CacheSize) != cudaSuccess)
    return 1;
  const cudaAccessPolicyWindow &window = value.accessPolicyWindow;
  if (window.num_bytes == 0)
    std::printf("%s: 0 bytes\n", what);
  else
    std::printf("%s: %s, %zu bytes, ratio %.2f, persisting %d, set aside %d\n", what, window.base_ptr == table ? "the table" : "another",
                window.num_bytes, static_cast<double>(window.hitRatio), window.hitProp == cudaAccessPropertyPersisting,
                aside >= window.num_bytes);
  cudaGraphDestroy(graph), cudaStreamDestroy(stream);
  return 0;
}

int main() {
  constexpr std::size_t table_size = std::size_t(5) << 20, n = std::size_t(256) << 20; // 16 MiB used of 20, and 1 GiB
  constexpr unsigned mask = (1u << 22) - 1, grid = 528, block = 512;
  unsigned *table = nullptr, *stream_data = nullptr, *sums = nullptr;
  if (cudaMalloc(&table, table_size * 4) != cudaSuccess || cudaMalloc(&stream_data, n * 4) != cudaSuccess ||
      cudaMalloc(&sums, grid * block * 4) != cudaSuccess)
    return 1;
  if (received("by argument", one(&touch).grid(1).block(32).l2_persist(0, 65536, 0.25f), table) ||
      received("by pointer", one(&touch).grid(1).block(32).l2_persist(static_cast<const void *>(table), 32768), table) ||
      received("none", one(&touch).grid(1).block(32), table))
    return 1;
  try {
    one(&touch).grid(1).block(32).l2_persist(0, std::size_t(1) << 40)(table);
    std::puts("launched");
  } catch (const tl::infeasible &why) {
    std::printf("infeasible: %s\n", why.what());
  }
  std::vector<unsigned> host(n);
  for (std::size_t i = 0; i < n; ++i)
    host[i] = static_cast<unsigned>(i * 2246822519u);
  cudaMemcpy(stream_data, host.data(), n * 4, cudaMemcpyHostToDevice);
  cudaMemcpy(table, host.data(), table_size * 4, cudaMemcpyHostToDevice);
  using launch = tl::kernel<void(const unsigned *, unsigned, const unsigned *, std::size_t, unsigned *)>;
  launch plain(&look_up), persisting(&look_up);
  plain.grid(grid).block(block);
  persisting.grid(grid).block(block).l2_persist(0, (std::size_t(mask) + 1) * 4, 1.0f);
  const auto run = [&](const launch &what, std::vector<unsigned> &result) {
    const tl::bench_result time = tl::bench([&] { what(table, mask, stream_data, n, sums); }, {.rep = 30, .cold = false});
    result.resize(grid * block);
    cudaMemcpy(result.data(), sums, result.size() * 4, cudaMemcpyDeviceToHost);
    return time.median_ns / 1e3;
  };
  std::vector<unsigned> a, b;
  const double before = run(plain, a), after = run(persisting, b);
  std::printf("plain %.1f us, persisting %.1f us, sums agree %d\n", before, after, a == b);
}
