// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arguments that have no size are handed on: functions, arrays of unknown bound, classes that are only declared.
//
// RUN: %clangxx %plugin -Wall -Wextra %s -o %t && env RUN=1 %t | %filecheck %s
// RUN: %clangxx %plugin -O2 -fno-exceptions -fno-rtti -Wall -Wextra %s -o %t && env RUN=1 %t | %filecheck %s

#include "Inputs/runtime.h"
#include <tl/autotune.h>

struct config {
  int width = 1;
};
#define FACTORY [[tl::autotune({.width = 2}, {.width = 3})]]

float square(float v) { return v * v; }
float unknown[] = {1, 2, 3};
extern float later[];
struct declared;
declared &get();
int look(const declared &);

template <class Function, config C = config{}> FACTORY int forwarded(int, Function &&f) { return C.width + int(f(2)); }
template <config C = config{}> FACTORY int by_reference(float (&f)(float)) { return C.width + int(f(2)); }
template <config C = config{}> FACTORY int by_const_pointer(float (*const &f)(float)) { return C.width + int(f(2)); }
template <config C = config{}> FACTORY int unbounded(float (&data)[]) { return C.width + int(data[1]); }
template <config C = config{}> FACTORY int to_unbounded(const float (*data)[]) { return C.width + int((*data)[1]); }
template <config C = config{}> FACTORY int incomplete(declared &object) { return C.width + look(object); }
template <config C = config{}> FACTORY int to_incomplete(const declared *object) { return C.width + look(*object); }
template <class T, config C = config{}> FACTORY int moved(T &&object) { return C.width + look(object); }
template <config C = config{}> FACTORY int member(int config::*where) { return C.width + config{}.*where; }
template <config C = config{}> FACTORY int nothing(decltype(nullptr)) { return C.width; }

int main() {
  std::printf("%d %d %d\n", forwarded(1, square), by_reference(square), by_const_pointer(&square)); // CHECK: 7 7 7
  std::printf("%d %d %d\n", unbounded(later), to_unbounded(&later), forwarded(1, [](float v) { return v; })); // CHECK: 5 5 5
  std::printf("%d %d %d\n", incomplete(get()), to_incomplete(&get()), moved(get())); // CHECK: 43 43 43
  std::printf("%d %d\n", member(&config::width), nothing(nullptr)); // CHECK: 4 3
}

float later[] = {1, 2, 3};
struct declared {
  int value = 40;
};
declared &get() {
  static declared object;
  return object;
}
int look(const declared &object) { return object.value; }
