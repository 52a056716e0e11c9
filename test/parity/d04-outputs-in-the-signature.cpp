// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// D4, outputs are part of the signature: what is written follows from the types, is known to other languages, and is
// what is checked. A variant that writes its input, that leaves a part of its output as it was, or that reads it
// before it writes it, loses; a work space may hold anything.
//
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: %t | %filecheck %s
// CHECK: from in, to out, sum inout, space scratch
// CHECK: does=0 measured
// CHECK: does=1 wrong 50 of 100 elements of to were never written
// CHECK: does=2 {{wrong|crashed}} {{.*}}from
// CHECK: does=3 wrong 100 of 100 elements of to
// CHECK: does=4 measured

#include <tl/autotune.h>
#include <tl/tuner.h>

#include <cstdio>
#include <string>
#include <vector>

using namespace tl::keywords;

struct config {
  int does = 0;
};

template <config C = config{}>
TL_AUTOTUNE({.does = 0}, {.does = 1}, {.does = 2}, {.does = 3}, {.does = 4}, warmup = 0, rep = 4)
void work(int n, tl::in<float> from, tl::out<float> to, tl::inout<float> sum, tl::scratch<float> space) {
  for (int i = 0; i < n; ++i) {
    space.data()[i] = C.does == 4 ? 17 : 0;
    if (C.does == 1 && i % 2)
      continue;
    to.data()[i] = (C.does == 3 ? to.data()[i] * 0 : 0) + 2 * from.data()[i];
  }
  sum.data()[0] += from.data()[0];
  if (C.does == 2)
    const_cast<float *>(from.data())[0] = 100;
}

int main() {
  const std::string described = tl_rt_describe(tl_rt_find_factory("work"));
  const char *separator = "";
  for (const char *name : {"from", "to", "sum", "space"}) {
    const std::size_t at = described.find("\"access\":\"", described.find("\"name\":\"" + std::string(name) + "\"")) + 10;
    std::printf("%s%s %s", separator, name, described.substr(at, described.find('"', at) - at).c_str());
    separator = ", ";
  }
  std::puts("");
  std::vector<float> from(100, 1), to(100), sum(1), space(100);
  const tl::tuning_result found = tl::tuner(&work<>).run(100, from, to, sum, space);
  for (const char *name : {"does=0", "does=1", "does=2", "does=3", "does=4"}) {
    const tl::trial_result &trial = *found.trial(name);
    std::printf("%s %s %s\n", name, trial.status == "cut" ? "measured" : trial.status.c_str(),
                trial.status == "cut" ? "" : trial.reason.c_str());
  }
}
