/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * What the preloaded hook library and the runtime in a re-executed worker say to each other. Plain
 * C: the library must not need anything but libc.
 *
 * A worker is the program's own image, started again with the hook preloaded. The hook stands in
 * for `__libc_start_main`, so that all global constructors run (every factory is registered, every
 * fat binary is loaded) but the program's `main` never does. It also stands in for `dlsym`, which
 * is how a CUDA runtime, static or shared, reaches the driver, and for the launching calls of HIP's
 * runtime: that lets the worker see each kernel launch before it happens. */

#ifndef TL_RUNTIME_BACKEND_GPU_HOOK_H
#define TL_RUNTIME_BACKEND_GPU_HOOK_H

#ifdef __cplusplus
extern "C" {
#endif

/* Environment of a worker. All of it is gone before the program's constructors run. */
#define TL_WORKER_CHANNEL "TL_WORKER_CHANNEL" /* descriptor of the socket to the parent */
#define TL_WORKER_HOOK "TL_WORKER_HOOK"       /* descriptor that the hook library was loaded from */
#define TL_WORKER_IMAGE                                                                            \
  "TL_WORKER_IMAGE" /* shared library that holds the factory, may be missing */
#define TL_WORKER_PRELOAD                                                                          \
  "TL_WORKER_PRELOAD" /* LD_PRELOAD as the program has it, may be missing                          \
                       */

/* One kernel launch that is about to be made. */
typedef struct tl_hook_launch {
  void *function;     /* CUfunction, CUkernel, hipFunction_t */
  unsigned is_symbol; /* it is the host's address of a __global__ function instead */
  unsigned grid[3];
  unsigned block[3];
  unsigned cluster[3];     /* 0: not set */
  unsigned dynamic_shared; /* [bytes] */
  unsigned cooperative;
  void *stream;
} tl_hook_launch;

/* A limit on dynamic shared memory that the program asked for and that the driver refused. */
typedef struct tl_hook_attribute {
  void *function;
  unsigned is_symbol;
  int value; /* [bytes] */
  int error; /* the driver's answer */
} tl_hook_attribute;

typedef struct tl_worker_hook_table {
  unsigned size; /* of this struct, for the runtime to check [bytes] */
  int channel;
  const char *image; /* "" for none */
  /* Set by the runtime while its image is loaded; called in place of `main`. */
  int (*worker)(int channel, const char *image);
  /* Set by the runtime while it wants to know. Non-zero: nothing is launched, and that error is
   * what the launching code sees. */
  int (*before_launch)(const tl_hook_launch *launch);
  void (*attribute_refused)(const tl_hook_attribute *attribute);
} tl_worker_hook_table;

/* Looked up by name: `tl_worker_hook`. */
extern tl_worker_hook_table tl_worker_hook;

/* Not 0 in a worker. Looked up by name too, by what knows nothing of the above. */
extern int tl_is_worker_process;

#ifdef __cplusplus
}
#endif

#endif
