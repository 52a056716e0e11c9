// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory of a device that is released with its owner.

#ifndef TL_RUNTIME_BACKEND_GPU_DEVICE_MEMORY_H
#define TL_RUNTIME_BACKEND_GPU_DEVICE_MEMORY_H

#include "runtime/backend/gpu/device.h"

#include <cstdint>
#include <utility>

namespace tl::rt::gpu {

/// One allocation, or none. The device must outlive it. A device that is lost takes its memory
/// along when the process ends: it is not asked to release any. Not thread-safe.
class device_memory {
public:
  device_memory() = default;
  device_memory(device_memory &&other) noexcept
      : device_(std::exchange(other.device_, nullptr)), at_(std::exchange(other.at_, 0)) {}
  device_memory &operator=(device_memory &&other) noexcept {
    std::swap(device_, other.device_);
    std::swap(at_, other.at_);
    return *this;
  }
  ~device_memory() {
    if (at_ && !device_->lost())
      device_->release(at_);
  }

  /// In an owner of nothing. Where it fails it stays one.
  status allocate(device &on, std::uint64_t bytes) {
    device_ = &on;
    return on.allocate(bytes, at_);
  }

  /// 0: none.
  operator address() const { return at_; }

private:
  device *device_ = nullptr;
  address at_ = 0;
};

} // namespace tl::rt::gpu

#endif
