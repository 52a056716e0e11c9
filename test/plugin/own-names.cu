// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A code base's own check(), as in many CUDA programs; see own-names.cpp.
//
// REQUIRES: cuda
// RUN: %clangxx %plugin %cuda -Wall -Werror -Wno-unused-function -fsyntax-only %s
// RUN: %clangxx %plugin %cuda -DDIRECTIVE -Wall -Werror -Wno-unused-function -fsyntax-only %s

#include <tl/autotune.h>

#ifdef DIRECTIVE
using namespace tl::keywords;
#endif

template <class T> void check(T result, const char *) {
  if (result)
    throw 1;
}
#define CHECK(x) check((x), #x)
struct cfg {
  int threads = 128;
};
constexpr auto configs = tl::space<cfg>().axis(&cfg::threads, {64, 128});
int key(int n, float *) { return n / 8; }

template <cfg C = cfg{}>
[[tl::autotune(configs = configs, key = key, timeout = 3)]] void f(int n, float *x) {
  CHECK(cudaMemsetAsync(x, n, C.threads));
}
int main() {
  f(1, nullptr);
  int timeout = 3, key = timeout;
  return key;
}
