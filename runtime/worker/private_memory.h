// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef TL_RUNTIME_WORKER_PRIVATE_MEMORY_H
#define TL_RUNTIME_WORKER_PRIVATE_MEMORY_H

#include "runtime/support/status.h"
#include "runtime/worker/region.h"

namespace tl::rt {

/// Puts private copies in place of shared mappings that arguments lead to, at the same addresses: a
/// fork does not part those. Called in the worker, before any variant runs.
status make_private(const memory_layout &layout, const memory_map &map);

} // namespace tl::rt

#endif
