// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// 32 threads, then 32 processes, make the first call for the same problem at once: one session tunes,
// every call gets the same winner, and no config is tried twice.
//
// RUN: %clangxx -O2 %plugin %s -o %t -pthread %runtime
// RUN: %t threads | %filecheck %s
// CHECK: 32 calls, 1 variant, right
// RUN: %sql "select count(*), max(attempts) from trials" | FileCheck %s --check-prefix=ONCE
// RUN: %sql "select count(*) from sessions" | FileCheck %s --check-prefix=ONE
// ONCE: 6|1
// ONE: 1
//
// RUN: rm -f $TL_CACHE_DIR/autotune.db %t.out
// RUN: %t processes | %filecheck %s
// RUN: %sql "select count(*), max(attempts) from trials" | FileCheck %s --check-prefix=ONCE
// RUN: %sql "select count(*) from sessions" | FileCheck %s --check-prefix=ONE

#include <tl/autotune.h>

#include <cstdio>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace tl::keywords;

struct config {
  int unroll = 1;
};
inline constexpr auto space = tl::space<config>().axis(&config::unroll, {1, 2, 3, 4, 5, 6});

/// Leaves which variant ran in `who`, so that the caller can tell.
template <config C = config{}>
[[tl::autotune(configs = space, timeout = 10)]]
void scale(int n, float *data, tl::scratch<int> who) {
  for (int i = 0; i < n; ++i)
    data[i] *= 2;
  *who.data() = C.unroll;
}

constexpr int callers = 32;

static int call() {
  std::vector<float> data(2000, 1.0f);
  int who = 0;
  scale(int(data.size()), data.data(), tl::scratch<int>(&who, 1));
  for (float value : data)
    if (value != 2)
      return -1;
  return who;
}

int main(int, char **argv) {
  auto *who = static_cast<int *>(
      mmap(nullptr, callers * sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  if (std::strcmp(argv[1], "threads") == 0) {
    std::vector<std::thread> threads;
    for (int i = 0; i < callers; ++i)
      threads.emplace_back([who, i] { who[i] = call(); });
    for (std::thread &it : threads)
      it.join();
  } else {
    for (int i = 0; i < callers; ++i)
      if (fork() == 0) {
        who[i] = call();
        _exit(0);
      }
    while (wait(nullptr) > 0)
      ;
  }
  const std::set<int> variants(who, who + callers);
  const bool right = !variants.contains(-1) && !variants.contains(0);
  std::printf("%d calls, %zu variant%s, %s\n", callers, variants.size(), variants.size() == 1 ? "" : "s",
              right ? "right" : "WRONG");
}
