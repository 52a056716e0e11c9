// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Variants whose kernels are compiled on this machine by a compiler library (tl_rtc_variant). Their
// code is shared with workers that are no forks through a memory file, and becomes known to CUDA's
// or HIP's runtime of a process when a variant is about to run there.

#ifndef TL_RUNTIME_DEMAND_RTC_CODE_H
#define TL_RUNTIME_DEMAND_RTC_CODE_H

#include "runtime/demand/rtc_library.h"
#include "runtime/support/status.h"

#include <tl/abi.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tl::rt::demand {

/// A variant's kernels, compiled.
struct rtc_code {
  std::string arch;               ///< "sm_90a", "gfx90a:xnack-"
  std::string image;              ///< a cubin, or a code object of AMD's
  std::vector<std::string> names; ///< of the kernels on the device, in the variant's order
};

/// What such a variant is made of; null for all others. Thread-safe.
const tl_rtc_variant *find_rtc(const tl_factory &factory, std::uint32_t variant);

/// Which library compiles it.
rtc_kind kind_of(const tl_rtc_source &source);

/// The first one of a factory, null where it has none. Thread-safe.
const tl_rtc_variant *first_rtc(const tl_factory &factory);
inline bool has_rtc(const tl_factory &factory) { return first_rtc(factory) != nullptr; }

/// Whether the code of a variant is there, in this process or for a worker; true for all that need
/// none. Thread-safe.
bool has_rtc_code(const tl_factory &factory, std::uint32_t variant, std::string_view arch);

/// Keeps a variant's code for this process and its workers. A process keeps a factory's codes of
/// one architecture only: a launch does not say which of two it means. Thread-safe.
status keep_rtc_code(const tl_factory &factory, std::uint32_t variant, const rtc_code &code);

/// Makes the kernels of a variant known to the runtime of CUDA or HIP, unless they are, or it has
/// none of that kind. Not ok: its code is not there. Thread-safe.
status load_rtc_code(const tl_factory &factory, std::uint32_t variant);

/// The memory file of a factory's codes; it stays open. -1 with errno where there can be none.
/// Thread-safe.
int rtc_codes_for_workers(const tl_factory &factory);

/// In a worker: the program's file with that factory's codes.
void use_rtc_codes(const tl_factory &factory, int file);

} // namespace tl::rt::demand

#endif
