// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Plain template parameters, matched to the config struct's fields by name; configs written in the attribute.
//
// RUN: %clangxx %plugin %s -o %t && env LIST=1 RUN=1 %t | %filecheck %s

#include "Inputs/runtime.h"
#include <tl/autotune.h>

using namespace tl::keywords;

enum algorithm { naive, blocked };
struct config {
  algorithm how = naive;
  unsigned char width = 4;
  bool unroll = false;
};
constexpr auto space = tl::space<config>()
                           .axis(&config::how, {naive, blocked})
                           .axis(&config::width, {4, 8})
                           .where([](config c) { return c.how == blocked || c.width == 4; });

// The fields' order is not the parameters' order; texts have the former.
template <class T, bool unroll = false, int width = 4, algorithm how = naive>
[[tl::autotune(configs = space)]] void plain(T) {
  std::printf("plain: width=%d how=%d unroll=%d\n", width, how, unroll);
}

template <int width = 1, bool fast = false>
[[tl::autotune({.width = 2}, {.width = 4, .fast = true})]] void in_place() {
  std::printf("in place: width=%d fast=%d\n", width, fast);
}

// Values of any kind: types, structs, enumerators, numbers.
template <class T = float, config C = config{}, algorithm how = naive, int width = 1>
[[tl::autotune({.T = tl::type<double>, .how = blocked}, {.T = tl::type<char>, .C = {.width = 9}, .width = {3}})]] void kinds() {
  std::printf("kinds: size=%zu C.width=%d how=%d width=%d\n", sizeof(T), C.width, how, width);
}

template <config C = {}> [[tl::autotune({.width = 2}, {.how = blocked, .unroll = true})]] void braced() {
  std::printf("braced: width=%d how=%d\n", C.width, C.how);
}

// The type of the configs and the configs themselves may depend on what callers fix.
template <class T> struct typed_config {
  T width = 1;
};
template <class T> constexpr auto typed_space = tl::space<typed_config<T>>().axis(&typed_config<T>::width, {T(1), T(sizeof(T))});
template <class T, typed_config<T> C = typed_config<T>{}> [[tl::autotune(configs = typed_space<T>)]] void dependent(T) {
  std::printf("dependent: width=%d\n", int(C.width));
}
template <class T, int width = 1> [[tl::autotune({.width = sizeof(T)}, {.width = 3})]] void dependent_value(T) {
  std::printf("dependent value: width=%d\n", width);
}

// The class around the factory may have them too: as a list of unknown length, or as a space of a deduced type.
template <class T> struct enclosing {
  struct own {
    T width = 1;
  };
  static constexpr config listed[] = {{.width = 1}, {.width = sizeof(T)}};
  static constexpr auto deduced = tl::space<own>().axis(&own::width, {T(1), T(sizeof(T) + 1)});
  template <config C = config{}> [[tl::autotune(configs = listed)]] static void from_list(T) {
    std::printf("from a list: width=%d\n", int(C.width));
  }
  template <own C = own{}> [[tl::autotune(configs = deduced)]] static void from_space(T) {
    std::printf("from a space: width=%d\n", int(C.width));
  }
};

// Everything before the tunables is what callers fix, packs included.
template <int leading, class... Ts, config C = config{}> [[tl::autotune(configs = space)]] void pack(Ts... values) {
  std::printf("pack: leading=%d, %zu arguments, width=%d\n", leading, sizeof...(values), C.width);
}

// All options at once, a lambda among them, which is dependent in a template even if it uses nothing of it.
template <class T, config C = config{}>
[[tl::autotune(configs = space, warmup = 1, rep = 3, timeout = 1.5, budget = 10, key = [](T value) { return value; },
               check = [](T) { return sizeof(T) > 1; }, check_repeat = 2,
               tolerance = {.rtol = 1e-3, .max_mismatched_ratio = 0}, skip_check = false, cache_inputs = true,
               eligible = [](config c, T) { return c.width > 1; }, search = tl::search::random(3),
               profiler = tl::profiler::wall, cold = false, isolation = tl::isolation::none)]]
void everything(T) {
  std::printf("everything: width=%d\n", C.width);
}

int main() {
  plain(1.0);
  in_place();
  kinds();
  braced();
  dependent(short(1));
  enclosing<short>::from_list(1);
  enclosing<short>::from_space(1);
  dependent_value(1.0);
  pack<7>(1, 2.0, 'c');
  everything(2L);
  plain<int, true>(1); // reaches the first tunable
}

// CHECK-DAG: registered plain<double>
// CHECK-DAG: 0: how=naive,width=4,unroll=false (default)
// CHECK-DAG: 1: how=blocked,width=4,unroll=false
// CHECK-DAG: 2: how=blocked,width=8,unroll=false
// CHECK-DAG: registered in_place
// CHECK-DAG: 0: width=2,fast=false
// CHECK-DAG: 1: width=4,fast=true
// CHECK-DAG: 2: width=1,fast=false (default)
// CHECK-DAG: registered kinds
// CHECK-DAG: 0: T=double,C={how=naive,width=4,unroll=false},how=blocked,width=1
// CHECK-DAG: 1: T=char,C={how=naive,width=9,unroll=false},how=naive,width=3
// CHECK-DAG: kinds: size=1 C.width=9 how=0 width=3
// CHECK-DAG: registered braced
// CHECK-DAG: 0: how=naive,width=2,unroll=false
// CHECK-DAG: 1: how=blocked,width=4,unroll=true
// CHECK-DAG: from a list: width=2
// CHECK-DAG: from a space: width=3
// CHECK-DAG: registered dependent<short>
// CHECK-DAG: 1: width=2{{$}}
// CHECK-DAG: registered dependent_value<double>
// CHECK-DAG: 0: width=8{{$}}
// CHECK-DAG: registered pack<7, int, double, char>
// CHECK-DAG: plain: width=4 how=1 unroll=0
// CHECK-DAG: in place: width=4 fast=1
// CHECK-DAG: braced: width=4 how=1
// CHECK-DAG: dependent: width=2
// CHECK-DAG: dependent value: width=3
// CHECK-DAG: pack: leading=7, 3 arguments, width=4
// CHECK-DAG: everything: width=4
// CHECK-DAG: plain: width=4 how=0 unroll=1
// CHECK-NOT: registered plain<int
