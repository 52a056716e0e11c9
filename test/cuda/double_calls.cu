// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A float that is widened for a function of double in device code is warned about where there is a function for float:
// once, in the group of the plugin's other warnings, and in instantiations, where the types are known.
//
// REQUIRES: cuda
// RUN: %clangxx %plugin %cuda --cuda-host-only -fsyntax-only -Xclang -verify %s
// RUN: not %clangxx %plugin %cuda -fsyntax-only -Werror=backend-plugin %s
// RUN: %clangxx %plugin %cuda -fsyntax-only -Werror -Wno-unknown-cuda-version -Wno-backend-plugin %s

namespace shapes {
struct circle {
  float x, y;
  __device__ float radius() const { return rhypot(x, y); } // expected-warning {{'rhypot' of a float computes in double here, since it has no overload for float; call 'rhypotf'}}
};
} // namespace shapes

template <class T> __device__ T length(T x, T y, T z) {
  return norm3d(x, y, z); // expected-warning {{'norm3d' of a float computes in double here, since it has no overload for float; call 'norm3df'}}
}
__device__ double mine(double x) { return x; }

__global__ void kernel(float *x, double *d) {
  x[0] = length(x[0], x[1], x[2]) /* expected-note {{in instantiation of}} */ + shapes::circle{1, 2}.radius();
  x[1] = length(x[1], x[2], x[3]);
  d[0] = length(d[0], d[1], d[2]);
  d[1] = rhypot(d[0], 1.0f); // in double because of the other
  x[2] = rsqrt(x[2]) + sin(x[3]) + pow(x[4], 2.0f);
  x[3] = mine(x[3]); // meant so: there is no function for float
  x[4] = rhypot(static_cast<double>(x[4]), static_cast<double>(x[5]));
}

double on_the_host(float x) { return expm1(x); }
