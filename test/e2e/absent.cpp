// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a build leaves out counts as part of the code, though the source is the same: no stored winner leads to a
// variant that is absent, and one that is back is tried. An absent variant is not even run, so a noexcept one is no
// crash; one runtime sees the absences of all images, each as long as it is loaded.
//
// RUN: %clangxx %plugin %s -o %t.all %runtime
// RUN: %clangxx %plugin -fplugin-arg-tl-absent=_Z4workIXtl6configLi1EEEEvRi:1-2=why -fplugin-arg-tl-absent=_Z4workIXtl6configLi1EEEEvRi:3 %s -o %t.some %runtime
// RUN: %t.all | %filecheck %s
// RUN: %winners | FileCheck %s --check-prefix=FASTEST
// RUN: env TL_TUNE=require not %t.some 2>&1 | FileCheck %s --check-prefix=UNTUNED
// RUN: %t.some | %filecheck %s
// RUN: env TL_TUNE=require %t.some | %filecheck %s
// RUN: env TL_TUNE=require %t.all | %filecheck %s
// RUN: %count | FileCheck %s --check-prefix=TRIALS
// RUN: %trials | FileCheck %s --check-prefix=REASONS
// RUN: env TL_FORCE_CONFIG=delay=0 not --crash %t.some 2>&1 | FileCheck %s --check-prefix=FORCED
//
// As plugins of a program.
// RUN: %clangxx %plugin -DLIBRARY -fPIC -shared -fplugin-arg-tl-absent=_Z4workIXtl6configLi1EEEEvRi:1-3 %s -o %t.so %runtime
// RUN: %clangxx -DHOST %s -o %t.host %runtime -ldl
// RUN: %t.host %t.so | %filecheck %s --check-prefix=HOST
//
// CHECK: done
// FASTEST: work||delay=0|
// UNTUNED: error: work{{.*}} has no stored winner and TL_TUNE=require
// TRIALS: 10
// REASONS-DAG: work||delay=0|infeasible|did not compile and was left out: why
// REASONS-DAG: work||delay=2|infeasible|did not compile and was left out: why
// REASONS-DAG: work||delay=3|infeasible|did not compile and was left out
// REASONS-DAG: work||delay=0|measured|
// REASONS-DAG: work||delay=4|measured|
// FORCED: variant 'delay=0' of 'work' did not compile and was left out: why
// HOST: 1 absent
// HOST-NEXT: done
// HOST-NEXT: 1 absent
// HOST-NEXT: done

#ifndef HOST
#include <tl/autotune.h>
#include <tl/capi.h>
#include <unistd.h>

using namespace tl::keywords;

struct config {
  int delay = 1;
};
inline constexpr config delays[] = {{1}, {0}, {2}, {3}, {4}};

template <config C = config{}>
TL_AUTOTUNE(configs = delays, timeout = 10, warmup = 0, rep = 2)
void work(int &done) noexcept {
  usleep(C.delay * 3000);
  done = 1;
}
#endif

#include <cstdio>

#if defined(LIBRARY)
extern "C" void use() {
  int done = 0;
  work(done);
  std::printf("%d absent\n", tl_rt_variant(tl_rt_find_factory("work"), "delay=0") == UINT32_MAX);
  std::puts(done ? "done" : "not done");
}
#elif defined(HOST)
#include <dlfcn.h>
int main(int, char **argv) {
  for (int i = 0; i < 2; ++i) {
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (!library)
      return std::puts(dlerror());
    reinterpret_cast<void (*)()>(dlsym(library, "use"))();
    dlclose(library);
  }
}
#else
int main() {
  int done = 0;
  work(done);
  std::puts(done ? "done" : "not done");
}
#endif
