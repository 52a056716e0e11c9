// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/store/schema.h"

namespace tl::rt::store {

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
  }
  return "unknown";
}

std::string_view to_string(session_state state) {
  switch (state) {
  case session_state::running:
    return "running";
  case session_state::finished:
    return "finished";
  case session_state::budget:
    return "budget";
  case session_state::abandoned:
    return "abandoned";
  }
  return "unknown";
}

std::string_view to_string(measure_mode mode) {
  switch (mode) {
  case measure_mode::cold:
    return "cold";
  case measure_mode::hot:
    return "hot";
  }
  return "unknown";
}

std::string_view to_string(winner_state state) {
  switch (state) {
  case winner_state::provisional:
    return "provisional";
  case winner_state::final:
    return "final";
  }
  return "unknown";
}

} // namespace tl::rt::store
