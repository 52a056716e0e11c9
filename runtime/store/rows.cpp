// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/store/rows.h"

#include "runtime/store/encoding.h"
#include "runtime/support/log.h"

#include <atomic>
#include <bit>
#include <cmath>
#include <string>

namespace tl::rt::store {

static std::atomic<std::size_t> left_out{0};

std::size_t damaged_rows_left_out() { return left_out.load(std::memory_order_relaxed); }

void leave_out_damaged_row() { left_out.fetch_add(1, std::memory_order_relaxed); }

double storable(double value) { return std::isfinite(value) ? value + 0.0 : 0.0; }

// --- Winners -------------------------------------------------------------------------------------

static std::string winner_columns(int version) {
  std::string columns =
      "w.config, w.median_ns, w.default_median_ns, w.margin, w.confidence, w.runner_up, "
      "w.state, w.trials, w.updated, w.checksum, ";
  columns += version >= 2 ? "w.reference_median_ns" : "0";
  return columns + ", p.problem, ifnull((SELECT uid FROM sessions WHERE id = w.session_id), '')";
}

/// Both ids come from unique indexes, the problem from the one over (factory, device, mode,
/// problem), and the winner from its primary key.
static constexpr const char *from_key =
    " FROM problems p CROSS JOIN winners w ON w.problem_id = p.id WHERE "
    "p.factory_id = (SELECT id FROM factories WHERE factory = ?1 AND fingerprint = ?2 AND abi = "
    "?3) AND "
    "p.device_id = (SELECT id FROM devices WHERE identity = ?4) AND p.mode = ?5";

std::string find_winner_sql(int version) {
  return "SELECT " + winner_columns(version) + from_key + " AND p.problem = ?6";
}

/// Reads winner_columns(); nothing when the row is damaged.
static std::optional<stored_winner> read_winner(const statement &row, winner_key key) {
  stored_winner found;
  winner &w = found.best;
  w.config = row.text(0);
  w.median_ns = row.real(1);
  w.default_median_ns = row.real(2);
  w.margin = row.real(3);
  w.confidence = row.real(4);
  w.runner_up = row.text(5);
  w.state = static_cast<winner_state>(row.integer(6));
  w.trials = static_cast<std::uint32_t>(row.integer(7));
  w.updated = row.integer(8);
  w.reference_median_ns = row.real(10);
  key.problem = row.text(11);
  found.session_uid = row.text(12);
  if (row.integer(9) == winner_checksum(key, w))
    return found;
  leave_out_damaged_row();
  warn_once("damaged winner", "a stored winner does not match its checksum: it is not used");
  return {};
}

std::optional<stored_winner> find_winner(connection &db, int version, const winner_key &key) {
  statement query = db.prepare(find_winner_sql(version));
  query.bind(key.factory, key.fingerprint, key.abi, key.device, key.mode, key.problem);
  return query.step() ? read_winner(query, key) : std::nullopt;
}

std::vector<candidate> find_candidates(connection &db, int version, const winner_key &key) {
  statement query = db.prepare("SELECT " + winner_columns(version) + from_key + " ORDER BY p.id");
  query.bind(key.factory, key.fingerprint, key.abi, key.device, key.mode);
  std::vector<candidate> found;
  while (query.step())
    if (auto row = read_winner(query, key))
      found.push_back({query.text(11), std::move(row->best)});
  return found;
}

static bool is_better(const winner &fresh, const winner &stored) {
  if (fresh.state != stored.state)
    return fresh.state == winner_state::final;
  if (stored.median_ns <= 0 || fresh.median_ns <= 0) // not measured, as after an import
    return stored.median_ns <= 0;
  return fresh.median_ns < stored.median_ns;
}

winner put_winner(connection &db, std::int64_t problem_id, const winner_key &key,
                  const winner &best, std::string_view session_uid, install_policy policy) {
  winner fresh = best;
  for (double *const value : {&fresh.median_ns, &fresh.default_median_ns,
                              &fresh.reference_median_ns, &fresh.margin, &fresh.confidence})
    *value = storable(*value);
  fresh.source.clear();
  if (policy == install_policy::if_better) {
    const auto stored = find_winner(db, schema_version, key);
    // What a finished session said before is not a rival of what it says now; while it is not
    // finished, a budget may have ended it before it came to its best config again.
    const bool own = stored && !session_uid.empty() && stored->session_uid == session_uid;
    const bool revised =
        own &&
        (fresh.state == winner_state::final ||
         (stored->best.state == winner_state::provisional && stored->best.config == fresh.config));
    if (stored && !revised && !is_better(fresh, stored->best))
      return stored->best;
  }
  statement insert = db.prepare(
      "INSERT OR REPLACE INTO winners (problem_id, session_id, config, median_ns, "
      "default_median_ns, margin, "
      "confidence, runner_up, state, trials, updated, checksum, reference_median_ns) "
      "VALUES (?, (SELECT id FROM sessions WHERE uid = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(problem_id, session_uid, fresh.config, fresh.median_ns, fresh.default_median_ns,
              fresh.margin, fresh.confidence, fresh.runner_up, fresh.state, fresh.trials,
              fresh.updated, winner_checksum(key, fresh), fresh.reference_median_ns);
  insert.run();
  return fresh;
}

// --- Problems ------------------------------------------------------------------------------------

std::int64_t ensure_problem(connection &db, const factory_record &factory,
                            const device_record &device, measure_mode mode,
                            const std::string &problem, std::int64_t now) {
  // An import may be older than what is here.
  statement put_factory = db.prepare(
      "INSERT INTO factories (factory, fingerprint, abi, name, location, parameters, "
      "default_config, configs, "
      "last_seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (factory, fingerprint, abi) DO "
      "UPDATE SET "
      "name = excluded.name, location = excluded.location, parameters = excluded.parameters, "
      "default_config = excluded.default_config, configs = excluded.configs, last_seen = "
      "excluded.last_seen "
      "WHERE excluded.last_seen >= last_seen");
  put_factory.bind(factory.id, factory.fingerprint, factory.abi, factory.name, factory.location,
                   factory.parameters, factory.default_config, factory.configs, now);
  put_factory.run();
  statement put_device =
      db.prepare("INSERT INTO devices (identity, properties) VALUES (?, ?) "
                 "ON CONFLICT (identity) DO UPDATE SET properties = excluded.properties");
  put_device.bind(device.identity, device.properties).run();
  statement put_problem = db.prepare("INSERT OR IGNORE INTO problems (factory_id, device_id, mode, "
                                     "problem) VALUES ((SELECT id FROM factories "
                                     "WHERE factory = ?1 AND fingerprint = ?2 AND abi = ?3), "
                                     "(SELECT id FROM devices WHERE identity = ?4), "
                                     "?5, ?6)");
  put_problem.bind(factory.id, factory.fingerprint, factory.abi, device.identity, mode, problem)
      .run();
  statement find = db.prepare(
      "SELECT id FROM problems WHERE factory_id = (SELECT id FROM factories WHERE factory = ?1 AND "
      "fingerprint = ?2 AND abi = ?3) AND device_id = (SELECT id FROM devices WHERE identity = ?4) "
      "AND "
      "mode = ?5 AND problem = ?6");
  find.bind(factory.id, factory.fingerprint, factory.abi, device.identity, mode, problem);
  return find.step() ? find.integer(0) : 0;
}

// --- Sessions ------------------------------------------------------------------------------------

std::vector<session_row> find_unfinished_sessions(connection &db, std::int64_t problem_id) {
  statement query = db.prepare("SELECT id, uid, state, owner, touched, seed FROM sessions WHERE "
                               "problem_id = ? AND state IN (?, ?) ORDER BY id DESC");
  query.bind(problem_id, session_state::running, session_state::budget);
  std::vector<session_row> rows;
  while (query.step())
    rows.push_back({query.integer(0), query.text(1), static_cast<session_state>(query.integer(2)),
                    query.text(3), query.integer(4),
                    std::bit_cast<std::uint64_t>(query.integer(5))});
  return rows;
}

std::int64_t find_session(connection &db, std::string_view uid) {
  statement query = db.prepare("SELECT id FROM sessions WHERE uid = ?");
  query.bind(uid);
  return query.step() ? query.integer(0) : 0;
}

std::int64_t find_session_of(connection &db, std::string_view uid, std::string_view owner) {
  statement query = db.prepare("SELECT id FROM sessions WHERE uid = ? AND owner = ? AND state = ?");
  query.bind(uid, owner, session_state::running);
  return query.step() ? query.integer(0) : 0;
}

std::int64_t insert_session(connection &db, std::int64_t problem_id, const session_record &s,
                            std::string_view owner) {
  statement insert =
      db.prepare("INSERT INTO sessions (problem_id, uid, started, touched, finished, state, owner, "
                 "host, pid, runs, seed, options, compared) "
                 "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(problem_id, s.uid, s.started, s.touched, s.finished, s.state, owner, s.host, s.pid,
              s.runs, std::bit_cast<std::int64_t>(s.seed), s.options, s.compared);
  insert.run();
  return find_session(db, s.uid);
}

void continue_session(connection &db, std::int64_t session_id, std::string_view owner,
                      const session_record &now) {
  statement update =
      db.prepare("UPDATE sessions SET state = ?, owner = ?, host = ?, pid = ?, touched = ?, "
                 "finished = 0, runs = runs + 1 WHERE id = ?");
  update.bind(session_state::running, owner, now.host, now.pid, now.touched, session_id).run();
}

void end_session(connection &db, std::int64_t session_id, session_state state, std::int64_t now) {
  // A session out of budget is not finished: it goes on next time.
  const std::int64_t finished = state == session_state::budget ? 0 : now;
  statement update = db.prepare(
      "UPDATE sessions SET state = ?, owner = '', touched = ?, finished = ? WHERE id = ?");
  update.bind(state, now, finished, session_id).run();
}

void note_compared(connection &db, std::int64_t session_id, std::string_view compared) {
  db.prepare("UPDATE sessions SET compared = ? WHERE id = ?").bind(compared, session_id).run();
}

void touch_session(connection &db, std::int64_t session_id, std::int64_t now) {
  db.prepare("UPDATE sessions SET touched = ? WHERE id = ?").bind(now, session_id).run();
}

// --- Trials --------------------------------------------------------------------------------------

void put_trial(connection &db, std::int64_t session_id, trial t, bool starting) {
  for (double *const value : {&t.median_ns, &t.mean_ns, &t.spread_ns, &t.clock})
    *value = storable(*value);
  for (double &sample : t.samples_ns)
    sample = storable(sample);
  statement insert = db.prepare(
      "INSERT INTO trials (session_id, config, status, reason, median_ns, mean_ns, spread_ns, n, "
      "samples, clock, "
      "resources, started, ended, attempts, checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
      "?10, ?11, "
      "?12, ?13, ?14, ?15) ON CONFLICT (session_id, config) DO UPDATE SET status = "
      "excluded.status, "
      "reason = excluded.reason, median_ns = excluded.median_ns, mean_ns = excluded.mean_ns, "
      "spread_ns = excluded.spread_ns, n = excluded.n, samples = excluded.samples, clock = "
      "excluded.clock, "
      "resources = excluded.resources, ended = excluded.ended, attempts = attempts + ?16, "
      "checksum = excluded.checksum");
  insert.bind(session_id, t.config, t.status, t.reason, t.median_ns, t.mean_ns, t.spread_ns,
              t.samples_ns.size(), encode_samples(t.samples_ns), t.clock, t.resources, t.started,
              t.ended, t.attempts, trial_checksum(t), starting ? 1 : 0);
  insert.run();
}

void remove_announced(connection &db, std::int64_t session_id, std::string_view config) {
  db.prepare("DELETE FROM trials WHERE session_id = ? AND config = ? AND status = ? AND "
             "attempts = 1")
      .bind(session_id, config, trial_status::running)
      .run();
}

std::vector<trial> find_trials(connection &db, std::int64_t session_id) {
  statement query =
      db.prepare("SELECT config, status, reason, median_ns, mean_ns, spread_ns, samples, clock, "
                 "resources, started, ended, attempts, checksum FROM trials WHERE session_id = ? "
                 "ORDER BY id");
  query.bind(session_id);
  std::vector<trial> found;
  while (query.step()) {
    trial t;
    t.config = query.text(0);
    t.status = static_cast<trial_status>(query.integer(1));
    t.reason = query.text(2);
    t.median_ns = query.real(3);
    t.mean_ns = query.real(4);
    t.spread_ns = query.real(5);
    auto samples = decode_samples(query.blob(6));
    t.samples_ns = samples ? std::move(*samples) : std::vector<double>();
    t.clock = query.real(7);
    t.resources = query.text(8);
    t.started = query.integer(9);
    t.ended = query.integer(10);
    t.attempts = static_cast<std::uint32_t>(query.integer(11));
    if (samples && query.integer(12) == trial_checksum(t)) {
      found.push_back(std::move(t));
    } else {
      leave_out_damaged_row();
      warn_once("damaged trial", "a stored trial does not match its checksum: it is not used");
    }
  }
  return found;
}

} // namespace tl::rt::store
