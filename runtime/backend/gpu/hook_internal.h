/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * What the parts of the hook library have in common. */

#ifndef TL_RUNTIME_BACKEND_GPU_HOOK_INTERNAL_H
#define TL_RUNTIME_BACKEND_GPU_HOOK_INTERNAL_H

#include "hook.h"

#define TL_HOOK_EXPORT __attribute__((visibility("default")))

/* Attribute of a kernel: the limit on its dynamic shared memory. CUDA and HIP number it alike. */
enum { tl_hook_max_dynamic_shared = 8 };

/* The C library's, past our own. */
typedef void *tl_hook_dlsym(void *, const char *);
tl_hook_dlsym *tl_hook_real_dlsym(void);

/* Tells the runtime of a launch. Non-zero: it is not to be made. */
int tl_hook_announce(void *function, unsigned is_symbol, const unsigned *grid,
                     const unsigned *block, const unsigned *cluster, unsigned shared,
                     unsigned cooperative, void *stream);

/* Tells it of a limit that was refused. */
void tl_hook_refused(void *function, unsigned is_symbol, int value, int error);

#endif
