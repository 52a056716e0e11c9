// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a factory's fingerprint is made of does not depend on the file's other factories. The first one here comes to a
// header of the C library, with source in it that is left out and declares what the second one's source names.
//
// REQUIRES: cuda
// RUN: rm -rf %t && mkdir -p %t/one %t/two %t/three
// RUN: echo 'first(0); second(0);' > %t/one/calls.h && echo 'second(0); first(0);' > %t/two/calls.h && echo 'second(0);' > %t/three/calls.h
// RUN: for i in one two three; do %clangxx %plugin %cuda -I%t/$i --cuda-host-only -fsyntax-only -fplugin-arg-tl-dump=fingerprint %s 2>&1 | awk '/^.. fingerprint of /{p = /second/} p' > %t/$i.said; done
// RUN: grep -q 'fingerprint of second' %t/one.said && diff %t/one.said %t/two.said && diff %t/one.said %t/three.said

#include <cstdio>
#include <tl/autotune.h>

using namespace tl::keywords;

struct config {
  int threads = 32;
};

template <config C> __global__ void kernel(int n) {}

template <config C = config{}>
[[tl::autotune({.threads = 32}, {.threads = 64})]]
void first(int n) {
  if (n < 0)
    std::rewind(std::tmpfile());
  kernel<C><<<1, C.threads>>>(n);
}

template <config C = config{}>
[[tl::autotune({.threads = 32}, {.threads = 64})]]
void second(int n) {
  const int fopen64 = n, open_wmemstream = n, fopen = n, tmpfile = n, rewind = n;
  kernel<C><<<1, C.threads>>>(fopen64 + open_wmemstream + fopen + tmpfile + rewind);
}

int main() {
#include "calls.h"
}
