// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The fingerprint changes with everything that can change a variant, and with nothing else. Each line below edits
// one thing in a copy of the source (sed) and compares the digest with that of the original.
//
// RUN: rm -rf %t && mkdir -p %t/elsewhere && cp %s %t/original.cpp
// RUN: echo '%clangxx %plugin -fplugin-arg-tl-dump=fingerprint -fsyntax-only "$@" | grep "^// fingerprint"' > %t/print
// RUN: sh %t/print %t/original.cpp > %t/original
// RUN: %filecheck --check-prefix=DIGEST --input-file=%t/original %s
// DIGEST: // fingerprint of gemm<float>: {{[0-9a-f]+$}}
//
// RUN: echo 'edit=$1; shift; sed "$edit" %t/original.cpp > %t/edited.cpp; ! cmp -s %t/original.cpp %t/edited.cpp || exit 3' > %t/changes
// RUN: echo 'sh %t/print %t/edited.cpp "$@" > %t/edited; grep -q gemm.float %t/edited && ! cmp %t/original %t/edited' >> %t/changes
// RUN: echo 'edit=$1; shift; sed "$edit" %t/original.cpp > %t/edited.cpp' > %t/keeps
// RUN: echo 'sh %t/print %t/edited.cpp "$@" > %t/edited; cmp %t/original %t/edited' >> %t/keeps
//
// What counts: the body, a helper three calls away, types, constants, macros by their value, operators of types that are
// used, what range-based loops over them call, the toolkit's templates specialised for them, allocation, the space, options that decide what is right, lists that are included.
// RUN: sh %t/changes 's/define FACTORY_BODY/define FACTORY_BODY - 1/'
// RUN: sh %t/changes 's/third_helper(int x) { return x/third_helper(int x) { return 2 * x/'
// RUN: sh %t/changes 's/int padding = 8/int padding = 16/'
// RUN: sh %t/changes 's/pitch = 32/pitch = 33/'
// RUN: sh %t/changes 's/define INNER 4/define INNER 5/'
// RUN: sh %t/changes 's/define OPERATOR_BODY/define OPERATOR_BODY + 1/'
// RUN: sh %t/changes 's/glued_together() { return 0/glued_together() { return 1/'
// RUN: sh %t/changes 's/hash_of = 1/hash_of = 2/'
// RUN: sh %t/changes 's/data + 0/data + 1/'
// RUN: sh %t/changes 's/placed + 0/placed + 1/'
// RUN: sh %t/changes 's/{1, 2, 3}/{1, 2, 4}/'
// RUN: sh %t/changes 's/naive_sum = 0/naive_sum = 1/'
// RUN: sh %t/changes 's/rtol = 1e-3/rtol = 1e-4/'
// RUN: sh %t/changes 's/out_of_class() { return 5/out_of_class() { return 6/'
// RUN: sh %t/changes 's/explicit_specialisation = 3, value = 2/explicit_specialisation = 3, value = 4/'
// RUN: sh %t/changes 's/launch_attribute(64)/launch_attribute(128)/'
// What does not: comments, layout, other functions and types, limits and sample counts, paths, lines, the order of things, the names of
// local variables, branches that are preprocessed away.
// RUN: sh %t/keeps 's/A COMMENT/another/'
// RUN: sh %t/keeps '/^inline int third/s/(int x) { return/(\n    int x)\n{\n\n  return \/* why *\//'
// RUN: sh %t/keeps 's/another_kernel() { return 1/another_kernel() { return 2/'
// RUN: sh %t/keeps 's/hash_of_stranger = 1/hash_of_stranger = 2/'
// RUN: sh %t/keeps 's/int unused_field = 1/int unused_field = 2/'
// RUN: sh %t/keeps 's/explicit_specialisation = 3/explicit_specialisation = 4/'
// RUN: sh %t/keeps 's/not_called() { return 5/not_called() { return 6/'
// RUN: sh %t/keeps 's/define UNUSED 1/define UNUSED 2/'
// RUN: sh %t/keeps 's/on_the_device(2)/on_the_device(3)/'
// RUN: sh %t/keeps '/naive(int/s/const float/ float const/'
// RUN: sh %t/keeps 's/overload_of_other_name/o/'
// RUN: sh %t/keeps 's/timeout = 30/timeout = 60/'
// RUN: sh %t/keeps 's/rep = 10/rep = 20/'
// RUN: sh %t/keeps 's/stranger operator+(stranger a, stranger) { return a/stranger operator+(stranger, stranger b) { return b/'
// RUN: sh %t/keeps '/^inline int third/s/\bx\b/renamed/g'
// RUN: sh %t/keeps '1i // Lines\n// above.'
// RUN: sh %t/keeps '1i int something_new(int first_helper) { return first_helper; }'
// RUN: cp %t/original.cpp %t/elsewhere/original.cpp && sh %t/print %t/elsewhere/original.cpp > %t/edited && cmp %t/original %t/edited
// RUN: cd %t/elsewhere && sh %t/print original.cpp > %t/edited && cmp %t/original %t/edited
//
// Flags: those that change code count, the others do not.
// RUN: sh %t/print %t/original.cpp -O2 > %t/edited; not cmp %t/original %t/edited
// RUN: sh %t/print %t/original.cpp -march=haswell > %t/edited; not cmp %t/original %t/edited
// RUN: sh %t/print %t/original.cpp -ffast-math > %t/edited; not cmp %t/original %t/edited
// RUN: sh %t/print %t/original.cpp -DWIDTH=9 > %t/edited; not cmp %t/original %t/edited
// RUN: sh %t/print %t/original.cpp -DNDEBUG > %t/edited; not cmp %t/original %t/edited
// RUN: sh %t/print %t/original.cpp -g -Wall -DSOMETHING_ELSE -I/usr > %t/edited && cmp %t/original %t/edited
//
// RUN: %clangxx %plugin -fplugin-arg-tl-dump=fingerprint -fsyntax-only %s | %filecheck %s
// CHECK-DAG: // config width=3
// CHECK-DAG: // default width=1
// CHECK-DAG: // flag -O0
// CHECK-DAG: // function gemm
// CHECK-DAG: // function third_helper
// CHECK-DAG: // option reference
// CHECK-DAG: // type layout
// CHECK-DAG: // variable pitch

#include <cassert>
#include <cstddef>
#include <functional>
#include <tl/autotune.h>
using namespace tl::keywords;

#ifndef WIDTH
#define WIDTH 8
#endif
#define INNER 4
#define OUTER(x) ((x) * INNER)
#define UNUSED 1
#define FACTORY_BODY
#define OPERATOR_BODY
constexpr int pitch = 32;
// A COMMENT
struct layout {
  int padding = 8, data = 0;
  int out_of_class();
  int not_called() { return 5; }
};
int layout::out_of_class() { return 5; }
layout operator+(layout a, layout b) { return {a.padding + b.padding OPERATOR_BODY}; }
int *begin(layout &l) { return &l.data + 0; }
int *end(layout &l) { return &l.data + 1; }
template <> struct std::hash<layout> {
  static constexpr int hash_of = 1;
};
template <> struct std::hash<struct stranger> {
  static constexpr int hash_of_stranger = 1;
};
void *operator new(std::size_t, char *placed) { return placed + 0; }
struct stranger {
  int unused_field = 1;
};
stranger operator+(stranger a, stranger) { return a; }
template <class T> struct traits {
  static constexpr int value = 1;
};
template <> struct traits<float> {
  static constexpr int explicit_specialisation = 3, value = 2;
};
#ifdef __CUDA_ARCH__
inline int device_only(int x) { return x; }
#endif
#define launch_attribute(n) __attribute__((annotate("bounds", n)))
inline int on_the_device(int x) { return x; }
inline int third_helper(int x) { return x + OUTER(x) + WIDTH; }
inline int second_helper(int x) {
#ifdef __CUDA_ARCH__
  return on_the_device(2) + device_only(x);
#else
  return third_helper(x);
#endif
}
#define PASTE(a, b) a##b
#define GLUE(a, b) PASTE(a, b)
int glued_together() { return 0; }
inline int first_helper(int x) {
  x += GLUE(glued, _together)();
  assert(x >= 0);
  return second_helper(x) + (layout() + layout()).out_of_class();
}
launch_attribute(64) inline int kernel(int x) { return x; }
int another_kernel() { return 1; }
int overload_of_other_name(float) { return 0; }
int gemm(stranger) { return another_kernel(); }

int naive(int, const float *) {
  int naive_sum = 0;
  return naive_sum;
}
struct config {
  int width = 1;
};
constexpr auto space = tl::space<config>().axis(&config::width, {1, 2, 3});

template <class T, config C = config{}>
[[tl::autotune(configs = space, timeout = 30, rep = 10, reference = naive, tolerance = {.rtol = 1e-3})]]
int gemm(int m, const T *values) {
  return values ? 0 : first_helper(m) + C.width + pitch + traits<T>::value + kernel(m) FACTORY_BODY;
}

int use() { return gemm<float>(1, nullptr); }
