// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the drivers of all vendors can do, under one set of names: CUDA's and HIP's calls are the
// same ones, but for their names, the order of arguments and what the numbers mean. What is built
// on top, gpu::device and the watching of launches, stands once.

#ifndef TL_RUNTIME_BACKEND_GPU_DRIVER_H
#define TL_RUNTIME_BACKEND_GPU_DRIVER_H

#include "runtime/backend/gpu/device.h"
#include "runtime/support/status.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tl::rt::gpu {

/// Numbers of a device. Zero: not known.
struct device_limits {
  double nominal_ghz = 0;
  unsigned multiprocessors = 0; ///< SMs, compute units
  unsigned wavefront = 0;       ///< threads that run in step: a warp, a wavefront
  unsigned max_threads_per_block = 0;
  unsigned max_threads_per_multiprocessor = 0;
  std::uint64_t max_shared_per_block = 0; ///< static and dynamic, as far as one can opt in [bytes]
  /// All of the cache that a buffer may stay in between two launches [bytes].
  std::uint64_t cache_bytes = 0;
  std::uint64_t tick_ps = 0; ///< of the steady clock that kernels can read [ps]
};

/// A kernel as a launch names it.
struct kernel_handle {
  void *function = nullptr;
  bool is_symbol = false; ///< the host's address of a `__global__` function, not a driver's object
};

/// What a kernel takes of the device, and how many of its blocks fit.
struct kernel_facts {
  std::string name; ///< mangled, "" where the driver does not tell
  int registers = 0;
  int local = 0;         ///< [bytes] of one thread, spills among them
  int static_shared = 0; ///< [bytes]
  int max_threads = 0;   ///< of a block
  int blocks_per_multiprocessor = 0;
};

/// What a device's counters say since some fixed moment; see measure::device_load.
struct load_counters {
  bool known = false;
  double energy_j = 0;      ///< [J]; 0: not known
  double limited_s = 0;     ///< in which power or heat held the clock down [s]
  double power_limit_w = 0; ///< [W]; 0: not known
  unsigned processes = 0;   ///< that have the device open; 0: not known
};

/// What a thread had before driver::enter.
struct thread_state {
  void *context = nullptr;
  int device = -1;
  unsigned capture_mode = 0;
  bool retained = false, entered = false, relaxed = false;
};

/// One driver, opened and initialised, with at least one device. Thread-safe; what is asynchronous
/// on a stream is so here. Streams, events, modules, functions and recordings are the driver's own
/// objects. A status that is not ok names the call and the driver's error; its code is `lost` where
/// the process can do nothing more on the device, `full` where there was no memory.
class driver {
public:
  virtual ~driver() = default;

  /// See backend::identity and backend::unit.
  virtual std::vector<std::pair<std::string, std::string>> identity(int ordinal) const = 0;
  virtual std::string unit(int ordinal) const = 0;
  virtual device_limits limits(int ordinal) const = 0;
  virtual int device_count() const = 0;
  /// Whether work on one device can read memory of another one.
  virtual bool reaches(int ordinal, int other) const = 0;
  /// Share of the last moments (up to a second) in which a kernel of some process was running; -1:
  /// cannot be found out [%].
  virtual int busy_percent(int ordinal) const = 0;

  /// Makes a device the calling thread's current one, in the context that the vendor's runtime
  /// uses, and lets the thread allocate while other streams are being captured. leave() undoes as
  /// much of that as was done, also after a failure.
  virtual status enter(int ordinal, thread_state &before) const = 0;
  virtual void leave(int ordinal, const thread_state &before) const = 0;

  /// `exportable` still has to prove itself: it says no more than "plain memory of this device".
  virtual memory_info inspect(int ordinal, const void *pointer) const = 0;
  virtual status allocate(std::uint64_t bytes, address &to) const = 0;
  virtual void release(address of) const = 0;
  virtual status export_memory(address base, ipc_handle &to) const = 0;
  virtual status import_memory(const ipc_handle &from, address &base) const = 0;
  virtual void close_memory(address base) const = 0;
  virtual status copy(address to, address from, std::uint64_t bytes, void *stream) const = 0;
  virtual status fill(address to, unsigned char byte, std::uint64_t bytes, void *stream) const = 0;

  /// A stream that waits for the default one, and that the default one waits for.
  virtual status create_stream(void *&to) const = 0;
  virtual void destroy_stream(void *stream) const = 0;
  virtual void *default_stream() const = 0;
  virtual status synchronize(void *stream) const = 0;
  /// Waits for all streams of the current device.
  virtual status synchronize_all() const = 0;

  virtual status create_event(void *&to) const = 0;
  virtual void destroy_event(void *event) const = 0;
  virtual status record(void *event, void *stream) const = 0;
  virtual status elapsed(void *from, void *to, float &milliseconds) const = 0;

  virtual status begin_capture(void *stream) const = 0;
  /// Ends that, and makes something that can be launched.
  virtual status end_capture(void *stream, void *&recording) const = 0;
  virtual status launch_recording(void *recording, void *stream) const = 0;
  virtual void destroy_recording(void *recording) const = 0;

  /// The runtime's own kernels in this driver's form; empty when they were not built.
  virtual std::span<const unsigned char> kernels() const = 0;
  virtual status load_module(const void *image, void *&to) const = 0;
  virtual void unload_module(void *module) const = 0;
  virtual status find_function(void *module, const char *name, void *&to) const = 0;
  virtual status launch(void *function, unsigned blocks, unsigned threads, void *stream,
                        void **arguments) const = 0;

  /// Kernel times as the vendor's profiler has them; see device::begin_kernel_times.
  virtual status begin_kernel_times() const = 0;
  virtual status end_kernel_times(double &nanoseconds) const = 0;

  /// False: the driver does not know this kernel.
  virtual bool look_at(const kernel_handle &kernel, unsigned threads, unsigned dynamic_shared,
                       kernel_facts &to) const = 0;
  /// What the device's counters say; nothing where the vendor's library does not tell.
  virtual load_counters counters(int) const { return {}; }
  /// What a launch that is held back returns.
  virtual int refusal() const = 0;
};

} // namespace tl::rt::gpu

#endif
