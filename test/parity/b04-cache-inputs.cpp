// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// B4, `cache_inputs`: the next problem of the same sizes runs on the very buffers that were generated for the
// last one, unspoilt by what ran on them; without it they are made anew. A variant tells where its input lies
// through memory that it shares with the program.
//
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: %t | %filecheck %s
// CHECK: cached: the same buffer, the same content
// CHECK: not cached: another buffer, the same content

#include <tl/autotune.h>

#include <cstdint>
#include <cstdio>
#include <vector>

#include <sys/mman.h>

using namespace tl::keywords;

struct config {
  int step = 1;
};
struct sight {
  const int *input;
  int content;
};
static sight *seen;

constexpr std::size_t elements = 300'000;
using launch = tl::kernel<void(tl::inout<int>)>;

template <config C> static void count_up(tl::inout<int> data) {
  *seen = {data.data(), data.data()[elements - 1]};
  for (int first = 0; first < C.step; ++first)
    for (std::size_t i = std::size_t(first); i < elements; i += C.step)
      data.data()[i] += 100;
}

template <config C = config{}>
TL_AUTOTUNE({.step = 1}, {.step = 2}, supply = tl::supply::integer.with_seed(11), cache_inputs = true, warmup = 0, rep = 4)
launch cached(int) {
  return launch(&count_up<C>).template extent<0>(elements);
}
template <config C = config{}>
TL_AUTOTUNE({.step = 1}, {.step = 2}, supply = tl::supply::integer.with_seed(12), warmup = 0, rep = 4)
launch not_cached(int) {
  return launch(&count_up<C>).template extent<0>(elements);
}

static void report(const char *name, launch (*factory)(int)) {
  factory(1).tune();
  const sight first = *seen;
  // What was given back is taken, so that a new buffer cannot come to lie where the old one did.
  for (int i = 0; i < 16; ++i)
    static_cast<void>(mmap(nullptr, elements * sizeof(int), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  factory(2).tune();
  std::printf("%s: %s buffer, %s content\n", name, first.input == seen->input ? "the same" : "another",
              first.content == seen->content ? "the same" : "another");
}

int main() {
  seen = static_cast<sight *>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  report("cached", &cached<>);
  report("not cached", &not_cached<>);
}
