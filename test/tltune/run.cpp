// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `tltune run` tunes what the program calls and says so; the second time nothing is left to do. The
// report draws a session of the runtime.

// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %tltune run --budget 20 -- %t 2>&1 | FileCheck %s --check-prefix=FIRST
// FIRST: right
// FIRST: tltune: 1 problem was tuned; the database holds 1 winners
// FIRST-NEXT: fill n=1000 on {{.*}} (hot): width={{1|4|16}}, {{.*}} over the default; 4 trials, 1 rejected
// RUN: %tltune run -- %t 2>&1 | FileCheck %s --check-prefix=SECOND
// SECOND: right
// SECOND: tltune: 0 problems were tuned; the database holds 1 winners

// RUN: %tltune show fill | FileCheck %s --check-prefix=SHOW
// SHOW: fill n=1000 on
// SHOW: defined in {{ *}}run.cpp:
// SHOW: width=5 {{ *}}wrong
// SHOW: 4 trials: {{.*}}1 wrong
// RUN: %tltune report -o %t.html
// RUN: %python %S/Inputs/page_check.py %t.html
// RUN: FileCheck %s --check-prefix=PAGE < %t.html
// PAGE: Speed-up over the default
// PAGE: Confidence
// PAGE: <b class="tag alt">default</b>
// PAGE: <b>wrong</b>
// RUN: %tltune verify | FileCheck %s --check-prefix=VERIFY
// VERIFY: sound: 1 winners, 1 sessions, 4 trials

#include <tl/autotune.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct fill_config {
  int width = 1;
};

template <fill_config C = fill_config{}>
[[tl::autotune({.width = 1}, {.width = 4}, {.width = 5}, {.width = 16}, timeout = 10)]]
void fill(int n, float value, float *data) {
  for (int i = 0; i < n; i += C.width)
    for (int k = i; k < i + C.width && k < n; ++k)
      data[k] = C.width == 5 ? value + 1 : value;
}

int main() {
  std::vector<float> data(1000);
  fill(1000, 3.0f, data.data());
  for (const float value : data)
    if (value != 3.0f)
      return 1;
  std::puts("right");
}
