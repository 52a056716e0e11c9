// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Trials on a real device: what a variant can do wrong, what it costs, and that the caller's memory
// never notices. The factories are written out as the plugin would generate them, so that this
// tests the runtime alone.
//
// REQUIRES: cuda
// RUN: %clangxx %cuda -O1 -I%source_dir %s -o %t \
// RUN:   -x none %runtime_static -lgtest -lgtest_main %cudalibs
// RUN: %t

#include "runtime/backend/find_backend.h"
#include "runtime/support/log.h"

#include <tl/autotune.h>

#include "../utils/handwritten.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cuda_runtime.h>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

using tl::rt::verdict;
using tl::rt::trial_status;

namespace {

#define CHECK_CUDA(call) ASSERT_EQ(call, cudaSuccess) << #call

enum class habit : int {
  good,
  slow,
  wrong,
  forgetful,
  endless,
  bad_address,
  past_the_end,
  before_the_start,
  trap,
  too_many_threads,
  too_much_shared,
  bounded,
  spills,
  aborts,
  throws,
  asserts,
  greedy,
  vandal,
  count
};

__device__ volatile int never = 0;

template <habit H> __global__ void scale_kernel(int n, const float *x, float *y) {
  extern __shared__ float shared[];
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (H == habit::endless)
    while (never == 0) {
    }
  if (H == habit::bad_address && i == 0)
    *reinterpret_cast<float *>(0x10) = 1;
  if (H == habit::trap && i == 0)
    __trap();
  // Right, but beyond the guard zones it leaves no buffer as it was, or hits what is not there.
  if (H == habit::vandal)
    for (std::size_t k = 0; k < 16; ++k)
      y[std::size_t(n) + 64 * 1024 + k * std::size_t(n) + static_cast<std::size_t>(i)] = 7;
  if (H == habit::asserts && i == 0)
    assert(n < 0);
  if (H == habit::past_the_end && i == 0)
    y[n] = 1;
  if (H == habit::before_the_start && i == 0)
    y[-1] = 1;
  if (H == habit::too_much_shared)
    shared[threadIdx.x] = 0;
  if (i >= n || (H == habit::forgetful && i % 7 == 3))
    return;
  float value = 2 * x[i] + 1;
  if (H == habit::slow)
    for (int k = 0; k < 2000; ++k)
      value = value * 1.0000001f + 1e-20f;
  if (H == habit::wrong && i % 2 == 0)
    value += 5;
  y[i] = value;
}

// Compiled for blocks of 128 threads.
template <habit H>
__global__ void __launch_bounds__(128) bounded_kernel(int n, const float *x, float *y) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n)
    y[i] = 2 * x[i] + 1;
}

// Indexed by what is not known, so it lies in local memory; and some static shared memory.
template <habit H> __global__ void spilling_kernel(int n, const float *x, float *y) {
  __shared__ float shared[256];
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  float local[64];
  for (int k = 0; k < 64; ++k)
    local[k] = i < n ? 2 * x[i] + static_cast<float>(k) : 0;
  shared[threadIdx.x] = local[(n + i) % 64] - static_cast<float>((n + i) % 64);
  __syncthreads(); // or the compiler needs no shared memory for it
  if (i < n)
    y[i] = shared[threadIdx.x] + 1;
}

template <habit H> void scale(int n, const float *x, float *y, cudaStream_t stream) {
  if (H == habit::aborts)
    std::abort();
  if (H == habit::throws)
    throw std::runtime_error("no such tile");
  const int threads = H == habit::too_many_threads ? 2048 : 256;
  std::size_t shared = 0;
  if (H == habit::too_much_shared) {
    shared = 400 * 1024;
    cudaFuncSetAttribute(scale_kernel<H>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                         static_cast<int>(shared));
  }
  if (H == habit::bounded)
    bounded_kernel<H><<<(n + 255) / 256, 256, 0, stream>>>(n, x, y);
  else if (H == habit::spills)
    spilling_kernel<H><<<(n + 255) / 256, 256, 0, stream>>>(n, x, y);
  else
    scale_kernel<H><<<(n + 255) / 256, threads, shared, stream>>>(n, x, y);
  void *scratch = nullptr;
  if (H == habit::greedy)
    cudaMalloc(&scratch, std::size_t(1) << 46);
}

using scale_signature = void(int, const float *, float *, cudaStream_t);

template <int... I> const auto &scale_functions(std::integer_sequence<int, I...>) {
  static void (*const functions[])(int, const float *, float *,
                                   cudaStream_t) = {&scale<static_cast<habit>(I)>...};
  return functions;
}

constexpr int habits = static_cast<int>(habit::count);

const tl_factory *scale_factory() {
  static const char *const configs[habits] = {};
  static constexpr tl::handwritten::parameter_table<scale_signature> parameters("n", "x", "y", "stream");
  static tl_dispatch_slot slot;
  static const tl_factory factory = tl::detail::describe(tl::handwritten::complete(tl::detail::generated{
      "test_scale", "scale", "bench_test.cu", 1, "00000000000000000000000000000000", configs,
      scale_functions(std::make_integer_sequence<int, habits>{}), habits, 0}, parameters, slot));
  return &factory;
}

// In place, on the legacy default stream: no stream among the arguments.
template <int Step> __global__ void grow_kernel(int n, float *x) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n)
    x[i] = 1.5f * x[i] + 1;
}
template <int Threads> void grow(int n, tl::inout<float> x) {
  grow_kernel<Threads><<<(n + Threads - 1) / Threads, Threads>>>(n, x.data());
}
using grow_signature = void(int, tl::inout<float>);
const tl_factory *grow_factory() {
  static void (*const functions[])(int, tl::inout<float>) = {&grow<128>, &grow<256>};
  static const char *const configs[] = {"threads=128", "threads=256"};
  static constexpr tl::handwritten::parameter_table<grow_signature> parameters("n", "x");
  static tl_dispatch_slot slot;
  static const tl_factory factory = tl::detail::describe(tl::handwritten::complete(tl::detail::generated{
      "test_grow", "grow", "bench_test.cu", 2, "00000000000000000000000000000000", configs,
      functions, 2, 0}, parameters, slot));
  return &factory;
}

// A plain struct with an address in it.
struct packed {
  int n;
  float *x;
};
template <int Threads> void grow_packed(packed what, cudaStream_t stream) {
  grow_kernel<Threads><<<(what.n + Threads - 1) / Threads, Threads, 0, stream>>>(what.n, what.x);
}
using packed_signature = void(packed, cudaStream_t);
const tl_factory *packed_factory() {
  static void (*const functions[])(packed, cudaStream_t) = {&grow_packed<128>, &grow_packed<256>};
  static const char *const configs[] = {"threads=128", "threads=256"};
  static constexpr tl::handwritten::parameter_table<packed_signature> parameters("what", "stream");
  static tl_dispatch_slot slot;
  static const tl_factory factory = tl::detail::describe(tl::handwritten::complete(tl::detail::generated{
      "test_packed", "grow_packed", "bench_test.cu", 3, "00000000000000000000000000000000", configs,
      functions, 2, 0}, parameters, slot));
  return &factory;
}

const bool registered = (tl_rt_register(scale_factory(), nullptr), tl_rt_register(grow_factory(), nullptr),
                         tl_rt_register(packed_factory(), nullptr), true);

class CudaBench : public ::testing::Test {
protected:
  void SetUp() override {
    int devices = 0;
    if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0)
      GTEST_SKIP() << "no CUDA device";
    backend = tl::rt::find_backend(TL_BACKEND_CUDA, error);
    ASSERT_NE(backend, nullptr) << error;
    CHECK_CUDA(cudaStreamCreate(&stream));
    host.resize(n);
    for (int i = 0; i < n; ++i)
      host[i] = static_cast<float>(i % 1000) * 0.5f - 17;
    CHECK_CUDA(cudaMalloc(&x, n * sizeof(float)));
    CHECK_CUDA(cudaMalloc(&y, n * sizeof(float)));
    CHECK_CUDA(cudaMemcpy(x, host.data(), n * sizeof(float), cudaMemcpyHostToDevice));
    CHECK_CUDA(cudaMemcpy(y, host.data(), n * sizeof(float), cudaMemcpyHostToDevice));
  }

  void TearDown() override {
    if (!stream)
      return;
    expect_untouched(x);
    expect_untouched(y);
    EXPECT_EQ(cudaGetLastError(), cudaSuccess);
    cudaFree(x);
    cudaFree(y);
    cudaStreamDestroy(stream);
  }

  void expect_untouched(const float *device) {
    std::vector<float> now(n);
    CHECK_CUDA(cudaMemcpy(now.data(), device, n * sizeof(float), cudaMemcpyDeviceToHost));
    EXPECT_EQ(now, host) << "the caller's memory was changed";
  }

  template <class... Arguments>
  std::unique_ptr<tl::rt::trial_bench> open(const tl_factory *factory, tl_options options,
                                            bool in_process, Arguments &...arguments) {
    void *addresses[] = {&arguments..., nullptr};
    for (std::size_t i = 0; i < std::size(addresses); ++i)
      kept[i] = addresses[i];
    call.struct_size = sizeof call;
    call.arguments = kept;
    call.device = 0;
    call.stream = stream;
    tl::rt::tuning_task task{factory, &call, options, cold, in_process, 1};
    auto bench = backend->open(task, error);
    EXPECT_NE(bench, nullptr) << error;
    return bench;
  }
  std::unique_ptr<tl::rt::trial_bench> open_scale(bool in_process = false) {
    return open(scale_factory(), scale_factory()->options, in_process, n, x, y, stream);
  }

  tl::rt::backend *backend = nullptr;
  std::string error;
  cudaStream_t stream = nullptr;
  bool cold = true;
  int n = 1 << 20;
  float *x = nullptr, *y = nullptr;
  std::vector<float> host;
  void *kept[8];
  tl_call call{};
};

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void report(const char *what, const verdict &outcome) {
  std::printf("  %-18s %-14s %9.1f us  %s\n", what, std::string(to_string(outcome.status())).c_str(),
              outcome.time_ns * 1e-3, outcome.reason.c_str());
}

TEST_F(CudaBench, identity) {
  const auto properties = backend->identity(0);
  for (const auto &[name, value] : properties)
    std::printf("  %s=%s\n", name.c_str(), value.c_str());
  std::printf("  %s\n", backend->unit(0).c_str());
  EXPECT_GE(properties.size(), 6u);
  for (const auto &[name, value] : properties)
    EXPECT_NE(value, "") << name;
}

TEST_F(CudaBench, each_fault_costs_its_own_trial_only) {
  const auto begin = std::chrono::steady_clock::now();
  auto bench = open_scale();
  ASSERT_NE(bench, nullptr);
  verdict outcome = bench->prepare();
  std::printf("  worker ready and reference run in %.0f ms\n", seconds_since(begin) * 1e3);
  ASSERT_TRUE(outcome.right()) << outcome.reason;

  const auto probe = [&](habit h, const char *name, double limit = 10) {
    const auto start = std::chrono::steady_clock::now();
    verdict got = bench->probe(static_cast<std::uint32_t>(h), limit);
    std::printf("%6.0f ms", seconds_since(start) * 1e3);
    report(name, got);
    return got;
  };
  outcome = probe(habit::good, "good");
  EXPECT_TRUE(outcome.right()) << outcome.reason;
  EXPECT_NE(outcome.resources.find("\"registers\":"), std::string::npos) << outcome.resources;
  std::printf("  %s\n", outcome.resources.c_str());
  EXPECT_EQ(probe(habit::wrong, "wrong").failure, trial_status::wrong);
  EXPECT_EQ(probe(habit::forgetful, "forgetful").failure, trial_status::wrong);
  EXPECT_EQ(probe(habit::endless, "endless", 0.5).failure, trial_status::timed_out);
  EXPECT_TRUE(probe(habit::good, "good").right());
  EXPECT_EQ(probe(habit::bad_address, "bad address").failure, trial_status::device_error);
  EXPECT_TRUE(probe(habit::good, "good").right());
  EXPECT_EQ(probe(habit::past_the_end, "past the end").failure, trial_status::out_of_bounds);
  EXPECT_EQ(probe(habit::before_the_start, "before the start").failure, trial_status::out_of_bounds);
  EXPECT_EQ(probe(habit::trap, "trap").failure, trial_status::device_error);
  outcome = probe(habit::too_many_threads, "too many threads");
  EXPECT_EQ(outcome.failure, trial_status::infeasible);
  EXPECT_NE(outcome.reason.find("2048 threads"), std::string::npos) << outcome.reason;
  outcome = probe(habit::too_much_shared, "too much shared");
  EXPECT_EQ(outcome.failure, trial_status::infeasible);
  EXPECT_NE(outcome.reason.find("409600 bytes"), std::string::npos) << outcome.reason;
  outcome = probe(habit::bounded, "too many for it");
  EXPECT_EQ(outcome.failure, trial_status::infeasible);
  EXPECT_NE(outcome.reason.find("256 threads per block at "), std::string::npos) << outcome.reason;
  EXPECT_NE(outcome.reason.find("the kernel allows 128"), std::string::npos) << outcome.reason;
  EXPECT_EQ(probe(habit::aborts, "aborts").failure, trial_status::crashed);
  EXPECT_EQ(probe(habit::throws, "throws").failure, trial_status::threw);
  outcome = probe(habit::asserts, "asserts");
  EXPECT_EQ(outcome.failure, trial_status::device_error);
  EXPECT_NE(outcome.reason.find("CUDA_ERROR_ASSERT"), std::string::npos) << outcome.reason;
  EXPECT_EQ(probe(habit::greedy, "greedy").failure, trial_status::out_of_memory);
  probe(habit::vandal, "vandal");
  EXPECT_TRUE(probe(habit::good, "good").right());
  EXPECT_EQ(probe(habit::wrong, "wrong").failure, trial_status::wrong);
  EXPECT_TRUE(probe(habit::slow, "slow").right());
  EXPECT_TRUE(probe(habit::good, "good").right());
}

/// The number behind a name in a trial's resources, -1 where there is none.
double number_in(const std::string &resources, const std::string &name) {
  const std::size_t at = resources.find("\"" + name + "\":");
  return at == std::string::npos ? -1 : std::atof(resources.c_str() + at + name.size() + 3);
}

TEST_F(CudaBench, resources_of_a_variant) {
  auto bench = open_scale();
  ASSERT_NE(bench, nullptr);
  ASSERT_TRUE(bench->prepare().right());
  const verdict outcome = bench->probe(static_cast<std::uint32_t>(habit::spills), 10);
  ASSERT_TRUE(outcome.right()) << outcome.reason;
  std::printf("  %s\n", outcome.resources.c_str());
  EXPECT_GT(number_in(outcome.resources, "registers"), 0);
  EXPECT_GE(number_in(outcome.resources, "local_bytes"), 256);
  EXPECT_EQ(number_in(outcome.resources, "static_shared_bytes"), 1024);
  EXPECT_EQ(number_in(outcome.resources, "dynamic_shared_bytes"), 0);
  EXPECT_GT(number_in(outcome.resources, "occupancy"), 0);
  EXPECT_LE(number_in(outcome.resources, "occupancy"), 1);
}

// The buffers fit into the cache. Cold samples wait for memory, but not for the flush, which takes longer than
// they do; each launch of a sample is preceded by one.
TEST_F(CudaBench, cold_samples_leave_the_flush_out) {
  int l2 = 0;
  CHECK_CUDA(cudaDeviceGetAttribute(&l2, cudaDevAttrL2CacheSize, 0));
  void *scratch = nullptr;
  cudaEvent_t start, stop;
  CHECK_CUDA(cudaMalloc(&scratch, 2 * static_cast<std::size_t>(l2)));
  CHECK_CUDA(cudaEventCreate(&start));
  CHECK_CUDA(cudaEventCreate(&stop));
  float flush_ms = 0;
  for (int i = 0; i < 3; ++i) {
    CHECK_CUDA(cudaEventRecord(start, stream));
    CHECK_CUDA(cudaMemsetAsync(scratch, 0, 2 * static_cast<std::size_t>(l2), stream));
    CHECK_CUDA(cudaEventRecord(stop, stream));
    CHECK_CUDA(cudaStreamSynchronize(stream));
    CHECK_CUDA(cudaEventElapsedTime(&flush_ms, start, stop));
  }
  CHECK_CUDA(cudaFree(scratch));
  CHECK_CUDA(cudaEventDestroy(start));
  CHECK_CUDA(cudaEventDestroy(stop));
  double best_ns[2] = {1e9, 1e9};
  for (const bool is_cold : {false, true}) {
    cold = is_cold;
    auto bench = open_scale();
    ASSERT_NE(bench, nullptr);
    ASSERT_TRUE(bench->prepare().right());
    ASSERT_TRUE(bench->probe(0, 10).right());
    const tl::rt::sample_request order[] = {{0, 20}};
    for (int i = 0; i < 5; ++i)
      for (const auto &it : bench->round(order, 10).samples)
        best_ns[is_cold] = std::min(best_ns[is_cold], it.outcome.time_ns);
  }
  std::printf("  cold %.2f us, hot %.2f us, a flush takes %.2f us\n", best_ns[1] * 1e-3,
              best_ns[0] * 1e-3, flush_ms * 1e3);
  EXPECT_LT(best_ns[1], 0.5e6 * flush_ms);
  EXPECT_GT(best_ns[1], best_ns[0]);
}

TEST_F(CudaBench, rounds_time_what_the_device_does) {
  // CUPTI's library is the toolkit's, and may be missing where a program runs.
  const std::string log_file = ::testing::TempDir() + "tl-bench-test.log";
  std::remove(log_file.c_str());
  tl::rt::set_log_output(tl::rt::log_level::warning, log_file);
  for (const unsigned profiler :
       {TL_PROFILER_EVENT, TL_PROFILER_GRAPH, TL_PROFILER_CUPTI, TL_PROFILER_WALL}) {
    tl_options options = scale_factory()->options;
    options.profiler = profiler;
    auto bench = open(scale_factory(), options, false, n, x, y, stream);
    ASSERT_NE(bench, nullptr);
    ASSERT_TRUE(bench->prepare().right());
    ASSERT_TRUE(bench->probe(0, 10).right());
    ASSERT_TRUE(bench->probe(1, 10).right());
    const tl::rt::sample_request order[] = {{0, 4}, {1, 1}, {0, 1}, {1, 4}};
    for (int i = 0; i < 3; ++i) {
      const auto start = std::chrono::steady_clock::now();
      const tl::rt::timed_round taken = bench->round(order, 10);
      std::printf("  profiler %u: round in %.2f ms, clock %.3f:", profiler,
                  seconds_since(start) * 1e3, taken.clock);
      ASSERT_EQ(taken.samples.size(), 4u);
      for (const auto &it : taken.samples) {
        EXPECT_TRUE(it.outcome.right()) << it.outcome.reason;
        EXPECT_GT(it.outcome.time_ns, 0);
        std::printf(" v%u %.2f us", it.variant, it.outcome.time_ns * 1e-3);
      }
      std::printf("\n");
      EXPECT_GT(taken.clock, 0);
      EXPECT_LT(taken.samples[0].outcome.time_ns, taken.samples[3].outcome.time_ns);
    }
  }
  std::ifstream log(log_file);
  for (std::string line; std::getline(log, line);) {
    std::printf("  profiler replaced: %s\n", line.c_str());
    EXPECT_NE(line.find("cupti"), std::string::npos) << line;
  }
}

TEST_F(CudaBench, a_fault_in_a_round_costs_one_sample) {
  auto bench = open_scale();
  ASSERT_NE(bench, nullptr);
  ASSERT_TRUE(bench->prepare().right());
  const tl::rt::sample_request order[] = {
      {0, 1}, {static_cast<std::uint32_t>(habit::bad_address), 1}, {1, 1}};
  const tl::rt::timed_round taken = bench->round(order, 10);
  ASSERT_EQ(taken.samples.size(), 3u);
  EXPECT_TRUE(taken.samples[0].outcome.right())
      << taken.samples[0].outcome.reason;
  EXPECT_EQ(taken.samples[1].outcome.failure, trial_status::device_error);
  EXPECT_TRUE(taken.samples[2].outcome.right())
      << taken.samples[2].outcome.reason;
}

TEST_F(CudaBench, in_place_on_the_default_stream) {
  tl::inout<float> view(x, static_cast<std::size_t>(n));
  auto bench = open(grow_factory(), grow_factory()->options, false, n, view);
  ASSERT_NE(bench, nullptr);
  verdict outcome = bench->prepare();
  ASSERT_TRUE(outcome.right()) << outcome.reason;
  outcome = bench->probe(1, 10);
  EXPECT_TRUE(outcome.right()) << outcome.reason;
  report("in place", outcome);
  const tl::rt::sample_request order[] = {{0, 2}, {1, 2}};
  for (const auto &it : bench->round(order, 10).samples)
    EXPECT_TRUE(it.outcome.right()) << it.outcome.reason;
}

TEST_F(CudaBench, addresses_inside_a_struct) {
  packed what{n, x};
  auto bench = open(packed_factory(), packed_factory()->options, false, what, stream);
  ASSERT_NE(bench, nullptr);
  verdict outcome = bench->prepare();
  ASSERT_TRUE(outcome.right()) << outcome.reason;
  outcome = bench->probe(1, 10);
  EXPECT_TRUE(outcome.right()) << outcome.reason;
}

TEST_F(CudaBench, inside_the_calling_process) {
  auto bench = open_scale(true);
  ASSERT_NE(bench, nullptr);
  ASSERT_TRUE(bench->prepare().right());
  verdict outcome = bench->probe(0, 10);
  EXPECT_TRUE(outcome.right()) << outcome.reason;
  EXPECT_EQ(bench->probe(static_cast<std::uint32_t>(habit::wrong), 10).failure, trial_status::wrong);
  EXPECT_EQ(bench->probe(static_cast<std::uint32_t>(habit::too_many_threads), 10).failure,
            trial_status::infeasible);
  EXPECT_EQ(bench->probe(static_cast<std::uint32_t>(habit::past_the_end), 10).failure,
            trial_status::out_of_bounds);
}

// What compute-sanitizer looks at: it cannot follow a variant that faults, nor one that is killed.
TEST_F(CudaBench, clean_in_process) {
  auto bench = open_scale(true);
  ASSERT_NE(bench, nullptr);
  ASSERT_TRUE(bench->prepare().right());
  EXPECT_TRUE(bench->probe(static_cast<std::uint32_t>(habit::good), 10).right());
  EXPECT_EQ(bench->probe(static_cast<std::uint32_t>(habit::wrong), 10).failure, trial_status::wrong);
  const tl::rt::sample_request order[] = {{0, 2}, {1, 1}};
  for (const auto &it : bench->round(order, 10).samples)
    EXPECT_TRUE(it.outcome.right()) << it.outcome.reason;
}

TEST_F(CudaBench, memory_that_cannot_be_shared_is_staged) {
  float *pooled = nullptr, *managed = nullptr;
  CHECK_CUDA(cudaMallocAsync(&pooled, n * sizeof(float), stream));
  CHECK_CUDA(cudaMallocManaged(&managed, n * sizeof(float)));
  CHECK_CUDA(
      cudaMemcpyAsync(pooled, host.data(), n * sizeof(float), cudaMemcpyHostToDevice, stream));
  CHECK_CUDA(
      cudaMemcpyAsync(managed, host.data(), n * sizeof(float), cudaMemcpyHostToDevice, stream));
  {
    auto bench = open(scale_factory(), scale_factory()->options, false, n, pooled, managed, stream);
    ASSERT_NE(bench, nullptr);
    ASSERT_TRUE(bench->prepare().right());
    verdict outcome = bench->probe(0, 10);
    EXPECT_TRUE(outcome.right()) << outcome.reason;
    EXPECT_EQ(bench->probe(static_cast<std::uint32_t>(habit::wrong), 10).failure,
              trial_status::wrong);
  }
  expect_untouched(pooled);
  expect_untouched(managed);
  cudaFreeAsync(pooled, stream);
  cudaFree(managed);
}

} // namespace
