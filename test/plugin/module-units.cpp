// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Named modules: interface and implementation units, partitions, several importers, headers in global module
// fragments, modules that call their own factories. Each factory is one, whoever calls it.
//
// RUN: rm -rf %t && split-file %s %t && cd %t
//
// An interface, an implementation unit, two importers.
// RUN: %clangxx %plugin -I%S --precompile interface.cppm -o a.pcm && %clangxx %plugin -c a.pcm -o a.o
// RUN: %clangxx %plugin -I%S -fmodule-file=a=a.pcm -c implementation.cpp -o implementation.o
// RUN: %clangxx %plugin -fmodule-file=a=a.pcm -c importer.cpp -o importer.o
// RUN: %clangxx %plugin -I%S -fmodule-file=a=a.pcm main.cpp a.o implementation.o importer.o -o main && env RUN=1 ./main | %filecheck --check-prefix=UNITS %s
// UNITS: 3 3 3 3 2 3
// RUN: env LIST=1 ./main | grep -c '^registered f' | grep -x 1
//
// A partition.
// RUN: %clangxx %plugin -I%S --precompile partition.cppm -o p-part.pcm && %clangxx %plugin -c p-part.pcm -o part.o
// RUN: %clangxx %plugin -fmodule-file=p:part=p-part.pcm --precompile primary.cppm -o p.pcm
// RUN: %clangxx %plugin -fmodule-file=p:part=p-part.pcm -c p.pcm -o p.o
// RUN: %clangxx %plugin -I%S -fmodule-file=p=p.pcm -fmodule-file=p:part=p-part.pcm user.cpp p.o part.o -o user && env RUN=1 ./user | %filecheck --check-prefix=PARTITION %s
// PARTITION: 3 3 3
//
// A header in the global module fragments of two modules, included by an importer before, after and not at all.
// RUN: %clangxx %plugin -I%S -I. --precompile left.cppm -o left.pcm && %clangxx %plugin -c left.pcm -o left.o
// RUN: %clangxx %plugin -I%S -I. --precompile right.cppm -o right.pcm && %clangxx %plugin -c right.pcm -o right.o
// RUN: %clangxx %plugin -I%S -I. -fmodule-file=left=left.pcm -fmodule-file=right=right.pcm -DBEFORE both.cpp left.o right.o -o both && env RUN=1 ./both | %filecheck --check-prefix=BOTH %s
// RUN: %clangxx %plugin -I%S -I. -fmodule-file=left=left.pcm -fmodule-file=right=right.pcm -DAFTER both.cpp left.o right.o -o both && env RUN=1 ./both | %filecheck --check-prefix=BOTH %s
// RUN: %clangxx %plugin -I%S -I. -fmodule-file=left=left.pcm -fmodule-file=right=right.pcm both.cpp left.o right.o -o both && env RUN=1 ./both | %filecheck --check-prefix=BOTH %s
// BOTH: 3 3 3 3 3 3

//--- interface.cppm
module;
#include <tl/autotune.h>
export module a;
export struct config {
  int width = 1;
};
export template <class T, config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] int f(T) { return C.width; }
export inline int uses(int v) { return f(v); }
export int defined(int v);
export int exported(int v) { return f(v); }

//--- implementation.cpp
module;
#include "Inputs/runtime.h"
module a;
int defined(int v) { return f(v); }

//--- importer.cpp
import a;
int imported(int v) { return f(v); }

//--- main.cpp
#include "Inputs/runtime.h"
import a;
int imported(int v);
int main() { std::printf("%d %d %d %d %d %d\n", uses(1), defined(1), exported(1), imported(1), f<int, config{2}>(1), f(1)); }

//--- partition.cppm
module;
#include <tl/autotune.h>
export module p:part;
export struct config {
  int width = 1;
};
export template <class T, config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] int f(T) { return C.width; }
export inline int uses(int v) { return f(v); }

//--- primary.cppm
export module p;
export import :part;
export inline int more(int v) { return f(v); }

//--- user.cpp
#include "Inputs/runtime.h"
import p;
int main() { std::printf("%d %d %d\n", uses(1), more(1), f(1)); }

//--- f.h
#pragma once
#include "Inputs/runtime.h"
#include <tl/autotune.h>
struct config {
  int width = 1;
};
template <class T, config C = config{}> [[tl::autotune({.width = 2}, {.width = 3})]] int f(T) { return C.width; }

//--- left.cppm
module;
#include "f.h"
export module left;
export inline int inline_left(int v) { return f(v); }
export int left(int v) { return f(v); }
export template <class T> int template_left(T v) { return f(v); }

//--- right.cppm
module;
#include "f.h"
export module right;
export inline int inline_right(int v) { return f(v); }
export int right(int v) { return f(v); }
export template <class T> int template_right(T v) { return f(v); }

//--- both.cpp
#ifdef BEFORE
#include "f.h"
#endif
#include <cstdio>
import left;
import right;
#ifdef AFTER
#include "f.h"
#endif
int main() { std::printf("%d %d %d %d %d %d\n", inline_left(1), inline_right(1), left(1), right(1), template_left(1), template_right(1)); }
