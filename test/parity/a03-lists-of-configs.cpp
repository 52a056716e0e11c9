// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A3, configs as a list: a space of axes, an explicit list, any constexpr range, and configs written into
// the attribute give the same variants. An empty list and a name that is no tunable are errors.
//
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: %t | %filecheck %s
// CHECK: of_axes: width=1,deep=false width=1,deep=true width=4,deep=true
// CHECK: of_list: width=1,deep=false width=1,deep=true width=4,deep=true
// CHECK: of_range: width=1,deep=false width=1,deep=true width=4,deep=true
// CHECK: written: width=1,deep=false width=1,deep=true width=4,deep=true
// CHECK: plain_parameters: width=1,deep=false width=1,deep=true width=4,deep=true
//
// RUN: %clangxx %plugin -DWRONG -fsyntax-only -Xclang -verify=wrong %s

#include <tl/autotune.h>
#include <tl/capi.h>

#include <array>
#include <cstdio>

using namespace tl::keywords;

struct config {
  int width = 1;
  bool deep = false; // wrong-note {{field declared here}}
};
inline constexpr auto axes = tl::space<config>()
                                 .axis(&config::width, {1, 4})
                                 .axis(&config::deep, {false, true})
                                 .where([](config c) { return c.deep || c.width == 1; });
inline constexpr auto list = tl::configs_of<config>({{1, false}, {1, true}, {4, true}});
inline constexpr std::array<config, 3> range{config{1, false}, config{1, true}, config{4, true}};

#ifdef WRONG

inline constexpr std::array<config, 0> none{};
template <config C = config{}>
[[tl::autotune(configs = none)]] // wrong-error {{the space is empty}}
void empty();
template <config C = config{}>
[[tl::autotune({.width = 2}, {.heigth = 3})]] // wrong-error {{field designator 'heigth' does not refer to any field in type 'config'}}
void no_field();
template <int width = 1, bool shallow = false>
[[tl::autotune(configs = axes)]] // wrong-error {{field 'deep' of 'config' names no template parameter of 'no_parameter'}}
void no_parameter(); // wrong-note {{template declared here}}

#else

template <config C = config{}> TL_AUTOTUNE(configs = axes) void of_axes() {}
template <config C = config{}> TL_AUTOTUNE(configs = list) void of_list() {}
template <config C = config{}> TL_AUTOTUNE(configs = range) void of_range() {}
template <config C = config{}> TL_AUTOTUNE({.width = 1}, {.width = 1, .deep = true}, {.width = 4, .deep = true}) void written() {}
template <int width = 1, bool deep = false> TL_AUTOTUNE(configs = range) void plain_parameters() {}

void (*const reached[])() = {&of_axes, &of_list, &of_range, &written, &plain_parameters};

int main() {
  for (const char *name : {"of_axes", "of_list", "of_range", "written", "plain_parameters"}) {
    const tl_factory *factory = tl_rt_find_factory(name);
    std::printf("%s:", name);
    for (unsigned i = 0; i < factory->variant_count; ++i)
      std::printf(" %s", factory->configs[i]);
    std::puts("");
  }
}

#endif
