// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// HIP's runtime as a gpu::driver.

#ifndef TL_RUNTIME_BACKEND_HIP_DRIVER_H
#define TL_RUNTIME_BACKEND_HIP_DRIVER_H

#include "runtime/backend/gpu/driver.h"
#include "runtime/backend/hip/entry_points.h"

#include <memory>
#include <string>

namespace tl::rt::hip {

/// See gpu::find_driver.
const gpu::driver *find_driver(std::string &error);

/// A driver on these entry points. `sys` is "/sys" but in tests.
std::unique_ptr<gpu::driver> make_driver(const entry_points &api, const std::string &sys = "/sys");

} // namespace tl::rt::hip

#endif
