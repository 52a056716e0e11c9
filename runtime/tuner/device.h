// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The device part of the lookup key.

#ifndef TL_RUNTIME_TUNER_DEVICE_H
#define TL_RUNTIME_TUNER_DEVICE_H

#include "runtime/backend/backend.h"
#include "runtime/store/records.h"

#include <cstdint>
#include <string>

namespace tl::rt {

/// One device of one backend as the process sees it.
struct device {
  rt::backend *backend = nullptr; ///< null: there is none, and `error` says why
  store::device_record record;
  std::string error;
};

/// The device with this ordinal (-1 on the CPU), asked for once per process. Thread-safe; the
/// object is never destroyed.
const device &find_device(std::uint32_t backend, std::int32_t ordinal);

/// Whether the first word of a problem key of this backend's factories is the current device's
/// ordinal, because the process sees devices of several models, or 0 for all: a winner is one for
/// all devices of a model, and asking which device is current takes the time of several dispatches.
/// The answer is the same in all of a process's life; it is found once and then costs no lock.
/// Thread-safe.
bool key_names_device(std::uint32_t backend);

} // namespace tl::rt

#endif
