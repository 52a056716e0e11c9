// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Factories that are constexpr, constrained, explicitly instantiated or specialised; callers of every kind; every
// way to build.
//
// RUN: %clangxx %plugin -Wno-everything %s -o %t && env RUN=1 %t | %filecheck %s
// RUN: %clangxx %plugin -Wno-everything -O2 -g %s -o %t && env RUN=1 %t | %filecheck %s
// RUN: %clangxx %plugin -Wno-everything -I%S -E %s -o %t.ii && %clangxx %plugin -Wno-everything %t.ii -o %t && env RUN=1 %t | %filecheck %s
// RUN: rm -rf %t.dir && mkdir %t.dir && cd %t.dir && %clangxx %plugin -Wno-everything -save-temps %s -o %t && env RUN=1 %t | %filecheck %s
// RUN: %clangxx %plugin -Wno-everything -S -emit-llvm %s -o - | %filecheck --check-prefix=IR %s

#include "Inputs/runtime.h"
#include <concepts>
#include <tl/autotune.h>

using namespace tl::keywords;

struct config {
  int width = 1;
};
#define FACTORY [[tl::autotune({.width = 2}, {.width = 3})]]

// Evaluated at compile time as without the plugin, dispatched at run time.
template <config C = config{}> FACTORY constexpr int folded(int v) { return v + C.width; }
constexpr int folded_caller(int v) { return folded(v); }
constexpr int constant = folded(1);
static_assert(constant == 2 && folded_caller(1) == 2);
int array[folded(2)];

template <std::integral T, config C = config{}>
FACTORY int concept_constrained(T v)
  requires(sizeof(T) > 1)
{
  return C.width;
}

template <config C = config{}> FACTORY int instantiated(int v) { return v * 100 + C.width; }
template int instantiated<>(int);
extern template int instantiated<config{2}>(int);
template int instantiated<config{2}>(int);

template <config C = config{}> FACTORY int specialised(int v) { return v * 10 + C.width; }
template <> int specialised<config{3}>(int v) { return 777; }

struct base {
  virtual int value() { return specialised(1); }
  virtual ~base() {}
};
struct derived : base {
  int member = specialised(2);
};

struct type_config {
  tl::type_token accumulator = tl::type<float>;
  int width = 1;
};
constexpr auto types = tl::space<type_config>()
                           .axis(&type_config::accumulator, {tl::type<double>, tl::type<float>, tl::type<unsigned char>})
                           .axis(&type_config::width, {1, 2});
template <class T, class accumulator = float, int width = 1> [[tl::autotune(configs = types)]] int typed(T) {
  return static_cast<int>(sizeof(accumulator)) * 10 + width;
}

struct thrower {};
template <config C = config{}> FACTORY void throwing() {
  if (C.width == 3)
    throw thrower{};
}

template <config C = config{}> FACTORY int recursive(int n) { return n == 0 ? C.width : recursive(n - 1); }

int main(int argc, char **) {
  std::printf("folded %d %d %d\n", folded(argc), folded_caller(argc), static_cast<int>(sizeof array));
  // CHECK: folded 4 4 12
  std::printf("constrained %d instantiated %d\n", concept_constrained(1L), instantiated(1));
  // CHECK: constrained 3 instantiated 103
  derived d;
  base *b = &d;
  std::printf("specialised %d %d\n", b->value(), d.member);
  // CHECK: specialised 777 777
  int (*pointers[])(int) = {specialised, specialised<config{2}>};
  std::printf("pointers %d %d\n", pointers[0](1), pointers[1](1));
  // CHECK: pointers 777 12
  static int local_static = specialised(4);
  std::printf("static %d conditional %d\n", local_static, argc ? specialised(5) : 0);
  // CHECK: static 777 conditional 777
  std::printf("typed %d %d\n", typed(1.0f), typed<int, char, 5>(1));
  // CHECK: typed 82 15
  try {
    throwing();
  } catch (thrower) {
    std::printf("caught\n");
    // CHECK: caught
  }
  std::printf("recursive %d\n", recursive(2));
  // CHECK: recursive 3
}

// IR: define linkonce_odr {{.*}}__tl_dispatch_
