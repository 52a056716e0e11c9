// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/status.h"

namespace tl::rt {

std::string_view to_string(status_code code) {
  switch (code) {
  case status_code::ok:
    return "ok";
  case status_code::not_found:
    return "not_found";
  case status_code::invalid:
    return "invalid";
  case status_code::io_error:
    return "io_error";
  case status_code::full:
    return "full";
  case status_code::read_only:
    return "read_only";
  case status_code::busy:
    return "busy";
  case status_code::corrupt:
    return "corrupt";
  case status_code::foreign:
    return "foreign";
  case status_code::disabled:
    return "disabled";
  case status_code::unsupported:
    return "unsupported";
  case status_code::lost:
    return "lost";
  }
  return "unknown";
}

} // namespace tl::rt
