// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every way to reach a factory without spelling out its tunables reaches the dispatcher: an address, a
// call in a template, in a lambda, in an initialiser, a static member, another factory. What was
// reached is told by the config that TL_FORCE_CONFIG asks for.
//
// RUN: %clangxx %plugin -O2 %s -o %t %runtime
// RUN: env TL_FORCE_CONFIG=id=7 %t | %filecheck %s
// CHECK:      initialiser 7
// CHECK-NEXT: call 7
// CHECK-NEXT: leading argument 7
// CHECK-NEXT: address 7
// CHECK-NEXT: deduced address 7
// CHECK-NEXT: template 7
// CHECK-NEXT: lambda 7
// CHECK-NEXT: generic lambda 7
// CHECK-NEXT: static member 7
// CHECK-NEXT: factory in factory 77
// CHECK-NEXT: spelled out 3
// CHECK-NEXT: spelled out, address 3

#include <tl/autotune.h>

#include <cstdio>

using namespace tl::keywords;

struct id_config {
  int id = 3;
};

inline constexpr auto ids = tl::space<id_config>().axis(&id_config::id, {3, 7});

template <class T, id_config C = id_config{}>
TL_AUTOTUNE(configs = ids)
int which(T) {
  return C.id;
}

struct holder {
  template <id_config C = id_config{}>
  TL_AUTOTUNE(configs = ids)
  static int which() {
    return C.id;
  }
};

template <id_config C = id_config{}>
TL_AUTOTUNE(configs = ids)
int outer(int value) {
  return 10 * C.id + which(value);
}

static const int initialised = which(1);

template <class T> static int through_template(T value) { return which(value); }

int main() {
  std::printf("initialiser %d\n", initialised);
  std::printf("call %d\n", which(1));
  std::printf("leading argument %d\n", which<short>(1));
  int (*address)(int) = &which<int>;
  std::printf("address %d\n", address(1));
  int (*deduced)(long) = &which;
  std::printf("deduced address %d\n", deduced(1));
  std::printf("template %d\n", through_template('a'));
  const auto lambda = [] { return which(1); };
  std::printf("lambda %d\n", lambda());
  const auto generic = [](auto value) { return which(value); };
  std::printf("generic lambda %d\n", generic(1u));
  std::printf("static member %d\n", holder::which());
  std::printf("factory in factory %d\n", outer(1));
  std::printf("spelled out %d\n", which<int, id_config{}>(1));
  int (*chosen)(int) = &which<int, id_config{}>;
  std::printf("spelled out, address %d\n", chosen(1));
}
