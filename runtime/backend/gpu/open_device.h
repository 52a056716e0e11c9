// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The drivers that there are, and their devices.

#ifndef TL_RUNTIME_BACKEND_GPU_OPEN_DEVICE_H
#define TL_RUNTIME_BACKEND_GPU_OPEN_DEVICE_H

#include "runtime/backend/gpu/device.h"
#include "runtime/backend/gpu/driver.h"

#include <cstdint>
#include <memory>
#include <string>

namespace tl::rt::gpu {

/// Opens the driver of a TL_BACKEND_* when it is first asked for; null, with the reason in `error`,
/// where there is none or it finds no device. Thread-safe. Never closed: threads may still use it
/// while the program exits.
const driver *find_driver(std::uint32_t backend, std::string &error);

/// Opens a device in this process, its context included; null with the reason in `error`.
std::unique_ptr<device> open_device(std::uint32_t backend, std::int32_t ordinal,
                                    std::string &error);

} // namespace tl::rt::gpu

#endif
