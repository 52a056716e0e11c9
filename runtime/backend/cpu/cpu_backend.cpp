// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/cpu_backend.h"

#include "runtime/backend/cpu/cpu_caches.h"
#include "runtime/backend/cpu/cpu_identity.h"
#include "runtime/backend/cpu/forked_bench.h"
#include "runtime/backend/cpu/in_process_bench.h"
#include "runtime/backend/cpu/memory/memory_map.h"
#include "runtime/support/log.h"
#include "runtime/support/made_once.h"
#include "runtime/support/thread_guard.h"

#include <fmt/format.h>

namespace tl::rt {

static const char *profiler_name(std::uint32_t profiler) {
  switch (profiler) {
  case TL_PROFILER_EVENT:
    return "event";
  case TL_PROFILER_GRAPH:
    return "graph";
  case TL_PROFILER_CUPTI:
    return "cupti";
  default:
    return "unknown";
  }
}

namespace {

class cpu final : public backend {
public:
  std::vector<std::pair<std::string, std::string>> identity(std::int32_t) override {
    return cpu_identity();
  }

  std::unique_ptr<trial_bench> open(const tuning_task &task, std::string &error) override {
    if (task.options.profiler != TL_PROFILER_DEFAULT && task.options.profiler != TL_PROFILER_WALL)
      warn_once(fmt::format("profiler {}", task.factory->id),
                fmt::format("{}: profiler = {}: the CPU has the wall clock only, which takes the "
                            "times instead",
                            task.factory->name, profiler_name(task.options.profiler)));
    if (task.in_process)
      return open_in_process_bench(task, error);
    return forked_bench::open(task, calling_thread::here(guarded_frame(__builtin_frame_address(0))),
                              error);
  }

  void measure_reach(std::int32_t, std::span<const std::uintptr_t> addresses,
                     std::span<std::uint64_t> bytes) override {
    const memory_map map = memory_map::read(calling_thread::here(__builtin_frame_address(0)));
    for (std::size_t i = 0; i < addresses.size(); ++i)
      if (addresses[i] != 0)
        if (const memory_extent found = map.extent(addresses[i]); found.end > addresses[i])
          bytes[i] = found.end - addresses[i];
  }

  std::uint64_t cache_bytes(std::int32_t) override { return largest_cache_bytes(); }

  bool cold_by_default() const override { return false; }
};

} // namespace

backend &cpu_backend() {
  static constinit made_once<cpu> instance;
  return instance.get();
}

} // namespace tl::rt
