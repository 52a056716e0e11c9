// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a device reports, as the verdict on what ran on it.

#ifndef TL_RUNTIME_BACKEND_GPU_TRIAL_FAILURE_H
#define TL_RUNTIME_BACKEND_GPU_TRIAL_FAILURE_H

#include "runtime/domain/verdict.h"
#include "runtime/support/status.h"

namespace tl::rt::gpu {

/// Of an error that the device reports.
inline verdict fault(const status &error) {
  return verdict::failed(error.code() == status_code::full ? trial_status::out_of_memory
                                                           : trial_status::device_error,
                         error.text());
}

} // namespace tl::rt::gpu

#endif
