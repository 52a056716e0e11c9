// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Variants that never return, abort, write through a null pointer, compute something else or throw:
// each costs its own trial, is recorded with its own reason, and never wins. The program ends with the
// right answer, within the sum of the limits.
//
// RUN: %clangxx %plugin -O2 %s -o %t %runtime
// RUN: timeout 60 %t | %filecheck %s
// CHECK: right
// RUN: %trials | FileCheck %s --check-prefix=TRIALS
// TRIALS-DAG: scale|n=1000|behaviour=0|measured|
// TRIALS-DAG: scale|n=1000|behaviour=1|timed_out|{{.+}}
// TRIALS-DAG: scale|n=1000|behaviour=2|crashed|{{.*(SIGABRT|abort|Aborted).*}}
// TRIALS-DAG: scale|n=1000|behaviour=3|crashed|{{.*(SIGSEGV|egmentation).*}}
// TRIALS-DAG: scale|n=1000|behaviour=4|wrong|{{.+}}
// TRIALS-DAG: scale|n=1000|behaviour=5|threw|{{.*}}this variant throws
// RUN: %winners | FileCheck %s --check-prefix=WINNER
// WINNER: scale|n=1000|behaviour=0|

#include <tl/autotune.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <vector>

using namespace tl::keywords;

struct fault_config {
  int behaviour = 0;
};

inline constexpr auto faults =
    tl::space<fault_config>().axis(&fault_config::behaviour, {0, 1, 2, 3, 4, 5});

template <fault_config C = fault_config{}>
TL_AUTOTUNE(configs = faults, timeout = 2)
void scale(int n, float factor, float *data) {
  if constexpr (C.behaviour == 1)
    for (volatile bool forever = true; forever;)
      ;
  if constexpr (C.behaviour == 2)
    std::abort();
  if constexpr (C.behaviour == 3) {
    float *volatile nowhere = nullptr;
    *nowhere = factor;
  }
  if constexpr (C.behaviour == 4)
    factor = 3 * factor;
  if constexpr (C.behaviour == 5)
    throw std::runtime_error("this variant throws");
  for (int i = 0; i < n; ++i)
    data[i] *= factor;
}

int main() {
  std::vector<float> data(1000, 3.0f);
  scale(1000, 2.0f, data.data());
  for (float value : data)
    if (value != 6.0f)
      return 1;
  std::puts("right");
}
