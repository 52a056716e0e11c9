// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of tuning_store that writes trials. A transaction waits for the disk several times,
// which takes longer than most variants do. So those that are likely to run within the next moment
// are announced in one transaction, and what becomes of each is noted beside the database, without
// waiting. The notes are only for a process that dies; one that lives brings all of it to the
// database itself.

#include "runtime/store/clock.h"
#include "runtime/store/owner.h"
#include "runtime/store/rows.h"
#include "runtime/store/store.h"
#include "runtime/store/store_impl.h"
#include "runtime/store/trial_notes.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace tl::rt::store {

/// The session's row. Made anew where the file is not the one it began in (set aside, removed).
static std::int64_t session_id(connection &db, const session &s) {
  if (const std::int64_t id = find_session(db, s.uid))
    return id;
  session_record again = new_session(s.request);
  again.uid = s.uid;
  again.seed = s.seed;
  const session_request &r = s.request;
  return insert_session(db,
                        ensure_problem(db, r.factory, r.device, r.mode, r.problem, again.started),
                        again, this_owner());
}

/// With the times of day that a row has, which those that end now do not have yet.
static std::vector<trial> dated(std::span<const trial> ended) {
  std::vector<trial> all(ended.begin(), ended.end());
  const std::int64_t now = now_ms();
  for (trial &t : all) {
    t.started = t.started != 0 ? t.started : now;
    t.ended = t.ended != 0 ? t.ended : now;
  }
  return all;
}

static void put_start(connection &db, std::int64_t session, std::string_view config,
                      std::int64_t now) {
  trial start;
  start.config = config;
  start.started = now;
  put_trial(db, session, std::move(start), true);
}

// --- Notes ---------------------------------------------------------------------------------------

noted_session &tuning_store::impl::notes_of(const session &s) {
  noted_session &found = noted_sessions[s.uid];
  if (found.process != ::getpid()) {
    found = {};
    found.process = ::getpid();
  }
  return found;
}

bool tuning_store::impl::is_due(const noted_session &of) const {
  return std::chrono::steady_clock::now() - of.written >=
         std::chrono::milliseconds(options.note_wait_ms);
}

static void remove_notes(noted_session &of) {
  if (!of.path.empty())
    ::unlink(of.path.c_str());
  of.path.clear();
}

void tuning_store::impl::forget_notes(const session &s) {
  remove_notes(notes_of(s));
  noted_sessions.erase(s.uid);
}

/// What is noted, without what was announced and has not started: nothing of that is going to.
void tuning_store::impl::write_noted(connection &db, const session &s) {
  const noted_session &mine = notes_of(s);
  if (!mine.has_news())
    return;
  const std::int64_t id = session_id(db, s);
  for (const trial &t : mine.ended)
    put_trial(db, id, t, false);
  for (const std::string &config : mine.announced)
    remove_announced(db, id, config);
  if (mine.compared)
    store::note_compared(db, id, *mine.compared);
}

/// The same machine, and not started anew since: what was written is there, on the disk or not.
static bool is_of_this_boot(std::string_view owner) {
  const std::string boot = boot_id();
  return !boot.empty() && owner.starts_with(fmt::format("{}|{}|", host_name(), boot));
}

/// What has ended goes to the database where that does not know it, or less of it: it may have been
/// told more since than was noted. Those that were announced and had not started are innocent. Only
/// notes that are complete say which: a machine that lost its power may have lost the last ones.
static void settle(connection &db, std::int64_t session, const trial_notes &notes) {
  std::map<std::string_view, const trial *> last;
  for (const trial &t : notes.ended)
    last[t.config] = &t;
  const bool complete = is_of_this_boot(notes.owner);
  for (const trial &row : find_trials(db, session)) {
    const bool running = row.status == trial_status::running;
    const auto noted = last.find(row.config);
    if (noted != last.end() && !running && noted->second->ended <= row.ended)
      last.erase(noted);
    else if (running && complete && row.attempts == 1 && !notes.started.contains(row.config))
      remove_announced(db, session, row.config);
  }
  for (const auto &[config, t] : last)
    put_trial(db, session, *t, false);
}

std::vector<std::string> settle_notes(
    connection &db, const std::string &database,
    const std::function<bool(const std::string &uid, std::string_view owner, std::int64_t touched)>
        &is_at_work) {
  std::vector<std::string> done_with;
  for (const auto &[uid, path] : find_notes(database)) {
    const std::optional<trial_notes> notes = read_notes(path);
    if (!notes || is_at_work(uid, notes->owner, notes->touched))
      continue;
    if (const std::int64_t id = find_session_of(db, uid, notes->owner))
      settle(db, id, *notes);
    done_with.push_back(path);
  }
  return done_with;
}

// --- The public functions ------------------------------------------------------------------------

status tuning_store::impl::write_trials(const session &s, std::span<const trial> ended,
                                        std::string_view next,
                                        std::span<const std::string_view> soon) {
  noted_session &mine = notes_of(s);
  if (!soon.empty() && mine.path.empty()) {
    mine.path = notes_path(options.path, s.uid);
    if (!begin_notes(mine.path, this_owner())) {
      remove_notes(mine);
      soon = {}; // each is journaled before it starts
    }
  }
  status done = write([&](connection &db) {
    const std::int64_t now = now_ms();
    const std::int64_t id = session_id(db, s);
    for (const trial &t : mine.ended)
      put_trial(db, id, t, false);
    for (trial &t : dated(ended))
      put_trial(db, id, std::move(t), false);
    if (mine.compared)
      store::note_compared(db, id, *mine.compared);
    if (!next.empty() && !mine.announced.contains(next))
      put_start(db, id, next, now);
    for (const std::string_view config : soon)
      if (!mine.announced.contains(config))
        put_start(db, id, config, now);
    touch_session(db, id, now);
  });
  if (done || done.code() != status_code::busy)
    mine.ended.clear();
  if (done) {
    mine.written = std::chrono::steady_clock::now();
    mine.compared.reset();
    mine.announced.insert(soon.begin(), soon.end());
  }
  if (const auto at = mine.announced.find(next); at != mine.announced.end())
    mine.announced.erase(at);
  if (!next.empty() && !mine.path.empty() && !append_notes(mine.path, {}, next))
    remove_notes(mine);
  return done;
}

status tuning_store::trial_started(const session &s, std::string_view config) {
  return trials_finished(s, {}, config);
}

status tuning_store::trial_finished(const session &s, const trial &t) {
  return trials_finished(s, {&t, 1});
}

status tuning_store::trials_finished(const session &s, std::span<const trial> trials,
                                     std::string_view next) {
  if (s.id == 0)
    return status::disabled("the session is not in the database");
  const mutex_lock lock(store_mutex());
  return impl_->write_trials(s, trials, next, {});
}

status tuning_store::note_trials(const session &s, std::span<const trial> ended,
                                 std::string_view next, std::span<const std::string_view> soon) {
  if (s.id == 0)
    return status::disabled("the session is not in the database");
  const mutex_lock lock(store_mutex());
  noted_session &mine = impl_->notes_of(s);
  const auto announced = mine.announced.find(next);
  const bool known = next.empty() || announced != mine.announced.end();
  if (known && !mine.path.empty() && !impl_->is_due(mine)) {
    const std::vector<trial> all = dated(ended);
    if (append_notes(mine.path, all, next)) {
      mine.ended.insert(mine.ended.end(), all.begin(), all.end());
      if (!next.empty())
        mine.announced.erase(announced);
      return {};
    }
    remove_notes(mine);
  }
  return impl_->write_trials(s, ended, next, known ? std::span<const std::string_view>() : soon);
}

status tuning_store::settle_trials(const session &s, bool if_due) {
  if (s.id == 0)
    return status::disabled("the session is not in the database");
  const mutex_lock lock(store_mutex());
  noted_session &mine = impl_->notes_of(s);
  if (if_due && (mine.ended.empty() || !impl_->is_due(mine)))
    return {};
  if (if_due)
    return impl_->write_trials(s, {}, {}, {});
  if (!mine.has_news())
    return {};
  status done = impl_->write([&](connection &db) { impl_->write_noted(db, s); });
  if (done) {
    mine.ended.clear();
    mine.announced.clear();
    mine.compared.reset();
    mine.written = std::chrono::steady_clock::now();
  }
  return done;
}

status tuning_store::note_compared(const session &s, std::string_view compared) {
  if (s.id == 0)
    return status::disabled("the session is not in the database");
  const mutex_lock lock(store_mutex());
  impl_->notes_of(s).compared = std::string(compared);
  return {};
}

} // namespace tl::rt::store
