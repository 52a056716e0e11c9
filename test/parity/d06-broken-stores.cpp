// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// D6, saving: a transaction, and where it cannot be had one warning; the program goes on, tuned for this run. A
// damaged database is set aside and not deleted, and what is no database of ours is left alone. (Each fault at each point: unit/store_fault_test.cpp.)
//
// RUN: %clangxx -O1 %plugin %s -o %t %runtime
// RUN: rm -rf %t.dir && mkdir %t.dir %t.dir/corrupt %t.dir/folder %t.dir/foreign
//
// RUN: env TL_CACHE_DIR=%t.dir/corrupt %t | FileCheck %s --check-prefix=RIGHT
// RUN: %python -c "import sys; f=open(sys.argv[1],'r+b'); f.seek(100); f.write(b'this is no database' * 200)" %t.dir/corrupt/autotune.db
// RUN: env TL_CACHE_DIR=%t.dir/corrupt %t 2>&1 | FileCheck %s --check-prefix=CORRUPT
// CORRUPT: tl: warning: {{.*}}autotune.db{{.*}}set aside
// CORRUPT-NOT: tl:
// CORRUPT: right
// RUN: grep -r "this is no database" %t.dir/corrupt
// RUN: env TL_CACHE_DIR=%t.dir/corrupt TL_TUNE=require %t | FileCheck %s --check-prefix=RIGHT
//
// RUN: mkdir %t.dir/text && echo "this is no database, and it is long enough to be looked at: a hundred bytes and more, of somebody's notes" > %t.dir/text/autotune.db
// RUN: cp %t.dir/text/autotune.db %t.dir/notes
// RUN: env TL_CACHE_DIR=%t.dir/text %t 2>&1 | FileCheck %s --check-prefix=TEXT
// TEXT: tl: warning: {{.*}}autotune.db is no database of this runtime: it is left alone
// TEXT-NOT: tl:
// TEXT: right
// RUN: cmp %t.dir/text/autotune.db %t.dir/notes
//
// RUN: env TL_CACHE_DIR=/dev/null/cache %t 2>&1 | FileCheck %s --check-prefix=NOWHERE
// NOWHERE: tl: warning: {{.*}}/dev/null/cache
// NOWHERE-NOT: tl:
// NOWHERE: right
//
// RUN: mkdir %t.dir/folder/autotune.db
// RUN: env TL_CACHE_DIR=%t.dir/folder %t 2>&1 | FileCheck %s --check-prefix=FOLDER
// FOLDER: tl: warning: {{.*}}autotune.db
// FOLDER-NOT: tl:
// FOLDER: right
//
// RUN: %python -c "import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.execute('create table mine (a)'); d.commit()" %t.dir/foreign/autotune.db
// RUN: env TL_CACHE_DIR=%t.dir/foreign %t 2>&1 | FileCheck %s --check-prefix=FOREIGN
// FOREIGN: tl: warning: {{.*}}autotune.db
// FOREIGN-NOT: tl:
// FOREIGN: right
// RUN: %python -c "import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute('select count(*) from mine').fetchone())" %t.dir/foreign/autotune.db | FileCheck %s --check-prefix=UNTOUCHED
// UNTOUCHED: (0,)
// RIGHT: right

#include <tl/autotune.h>

#include <cstdio>
#include <vector>

using namespace tl::keywords;

struct config {
  int step = 1;
};
template <config C = config{}>
TL_AUTOTUNE({.step = 1}, {.step = 2}, warmup = 0, rep = 4)
void fill(int n, int *to) {
  for (int first = 0; first < C.step; ++first)
    for (int i = first; i < n; i += C.step)
      to[i] = i;
}

int main() {
  std::vector<int> to(10), more(11);
  fill(10, to.data());
  fill(11, more.data());
  std::puts(to[9] == 9 && more[10] == 10 ? "right" : "wrong");
}
