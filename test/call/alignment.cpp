// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A variant for aligned data wins, and the next call's data are not: it is not used for them. One
// checked run finds that out, once for all processes; a session is not needed. `eligible` is asked
// for the later call, too.
//
// RUN: rm -rf %t.cache*
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>&1 | FileCheck %s
// RUN: %t 2>&1 | FileCheck %s --check-prefix=AGAIN
// RUN: %sql "select count(*) from sessions" | FileCheck %s --check-prefix=ONE
// RUN: %sql "select outcome = 1, facts from proofs order by id" | FileCheck %s --check-prefix=PROOFS
// CHECK: aligned: aligned=1, 0 wrong
// CHECK: is not used for this call (x=4 y=4 x~y=
// CHECK: unaligned: aligned=0, 0 wrong
// CHECK-NEXT: aligned: aligned=1, 0 wrong
// CHECK-NEXT: unaligned: aligned=0, 0 wrong
// What was found out is known to the next process.
// AGAIN: aligned: aligned=1, 0 wrong
// AGAIN-NEXT: unaligned: aligned=0, 0 wrong
// ONE: 1
// PROOFS: 1|x=256 y=256 x~y=
// PROOFS-NEXT: 0|x=4 y=4 x~y=
//
// RUN: %clangxx -O2 %plugin -DVIEWS %s -o %t.views %runtime
// RUN: env TL_CACHE_DIR=%t.cache1 %t.views 2>&1 | FileCheck %s
//
// Whom `eligible` rules out is not even tried.
// RUN: %clangxx -O2 %plugin -DELIGIBLE %s -o %t.eligible %runtime
// RUN: env TL_CACHE_DIR=%t.cache2 %t.eligible 2>&1 | FileCheck %s --check-prefix=AGAIN --implicit-check-not="is not used"
// RUN: %clangxx -O2 %plugin -DELIGIBLE -DVIEWS %s -o %t.both %runtime
// RUN: env TL_CACHE_DIR=%t.cache3 %t.both 2>&1 | FileCheck %s --check-prefix=AGAIN --implicit-check-not="is not used"
//
// Where nothing may be run, the default config runs, and one line says which fact is new.
// RUN: env TL_CACHE_DIR=%t.cache4 %t once
// RUN: env TL_CACHE_DIR=%t.cache4 TL_TUNE=off %t 2>&1 | FileCheck %s --check-prefix=OFF
// RUN: env TL_CACHE_DIR=%t.cache4 TL_TUNE=require %t 2>&1 | FileCheck %s --check-prefix=OFF
// OFF: aligned: aligned=1, 0 wrong
// OFF-NEXT: is not proven for this call (x=4 (proven: 256), y=4 (proven: 256))
// OFF-NEXT: unaligned: aligned=0, 0 wrong
// OFF-NOT: not proven

#include <tl/autotune.h>

#include <cstdio>
#include <cstdlib>

using namespace tl::keywords;

static int ran;

struct config {
  bool aligned = false;
};
#ifdef VIEWS
using input = tl::in<float>;
using output = tl::out<float>;
#else
using input = const float *;
using output = float *;
#endif
#ifdef ELIGIBLE
static bool can(config c, int, input x, output y) {
  const float *from = x, *to = y;
  return !c.aligned || ((reinterpret_cast<std::size_t>(from) | reinterpret_cast<std::size_t>(to)) & 15) == 0;
}
#define AND_ELIGIBLE , eligible = can
#else
#define AND_ELIGIBLE
#endif

using four [[gnu::vector_size(16)]] = float;

template <config C = config{}>
[[tl::autotune({.aligned = true}, rep = 5, warmup = 0 AND_ELIGIBLE)]]
void twice(int n, input x, output y) {
  const float *from = x;
  float *to = y;
  if constexpr (C.aligned)
    for (int i = 0; i + 4 <= n; i += 4) {
      // Stops the program where it is not aligned, whatever instructions the compiler takes.
      if ((reinterpret_cast<std::size_t>(from + i) | reinterpret_cast<std::size_t>(to + i)) & 15)
        std::abort();
      *reinterpret_cast<four *>(to + i) = *reinterpret_cast<const four *>(from + i) * 2;
    }
  else
    for (int i = 0; i < n; ++i) {
      to[i] = from[i] + from[i];
      for (int k = 0; k < 4; ++k)
        asm volatile("" ::: "memory");
    }
  ran = C.aligned;
}

int main(int argc, char **) {
  constexpr int n = 4096;
  auto *x = static_cast<float *>(std::aligned_alloc(4096, sizeof(float) * 2 * n));
  auto *y = static_cast<float *>(std::aligned_alloc(4096, sizeof(float) * 2 * n));
  for (int i = 0; i < 2 * n; ++i)
    x[i] = static_cast<float>(i % 100);
  const auto call = [&](const char *what, int offset) {
#ifdef VIEWS
    twice(n, tl::in<float>(x + offset, n), tl::out<float>(y + offset, n));
#else
    twice(n, x + offset, y + offset);
#endif
    int wrong = 0;
    for (int i = 0; i < n; ++i)
      wrong += y[offset + i] != 2 * x[offset + i];
    std::printf("%s: aligned=%d, %d wrong\n", what, ran, wrong);
    std::fflush(stdout);
  };
  call("aligned", 0);
  if (argc > 1)
    return 0;
  call("unaligned", 1);
  call("aligned", 64);
  call("unaligned", 1);
  std::free(x);
  std::free(y);
}
