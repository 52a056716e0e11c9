// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// D3, results as files: what a program saves, and what `tltune export` writes, another database and another
// process take in; a file that is damaged, of another kind or of other code is refused, and why is said.
//
// REQUIRES: tltune
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: %t save %t.json | %filecheck %s --check-prefix=SAVE
// SAVE: saved step={{[12]}}
// RUN: env TL_CACHE_DIR=%t.empty TL_TUNE=off %t load %t.json | FileCheck %s --check-prefix=LOAD
// LOAD: loaded step={{[12]}}: 2 trials, samples 1, right
//
// RUN: rm -rf %t.other && mkdir %t.other
// RUN: %tltune export -o %t.export
// RUN: %tltune --db %t.other/autotune.db import %t.export
// RUN: env TL_CACHE_DIR=%t.other TL_TUNE=require %t run | FileCheck %s --check-prefix=RUN-AGAIN
// RUN-AGAIN: right
//
// RUN: head -c 300 %t.json > %t.cut && %t load %t.cut | FileCheck %s --check-prefix=CUT
// CUT: refused: {{.*}}.cut: is no tuning result: byte 300: expected
// RUN: echo '[1, 2]' > %t.array && %t load %t.array | FileCheck %s --check-prefix=ARRAY
// ARRAY: refused: {{.*}}.array: is no tuning result: found format '', expected 'tl-result-1'
// RUN: %t load %t.export | FileCheck %s --check-prefix=EXPORT
// EXPORT: refused: {{.*}}.export: is no tuning result: found format 'tltune', expected 'tl-result-1'
// RUN: sed 's/"config": "step=[12]"/"config": "step=9"/' %t.json > %t.unknown && %t load %t.unknown | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: refused: config 'step=9' is none of the 2 of copy that were compiled
// RUN: sed 's/"confidence": [0-9.e-]*/"confidence": "high"/' %t.json > %t.text && %t load %t.text | FileCheck %s --check-prefix=TEXT
// TEXT: refused: {{.*}}.text: is no tuning result: member 'confidence' is "high", expected a number
// RUN: sed '/"mean_ns"/d' %t.json > %t.short && %t load %t.short | FileCheck %s --check-prefix=SHORT
// SHORT: refused: {{.*}}.short: is no tuning result: trial 1: there is no member 'mean_ns'
// RUN: %t load %t.nowhere | FileCheck %s --check-prefix=NOWHERE
// NOWHERE: refused: {{.*}}.nowhere: cannot be read: No such file or directory
// RUN: %t save /nowhere/result.json | FileCheck %s --check-prefix=UNWRITABLE
// UNWRITABLE: refused: /nowhere/result.json: cannot be written: No such file or directory
//
// Other code than what was measured.
// RUN: %clangxx -O1 %plugin -DCHANGED %s -o %t.changed %runtime
// RUN: %t.changed load %t.json | FileCheck %s --check-prefix=STALE
// STALE: refused: copy has changed since it was tuned (fingerprint {{[0-9a-f]+}}, now {{[0-9a-f]+}})

#include <tl/autotune.h>
#include <tl/tuner.h>

#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <vector>

using namespace tl::keywords;

struct config {
  int step = 1;
};
template <config C = config{}>
TL_AUTOTUNE({.step = 1}, {.step = 2}, warmup = 0, rep = 4)
void copy(int n, tl::in<int> from, tl::out<int> to) {
  for (int first = 0; first < C.step; ++first)
    for (int i = first; i < n; i += C.step)
#ifdef CHANGED
      to.data()[i] = 0 + from.data()[i];
#else
      to.data()[i] = from.data()[i];
#endif
}

int main(int argc, char **argv) {
  std::vector<int> from(100, 7), to(100);
  const char *path = argc > 2 ? argv[2] : "";
  try {
    if (!std::strcmp(argv[1], "save")) {
      const tl::tuning_result found = tl::tuner(&copy<>).run(100, from, to);
      found.save(path);
      std::printf("saved %s\n", found.config.c_str());
    } else if (!std::strcmp(argv[1], "load")) {
      const tl::tuning_result loaded = tl::tuning_result::load(path);
      loaded.callable(&copy<>)(100, from, to);
      std::printf("loaded %s: %zu trials, samples %d, %s\n", loaded.config.c_str(), loaded.trials.size(),
                  !loaded.trial(loaded.config)->samples_ns.empty(), to[99] == 7 ? "right" : "wrong");
    } else {
      copy(100, from, to);
      std::puts(to[99] == 7 ? "right" : "wrong");
    }
  } catch (const std::exception &why) {
    std::printf("refused: %s\n", why.what());
  }
}
