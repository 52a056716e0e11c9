// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Under valgrind, where system calls, signals and time are those of its simulator: the program is tuned, or
// runs its default config, and ends; and memcheck finds no error in it, in the runtime or in workers.
//
// REQUIRES: valgrind
// UNSUPPORTED: sanitizer
// RUN: %clangxx %plugin -O1 %s -o %t %runtime -pthread
// RUN: timeout 250 valgrind -q --error-exitcode=9 %t > %t.out 2> %t.err || { cat %t.err; exit 1; }
// RUN: FileCheck %s < %t.out
// CHECK: right, right

#include "Inputs/host.h"

#include <thread>

int main() {
  bool other = false;
  const bool here = host::right(4096);
  std::thread([&] { other = host::right(5000); }).join();
  std::printf("%s, %s\n", here ? "right" : "WRONG", other ? "right" : "WRONG");
}
