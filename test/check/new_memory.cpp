// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Results in memory that the function makes during the call, behind objects that were there before: nothing compares
// them, so that a wrong variant could win. Not tuned, with the reason and the name; with `check` it is.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>%t.err | FileCheck %s
// CHECK: map 0 wrong, text 0 wrong, growing 0 wrong, judged 0 wrong
// RUN: FileCheck %s --check-prefix=ERR < %t.err
// ERR: fill(n=64,to=0) runs its default config: {{.*}}memory behind to leads to memory afterwards that was not there before the call
// ERR: print(n=64) runs its default config: {{.*}} leads to memory afterwards that was not there before the call
// ERR: grow(n=64) runs its default config: {{.*}}compared
// ERR-NOT: judged
// RUN: %winners | FileCheck %s --check-prefix=WINNERS
// WINNERS: judged|n=64,to=0|way=1
// WINNERS-NOT: way=

#include <tl/autotune.h>

#include <cstdio>
#include <map>
#include <sstream>
#include <string>
#include <vector>

using namespace tl::keywords;

// 2 is fastest, and wrong in one place.
struct config {
  int way = 0;
};
constexpr auto ways = tl::space<config>().axis(&config::way, {0, 1, 2});

static void take_time(int way) {
  for (volatile int w = 0; w < 10000 * (2 - way); w = w + 1)
    asm volatile("");
}
static int value(int way, int i) { return way == 2 && i == 17 ? 2 : 1; }

template <config C = config{}>
[[tl::autotune(configs = ways, rep = 10, warmup = 1)]]
void fill(int n, std::map<int, int> &to) {
  take_time(C.way);
  for (int i = 0; i < n; ++i)
    to[i] = value(C.way, i);
}

template <config C = config{}>
[[tl::autotune(configs = ways, rep = 10, warmup = 1)]]
void print(int n, std::ostream &to) {
  take_time(C.way);
  for (int i = 0; i < 64 * n; ++i)
    to << value(C.way, i);
}

struct series {
  std::vector<double> values;
};
template <config C = config{}>
[[tl::autotune(configs = ways, rep = 10, warmup = 1)]]
void grow(int n, series &to) {
  take_time(C.way);
  to.values.resize(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i)
    to.values[static_cast<std::size_t>(i)] = value(C.way, i);
}

static bool all_ones(int n, const std::map<int, int> &in) {
  int right = 0;
  for (const auto &[at, held] : in)
    right += held == 1;
  return right == n;
}
template <config C = config{}>
[[tl::autotune(configs = ways, rep = 10, warmup = 1, check = all_ones,
               restore = [](int, std::map<int, int> &to) { to.clear(); })]]
void judged(int n, std::map<int, int> &to) {
  take_time(C.way);
  for (int i = 0; i < n; ++i)
    to[i] = value(C.way, i);
}

int main() {
  std::map<int, int> made, made_too;
  fill(64, made);
  std::ostringstream text;
  print(64, text);
  series grown;
  grow(64, grown);
  judged(64, made_too);
  int wrong[4] = {};
  for (const auto &[at, held] : made)
    wrong[0] += held != 1;
  for (const char c : text.str())
    wrong[1] += c != '1';
  for (const double it : grown.values)
    wrong[2] += it != 1;
  for (const auto &[at, held] : made_too)
    wrong[3] += held != 1;
  std::printf("map %d wrong, text %d wrong, growing %d wrong, judged %d wrong\n", wrong[0],
              wrong[1], wrong[2], wrong[3]);
}
