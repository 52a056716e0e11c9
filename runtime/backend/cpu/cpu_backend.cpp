// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/cpu_backend.h"

#include "runtime/backend/cpu/cpu_identity.h"
#include "runtime/backend/cpu/forked_bench.h"
#include "runtime/backend/cpu/in_process_bench.h"
#include "runtime/support/log.h"

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
    return forked_bench::open(task, calling_thread::here(__builtin_frame_address(0)), error);
  }

  bool cold_by_default() const override { return false; }
};

} // namespace

backend &cpu_backend() {
  static cpu &instance = *new cpu; // in use until the last thread is gone
  return instance;
}

} // namespace tl::rt
