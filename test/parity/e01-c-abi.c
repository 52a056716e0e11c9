/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * E1, the C interface from C: what a library holds is listed and described; a lazy factory is tuned without any data
 * of the caller's; the winner runs on its data and gives its result; a second process finds it.
 *
 * RUN: %clangxx -O1 -fPIC -shared %plugin %S/Inputs/c_abi_library.cpp -o %t.so %runtime
 * RUN: %clang_path -x c -std=c11 -Wall -Wextra -Wpedantic -Werror -I%source_dir/include %s -o %t %runtime -ldl
 * RUN: %t %t.so 1000 | %filecheck %s
 * RUN: env TL_TUNE=require %t %t.so 1000 | %filecheck %s
 * CHECK: 0 factories before the library, 1 after it
 * CHECK: twice: {"id":"{{.*}}twice{{.*}}","name":"twice",{{.*}}"backend":"cpu","lazy":true,"default":"step=1","configs":["step=1","step=2"],"own_parameters":1,
 * CHECK: prepared step={{[12]}} on no data
 * CHECK: called: result 1000, right
 * CHECK: step=2 by choice: right
 * RUN: not env TL_TUNE=require %t %t.so 999
 */

#include <tl/capi.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

/* tl::in and its kin. */
struct buffer {
  void *data;
  size_t size;
};

static int failed(const char *what) {
  printf("%s: %s\n", what, tl_rt_last_error());
  return 1;
}

static const char *verdict(const float *values, size_t n) {
  for (size_t i = 0; i < n; ++i)
    if (values[i] != 6)
      return "wrong";
  return "right";
}

int main(int argc, char **argv) {
  if (argc < 3)
    return 2;
  const uint32_t before = tl_rt_factory_count();
  if (!dlopen(argv[1], RTLD_NOW))
    return 2;
  printf("%u factories before the library, %u after it\n", before, tl_rt_factory_count());
  const tl_factory *twice = tl_rt_find_factory("twice");
  if (!twice)
    return failed("find");
  printf("twice: %s\n", tl_rt_describe(twice));

  int n = atoi(argv[2]);
  struct buffer from = {NULL, (size_t)n}, to = {NULL, (size_t)n};
  void *arguments[] = {&n, &from, &to};
  uint32_t variant = 0;
  if (tl_rt_prepare(twice, arguments, 3, NULL, 1, &variant) != 0)
    return failed("prepare");
  printf("prepared %s on no data\n", tl_rt_config(twice, variant));

  float *x = malloc(sizeof(float) * (size_t)n), *y = calloc((size_t)n, sizeof(float));
  if (!x || !y)
    return 2;
  for (int i = 0; i < n; ++i)
    x[i] = 3;
  from.data = x, to.data = y;
  int result = 0;
  if (tl_rt_call(twice, arguments, 3, NULL, &result) != 0)
    return failed("call");
  printf("called: result %d, %s\n", result, verdict(y, (size_t)n));
  for (int i = 0; i < n; ++i)
    y[i] = 0;
  if (tl_rt_call_variant(twice, tl_rt_variant(twice, "step=2"), arguments, 3, NULL, NULL) != 0)
    return failed("call variant");
  printf("step=2 by choice: %s\n", verdict(y, (size_t)n));
  free(x);
  free(y);
  return 0;
}
