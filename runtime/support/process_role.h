// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whether this process is a worker: there nothing is tuned and no database is opened, whatever the
// variant under trial calls.

#ifndef TL_RUNTIME_SUPPORT_PROCESS_ROLE_H
#define TL_RUNTIME_SUPPORT_PROCESS_ROLE_H

namespace tl::rt {

/// Called once in a worker, before any variant runs. Async-signal-safe.
void become_worker() noexcept;

/// Thread-safe.
bool is_worker() noexcept;

} // namespace tl::rt

#endif
