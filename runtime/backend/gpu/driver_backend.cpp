// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/gpu/driver_backend.h"

#include "runtime/backend/gpu/bench.h"
#include "runtime/backend/gpu/open_device.h"
#include "runtime/support/log.h"
#include "runtime/support/made_once.h"

#include <fmt/format.h>

#include <memory>

namespace tl::rt::gpu {
namespace {

class driver_backend final : public backend {
public:
  explicit driver_backend(const driver &api) : api_(api) {}

  std::vector<std::pair<std::string, std::string>> identity(std::int32_t device) override {
    return api_.identity(device);
  }
  std::string unit(std::int32_t device) override { return api_.unit(device); }
  std::vector<std::int32_t> idle_peers(std::int32_t device) override;
  bool one_model() override;
  std::unique_ptr<trial_bench> open(const tuning_task &task, std::string &error) override {
    return open_bench(task, error);
  }
  void measure_reach(std::int32_t device, std::span<const std::uintptr_t> addresses,
                     std::span<std::uint64_t> bytes) override {
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      if (addresses[i] == 0)
        continue;
      const memory_info found = api_.inspect(device, reinterpret_cast<const void *>(addresses[i]));
      if (found.base <= addresses[i] && addresses[i] < found.base + found.bytes)
        bytes[i] = found.base + found.bytes - addresses[i];
    }
  }
  std::uint64_t cache_bytes(std::int32_t device) override {
    return api_.limits(device).cache_bytes;
  }
  bool cold_by_default() const override { return true; }

private:
  std::string find_obstacle(int helper, int device) const;

  const driver &api_;
};

} // namespace

std::vector<std::int32_t> driver_backend::idle_peers(std::int32_t device) {
  std::vector<std::int32_t> peers;
  const int count = api_.device_count();
  for (int other = 0; other < count; ++other) {
    if (other == device || api_.identity(other) != api_.identity(device))
      continue;
    const std::string obstacle = find_obstacle(other, device);
    if (obstacle.empty())
      peers.push_back(other);
    else
      log_info(fmt::format("{} does not help with first runs: {}", api_.unit(other), obstacle));
  }
  return peers;
}

bool driver_backend::one_model() {
  for (int other = 1; other < api_.device_count(); ++other)
    if (api_.identity(other) != api_.identity(0))
      return false;
  return true;
}

/// Why a device cannot help another one, "" when it can as far as is known. A session of ours on it
/// has its lock; this is about everybody else.
std::string driver_backend::find_obstacle(int helper, int device) const {
  // A worker there opens the buffers where they are.
  if (!api_.reaches(helper, device))
    return fmt::format("it cannot access the memory of {}", api_.unit(device));
  const int busy = api_.busy_percent(helper);
  return busy > 0 ? fmt::format("it was busy {} % of the last moments", busy) : "";
}

backend *find_driver_backend(std::uint32_t which, std::string &error) {
  const driver *api = find_driver(which, error);
  if (!api)
    return nullptr;
  // One driver each.
  static constinit made_once<driver_backend> known[TL_BACKEND_HIP + 1];
  return &known[which].get([&] { return std::make_unique<driver_backend>(*api); });
}

} // namespace tl::rt::gpu
