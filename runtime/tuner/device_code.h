// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The device code of variants whose kernels are compiled on this machine, for one device.

#ifndef TL_RUNTIME_TUNER_DEVICE_CODE_H
#define TL_RUNTIME_TUNER_DEVICE_CODE_H

#include "runtime/demand/rtc_compiler.h"
#include "runtime/support/status.h"
#include "runtime/tuner/world.h"

#include <tl/abi.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tl::rt {

/// The architecture to compile for, from a device's identity; "" where that does not say.
std::string arch_of_device(std::string_view identity);

/// Who compiles a factory's variants of that kind, of which it has some.
std::unique_ptr<demand::rtc_compiler>
device_code_compiler(const world &in, const tl_factory &factory, std::string_view identity);

/// Has a variant's code ready to run in this process: what is there, or kept, or, with
/// `may_compile`, made now. At once for a variant that needs none.
status ready_device_code(const world &in, const tl_factory &factory, std::string_view identity,
                         std::uint32_t variant, bool may_compile);

} // namespace tl::rt

#endif
