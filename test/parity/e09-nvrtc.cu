// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// E9, NVRTC: kernels that are compiled on the machine with the device, by what launches can ask for: <<<>>>,
// dynamic shared memory above 48 KiB, clusters, cooperative and dependent launches, an L2 window, tensor maps (tiled and
// im2col), lazy factories; in sessions, whose workers load them, too. What does not compile is a trial with NVRTC's message, and a later process
// takes the code from its file and compiles nothing.
//
// REQUIRES: cuda
// RUN: %clangxx -O2 %cuda %plugin %s -o %t %runtime %cudalibs
// RUN: %if nvidia-gpu %{ %t | %filecheck %s %}
// CHECK: plain: by NVRTC
// CHECK: 100 KiB of shared memory: by NVRTC, last element 127
// CHECK: cluster of 4 x 2: by NVRTC
// CHECK: cooperative: all 16 blocks met
// CHECK: dependent: with pdl the second kernel runs while the first waits
// CHECK: refused: a grid of 3 x 1 x 1 blocks is no multiple of the cluster of 2 x 1 x 1
// CHECK: L2 window: by NVRTC, of the table, 65536 bytes, ratio 0.25, persisting 1, set aside 1
// CHECK: im2col: by NVRTC, right
// CHECK: transpose by tensor maps: right, 4 of 5 trials measured
// CHECK: trial: box=64,compiler=nvrtc infeasible: did not compile: e09-nvrtc.cu({{[0-9]+}}): error: static assertion failed
// CHECK: with NVRTC alone: box={{[0-9]+}},compiler=nvrtc wins
// CHECK: another process, which compiles nothing: by NVRTC

#include <tl/autotune.h>

#ifdef __CUDACC_RTC__
/// As the driver's header declares it, which is no header for devices.
struct alignas(64) CUtensorMap {
  unsigned long long opaque[16];
};
#define BY_NVRTC 1
#else
#include <tl/tma.h>
#include <tl/tuner.h>

#include <cuda_runtime.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <unistd.h>
#include <vector>
#define BY_NVRTC 0
#endif

#include "Inputs/im2col.h"

struct config {
  int x = 1;
};

/// By whom it was compiled.
template <config C> __global__ void who(int *by) { *by = C.x + BY_NVRTC; }

__global__ void stage(int *to) {
  extern __shared__ int staged[];
  staged[(100 << 8) - 1 - threadIdx.x] = static_cast<int>(threadIdx.x);
  __syncthreads();
  if (threadIdx.x == 127)
    to[0] = 1 + BY_NVRTC, to[1] = staged[(100 << 8) - 128];
}

/// The cluster that the block is in.
template <config C> __global__ void look_around(int *to) {
  unsigned x = 0, y = 0;
  asm volatile("mov.u32 %0, %%cluster_nctaid.x; mov.u32 %1, %%cluster_nctaid.y;" : "=r"(x), "=r"(y));
  if (threadIdx.x == 0)
    to[0] = C.x + BY_NVRTC, to[1] = static_cast<int>(10 * x + y);
}

/// Ends only when all blocks are resident at once.
template <config C> __global__ void meet(int *counter) {
  if (threadIdx.x == 0)
    atomicAdd(counter, 1);
  while (atomicAdd(counter, 0) < static_cast<int>(gridDim.x)) {
  }
}

/// Waits for the next kernel on the stream, at most 200 ms, and says whether it came.
template <config C> __global__ void first_kernel(volatile int *flag, int *met) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;");
#endif
  unsigned long long begin, now;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(begin));
  do
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
  while (*flag == 0 && now - begin < 200'000'000ull);
  *met = *flag;
}
template <config C> __global__ void second_kernel(volatile int *flag) { *flag = 1; }

/// The columns, and behind them by whom it was compiled.
template <config C> __global__ void im2col_kernel(const __grid_constant__ CUtensorMap from, float *to) {
  load_column<width * height, channels>(from, to);
  if (blockIdx.x == 0 && threadIdx.x == 0)
    to[positions * width * height * channels] = C.x + BY_NVRTC;
}

struct box_config {
  int box = 8;
};

template <box_config C>
__global__ void transpose_kernel(int rows, int columns, const __grid_constant__ CUtensorMap from, float *to) {
  constexpr int box = C.box;
#ifdef __CUDACC_RTC__
  static_assert(box != 64, "too large");
#endif
  __shared__ alignas(128) float tile[box * box];
  __shared__ alignas(8) unsigned long long barrier;
  const int x = static_cast<int>(blockIdx.x) * box, y = static_cast<int>(blockIdx.y) * box;
  if (threadIdx.x == 0)
    barrier_init(&barrier, 1);
  __syncthreads();
  if (threadIdx.x == 0) {
    barrier_expect(&barrier, sizeof tile);
    asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];" ::"r"(
                     shared_address(tile)),
                 "l"(&from), "r"(x), "r"(y), "r"(shared_address(&barrier))
                 : "memory");
  }
  barrier_wait(&barrier, 0);
  for (int i = static_cast<int>(threadIdx.x); i < box * box; i += static_cast<int>(blockDim.x)) {
    const int row = i % box, column = i / box;
    if (y + row < rows && x + column < columns)
      to[(x + column) * rows + y + row] = tile[row * box + column];
  }
}

#ifndef __CUDACC_RTC__

#define CHECK(call)                                                                                                    \
  do {                                                                                                                 \
    const cudaError_t error = (call);                                                                                  \
    if (error != cudaSuccess) {                                                                                        \
      std::printf("%s: %s\n", #call, cudaGetErrorString(error));                                                       \
      std::exit(1);                                                                                                    \
    }                                                                                                                  \
  } while (0)

using one = tl::kernel<void(int *)>;
#define BY_NVRTC_TOO [[tl::autotune({.x = 1}, key = tl::one_problem, compilers = {tl::nvrtc()})]]

template <config C = config{}> BY_NVRTC_TOO void plain(int *to) {
  who<C><<<1, 1>>>(to);
}
template <config C = config{}> BY_NVRTC_TOO void shared(int *to) {
  one(&stage).grid(1).block(128).shared(100 << 10)(to);
}
template <config C = config{}> BY_NVRTC_TOO void clustered(int *to) {
  one(&look_around<C>).grid(8, 4, 2).block(32, 2).cluster(4, 2)(to);
}
template <config C = config{}> BY_NVRTC_TOO void together(int *to) {
  one(&meet<C>).grid(16).block(32).cooperative()(to);
}
template <config C = config{}>
BY_NVRTC_TOO void dependent(int *to, cudaStream_t stream) {
  one(&second_kernel<C>).grid(1).block(1).on(stream)(to); // its first launch loads it
  CHECK(cudaStreamSynchronize(stream));
  CHECK(cudaMemset(to, 0, 2 * sizeof(int)));
  first_kernel<C><<<1, 1, 0, stream>>>(to, to + 1);
  one(&second_kernel<C>).grid(1).block(1).pdl(true).on(stream)(to);
}
template <config C = config{}> BY_NVRTC_TOO void refused(int *to) {
  one(&look_around<C>).grid(3).block(32).cluster(2)(to);
}

template <config C = config{}> BY_NVRTC_TOO void persisting(int *table, cudaStream_t stream) {
  one(&who<C>).grid(1).block(1).l2_persist(0, 65536, 0.25f).on(stream)(table);
}
using gather = tl::kernel<void(tl::in<float>, tl::out<float>)>;
template <config C = config{}> BY_NVRTC_TOO gather im2col() {
  return gather(&im2col_kernel<C>).grid(positions).block(128).template tma<0>(window(width * height, channels));
}

inline constexpr auto boxes = tl::space<box_config>().axis(&box_config::box, {8, 16, 32, 64});
using transpose_launch = tl::kernel<void(tl::in<float>, tl::out<float>)>;
template <box_config C = box_config{}>
[[tl::autotune(configs = boxes, compilers = {tl::nvrtc()}, supply = tl::supply::automatic, timeout = 20)]]
transpose_launch transpose(int rows, int columns) {
  const auto tiles = [](int extent) { return static_cast<unsigned>((extent + C.box - 1) / C.box); };
  return transpose_launch(&transpose_kernel<C>, rows, columns)
      .grid(tiles(columns), tiles(rows))
      .block(128)
      .template tma<0>(tl::tma_tiled{.dims = {static_cast<std::uint64_t>(columns), static_cast<std::uint64_t>(rows)},
                                     .box = {static_cast<std::uint32_t>(C.box), static_cast<std::uint32_t>(C.box)}})
      .template extent<0>(rows, columns)
      .template extent<1>(columns, rows);
}

static const char *by(int marked) { return marked == 2 ? "by NVRTC" : marked == 1 ? "by Clang" : "by nobody"; }

/// The L2 window of the launch as the driver received it.
static void window_of(cudaStream_t stream) {
  int *table = nullptr, marked = 0;
  CHECK(cudaMalloc(&table, 65536));
  persisting(table, stream); // what is loaded and set once is so before the capture
  CHECK(cudaMemcpyAsync(&marked, table, sizeof marked, cudaMemcpyDeviceToHost, stream));
  CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed));
  persisting(table, stream);
  cudaGraph_t graph = nullptr;
  cudaGraphNode_t node = nullptr;
  std::size_t count = 1, aside = 0;
  cudaLaunchAttributeValue value{};
  CHECK(cudaStreamEndCapture(stream, &graph));
  CHECK(cudaGraphGetNodes(graph, &node, &count));
  CHECK(cudaGraphKernelNodeGetAttribute(node, cudaLaunchAttributeAccessPolicyWindow, &value));
  CHECK(cudaDeviceGetLimit(&aside, cudaLimitPersistingL2CacheSize));
  const cudaAccessPolicyWindow &set = value.accessPolicyWindow;
  std::printf("L2 window: %s, of %s, %zu bytes, ratio %.2f, persisting %d, set aside %d\n", by(marked),
              set.base_ptr == table ? "the table" : "another", set.num_bytes, static_cast<double>(set.hitRatio),
              set.hitProp == cudaAccessPropertyPersisting, aside >= set.num_bytes);
  CHECK(cudaGraphDestroy(graph));
  CHECK(cudaFree(table));
}

static void im2col_right() {
  const std::vector<float> host = tensor();
  std::vector<float> result(positions * width * height * channels + 1);
  float *from = nullptr, *to = nullptr;
  CHECK(cudaMalloc(&from, host.size() * sizeof(float)));
  CHECK(cudaMalloc(&to, result.size() * sizeof(float)));
  CHECK(cudaMemcpy(from, host.data(), host.size() * sizeof(float), cudaMemcpyHostToDevice));
  im2col()(tl::in<float>(from, host.size()), tl::out<float>(to, result.size()));
  CHECK(cudaMemcpy(result.data(), to, result.size() * sizeof(float), cudaMemcpyDeviceToHost));
  std::printf("im2col: %s, %s\n", by(static_cast<int>(result.back())),
              gathered<width * height, channels>(result) ? "right" : "wrong");
}

static void transpose_right() {
  constexpr int rows = 640, columns = 1000;
  std::vector<float> host(rows * columns), result(host.size());
  for (std::size_t i = 0; i < host.size(); ++i)
    host[i] = static_cast<float>(i);
  float *from = nullptr, *to = nullptr;
  CHECK(cudaMalloc(&from, host.size() * sizeof(float)));
  CHECK(cudaMalloc(&to, host.size() * sizeof(float)));
  CHECK(cudaMemcpy(from, host.data(), host.size() * sizeof(float), cudaMemcpyHostToDevice));
  const tl::tuning_result found = tl::tuner(&transpose<>).run(rows, columns);
  transpose(rows, columns)(tl::in<float>(from, host.size()), tl::out<float>(to, host.size()));
  CHECK(cudaMemcpy(result.data(), to, host.size() * sizeof(float), cudaMemcpyDeviceToHost));
  std::size_t wrong = 0, measured = 0;
  for (int row = 0; row < rows; ++row)
    for (int column = 0; column < columns; ++column)
      wrong += result[static_cast<std::size_t>(column * rows + row)] != host[static_cast<std::size_t>(row * columns + column)];
  for (const tl::trial_result &it : found.trials)
    measured += it.status == "measured" || it.status == "cut";
  std::printf("transpose by tensor maps: %s, %zu of %zu trials measured\n", wrong == 0 ? "right" : "wrong", measured,
              found.trials.size());
  if (const tl::trial_result *large = found.trial("box=64,compiler=nvrtc"))
    std::printf("trial: %s %s: %s\n", large->config.c_str(), large->status.c_str(), large->reason.c_str());
  // The default is Clang's as well: without it, the winner is one of NVRTC's.
  const tl::trial_result *best = nullptr;
  for (const tl::trial_result &it : found.trials)
    if (it.status == "measured" && it.config.ends_with("nvrtc") && (!best || it.median_ns < best->median_ns))
      best = &it;
  std::printf("with NVRTC alone: %s wins\n", best ? best->config.c_str() : found.failure.c_str());
}

int main(int argc, char **argv) {
  int *data = nullptr;
  int host[2] = {};
  CHECK(cudaMalloc(&data, sizeof host));
  CHECK(cudaMemset(data, 0, sizeof host));
  const auto read = [&] {
    CHECK(cudaDeviceSynchronize());
    CHECK(cudaMemcpy(host, data, sizeof host, cudaMemcpyDeviceToHost));
    CHECK(cudaMemset(data, 0, sizeof host));
  };
  ::setenv("TL_FORCE_CONFIG", "compiler=nvrtc", 1);
  if (argc > 1) {
    plain(data);
    read();
    std::printf("another process, which compiles nothing: %s\n", by(host[0]));
    return 0;
  }
  cudaStream_t stream = nullptr;
  CHECK(cudaStreamCreate(&stream));
  plain(data);
  read();
  std::printf("plain: %s\n", by(host[0]));
  shared(data);
  read();
  std::printf("100 KiB of shared memory: %s, last element %d\n", by(host[0]), host[1]);
  clustered(data);
  read();
  std::printf("cluster of %d x %d: %s\n", host[1] / 10, host[1] % 10, by(host[0]));
  together(data);
  read();
  std::printf("cooperative: all %d blocks met\n", host[0]);
  dependent(data, stream);
  read();
  std::printf("dependent: with pdl the second kernel %s while the first waits\n", host[1] ? "runs" : "does not run");
  try {
    refused(data);
    std::puts("launched");
  } catch (const tl::infeasible &why) {
    std::printf("refused: %s\n", why.what());
  }
  window_of(stream);
  im2col_right();
  ::unsetenv("TL_FORCE_CONFIG");
  transpose_right();
  std::fflush(stdout);
  // With TL_TUNE=off nothing is compiled, and what is kept is used.
  ::execl("/usr/bin/env", "env", "TL_TUNE=off", argv[0], "again", nullptr);
}

#endif // __CUDACC_RTC__
