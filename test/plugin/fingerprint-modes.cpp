// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A fingerprint is the same however the source comes to the compiler: preprocessed, in steps, with a precompiled header,
// in shards, in another directory, with debug information. Compiler caches and distributed builds preprocess first.
//
// RUN: rm -rf %t && split-file %s %t && cd %t && mkdir elsewhere
// RUN: echo '%clangxx %plugin -fplugin-arg-tl-dump=fingerprint "$@" | grep "^// fingerprint of"' > print
// RUN: echo '"$@" > seen && cmp expected seen' > same
// RUN: sh print -O2 -fsyntax-only main.cpp > expected
// RUN: %filecheck --input-file=expected %s
// CHECK: fingerprint of gemm<float>
// CHECK: fingerprint of gemm<double>
//
// RUN: sh same sh print -O2 -c main.cpp
// RUN: sh same sh print -O2 -S main.cpp
// RUN: sh same sh print -O2 -S -emit-llvm main.cpp
// RUN: %clangxx -E main.cpp -o main.ii && sh same sh print -O2 -c main.ii
// RUN: (cd elsewhere && cp ../main.ii . && sh ../print -O2 -c main.ii | cmp - ../expected)
// RUN: sh same sh print -O2 -save-temps -c main.cpp
// RUN: sh same sh print -O2 -save-temps=obj -c main.cpp -o elsewhere/main.o
// RUN: sh same sh print -O2 -g -Wall -Wno-unused -Rpass=x -c main.cpp
// RUN: sh same sh print -O2 -fdiagnostics-color=always -fmessage-length=80 -ftemplate-depth=500 -MD -I/usr -DANOTHER -c main.cpp
// RUN: sh same sh print -O2 -c %t/main.cpp -o %t/elsewhere/o.o
// RUN: cp main.cpp header.h elsewhere && (cd elsewhere && sh ../print -O2 -c main.cpp | cmp - ../expected)
// RUN: %clangxx %plugin -O2 -x c++-header header.h -o header.pch && sh same sh print -O2 -include-pch header.pch -c main.cpp
// RUN: sh same sh print -O2 -fplugin-arg-tl-shard=0/3 -c main.cpp
// RUN: sh same sh print -O2 -fplugin-arg-tl-absent=all -c main.cpp
//
// Every flag that is not known to change no code counts.
// RUN: sh print -O1 -c main.cpp | not cmp - expected
// RUN: sh print -O2 -fno-math-errno -c main.cpp | not cmp - expected
// RUN: sh print -O2 -mllvm -unroll-threshold=7 -c main.cpp | not cmp - expected
// RUN: sh print -O2 -fwrapv -c main.cpp | not cmp - expected
// RUN: sh print -O2 -fsanitize=undefined -c main.cpp | not cmp - expected
// RUN: sh print -O2 -mavx2 -c main.cpp | not cmp - expected
// RUN: sh print -O2 -std=c++23 -c main.cpp | not cmp - expected
// RUN: sh print -O2 -fvisibility=hidden -c main.cpp | not cmp - expected

//--- header.h
#pragma once
#include <cassert>
#include <tl/autotune.h>
#include <vector>
struct config {
  int width = 1;
};
inline int check(bool fine, const char *, int) { return fine; }
#define CHECK(x) check(x, __FILE__, __LINE__)
template <class T> T helper(const std::vector<T> &v) {
  assert(!v.empty());
  T sum = 0;
  for (T x : v)
    sum += x;
  return CHECK(v.size() > 1) + sum;
}
template <class T, config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] T gemm(const std::vector<T> &v) {
  auto twice = [&](T x) { return 2 * x; };
  return twice(helper(v)) + v[0] * C.width;
}

//--- main.cpp
#include "header.h"
float use(const std::vector<float> &v) { return gemm(v); }
double use(const std::vector<double> &v) { return gemm(v); }
