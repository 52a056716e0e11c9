// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rows to records and back: every statement that tuning needs. Private to the store. Functions that
// write expect to be in a transaction.

#ifndef TL_RUNTIME_STORE_ROWS_H
#define TL_RUNTIME_STORE_ROWS_H

#include "runtime/store/database.h"
#include "runtime/store/requests.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tl::rt::store {

struct stored_winner {
  winner best;
  std::string session_uid; ///< "" when it has none
};

/// A session row as begin_session() looks at it.
struct session_row {
  std::int64_t id;
  std::string uid;
  session_state state;
  std::string owner;
  std::int64_t touched;
  std::uint64_t seed;
};

/// The winner of a key in a file of schema `version`. A row whose checksum is wrong counts as
/// absent and is said once.
std::optional<stored_winner> find_winner(connection &db, int version, const winner_key &key);
/// All winners that differ from `key` in the problem only.
std::vector<candidate> find_candidates(connection &db, int version, const winner_key &key);
/// SQL of find_winner(), for the test that no table is scanned.
std::string find_winner_sql(int version);

/// Row of the problem, made when missing, with its factory and device brought up to date.
std::int64_t ensure_problem(connection &db, const factory_record &factory,
                            const device_record &device, measure_mode mode,
                            const std::string &problem, std::int64_t now);

/// Installs a winner as `policy` says; returns what is installed afterwards.
winner put_winner(connection &db, std::int64_t problem_id, const winner_key &key,
                  const winner &best, std::string_view session_uid, install_policy policy);

std::vector<session_row> find_unfinished_sessions(connection &db, std::int64_t problem_id);
/// 0 when there is none.
std::int64_t find_session(connection &db, std::string_view uid);
/// The same of one that is running and has this owner.
std::int64_t find_session_of(connection &db, std::string_view uid, std::string_view owner);
std::int64_t insert_session(connection &db, std::int64_t problem_id, const session_record &s,
                            std::string_view owner);
void continue_session(connection &db, std::int64_t session_id, std::string_view owner,
                      const session_record &now);
void end_session(connection &db, std::int64_t session_id, session_state state, std::int64_t now);
void note_compared(connection &db, std::int64_t session_id, std::string_view compared);
void touch_session(connection &db, std::int64_t session_id, std::int64_t now);

/// Writes a trial, replacing an earlier row of the same config but for its first start and its
/// number of attempts. With `starting`, an existing row counts one more attempt.
void put_trial(connection &db, std::int64_t session_id, trial t, bool starting);
/// Removes the row of a trial that was announced and has not started.
void remove_announced(connection &db, std::int64_t session_id, std::string_view config);
/// Rows whose checksum is wrong are left out, which is said once.
std::vector<trial> find_trials(connection &db, std::int64_t session_id);

/// Counts for damaged_rows_left_out().
void leave_out_damaged_row();

/// Finite, and not minus zero: what SQLite gives back as it was handed in.
double storable(double value);

} // namespace tl::rt::store

#endif
