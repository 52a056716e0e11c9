// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `tltune explain` tells what was compiled and what not from the compiler's remarks, and what became
// of the rest from the trials.

// RUN: rm -rf %t && mkdir %t
// RUN: %clangxx -O1 %plugin -fplugin-arg-tl-remarks %s -o %t/main %runtime 2> %t/build.log
// RUN: %t/main
// RUN: %tltune explain work --remarks %t/build.log | FileCheck %s --check-prefix=ALL
// ALL-DAG: step=1 {{ *}}{{winner|beaten}}
// ALL-DAG: step=3 {{ *}}failed {{ *}}wrong:
// ALL-DAG: step=5 {{ *}}failed {{ *}}threw: {{.*}}not today
// ALL-DAG: step=8 {{ *}}not eligible {{ *}}`eligible` rules it out for this problem; it never ran

// RUN: %tltune explain work --config step=6 --remarks %t/build.log | FileCheck %s --check-prefix=PRUNED
// PRUNED: step=6 {{ *}}not tried {{ *}}not in the program: pruned: its constraints are not satisfied, or it is deleted ({{.*}}explain_remarks.cpp:[[#]]:
// RUN: %tltune explain work --config step=64 --remarks %t/build.log | FileCheck %s --check-prefix=OUTSIDE
// OUTSIDE: step=64 {{ *}}not tried {{ *}}not in the program: not in the space: `where` rules it out, or no axis has its values

// RUN: not %tltune explain work --remarks %s 2>&1 | FileCheck %s --check-prefix=OTHER
// OTHER: error: {{.*}}explain_remarks.cpp: no remark on a variant of work; expected the compiler's output with -fplugin-arg-tl-remarks

#include <tl/autotune.h>

#include <stdexcept>
#include <vector>

using namespace tl::keywords;

struct config {
  int step = 1;
};

constexpr auto few = [](config c, int, float *) { return c.step != 8; };

template <config C = config{}>
  requires(C.step != 6)
[[tl::autotune({.step = 1}, {.step = 3}, {.step = 5}, {.step = 6}, {.step = 8}, timeout = 10, eligible = few)]]
void work(int n, float *to) {
  if (C.step == 5)
    throw std::runtime_error("not today");
  for (int i = 0; i < n; ++i)
    to[i] = C.step == 3 ? 3.0f : 2.0f;
}

int main() {
  std::vector<float> to(100);
  work(100, to.data());
  return to[99] == 2.0f ? 0 : 1;
}
