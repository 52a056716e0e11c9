// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/store/schema.h"

namespace tl::rt::store {

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
