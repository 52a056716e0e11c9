// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Libraries are in a fingerprint, from whatever include path, and so are embedded data, and what macros leave in precompiled
// headers and modules.
//
// RUN: rm -rf %t && split-file %s %t && cd %t && printf abcd > table.bin && mkdir system && mv isystem.h system/klib.h
// RUN: echo '%clangxx %plugin -fplugin-arg-tl-dump=fingerprint -w "$@" | grep "^// fingerprint of"' > print
// RUN: echo 'file=$1 edit=$2; shift 2; before=of$(echo "$@" | tr -d " /"); [ -e $before ] || sh print "$@" > $before' > edit
// RUN: echo 'cp $file kept; sed -i "$edit" $file; ! cmp -s $file kept || exit 3; sh print "$@" > after; cp kept $file' >> edit
// RUN: echo 'grep -q fingerprint $before' >> edit
// RUN: (cat edit; echo '! cmp $before after') > changes
// RUN: (cat edit; echo 'cmp $before after') > keeps
//
// Embedded data and libraries.
// RUN: sh changes table.bin 's/c/x/' -fsyntax-only embed.cpp
// RUN: sh keeps table.bin 's/c/x/' -isystem system -fsyntax-only library.cpp
// RUN: sh changes system/klib.h 's/x + 1/x - 1/' -isystem system -fsyntax-only library.cpp
// RUN: sh changes system/klib.h 's/x + 2/x - 2/' -isystem system -fsyntax-only library.cpp
// RUN: sh keeps system/klib.h 's/x + 3/x - 3/' -isystem system -fsyntax-only library.cpp
//
// What the macros of the standard library leave in the code.
// RUN: sh print -fsyntax-only standard.cpp > before
// RUN: sh print -fsyntax-only -D_GLIBCXX_ASSERTIONS standard.cpp > after; not cmp before after
// Whether the library checks preconditions, whatever of it is used, and in templates, too, where nobody knows yet what is meant.
// RUN: sh print -fsyntax-only operators.cpp | sort > before; sh print -fsyntax-only -D_GLIBCXX_ASSERTIONS operators.cpp | sort > after
// RUN: test $(wc -l < before) = 12 && test $(wc -l < after) = 12 && comm -12 before after > same && not grep fingerprint same
// RUN: sh print -fsyntax-only -DNDEBUG standard.cpp > after; not cmp before after
// RUN: sh changes standard.cpp 's/a.n < b.n/a.n > b.n/' -fsyntax-only standard.cpp
// RUN: sh changes standard.cpp 's/{ return o.n/{ return -o.n/' -fsyntax-only standard.cpp
//
// Precompiled headers and modules.
// RUN: echo '%clangxx %plugin -w -x c++-header pch.h -o pch.pch && sh print -include-pch pch.pch -fsyntax-only pch.cpp' > with-pch
// RUN: sh with-pch > before && sed -i 's/X(2)/X(3)/' list.inc && sh with-pch > after && not cmp before after
// RUN: sh print -include pch.h -fsyntax-only pch.cpp | cmp - after
// RUN: echo '%clangxx %plugin -w --precompile module.cppm -o m.pcm && sh print -fmodule-file=m=m.pcm -fsyntax-only importer.cpp' > with-module
// RUN: sh with-module > before && sed -i 's/TILE 7/TILE 8/' module.cppm && sh with-module > after && not cmp before after

//--- embed.cpp
#include <tl/autotune.h>
using namespace tl::keywords;
struct config { int u = 1; };
constexpr unsigned char table[] = {
#embed "table.bin"
};
template <config C = config{}> [[tl::autotune({.u = 2})]] int f(int n) { return table[n % sizeof table] * C.u; }
int use(int n) { return f(n); }

//--- isystem.h
#pragma once
#include <tl/autotune.h>
inline int global_helper(int x) { return x + 2; }
namespace klib {
using namespace tl::keywords;
struct config { int w = 1; };
inline int helper(int x) { return x + 1; }
inline int not_called(int x) { return x + 3; }
template <config C = config{}> [[tl::autotune({.w = 2})]] inline int f(int n) { return helper(n) * C.w + global_helper(n); }
}

//--- library.cpp
#include <klib.h>
int u(int n) { return klib::f(n); }

//--- standard.cpp
#include <algorithm>
#include <cassert>
#include <tl/autotune.h>
#include <unordered_set>
#include <vector>
using namespace tl::keywords;
struct config { int u = 1; };
struct entry { int n; };
inline bool operator<(const entry &a, const entry &b) { return a.n < b.n; }
struct object { int n; bool operator==(const object &) const = default; };
template <> struct std::hash<object> { size_t operator()(const object &o) const { return o.n; } };
template <class T, config C = config{}> [[tl::autotune({.u = 2})]] int f(std::vector<T> &v, std::unordered_set<object> &s) {
  assert(!v.empty());
  std::sort(v.begin(), v.end());
  return v[0].n * C.u + s.count(object{1});
}
int use(std::vector<entry> &v, std::unordered_set<object> &s) { return f(v, s); }

//--- operators.cpp
#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/autotune.h>
#include <vector>
using namespace tl::keywords;
struct config { int u = 1; };
struct entry { int n; };
#define FACTORY(name, type, expression) \
  template <class T, config C = config{}> [[tl::autotune({.u = 2}, key = tl::one_problem)]] int name(type &v) { return C.u + expression; }
FACTORY(of_vector, std::vector<T>, v[0].n)
FACTORY(of_deque, std::deque<T>, v[0].n)
FACTORY(of_span, std::span<T>, v[0].n)
FACTORY(of_string, std::basic_string<T>, v[0])
FACTORY(of_view, std::basic_string_view<T>, v[0])
FACTORY(of_owner, std::unique_ptr<T>, (*v).n)
FACTORY(of_array_owner, std::unique_ptr<T[]>, v[0].n)
FACTORY(of_pointer, std::shared_ptr<T>, v->n)
FACTORY(of_optional, std::optional<T>, v->n)
FACTORY(of_nested, std::vector<std::vector<T>>, v[0][0].n)
FACTORY(of_anything, T, v[0])
FACTORY(of_call, T, v()[0])
int use(std::vector<entry> &a, std::deque<entry> &b, std::span<entry> &c, std::string &d, std::string_view &e,
        std::unique_ptr<entry> &f, std::unique_ptr<entry[]> &g, std::shared_ptr<entry> &h, std::optional<entry> &i,
        std::vector<std::vector<entry>> &j, std::vector<int> &k, std::vector<int> &(*l)()) {
  return of_vector(a) + of_deque(b) + of_span(c) + of_string(d) + of_view(e) + of_owner(f) + of_array_owner(g) + of_pointer(h) +
         of_optional(i) + of_nested(j) + of_anything(k) + of_call(l);
}

//--- pch.h
#include <tl/autotune.h>
using namespace tl::keywords;
inline int table_sum() { int r = 0;
#define X(n) r += n;
#include "list.inc"
#undef X
  return r; }
struct config { int u = 1; };
template <class T, config C = config{}> [[tl::autotune({.u = 2})]] int gemm(int n, T) { return n * C.u + table_sum(); }

//--- list.inc
X(1) X(2)

//--- pch.cpp
int use(int n) { return gemm(n, 1); }

//--- module.cppm
module;
#include <tl/autotune.h>
export module m;
using namespace tl::keywords;
#define TILE 7
export struct config { int u = 1; };
export template <class T, config C = config{}> [[tl::autotune({.u = 2})]] int gemm(int n, T) { return n * C.u + TILE; }

//--- importer.cpp
import m;
int use(int n) { return gemm(n, 1.0); }
