// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What tuning_store keeps, for the files that implement it.

#ifndef TL_RUNTIME_STORE_STORE_IMPL_H
#define TL_RUNTIME_STORE_STORE_IMPL_H

#include "runtime/store/file.h"
#include "runtime/store/store.h"
#include "runtime/support/fork_guard.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace tl::rt::store {

/// One mutex for all stores of a process: calls are rare, and a fork has to wait for a single one.
inline mutex &store_mutex() { return fork_safe_mutex(fork_safe::store); }

/// Row of a new session of this process.
session_record new_session(const session_request &request);

/// Brings what sessions that nobody is at work on any more have left in notes to the database's
/// rows of them. Returns the files that are done with once that is committed.
std::vector<std::string> settle_notes(
    connection &db, const std::string &database,
    const std::function<bool(const std::string &uid, std::string_view owner, std::int64_t touched)>
        &is_at_work);

/// What is known of a session's trials and not in the database yet.
struct noted_session {
  pid_t process = 0;        ///< a forked child has none of its parent's
  std::string path;         ///< of its notes, "" while there are none
  std::vector<trial> ended; ///< noted, and not in the database
  std::optional<std::string> compared;
  std::set<std::string, std::less<>> announced;    ///< in the database as running; have not started
  std::chrono::steady_clock::time_point written{}; ///< when the database last was

  bool has_news() const { return !ended.empty() || !announced.empty() || compared; }
};

struct tuning_store::impl {
  /// A winner that could not be written, with what is needed to write it later.
  struct unwritten {
    session_request request;
    winner best;
    install_policy policy;
  };

  explicit impl(store_options o);

  store_options options;
  database_file own;
  std::vector<std::unique_ptr<database_file>> layers;
  std::map<winner_key, unwritten> memory;
  std::set<std::string> noted; ///< factories whose use was recorded, or found recorded
  std::map<std::string, std::string> untunable; ///< id and fingerprint: why, where not in the file
  struct kept_proofs {
    std::vector<proof_record> proofs;
  };
  std::map<winner_key, kept_proofs> unwritten_proofs;
  std::map<std::string, noted_session> noted_sessions; ///< by uid

  rt::status write(const std::function<void(connection &)> &work);
  std::optional<winner> lookup(const winner_key &key);
  void note_use(const winner_key &key);
  /// Installs a winner, in the file or else in memory; ends the session `uid`, unless "", as
  /// `state`.
  finish_result install(const session_request &what, const std::optional<winner> &best,
                        install_policy policy, const session *ended, session_state state,
                        std::span<const proof_record> proofs = {});

  // Proofs: proofs.cpp.
  /// With those of the same key that could not be written earlier.
  void write_proofs(connection &db, const session_request &what,
                    std::span<const proof_record> proofs);
  void keep_proofs(const winner_key &key, std::span<const proof_record> proofs);

  // Trials: trials.cpp.
  noted_session &notes_of(const session &s);
  void write_noted(connection &db, const session &s);
  void forget_notes(const session &s);
  bool is_due(const noted_session &of) const;
  /// One transaction: what is noted, `ended`, the start of `next` and the announcement of `soon`.
  rt::status write_trials(const session &s, std::span<const trial> ended, std::string_view next,
                          std::span<const std::string_view> soon);
};

} // namespace tl::rt::store

#endif
