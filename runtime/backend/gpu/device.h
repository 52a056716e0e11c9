// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What trials on a GPU need of it. Nothing above knows which driver it is.

#ifndef TL_RUNTIME_BACKEND_GPU_DEVICE_H
#define TL_RUNTIME_BACKEND_GPU_DEVICE_H

#include "runtime/backend/gpu/kernels.h"
#include "runtime/domain/element_value.h"
#include "runtime/support/status.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace tl::rt::gpu {

/// An address in the space that host and devices share.
using address = std::uint64_t;

inline address address_of(const void *pointer) { return reinterpret_cast<address>(pointer); }

/// Where a pointer leads.
enum class place : std::uint8_t {
  exportable, ///< a plain device allocation: another process can open it
  staged,     ///< on the device or managed, but refused to other processes
  host,       ///< host memory that the driver knows
  unknown,    ///< ordinary host memory, or no address at all
};

struct memory_info {
  gpu::place place = gpu::place::unknown;
  address base = 0;        ///< of the allocation
  std::uint64_t bytes = 0; ///< of the allocation [bytes]
};

/// What another process needs to open an allocation of this one.
struct ipc_handle {
  std::byte bytes[64];
};

/// What was seen of the kernel launches of one call.
struct launch_report {
  std::string resources;  ///< JSON object; "" when nothing could be seen
  std::string infeasible; ///< why a launch was held back, with the numbers; "" when none was
};

/// One device as one thread uses it. All work goes to one stream, in order, and is asynchronous
/// unless it says otherwise. Not thread-safe.
class device {
public:
  virtual ~device() = default;

  /// Sends work, and with it the timed launches, to the legacy default stream: for factories that
  /// launch without naming a stream.
  virtual void use_default_stream() = 0;
  /// The stream to give to a factory in place of the caller's.
  virtual void *stream() = 0;

  virtual memory_info inspect(const void *pointer) = 0;
  virtual status allocate(std::uint64_t bytes, address &to) = 0;
  virtual void release(address of) = 0;
  virtual status export_memory(address base, ipc_handle &to) = 0;
  virtual status import_memory(const ipc_handle &from, address &base) = 0;
  virtual void close_memory(address base) = 0;

  virtual status copy(address to, address from, std::uint64_t bytes) = 0;
  virtual status fill(address to, unsigned char byte, std::uint64_t bytes) = 0;
  /// Displaces what the last-level cache holds.
  virtual status flush_cache() = 0;
  /// Waits for the stream.
  virtual status synchronize() = 0;
  /// Waits until work that the caller sent to `stream` (null: to any) is done.
  virtual status wait_for_caller(void *stream) = 0;

  /// The kernels of kernels.cu. `result` is in device memory.
  virtual status compare(const compare_parameters &parameters, address result) = 0;
  virtual status guard(address zone, std::uint64_t bytes, address result) = 0;
  virtual status spin(std::uint64_t nanoseconds, address result) = 0;
  virtual status supply(const supply_parameters &parameters) = 0;

  /// Puts time stamp number `index` into the stream.
  virtual status stamp(std::size_t index) = 0;
  /// Time between two stamps that were passed [ns].
  virtual status elapsed(std::size_t from, std::size_t to, double &nanoseconds) = 0;

  /// Between the two, the vendor's profiler records kernels; the end waits for them and sums up how
  /// long they ran on the device [ns].
  virtual status begin_kernel_times() = 0;
  virtual status end_kernel_times(double &nanoseconds) = 0;

  /// Records what is sent to stream() from now on instead of running it.
  virtual status begin_capture() = 0;
  /// Ends that, and keeps the recording in slot `index`.
  virtual status end_capture(std::size_t index) = 0;
  virtual status replay(std::size_t index) = 0;
  virtual void drop_captures() = 0;

  /// Between the two, launches are looked at before they are made. False: this process cannot.
  virtual bool watch_launches() = 0;
  virtual launch_report launches_seen() = 0;

  /// Whether an error was seen after which this process can do nothing more on the device.
  virtual bool lost() const = 0;
  /// Nominal clock [GHz], 0: not known.
  virtual double nominal_ghz() const = 0;
};

} // namespace tl::rt::gpu

#endif
