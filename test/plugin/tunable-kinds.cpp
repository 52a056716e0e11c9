// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whatever a template parameter may be is a tunable: as a plain parameter with configs in the attribute, as a plain
// parameter that a field of a config struct fills in, and as a field of a class-type parameter.
//
// RUN: %clangxx %plugin -Wno-everything %s -o %t && env RUN=0 %t | %filecheck %s

#include "Inputs/runtime.h"
#include <tl/autotune.h>

using namespace tl::keywords;

int wrong;
#define EXPECT(call, value) (call) == (value) ? 0 : (++wrong, std::printf("%s is not %d\n", #call, int(value)))

inline int first = 1, second = 2;
inline int one() { return 1; }
inline int two() { return 2; }
struct pair {
  int a, b;
  constexpr int get_a() const { return a; }
  constexpr int get_b() const { return b; }
};
inline constexpr pair both{1, 2};
inline int row[3] = {1, 2, 3};
enum class mode { one = 1, two };
using vector = float __attribute__((ext_vector_type(2)));

// Plain parameters, one of each kind.
template <int *P = &first> [[tl::autotune({.P = &second})]] int pointer(int) { return *P; }
template <int *P = nullptr> [[tl::autotune({.P = &second})]] int null_pointer(int) { return P ? *P : 0; }
template <int *P = &first> [[tl::autotune({.P = nullptr})]] int pointer_or_null(int) { return P ? *P : 2; }
template <const int *P = row> [[tl::autotune({.P = row + 1})]] int element(int) { return *P; }
template <int (*P)() = one> [[tl::autotune({.P = two})]] int function(int) { return P(); }
template <int (&P)() = one> [[tl::autotune({.P = two})]] int function_reference(int) { return P(); }
template <int pair::*P = &pair::a> [[tl::autotune({.P = &pair::b})]] int member(int) { return both.*P; }
template <int (pair::*P)() const = &pair::get_a> [[tl::autotune({.P = &pair::get_b})]] int member_function(int) { return (both.*P)(); }
template <int &P = first> [[tl::autotune({.P = second})]] int reference(int) { return P; }
template <const pair &P = both> [[tl::autotune({.P = both})]] int class_reference(int) { return P.b; }
template <decltype(nullptr) P = nullptr, int width = 1> [[tl::autotune({.P = nullptr, .width = 2})]] int null(int) { return width; }
template <vector P = vector{1, 1}> [[tl::autotune({.P = vector{2, 2}})]] int vectors(int) { return int(P.x); }
template <double P = 1.0> [[tl::autotune({.P = 2.0})]] int floating(int) { return int(P); }
template <mode P = mode::one> [[tl::autotune({.P = mode::two})]] int enumeration(int) { return int(P); }
template <pair P = pair{1, 1}> [[tl::autotune({.a = 2, .b = 2})]] int object(int) { return P.b; }
template <auto P = &first> [[tl::autotune({.P = &second})]] int deduced(int) { return *P; }

// One of several functions of a name is meant.
inline int several(int) { return 2; }
inline int several(double) { return 3; }
template <class T> int generic(T) { return 2; }
inline int alone(int) { return 1; }
struct methods {
  int get(int) { return 2; }
  int get(double) { return 3; }
};
template <int (*P)(int) = alone> [[tl::autotune({.P = several})]] int overloaded(int) { return P(1); }
template <int (*P)(int) = alone> [[tl::autotune({.P = &several})]] int overloaded_address(int) { return P(1); }
template <int (&P)(int) = alone> [[tl::autotune({.P = several})]] int overloaded_reference(int) { return P(1); }
template <int (*P)(int) = alone> [[tl::autotune({.P = generic})]] int specialised(int) { return P(1); }
template <int (methods::*P)(int) = nullptr> [[tl::autotune({.P = &methods::get})]] int overloaded_member(int) {
  methods object;
  return P ? (object.*P)(1) : 0;
}

// Classes of every structural kind.
union either {
  int width = 1;
  float factor;
};
template <either C = either{}> [[tl::autotune({.factor = 2.5f})]] int of_a_union(int) { return int(C.factor); }
struct members {
  int a = 1;
  union {
    int width = 1;
    float factor;
  };
  struct {
    int inner = 1;
  };
  int : 3;
  int bits : 4 = 1;
  either other;
  int rows[2][2] = {{1, 1}, {1, 1}};
};
constexpr members listed[] = {{.a = 2, .factor = 2.5f, .inner = 2, .bits = 2, .other = {.factor = 2}, .rows = {{1, 2}, {2, 2}}}};
template <members C = members{}> [[tl::autotune(configs = listed)]] int of_members(int) {
  return C.a + int(C.factor) + C.inner + C.bits + int(C.other.factor) + C.rows[1][1];
}
struct nothing {};
struct derived : nothing, pair {
  [[no_unique_address]] nothing here;
  int width = 1;
};
template <derived C = derived{{}, {1, 1}}> [[tl::autotune({{}, {2, 2}, {}, 2})]] int of_bases(int) { return C.a + C.b + C.width; }

// The same as fields.
struct fields {
  int *pointer = &first;
  int (*function)() = one;
  int pair::*member = &pair::a;
  int (pair::*member_function)() const = &pair::get_a;
  decltype(nullptr) null = nullptr;
  const int *none = nullptr;
  mode how = mode::one;
  double number = 1;
  pair object = {1, 1};
  int array[2] = {1, 1};
  constexpr int sum() const {
    return int(how) + int(number) + object.b + array[1];
  }
};
constexpr fields all[] = {{&second, two, &pair::b, &pair::get_b, nullptr, row, mode::two, 2, {2, 2}, {2, 2}}};
template <fields C = fields{}> [[tl::autotune(configs = all)]] int of_a_class(int) {
  return *C.pointer + C.function() + both.*C.member + (both.*C.member_function)() + (C.none ? *C.none : 0) + C.sum();
}
struct by_name {
  int (*f)() = one;
  int *p = &first;
  int pair::*m = &pair::a;
  decltype(nullptr) n = nullptr;
  int width = 1;
};
constexpr by_name named[] = {{two, &second, &pair::b, nullptr, 2}};
template <int (*f)() = one, int *p = &first, int pair::*m = &pair::a, decltype(nullptr) n = nullptr, int width = 1>
[[tl::autotune(configs = named)]] int by_field(int) {
  return f() + *p + both.*m + width;
}
constexpr auto space = tl::space<by_name>().axis(&by_name::f, {two}).axis(&by_name::width, {2});
template <by_name C = by_name{}> [[tl::autotune(configs = space)]] int by_axis(int) { return C.f() + C.width; }

int main() {
  EXPECT(pointer(0), 2);
  EXPECT(null_pointer(0), 2);
  EXPECT(pointer_or_null(0), 2);
  EXPECT(element(0), 2);
  EXPECT(function(0), 2);
  EXPECT(function_reference(0), 2);
  EXPECT(member(0), 2);
  EXPECT(member_function(0), 2);
  EXPECT(reference(0), 2);
  EXPECT(class_reference(0), 2);
  EXPECT(null(0), 2);
  EXPECT(vectors(0), 2);
  EXPECT(floating(0), 2);
  EXPECT(enumeration(0), 2);
  EXPECT(object(0), 2);
  EXPECT(deduced(0), 2);
  EXPECT(overloaded(0), 2);
  EXPECT(overloaded_address(0), 2);
  EXPECT(overloaded_reference(0), 2);
  EXPECT(specialised(0), 2);
  EXPECT(overloaded_member(0), 2);
  EXPECT(of_a_union(0), 2);
  EXPECT(of_members(0), 12);
  EXPECT(of_bases(0), 6);
  EXPECT(of_a_class(0), 2 + 2 + 2 + 2 + 1 + 8);
  EXPECT(by_field(0), 8);
  EXPECT(by_axis(0), 4);
  std::printf("%d wrong\n", wrong); // CHECK: {{^}}0 wrong
}

// A config's text names what there is.
// RUN: env LIST=1 %t | FileCheck --check-prefix=TEXT %s
// TEXT-DAG: 0: factor=2.5{{$}}
// TEXT-DAG: 1: width=1 (default)
// TEXT-DAG: 0: a=2,factor=2.5,inner=2,bits=2,other={factor=2},rows={{\[\[1,2\],\[2,2\]\]}}
