/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

#define _GNU_SOURCE
#include "hook_internal.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TL_HOOK_EXPORT tl_worker_hook_table tl_worker_hook = {
    sizeof(tl_worker_hook_table), -1, "", 0, 0, 0};

/* For whoever asks before the runtime's own constructor has run. */
TL_HOOK_EXPORT int tl_is_worker_process;

/* ---- environment ---------------------------------------------------------------------------- */

/* Takes what is meant for us out of the environment: a program that the variant starts must not
 * become a worker too. */
static void take_environment(void) {
  const char *channel = getenv(TL_WORKER_CHANNEL);
  if (!channel)
    return;
  tl_worker_hook.channel = atoi(channel);
  tl_is_worker_process = 1;
  const char *hook = getenv(TL_WORKER_HOOK);
  if (hook)
    close(atoi(hook));
  const char *image = getenv(TL_WORKER_IMAGE);
  if (image) {
    char *copy = strdup(image);
    tl_worker_hook.image = copy ? copy : "";
  }
  const char *preload = getenv(TL_WORKER_PRELOAD);
  if (preload)
    setenv("LD_PRELOAD", preload, 1);
  else
    unsetenv("LD_PRELOAD");
  unsetenv(TL_WORKER_CHANNEL);
  unsetenv(TL_WORKER_HOOK);
  unsetenv(TL_WORKER_IMAGE);
  unsetenv(TL_WORKER_PRELOAD);
}

__attribute__((constructor)) static void loaded(void) { take_environment(); }

/* ---- main ----------------------------------------------------------------------------------- */

static int worker_main(int argc, char **argv, char **envp) {
  (void)argc, (void)argv, (void)envp;
  /* A host such as Python: nothing of ours is in it until the library is opened. */
  if (!tl_worker_hook.worker && *tl_worker_hook.image)
    dlopen(tl_worker_hook.image, RTLD_NOW | RTLD_GLOBAL);
  if (!tl_worker_hook.worker)
    return 126;
  return tl_worker_hook.worker(tl_worker_hook.channel, tl_worker_hook.image);
}

typedef int main_function(int, char **, char **);
typedef int start_function(main_function *, int, char **, void (*)(void), void (*)(void),
                           void (*)(void), void *);

TL_HOOK_EXPORT int __libc_start_main(main_function *program_main, int argc, char **argv,
                                     void (*init)(void), void (*fini)(void),
                                     void (*rtld_fini)(void), void *stack_end) {
  start_function *start = (start_function *)dlsym(RTLD_NEXT, "__libc_start_main");
  take_environment();
  if (!start)
    _exit(126);
  return start(tl_worker_hook.channel >= 0 ? worker_main : program_main, argc, argv, init, fini,
               rtld_fini, stack_end);
}

/* ---- launches ------------------------------------------------------------------------------- */

/* The driver's own declarations (cuda.h), as far as a launch needs them. */
typedef struct launch_attribute {
  int id;
  char pad[4];
  union {
    char bytes[64];
    struct {
      unsigned x, y, z;
    } dim;
    int number;
  } value;
} launch_attribute;
typedef struct launch_config {
  unsigned grid[3], block[3], shared;
  void *stream;
  launch_attribute *attributes;
  unsigned attribute_count;
} launch_config;
enum { attribute_cooperative = 2, attribute_cluster = 4 };

typedef int launch_fn(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                      void *, void **, void **);
typedef int cooperative_fn(void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                           unsigned, void *, void **);
typedef int launch_ex_fn(const launch_config *, void *, void **, void **);
typedef int function_set_fn(void *, int, int);
typedef int kernel_set_fn(int, int, void *, int);
typedef int get_proc_fn(const char *, void **, int, uint64_t);
typedef int get_proc_v2_fn(const char *, void **, int, uint64_t, void *);

int tl_hook_announce(void *function, unsigned is_symbol, const unsigned *grid,
                     const unsigned *block, const unsigned *cluster, unsigned shared,
                     unsigned cooperative, void *stream) {
  int (*before)(const tl_hook_launch *) =
      __atomic_load_n(&tl_worker_hook.before_launch, __ATOMIC_ACQUIRE);
  if (!before)
    return 0;
  tl_hook_launch launch = {function,
                           is_symbol,
                           {grid[0], grid[1], grid[2]},
                           {block[0], block[1], block[2]},
                           {0, 0, 0},
                           shared,
                           cooperative,
                           stream};
  if (cluster)
    memcpy(launch.cluster, cluster, sizeof launch.cluster);
  return before(&launch);
}

/* Each function exists twice in the driver: for the legacy and for the per-thread default stream.
 */
#define WRAP_LAUNCHES(n)                                                                           \
  static launch_fn *real_launch_##n;                                                               \
  static int launch_##n(void *f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,  \
                        unsigned bz, unsigned shared, void *stream, void **arguments,              \
                        void **extra) {                                                            \
    const unsigned grid[3] = {gx, gy, gz}, block[3] = {bx, by, bz};                                \
    const int error = tl_hook_announce(f, 0, grid, block, 0, shared, 0, stream);                   \
    return error ? error                                                                           \
                 : real_launch_##n(f, gx, gy, gz, bx, by, bz, shared, stream, arguments, extra);   \
  }                                                                                                \
  static cooperative_fn *real_cooperative_##n;                                                     \
  static int cooperative_##n(void *f, unsigned gx, unsigned gy, unsigned gz, unsigned bx,          \
                             unsigned by, unsigned bz, unsigned shared, void *stream,              \
                             void **arguments) {                                                   \
    const unsigned grid[3] = {gx, gy, gz}, block[3] = {bx, by, bz};                                \
    const int error = tl_hook_announce(f, 0, grid, block, 0, shared, 1, stream);                   \
    return error ? error                                                                           \
                 : real_cooperative_##n(f, gx, gy, gz, bx, by, bz, shared, stream, arguments);     \
  }                                                                                                \
  static launch_ex_fn *real_launch_ex_##n;                                                         \
  static int launch_ex_##n(const launch_config *c, void *f, void **arguments, void **extra) {      \
    unsigned cluster[3] = {0, 0, 0}, cooperative = 0;                                              \
    for (unsigned i = 0; c && i < c->attribute_count; ++i) {                                       \
      const launch_attribute *a = &c->attributes[i];                                               \
      if (a->id == attribute_cluster) {                                                            \
        cluster[0] = a->value.dim.x;                                                               \
        cluster[1] = a->value.dim.y;                                                               \
        cluster[2] = a->value.dim.z;                                                               \
      } else if (a->id == attribute_cooperative)                                                   \
        cooperative = a->value.number != 0;                                                        \
    }                                                                                              \
    const int error =                                                                              \
        c ? tl_hook_announce(f, 0, c->grid, c->block, cluster, c->shared, cooperative, c->stream)  \
          : 0;                                                                                     \
    return error ? error : real_launch_ex_##n(c, f, arguments, extra);                             \
  }

WRAP_LAUNCHES(0)
WRAP_LAUNCHES(1)

void tl_hook_refused(void *function, unsigned is_symbol, int value, int error) {
  void (*report)(const tl_hook_attribute *) =
      __atomic_load_n(&tl_worker_hook.attribute_refused, __ATOMIC_ACQUIRE);
  if (!report)
    return;
  const tl_hook_attribute attribute = {function, is_symbol, value, error};
  report(&attribute);
}

static function_set_fn *real_function_set;
static int function_set(void *function, int attribute, int value) {
  const int error = real_function_set(function, attribute, value);
  if (error && attribute == tl_hook_max_dynamic_shared)
    tl_hook_refused(function, 0, value, error);
  return error;
}

static kernel_set_fn *real_kernel_set;
static int kernel_set(int attribute, int value, void *kernel, int device) {
  const int error = real_kernel_set(attribute, value, kernel, device);
  if (error && attribute == tl_hook_max_dynamic_shared)
    tl_hook_refused(kernel, 0, value, error);
  return error;
}

static get_proc_fn *real_get_proc;
static get_proc_v2_fn *real_get_proc_v2;
static int get_proc(const char *name, void **pointer, int version, uint64_t flags);
static int get_proc_v2(const char *name, void **pointer, int version, uint64_t flags, void *found);

/* What stands for a driver function, given the driver's own. `n`: 1 for the per-thread default
 * stream. */
static void *stand_in(const char *name, void *real, int version, int n) {
#define STAND_IN(text, keep, with)                                                                 \
  if (!strcmp(name, text)) {                                                                       \
    *(void **)&keep = real;                                                                        \
    return (void *)with;                                                                           \
  }
  if (!strcmp(name, "cuGetProcAddress")) {
    if (version >= 12000) {
      *(void **)&real_get_proc_v2 = real;
      return (void *)get_proc_v2;
    }
    *(void **)&real_get_proc = real;
    return (void *)get_proc;
  }
  if (n) {
    STAND_IN("cuLaunchKernel", real_launch_1, launch_1)
    STAND_IN("cuLaunchKernelEx", real_launch_ex_1, launch_ex_1)
    STAND_IN("cuLaunchCooperativeKernel", real_cooperative_1, cooperative_1)
  } else {
    STAND_IN("cuLaunchKernel", real_launch_0, launch_0)
    STAND_IN("cuLaunchKernelEx", real_launch_ex_0, launch_ex_0)
    STAND_IN("cuLaunchCooperativeKernel", real_cooperative_0, cooperative_0)
  }
  STAND_IN("cuFuncSetAttribute", real_function_set, function_set)
  STAND_IN("cuKernelSetAttribute", real_kernel_set, kernel_set)
#undef STAND_IN
  return real;
}

enum { per_thread_default_stream = 2 };

static int get_proc(const char *name, void **pointer, int version, uint64_t flags) {
  const int error = real_get_proc(name, pointer, version, flags);
  if (!error && name && pointer && *pointer)
    *pointer = stand_in(name, *pointer, version, (flags & per_thread_default_stream) != 0);
  return error;
}

static int get_proc_v2(const char *name, void **pointer, int version, uint64_t flags, void *found) {
  const int error = real_get_proc_v2(name, pointer, version, flags, found);
  if (!error && name && pointer && *pointer)
    *pointer = stand_in(name, *pointer, version, (flags & per_thread_default_stream) != 0);
  return error;
}

/* ---- dlsym ---------------------------------------------------------------------------------- */

tl_hook_dlsym *tl_hook_real_dlsym(void) {
  static tl_hook_dlsym *real;
  if (!real) {
    /* The versions under which glibc has it: since 2.34, before on x86-64, before on aarch64. */
    static const char *const versions[] = {"GLIBC_2.34", "GLIBC_2.2.5", "GLIBC_2.17"};
    for (unsigned i = 0; i < 3 && !real; ++i)
      *(void **)&real = dlvsym(RTLD_NEXT, "dlsym", versions[i]);
    if (!real)
      _exit(126);
  }
  return real;
}

/* For all other names this must stay a tail call: RTLD_NEXT means "after the image that called". */
TL_HOOK_EXPORT void *dlsym(void *handle, const char *name) {
  if (__builtin_expect(name[0] != 'c' || name[1] != 'u', 1))
    return tl_hook_real_dlsym()(handle, name);
  void *real = tl_hook_real_dlsym()(handle, name);
  if (!real)
    return real;
  if (!strcmp(name, "cuGetProcAddress_v2"))
    return stand_in("cuGetProcAddress", real, 12000, 0);
  if (!strcmp(name, "cuGetProcAddress"))
    return stand_in("cuGetProcAddress", real, 11030, 0);
  const size_t length = strlen(name);
  if (length > 5 && !strcmp(name + length - 5, "_ptsz")) {
    char plain[64];
    if (length - 5 >= sizeof plain)
      return real;
    memcpy(plain, name, length - 5);
    plain[length - 5] = 0;
    return stand_in(plain, real, 0, 1);
  }
  return stand_in(name, real, 0, 0);
}
