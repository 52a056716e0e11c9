// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// gpu::device on any driver.

#ifndef TL_RUNTIME_BACKEND_GPU_DRIVER_DEVICE_H
#define TL_RUNTIME_BACKEND_GPU_DRIVER_DEVICE_H

#include "runtime/backend/gpu/device.h"
#include "runtime/backend/gpu/driver.h"

#include <cstdint>
#include <vector>

namespace tl::rt::gpu {

/// A device made current to the calling thread, as long as it lives.
class entered_device {
public:
  entered_device(const driver &api, int ordinal)
      : api_(api), ordinal_(ordinal), outcome_(api.enter(ordinal, before_)) {}
  ~entered_device() { api_.leave(ordinal_, before_); }
  entered_device(const entered_device &) = delete;
  entered_device &operator=(const entered_device &) = delete;
  const status &outcome() const { return outcome_; }

private:
  const driver &api_;
  int ordinal_;
  thread_state before_;
  status outcome_;
};

/// How much memory to write so that nothing older is left in a cache of this size [bytes].
std::uint64_t flush_bytes(std::uint64_t cache_bytes);

class driver_device final : public device {
public:
  driver_device(const driver &api, int ordinal);
  ~driver_device() override;

  /// Creates the stream. Kernels and the cache-flushing buffer come when they are first needed.
  status open();

  void use_default_stream() override { work_ = api_.default_stream(); }
  void *stream() override { return stream_; }
  memory_info inspect(const void *pointer) override;
  status allocate(std::uint64_t bytes, address &to) override;
  void release(address of) override;
  status export_memory(address base, ipc_handle &to) override;
  status import_memory(const ipc_handle &from, address &base) override;
  void close_memory(address base) override { api_.close_memory(base); }
  status copy(address to, address from, std::uint64_t bytes) override;
  status fill(address to, unsigned char byte, std::uint64_t bytes) override;
  status flush_cache() override;
  status synchronize() override;
  status wait_for_caller(void *stream) override;
  status compare(const compare_parameters &parameters, address result) override;
  status guard(address zone, std::uint64_t bytes, address result) override;
  status spin(std::uint64_t nanoseconds, address result) override;
  status supply(const supply_parameters &parameters) override;
  status stamp(std::size_t index) override;
  status elapsed(std::size_t from, std::size_t to, double &nanoseconds) override;
  status begin_kernel_times() override { return api_.begin_kernel_times(); }
  status end_kernel_times(double &nanoseconds) override;
  status begin_capture() override;
  status end_capture(std::size_t index) override;
  status replay(std::size_t index) override;
  void drop_captures() override;
  bool watch_launches() override;
  launch_report launches_seen() override;
  bool lost() const override { return lost_; }
  double nominal_ghz() const override { return limits_.nominal_ghz; }

private:
  status load_kernels();
  status run(void *kernel, std::uint64_t items, void **arguments);
  status note(status outcome);

  const driver &api_;
  int ordinal_;
  entered_device entered_;
  device_limits limits_;
  void *stream_ = nullptr;
  void *work_ = nullptr; ///< stream_, or the default stream
  void *kernels_ = nullptr;
  void *compare_ = nullptr, *guard_ = nullptr, *spin_ = nullptr, *supply_ = nullptr;
  std::vector<void *> stamps_;
  std::vector<void *> captures_;
  address flush_ = 0;
  std::uint64_t flush_bytes_ = 0;
  bool lost_ = false;
};

} // namespace tl::rt::gpu

#endif
