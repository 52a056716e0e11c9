// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// -fplugin-arg-tl-use=FILE: the variants that FILE names are compiled, and what is wrong with it is
// told where it is.
//
// RUN: rm -rf %t && split-file %s %t && cd %t
// RUN: %clangxx %plugin -fsyntax-only -fplugin-arg-tl-dump=fingerprint main.cpp > all
// RUN: sed "s/FINGERPRINT/$(sed -n 's/.*fingerprint of scale: //p' all)/" good.in > good.tl
//
// RUN: %clangxx %plugin -Werror -fplugin-arg-tl-use=good.tl -MD -MF good.d -c main.cpp -o good.o
// RUN: llvm-nm -C good.o | FileCheck main.cpp --check-prefix=KEPT --implicit-check-not 'config{8}'
// RUN: FileCheck main.cpp --check-prefix=DEPENDS --input-file=good.d
// RUN: llvm-strings good.o | FileCheck main.cpp --check-prefix=TABLE
//
// The space that is left out counts for the fingerprint all the same.
// RUN: %clangxx %plugin -fsyntax-only -fplugin-arg-tl-dump=fingerprint -fplugin-arg-tl-use=good.tl main.cpp | grep 'fingerprint of' > same
// RUN: grep 'fingerprint of' all | cmp - same
// RUN: %clangxx %plugin -fsyntax-only -fplugin-arg-tl-remarks -fplugin-arg-tl-use=good.tl main.cpp 2>&1 | FileCheck main.cpp --check-prefix=REMARK
//
// Stale, or without rows: warnings at the factory's line, which can be errors and can be silenced.
// RUN: sed 's/FINGERPRINT/00112233445566778899aabbccddeeff/' good.in > stale.tl
// RUN: %clangxx %plugin -fplugin-arg-tl-use=stale.tl -c main.cpp -o stale.o 2>&1 | FileCheck main.cpp --check-prefix=STALE
// RUN: llvm-strings stale.o | FileCheck main.cpp --check-prefix=NOTABLE
// RUN: sed 's/w=4/w=5/' stale.tl > gone.tl
// RUN: %clangxx %plugin -fplugin-arg-tl-use=gone.tl -fsyntax-only main.cpp 2>&1 | FileCheck main.cpp --check-prefix=GONE
// RUN: sed 's/default w=1/default w=2/' stale.tl > default.tl
// RUN: %clangxx %plugin -fplugin-arg-tl-use=default.tl -fsyntax-only main.cpp 2>&1 | FileCheck main.cpp --check-prefix=DEFAULT
// RUN: sed 's/scale/other/' good.tl > rows.tl
// RUN: %clangxx %plugin -fplugin-arg-tl-use=rows.tl -fsyntax-only main.cpp 2>&1 | FileCheck main.cpp --check-prefix=ROWS
// RUN: not %clangxx %plugin -Werror -fplugin-arg-tl-use=rows.tl -fsyntax-only main.cpp 2>&1 | FileCheck main.cpp --check-prefix=ERROR
// RUN: %clangxx %plugin -Werror -Wno-backend-plugin -fplugin-arg-tl-use=stale.tl -fsyntax-only main.cpp
// RUN: sed 's/winner n=1 w=4/winner n=1 w=5/' good.tl > lost.tl
// RUN: %clangxx %plugin -fplugin-arg-tl-use=lost.tl -c main.cpp -o lost.o 2>&1 | FileCheck main.cpp --check-prefix=LOST
//
// A file that is no such file.
// RUN: not %clangxx %plugin -fplugin-arg-tl-use=none.tl -fsyntax-only main.cpp 2>&1 | FileCheck main.cpp --check-prefix=MISSING
// RUN: not %clangxx %plugin -fplugin-arg-tl-use=main.cpp -fsyntax-only main.cpp 2>&1 | FileCheck main.cpp --check-prefix=FOREIGN
// RUN: touch empty.tl && not %clangxx %plugin -fplugin-arg-tl-use=empty.tl -fsyntax-only main.cpp 2>&1 | FileCheck main.cpp --check-prefix=EMPTY
// RUN: sed 's/tl-winners 1/tl-winners 2/' good.tl > newer.tl
// RUN: not %clangxx %plugin -fplugin-arg-tl-use=newer.tl -fsyntax-only main.cpp 2>&1 | FileCheck main.cpp --check-prefix=NEWER
// RUN: not %clangxx %plugin -fplugin-arg-tl-use= -fsyntax-only main.cpp 2>&1 | FileCheck main.cpp --check-prefix=ARGUMENT
//
// Hand-edited, each at its line and column.
// RUN: sh check.sh good.tl '%clangxx %plugin -fsyntax-only main.cpp' 2>&1 | FileCheck main.cpp --check-prefix=EDITED --match-full-lines
//
// Of 10^5 rows each is where it belongs, and compiling takes seconds.
// RUN: %python rows.py good.tl > many.tl
// RUN: %clangxx %plugin -Werror -fplugin-arg-tl-use=many.tl -c main.cpp -o many.o
// RUN: llvm-strings many.o | grep -c "^w.n=" | FileCheck main.cpp --check-prefix=MANY

//--- main.cpp
#include <tl/autotune.h>
using namespace tl::keywords;
struct config {
  int w = 1;
};
template <config C = config{}>
[[tl::autotune({.w = 1}, {.w = 2}, {.w = 4}, {.w = 8})]]
void scale(int n, float *x) {
  for (int i = 0; i < n; i += C.w)
    x[i] *= 2;
}
void call(float *x) { scale(1, x); }

// KEPT-DAG: scale<config{1}>
// KEPT-DAG: scale<config{2}>
// KEPT-DAG: scale<config{4}>
// DEPENDS: good.tl
// TABLE: tl-baked{{.}}1{{.[0-9a-f]+.}}_Z5scaleIXtl6configLi1EEEEviPf{{.[0-9a-f]+$}}
// NOTABLE-NOT: tl-baked
// REMARK: main.cpp:7:{{.*}}: remark: config 'w=8' of 'scale' left out: 'good.tl' does not name it
// STALE: main.cpp:7:{{.*}}: warning: the winners of 'scale' in 'stale.tl' are stale and not used: its code, flags or space have changed: fingerprint 00112233445566778899aabbccddeeff, now {{[0-9a-f]+}}; tune and bake again [-Wbackend-plugin]
// GONE: warning: the winners of 'scale' in 'gone.tl' are stale and not used: config 'w=5' is no longer in the space; tune and bake again
// DEFAULT: warning: the winners of 'scale' in 'default.tl' are stale and not used: the default config was 'w=2' and is 'w=1'; tune and bake again
// ROWS: main.cpp:7:{{.*}}: warning: 'rows.tl' has no winners of 'scale'; all of its 4 variants are compiled; tune it and bake again [-Wbackend-plugin]
// ERROR: main.cpp:7:{{.*}}: error: 'rows.tl' has no winners of 'scale'
// LOST: main.cpp:7:{{.*}}: warning: 'lost.tl' has the winner 'w=5' of 'scale', which is not in its space and is not used
// MISSING: error: the winners file 'none.tl' cannot be read: {{.*}}o such file or directory
// FOREIGN: main.cpp:2:1: error: winners file: expected 'tl-winners 1', found 'using'
// EMPTY: empty.tl:1:1: error: winners file: an empty file; expected 'tl-winners 1'
// NEWER: newer.tl:2:12: error: winners file: version '2' of the format; this plugin reads 1
// ARGUMENT: error: unknown argument '-fplugin-arg-tl-use='
// EDITED: edited.tl:7:10: error: winners file: expected 'hot' or 'cold', found 'warm'
// EDITED: edited.tl:8:{{[0-9]+}}: error: winners file: expected a problem, a config, a time and a date after 'n=1'
// EDITED: edited.tl:8:20: error: winners file: expected a time such as '192.8us', found 'soon'
// EDITED: edited.tl:8:26: error: winners file: expected a date such as '2026-11-29', found 'today'
// EDITED: edited.tl:8:{{[0-9]+}}: error: winners file: a quote that does not end on its line
// EDITED: edited.tl:3:3: error: winners file: expected 'factory' before 'name'
// EDITED: edited.tl:5:15: error: winners file: expected 32 hexadecimal digits, found 'abc'
// EDITED: edited.tl:5:3: error: winners file: expected 'fingerprint' before 'default'
// EDITED: edited.tl:7:5: error: winners file: expected 'device' before 'winner'
// EDITED: edited.tl:6:3: error: winners file: expected factory, name, fingerprint, default, keep, device or winner, found 'kept'
// EDITED: edited.tl:8:1: error: winners file: a merge conflict that is not resolved
// EDITED: edited.tl:9:16: error: winners file: problem 'n=1' has the winner 'w=2' here and 'w=4' on line 8; one of the two must go
// MANY: 100001

//--- good.in
# a comment
tl-winners 1
factory _Z5scaleIXtl6configLi1EEEEviPf
  name scale
  fingerprint FINGERPRINT
  default w=1
  device hot "model=A \"B\";cores=2"
    winner n=1 w=4 1.5us 2026-11-29 "x=64"
  keep w=2

//--- check.sh
file=$1 command=$2
edited() {
  sed "$1" "$file" > edited.tl
  $command -fplugin-arg-tl-use=edited.tl 2>&1 | grep error: | grep -v generated
}
edited 's/device hot/device warm/'
edited 's/ w=4 1.5us.*//'
edited 's/1.5us/soon/'
edited 's/2026-11-29/today/'
edited 's/"x=64"/"x=64/'
edited '/^factory/d'
edited 's/fingerprint .*/fingerprint abc/'
edited '/fingerprint/d'
edited '/device/d'
edited 's/default .*/kept w=1/'
edited 's/.*winner n.*/<<<<<<< ours\n&/'
edited 's/.*winner n.*/&\n    winner n=1 w=2 1us 2026-11-30/'

//--- rows.py
import sys
for line in open(sys.argv[1]):
    print(line, end="")
    if "winner" in line and "tl-" not in line:
        for i in range(100000):
            print(f"    winner n={i + 2} w={2 << i % 2} 1.5us 2026-11-29 \"x=64\"")
