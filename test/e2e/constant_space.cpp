// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The plugin reads the configs of arrays and of spaces without predicates from their values, and asks the library for
// those of any other space. Both find the same configs in the same order, which is that of tl::space_t::for_each.
//
// RUN: %clangxx %plugin %s -o %t %runtime && %t | %filecheck %s
// CHECK: plain: 12 and 12 configs, same: 1
// CHECK-NEXT: fields: 24 and 24 configs, same: 1
// CHECK-NEXT: inherited: 4 and 4 configs, same: 1
// CHECK-NEXT: twice: 4 and 4 configs, same: 1
// CHECK-NEXT: no axis: 1 and 1 configs, same: 1
// CHECK-NEXT: array: 3 and 3 configs, same: 1
// CHECK-NEXT: 12 visited, in the table's order: 1

#include <tl/autotune.h>

#include <tl/capi.h>

#include <array>
#include <cstdio>
#include <string>

using namespace tl::keywords;

constexpr auto everything = [](const auto &) { return true; };

static std::string table(const tl_factory *factory) {
  std::string all;
  for (unsigned i = 0; i < factory->variant_count; ++i)
    all += std::string(factory->configs[i]) + '\n';
  return all;
}
static const tl_factory *factory_of(void (*function)()) { return tl_rt_factory_of(reinterpret_cast<const void *>(function)); }
static void compare(const char *name, void (*read)(), void (*asked)()) {
  const tl_factory *a = factory_of(read), *b = factory_of(asked);
  std::printf("%s: %u and %u configs, same: %d\n", name, a->variant_count, b->variant_count, table(a) == table(b));
}

#define PAIR(name, type, space)                                                                                           \
  constexpr auto name##_read = space;                                                                                     \
  constexpr auto name##_asked = (space).where(everything);                                                                \
  template <type C = type{}> [[tl::autotune(configs = name##_read)]] void name##_1() {}                                   \
  template <type C = type{}> [[tl::autotune(configs = name##_asked)]] void name##_2() {}

struct plain {
  int a = 1, b = 10, c = 100;
};
PAIR(plain, plain, tl::space<plain>().axis(&plain::a, {1, 2, 3}).axis(&plain::b, {10, 20}).axis(&plain::c, {100, 50}))

enum class mode { slow, fast };
struct tile {
  int m = 4, n = 8;
};
struct fields {
  tile block;
  mode how = mode::slow;
  bool unrolled = false;
  float ratio = 0.5f;
  unsigned char small = 3;
  int rest = 7;
};
PAIR(fields, fields,
     tl::space<fields>().axis(&fields::block, {tile{}, tile{1, 2}, tile{3, 4}}).axis(&fields::how, {mode::fast, mode::slow})
         .axis(&fields::unrolled, {true, false}).axis(&fields::small, {3, 200}))

struct base {
  int a = 1;
};
struct derived : base {
  int b = 2;
};
PAIR(inherited, derived, tl::space<derived>().axis(static_cast<int derived::*>(&derived::a), {1, 5}).axis(&derived::b, {2, 6}))
PAIR(twice, plain, tl::space<plain>().axis(&plain::a, {1, 2}).axis(&plain::a, {3, 1}).axis(&plain::b, {10, 20}))
PAIR(no_axis, plain, tl::space<plain>())

constexpr plain array_read[4] = {{1}, {.b = 3}, {.c = 5}}; // the last one is the default
constexpr std::array<plain, 4> array_asked = {{{1}, {.b = 3}, {.c = 5}, {}}};
template <plain C = plain{}> [[tl::autotune(configs = array_read)]] void array_1() {}
template <plain C = plain{}> [[tl::autotune(configs = array_asked)]] void array_2() {}

int main() {
  compare("plain", &plain_1<>, &plain_2<>);
  compare("fields", &fields_1<>, &fields_2<>);
  compare("inherited", &inherited_1<>, &inherited_2<>);
  compare("twice", &twice_1<>, &twice_2<>);
  compare("no axis", &no_axis_1<>, &no_axis_2<>);
  compare("array", &array_1<>, &array_2<>);
  std::string visited;
  int count = 0;
  plain_read.for_each([&](const plain &c) {
    visited += "a=" + std::to_string(c.a) + ",b=" + std::to_string(c.b) + ",c=" + std::to_string(c.c) + '\n';
    ++count;
  });
  std::printf("%d visited, in the table's order: %d\n", count, visited == table(factory_of(&plain_1<>)));
}
