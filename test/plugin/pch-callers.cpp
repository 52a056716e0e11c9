// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A precompiled header that calls factories itself, in every kind of function that is compiled where it is used: the
// program that includes it tunes those calls, whether or not it calls the factory as well.
//
// RUN: rm -rf %t && split-file %s %t
// RUN: %clangxx %plugin -I%S -x c++-header %t/h.h -o %t/h.pch
// RUN: %clangxx %plugin -include-pch %t/h.pch %t/main.cpp -o %t/main && env RUN=1 %t/main | %filecheck %s
// RUN: %clangxx %plugin -O2 -I%S -x c++-header %t/h.h -o %t/fast.pch
// RUN: %clangxx %plugin -O2 -include-pch %t/fast.pch %t/main.cpp -o %t/main && env RUN=1 %t/main | %filecheck %s
// RUN: %clangxx %plugin -I%S -include %t/h.h %t/main.cpp -o %t/plain && env RUN=1 %t/plain | %filecheck %s
// CHECK: 3 3 3 3 3 3 3 3 3 3
//
// RUN: %clangxx %plugin -include-pch %t/h.pch -c %t/main.cpp -o %t/main.o
// RUN: %clangxx %plugin -include-pch %t/h.pch -c %t/other.cpp -o %t/other.o
// RUN: %clangxx %t/main.o %t/other.o -DTWO -o %t/two 2>&1 | FileCheck --allow-empty --check-prefix=LINK %s
// LINK-NOT: undefined
//
// The same program as without a precompiled header: one factory of each kind, registered once.
// RUN: env LIST=1 %t/main | grep -c '^registered f<int>' | grep -x 1

//--- h.h
#include "Inputs/runtime.h"
#include <memory>
#include <tl/autotune.h>
using namespace tl::keywords;
struct config {
  int width = 1;
};
template <class T, config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] int f(T) { return C.width; }

inline int from_inline(int v) { return f(v); }
inline int through_another(int v) { return from_inline(v); }
template <class T> int from_template(T v) { return f(v); }
template int from_template<long>(long);
struct object {
  int made = f(1);
  int constructed;
  object() : constructed(f(1)) {}
  virtual ~object() { destroyed = f(1); }
  virtual int overridden() { return 0; }
  static inline int destroyed = 0;
};
struct derived : object {
  int overridden() override { return f(1); }
};
inline int variable = f(1);
inline const auto lambda = [](int v) { return f(v); };
inline int by_default(int v = f(1)) { return v; }
inline int (*const pointer)(int) = &f<int>;

//--- main.cpp
int main() {
  std::unique_ptr<object> made(new derived);
  const int virtually = made->overridden(), member = made->made, constructed = made->constructed;
  made.reset();
  std::printf("%d %d %d %d %d %d %d %d %d %d\n", through_another(1), from_template(1L), virtually, member, constructed, object::destroyed,
              variable, lambda(1), by_default(), pointer(1));
}

//--- other.cpp
int other() { return from_inline(1) + f(1.0); }
