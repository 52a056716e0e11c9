// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a store is asked, and what it answers; the rows themselves are in records.h.

#ifndef TL_RUNTIME_STORE_REQUESTS_H
#define TL_RUNTIME_STORE_REQUESTS_H

#include "runtime/store/records.h"
#include "runtime/support/status.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tl::rt::store {

enum class store_mode : unsigned char {
  read_write,
  read_only, ///< winners are read from the file, new ones are kept in this process's memory
  memory,    ///< no usable file: new winners are kept in this process's memory
};

std::string_view to_string(store_mode mode);

struct store_options {
  std::string path;                ///< the file to read and write; "" : memory only
  std::vector<std::string> layers; ///< further databases, only read, asked in this order
  /// Never create, migrate or change anything (TL_TUNE=off, `tltune list`).
  bool read_only = false;
  int read_wait_ms = 2000;   ///< longest wait for a lock before a lookup gives up [ms]
  int write_wait_ms = 10000; ///< longest wait for a lock before a write gives up [ms]
  /// After such a wait was in vain, the file is left alone for this long [ms].
  int retry_after_ms = 30000;
  /// Longest time that one call of this store spends in the file, waits not counted [ms].
  int work_ms = 10000;
  /// What note_trials() is told is in the file after this, as long as trials end [ms].
  int note_wait_ms = 100;
};

/// The options that TL_CACHE_DIR, TL_DB_PATH and TL_DISABLE_CACHE ask for.
store_options default_store_options();

/// What a session starts from.
struct session_request {
  factory_record factory;
  device_record device;
  measure_mode mode = measure_mode::hot;
  std::string problem;
  std::uint64_t seed = 0;     ///< of a new session; a continued one keeps its own
  std::string options = "{}"; ///< JSON object
  bool fresh = false;         ///< start anew even when there is a session to continue

  winner_key key() const {
    return {factory.id, factory.fingerprint, factory.abi, device.identity, mode, problem};
  }
};

/// A session in progress, as begin_session() found or made it.
struct session {
  /// 0: there is no such session in a file; calls with it are fine and keep only the winner.
  std::int64_t id = 0;
  bool resumed = false;
  std::uint64_t seed = 0;
  winner_key key;
  /// Trials that earlier runs of this session completed, in the order in which they were first
  /// started.
  std::vector<trial> finished;
  /// Trials that were running when the process was killed, for the second time: such a variant is
  /// not innocent. They should not be tried again unless the user asks.
  std::vector<trial> lost;
  /// Trials without an outcome: running when the process was killed, once, which an interrupted
  /// program does to any variant; or stopped with the session's budget. To be tried again.
  std::vector<trial> again;
  /// A winner that another process has stored in the meantime, if any.
  std::optional<winner> current;

  // The rest is for the store itself.
  std::string uid;
  session_request request;
  /// While a copy of it lives, no other thread of this process gets the same session.
  std::shared_ptr<const void> claim;
};

enum class install_policy : unsigned char {
  if_better, ///< keep a stored final winner that is at least as fast; final replaces provisional
  always,    ///< replace what is there (the user asked to tune again)
};

struct finish_result {
  rt::status status;
  /// What is installed now: the winner that was handed in, or a better one that was stored before.
  std::optional<winner> installed;
};

/// A problem with a winner, for TL_TUNE=nearest.
struct candidate {
  std::string problem;
  winner best;
};

/// One row of list_winners().
struct listed_winner {
  factory_record factory;
  device_record device;
  winner_key key;
  winner best;
  std::vector<proof_record> proofs;
};

/// One session with what it belongs to and what it tried: the unit of export, import and merge.
struct session_bundle {
  factory_record factory;
  device_record device;
  measure_mode mode = measure_mode::hot;
  std::string problem;
  session_record session;
  std::vector<trial> trials;
  std::vector<proof_record> proofs; ///< the problem's
  /// The problem's winner, when this session's; or without a session (uid "").
  std::optional<winner> best;
};

/// What forget() and list functions apply to; an empty field matches everything.
struct filter {
  std::string factory = {};     ///< id or name, `*` and `?` match as in a shell
  std::string fingerprint = {}; ///< exact
  std::string device = {};      ///< identity; `*` and `?` match as in a shell
  std::string problem = {};     ///< exact
  /// Parts of a problem that it has in this order: of "m=1,n=8,k=4" "n=8", "m=1,k=4"; `*` and `?`
  /// match as in a shell.
  std::string problem_parts = {};
  std::optional<measure_mode> mode = {};
  /// Only factories of which a more recently seen fingerprint exists.
  bool stale = false;
  /// Only what was last touched before this time [ms], 0: any.
  std::int64_t before = 0;
  /// Only what belongs to code that no program is known to have used for this long [ms], 0: any.
  std::int64_t unused_ms = 0;
};

struct counts {
  std::int64_t factories = 0, devices = 0, problems = 0, sessions = 0, trials = 0, winners = 0;

  bool operator==(const counts &) const = default;
};

} // namespace tl::rt::store

#endif
