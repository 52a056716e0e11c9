// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The attribute's options are found inside of it and nowhere else: a program's own `check`, `key` or `configs` stays
// what it is, with and without `using namespace tl::keywords`, which is not needed.
//
// RUN: %clangxx %plugin -Wall -Wextra -Werror %s -o %t && env RUN=1 %t | %filecheck %s
// RUN: %clangxx %plugin -DDIRECTIVE -Wall -Wextra -Werror %s -o %t && env RUN=1 %t | %filecheck %s
// RUN: %clangxx %plugin -DDIRECTIVE -E %s -o %t.ii && %clangxx %plugin %t.ii -o %t && env RUN=1 %t | %filecheck %s
// RUN: %clangxx -DDIRECTIVE -Wno-unknown-attributes -Wall -Wextra -Werror -Wno-unused-const-variable -fsyntax-only %s
// RUN: %gxx -DDIRECTIVE -Wno-attributes -Wall -Wextra -Werror -fsyntax-only %s

#include "Inputs/runtime.h"
#include <tl/autotune.h>

#ifdef DIRECTIVE
using namespace tl::keywords;
#endif

struct cfg {
  int width = 1;
};

// A program's own.
template <class T> int check(T result, const char *) { return result ? 1 : 0; }
#define CHECK_CALL(x) check((x), #x)
constexpr auto configs = tl::space<cfg>().axis(&cfg::width, {2, 3});
int timeout = 3;
int key(int n) { return n; }
void reference(int) {}
struct search {};
namespace budget {
constexpr int rep = 7;
}
enum tolerance { cold, warmup };

template <cfg C = cfg{}> [[tl::autotune(configs = configs)]] int own_space(int n) { return C.width + n + CHECK_CALL(n); }
template <cfg C = cfg{}>
[[tl::autotune(configs = configs, key = key, timeout = 30, rep = budget::rep, tolerance = {.rtol = 1e-3}, reference = reference, search = tl::search::random(2))]]
void own_functions(int n) {
  timeout = C.width + n;
}
template <class T, cfg C = cfg{}> TL_AUTOTUNE(configs = configs, warmup = double(warmup), cold = true) int by_macro(T n) { return C.width + n; }
#define TUNED(space, ...) [[tl::autotune(configs = space, __VA_ARGS__)]]
template <cfg C = cfg{}> TUNED(configs, timeout = 5, check_repeat = 2) int by_own_macro(int n) { return C.width + n; }
template <cfg C = cfg{}> [[nodiscard, tl::autotune(tl::keywords::configs = configs, ::tl::keywords::timeout = 3)]] int qualified(int n) { return C.width + n; }
namespace kw = tl::keywords;
template <cfg C = cfg{}> [[using tl : autotune(kw::configs = configs, kw::rep = 3)]] int by_alias(int n) { return C.width + n; }

namespace inner {
struct s {
  static int check(int);
  static constexpr int rep = 5;
  template <class T, cfg C = cfg{}>
  [[tl::autotune({.width = 2}, {.width = 3}, rep = rep, timeout = sizeof(T) * 3, check_repeat = (static_cast<void>(rep), 2))]] static int member(T n) {
    return C.width + n;
  }
};
template <class T> struct generic {
  static constexpr cfg configs[] = {{2}, {3}};
  template <cfg C = cfg{}> [[tl::autotune(configs = configs, timeout = sizeof(T))]] static int member(T n) { return C.width + n; }
};
} // namespace inner

int main() {
  int check = 0, configs = 1;
  own_functions(1);
  std::printf("%d %d %d\n", own_space(1), timeout, check);                               // CHECK: 5 4 0
  std::printf("%d %d %d %d\n", by_macro(1), by_own_macro(1), qualified(1), by_alias(1)); // CHECK: 4 4 4 4
  std::printf("%d %d\n", inner::s::member(1), inner::generic<int>::member(configs));     // CHECK: 4 4
}
