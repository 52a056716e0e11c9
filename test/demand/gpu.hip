// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// There is nothing on demand for GPUs yet, which is said where it is asked for, and not when a session begins.
//
// REQUIRES: hip
// RUN: %clangxx %plugin %hip --cuda-host-only -fsyntax-only -Xclang -verify %s
// RUN: %clangxx %plugin %hip --cuda-device-only -fsyntax-only -Xclang -verify %s

#include <tl/autotune.h>
using namespace tl::keywords;

struct config {
  int block = 64;
};
constexpr auto blocks = tl::space<config>().axis(&config::block, {64, 128});

template <config C = config{}>
[[tl::autotune(configs = tl::on_demand(blocks))]] // expected-error {{variants are not compiled on demand in HIP sources yet}}
void f(int n, float *x) {}

template <config C = config{}>
[[tl::autotune(configs = blocks)]] void g(int n, float *x) {}

void call(int n, float *x) {
  f(n, x);
  g(n, x);
}
