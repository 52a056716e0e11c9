// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Programs with another allocator than glibc's, preloaded or linked. Buffers of all sizes, from other
// threads and between freed blocks; variants that allocate, of which none is right by chance: they are
// tuned, and no right variant is rejected for what the allocator keeps beside a buffer. Where a pointer
// leads into the middle of a block, its bounds are not known, and the default config runs.
//
// REQUIRES: allocators
// RUN: %clangxx %plugin -O1 %s -o %t %runtime -pthread
// RUN: %clangxx %plugin -O1 %s -o %t.stripped %runtime_static -rdynamic -pthread && strip %t.stripped
// RUN: %clangxx %plugin -O1 %s -o %t.je %runtime -pthread %libjemalloc
// RUN: %clangxx %plugin -O1 %s -o %t.tc %runtime -pthread %libtcmalloc_minimal
// RUN: %clangxx %plugin -O1 %s -o %t.tbb %runtime -pthread -Wl,--no-as-needed %libtbbmalloc_proxy
// RUN: %clangxx %plugin -O1 %s -o %t.mi %runtime -pthread -Wl,--no-as-needed %libmimalloc
// RUN: env TL_CACHE_DIR=%t.c/0 %t 2>&1 | FileCheck %s
// RUN: env TL_CACHE_DIR=%t.c/1 LD_PRELOAD=%libjemalloc %t 2>&1 | FileCheck %s
// RUN: env TL_CACHE_DIR=%t.c/2 LD_PRELOAD=%libtcmalloc_minimal %t 2>&1 | FileCheck %s
// RUN: env TL_CACHE_DIR=%t.c/3 LD_PRELOAD=%libtbbmalloc_proxy %t 2>%t.err | FileCheck %s
// RUN: FileCheck %s --check-prefix=SAYS < %t.err
// RUN: env TL_CACHE_DIR=%t.c/4 LD_PRELOAD=%libmimalloc %t 2>&1 | FileCheck %s
// RUN: env TL_CACHE_DIR=%t.c/5 LD_PRELOAD=%libjemalloc %t.stripped 2>&1 | FileCheck %s
// RUN: env TL_CACHE_DIR=%t.c/6 %t.je 2>&1 | FileCheck %s
// RUN: env TL_CACHE_DIR=%t.c/7 %t.tc 2>&1 | FileCheck %s
// RUN: env TL_CACHE_DIR=%t.c/8 %t.tbb 2>&1 | FileCheck %s
// RUN: env TL_CACHE_DIR=%t.c/9 %t.mi 2>&1 | FileCheck %s
// RUN: for i in 0 1 2 3 4 5 6 7 8 9; do \
// RUN:   env TL_CACHE_DIR=%t.c/$i %sql "select count(*), sum(status in (1, 9)), sum(instr(reason, 'signal')) from trials" || exit 1; \
// RUN: done | FileCheck %s --check-prefix=ALL
// ALL-COUNT-10: {{^}}[[ALL:[0-9]+]]|[[ALL]]|0
//
// SAYS: reverse(n=4112) runs its default config: {{.*}}y is no beginning of a block, and this program's malloc, which is not glibc's, does not tell how far it reaches: write tl::inout<T> or std::span<T> instead
//
// CHECK-NOT: WRONG
// CHECK: small: right
// CHECK: large: right
// CHECK: loader: right
// CHECK: views: right
// CHECK: static: right
// CHECK: many blocks: right
// CHECK: interior: right
// CHECK-NOT: WRONG

#include "Inputs/host.h"

#include <thread>

using namespace tl::keywords;

// All variants but the default have memory of their own; so the order of elements is the only work.
template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, timeout = 5, rep = 3, warmup = 1)]]
void reverse(int n, const float *x, float *y) {
  if (C.step == 1) {
    for (int i = 0; i < n; ++i)
      y[i] = x[n - 1 - i];
    return;
  }
  const int part = n / C.step;
  std::vector<float> own(static_cast<std::size_t>(part));
  for (int begin = 0; begin < n; begin += part) {
    for (int i = 0; i < part; ++i)
      own[static_cast<std::size_t>(i)] = x[n - 1 - begin - i];
    std::memcpy(y + begin, own.data(), own.size() * sizeof(float));
  }
}

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, timeout = 5, rep = 3, warmup = 1)]]
void reverse_views(int n, tl::in<float> x, tl::out<float> y) {
  reverse<C>(n, x.data(), y.data());
}

static void say(const char *what, bool good) { std::printf("%s: %s\n", what, good ? "right" : "WRONG"); }

static bool reversed(int n, std::size_t skip = 0) {
  std::vector<float> x(static_cast<std::size_t>(n) + skip), y(x.size(), -1);
  x[skip] = 7;
  reverse(n, x.data() + skip, y.data() + skip);
  return y[static_cast<std::size_t>(n) - 1 + skip] == 7;
}

static bool loaded_elsewhere() {
  std::vector<std::vector<float>> data, more;
  std::thread([&] {
    for (int i = 0; i < 400; ++i) {
      data.emplace_back(4104, static_cast<float>(i));
      more.emplace_back(2052);
      if (i % 3)
        more.pop_back();
    }
  }).join();
  reverse(4104, data[100].data(), data[101].data());
  return data[101][0] == 100;
}

static bool views() {
  bool good = true;
  for (const int n : {16, 64, 1024, 4096, 16384}) {
    const auto size = static_cast<std::size_t>(n);
    std::vector<std::vector<float>> others;
    for (int i = 0; i < 20; ++i)
      others.emplace_back(size);
    std::vector<float> x(size), y(size);
    for (std::size_t i = 0; i < 20; i += 2)
      std::vector<float>().swap(others[i]);
    x[0] = 7;
    reverse_views(n, x, y);
    good = good && y[size - 1] == 7;
  }
  return good;
}

static float fixed_x[1 << 19], fixed_y[1 << 19];

int main() {
  say("small", reversed(64));
  say("large", reversed(1 << 20));
  say("loader", loaded_elsewhere());
  say("views", views());
  fixed_x[0] = 7;
  reverse(1 << 19, fixed_x, fixed_y);
  say("static", fixed_y[(1 << 19) - 1] == 7);
  std::vector<void *> nodes;
  for (int i = 0; i < 1000000; ++i)
    nodes.push_back(std::malloc(24));
  say("many blocks", reversed(8192));
  say("interior", reversed(4112, 5));
  for (void *node : nodes)
    std::free(node);
}
