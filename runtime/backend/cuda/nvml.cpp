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

namespace {

/// As nvml.h declares it [us], [ns].
struct nvml_violation {
  unsigned long long reference_us, violation_ns;
};
using nvml_energy = int(void *, unsigned long long *);
using nvml_violation_status = int(void *, int policy, nvml_violation *);
using nvml_processes = int(void *, unsigned *count, void *infos);
constexpr int policy_power = 0, policy_thermal = 1;
/// What nvmlDeviceGetComputeRunningProcesses returns where there are more than it was given room.
constexpr int insufficient_size = 7;

/// The library, once, for as long as the process lives.
struct management {
  void *library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
  nvml_by_bus_id *by_bus_id = nullptr;
  nvml_energy *energy = nullptr;
  nvml_violation_status *violation = nullptr;
  nvml_power_limit *power_limit = nullptr;
  nvml_processes *processes = nullptr;

  management() {
    auto *init = library ? find<nvml_init>(library, "nvmlInit_v2") : nullptr;
    if (!init || init() != 0)
      return;
    by_bus_id = find<nvml_by_bus_id>(library, "nvmlDeviceGetHandleByPciBusId_v2");
    energy = find<nvml_energy>(library, "nvmlDeviceGetTotalEnergyConsumption");
    violation = find<nvml_violation_status>(library, "nvmlDeviceGetViolationStatus");
    power_limit = find<nvml_power_limit>(library, "nvmlDeviceGetEnforcedPowerLimit");
    processes = find<nvml_processes>(library, "nvmlDeviceGetComputeRunningProcesses_v3");
  }
};

} // namespace

gpu::load_counters read_load(const char *pci_bus_id) {
  static const management nvml;
  gpu::load_counters found;
  void *device = nullptr;
  if (!nvml.by_bus_id || nvml.by_bus_id(pci_bus_id, &device) != 0)
    return found;
  unsigned long long mj = 0;
  if (nvml.energy && nvml.energy(device, &mj) == 0)
    found.energy_j = 1e-3 * static_cast<double>(mj);
  for (const int policy : {policy_power, policy_thermal})
    if (nvml_violation held{}; nvml.violation && nvml.violation(device, policy, &held) == 0)
      found.limited_s += 1e-9 * static_cast<double>(held.violation_ns);
  if (unsigned mw = 0; nvml.power_limit && nvml.power_limit(device, &mw) == 0)
    found.power_limit_w = 1e-3 * mw;
  unsigned count = 0;
  if (nvml.processes)
    if (const int said = nvml.processes(device, &count, nullptr);
        said == 0 || said == insufficient_size)
      found.processes = count;
  found.known = true;
  return found;
}

} // namespace tl::rt::cuda
