// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory that a forked process does not have, or has without its contents: nothing is tried on it, and the
// message says why. Private mappings of a file are tuned.
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime
// RUN: cd %t.cache && %t 2> %t.err | %filecheck %s
// RUN: FileCheck %s --check-prefix=SAYS < %t.err
// RUN: %sql "select p.problem, count(*) from trials t join sessions s on s.id = t.session_id join problems p on p.id = s.problem_id where t.status in (1, 9) group by 1 order by 1" | FileCheck %s --check-prefix=TUNED
// CHECK: not in a fork: right
// CHECK-NEXT: empty in a fork: right
// CHECK-NEXT: private, of a file: right
// SAYS: twice(n=4096) runs its default config: {{.*}}x leads to memory that a forked process does not have (MADV_DONTFORK)
// SAYS: twice(n=4097) runs its default config: {{.*}}y leads to memory that is empty in a forked process (MADV_WIPEONFORK)
// TUNED: n=4098|4
// TUNED-NOT: n=

#include "Inputs/host.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static constexpr std::size_t bytes = 1 << 20;

static float *map(int flags, int file = -1, std::size_t length = bytes) {
  void *memory = mmap(nullptr, length, PROT_READ | PROT_WRITE, flags, file, 0);
  if (memory == MAP_FAILED)
    std::exit(3);
  return static_cast<float *>(memory);
}

static void say(const char *what, int n, float *x, float *y) {
  for (int i = 0; i < n; ++i)
    x[i] = static_cast<float>(i % 1000);
  std::printf("%s: %s\n", what, host::doubles(n, x, y) ? "right" : "WRONG");
}

int main() {
  std::vector<float> x(5000), y(5000);
  // The gap is large enough for the stack of the thread that runs variants.
  float *lost = map(MAP_PRIVATE | MAP_ANONYMOUS, -1, 16 * bytes);
  madvise(lost, 16 * bytes, MADV_DONTFORK);
  say("not in a fork", 4096, lost, y.data());
  float *wiped = map(MAP_PRIVATE | MAP_ANONYMOUS);
  madvise(wiped, bytes, MADV_WIPEONFORK);
  say("empty in a fork", 4097, x.data(), wiped);
  const int file = open("data.bin", O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (ftruncate(file, bytes) != 0)
    return 3;
  say("private, of a file", 4098, x.data(), map(MAP_PRIVATE, file));
}
