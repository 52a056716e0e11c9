// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A config that `eligible` refuses on every call is told at compile time. It is compiled all the same: code may call
// it by its name. Inputs/eligible_bodies.py generates functions and knows what is right of them.
//
// RUN: %clangxx %plugin -fsyntax-only -fplugin-arg-tl-remarks %s 2>&1 | %filecheck %s --implicit-check-not "'eligible' refuses" --implicit-check-not 'never eligible'
// RUN: %clangxx %plugin -fsyntax-only -fplugin-arg-tl-legality=off %s 2>&1 | %filecheck %s --check-prefix OFF --allow-empty
// RUN: not %clangxx %plugin -fsyntax-only -Werror=backend-plugin %s
// RUN: %clangxx %plugin -fsyntax-only -Wno-backend-plugin %s 2>&1 | %filecheck %s --check-prefix OFF --allow-empty
// RUN: %python %S/Inputs/eligible_bodies.py %t.cpp %clangxx %plugin
//
// OFF-NOT: refuses

#include <tl/autotune.h>

#include <algorithm>

using namespace tl::keywords;

struct config {
  int tile = 16;
  int stages = 1;
  constexpr int bytes() const { return tile * tile * stages * 4; }
  bool operator==(const config &) const = default;
};
inline constexpr auto space = tl::space<config>().axis(&config::tile, {16, 64, 128}).axis(&config::stages, {1, 2});

// A function, with a local variable, an early way out, and an operand that only the call knows.
bool fits(config c, int n) {
  const int bytes = c.bytes() + 1024;
  if (bytes > 48 * 1024)
    return false;
  return n % c.tile == 0;
}
// CHECK: [[@LINE+4]]:{{[0-9]+}}: warning: 'eligible' refuses 2 of 6 variants of 'function' whatever the arguments are, such as 'tile=128,stages=1': they are compiled and never run
// CHECK: config 'tile=128,stages=1' of 'function' is never eligible
// CHECK: config 'tile=128,stages=2' of 'function' is never eligible
template <config C = config{}>
[[tl::autotune(configs = space, eligible = fits)]]
void function(int) {}

// A generic lambda; what is known stands at the right of what is not.
// CHECK: warning: 'eligible' refuses 2 of 6 variants of 'lambda'
// CHECK-COUNT-2: of 'lambda' is never eligible
template <config C = config{}>
[[tl::autotune(configs = space, eligible = [](const auto &c, int n) { return n > 0 && std::max(c.tile, 64) < 128; })]]
void lambda(int) {}

// Of a class template.
template <int Most> struct owner {
  static constexpr bool small(const config &c, int) { return c.tile * c.stages <= Most; }
  template <config C = config{}>
  [[tl::autotune(configs = space, eligible = small)]]
  static void method(int) {}
};
// CHECK: warning: 'eligible' refuses 5 of 6 variants of 'method'
// CHECK-COUNT-5: of 'method' is never eligible

// CHECK: warning: 'eligible' refuses the default config 'tile=16,stages=1' of 'hopeless' whatever the arguments are, and everything is compared with it
// CHECK-COUNT-2: of 'hopeless' is never eligible
bool large(config c, int) { return c.tile >= 64; }
template <config C = config{}>
[[tl::autotune(configs = space, eligible = large)]]
void hopeless(int) {}

// Nothing is said of what the call decides, of what is not known, and of lists.
bool by_call(config c, int n) { return n >= c.tile; }
template <config C = config{}>
[[tl::autotune(configs = space, eligible = by_call)]]
void decided_by_call(int) {}

bool elsewhere(config c, int n);
template <config C = config{}>
[[tl::autotune(configs = space, eligible = elsewhere)]]
void defined_elsewhere(int) {}

bool changes(config c, int n) {
  c.tile = n;
  return c.tile < 16;
}
template <config C = config{}>
[[tl::autotune(configs = space, eligible = changes)]]
void changed(int) {}

bool loops(config c, int n) {
  for (int i = 0; i < n; ++i)
    if (i == c.tile)
      return true;
  return false;
}
template <config C = config{}>
[[tl::autotune(configs = space, eligible = loops)]]
void looped(int) {}

std::array<config, 1> listed(int) { return {config{16, 1}}; }
template <config C = config{}>
[[tl::autotune(configs = space, eligible = listed)]]
void from_list(int) {}

void calls() {
  function(1);
  lambda(1);
  owner<16>::method(1);
  hopeless(1);
  decided_by_call(1);
  defined_elsewhere(1);
  changed(1);
  looped(1);
  from_list(1);
}
