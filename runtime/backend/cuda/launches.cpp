// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cuda/launches.h"

#include "runtime/backend/gpu/hook.h"
#include "runtime/support/json_text.h"
#include "runtime/support/mutex.h"

#include <fmt/format.h>

#include <dlfcn.h>
#include <string>
#include <vector>

namespace tl::rt::cuda {
namespace {

/// One kernel with one launch configuration.
struct seen_kernel {
  tl_hook_launch launch;
  std::string name;
  int registers = 0, local = 0, static_shared = 0, max_threads = 0, blocks_per_multiprocessor = 0;
  unsigned times = 0;
};

struct watcher {
  mutex guard;
  const driver *api TL_GUARDED_BY(guard) = nullptr;
  ordinal device TL_GUARDED_BY(guard) = 0;
  std::vector<seen_kernel> kernels TL_GUARDED_BY(guard);
  std::string infeasible TL_GUARDED_BY(guard);
};

} // namespace

/// Never destroyed: a launch of another thread may be on its way while the process ends.
static watcher &the_watcher() {
  static auto *only = new watcher;
  return *only;
}

static tl_worker_hook_table *find_hook() {
  static auto *const table =
      static_cast<tl_worker_hook_table *>(dlsym(RTLD_DEFAULT, "tl_worker_hook"));
  return table && table->size == sizeof *table ? table : nullptr;
}

/// A launch names either a function or a kernel that no context has asked for yet.
static function_t *as_function(const driver &api, void *handle) {
  int registers = 0;
  auto *function = static_cast<function_t *>(handle);
  if (api.cuFuncGetAttribute(&registers, function_registers, function) == success)
    return function;
  if (api.cuKernelGetFunction && api.cuKernelGetFunction(&function, handle) == success)
    return function;
  return nullptr;
}

static int attribute(const driver &api, function_t *function, function_attribute which) {
  int value = 0;
  return api.cuFuncGetAttribute(&value, which, function) == success ? value : 0;
}

static int device_limit(const driver &api, ordinal device, device_attribute which) {
  int value = 0;
  return api.cuDeviceGetAttribute(&value, which, device) == success ? value : 0;
}

/// Why the device cannot run this launch, "" when it can as far as the numbers tell.
static std::string find_obstacle(const driver &api, ordinal device, const seen_kernel &kernel) {
  const unsigned long long threads =
      1ull * kernel.launch.block[0] * kernel.launch.block[1] * kernel.launch.block[2];
  const auto most =
      static_cast<unsigned long long>(device_limit(api, device, attribute_max_threads_per_block));
  if (most > 0 && threads > most)
    return fmt::format("{} threads per block, the device allows {}", threads, most);
  if (kernel.max_threads > 0 && threads > static_cast<unsigned long long>(kernel.max_threads))
    return fmt::format("{} threads per block at {} registers each, the kernel allows {}", threads,
                       kernel.registers, kernel.max_threads);
  const auto shared = static_cast<long long>(kernel.launch.dynamic_shared) + kernel.static_shared;
  const int optin = device_limit(api, device, attribute_max_shared_per_block_optin);
  if (optin > 0 && shared > optin)
    return fmt::format(
        "{} bytes of shared memory per block ({} of them static), the device allows {}", shared,
        kernel.static_shared, optin);
  return {};
}

static int before_launch(const tl_hook_launch *launch) {
  watcher &the = the_watcher();
  const mutex_lock lock(the.guard);
  if (!the.api)
    return 0;
  for (seen_kernel &it : the.kernels)
    if (it.launch.function == launch->function && it.launch.block[0] == launch->block[0] &&
        it.launch.block[1] == launch->block[1] && it.launch.block[2] == launch->block[2] &&
        it.launch.dynamic_shared == launch->dynamic_shared) {
      ++it.times;
      return 0;
    }
  const driver &api = *the.api;
  seen_kernel made{};
  made.launch = *launch;
  made.times = 1;
  function_t *function = as_function(api, launch->function);
  if (!function)
    return 0;
  made.registers = attribute(api, function, function_registers);
  made.local = attribute(api, function, function_local);
  made.static_shared = attribute(api, function, function_static_shared);
  made.max_threads = attribute(api, function, function_max_threads);
  const char *name = nullptr;
  if (api.cuFuncGetName && api.cuFuncGetName(&name, function) == success && name)
    made.name = name;
  const unsigned threads = launch->block[0] * launch->block[1] * launch->block[2];
  api.cuOccupancyMaxActiveBlocksPerMultiprocessor(
      &made.blocks_per_multiprocessor, function, static_cast<int>(threads), launch->dynamic_shared);
  const std::string obstacle = find_obstacle(api, the.device, made);
  the.kernels.push_back(std::move(made));
  if (obstacle.empty())
    return 0;
  if (the.infeasible.empty())
    the.infeasible = obstacle;
  return error_invalid_value;
}

static void attribute_refused(const tl_hook_attribute *refused) {
  watcher &the = the_watcher();
  const mutex_lock lock(the.guard);
  if (!the.api || !the.infeasible.empty())
    return;
  const int optin = device_limit(*the.api, the.device, attribute_max_shared_per_block_optin);
  function_t *function = as_function(*the.api, refused->function);
  const int fixed = function ? attribute(*the.api, function, function_static_shared) : 0;
  if (refused->value + fixed > optin)
    the.infeasible =
        fmt::format("{} bytes of shared memory per block ({} of them static), the device allows {}",
                    refused->value + fixed, fixed, optin);
}

bool start_watching(const driver &api, ordinal device) {
  tl_worker_hook_table *hook = find_hook();
  if (!hook)
    return false;
  {
    watcher &the = the_watcher();
    const mutex_lock lock(the.guard);
    the.api = &api;
    the.device = device;
    the.kernels.clear();
    the.infeasible.clear();
  }
  __atomic_store_n(&hook->attribute_refused, &attribute_refused, __ATOMIC_RELEASE);
  __atomic_store_n(&hook->before_launch, &before_launch, __ATOMIC_RELEASE);
  return true;
}

static std::string kernel_json(const driver &api, ordinal device, const seen_kernel &it) {
  const unsigned threads = it.launch.block[0] * it.launch.block[1] * it.launch.block[2];
  const int most = device_limit(api, device, attribute_max_threads_per_multiprocessor);
  const double occupancy = most > 0 ? static_cast<double>(threads) * it.blocks_per_multiprocessor /
                                          static_cast<double>(most)
                                    : 0;
  return fmt::format(
      "{{\"name\":{},\"grid\":[{},{},{}],\"block\":[{},{},{}],\"launches\":{},\"registers\":{},"
      "\"local_bytes\":{},\"static_shared_bytes\":{},\"dynamic_shared_bytes\":{},\"max_threads\":{}"
      ","
      "\"blocks_per_multiprocessor\":{},\"occupancy\":{:.3f}}}",
      json_string(it.name), it.launch.grid[0], it.launch.grid[1], it.launch.grid[2],
      it.launch.block[0], it.launch.block[1], it.launch.block[2], it.times, it.registers, it.local,
      it.static_shared, it.launch.dynamic_shared, it.max_threads, it.blocks_per_multiprocessor,
      occupancy);
}

gpu::launch_report stop_watching() {
  if (tl_worker_hook_table *hook = find_hook()) {
    __atomic_store_n(&hook->before_launch, nullptr, __ATOMIC_RELEASE);
    __atomic_store_n(&hook->attribute_refused, nullptr, __ATOMIC_RELEASE);
  }
  watcher &the = the_watcher();
  const mutex_lock lock(the.guard);
  gpu::launch_report report;
  report.infeasible = std::move(the.infeasible);
  std::string kernels;
  for (const seen_kernel &it : the.kernels)
    kernels += (kernels.empty() ? "" : ",") + kernel_json(*the.api, the.device, it);
  if (!kernels.empty())
    report.resources = "{\"kernels\":[" + kernels + "]}";
  the.api = nullptr;
  the.kernels.clear();
  return report;
}

} // namespace tl::rt::cuda
