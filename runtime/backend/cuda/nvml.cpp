// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cuda/nvml.h"

#include <dlfcn.h>

namespace tl::rt::cuda {

// As nvml.h declares them; all return 0 for success.
using nvml_init = int();
using nvml_shutdown = int();
using nvml_driver_version = int(char *, unsigned);
using nvml_by_bus_id = int(const char *, void **);
using nvml_power_limit = int(void *, unsigned *);
struct nvml_utilization {
  unsigned gpu, memory; // [%]
};
using nvml_utilization_rates = int(void *, nvml_utilization *);

template <class Function> static Function *find(void *library, const char *name) {
  return reinterpret_cast<Function *>(dlsym(library, name));
}

managed_properties read_managed_properties(const char *pci_bus_id) {
  managed_properties found;
  void *library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return found;
  auto *init = find<nvml_init>(library, "nvmlInit_v2");
  auto *shutdown = find<nvml_shutdown>(library, "nvmlShutdown");
  auto *version = find<nvml_driver_version>(library, "nvmlSystemGetDriverVersion");
  auto *by_bus_id = find<nvml_by_bus_id>(library, "nvmlDeviceGetHandleByPciBusId_v2");
  auto *power = find<nvml_power_limit>(library, "nvmlDeviceGetEnforcedPowerLimit");
  auto *rates = find<nvml_utilization_rates>(library, "nvmlDeviceGetUtilizationRates");
  if (init && shutdown && init() == 0) {
    char text[96] = {};
    if (version && version(text, sizeof text - 1) == 0)
      found.driver = text;
    void *device = nullptr;
    unsigned limit = 0;
    nvml_utilization busy{};
    if (by_bus_id && by_bus_id(pci_bus_id, &device) == 0) {
      if (power && power(device, &limit) == 0)
        found.power_limit_mw = limit;
      if (rates && rates(device, &busy) == 0)
        found.busy_percent = static_cast<int>(busy.gpu);
    }
    shutdown();
  }
  dlclose(library);
  return found;
}

} // namespace tl::rt::cuda
