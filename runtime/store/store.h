// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The memory of tuning: winners, sessions, and every trial, in one SQLite file (docs/database.md).
//
// Whatever is wrong with that file, the program goes on: each fault is said once, in one line, and
// the store then works with what is left (see store_mode). No function here throws, and none waits
// longer than the limits in store_options. What a function has answered with ok is on the disk.

#ifndef TL_RUNTIME_STORE_STORE_H
#define TL_RUNTIME_STORE_STORE_H

#include "runtime/store/requests.h"
#include "runtime/support/status.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tl::rt::store {

/// How many rows the stores of this process have left out so far, in lookups and in lists, because
/// they do not match their checksums.
std::size_t damaged_rows_left_out();

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
  /// Every file that lookups ask, this one first: "" where there is none.
  std::vector<std::string> searched() const;

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

  /// Under which facts which configs were right, or wrong: of this process's memory, of the file
  /// and of all layers.
  std::vector<proof_record> proofs(const winner_key &key);

  /// Stores what was found out; keeps it in this process's memory where the file is no use.
  rt::status add_proofs(const session_request &what, std::span<const proof_record> proofs);

  /// Configs that the key's last session measured, the fastest first; of the file, else of the
  /// first layer that has any.
  std::vector<std::string> measured(const winner_key &key);

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

  /// One step of a series of trials: `ended` have ended, and `next`, unless "", starts. What it
  /// tells survives this process, and is in the file a moment later (note_wait_ms) or with the next
  /// thing that goes there. `soon`: configs that are likely to follow `next` within that time and
  /// were never tried in this session. They may be announced together: they stand in the file as
  /// running, on the disk, before the first of them starts.
  rt::status note_trials(const session &s, std::span<const trial> ended, std::string_view next = {},
                         std::span<const std::string_view> soon = {});

  /// Writes what was noted, and takes back what was announced and has not started: nothing of that
  /// is going to. With `if_due` only what was noted, and only when it has waited long enough. The
  /// end of the session does all of it.
  rt::status settle_trials(const session &s, bool if_due = false);

  /// Records what the session's variants are compared on, with the next thing that is written.
  rt::status note_compared(const session &s, std::string_view compared);

  /// Ends a run of the session and installs the winner, if any, in the same transaction. The
  /// winner's state follows from the session's (final when finished) and not from what is handed
  /// in. `proofs`: what add_proofs() is to be told besides. When the file cannot be written, winner
  /// and proofs are kept in this process's memory.
  finish_result finish_session(const session &s, session_state state,
                               const std::optional<winner> &best,
                               install_policy policy = install_policy::if_better,
                               std::span<const proof_record> proofs = {});

  // --- Factories that cannot be tuned ----------------------------------------------------------

  /// Why no problem of this factory (id, fingerprint, abi) can be tuned, "" when nothing is known
  /// against it.
  std::string untunable(const factory_record &factory);
  /// Remembers that, for all problems and later starts of the program; "" forgets it again. Where
  /// the file cannot be written, for this process.
  void note_untunable(const factory_record &factory, std::string_view reason);

  /// Closes the files, which the next call that needs them opens again: between two calls the
  /// program finds no descriptor that is not its own. Not while another thread is in a call.
  void rest();

  // --- For tltune ------------------------------------------------------------------------------

  /// An empty filter lists everything. Only the own file, not the layers. In case of a failure the
  /// list is empty and `why`, if given, says so.
  std::vector<factory_record> list_factories(const filter &f = {}, rt::status *why = nullptr);
  std::vector<untunable_record> list_untunable(const filter &f = {}, rt::status *why = nullptr);
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
  /// Before forgetting what is unused: starts that time anew where clocks contradict each other.
  /// `all`, if given, receives whether it was for everything, since nothing at all was used within
  /// it: an abandoned file, or a clock that jumped.
  rt::status settle_uses(std::int64_t unused_ms, bool *all = nullptr);
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
