// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Mutexes that a forked child can use.

#ifndef TL_RUNTIME_SUPPORT_FORK_GUARD_H
#define TL_RUNTIME_SUPPORT_FORK_GUARD_H

#include "runtime/support/mutex.h"

namespace tl::rt {

/// Everything in the runtime that must not be in the middle of something when the program forks. A
/// fork waits for these (pthread_atfork), in this order, and both sides go on with them free.
/// Whoever holds a later one may not take an earlier one.
enum class fork_safe : unsigned char {
  store,         ///< connections to databases
  claims,        ///< sessions that this process is at work on
  session_locks, ///< device locks that this process holds
  flights,       ///< problems that a thread is finding a variant for
  // While one of the rest is held, nothing but its own data is touched: no code of others runs,
  // nothing is opened or allocated at length.
  calls,            ///< calls of the runtime that are going on
  registry,         ///< factories of loaded images
  devices,          ///< what is known about devices
  plans,            ///< how calls are read
  tables,           ///< who writes to dispatch tables
  standard_streams, ///< placeholders for closed streams
  count
};

/// The one mutex of that name. Never destroyed.
mutex &fork_safe_mutex(fork_safe which);

} // namespace tl::rt

#endif
