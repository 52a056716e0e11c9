// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/gpu/driver_backend.h"

#include "runtime/backend/gpu/bench.h"
#include "runtime/backend/gpu/driver.h"
#include "runtime/support/mutex.h"

#include <map>
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
  std::vector<std::int32_t> idle_peers(std::int32_t device) override {
    return api_.idle_peers(device);
  }
  std::unique_ptr<trial_bench> open(const tuning_task &task, std::string &error) override {
    return open_bench(task, error);
  }
  bool cold_by_default() const override { return true; }

private:
  const driver &api_;
};

} // namespace

backend *find_driver_backend(std::uint32_t which, std::string &error) {
  const driver *api = find_driver(which, error);
  if (!api)
    return nullptr;
  // Never destroyed, like the driver.
  static auto *const guard = new mutex;
  static auto *const known = new std::map<const driver *, std::unique_ptr<driver_backend>>;
  const mutex_lock lock(*guard);
  std::unique_ptr<driver_backend> &slot = (*known)[api];
  if (!slot)
    slot = std::make_unique<driver_backend>(*api);
  return slot.get();
}

} // namespace tl::rt::gpu
