// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is not right about a trial on a GPU, as an outcome.

#ifndef TL_RUNTIME_BACKEND_GPU_TRIAL_FAILURE_H
#define TL_RUNTIME_BACKEND_GPU_TRIAL_FAILURE_H

#include "runtime/backend/backend.h"
#include "runtime/support/status.h"

#include <string>
#include <utility>

namespace tl::rt::gpu {

inline trial_outcome outcome_of(trial_status status, std::string reason) {
  trial_outcome made;
  made.status = status;
  made.reason = std::move(reason);
  return made;
}

/// Of an error that the device reports.
inline trial_outcome fault(const status &error) {
  return outcome_of(error.code() == status_code::full ? trial_status::out_of_memory
                                                      : trial_status::device_error,
                    error.text());
}

inline bool good(const trial_outcome &outcome) { return outcome.status == trial_status::measured; }

} // namespace tl::rt::gpu

#endif
