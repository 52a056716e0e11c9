// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A library with a variable of each thread.

static thread_local int last[64];

extern "C" int remember(int value) {
  const int before = last[value % 64];
  last[value % 64] = value;
  return before;
}
