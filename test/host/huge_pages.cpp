// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Buffers in huge pages that the system keeps apart. There may be no second one for a worker.
//
// REQUIRES: hugetlb
// RUN: %clangxx %plugin -O1 %s -o %t %runtime
// RUN: %t | %filecheck %s
// CHECK: right
// RUN: %trials | FileCheck %s --check-prefix=TRIED
// TRIED-COUNT-4: {{measured|cut}}

#include "Inputs/host.h"

#include <sys/mman.h>

int main() {
  constexpr int n = 1 << 19;
  void *memory =
      mmap(nullptr, 2 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
  if (memory == MAP_FAILED)
    return 3;
  std::vector<float> x(n, 3);
  std::puts(host::doubles(n, x.data(), static_cast<float *>(memory)) ? "right" : "WRONG");
}
