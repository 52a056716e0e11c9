// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The address of a factory as a constant: what the compiler evaluates is as without the plugin, whenever it is
// evaluated, and what is called through it is tuned. Types are the same, too, so that objects mix.
//
// RUN: %clangxx -w %s -o %t && env RUN=1 %t | %filecheck --check-prefixes=PLAIN,SAME %s
// RUN: nm %t | grep -o '_ZN8argumentI.*' | sort -u > %t.plain && test -s %t.plain
// RUN: %clangxx %plugin -w %s -o %t && env RUN=1 %t | %filecheck --check-prefixes=TUNED,SAME %s
// RUN: nm %t | grep -o '_ZN8argumentI.*' | sort -u | cmp - %t.plain
// RUN: %clangxx %plugin -w -O2 %s -o %t && env RUN=1 %t | %filecheck --check-prefixes=TUNED,SAME %s
// RUN: %clangxx %plugin -w -std=c++23 %s -o %t && env RUN=1 %t | %filecheck --check-prefixes=TUNED,SAME %s

#include "Inputs/runtime.h"
#include <tl/autotune.h>
#include <type_traits>

struct config {
  int width = 1;
};
#define FACTORY [[tl::autotune({.width = 2}, {.width = 3})]]
template <config C = config{}> FACTORY int f(int v) { return v * 10 + C.width; }
template <class T, config C = config{}> FACTORY T g(T v) { return v * 10 + C.width; }

// Outside of functions.
constexpr int (*pointer)(int) = &f<>;
static_assert(pointer == &f<> && pointer == f<> && pointer != nullptr && pointer != &f<config{2}>);
constexpr auto function() { return &f<>; }
static_assert(function() == &f<>);
consteval auto immediate() { return &f<>; }
static_assert(immediate() == &f<> && immediate() == function());
constexpr auto closure = [] { return &f<>; };
static_assert(closure() == pointer);
constexpr auto from_function = function(), from_immediate = immediate();
static_assert(from_function == &f<> && from_immediate == from_function);
struct table {
  int (*entry)(int) = f;
  int (*more[2])(int) = {nullptr, &f<>};
};
constexpr table entries{};
static_assert(entries.entry == pointer && entries.entry == &f<> && entries.more[1] == entries.entry);
inline constexpr auto shared = &g<int>;
static_assert(shared == &g<int>);
template <class T> constexpr auto variable = &g<T>;
static_assert(variable<int> == &g<int> && variable<int> == shared);

// In types.
template <auto P> struct argument {
  static int call() { return P(1); }
};
static_assert(std::is_same_v<argument<pointer>, argument<&f<>>> && std::is_same_v<argument<function()>, argument<entries.entry>>);
enum { seven = pointer == &f<> ? 7 : 8 };
int three[pointer == &f<> ? 3 : 4];
static_assert(seven == 7 && sizeof(three) == 3 * sizeof(int));

// In functions, classes and templates.
template <class T> constexpr bool same(T p) { return p == &f<>; }
static_assert(same(pointer) && same(&f<>) && same(function()) && !same(&f<config{2}>));
template <class T> int in_template(T v) {
  static_assert(pointer == &f<> && variable<T> == &g<T>);
  if constexpr (pointer == &f<>)
    return variable<T>(v);
  else
    return 0;
}
struct object {
  static constexpr int (*member)(int) = &f<>;
  int value = member(1);
  static int inside() {
    static_assert(member == &f<>);
    return member(1);
  }
};
static_assert(object::member == &f<>);
template <class T> struct explicitly {
  static constexpr T (*member)(T) = g;
  static_assert(member == &g<T>);
  T call() const { return member(1); }
};
template struct explicitly<long>;
int in_function(int v) {
  constexpr auto local = &f<>, local_immediate = immediate();
  static_assert(local == pointer && local_immediate == local);
  static constexpr auto kept = function();
  static_assert(kept == local);
  auto inner = [] {
    static_assert(pointer == &f<>);
    return pointer(1);
  };
  return local(v) + local_immediate(v) + kept(v) + inner();
}
namespace ns {
constexpr auto inner = &f<>;
static_assert(inner == &f<>);
int variable = inner(1);
inline int call() {
  static_assert(inner == &f<>);
  return inner(1);
}
} // namespace ns

// After code was generated from them.
int late = pointer(1);
static_assert(pointer == &f<> && function() == &f<> && immediate() == pointer && from_function == pointer && entries.entry == pointer &&
              variable<int> == &g<int> && object::member == pointer && ns::inner == pointer);

int main() {
  std::printf("%d %d %d %d %d %d %d %d\n", pointer(1), function()(1), immediate()(1), closure()(1), from_function(1), from_immediate(1),
              entries.entry(1), entries.more[1](1));
  std::printf("%d %d %d %d %d %d\n", shared(1), variable<int>(1), in_template(1), object::member(1), object().value, object::inside());
  std::printf("%d %d %d %d %ld\n", in_function(1), ns::variable, ns::call(), late, explicitly<long>().call());
  std::printf("%d %d\n", pointer == &f<>, argument<pointer>::call());
  // PLAIN: 11 11 11 11 11 11 11 11
  // PLAIN: 11 11 11 11 11 11
  // PLAIN: 44 11 11 11 11
  // TUNED: 13 13 13 13 13 13 13 13
  // TUNED: 13 13 13 13 13 13
  // TUNED: 52 13 13 13 13
  // SAME: 1 11
}
