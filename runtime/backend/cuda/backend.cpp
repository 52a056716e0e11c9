// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cuda/backend.h"

#include "runtime/backend/cuda/device.h"
#include "runtime/backend/cuda/driver.h"
#include "runtime/backend/cuda/nvml.h"
#include "runtime/backend/gpu/bench.h"

#include <fmt/format.h>

namespace tl::rt::cuda {
namespace {

class cuda_backend final : public backend {
public:
  explicit cuda_backend(const driver &api) : api_(api) {}

  std::vector<std::pair<std::string, std::string>> identity(std::int32_t device) override;
  std::string unit(std::int32_t device) override;
  std::unique_ptr<trial_bench> open(const tuning_task &task, std::string &error) override {
    return gpu::open_bench(task, error);
  }
  bool cold_by_default() const override { return true; }

private:
  int attribute(ordinal device, device_attribute which) const {
    int value = 0;
    return api_.cuDeviceGetAttribute(&value, which, device) == success ? value : 0;
  }

  const driver &api_;
};

} // namespace

std::vector<std::pair<std::string, std::string>> cuda_backend::identity(std::int32_t device) {
  char name[128] = {}, bus[32] = {};
  std::size_t memory = 0;
  int driver_version = 0;
  api_.cuDeviceGetName(name, sizeof name - 1, device);
  api_.cuDeviceTotalMem_v2(&memory, device);
  api_.cuDriverGetVersion(&driver_version);
  api_.cuDeviceGetPCIBusId(bus, sizeof bus - 1, device);
  const managed_properties managed = read_managed_properties(bus);
  return {
      {"backend", "cuda"},
      {"model", name},
      {"cc", fmt::format("{}.{}", attribute(device, attribute_major),
                         attribute(device, attribute_minor))},
      {"multiprocessors", fmt::format("{}", attribute(device, attribute_multiprocessors))},
      // Rounded: what the driver keeps for itself changes between its versions.
      {"memory_gib", fmt::format("{}", (memory + (1u << 29)) >> 30)},
      {"power_w",
       managed.power_limit_mw ? fmt::format("{}", managed.power_limit_mw / 1000) : "unknown"},
      {"driver", managed.driver.empty() ? "unknown" : managed.driver},
      {"cuda", fmt::format("{}.{}", driver_version / 1000, driver_version % 1000 / 10)},
  };
}

std::string cuda_backend::unit(std::int32_t device) {
  uuid id{};
  if (api_.cuDeviceGetUuid(&id, device) != success)
    return fmt::format("cuda-{}", device);
  std::string text = "GPU-";
  for (std::size_t i = 0; i < sizeof id.bytes; ++i)
    text += fmt::format("{}{:02x}", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", id.bytes[i]);
  return text;
}

backend *find_cuda_backend(std::string &error) {
  const driver *api = load_driver(error);
  if (!api)
    return nullptr;
  static auto *const only = new cuda_backend(*api);
  return only;
}

std::unique_ptr<gpu::device> open_cuda_device(std::int32_t number, std::string &error) {
  const driver *api = load_driver(error);
  if (!api)
    return nullptr;
  ordinal device = 0;
  if (status found = TL_CUDA_CALL(*api, cuDeviceGet(&device, number)); !found) {
    error = found.text();
    return nullptr;
  }
  auto made = std::make_unique<cuda_device>(*api, device);
  if (status opened = made->open(); !opened) {
    error = opened.text();
    return nullptr;
  }
  return made;
}

} // namespace tl::rt::cuda
