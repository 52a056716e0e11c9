// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From tuning to a release: `tltune bake` writes the winners, -fplugin-arg-tl-use compiles them and no
// others, and the program runs them without a database and without a trial.

// RUN: rm -rf %t && mkdir %t
// RUN: %clangxx -O1 %plugin %s -o %t/main %runtime
// RUN: %t/main 64 4096
// RUN: %tltune bake -o %t/winners.tl 2>&1 | FileCheck %s --check-prefix=BAKE
// BAKE: tltune: 2 winners of 1 factory, 2 configs
// RUN: FileCheck %s --check-prefix=TEXT < %t/winners.tl
// TEXT: tl-winners 1
// TEXT: factory _Z4work
// TEXT-NEXT: name work
// TEXT-NEXT: fingerprint {{[0-9a-f]+$}}
// TEXT-NEXT: default skip=1
// TEXT-NEXT: device hot "arch=
// TEXT-NEXT: winner n=4096 skip=64 {{[0-9.]+[num]?s}} 20{{[0-9-]+}} "
// TEXT-NEXT: winner n=64 skip=64

// The same once more, and in any order of the sessions.
// RUN: %tltune bake | cmp - %t/winners.tl
// RUN: %tltune export -o %t/all.json && %python %S/Inputs/reverse.py %t/all.json && %tltune --db %t/reversed.db import %t/all.json
// RUN: %tltune --db %t/reversed.db bake | cmp - %t/winners.tl

// RUN: %clangxx -O1 %plugin -fplugin-arg-tl-use=%t/winners.tl -Werror %s -o %t/released %runtime
// RUN: %tltune size --limit 0 %t/released | FileCheck %s --check-prefix=SIZE --implicit-check-not skip=2
// SIZE: work {{ *}}x86_64 {{ *}}2
// SIZE-DAG: skip=1
// SIZE-DAG: skip=64
// RUN: env TL_CACHE_DIR=%t/none TL_TUNE=require TL_LOG=debug %t/released 64 4096 2>&1 | FileCheck %s --check-prefix=BAKED --implicit-check-not trial
// BAKED-DAG: tl: work(n=64): winner skip=64 of the program itself
// BAKED-DAG: tl: work(n=4096): winner skip=64 of the program itself
// RUN: not test -e %t/none

// RUN: %tltune list --program %t/released | FileCheck %s --check-prefix=LIST
// LIST: factory {{ *}}problem {{ *}}device {{ *}}mode {{ *}}winner {{ *}}winners file
// LIST: work {{ *}}n=4096 {{.*}} hot {{ *}}skip=64 {{ *}}{{[0-9a-f]+$}}
// RUN: not %tltune list --program %t/main 2>&1 | FileCheck %s --check-prefix=PLAIN
// PLAIN: main was built without -fplugin-arg-tl-use
// RUN: llvm-strip %t/released -o %t/stripped
// RUN: %tltune list --json --program %t/stripped | %python -c "import json,sys; w=json.load(sys.stdin)['winners']; print(len(w), w[0]['mode'], w[0]['config'], len(w[0]['winners_file']))" | FileCheck %s --check-prefix=JSON
// JSON: 2 hot skip=64 16

// What is not in the file: with `off` the default, with `nearest` the nearest winner after a check,
// with `on` it is tuned, among what was compiled, and nothing else is.
// RUN: env TL_CACHE_DIR=%t/none TL_TUNE=off TL_LOG=info %t/released 128 2>&1 | FileCheck %s --check-prefix=OFF --allow-empty --implicit-check-not winner
// OFF-NOT: skip=64
// RUN: env TL_CACHE_DIR=%t/none TL_TUNE=nearest TL_LOG=info %t/released 128 2>&1 | FileCheck %s --check-prefix=NEAREST
// NEAREST: work(n=128): skip=64, winner of the nearest problem n=64
// RUN: env TL_CACHE_DIR=%t/more %t/released 64 128
// RUN: %tltune --db %t/more/autotune.db list | FileCheck %s --check-prefix=MORE --implicit-check-not n=64
// MORE: work {{ *}}n=128 {{.*}}skip=64

// A call that the winner was not proven for: nothing is run with `off`, one line says why.
// RUN: env TL_CACHE_DIR=%t/none TL_TUNE=off %t/released 64 unaligned 2>&1 | FileCheck %s --check-prefix=FACTS
// FACTS: tl: {{.*}}work(n=64) runs its default config: its winner skip=64 is not proven for this call (to={{[0-9]+}} (proven: {{[0-9]+}}))

// Other code: a warning at the factory's line, and none of the winners.
// RUN: %clangxx -O1 %plugin -DBIAS=+0 -fplugin-arg-tl-use=%t/winners.tl %s -o %t/changed %runtime 2>&1 | FileCheck %s --check-prefix=STALE
// STALE: bake.cpp:[[#]]:[[#]]: warning: the winners of 'work' in 'winners.tl' are stale and not used: its code, flags or space have changed: fingerprint
// RUN: env TL_CACHE_DIR=%t/none TL_TUNE=off TL_LOG=info %t/changed 64 2>&1 | FileCheck %s --check-prefix=OFF --allow-empty --implicit-check-not winner
// RUN: not %tltune list --program %t/changed

// Another device: its winners are not this one's, whatever else fits.
// RUN: sed 's/arch=/arch=other-/' %t/winners.tl > %t/foreign.tl
// RUN: %clangxx -O1 %plugin -fplugin-arg-tl-use=%t/foreign.tl -Werror %s -o %t/foreign %runtime
// RUN: not env TL_CACHE_DIR=%t/none TL_TUNE=require %t/foreign 64 2>&1 | FileCheck %s --check-prefix=FOREIGN
// FOREIGN: error: work(n=64) has no stored winner and TL_TUNE=require
// Versions of drivers and toolkits do not matter: the code is in the program.
// RUN: sed 's/"arch=/"cuda=99.9;driver=1;arch=/' %t/winners.tl > %t/driver.tl
// RUN: %clangxx -O1 %plugin -fplugin-arg-tl-use=%t/driver.tl -Werror %s -o %t/driver %runtime
// RUN: env TL_CACHE_DIR=%t/none TL_TUNE=require TL_LOG=info %t/driver 64 2>&1 | FileCheck %s --check-prefix=DRIVER
// DRIVER: work(n=64): winner skip=64 of the program itself, measured under other versions of driver or toolkit

#include <tl/autotune.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#ifndef BIAS
#define BIAS
#endif

using namespace tl::keywords;

struct config {
  int skip = 1;
};

/// The larger `skip`, the less of needless work is done.
template <config C = config{}>
[[tl::autotune({.skip = 1}, {.skip = 2}, {.skip = 64}, timeout = 10, budget = 60)]]
void work(int n, float *to) {
  volatile float sink = 0;
  for (int k = 0; k < 2048 / C.skip; ++k)
    for (int i = 0; i < n; ++i)
      sink = sink + 1;
  for (int i = 0; i < n; ++i)
    to[i] = 2.0f BIAS;
}

int main(int argc, char **argv) {
  alignas(256) static float data[8192];
  const bool unaligned = std::strcmp(argv[argc - 1], "unaligned") == 0;
  for (int i = 1; i < argc - unaligned; ++i)
    work(std::atoi(argv[i]), data + unaligned);
  return data[unaligned] == 2.0f ? 0 : 1;
}
