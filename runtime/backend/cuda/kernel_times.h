// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernel times as CUPTI records them: start to end on the device, nothing of the launch. CUPTI is
// opened when it is first asked for.

#ifndef TL_RUNTIME_BACKEND_CUDA_KERNEL_TIMES_H
#define TL_RUNTIME_BACKEND_CUDA_KERNEL_TIMES_H

#include "runtime/support/status.h"

namespace tl::rt::cuda {

/// Starts to record kernels of this process. Not ok: there is no CUPTI, or another profiler has it.
status begin_kernel_times();

/// Stops that and sums up the durations of all kernels that have run in between [ns]. The caller
/// has waited for them.
status end_kernel_times(double &nanoseconds);

} // namespace tl::rt::cuda

#endif
