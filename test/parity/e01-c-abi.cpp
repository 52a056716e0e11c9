// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One store for a C++ program, a Python script over the C interface, and a second process: all get
// the same winner, and only the first one tunes. Then the same with Python first.
//
// One object file for the library and the program: flags are part of the fingerprint.
// RUN: %clangxx -O2 -fPIC %plugin -c %s -o %t.o
// RUN: %clangxx -shared %t.o -o %t.so %runtime
// RUN: %clangxx %t.o -o %t %runtime
//
// RUN: %t 5000 > %t.program
// RUN: FileCheck %s --check-prefix=PROGRAM < %t.program
// PROGRAM: prepared step={{[0-9]+}}
// RUN: env TL_TUNE=require %python %S/Inputs/c_abi.py %binary_dir/lib/libtlruntime.so %t.so 5000 > %t.python
// RUN: FileCheck %s --check-prefix=PYTHON < %t.python
// PYTHON: factories ['saxpy', 'sum']
// PYTHON: configs ['step=1', 'step=2', 'step=4']
// PYTHON: parameters [('n', 'value', 'i32', 'unknown'), ('factor', 'value', 'f32', 'unknown'), ('x', 'view', 'f32', 'in'), ('out', 'view', 'f32', 'out')]
// PYTHON: prepared step={{[0-9]+}} left the data True
// PYTHON: called True
// PYTHON: sum True
// PYTHON: error saxpy takes 4 arguments (streams not counted), 3 were given
// RUN: env TL_TUNE=require %t 5000 > %t.second
// RUN: cmp %t.program %t.second
// RUN: grep -o "prepared step=[0-9]*" %t.program > %t.a
// RUN: grep -o "prepared step=[0-9]*" %t.python > %t.b
// RUN: cmp %t.a %t.b
//
// RUN: %python %S/Inputs/c_abi.py %binary_dir/lib/libtlruntime.so %t.so 6000 > %t.python
// RUN: FileCheck %s --check-prefix=PYTHON < %t.python
// RUN: env TL_TUNE=require %t 6000 > %t.program
// RUN: grep -o "prepared step=[0-9]*" %t.program > %t.a
// RUN: grep -o "prepared step=[0-9]*" %t.python > %t.b
// RUN: cmp %t.a %t.b
// RUN: %sql "select count(*) from sessions" | FileCheck %s --check-prefix=SESSIONS
// SESSIONS: 4

#include <tl/autotune.h>
#include <tl/tuner.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

using namespace tl::keywords;

struct step_config {
  int step = 1;
};
inline constexpr auto steps = tl::space<step_config>().axis(&step_config::step, {1, 2, 4});

template <step_config C = step_config{}>
TL_AUTOTUNE(configs = steps, timeout = 10)
void saxpy(int n, float factor, tl::in<float> x, tl::out<float> out) {
  for (int first = 0; first < C.step; ++first)
    for (int i = first; i < n; i += C.step)
      out.data()[i] = factor * x.data()[i];
}

template <step_config C = step_config{}>
TL_AUTOTUNE(configs = steps, timeout = 10)
double sum(int n, tl::in<float> x) {
  double total = 0;
  for (int first = 0; first < C.step; ++first)
    for (int i = first; i < n; i += C.step)
      total += static_cast<double>(x.data()[i]);
  return total;
}

// What makes the library hold these factories.
void (*const saxpy_in_library)(int, float, tl::in<float>, tl::out<float>) = &saxpy;
double (*const sum_in_library)(int, tl::in<float>) = &sum;

int main(int, char **argv) {
  const int n = std::atoi(argv[1]);
  std::vector<float> x(static_cast<std::size_t>(n), 3), out(static_cast<std::size_t>(n));
  std::printf("prepared %s\n", tl::prepare(&saxpy<>, n, 2.0f, x, out).config().c_str());
  std::printf("sum %d\n", sum(n, x) == 3.0 * n);
}
