// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory that is shared with other processes, reached behind an object and behind a table: no trial writes it, also where
// it is a file.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>%t.err | FileCheck %s
// CHECK: object: 1
// CHECK: table: 1
// CHECK: file: 1

#include <tl/autotune.h>

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace tl::keywords;

struct config {
  int unroll = 1;
};
inline constexpr auto space = tl::space<config>().axis(&config::unroll, {1, 2, 4});

struct image {
  float *data;
  int n;
};
template <config C = config{}>
[[tl::autotune(configs = space, rep = 10, warmup = 1)]]
void add_one(image &to) {
  for (int i = 0; i < to.n; i += C.unroll)
    for (int k = i; k < i + C.unroll && k < to.n; ++k)
      to.data[k] += 1;
}
template <config C = config{}>
[[tl::autotune(configs = space, rep = 10, warmup = 1)]]
void add_rows(int n, int m, float **rows) {
  for (int i = 0; i < n; ++i)
    for (int k = 0; k < m; k += C.unroll)
      for (int j = k; j < k + C.unroll && j < m; ++j)
        rows[i][j] += 1;
}

static float *shared(int file) {
  return static_cast<float *>(mmap(nullptr, 1 << 16, PROT_READ | PROT_WRITE,
                                   MAP_SHARED | (file < 0 ? MAP_ANONYMOUS : 0), file, 0));
}

int main() {
  image of{shared(-1), 1024};
  add_one(of);
  std::printf("object: %g\n", of.data[0]);
  float *rows[8], *memory = shared(-1);
  for (int i = 0; i < 8; ++i)
    rows[i] = memory + i * 1024;
  add_rows(8, 1024, rows);
  std::printf("table: %g\n", rows[3][5]);
  char name[] = "/tmp/tl-check-XXXXXX";
  const int file = mkstemp(name);
  unlink(name);
  if (file < 0 || ftruncate(file, 1 << 16) != 0)
    return 1;
  image kept{shared(file), 2048};
  add_one(kept);
  float first = 0;
  if (pread(file, &first, sizeof first, 0) != sizeof first)
    return 1;
  std::printf("file: %g\n", first);
}
