// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a forked worker does for a forked_bench.

#ifndef TL_RUNTIME_BACKEND_CPU_CPU_WORKER_H
#define TL_RUNTIME_BACKEND_CPU_CPU_WORKER_H

#include "runtime/backend/backend.h"
#include "runtime/backend/cpu/memory/changed_memory.h"
#include "runtime/backend/cpu/memory/memory_map.h"
#include "runtime/backend/cpu/memory/obstacles.h"
#include "runtime/worker/worker_process.h"

#include <memory>
#include <string>
#include <vector>

namespace tl::rt {

/// The program at the call.
struct program_memory {
  calling_thread caller;
  memory_map map;
  std::vector<byte_range> nobodys; ///< what the runtime and the toolchain change; sorted
};

/// Called in the worker. `image` holds what an earlier worker found out, or nothing yet.
std::unique_ptr<request_handler> make_cpu_worker(const tuning_task &task,
                                                 const program_memory &program,
                                                 const memory_after_fork &forked, int image,
                                                 std::string &error);

} // namespace tl::rt

#endif
