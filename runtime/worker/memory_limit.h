// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef TL_RUNTIME_WORKER_MEMORY_LIMIT_H
#define TL_RUNTIME_WORKER_MEMORY_LIMIT_H

#include <cstdint>

namespace tl::rt {

/// What the machine, or the control group that this process runs in, can still give [bytes]; the
/// largest number where neither tells.
std::uint64_t available_memory();

/// Limits how much more memory this process may ask for to three quarters of what the machine, or
/// the control group that it runs in, can still give, so that a variant that asks without end gets
/// std::bad_alloc before everybody else gets into trouble. Does nothing under a sanitizer, which
/// maps terabytes.
void limit_memory();

} // namespace tl::rt

#endif
