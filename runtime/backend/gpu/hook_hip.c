/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * HIP programs call libamdhip64 directly: what is preloaded comes first and stands in for it. */

#define _GNU_SOURCE
#include "hook_internal.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hip_dim3 {
  uint32_t x, y, z;
} hip_dim3;

enum { hip_error_not_initialized = 3 };

/* The runtime's own function. A HIP runtime that came with a library which was opened for itself is
 * not among the images that RTLD_NEXT looks at. */
static void *real(const char *name) {
  void *found = tl_hook_real_dlsym()(RTLD_NEXT, name);
  static const char *const libraries[] = {"libamdhip64.so.7", "libamdhip64.so.6",
                                          "libamdhip64.so.5", "libamdhip64.so"};
  for (unsigned i = 0; i < sizeof libraries / sizeof *libraries && !found; ++i) {
    void *library = dlopen(libraries[i], RTLD_NOW | RTLD_NOLOAD);
    if (library)
      found = tl_hook_real_dlsym()(library, name);
  }
  return found;
}

/* Defines `call` as the real function of this type, or returns. */
#define REAL(name, ...)                                                                            \
  static int (*call)(__VA_ARGS__);                                                                 \
  if (!call)                                                                                       \
    *(void **)&call = real(name);                                                                  \
  if (!call)                                                                                       \
  return hip_error_not_initialized

static int announce_symbol(const void *symbol, hip_dim3 grid, hip_dim3 block, size_t shared,
                           unsigned cooperative, void *stream) {
  const unsigned g[3] = {grid.x, grid.y, grid.z}, b[3] = {block.x, block.y, block.z};
  return tl_hook_announce((void *)symbol, 1, g, b, 0, (unsigned)shared, cooperative, stream);
}

/* Each exists twice: for the legacy and for the per-thread default stream. */
#define WRAP_LAUNCHES(suffix)                                                                      \
  TL_HOOK_EXPORT int hipLaunchKernel##suffix(const void *f, hip_dim3 grid, hip_dim3 block,         \
                                             void **arguments, size_t shared, void *stream) {      \
    REAL("hipLaunchKernel" #suffix, const void *, hip_dim3, hip_dim3, void **, size_t, void *);    \
    const int error = announce_symbol(f, grid, block, shared, 0, stream);                          \
    return error ? error : call(f, grid, block, arguments, shared, stream);                        \
  }                                                                                                \
  TL_HOOK_EXPORT int hipLaunchCooperativeKernel##suffix(const void *f, hip_dim3 grid,              \
                                                        hip_dim3 block, void **arguments,          \
                                                        unsigned shared, void *stream) {           \
    REAL("hipLaunchCooperativeKernel" #suffix, const void *, hip_dim3, hip_dim3, void **,          \
         unsigned, void *);                                                                        \
    const int error = announce_symbol(f, grid, block, shared, 1, stream);                          \
    return error ? error : call(f, grid, block, arguments, shared, stream);                        \
  }

WRAP_LAUNCHES()
WRAP_LAUNCHES(_spt)

TL_HOOK_EXPORT int hipExtLaunchKernel(const void *f, hip_dim3 grid, hip_dim3 block,
                                      void **arguments, size_t shared, void *stream, void *start,
                                      void *stop, int flags) {
  REAL("hipExtLaunchKernel", const void *, hip_dim3, hip_dim3, void **, size_t, void *, void *,
       void *, int);
  const int error = announce_symbol(f, grid, block, shared, 0, stream);
  return error ? error : call(f, grid, block, arguments, shared, stream, start, stop, flags);
}

/* hipLaunchConfig_t, of newer versions. */
typedef struct hip_launch_config {
  hip_dim3 grid, block;
  size_t shared;
  void *stream, *attributes;
  unsigned attribute_count;
} hip_launch_config;

TL_HOOK_EXPORT int hipLaunchKernelExC(const hip_launch_config *config, const void *f,
                                      void **arguments) {
  REAL("hipLaunchKernelExC", const hip_launch_config *, const void *, void **);
  const int error =
      config ? announce_symbol(f, config->grid, config->block, config->shared, 0, config->stream)
             : 0;
  return error ? error : call(config, f, arguments);
}

TL_HOOK_EXPORT int hipModuleLaunchKernel(void *f, unsigned gx, unsigned gy, unsigned gz,
                                         unsigned bx, unsigned by, unsigned bz, unsigned shared,
                                         void *stream, void **arguments, void **extra) {
  REAL("hipModuleLaunchKernel", void *, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
       unsigned, void *, void **, void **);
  const unsigned grid[3] = {gx, gy, gz}, block[3] = {bx, by, bz};
  const int error = tl_hook_announce(f, 0, grid, block, 0, shared, 0, stream);
  return error ? error : call(f, gx, gy, gz, bx, by, bz, shared, stream, arguments, extra);
}

TL_HOOK_EXPORT int hipFuncSetAttribute(const void *f, int attribute, int value) {
  REAL("hipFuncSetAttribute", const void *, int, int);
  const int error = call(f, attribute, value);
  if (error && attribute == tl_hook_max_dynamic_shared)
    tl_hook_refused((void *)f, 1, value, error);
  return error;
}
