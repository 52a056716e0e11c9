// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls that hide in types and in functions that nobody wrote: bounds of variable-length arrays, defaulted
// comparisons, lambdas in template parameters.
//
// RUN: %clangxx %plugin -Wno-vla-extension %s -o %t && env RUN=1 %t | %filecheck %s
// RUN: %clangxx %plugin -Wno-vla-extension -O2 %s -o %t && env RUN=1 %t | %filecheck %s

#include "Inputs/runtime.h"
#include <compare>
#include <memory>
#include <tl/autotune.h>
#include <tuple>

struct config {
  int width = 1;
};
#define FACTORY [[tl::autotune({.width = 2}, {.width = 3})]]
template <config C = config{}> FACTORY int f(int) { return C.width; }
template <class T, config C = config{}> FACTORY T g(T) { return C.width; }

int wrong;
void expect(const char *what, long value, long expected) {
  if (value == expected)
    return;
  ++wrong;
  std::printf("%s is %ld, expected %ld\n", what, value, expected);
}
#define EXPECT(call, expected) expect(#call, call, expected)

int local_array() { int a[f(1)]; return sizeof(a) / sizeof(int); }
int parameter(int, int (*a)[f(1)]) { return sizeof(*a) / sizeof(int); }
int size_of_type() { return sizeof(int[f(1)]) / sizeof(int); }
int alias() { typedef int A[f(1)]; A a; return sizeof(a) / sizeof(int); }
int using_alias() { using A = int[f(1)]; return sizeof(A) / sizeof(int); }
int pointer() { int (*p)[f(1)] = nullptr; return sizeof(*p) / sizeof(int); }
int two_dimensions() { int a[f(1)][2][f(1)]; return sizeof(a) / sizeof(int); }
template <class T> int in_template() { T a[g(T(1))]; return sizeof(a) / sizeof(T); }

struct member { int x; };
template <config C = config{}> FACTORY bool operator==(const member &, const member &) { return C.width == 3; }
template <config C = config{}> FACTORY std::strong_ordering operator<=>(const member &, const member &) { return C.width <=> 3; }
struct equal { member m; bool operator==(const equal &) const = default; };
struct befriended { member m; friend bool operator==(const befriended &, const befriended &) = default; };
struct ordered { member m; auto operator<=>(const ordered &) const = default; };
template <class T> struct generic { T m; bool operator==(const generic &) const = default; };
template <class T> bool compare(T a, T b) { return a == b; }

template <class L = decltype([](int x) { return f(x); })> int type_default() { return L{}(1); }
template <class L = decltype([](int x) { return f(x); })> struct class_default { int v = L{}(1); };
template <auto L = [](int x) { return f(x); }> int value_default() { return L(1); }
template <class T> using generic_alias = decltype([](int x) { return f(x); });
using plain_alias = decltype([](int x) { return f(x); });
int deleted;
std::unique_ptr<int, decltype([](int *p) { deleted = f(1); delete p; })> owner(new int);
struct base { int b; base(int x) : b(x) {} };
struct derived : base { derived(decltype([] { return f(1); }) l = {}) : base(l()) {} };

consteval auto immediate() { return &f<>; }
constexpr auto function() { return &f<>; }
constexpr auto from_function = function();
constexpr auto from_immediate = immediate();
struct holder { int (*p)(int); constexpr holder(int (*p)(int) = &f<>) : p(p) {} };
constexpr holder held;
constinit holder held_too;
template <class T> constexpr T (*table[])(T) = {g<T>, &g<T>};
struct defaults { int (*p)(int) = f; int (*const q)(int) = &f<>; };
constexpr defaults by_default{};
constexpr auto lambda = [] { return &f<>; };
constexpr auto from_lambda = lambda();

namespace bound {
struct T { int a; };
template <std::size_t I, config C = config{}> FACTORY int get(T) { return C.width + I; }
} // namespace bound
template <> struct std::tuple_size<bound::T> : std::integral_constant<std::size_t, 2> {};
template <std::size_t I> struct std::tuple_element<I, bound::T> { using type = int; };

int main() {
  EXPECT(local_array(), 3);
  EXPECT(parameter(1, nullptr), 3);
  EXPECT(size_of_type(), 3);
  EXPECT(alias(), 3);
  EXPECT(using_alias(), 3);
  EXPECT(pointer(), 3);
  EXPECT(two_dimensions(), 18);
  EXPECT(in_template<int>(), 3);
  EXPECT(equal{} == equal{}, 1);
  EXPECT(equal{} != equal{}, 0);
  EXPECT(befriended{} == befriended{}, 1);
  EXPECT((ordered{} <=> ordered{}) == 0, 1);
  EXPECT(ordered{} <= ordered{}, 1);
  EXPECT(generic<member>{} == generic<member>{}, 1);
  EXPECT(compare(generic<member>{}, generic<member>{}), 1);
  EXPECT(type_default(), 3);
  EXPECT(class_default{}.v, 3);
  EXPECT(value_default(), 3);
  EXPECT(generic_alias<int>{}(1), 3);
  EXPECT(plain_alias{}(1), 3);
  EXPECT(derived{}.b, 3);
  owner.reset();
  EXPECT(deleted, 3);
  EXPECT(immediate()(1), 3);
  EXPECT(function()(1), 3);
  EXPECT(from_function(1), 3);
  EXPECT(from_immediate(1), 3);
  EXPECT(held.p(1), 3);
  EXPECT(held_too.p(1), 3);
  EXPECT(table<int>[1](1), 3);
  EXPECT(by_default.p(1), 3);
  EXPECT(by_default.q(1), 3);
  EXPECT(lambda()(1), 3);
  EXPECT(from_lambda(1), 3);
  constexpr auto local = function();
  EXPECT(local(1), 3);
  constexpr defaults local_defaults;
  EXPECT(local_defaults.p(1), 3);
  auto [a, b] = bound::T{1};
  EXPECT(a, 3);
  EXPECT(b, 4);
  std::printf("%d wrong\n", wrong); // CHECK: {{^}}0 wrong
}
