// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the HIP backend takes for granted, one line for each thing.

#ifndef TL_UTILS_HIP_CONFORMANCE_CHECKS_H
#define TL_UTILS_HIP_CONFORMANCE_CHECKS_H

#include "runtime/backend/hip/entry_points.h"
#include "runtime/support/status.h"

#include <string>

namespace tl::conformance {

/// Prints findings and counts them.
struct report {
  unsigned good = 0, bad = 0;

  /// One finding: what was looked at, whether it is as expected, and what was found.
  bool line(const char *what, bool as_expected, const std::string &found);
  /// Likewise for a call that is to succeed.
  bool line(const char *what, const rt::status &outcome);
};

/// Looks at everything on one device.
void run_checks(const rt::hip::entry_points &api, const std::string &library, int device,
                report &to);

/// The other process of the check of shared memory: opens what `handle` (in hexadecimal) stands
/// for, expects the pattern there and leaves another one. Returns the program's status.
int open_shared(const char *library, int device, const char *handle);

} // namespace tl::conformance

#endif
