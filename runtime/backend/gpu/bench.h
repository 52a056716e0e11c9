// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The trial bench of every GPU.

#ifndef TL_RUNTIME_BACKEND_GPU_BENCH_H
#define TL_RUNTIME_BACKEND_GPU_BENCH_H

#include "runtime/backend/backend.h"

#include <memory>
#include <string>

namespace tl::rt::gpu {

/// Sets up trials for one task on the device that the call is for. Null, with the reason in
/// `error`, where that is not possible.
std::unique_ptr<trial_bench> open_bench(const tuning_task &task, std::string &error);

} // namespace tl::rt::gpu

#endif
