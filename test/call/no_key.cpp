// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where nothing tells a factory's problems apart, the compiler says so; `key = tl::one_problem`
// says that it is meant.
//
// RUN: %clangxx %plugin -fsyntax-only -Xclang -verify %s
// RUN: %clangxx %plugin -fsyntax-only -Wno-backend-plugin -Werror %s
// RUN: not %clangxx %plugin -fsyntax-only -Werror %s

#include <tl/autotune.h>

#include <vector>

using namespace tl::keywords;

struct config {
  int block = 1;
};

template <config C = config{}>
[[tl::autotune({.block = 64})]]
void scale(double *data, const double *factors) { // expected-warning {{nothing in the arguments of 'scale' tells its problems apart}}
  *data *= *factors;
}

struct opaque {
  virtual ~opaque() = default;
  double *data = nullptr;
};
template <config C = config{}>
[[tl::autotune({.block = 64})]]
void of_object(opaque &self) { // expected-warning {{nothing in the arguments of 'of_object' tells its problems apart}}
  *self.data *= 2;
}

template <config C = config{}>
[[tl::autotune({.block = 64}, key = tl::one_problem)]]
void fixed(double *data) {
  *data *= 2;
}

template <config C = config{}>
[[tl::autotune({.block = 64})]]
int nothing() {
  return C.block;
}

template <config C = config{}>
[[tl::autotune({.block = 64})]]
void of_vector(std::vector<double> &v) {
  v[0] = 1;
}

void all(double *data, opaque &object, std::vector<double> &v) {
  scale(data, data);
  of_object(object);
  fixed(data);
  nothing();
  of_vector(v);
}
