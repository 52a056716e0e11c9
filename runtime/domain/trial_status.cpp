// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/domain/trial_status.h"

namespace tl::rt {

std::string_view to_string(trial_status status) {
  switch (status) {
  case trial_status::running:
    return "running";
  case trial_status::measured:
    return "measured";
  case trial_status::wrong:
    return "wrong";
  case trial_status::crashed:
    return "crashed";
  case trial_status::timed_out:
    return "timed_out";
  case trial_status::threw:
    return "threw";
  case trial_status::exited:
    return "exited";
  case trial_status::infeasible:
    return "infeasible";
  case trial_status::device_error:
    return "device_error";
  case trial_status::cut:
    return "cut";
  case trial_status::lost:
    return "lost";
  case trial_status::inconsistent:
    return "inconsistent";
  case trial_status::out_of_bounds:
    return "out_of_bounds";
  case trial_status::out_of_memory:
    return "out_of_memory";
  case trial_status::not_eligible:
    return "not_eligible";
  case trial_status::harness_error:
    return "harness_error";
  case trial_status::stopped:
    return "stopped";
  }
  return "unknown";
}

} // namespace tl::rt
