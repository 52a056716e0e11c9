// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// E1, the C interface used wrongly: null pointers, pointers to something else, a wrong number of arguments, what
// there is not, another version. Each is an error with a text of its thread, and the program goes on.
//
// RUN: %clangxx -O1 %plugin %s -o %t -pthread %runtime
// RUN: %t 2>%t.said | %filecheck %s
// CHECK: factory null: the factory is null
// CHECK: factory elsewhere: this is none of the 2 factories of the loaded images (a pointer of 64 bits may have been cut to 32)
// CHECK: describe null: the factory is null
// CHECK: config of nothing: this is none of the 2 factories
// CHECK: too few: fill takes 3 arguments (streams not counted), 2 were given
// CHECK: too many: fill takes 3 arguments (streams not counted), 4 were given
// CHECK: no array: fill: the array of arguments is null
// CHECK: no address: fill: the address of argument 1 ('value') is null
// CHECK: no such id: none of the 2 factories has the id or name 'nobody'
// CHECK: no name: none of the 2 factories has the id or name ''
// CHECK: no such index: there are 2 factories, number 9 was asked for
// CHECK: no such variant: fill has 2 variants, number 7 was asked for
// CHECK: no such config: config 'step=3' is none of the 2 of fill that were compiled
// CHECK: no such text: config '' is none of the 2 of fill that were compiled
// CHECK: it throws: no such n
// CHECK: tune nothing: the factory is null
// CHECK: tune without call: the call is null
// CHECK: tune an old factory: the factory is of version 99 of the runtime interface, and this runtime has version 4
// CHECK: tune an empty call: the call holds no arguments or no key
// CHECK: save nothing: the result is null
// CHECK: save nowhere: the path is null
// CHECK: load nowhere: the path is null
// CHECK: freed nothing
// CHECK: another thread: ''
// CHECK: still right: 5, and no error: ''
//
// Registering what is of another version is refused in one line, and its default config runs.
// RUN: FileCheck %s --check-prefix=SAID < %t.said
// SAID: tl: error: a factory was built for version 99 of the runtime interface and this runtime has version 4

#include <tl/autotune.h>
#include <tl/tuner.h>

#include <cstdio>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace tl::keywords;

struct config {
  int step = 1;
};
template <config C = config{}>
TL_AUTOTUNE({.step = 1}, {.step = 2}, warmup = 0, rep = 4)
void fill(int n, int value, tl::out<int> to) {
  for (int first = 0; first < C.step; ++first)
    for (int i = first; i < n; i += C.step)
      to.data()[i] = value;
}
template <config C = config{}>
TL_AUTOTUNE({.step = 1}, {.step = 2}, warmup = 0, rep = 4)
void refuse(int) {
  throw std::runtime_error("no such n");
}
void (*const fill_in_program)(int, int, tl::out<int>) = &fill;
void (*const refuse_in_program)(int) = &refuse;

/// `failed` is what the function has to say about itself; the text says the rest.
static void report(const char *what, bool failed) {
  std::printf("%s: %s\n", what, failed ? tl_rt_last_error() : "no error");
}

int main() {
  const tl_factory *factory = tl_rt_find_factory("fill"), *thrower = tl_rt_find_factory("refuse");
  int n = 3, value = 5;
  std::vector<int> to(3);
  tl::out<int> view(to);
  void *arguments[] = {&n, &value, &view, &n}, *hole[] = {&n, nullptr, &view}, *one[] = {&n};
  const auto *elsewhere = reinterpret_cast<const tl_factory *>(0x1000);
  report("factory null", tl_rt_call(nullptr, arguments, 3, nullptr, nullptr) < 0);
  report("factory elsewhere", tl_rt_call(elsewhere, arguments, 3, nullptr, nullptr) < 0);
  report("describe null", !tl_rt_describe(nullptr));
  report("config of nothing", !tl_rt_config(elsewhere, 0));
  report("too few", tl_rt_call(factory, arguments, 2, nullptr, nullptr) < 0);
  report("too many", tl_rt_prepare(factory, arguments, 4, nullptr, 0, nullptr) < 0);
  report("no array", tl_rt_call(factory, nullptr, 3, nullptr, nullptr) < 0);
  report("no address", tl_rt_call(factory, hole, 3, nullptr, nullptr) < 0);
  report("no such id", !tl_rt_find_factory("nobody"));
  report("no name", !tl_rt_find_factory(nullptr));
  report("no such index", !tl_rt_factory_at(9));
  report("no such variant", tl_rt_call_variant(factory, 7, arguments, 3, nullptr, nullptr) < 0);
  report("no such config", tl_rt_variant(factory, "step=3") == UINT32_MAX);
  report("no such text", tl_rt_variant(factory, nullptr) == UINT32_MAX);
  report("it throws", tl_rt_call_variant(thrower, 0, one, 1, nullptr, nullptr) < 0);
  report("tune nothing", !tl_rt_tune(nullptr, nullptr));
  report("tune without call", !tl_rt_tune(factory, nullptr));
  tl_factory old = *factory;
  old.abi_version = 99;
  tl_call call{};
  report("tune an old factory", !tl_rt_tune(&old, &call));
  report("tune an empty call", !tl_rt_tune(factory, &call));
  tl_rt_register(&old, nullptr);
  tl_result result{};
  report("save nothing", tl_rt_save_result(nullptr, "result.json") < 0);
  report("save nowhere", tl_rt_save_result(&result, nullptr) < 0);
  report("load nowhere", !tl_rt_load_result(nullptr));
  tl_rt_free_result(nullptr);
  std::puts("freed nothing");
  std::thread([] { std::printf("another thread: '%s'\n", tl_rt_last_error()); }).join();
  const bool good = tl_rt_call(factory, arguments, 3, nullptr, nullptr) == 0;
  std::printf("still right: %d, and no error: '%s'\n", good ? to[2] : -1, tl_rt_last_error());
}
