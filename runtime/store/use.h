// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// When a factory's winners were last used, so that `tltune gc` leaves them alone. Private to the
// store.

#ifndef TL_RUNTIME_STORE_USE_H
#define TL_RUNTIME_STORE_USE_H

#include "runtime/store/database.h"
#include "runtime/store/records.h"

#include <cstdint>
#include <string>

namespace tl::rt::store {

/// A moment on two clocks: the time of day, which people and time servers move, and the time since
/// a boot, which nobody does.
struct moment {
  std::int64_t wall_ms = 0;   ///< [ms since 1970]
  std::string boot;           ///< which boot, "" when unknown
  std::int64_t uptime_ms = 0; ///< since then, sleep included [ms]
};

moment this_moment();

/// A use that is as old as this is recorded again [ms].
inline constexpr std::int64_t record_use_every_ms = 24 * 3600 * 1000;

/// Whether the last recorded use of the key's factory, in a file of the current version, is long
/// enough ago.
bool use_is_due(connection &db, const winner_key &key, const moment &now);

/// Records that the key's factory is used now. In a transaction.
void record_use(connection &db, const winner_key &key, const moment &now);

/// SQL: whether the factory `f` was used within a window, as far as can be told. `first` is the
/// number of the first of four parameters: the moment's three, and the window [ms]. Where the
/// uptime tells, the time of day does not matter; what clocks contradict counts as used.
std::string used_within(int first);

/// Starts the window anew for factories whose recorded use clocks contradict; and for all, when
/// nothing at all was recorded within the window, which an abandoned file and a clock that jumped
/// have in common. Whether it was for all. In a transaction.
bool settle_uses(connection &db, const moment &now, std::int64_t window_ms);

} // namespace tl::rt::store

#endif
