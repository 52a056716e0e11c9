// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every way to name a factory reaches its dispatcher, unless the tunables are written out.
//
// RUN: %clangxx %plugin %s -o %t && env RUN=1 %t | %filecheck %s
// RUN: %clangxx %plugin -O2 %s -o %t && env RUN=1 %t | %filecheck %s
// RUN: %clangxx -Wno-unknown-attributes %s -o %t && env RUN=1 %t | %filecheck --check-prefix=PLAIN %s

#include "Inputs/runtime.h"
#include <cstdio>
#include <functional>
#include <memory>
#include <tl/autotune.h>
#include <vector>

using namespace tl::keywords;

struct config {
  int width = 1;
  bool operator==(const config &) const = default;
};
constexpr config configs_of_all[] = {{1}, {2}, {3}};

// Without the plugin each of these runs the default config, but for the explicit form.
// PLAIN-NOT: width=2
// PLAIN: lambda: width=1
// PLAIN-NOT: width=2
// PLAIN: explicit other: width=3

namespace outer {
inline namespace v1 {
template <class T, config C = config{}>
[[tl::autotune(configs = configs_of_all)]] int scale(const char *where, T value) {
  std::printf("%s: width=%d\n", where, C.width);
  return static_cast<int>(value);
}
} // namespace v1

inline int same_namespace() { return scale("same namespace", 1); }

struct holder {
  template <config C = config{}> [[tl::autotune(configs = configs_of_all)]] static int member(const char *where) {
    std::printf("%s: width=%d\n", where, C.width);
    return 0;
  }
  int in_class = member<>("in-class initialiser");
  int inline_member() { return member("inline member"); }
  int through_object() { return this->member("through an object"); }
};

template <class U> struct generic {
  template <class T, config C = config{}>
  [[tl::autotune(configs = configs_of_all)]] static int member(const char *where, T) {
    std::printf("%s: width=%d, %zu\n", where, C.width, sizeof(U));
    return 0;
  }
  int initialised = member("in-class initialiser of a template", 'x');
};

struct tag {};
template <config C = config{}> [[tl::autotune(configs = configs_of_all)]] tag operator*(tag, tag) {
  std::printf("operator: width=%d\n", C.width);
  return {};
}
template <config C = config{}> [[tl::autotune(configs = configs_of_all)]] void adl(tag) {
  std::printf("argument-dependent lookup: width=%d\n", C.width);
}
} // namespace outer

template <config C = config{}> [[tl::autotune(configs = configs_of_all)]] void inner_factory() {
  std::printf("factory from a factory: width=%d\n", C.width);
}
template <config C = config{}> [[tl::autotune(configs = configs_of_all)]] void outer_factory() { inner_factory(); }

template <class T> void from_template(T value) {
  outer::scale("dependent call in a template", value);
  outer::scale("non-dependent call in a template", 1L);
  [](auto inner) { outer::scale("generic lambda in a template", inner); }(value);
}

int global = outer::scale("global initialiser", 1.0f);
int (*const pointer)(const char *, short) = &outer::scale<short>;
constexpr auto constant_pointer = &outer::scale<unsigned>;
template <class T> int variable_template = outer::scale("variable template", T{});
struct statics {
  static inline int value = outer::scale("static member", 'c');
};
void default_argument(int = outer::scale("default argument", 1u)) {}
struct table {
  int (*entry)(const char *, long long);
};
constexpr table dispatch_table{&outer::scale<long long>};

int main() {
  outer::same_namespace();
  outer::holder h;
  h.inline_member();
  h.through_object();
  h.member("through a variable");
  outer::generic<double> g;
  (void)g;
  outer::generic<char>::member<int>("static member of a class template", 1);
  static_cast<void>(outer::tag{} * outer::tag{});
  adl(outer::tag{});
  outer_factory();
  from_template(1);
  pointer("constant function pointer", 1);
  constant_pointer("constexpr function pointer", 1u);
  dispatch_table.entry("constexpr table", 1);
  (void)variable_template<unsigned char>;
  default_argument();
  std::function<int(const char *, float)> wrapped = outer::scale<float>;
  wrapped("wrapped", 1.0f);
  int (*by_target)(const char *, unsigned short) = outer::scale;
  by_target("by target type", 1);
  [captured = 1] { outer::scale("lambda", captured); }();
  auto made = std::make_unique<int>(outer::scale("argument of a template", 1ull));
  for (int i : std::vector<int>(outer::scale("range-based for", std::size_t{1}))) // converts to the size
    (void)i;
  outer::scale<int>("leading argument written", 1);
  outer::scale<int, config{}>("explicit default", 1);
  outer::scale<int, config{3}>("explicit other", 1);
  outer::holder::member<config{7}>("explicit outside of the space");
}

// CHECK-DAG: global initialiser: width=2
// CHECK-DAG: static member: width=2
// CHECK-DAG: variable template: width=2
// CHECK-DAG: same namespace: width=2
// CHECK-DAG: in-class initialiser: width=2
// CHECK-DAG: inline member: width=2
// CHECK-DAG: through an object: width=2
// CHECK-DAG: through a variable: width=2
// CHECK-DAG: in-class initialiser of a template: width=2, 8
// CHECK-DAG: static member of a class template: width=2, 1
// CHECK-DAG: operator: width=2
// CHECK-DAG: argument-dependent lookup: width=2
// CHECK-DAG: factory from a factory: width=2
// CHECK-DAG: dependent call in a template: width=2
// CHECK-DAG: non-dependent call in a template: width=2
// CHECK-DAG: generic lambda in a template: width=2
// CHECK-DAG: constant function pointer: width=2
// CHECK-DAG: constexpr function pointer: width=2
// CHECK-DAG: constexpr table: width=2
// CHECK-DAG: default argument: width=2
// CHECK-DAG: wrapped: width=2
// CHECK-DAG: by target type: width=2
// CHECK-DAG: lambda: width=2
// CHECK-DAG: argument of a template: width=2
// CHECK-DAG: range-based for: width=2
// CHECK-DAG: leading argument written: width=2
// CHECK-DAG: explicit default: width=1
// CHECK-DAG: explicit other: width=3
// CHECK-DAG: explicit outside of the space: width=7
// CHECK-NOT: width=1
