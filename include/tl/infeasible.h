// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a variant says that it cannot run here: it is then recorded as infeasible with the reason,
// which is no failure of the tuning session. Factories may throw it too.

#ifndef TL_INFEASIBLE_H
#define TL_INFEASIBLE_H

#include <tl/language.h>

#include <tl/abi.h>

#include <stdexcept>
#include <string>

// Weak, so that a source that is built without the plugin needs no runtime either.
extern "C" [[gnu::weak]] void tl_rt_infeasible(const char *reason);

namespace tl {

/// The device's limits or features do not allow what a launch description asks for. `what()` says
/// so with the numbers: "needs 245760 bytes of dynamic shared memory, the device allows 232448".
class infeasible : public std::runtime_error {
public:
  explicit infeasible(const std::string &reason) : std::runtime_error(reason) {
    if (&tl_rt_infeasible)
      tl_rt_infeasible(reason.c_str());
  }
};

} // namespace tl

#endif
