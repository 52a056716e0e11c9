// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How far arguments reach on a real device, which of them go to a worker and which cannot, and a worker on a
// second device. The factories are written out as the plugin would generate them.
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

#include <cstdio>
#include <cstdlib>
#include <cuda_runtime.h>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using tl::rt::verdict;
using tl::rt::trial_status;

namespace {

#define CHECK_CUDA(call) ASSERT_EQ(call, cudaSuccess) << #call

enum habit { good, wrong, past_the_end, endless, habits };

__device__ volatile int never = 0;

template <habit H> __global__ void add_kernel(int n, const float *x, float *y) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (H == endless)
    while (never == 0) {
    }
  if (H == past_the_end && i == 0)
    y[n] = 1;
  if (i < n)
    y[i] = x[i] + (H == wrong ? 2 : 1);
}

template <habit H> void launch(int n, const float *x, float *y, cudaStream_t stream) {
  add_kernel<H><<<(n + 255) / 256, 256, 0, stream>>>(n, x, y);
}
template <habit H> void add(int n, const float *x, float *y, cudaStream_t stream) { launch<H>(n, x, y, stream); }
template <habit H> void add_views(tl::in<float> x, tl::out<float> y, cudaStream_t stream) {
  launch<H>(static_cast<int>(y.size()), x.data(), y.data(), stream);
}

/// No other process can make one: it has a copy constructor of its own.
struct pair_of_buffers {
  pair_of_buffers(const float *from, float *to) : x(from), y(to) {}
  pair_of_buffers(const pair_of_buffers &other) : x(other.x), y(other.y) {}
  const float *x;
  float *y;
};
template <habit H> void add_pair(int n, pair_of_buffers both, cudaStream_t stream) {
  launch<H>(n, both.x, both.y, stream);
}
/// The last argument is for the host only.
template <habit H> void add_noted(int n, const float *x, float *y, const int *note, cudaStream_t stream) {
  launch<H>(*note == 7 ? n : 0, x, y, stream);
}

template <class... Arguments> struct factory_of {
  static inline void (*functions[habits])(Arguments...);
  static inline const char *id;
  static const tl_factory *get() {
    static const char *const configs[] = {"good", "wrong", "past_the_end", "endless"};
    using table = tl::handwritten::parameter_table<void(Arguments...)>;
    static constexpr auto parameters = []<std::size_t... I>(std::index_sequence<I...>) {
      constexpr const char *names[] = {"a", "b", "c", "d", "e"};
      return table(names[I]...);
    }(std::index_sequence_for<Arguments...>{});
    static tl_dispatch_slot slot;
    static const tl_factory factory = tl::detail::describe(tl::handwritten::complete(
        tl::detail::generated{id, id, "arguments_test.cu", 1, "00000000000000000000000000000000", configs, functions,
                              habits, 0},
        parameters, slot));
    return &factory;
  }
  template <int... I>
  static bool make(const char *name, std::integer_sequence<int, I...>, void (*const (&all)[habits])(Arguments...)) {
    id = name;
    ((functions[I] = all[I]), ...);
    tl_rt_register(get(), nullptr);
    return true;
  }
};

#define FACTORY(name, ...)                                                                                            \
  using name##_factory = factory_of<__VA_ARGS__>;                                                                     \
  const bool name##_registered = name##_factory::make("test_" #name, std::make_integer_sequence<int, habits>{},       \
                                                      {&name<good>, &name<wrong>, &name<past_the_end>, &name<endless>})
FACTORY(add, int, const float *, float *, cudaStream_t);
FACTORY(add_views, tl::in<float>, tl::out<float>, cudaStream_t);
FACTORY(add_pair, int, pair_of_buffers, cudaStream_t);
FACTORY(add_noted, int, const float *, float *, const int *, cudaStream_t);

class CudaArguments : public ::testing::Test {
protected:
  void SetUp() override {
    if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0)
      GTEST_SKIP() << "no CUDA device";
    backend = tl::rt::find_backend(TL_BACKEND_CUDA, error);
    ASSERT_NE(backend, nullptr) << error;
    CHECK_CUDA(cudaStreamCreate(&stream));
    host.resize(size);
    for (int i = 0; i < size; ++i)
      host[i] = static_cast<float>(i % 1000) * 0.5f - 17;
    CHECK_CUDA(cudaMalloc(&block, size * sizeof(float)));
    CHECK_CUDA(cudaMemcpy(block, host.data(), size * sizeof(float), cudaMemcpyHostToDevice));
    log_file = ::testing::TempDir() + "tl-arguments-test.log";
    std::remove(log_file.c_str());
    tl::rt::set_log_output(tl::rt::log_level::info, log_file);
  }
  void TearDown() override {
    if (!stream)
      return;
    std::vector<float> now(size);
    CHECK_CUDA(cudaMemcpy(now.data(), block, size * sizeof(float), cudaMemcpyDeviceToHost));
    EXPECT_EQ(now, host) << "the caller's memory was changed";
    EXPECT_EQ(cudaGetLastError(), cudaSuccess);
    cudaFree(block);
    cudaStreamDestroy(stream);
  }

  std::string log() const {
    std::ifstream file(log_file);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  template <class... Arguments>
  std::unique_ptr<tl::rt::trial_bench> open(const tl_factory *factory, Arguments &...arguments) {
    void *addresses[] = {&arguments..., nullptr};
    std::copy(std::begin(addresses), std::end(addresses), kept);
    call = {};
    call.struct_size = sizeof call;
    call.arguments = kept;
    call.stream = stream;
    const tl::rt::tuning_task task{factory, &call, factory->options, true, false, 1};
    auto bench = backend->open(task, error);
    EXPECT_NE(bench, nullptr) << error;
    if (bench) {
      const verdict prepared = bench->prepare();
      EXPECT_TRUE(prepared.right()) << prepared.reason;
    }
    return bench;
  }
  static void expect(tl::rt::trial_bench &bench, habit variant, trial_status status) {
    const verdict outcome = bench.probe(variant, variant == endless ? 0.5 : 10);
    EXPECT_EQ(outcome.status(), status) << variant << ": " << outcome.reason;
  }

  int devices = 0;
  tl::rt::backend *backend = nullptr;
  std::string error, log_file;
  cudaStream_t stream = nullptr;
  int size = 1 << 20;
  float *block = nullptr;
  std::vector<float> host;
  void *kept[8];
  tl_call call{};
};

// The driver says where the allocation of an address in its middle begins and ends: both arguments are of one
// block, and what is behind the second belongs to it.
TEST_F(CudaArguments, addresses_in_the_middle_of_one_block) {
  int n = 1000;
  const float *x = block + 333;
  float *y = block + 5001;
  auto bench = open(add_factory::get(), n, x, y, stream);
  ASSERT_NE(bench, nullptr);
  expect(*bench, good, trial_status::measured);
  expect(*bench, wrong, trial_status::wrong);
  EXPECT_EQ(log().find("inside the program"), std::string::npos) << log();
}

// A view says how far it reaches, so a write behind it is seen although it hits the caller's allocation.
TEST_F(CudaArguments, views_of_a_part) {
  tl::in<float> x(block + 100, 4000);
  tl::out<float> y(block + 10000, 4000);
  auto bench = open(add_views_factory::get(), x, y, stream);
  ASSERT_NE(bench, nullptr);
  expect(*bench, good, trial_status::measured);
  expect(*bench, past_the_end, trial_status::out_of_bounds);
  expect(*bench, wrong, trial_status::wrong);
}

TEST_F(CudaArguments, objects_that_cannot_cross_are_tried_inside_the_program) {
  int n = 1000;
  pair_of_buffers both(block, block + 4000);
  auto bench = open(add_pair_factory::get(), n, both, stream);
  ASSERT_NE(bench, nullptr);
  expect(*bench, good, trial_status::measured);
  expect(*bench, wrong, trial_status::wrong);
  EXPECT_NE(log().find("trials run inside the program"), std::string::npos) << log();
  EXPECT_NE(log().find("b is an object of a class that cannot be copied to another process"), std::string::npos) << log();
}

TEST_F(CudaArguments, host_memory_of_unknown_extent_is_tried_inside_the_program) {
  int n = 1000, seven = 7;
  const float *x = block;
  float *y = block + 4000;
  const int *note = &seven;
  auto bench = open(add_noted_factory::get(), n, x, y, note, stream);
  ASSERT_NE(bench, nullptr);
  expect(*bench, good, trial_status::measured);
  expect(*bench, wrong, trial_status::wrong);
  EXPECT_NE(log().find("d leads to memory that the driver does not know"), std::string::npos) << log();
}

// The buffers of the first device, opened by a worker on the second.
TEST_F(CudaArguments, worker_on_a_second_device) {
  if (devices < 2)
    GTEST_SKIP() << "one device";
  int n = 100000;
  const float *x = block;
  float *y = block + 500000;
  auto bench = open(add_factory::get(), n, x, y, stream);
  ASSERT_NE(bench, nullptr);
  EXPECT_EQ(backend->identity(0), backend->identity(1));
  EXPECT_NE(backend->unit(0), backend->unit(1));
  auto helper = bench->open_helper(1, error);
  ASSERT_NE(helper, nullptr) << error;
  const verdict prepared = helper->prepare();
  ASSERT_TRUE(prepared.right()) << prepared.reason;
  expect(*helper, good, trial_status::measured);
  expect(*helper, wrong, trial_status::wrong);
  expect(*helper, endless, trial_status::timed_out);
  expect(*helper, good, trial_status::measured);
  expect(*bench, good, trial_status::measured);
  expect(*bench, wrong, trial_status::wrong);
  // Idle but for what this test has just done there.
  const auto peers = backend->idle_peers(0);
  std::printf("  idle peers of device 0: %zu of %d\n", peers.size(), devices - 1);
}

} // namespace
