// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A program that is linked to fixed addresses and takes malloc's, as Debian's python3 is: the loader then finds malloc in
// the program itself, which was taken for an allocator of its own. So the variants' thread got the heap of one of the
// program's threads, its bookkeeping there was taken for results, and putting those back broke the heap.
//
// RUN: %clangxx -O1 -fno-pie -no-pie %plugin %s -o %t %runtime
// RUN: TL_LOG=info %t 2>&1 | FileCheck %s --implicit-check-not="memory at"
//
// CHECK-COUNT-4: winner unroll=
// CHECK: right

#include <tl/autotune.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace tl::keywords;

struct config {
  int unroll = 1;
};
constexpr auto space = tl::space<config>().axis(&config::unroll, {1, 2, 4});

template <config C = config{}>
[[tl::autotune(configs = space, timeout = 20, budget = 10, rep = 3)]]
void scale(int n, tl::in<float> from, tl::out<float> to, void *) { // anything may be behind the last one
  for (int first = 0; first < C.unroll; ++first)
    for (int i = first; i < n; i += C.unroll)
      to.data()[i] = 2 * from.data()[i];
}

int main() {
  void *(*volatile allocate)(std::size_t) = &std::malloc; // an address in the code; volatile, so that no call takes its place
  std::atomic<bool> has_heap{false};
  std::thread([&] {
    for (int i = 0; i < 20; ++i)
      allocate(static_cast<std::size_t>(100 + 37 * i));
    has_heap = true;
    has_heap.notify_all();
    for (;;)
      pause();
  }).detach();
  has_heap.wait(false);
  bool right = true;
  for (int n = 8; n < 12; ++n) {
    std::vector<float> from(n * 16, 1.0f), to(n * 16);
    scale(n * 16, tl::in<float>(from), tl::out<float>(to), nullptr);
    for (const float it : to)
      right &= it == 2;
  }
  std::puts(right ? "right" : "WRONG");
}
