// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A texture or surface as an argument is an integer to the compiler; its row says that it is a handle, so that no trial
// takes it to another process. Other integers have no such row.
//
// REQUIRES: cuda
// RUN: %clangxx %plugin %cuda --cuda-host-only -fsyntax-only -fplugin-arg-tl-dump %s | FileCheck %s --implicit-check-not pointers_of_0

#include <tl/autotune.h>

struct config {
  int width = 1;
};
template <config C = config{}>
[[tl::autotune({.width = 2})]]
void f(unsigned long long n, cudaTextureObject_t from, cudaSurfaceObject_t to, float *y) {}
void use(cudaTextureObject_t from, cudaSurfaceObject_t to, float *y) { f(1, from, to, y); }
// CHECK: pointers_of_1[1] = {
// CHECK-NEXT: .content = 2U}
// CHECK: pointers_of_2[1] = {
// CHECK-NEXT: .content = 6U}
