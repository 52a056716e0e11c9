// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef TL_RUNTIME_BACKEND_CPU_MEMORY_PRIVATE_MEMORY_H
#define TL_RUNTIME_BACKEND_CPU_MEMORY_PRIVATE_MEMORY_H

#include "runtime/backend/cpu/memory/region.h"
#include "runtime/support/status.h"

namespace tl::rt {

/// Puts private copies in place of the mappings that the process shares with others, at the same
/// addresses: a fork does not part those, and a variant may reach them by any way. Large ones
/// become read-only instead, but for what arguments lead to. Fails where that is more than fits in.
/// Left as they are: `keep` (an address, null: none) and the memory of devices. Called in the
/// worker, before any variant runs.
status make_private(const memory_layout &layout, const memory_map &map, const void *keep = nullptr);

} // namespace tl::rt

#endif
