// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Integers, enums and bools inside of plain structs tell problems apart, under their names; what
// the factory writes does not.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime -Werror
// RUN: %t 2>&1 | %filecheck %s
// CHECK: 0 wrong
// RUN: %sql "select problem from problems order by id" | FileCheck %s --check-prefix=PROBLEMS
// PROBLEMS: {{^}}p.n=100{{$}}
// PROBLEMS-NEXT: {{^}}p.n=1000{{$}}
// PROBLEMS-NEXT: {{^}}s.size.rows=3,s.size.columns=-4,s.tile[0]=1,s.tile[1]=2,s.how=1,s.flag=1,s.low=5,s.high=-2,s.base=9{{$}}
// PROBLEMS-NEXT: {{^}}s.size.rows=3,s.size.columns=-4,s.tile[0]=1,s.tile[1]=3,s.how=1,s.flag=1,s.low=5,s.high=-2,s.base=9{{$}}
// PROBLEMS-NEXT: {{^}}n=7{{$}}
// PROBLEMS-NEXT: {{^}}v=12{{$}}
// PROBLEMS-NEXT: {{^}}words=3,text=5{{$}}
// PROBLEMS-NOT: {{.}}

#include <tl/autotune.h>

#include <cstdio>
#include <string>
#include <vector>

using namespace tl::keywords;

struct config {
  int unroll = 1;
};

static int wrong = 0;

struct params {
  int n;
  const float *x;
  float *y;
};
template <config C = config{}>
[[tl::autotune({.unroll = 4}, rep = 2, warmup = 0)]]
void of_struct(params &p) {
  for (int i = 0; i < p.n; i += C.unroll)
    for (int k = i; k < i + C.unroll && k < p.n; ++k)
      p.y[k] = p.x[k] + 1;
}

enum class way { forwards, backwards };
struct extents {
  short rows, columns;
};
struct base {
  long base;
};
struct nested {
  extents size;
  unsigned char tile[2];
  way how;
  bool flag;
  unsigned low : 3;
  int high : 5;
};
struct all : nested {
  long base;
  double factor;
};
template <config C = config{}>
[[tl::autotune({.unroll = 4}, rep = 2, warmup = 0)]]
int of_nested(const all &s) {
  return s.size.rows + s.size.columns + s.tile[0] + s.tile[1] + static_cast<int>(s.how) + s.flag + s.low + s.high +
         static_cast<int>(s.base) + static_cast<int>(s.factor);
}

struct summary {
  int count;
  double sum;
};
/// Its results are no part of the problem, whatever was in them before.
template <config C = config{}>
[[tl::autotune({.unroll = 4}, rep = 2, warmup = 0)]]
void sum_up(int n, const double *x, summary &out) {
  out.count = n;
  out.sum = 0;
  for (int i = 0; i < n; ++i)
    out.sum += x[i];
}

template <config C = config{}>
[[tl::autotune({.unroll = 4}, rep = 2, warmup = 0)]]
void of_vector(std::vector<double> &v) {
  for (double &it : v)
    it = 1;
}

template <config C = config{}>
[[tl::autotune({.unroll = 4}, rep = 2, warmup = 0)]]
std::size_t of_strings(const std::vector<std::string> &words, const std::string &text) {
  return words.size() + text.size();
}

int main() {
  std::vector<float> x(1000), y(1000);
  for (const int n : {100, 1000, 100}) {
    params p{n, x.data(), y.data()};
    of_struct(p);
    for (int i = 0; i < n; ++i)
      wrong += y[static_cast<std::size_t>(i)] != 1;
  }
  all s{};
  s.size = {3, -4};
  s.tile[0] = 1;
  s.how = way::backwards;
  s.flag = true;
  s.low = 5;
  s.high = -2;
  s.base = 9;
  for (const unsigned char tile : {2, 3, 2}) {
    s.tile[1] = tile;
    wrong += of_nested(s) != 3 - 4 + 1 + tile + 1 + 1 + 5 - 2 + 9;
  }
  std::vector<double> d(7, 2);
  for (int i = 0; i < 3; ++i) {
    summary out{i * 77, 0};
    sum_up(7, d.data(), out);
    wrong += out.count != 7 || out.sum != 14;
  }
  std::vector<double> v(12);
  of_vector(v);
  wrong += v[11] != 1;
  wrong += of_strings({"a", "b", "c"}, "hello") != 8;
  std::printf("%d wrong\n", wrong);
}
