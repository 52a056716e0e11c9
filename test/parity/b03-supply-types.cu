// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// B3 on a device: inputs that are generated there are bit for bit those that are generated on the host, for every
// element type, kind and seed; and what a variant sees of the types that only a device has a name for.
//
// REQUIRES: cuda
// RUN: %clangxx -O1 %cuda %plugin -I%source_dir -c %s -o %t.o
// RUN: %clangxx %t.o -o %t %runtime_static %cudalibs
// RUN: %if nvidia-gpu %{ %t | %filecheck %s %}
// CHECK: 105 buffers, 0 differ
// CHECK: automatic: half -1 1, bf16 -1 1, e4m3 -128 128, e5m2 -128 128
// CHECK: integer: half -2 2, bf16 -2 2, e4m3 -128 128, e5m2 -128 128
// CHECK: uniform: half -1 1, bf16 -1 1, e4m3 -1 1, e5m2 -1 1
// CHECK: normal: half -{{[456]}} {{[234]}}, bf16 -{{[456]}} {{[234]}}, e4m3 -{{[456]}} {{[234]}}, e5m2 -{{[456]}} {{[234]}}
// CHECK: randn: half -{{[345]}} {{[345]}}, bf16 -{{[345]}} {{[345]}}, e4m3 -{{[345]}} {{[345]}}, e5m2 -{{[345]}} {{[345]}}
// CHECK: zero: half 0 0, bf16 0 0, e4m3 0 0, e5m2 0 0
// CHECK: one: half 1 1, bf16 1 1, e4m3 1 1, e5m2 1 1

#include "runtime/supply/trial_inputs.h"

#include <tl/autotune.h>
#include <tl/tuner.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>
#include <cuda_runtime.h>
#include <string>
#include <vector>

using namespace tl::keywords;

struct config {
  int threads = 32;
};
using launch = tl::kernel<void(tl::in<__half>, tl::in<__nv_bfloat16>, tl::in<__nv_fp8_e4m3>, tl::in<__nv_fp8_e5m2>, tl::out<int>)>;
__global__ void nothing(int *to) { to[0] = 0; }

template <config C = config{}>
TL_AUTOTUNE({.threads = 32}, {.threads = 64}, timeout = 20, warmup = 1, rep = 4)
launch look_at(int n) {
  return launch([](auto, auto, auto, auto, tl::out<int> to, cudaStream_t stream) { nothing<<<1, C.threads, 0, stream>>>(to.data()); })
      .template extent<0>(n).template extent<1>(n).template extent<2>(n).template extent<3>(n).template extent<4>(1);
}

static std::string line;

/// Least and largest, rounded to whole numbers.
template <class T> static void note(const char *name, tl::in<T> view) {
  std::vector<unsigned char> raw(view.size() * sizeof(T));
  if (cudaMemcpy(raw.data(), view.data(), raw.size(), cudaMemcpyDeviceToHost) != cudaSuccess)
    std::exit(1);
  double least = 1e9, most = -1e9;
  for (std::size_t i = 0; i < view.size(); ++i) {
    T value;
    std::memcpy(&value, raw.data() + i * sizeof(T), sizeof value);
    least = std::min(least, static_cast<double>(static_cast<float>(value)));
    most = std::max(most, static_cast<double>(static_cast<float>(value)));
  }
  line += std::string(line.empty() ? "" : ", ") + name + " " + std::to_string(std::lround(least)) + " " + std::to_string(std::lround(most));
}

static int as_a_variant_sees_it() {
  const std::pair<const char *, tl::supply_t> kinds[] = {
      {"automatic", tl::supply::automatic}, {"integer", tl::supply::integer}, {"uniform", tl::supply::uniform},
      {"normal", tl::supply::normal},       {"randn", tl::supply::randn},     {"zero", tl::supply::zero},
      {"one", tl::supply::one}};
  for (const auto &[name, kind] : kinds) {
    const auto look = [](tl::in<__half> a, tl::in<__nv_bfloat16> b, tl::in<__nv_fp8_e4m3> c, tl::in<__nv_fp8_e5m2> d, tl::out<int>) {
      line.clear();
      note("half", a), note("bf16", b), note("e4m3", c), note("e5m2", d);
      return true;
    };
    const tl::tuning_result found = tl::tuner(&look_at<>).supply(kind).check(look).run(20000);
    if (!found.ok()) {
      std::puts(found.failure.c_str());
      return 1;
    }
    std::printf("%s: %s\n", name, line.c_str());
  }
  return 0;
}

int main() {
  if (cudaFree(nullptr) != cudaSuccess)
    return 1;
  int buffers = 0, differ = 0;
  for (std::uint32_t element = TL_ELEMENT_BOOL; element <= TL_ELEMENT_E5M2; ++element)
    for (std::uint32_t kind = TL_SUPPLY_AUTO; kind <= TL_SUPPLY_ONE; ++kind) {
      constexpr std::uint64_t bytes = 80'000;
      const std::uint64_t seed = element * 1000 + kind;
      std::string error;
      const auto host = tl::rt::make_input_memory(TL_BACKEND_CPU, -1, bytes, element, kind, seed, error);
      const auto device = tl::rt::make_input_memory(TL_BACKEND_CUDA, 0, bytes, element, kind, seed, error);
      if (!host || !device) {
        std::puts(error.c_str());
        return 1;
      }
      std::vector<char> copy(bytes);
      if (cudaMemcpy(copy.data(), device->data(), bytes, cudaMemcpyDeviceToHost) != cudaSuccess)
        return 1;
      ++buffers;
      if (std::memcmp(copy.data(), host->data(), bytes) != 0) {
        ++differ;
        std::printf("element %u, kind %u differ\n", element, kind);
      }
    }
  std::printf("%d buffers, %d differ\n", buffers, differ);
  return as_a_variant_sees_it();
}
