// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What kernels a variant launches, what they take of the device, and whether the device can give
// it. Works where the hook library is loaded, which is in workers.

#ifndef TL_RUNTIME_BACKEND_GPU_LAUNCHES_H
#define TL_RUNTIME_BACKEND_GPU_LAUNCHES_H

#include "runtime/backend/gpu/driver.h"

namespace tl::rt::gpu {

/// From here until stop_watching() every launch of this process is looked at before it is made, and
/// held back when the device cannot run it. False: there is no hook. One watcher at a time.
bool start_watching(const driver &api, const device_limits &limits);

/// What was seen.
launch_report stop_watching();

} // namespace tl::rt::gpu

#endif
