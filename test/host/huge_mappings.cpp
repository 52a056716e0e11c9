// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Mappings that are longer than their file, and huge ones with little in them: a call whose argument lies
// there is tuned, or runs its default config with the reason, and takes no longer for it.
//
// UNSUPPORTED: sanitizer
// RUN: %clangxx %plugin -O1 %s -o %t %runtime
// RUN: cd %t.cache && timeout 250 %t 2> %t.err | FileCheck %s
// RUN: FileCheck %s --check-prefix=SAYS < %t.err
// RUN: rm -f %t.cache/sparse %t.cache/short
// CHECK: private: pointer right, span right
// CHECK-NEXT: shared: pointer right, span right
// CHECK-NEXT: a sparse file: pointer right, span right
// CHECK-NEXT: a sparse file, private: pointer right, span right
// CHECK-NEXT: a short file: pointer right, span right
// CHECK-NEXT: a short file, private: pointer right, span right
// CHECK-NEXT: a memory file: pointer right, span right
// SAYS: twice_from(n=4097) runs its default config: {{.*}}an argument leads to {{[0-9.]+}} GiB of memory that is shared with other processes, more than there is for a copy: say how far it reaches (tl::inout<T>, std::span<T>)
// RUN: %sql "select distinct p.problem from trials t join sessions s on s.id = t.session_id join problems p on p.id = s.problem_id where t.status in (1, 9) order by 1" | FileCheck %s --check-prefix=TUNED
// The same message is not said again for others.
// TUNED: n=4096{{$}}
// TUNED-NEXT: n=4099{{$}}
// TUNED-NEXT: n=4100{{$}}
// TUNED-NEXT: n=4101{{$}}
// TUNED-NEXT: x=4096,y=4096{{$}}
// TUNED-NEXT: x=4097,y=4097{{$}}
// TUNED-NEXT: x=4098,y=4098{{$}}
// TUNED-NEXT: x=4099,y=4099{{$}}
// TUNED-NEXT: x=4100,y=4100{{$}}
// TUNED-NEXT: x=4101,y=4101{{$}}
// TUNED-NEXT: x=4102,y=4102{{$}}

#include "Inputs/host.h"

#include <fcntl.h>
#include <span>
#include <sys/mman.h>
#include <unistd.h>

using namespace tl::keywords;

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, timeout = 60, rep = 3, warmup = 1)]]
void twice_from(int n, const float *x, float *y) {
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
}

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, timeout = 60, rep = 3, warmup = 1)]]
void twice_of(std::span<const float> x, std::span<float> y) {
  for (std::size_t i = 0; i < x.size(); ++i)
    y[i] = 2 * x[i];
}

static constexpr std::size_t huge = 1000000000000, short_bytes = 65536;

static int file_of(const char *name, std::size_t bytes) {
  const int file = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
  return ftruncate(file, static_cast<off_t>(bytes)) == 0 ? file : -1;
}

static int memory_file() {
  const int file = memfd_create("sparse", 0);
  return ftruncate(file, static_cast<off_t>(huge)) == 0 ? file : -1;
}

static void expect(const char *name, int n, int flags, int file) {
  void *const memory = mmap(nullptr, huge, PROT_READ | PROT_WRITE, flags | MAP_NORESERVE, file, 0);
  if (memory == MAP_FAILED) {
    std::printf("%s: NOT MAPPED\n", name);
    return;
  }
  auto *const y = static_cast<float *>(memory);
  std::vector<float> x(static_cast<std::size_t>(n), 3);
  twice_from(n, x.data(), y);
  const bool by_pointer = y[n - 1] == 6;
  y[n - 1] = 0;
  twice_of(x, {y, x.size()});
  std::printf("%s: pointer %s, span %s\n", name, by_pointer ? "right" : "WRONG",
              y[n - 1] == 6 ? "right" : "WRONG");
  std::fflush(stdout);
  munmap(memory, huge);
}

int main() {
  expect("private", 4096, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  expect("shared", 4097, MAP_SHARED | MAP_ANONYMOUS, -1);
  expect("a sparse file", 4098, MAP_SHARED, file_of("sparse", huge));
  expect("a sparse file, private", 4099, MAP_PRIVATE, file_of("sparse", huge));
  expect("a short file", 4100, MAP_SHARED, file_of("short", short_bytes));
  expect("a short file, private", 4101, MAP_PRIVATE, file_of("short", short_bytes));
  expect("a memory file", 4102, MAP_SHARED, memory_file());
}
