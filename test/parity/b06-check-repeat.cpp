// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// B6, `assert_consistent`: with check_repeat, runs of one variant on the same inputs must agree bit for bit, so
// that one whose threads race loses though every single result is within the tolerance.
//
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: %t | %filecheck %s
// CHECK: consistent 3: racy=false measured, racy=true inconsistent
// CHECK: consistent 1: racy=false measured, racy=true measured

#include <tl/autotune.h>
#include <tl/tuner.h>

#include <chrono>
#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct config {
  bool racy = false;
};
/// Changes from run to run, as the order of a race does: nothing of the program's, which would be put back.
static long long now() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

template <config C = config{}>
TL_AUTOTUNE({.racy = true}, check_repeat = 3, warmup = 0, rep = 4)
void doubled(int n, tl::in<float> from, tl::out<float> to) {
  for (int i = 0; i < n; ++i)
    to.data()[i] = 2 * from.data()[i];
  if (C.racy)
    for (int bit = 0; bit < 16; ++bit)
      to.data()[bit] += 1e-6f * static_cast<float>(now() >> bit & 1);
}

int main() {
  std::vector<float> from(1000, 1), to(1000);
  for (const int repeat : {3, 1}) {
    const tl::tuning_result found = tl::tuner(&doubled<>).check_repeat(repeat).run(1000, from, to);
    const auto verdict = [&](const char *name) {
      const std::string &status = found.trial(name)->status;
      return status == "cut" ? "measured" : status.c_str();
    };
    std::printf("consistent %d: racy=false %s, racy=true %s\n", repeat, verdict("racy=false"), verdict("racy=true"));
  }
}
