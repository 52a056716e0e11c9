// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// GCC's OpenMP runtime has threads before anything is tuned. The fork does not have them, and a region in a
// variant must not wait for them, as it would on the thread that forked. What the plugin would
// generate is written by hand, since the plugin is not for GCC.
//
// REQUIRES: libgomp
// GCC does not link the sanitizers of Clang.
// UNSUPPORTED: sanitizer
// RUN: %gxx -O2 -fopenmp -DTL_KEYWORDS_ANYWHERE %s -o %t %runtime
// RUN: env OMP_NUM_THREADS=3 timeout 60 %t | %filecheck %s
// CHECK: before: 3 threads
// CHECK-NEXT: right
// RUN: %trials | FileCheck %s --check-prefix=TRIALS
// TRIALS: sum_rows|n=4096|chunk=1|{{measured|cut}}|
// TRIALS: sum_rows|n=4096|chunk=16|{{measured|cut}}|
// TRIALS: sum_rows|n=4096|chunk=64|{{measured|cut}}|

#include "../utils/handwritten.h"
#include "Inputs/openmp.h"

template <chunk_config C> void sum_rows(int n, const float *in, float *out) {
  sum_rows_in_parallel(C.chunk, n, in, out);
}

using signature = void(int, const float *, float *);

inline const tl_factory *sum_rows_factory() {
  static signature *const functions[] = {&sum_rows<chunk_config{1}>, &sum_rows<chunk_config{16}>, &sum_rows<chunk_config{64}>};
  static const char *const configs[] = {"chunk=1", "chunk=16", "chunk=64"};
  static constexpr tl::handwritten::parameter_table<signature> parameters("n", "in", "out");
  static constexpr auto options = tl::detail::option_set(timeout = 10);
  static tl_dispatch_slot slot;
  static const tl_factory factory = tl::detail::describe_with<signature>(
      options, tl::handwritten::complete(
                   tl::detail::generated{.id = "sum_rows", .name = "sum_rows", .file = "openmp-libgomp.cpp", .line = 1,
                                         .fingerprint = "00000000000000000000000000000001", .configs = configs,
                                         .functions = functions, .variant_count = 3, .default_variant = 1},
                   parameters, slot));
  return &factory;
}

int main() {
  return run_openmp_test([](int n, const float *in, float *out) {
    static thread_local tl::detail::last_call<1> last{};
    void *arguments[] = {&n, &in, &out, nullptr};
    reinterpret_cast<signature *>(tl_rt_select(sum_rows_factory(), arguments, &last.call))(n, in, out);
  });
}
