// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a factory returns by value is compared field by field, however deep, or by `==`, and a container by its elements.
//
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>%t.err | FileCheck %s
// CHECK: pair 4095
// CHECK: complex 4095 1
// CHECK: nested 4095 7 3
// CHECK: bits 5
// CHECK: vector 64 3
// CHECK: string yes
// CHECK: map 2
// CHECK: class 9
// RUN: %sql "select count(*) from trials where config = 'wrong=true' and status = 2" | FileCheck %s --check-prefix=WRONG
// WRONG: 8
// RUN: %sql "select reason from trials where status = 2" | FileCheck %s --check-prefix=REASON
// REASON-DAG: returned .first 2047, expected 4095
// REASON-DAG: returned .parts[1].sum
// REASON-DAG: elements of the result differ
// REASON-DAG: returned something that is not equal

#include <tl/autotune.h>

#include <complex>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

using namespace tl::keywords;

struct config {
  bool wrong = false;
};
#define FACTORY [[tl::autotune({.wrong = true}, rep = 10, warmup = 1)]]

template <config C = config{}> FACTORY std::pair<int, float> argmax(int n, const float *x) {
  std::pair<int, float> found{0, x[0]};
  for (int i = 0; i < (C.wrong ? n / 2 : n); ++i)
    if (x[i] > found.second)
      found = {i, x[i]};
  return found;
}
template <config C = config{}> FACTORY std::complex<float> ends(int n, const float *x) {
  return {x[n - 1], x[C.wrong ? 0 : 1]};
}
struct part {
  short count;
  double sum;
};
struct nested {
  int last;
  part parts[2];
};
template <config C = config{}> FACTORY nested sums(int n, const float *x) {
  return {int(x[n - 1]), {{1, 3}, {2, C.wrong ? 6. : 7.}}};
}
struct flags {
  unsigned low : 3, high : 5;
};
template <config C = config{}> FACTORY flags packed(int n, const float *) {
  return {1, C.wrong ? 4u : unsigned(n) / 819};
}
template <config C = config{}> FACTORY std::vector<float> filtered(int n, const float *x) {
  std::vector<float> found;
  for (int i = 0; i < n; i += 64)
    found.push_back(C.wrong ? x[i] : 3);
  return found;
}
template <config C = config{}> FACTORY std::string text(int n, const float *) {
  return C.wrong ? "no" : n > 0 ? "yes" : "never";
}
template <config C = config{}> FACTORY std::map<int, int> counted(int n, const float *) {
  return {{1, C.wrong ? 3 : 2}, {n, n}};
}
class own {
public:
  own(int n) : value_(new int(n)) {}
  own(const own &from) : value_(new int(*from.value_)) {}
  ~own() { delete value_; }
  bool operator==(const own &other) const { return *value_ == *other.value_; }
  int value() const { return *value_; }

private:
  int *value_;
};
template <config C = config{}> FACTORY own made(int n, const float *) {
  return own(C.wrong ? 8 : n / 455);
}

int main() {
  std::vector<float> x(4096);
  for (int i = 0; i < 4096; ++i)
    x[i] = float(i);
  std::printf("pair %d\n", argmax(4096, x.data()).first);
  const std::complex<float> c = ends(4096, x.data());
  std::printf("complex %g %g\n", c.real(), c.imag());
  const nested s = sums(4096, x.data());
  std::printf("nested %d %g %g\n", s.last, s.parts[1].sum, s.parts[0].sum);
  std::printf("bits %u\n", packed(4096, x.data()).high);
  const std::vector<float> v = filtered(4096, x.data());
  std::printf("vector %zu %g\n", v.size(), v[5]);
  std::printf("string %s\n", text(4096, x.data()).c_str());
  std::printf("map %d\n", counted(4096, x.data())[1]);
  std::printf("class %d\n", made(4096, x.data()).value());
}
