// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Configs of structs within structs and of arrays: what is forced by their text runs and nothing else, in T4 each number is a
// field of its own, and the report's axes are those numbers.
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime
// RUN: env TL_TUNE=off TL_FORCE_CONFIG='f:a={m=1,n=9},b={m=3,n=4},list=[1,2],how=row' %t 2>&1 | FileCheck %s --check-prefix=FIRST
// FIRST: {{^}}193412 0
// RUN: env TL_TUNE=off TL_FORCE_CONFIG='f:a={m=1,n=2},b={m=3,n=8},list=[1,2],how=row' %t 2>&1 | FileCheck %s --check-prefix=SECOND
// SECOND: {{^}}123812 0
// RUN: env TL_TUNE=off TL_FORCE_CONFIG='f:a={m=1,n=2},b={m=3,n=4},list=[5,6],how=row' %t 2>&1 | FileCheck %s --check-prefix=THIRD
// THIRD: {{^}}123456 0
// RUN: env TL_TUNE=off TL_FORCE_CONFIG='f:how=column,list=[1,2],b={m=3,n=4},a={m=1,n=2}' %t 2>&1 | FileCheck %s --check-prefix=FOURTH
// FOURTH: {{^}}123412 1
//
// What is not given is the default config's, which makes no config of the space out of any of these.
// RUN: env TL_TUNE=off TL_FORCE_CONFIG='f:a={m=1,n=9}' %t 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: TL_FORCE_CONFIG: 'a={m=1,n=9}' is none of the 5 configs of f
// NONE: {{^}}111112 0
//
// RUN: %t tuned | FileCheck %s --check-prefix=TUNED
// TUNED: 12 0
// RUN: %tltune export f --format t4 -o %t.json
// RUN: %python -c "import json; seen = {tuple(it['configuration'].items()) for it in json.load(open('%t.json'))['results']}; print(len(seen), *sorted(map(dict, seen), key=str), sep='\n')" | FileCheck %s --check-prefix=T4
// T4: 5
// T4: {'a.m': 1, 'a.n': 1, 'b.m': 1, 'b.n': 1, 'list[0]': 1, 'list[1]': 2, 'how': 'row'}
// T4: {'a.m': 1, 'a.n': 2, 'b.m': 3, 'b.n': 4, 'list[0]': 1, 'list[1]': 2, 'how': 'column'}
// T4: {'a.m': 1, 'a.n': 2, 'b.m': 3, 'b.n': 4, 'list[0]': 5, 'list[1]': 6, 'how': 'row'}
// T4: {'a.m': 1, 'a.n': 2, 'b.m': 3, 'b.n': 8, 'list[0]': 1, 'list[1]': 2, 'how': 'row'}
// T4: {'a.m': 1, 'a.n': 9, 'b.m': 3, 'b.n': 4, 'list[0]': 1, 'list[1]': 2, 'how': 'row'}
// RUN: %tltune report -o %t.html && FileCheck %s --check-prefix=REPORT --input-file=%t.html
// REPORT: class="axes"><span>a.n</span><span>b.m</span><span>b.n</span><span>list[0]</span><span>list[1]</span><span>how</span>

#include <cstdio>
#include <tl/autotune.h>

struct tile {
  int m = 1, n = 1;
};
enum class order { row, column };
struct config {
  tile a, b;
  int list[2] = {1, 2};
  order how = order::row;
};
constexpr config all[] = {
    {{1, 9}, {3, 4}}, {{1, 2}, {3, 8}}, {{1, 2}, {3, 4}, {5, 6}}, {{1, 2}, {3, 4}, {1, 2}, order::column}};

// What is written is the same for all of them but where a program asks which one runs.
template <config C = config{}> [[tl::autotune(configs = all, rep = 3, warmup = 1)]] void f(int n, bool which, int *out) {
  for (int i = 0; i < n; ++i)
    out[i] = 12 * (1 - i);
  if (!which)
    return;
  out[0] = C.a.m * 100000 + C.a.n * 10000 + C.b.m * 1000 + C.b.n * 100 + C.list[0] * 10 + C.list[1];
  out[1] = int(C.how);
}

int main(int argc, char **) {
  int out[2] = {};
  f(2, argc == 1, out);
  std::printf("%d %d\n", out[0], out[1]);
}
