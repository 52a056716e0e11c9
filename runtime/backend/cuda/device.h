// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// gpu::device on the CUDA driver.

#ifndef TL_RUNTIME_BACKEND_CUDA_DEVICE_H
#define TL_RUNTIME_BACKEND_CUDA_DEVICE_H

#include "runtime/backend/cuda/driver.h"
#include "runtime/backend/gpu/device.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tl::rt::cuda {

/// Makes a device's primary context (the one that the CUDA runtime uses) current to the calling
/// thread, and lets it allocate while other streams are being captured, as long as it lives.
class entered_context {
public:
  entered_context(const driver &api, ordinal device);
  ~entered_context();
  entered_context(const entered_context &) = delete;
  entered_context &operator=(const entered_context &) = delete;
  const status &outcome() const { return outcome_; }

private:
  const driver &api_;
  ordinal device_;
  bool retained_ = false, pushed_ = false;
  unsigned capture_mode_ = capture_relaxed;
  status outcome_;
};

class cuda_device final : public gpu::device {
public:
  cuda_device(const driver &api, ordinal device);
  ~cuda_device() override;

  /// Creates the stream and the cache-flushing buffer, and loads the kernels.
  status open();

  void use_default_stream() override { work_ = legacy_stream; }
  void *stream() override { return stream_; }
  gpu::memory_info inspect(const void *pointer) override;
  status allocate(std::uint64_t bytes, gpu::address &to) override;
  void release(gpu::address of) override;
  status export_memory(gpu::address base, gpu::ipc_handle &to) override;
  status import_memory(const gpu::ipc_handle &from, gpu::address &base) override;
  void close_memory(gpu::address base) override;
  status copy(gpu::address to, gpu::address from, std::uint64_t bytes) override;
  status fill(gpu::address to, unsigned char byte, std::uint64_t bytes) override;
  status flush_cache() override;
  status synchronize() override;
  status wait_for_caller(void *stream) override;
  status compare(const gpu::compare_parameters &parameters, gpu::address result) override;
  status guard(gpu::address zone, std::uint64_t bytes, gpu::address result) override;
  status spin(std::uint64_t nanoseconds, gpu::address result) override;
  status supply(const supply_parameters &parameters) override;
  status stamp(std::size_t index) override;
  status elapsed(std::size_t from, std::size_t to, double &nanoseconds) override;
  status begin_kernel_times() override;
  status end_kernel_times(double &nanoseconds) override;
  status begin_capture() override;
  status end_capture(std::size_t index) override;
  status replay(std::size_t index) override;
  void drop_captures() override;
  bool watch_launches() override;
  gpu::launch_report launches_seen() override;
  bool lost() const override { return lost_; }
  double nominal_ghz() const override { return nominal_ghz_; }

private:
  status load_kernels();
  status run(function_t *kernel, unsigned blocks, unsigned threads, void **arguments);
  status note(status outcome, result answer);

  const driver &api_;
  ordinal device_;
  entered_context context_;
  stream_t *stream_ = nullptr;
  stream_t *work_ = nullptr; ///< stream_, or the legacy default stream
  module_t *kernels_ = nullptr;
  function_t *compare_ = nullptr, *guard_ = nullptr, *spin_ = nullptr, *supply_ = nullptr;
  std::vector<event_t *> stamps_;
  std::vector<graph_exec_t *> captures_;
  device_pointer flush_ = 0;
  std::uint64_t flush_bytes_ = 0;
  unsigned multiprocessors_ = 1;
  double nominal_ghz_ = 0;
  bool lost_ = false;
};

} // namespace tl::rt::cuda

#endif
