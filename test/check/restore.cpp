// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `restore` puts back what the runtime cannot: here a list of nodes that the function takes apart and frees. It runs before
// each launch, untimed, and not on the caller's data.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>%t.err | FileCheck %s
// CHECK: sum 499500, 0 left, wrong variant not taken
// CHECK: refused: ran 1
// RUN: FileCheck %s --check-prefix=ERR < %t.err
// ERR: without({{.*}}) runs its default config: {{.*}}it frees memory that {{.*}} led to before the call, which cannot be put back
// RUN: %sql "select count(*) from trials where config = 'way=1' and status = 2" | FileCheck %s --check-prefix=WRONG
// WRONG: 1

#include <tl/autotune.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct node {
  long value;
  node *next;
};
struct queue {
  node *first = nullptr;
  long sum = 0;
};
static void fill(queue &of, int n) {
  of.sum = 0;
  for (int i = 0; i < n; ++i)
    of.first = new node{i, of.first};
}
static int launches;
static void refill(int n, queue &of) {
  ++launches;
  while (of.first) {
    node *const gone = of.first;
    of.first = gone->next;
    delete gone;
  }
  fill(of, n);
}
static bool emptied(int n, queue &of) { return !of.first && of.sum == long(n) * (n - 1) / 2; }

struct config {
  int way = 0;
};
template <config C> void body(queue &of) {
  if (C.way == 1) { // fast and wrong
    of.first = nullptr;
    return;
  }
  while (of.first) {
    node *const gone = of.first;
    of.sum += gone->value;
    of.first = gone->next;
    delete gone;
    for (volatile int w = 0; w < (C.way == 0 ? 50 : 0); w = w + 1)
      asm volatile("" ::: "memory");
  }
}
template <config C = config{}>
[[tl::autotune({.way = 1}, {.way = 2}, check = emptied, restore = refill, rep = 10, warmup = 1)]]
void drain(int n, queue &of) { body<C>(of); }
static int ran;
template <config C = config{}>
[[tl::autotune({.way = 1}, {.way = 2}, rep = 10, warmup = 1)]]
void without(int n, queue &of) {
  ran = 1 + C.way;
  body<C>(of);
}

int main() {
  queue of;
  fill(of, 1000);
  drain(1000, of);
  std::printf("sum %ld, %d left, wrong variant %s\n", of.sum, of.first != nullptr,
              of.sum == 0 || launches != 0 ? "taken" : "not taken");
  fill(of, 1000);
  without(1000, of);
  std::printf("refused: ran %d\n", ran);
}
