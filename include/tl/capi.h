// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The runtime for other languages: finding the factories of a program or of a library that was
// loaded, calling them with arguments given by address, tuning, and what tuning found. Plain C.
//
// No function here lets an exception through. One that fails returns null or a value below 0, and
// tl_rt_last_error() says why, on the same thread.

#ifndef TL_CAPI_H
#define TL_CAPI_H

#include <tl/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Number of factories in all loaded images. Load a library first (dlopen), then ask. Thread-safe.
uint32_t tl_rt_factory_count(void);

/// Factory number `index`, in the order in which images were loaded; null past the end.
/// Thread-safe.
const tl_factory *tl_rt_factory_at(uint32_t index);

/// The factory with this id or, if there is just one, this name. Thread-safe.
const tl_factory *tl_rt_find_factory(const char *id_or_name);

/// The factory whose dispatcher has this address: what `&gemm<float>` is in a source that was
/// compiled with the plugin. Null without an error text when it is another function. Thread-safe.
const tl_factory *tl_rt_factory_of(const void *function);

/// One JSON object: id, name, location, fingerprint, backend, configs, default, lazy, and each
/// parameter's name, kind, element, access and size. Valid until this thread's next call of this
/// function.
const char *tl_rt_describe(const tl_factory *factory);

/// Index of the variant with this config text, UINT32_MAX: none was compiled. One whose kernels are
/// compiled where the program runs is compiled now for the thread's current device, which may take
/// seconds, unless that was done before; UINT32_MAX where it cannot be, and with TL_TUNE=off.
/// Thread-safe.
uint32_t tl_rt_variant(const tl_factory *factory, const char *config);

/// Config text of a variant; null past the end.
const char *tl_rt_config(const tl_factory *factory, uint32_t variant);

/// Finds the winner for these arguments: stored, or tuned now. Runs nothing on the caller's data.
/// `arguments` are the addresses of all arguments but streams (for a lazy factory its own, then the
/// launch's), `count` their number. A tl::in, out, inout or scratch is {T *, size_t elements}, a
/// tl::tensor {T *, size_t shape[rank], ptrdiff_t strides[rank]}. `stream` is a stream's handle,
/// null: the default one. `synthetic` not 0: buffers hold nothing, inputs are generated. Returns 0
/// and the variant, -1 on error. Thread-safe.
int32_t tl_rt_prepare(const tl_factory *factory, void *const *arguments, uint32_t count,
                      void *stream, uint32_t synthetic, uint32_t *variant);

/// The same, and then runs the winner on the arguments. `result` has room for what the factory
/// returns, when that is a number; null: it is dropped. Returns 0, -1 on error (an exception that
/// left the factory among them).
int32_t tl_rt_call(const tl_factory *factory, void *const *arguments, uint32_t count, void *stream,
                   void *result);

/// Runs one given variant in place of the winner. Its kernels are compiled as by tl_rt_variant().
int32_t tl_rt_call_variant(const tl_factory *factory, uint32_t variant, void *const *arguments,
                           uint32_t count, void *stream, void *result);

/// One variant tried on one problem. Times are in nanoseconds, 0: not measured.
typedef struct tl_trial {
  const char *config;
  const char *status;    ///< "measured", "wrong", "crashed", ...
  const char *reason;    ///< "" when measured
  const char *resources; ///< JSON object: registers, spills, shared memory, occupancy
  double median_ns;
  double mean_ns;
  double spread_ns; ///< 1.4826 times the median absolute deviation
  double clock;     ///< relative to the device's nominal clock, 0: not known
  const double *samples_ns;
  uint64_t sample_count;
} tl_trial;

/// What one tuning session found.
typedef struct tl_result {
  uint32_t struct_size;
  uint32_t trial_count;
  const char *factory; ///< id
  const char *name;    ///< for people
  const char *fingerprint;
  const char *problem;
  const char *device;
  const char *mode;      ///< "cold", "hot"
  const char *config;    ///< the winner, or the default where there is none
  const char *state;     ///< "finished", "budget", "abandoned"
  const char *failure;   ///< why there is no winner, "" where there is one
  const char *runner_up; ///< "" when there was none
  double median_ns;
  double default_median_ns;
  double reference_median_ns;
  double margin;     ///< runner-up's median divided by the winner's, minus 1
  double confidence; ///< that no other variant is more than 1 % better
  double seconds;    ///< wall time of the session
  double passes;     ///< timed work, in units of one run of each variant
  const tl_trial *trials;
} tl_result;

/// Tunes now, whatever is stored, and stores the winner. `factory` may be a copy of a registered
/// one with other options. Null on error; a session without a winner is no error. Free the result.
tl_result *tl_rt_tune(const tl_factory *factory, const tl_call *call);

void tl_rt_free_result(tl_result *result);

/// Writes a result as JSON (docs/reference describes it). Returns 0, -1 on error.
int32_t tl_rt_save_result(const tl_result *result, const char *path);

/// Reads it back; null on error. Free the result.
tl_result *tl_rt_load_result(const char *path);

/// An all-gather among the ranks of a job: gives `mine` to all, and calls `give` with the bytes of
/// each rank in the order of the ranks, this one's among them. Returns 0, or anything else where
/// not all of that was possible within `limit_s` [s].
typedef int32_t (*tl_all_gather)(void *state, const void *mine, uint64_t bytes, double limit_s,
                                 void (*give)(void *sink, const void *data, uint64_t bytes),
                                 void *sink);

/// Lets all ranks take the same winner from now on; null ends that. <tl/agreement.h> says what
/// follows from it. `state` is handed to `gather`, and has to live as long as the process.
void tl_rt_set_agreement(tl_all_gather gather, void *state, double limit_s);

#ifdef __cplusplus
}
#endif

#endif
