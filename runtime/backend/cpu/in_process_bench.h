// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Trials on the CPU inside the caller's process, on copies of its buffers: isolation none.

#ifndef TL_RUNTIME_BACKEND_CPU_IN_PROCESS_BENCH_H
#define TL_RUNTIME_BACKEND_CPU_IN_PROCESS_BENCH_H

#include "runtime/backend/backend.h"

#include <memory>
#include <string>

namespace tl::rt {

/// A variant that crashes or hangs takes the program along; limits are not enforced. Null, with the
/// parameter and what to write instead in `error`, when an argument cannot be copied with what it
/// leads to.
std::unique_ptr<trial_bench> open_in_process_bench(const tuning_task &task, std::string &error);

} // namespace tl::rt

#endif
