// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Code that a factory reaches around corners is in its fingerprint: what configs and closures name, pragmas and
// attributes. What merely stands beside it is not.
//
// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: echo '%clangxx %plugin -fplugin-arg-tl-dump=fingerprint -w "$@" | grep "^// fingerprint of"' > print
// RUN: echo 'file=$1 edit=$2; shift 2; before=of$(echo "$@" | tr -d " /"); [ -e $before ] || sh print "$@" > $before' > edit
// RUN: echo 'cp $file kept; sed -i "$edit" $file; ! cmp -s $file kept || exit 3; sh print "$@" > after; cp kept $file' >> edit
// RUN: echo 'grep -q fingerprint $before' >> edit
// RUN: (cat edit; echo '! cmp $before after') > changes
// RUN: (cat edit; echo 'cmp $before after') > keeps
//
// What configs name: functions, types as values of fields and in the attribute.
// RUN: sh changes configs.cpp 's/x + 2/x + 5/' -fsyntax-only configs.cpp
// RUN: sh changes configs.cpp 's/x + 1/x + 5/' -fsyntax-only configs.cpp
// RUN: sh changes configs.cpp 's/x + 3/x + 5/' -fsyntax-only configs.cpp
// RUN: sh changes configs.cpp 's/x + 4/x + 5/' -fsyntax-only configs.cpp
// RUN: sh keeps configs.cpp 's/x + 7/x + 5/' -fsyntax-only configs.cpp
// RUN: sh changes configs.cpp 's/width = 9/width = 8/' -fsyntax-only configs.cpp
//
// What closures say and hold, and types inside of functions.
// RUN: sh changes closures.cpp 's/v . 2/v + 2/' -fsyntax-only closures.cpp
// RUN: sh changes closures.cpp 's/factor = 3/factor = 4/' -fsyntax-only closures.cpp
// RUN: sh changes closures.cpp 's/held = 5/held = 6/' -fsyntax-only closures.cpp
// RUN: sh changes closures.cpp 's/return v - 1/return v - 2/' -fsyntax-only closures.cpp
// RUN: sh changes closures.cpp 's/with_helper(float v) { return v/with_helper(float v) { return -v/' -fsyntax-only closures.cpp
//
// Pragmas.
// RUN: sh changes pragmas.cpp '/pack(push/d' -fsyntax-only pragmas.cpp
// RUN: sh changes pragmas.cpp '/optimize off/d' -fsyntax-only pragmas.cpp
// RUN: sh changes pragmas.cpp '/float_control/d' -fsyntax-only pragmas.cpp
// RUN: sh changes pragmas.cpp 's/unroll 2/unroll 4/' -fsyntax-only pragmas.cpp
// RUN: sh changes pragmas.cpp 's/contract(off)/contract(fast)/' -fsyntax-only pragmas.cpp
// A region applies an attribute, and is not what stands in it.
// RUN: sh keeps region.cpp 's/x + NUMBER/x - NUMBER/' -fsyntax-only region.cpp
// RUN: sh keeps region.cpp 's/x + NUMBER/x - NUMBER/' -DPRAGMA -fsyntax-only region.cpp
// RUN: sh changes region.cpp 's/ifdef PRAGMA/ifndef PRAGMA/' -fsyntax-only region.cpp
// RUN: sh changes region.cpp 's/avx2/avx/' -DPRAGMA -fsyntax-only region.cpp

//--- configs.cpp
#include <tl/autotune.h>
using namespace tl::keywords;
inline int alg_a(int x) { return x + 1; }
inline int alg_b(int x) { return x + 2; }
inline int alg_c(int x) { return x + 7; }
struct pol { static int go(int x) { return x + 3; } };
struct pol2 { static int go(int x) { return x + 4; } };
struct config { int (*fn)(int) = alg_a; };
constexpr config all[] = {{alg_b}};
template <config C = config{}> [[tl::autotune(configs = all)]] int gemm(int n) { return C.fn(n); }
struct tc { tl::type_token P = tl::type<pol>; int width = 9; };
constexpr auto ts = tl::space<tc>().axis(&tc::P, {tl::type<pol>, tl::type<pol2>});
template <class P = pol, int width = 1> [[tl::autotune(configs = ts)]] int gemm2(int n) { return P::go(n); }
template <class P = pol> [[tl::autotune({.P = tl::type<pol2>})]] int gemm3(int n) { return P::go(n); }
int use(int n) { return gemm(n) + gemm2(n) + gemm3(n); }

//--- closures.cpp
#include <tl/autotune.h>
using namespace tl::keywords;
struct config { int u = 1; };
template <class F, config C = config{}> [[tl::autotune({.u = 2})]] void map(int n, float *x, F f) {
  for (int i = 0; i < n; ++i) x[i] = f(x[i]) * C.u;
}
inline float with_helper(float v) { return v; }
void use(float *p, int n) {
  constexpr int factor = 3;
  struct local { float operator()(float v) const { return v - 1; } };
  map(n, p, [=, held = 5](float v) { return v * 2 * factor + held + with_helper(v); });
  map(n, p, local());
}

//--- pragmas.cpp
#include <tl/autotune.h>
using namespace tl::keywords;
struct config { int u = 1; };
#pragma pack(push, 1)
struct row { char tag; double v; };
#pragma pack()
#pragma clang optimize off
inline double total(const row *r, int n) { double s = 0; for (int i = 0; i < n; ++i) s += r[i].v; return s; }
#pragma clang optimize on
inline double sum(const row *r, int n) {
#pragma clang fp contract(off)
  double s = 0;
#pragma unroll 2
  for (int i = 0; i < n; ++i) s += r[i].v * n;
  return s;
}
#pragma float_control(precise, off)
template <config C = config{}> [[tl::autotune({.u = 2})]] double f(int n, const row *r) { return total(r, n) * C.u + sum(r, n); }
double use(int n, const row *r) { return f(n, r); }

//--- region.cpp
#include <tl/autotune.h>
#ifdef PRAGMA
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#endif
#define NUMBER 1
inline int unrelated(int x) { return x + NUMBER; }
inline int helper(int x) { return x + 1; }
struct cfg { int unroll = 1; };
template <cfg C = cfg{}> [[tl::autotune({.unroll = 1}, {.unroll = 2})]]
int factory(int n) { int s = 0; for (int i = 0; i < n; i += C.unroll) s += helper(i); return s; }
int use() { return factory(10); }
#ifdef PRAGMA
#pragma clang attribute pop
#endif
