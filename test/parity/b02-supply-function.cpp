// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// B2, `supply = fn`: a function of the call's arguments that returns all arguments, or the buffers alone,
// with what they own; asked once for each session. What it throws is the reason why nothing is tuned.
//
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: %t 2>%t.said | %filecheck %s
// CHECK: all: sees 7 and 2, supplied 1 times, the caller's data 3
// CHECK: buffers: sees 8 and 5, supplied 1 times, the caller's data 3
// RUN: FileCheck %s --check-prefix=SAID < %t.said
// SAID: tl: warning: unwilling(n=100,from=100,to=100) runs its default config: `supply` threw: no data of this size

#include <tl/autotune.h>
#include <tl/tuner.h>

#include <cstdio>
#include <stdexcept>
#include <tuple>
#include <vector>

using namespace tl::keywords;

struct config {
  int step = 1;
};
inline constexpr auto steps = tl::space<config>().axis(&config::step, {1, 2});

static int supplied = 0;
static float seen = 0, seen_factor = 0; // by the session's first check: a proof for the call itself may follow

template <int Step> static void scale(int n, float factor, const float *from, float *to) {
  for (int first = 0; first < Step; ++first)
    for (int i = first; i < n; i += Step)
      to[i] = factor * from[i];
}
static bool look(int, float factor, tl::in<float> from, tl::out<float>) {
  if (seen == 0) {
    seen = from.data()[0];
    seen_factor = factor;
  }
  return true;
}
static auto supply_all(int n, float, tl::in<float>, tl::out<float>) {
  ++supplied;
  return std::tuple(n, 2.0f, std::vector<float>(std::size_t(n), 7), std::vector<float>(std::size_t(n)));
}
static auto supply_buffers(int n, float, tl::in<float>, tl::out<float>) {
  ++supplied;
  return std::tuple(std::vector<float>(std::size_t(n), 8), std::vector<float>(std::size_t(n)));
}
static std::tuple<std::vector<float>, std::vector<float>> refuse(int, float, tl::in<float>, tl::out<float>) {
  throw std::runtime_error("no data of this size");
}

#define FACTORY(name, function)                                                                                        \
  template <config C = config{}>                                                                                       \
  TL_AUTOTUNE(configs = steps, supply = function, check = look, isolation = tl::isolation::none, warmup = 0, rep = 4)  \
  void name(int n, float factor, tl::in<float> from, tl::out<float> to) {                                              \
    scale<C.step>(n, factor, from.data(), to.data());                                                                  \
  }
FACTORY(all, supply_all)
FACTORY(buffers, supply_buffers)
FACTORY(unwilling, refuse)

int main() {
  std::vector<float> from(100, 1), to(100);
  const auto report = [&](const char *name) {
    std::printf("%s: sees %g and %g, supplied %d times, the caller's data %g\n", name, double(seen), double(seen_factor), supplied,
                double(to[99]));
    supplied = 0;
    seen = 0;
  };
  all(100, 3, from, to), report("all");
  buffers(100, 5, from, to);
  to[99] -= 2; // 5
  report("buffers");
  unwilling(100, 3, from, to);
}
