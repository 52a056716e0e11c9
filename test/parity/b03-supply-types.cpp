// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// B3, `supply_type`: the seven kinds of generated inputs for each element type that a CPU has a name for, as
// a variant sees them; the same seed gives the same, another one does not. (Every type, 8-bit floating point
// included, value by value: unit/supply_test.cpp; on a device: b03-supply-types.cu.)
//
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: %t | %filecheck %s
//
// bool, signed, unsigned, half, bf16, float, double: least and largest.
// CHECK: automatic: bool 0 1, i8 -2 2, i64 -2 2, u16 0 2, u32 0 2, f16 -1 1, bf16 -1 1, f32 -1 1, f64 -1 1
// CHECK: integer: bool 0 1, i8 -2 2, i64 -2 2, u16 0 2, u32 0 2, f16 -2 2, bf16 -2 2, f32 -2 2, f64 -2 2
// CHECK: uniform: bool 1 1, i8 1 1, i64 1 1, u16 1 1, u32 1 1, f16 -1 1, bf16 -1 1, f32 -1 1, f64 -1 1
// CHECK: normal: bool 1 1, i8 1 1, i64 1 1, u16 1 1, u32 1 1, f16 -{{[345]}} {{[234]}}, bf16 -{{[345]}} {{[234]}}, f32 -{{[345]}} {{[234]}}, f64 -{{[345]}} {{[234]}}
// CHECK: randn: bool 0 1, i8 -{{[345]}} {{[345]}}, i64 -{{[345]}} {{[345]}}, u16 0 {{[345]}}, u32 0 {{[345]}}, f16 -{{[345]}} {{[345]}}, bf16 -{{[345]}} {{[345]}}, f32 -{{[345]}} {{[345]}}, f64 -{{[345]}} {{[345]}}
// CHECK: zero: bool 0 0, i8 0 0, i64 0 0, u16 0 0, u32 0 0, f16 0 0, bf16 0 0, f32 0 0, f64 0 0
// CHECK: one: bool 1 1, i8 1 1, i64 1 1, u16 1 1, u32 1 1, f16 1 1, bf16 1 1, f32 1 1, f64 1 1
// CHECK: the same seed: equal, another one: different

#include <tl/autotune.h>
#include <tl/tuner.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

using namespace tl::keywords;

struct config {
  int step = 1;
};

template <class T> using in = tl::in<T>;
using launch = tl::kernel<void(in<bool>, in<std::int8_t>, in<std::int64_t>, in<std::uint16_t>, in<std::uint32_t>,
                               in<_Float16>, in<__bf16>, in<float>, in<double>, tl::out<int>)>;

template <config C = config{}>
TL_AUTOTUNE({.step = 1}, {.step = 2}, isolation = tl::isolation::none, warmup = 0, rep = 4, budget = 0.2)
launch look_at(int n) {
  return launch([](const auto &...) {})
      .template extent<0>(n).template extent<1>(n).template extent<2>(n).template extent<3>(n).template extent<4>(n)
      .template extent<5>(n).template extent<6>(n).template extent<7>(n).template extent<8>(n).template extent<9>(1);
}

static std::string line;
static std::vector<float> floats;

/// Rounded to whole numbers.
template <class T> static void note(const char *name, in<T> view) {
  double least = 1e9, most = -1e9;
  for (std::size_t i = 0; i < view.size(); ++i) {
    least = std::min(least, static_cast<double>(view.data()[i]));
    most = std::max(most, static_cast<double>(view.data()[i]));
  }
  line += std::string(line.empty() ? "" : ", ") + name + " " + std::to_string(std::lround(least)) + " " + std::to_string(std::lround(most));
}

static void session(tl::supply_t supply) {
  const auto look = [](in<bool> a, in<std::int8_t> b, in<std::int64_t> c, in<std::uint16_t> d, in<std::uint32_t> e,
                       in<_Float16> f, in<__bf16> g, in<float> h, in<double> i, tl::out<int>) {
    line.clear();
    note("bool", a), note("i8", b), note("i64", c), note("u16", d), note("u32", e);
    note("f16", f), note("bf16", g), note("f32", h), note("f64", i);
    floats.assign(h.data(), h.data() + h.size());
    return true;
  };
  const tl::tuning_result found = tl::tuner(&look_at<>).supply(supply).check(look).run(3000);
  if (!found.ok())
    std::printf("%s\n", found.failure.c_str());
}

int main() {
  const std::pair<const char *, tl::supply_t> kinds[] = {
      {"automatic", tl::supply::automatic}, {"integer", tl::supply::integer}, {"uniform", tl::supply::uniform},
      {"normal", tl::supply::normal},       {"randn", tl::supply::randn},     {"zero", tl::supply::zero},
      {"one", tl::supply::one}};
  std::vector<std::vector<float>> seeded;
  for (const auto &[name, kind] : kinds) {
    session(kind);
    std::printf("%s: %s\n", name, line.c_str());
  }
  for (const unsigned seed : {4u, 4u, 5u}) {
    session(tl::supply::randn.with_seed(seed));
    seeded.push_back(floats);
  }
  std::printf("the same seed: %s, another one: %s\n", seeded[0] == seeded[1] ? "equal" : "different",
              seeded[0] == seeded[2] ? "equal" : "different");
}
