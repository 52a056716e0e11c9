// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The memory of tuning: winners, sessions, and every trial, in one SQLite file (docs/database.md).
//
// Whatever is wrong with that file, the program goes on: each fault is said once, in one line, and
// the store then works with what is left (see store_mode). No function here throws, and none waits
// longer than the limits in store_options. What a function has answered with ok is on the disk.

#ifndef TL_RUNTIME_STORE_STORE_H
#define TL_RUNTIME_STORE_STORE_H

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
  /// Trials that were running when the process was killed, now marked `lost`. They should not be
  /// tried again unless the user asks.
  std::vector<trial> lost;
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
};

/// One session with what it belongs to and what it tried: the unit of export, import and merge.
struct session_bundle {
  factory_record factory;
  device_record device;
  measure_mode mode = measure_mode::hot;
  std::string problem;
  session_record session;
  std::vector<trial> trials;
  std::optional<winner>
      best; ///< the problem's winner, when this session's; or without a session (uid "")
};

/// What forget() and list functions apply to; an empty field matches everything.
struct filter {
  std::string factory = {};     ///< id or name, `*` and `?` match as in a shell
  std::string fingerprint = {}; ///< exact
  std::string device = {};      ///< identity; `*` and `?` match as in a shell
  std::string problem = {};     ///< exact
  std::optional<measure_mode> mode = {};
  /// Only factories of which a more recently seen fingerprint exists.
  bool stale = false;
  /// Only what was last touched before this time [ms], 0: any.
  std::int64_t before = 0;
};

struct counts {
  std::int64_t factories = 0, devices = 0, problems = 0, sessions = 0, trials = 0, winners = 0;

  bool operator==(const counts &) const = default;
};

/// Thread-safe (one connection behind one mutex). After fork() the child may go on using the
/// object: it opens the file anew and never touches the parent's connection. Not to be used from
/// signal handlers. fork() in another thread waits for a store call that is under way.
class tuning_store {
public:
  /// Touches no file yet: the first call that needs one opens it.
  explicit tuning_store(store_options options);
  ~tuning_store();
  tuning_store(const tuning_store &) = delete;
  tuning_store &operator=(const tuning_store &) = delete;

  /// The process's store, with default_store_options(). Never destroyed.
  static tuning_store &instance();

  /// What the store can do at the moment; opens the file when it was not.
  store_mode mode();
  /// Why mode() is not read_write: one line, "" when it is.
  std::string mode_reason();
  const std::string &path() const;

  // --- Winners ---------------------------------------------------------------------------------

  /// The stored winner: of this process's memory, of the file, of the layers in order. The first
  /// final one counts; without any, the first provisional one. Costs no more for a large database.
  std::optional<winner> lookup(const winner_key &key);

  /// All winners of the same factory, fingerprint, device and mode, whatever the problem. A problem
  /// that stands in several layers comes once, as lookup() would answer.
  std::vector<candidate> candidates(const winner_key &key);

  /// Stores a winner without a session (import, bake). `if_better` as in finish_session().
  finish_result install(const session_request &what, const winner &best,
                        install_policy policy = install_policy::if_better);

  // --- Sessions --------------------------------------------------------------------------------

  /// Continues the key's unfinished session (killed or out of budget), or begins a new one.
  /// busy: a live process is at work on that very session (or another thread of this process);
  /// wait for its winner, or go on without. Any other failure (the file is no use, or locked by
  /// somebody for too long): `out` is a session with id 0, which works like any other but leaves no
  /// trace in the file except, if that is possible by then, its winner.
  rt::status begin_session(const session_request &request, session &out);

  /// Journals that a trial starts; on the disk when this returns. Call it before the variant's
  /// first instruction. For a config that the session has already tried, counts one more attempt.
  rt::status trial_started(const session &s, std::string_view config);

  /// Journals how a trial ended. May be called again for the same config with more samples.
  rt::status trial_finished(const session &s, const trial &t);

  /// The same for several, in one transaction; then journals the start of `next`, unless it is "".
  rt::status trials_finished(const session &s, std::span<const trial> trials,
                             std::string_view next = {});

  /// Ends a run of the session and installs the winner, if any, in the same transaction. The
  /// winner's state follows from the session's (final when finished) and not from what is handed
  /// in. When the file cannot be written, the winner is kept in this process's memory.
  finish_result finish_session(const session &s, session_state state,
                               const std::optional<winner> &best,
                               install_policy policy = install_policy::if_better);

  // --- For tltune ------------------------------------------------------------------------------

  /// An empty filter lists everything. Only the own file, not the layers. In case of a failure the
  /// list is empty and `why`, if given, says so.
  std::vector<factory_record> list_factories(const filter &f = {}, rt::status *why = nullptr);
  std::vector<device_record> list_devices(const filter &f = {}, rt::status *why = nullptr);
  std::vector<listed_winner> list_winners(const filter &f = {}, rt::status *why = nullptr);
  /// Sessions, oldest first, without trials and samples.
  std::vector<session_bundle> list_sessions(const filter &f = {}, rt::status *why = nullptr);
  /// Trials of one session, in the order in which they were first started, with samples.
  std::vector<trial> list_trials(std::int64_t session_id, rt::status *why = nullptr);
  counts count(rt::status *why = nullptr);

  /// Adds what another database or a JSON file holds. A session that is already here (same uid) is
  /// skipped; winners are installed if better. All in one transaction.
  rt::status import(std::span<const session_bundle> bundles);
  /// import() of everything in another database file.
  rt::status merge(const std::string &other_path);

  /// Removes problems that match, with their sessions, trials and winners, then factories and
  /// devices that nothing refers to. `removed`, if given, receives how much went.
  rt::status forget(const filter &f, counts *removed = nullptr);
  /// Gives back the space of what was removed. Takes time proportional to the file.
  rt::status compact();
  /// Checks the file's structure and every row's checksum; one line per finding, empty when sound.
  std::vector<std::string> verify();

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace tl::rt::store

#endif
