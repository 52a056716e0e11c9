// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/gpu/open_device.h"
#include "runtime/domain/element_value.h"
#include "runtime/supply/trial_inputs.h"

namespace tl::rt {
namespace {

/// Opens the device for each use: an open one makes its context the thread's current one.
class device_memory final : public input_memory {
public:
  device_memory(std::uint32_t backend, std::int32_t device, gpu::address at)
      : backend_(backend), device_(device), at_(at) {}
  ~device_memory() override {
    std::string error;
    if (const auto device = gpu::open_device(backend_, device_, error))
      device->release(at_);
  }
  device_memory(const device_memory &) = delete;
  device_memory &operator=(const device_memory &) = delete;
  void *data() override { return reinterpret_cast<void *>(at_); }

private:
  std::uint32_t backend_;
  std::int32_t device_;
  gpu::address at_;
};

} // namespace

std::unique_ptr<input_memory> make_device_input_memory(std::uint32_t backend, std::int32_t ordinal,
                                                       std::uint64_t bytes,
                                                       const supply_parameters &parameters,
                                                       std::string &error) {
  const auto device = gpu::open_device(backend, ordinal, error);
  if (!device)
    return nullptr;
  gpu::address at = 0;
  status done = device->allocate(bytes, at);
  if (!done) {
    error = done.text();
    return nullptr;
  }
  auto memory = std::make_unique<device_memory>(backend, ordinal, at);
  done = device->fill(at, 0, bytes);
  if (done && parameters.kind != TL_SUPPLY_NONE) {
    supply_parameters where = parameters;
    where.data = at;
    done = device->supply(where);
  }
  if (done)
    done = device->synchronize();
  if (!done) {
    error = done.text();
    return nullptr;
  }
  return memory;
}

} // namespace tl::rt
