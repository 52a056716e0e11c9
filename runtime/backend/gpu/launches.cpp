// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/gpu/launches.h"

#include "runtime/backend/gpu/hook.h"
#include "runtime/support/json_text.h"
#include "runtime/support/made_once.h"
#include "runtime/support/mutex.h"

#include <fmt/format.h>

#include <dlfcn.h>
#include <string>
#include <vector>

namespace tl::rt::gpu {
namespace {

/// One kernel with one launch configuration.
struct seen_kernel {
  tl_hook_launch launch;
  kernel_facts facts;
  unsigned times = 0;
  bool refused = false;
};

struct watcher {
  mutex guard;
  const driver *api TL_GUARDED_BY(guard) = nullptr;
  device_limits limits TL_GUARDED_BY(guard);
  std::vector<seen_kernel> kernels TL_GUARDED_BY(guard);
  std::string infeasible TL_GUARDED_BY(guard);
};

} // namespace

/// Never destroyed: a launch of another thread may be on its way while the process ends.
static watcher &the_watcher() {
  static constinit made_once<watcher> only;
  return only.get();
}

static tl_worker_hook_table *find_hook() {
  static auto *const table =
      static_cast<tl_worker_hook_table *>(dlsym(RTLD_DEFAULT, "tl_worker_hook"));
  return table && table->size == sizeof *table ? table : nullptr;
}

static unsigned long long threads_of(const tl_hook_launch &launch) {
  return 1ull * launch.block[0] * launch.block[1] * launch.block[2];
}

static std::string shared_obstacle(const device_limits &limits, long long shared,
                                   int static_shared) {
  const auto most = static_cast<long long>(limits.max_shared_per_block);
  if (most == 0 || shared <= most)
    return {};
  return fmt::format(
      "{} bytes of shared memory per block ({} of them static), the device allows {}", shared,
      static_shared, most);
}

/// Why the device cannot run this launch, "" when it can as far as the numbers tell.
static std::string find_obstacle(const device_limits &limits, const seen_kernel &kernel) {
  const unsigned long long threads = threads_of(kernel.launch);
  const unsigned most = limits.max_threads_per_block;
  if (most > 0 && threads > most)
    return fmt::format("{} threads per block, the device allows {}", threads, most);
  const kernel_facts &facts = kernel.facts;
  if (facts.max_threads > 0 && threads > static_cast<unsigned long long>(facts.max_threads))
    return fmt::format("{} threads per block at {} registers each, the kernel allows {}", threads,
                       facts.registers, facts.max_threads);
  return shared_obstacle(limits,
                         static_cast<long long>(kernel.launch.dynamic_shared) + facts.static_shared,
                         facts.static_shared);
}

static kernel_handle handle_of(void *function, unsigned is_symbol) {
  return {function, is_symbol != 0};
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
      return it.refused ? the.api->refusal() : 0;
    }
  seen_kernel made{};
  made.launch = *launch;
  made.times = 1;
  if (!the.api->look_at(handle_of(launch->function, launch->is_symbol),
                        static_cast<unsigned>(threads_of(*launch)), launch->dynamic_shared,
                        made.facts))
    return 0;
  const std::string obstacle = find_obstacle(the.limits, made);
  made.refused = !obstacle.empty();
  the.kernels.push_back(std::move(made));
  if (obstacle.empty())
    return 0;
  if (the.infeasible.empty())
    the.infeasible = obstacle;
  return the.api->refusal();
}

static void attribute_refused(const tl_hook_attribute *refused) {
  watcher &the = the_watcher();
  const mutex_lock lock(the.guard);
  if (!the.api || !the.infeasible.empty())
    return;
  kernel_facts facts;
  the.api->look_at(handle_of(refused->function, refused->is_symbol), 1, 0, facts);
  the.infeasible =
      shared_obstacle(the.limits, static_cast<long long>(refused->value) + facts.static_shared,
                      facts.static_shared);
}

bool start_watching(const driver &api, const device_limits &limits) {
  tl_worker_hook_table *hook = find_hook();
  if (!hook)
    return false;
  {
    watcher &the = the_watcher();
    const mutex_lock lock(the.guard);
    the.api = &api;
    the.limits = limits;
    the.kernels.clear();
    the.infeasible.clear();
  }
  __atomic_store_n(&hook->attribute_refused, &attribute_refused, __ATOMIC_RELEASE);
  __atomic_store_n(&hook->before_launch, &before_launch, __ATOMIC_RELEASE);
  return true;
}

static std::string kernel_json(const device_limits &limits, const seen_kernel &it) {
  const unsigned most = limits.max_threads_per_multiprocessor;
  const double occupancy = most > 0
                               ? static_cast<double>(threads_of(it.launch)) *
                                     it.facts.blocks_per_multiprocessor / static_cast<double>(most)
                               : 0;
  return fmt::format(
      "{{\"name\":{},\"grid\":[{},{},{}],\"block\":[{},{},{}],\"launches\":{},\"registers\":{},"
      "\"local_bytes\":{},\"static_shared_bytes\":{},\"dynamic_shared_bytes\":{},\"max_threads\":{}"
      ","
      "\"blocks_per_multiprocessor\":{},\"occupancy\":{:.3f}}}",
      json_string(it.facts.name), it.launch.grid[0], it.launch.grid[1], it.launch.grid[2],
      it.launch.block[0], it.launch.block[1], it.launch.block[2], it.times, it.facts.registers,
      it.facts.local, it.facts.static_shared, it.launch.dynamic_shared, it.facts.max_threads,
      it.facts.blocks_per_multiprocessor, occupancy);
}

launch_report stop_watching() {
  if (tl_worker_hook_table *hook = find_hook()) {
    __atomic_store_n(&hook->before_launch, nullptr, __ATOMIC_RELEASE);
    __atomic_store_n(&hook->attribute_refused, nullptr, __ATOMIC_RELEASE);
  }
  watcher &the = the_watcher();
  const mutex_lock lock(the.guard);
  launch_report report;
  report.infeasible = std::move(the.infeasible);
  std::string kernels;
  for (const seen_kernel &it : the.kernels)
    kernels += (kernels.empty() ? "" : ",") + kernel_json(the.limits, it);
  if (!kernels.empty())
    report.resources = "{\"kernels\":[" + kernels + "]}";
  the.api = nullptr;
  the.kernels.clear();
  return report;
}

} // namespace tl::rt::gpu
