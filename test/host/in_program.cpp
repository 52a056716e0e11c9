// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// With isolation = none trials work on copies of the arguments, and on nothing else's: each of them advances
// a generator that is no argument. Since no two trials then agree, the default config runs, and a message
// says what differs.
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime
// RUN: %t 2> %t.err | FileCheck %s
// RUN: FileCheck %s --check-prefix=SAYS < %t.err
// CHECK: arguments: as after one call of the default config
// CHECK-NEXT: the generator: advanced by trials, too
// SAYS: noise(x=100) runs its default config: {{.*}}x differ

#include "Inputs/host.h"

#include <random>

using namespace tl::keywords;

static std::mt19937 engine(7);
static int calls = 0;

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, isolation = tl::isolation::none, rep = 3, warmup = 1)]]
void noise(tl::inout<unsigned> x) {
  ++calls;
  for (std::size_t i = 0; i < x.size(); ++i)
    x.data()[i] ^= static_cast<unsigned>(engine());
}

int main() {
  std::vector<unsigned> values(100, 1);
  noise(values);
  // The numbers of one call, whichever it was.
  bool once = false;
  std::mt19937 again(7);
  for (int call = 0; call < calls; ++call) {
    bool same = true;
    for (const unsigned value : values)
      same = (value ^ 1u) == again() && same;
    once = once || same;
  }
  std::printf("arguments: %s\n", once ? "as after one call of the default config" : "WRONG");
  std::printf("the generator: %s\n", calls > 1 ? "advanced by trials, too" : "advanced once");
}
