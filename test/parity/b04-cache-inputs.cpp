// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// B4, `cache_inputs`: the next problem of the same sizes runs on the very buffers that were generated for the
// last one, unspoilt by what ran on them; without it they are made anew. A variant tells where its input lies,
// and what is in it, in the reason why it fails: nothing else that a worker knows reaches the program.
//
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: %t | %filecheck %s
// CHECK: cached: the same buffer, the same content
// CHECK: not cached: another buffer, the same content

#include <tl/autotune.h>
#include <tl/tuner.h>

#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>

#include <sys/mman.h>

using namespace tl::keywords;

struct config {
  int step = 1;
};
constexpr int tells = 3;

constexpr std::size_t elements = 300'000;
using launch = tl::kernel<void(tl::inout<int>)>;

template <config C> static void count_up(tl::inout<int> data) {
  if (C.step == tells)
    throw std::runtime_error("at " + std::to_string(reinterpret_cast<std::uintptr_t>(data.data())) + " stands " +
                             std::to_string(data.data()[elements - 1]));
  for (int first = 0; first < C.step; ++first)
    for (std::size_t i = std::size_t(first); i < elements; i += C.step)
      data.data()[i] += 100;
}

template <config C = config{}>
TL_AUTOTUNE({.step = 1}, {.step = 2}, {.step = tells}, supply = tl::supply::integer.with_seed(11), cache_inputs = true,
            warmup = 0, rep = 4)
launch cached(int) {
  return launch(&count_up<C>).template extent<0>(elements);
}
template <config C = config{}>
TL_AUTOTUNE({.step = 1}, {.step = 2}, {.step = tells}, supply = tl::supply::integer.with_seed(12), warmup = 0, rep = 4)
launch not_cached(int) {
  return launch(&count_up<C>).template extent<0>(elements);
}

struct sight {
  unsigned long long address = 0;
  int content = 0;
};
static sight look(launch (*factory)(int), int n) {
  const tl::tuning_result found = tl::tuner(factory).run(n);
  sight seen;
  const std::string reason = found.trial("step=3")->reason;
  if (std::sscanf(reason.c_str() + reason.find("at "), "at %llu stands %d", &seen.address, &seen.content) != 2)
    std::printf("said nothing: %s\n", reason.c_str());
  return seen;
}

static void report(const char *name, launch (*factory)(int)) {
  const sight first = look(factory, 1);
  // What was given back is taken, so that a new buffer cannot come to lie where the old one did.
  for (int i = 0; i < 16; ++i)
    static_cast<void>(mmap(nullptr, elements * sizeof(int), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  const sight second = look(factory, 2);
  std::printf("%s: %s buffer, %s content\n", name, first.address == second.address ? "the same" : "another",
              first.content == second.content ? "the same" : "another");
}

int main() {
  report("cached", &cached<>);
  report("not cached", &not_cached<>);
}
