// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a forked worker does for a forked_bench.

#ifndef TL_RUNTIME_BACKEND_CPU_CPU_WORKER_H
#define TL_RUNTIME_BACKEND_CPU_CPU_WORKER_H

#include "runtime/backend/backend.h"
#include "runtime/worker/memory_map.h"
#include "runtime/worker/worker_process.h"

#include <memory>
#include <string>

namespace tl::rt {

/// Called in the worker. `image` holds what an earlier worker found out, or nothing yet.
std::unique_ptr<request_handler> make_cpu_worker(const tuning_task &task,
                                                 const calling_thread &caller, int image,
                                                 std::string &error);

} // namespace tl::rt

#endif
