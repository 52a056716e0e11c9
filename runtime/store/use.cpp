// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/store/use.h"

#include "runtime/store/clock.h"
#include "runtime/store/owner.h"

#include <ctime>

namespace tl::rt::store {

moment this_moment() {
  timespec up{};
  const bool known = ::clock_gettime(CLOCK_BOOTTIME, &up) == 0;
  return {now_ms(), known ? boot_id() : std::string(),
          std::int64_t{up.tv_sec} * 1000 + up.tv_nsec / 1'000'000};
}

bool use_is_due(connection &db, const winner_key &key, const moment &now) {
  statement query =
      db.prepare("SELECT used, used_boot, used_uptime FROM factories WHERE factory = ? "
                 "AND fingerprint = ? AND abi = ?");
  query.bind(key.factory, key.fingerprint, key.abi);
  if (!query.step())
    return false;
  const std::int64_t used = query.integer(0);
  if (used == 0)
    return true;
  if (!now.boot.empty() && query.text(1) == now.boot)
    return now.uptime_ms - query.integer(2) >= record_use_every_ms;
  // Also where it was in the future: one of the two is wrong.
  return now.wall_ms < used || now.wall_ms - used >= record_use_every_ms;
}

void record_use(connection &db, const winner_key &key, const moment &now) {
  db.prepare("UPDATE factories SET used = ?, used_boot = ?, used_uptime = ? WHERE factory = ? AND "
             "fingerprint = ? AND abi = ?")
      .bind(now.wall_ms, now.boot, now.uptime_ms, key.factory, key.fingerprint, key.abi)
      .run();
}

bool settle_uses(connection &db, const moment &now, std::int64_t window_ms) {
  const auto count = [&](std::string_view condition) {
    statement query = db.prepare("SELECT count(*) FROM factories f WHERE f.used <> 0 AND " +
                                 std::string(condition));
    query.bind(now.wall_ms, now.boot, now.uptime_ms, window_ms);
    return query.step() ? query.integer(0) : 0;
  };
  // ?1 to ?4 in each, so that the parameters are the same.
  const std::string within = used_within(1);
  const bool all = count("NOT (" + within + ")") != 0 && count(within) == 0;
  const std::string contradicted = "used_boot <> ?2 AND (used > ?1 OR used < last_seen)";
  db.prepare("UPDATE factories SET used = ?1, used_boot = ?2, used_uptime = ?3 WHERE used <> 0 AND "
             "(?4 <> 0 OR (" +
             contradicted + "))")
      .bind(now.wall_ms, now.boot, now.uptime_ms, all ? 1 : 0)
      .run();
  return all;
}

std::string used_within(int first) {
  const auto at = [&](int offset) { return "?" + std::to_string(first + offset); };
  const std::string now = at(0), boot = at(1), uptime = at(2), window = at(3);
  return "f.used <> 0 AND CASE WHEN f.used_boot <> '' AND f.used_boot = " + boot + " THEN " +
         uptime + " - f.used_uptime < " + window + " ELSE " + now + " - f.used < " + window +
         " OR f.used < f.last_seen END";
}

} // namespace tl::rt::store
