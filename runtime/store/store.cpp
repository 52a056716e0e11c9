// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/store/store.h"

#include "runtime/store/clock.h"
#include "runtime/store/owner.h"
#include "runtime/store/rows.h"
#include "runtime/store/store_impl.h"
#include "runtime/store/use.h"
#include "runtime/support/environment.h"
#include "runtime/support/made_once.h"
#include "runtime/support/paths.h"
#include "runtime/support/thread_guard.h"

#include <fmt/format.h>

#include <memory>
#include <random>
#include <set>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace tl::rt::store {

std::string_view to_string(store_mode mode) {
  switch (mode) {
  case store_mode::read_write:
    return "read_write";
  case store_mode::read_only:
    return "read_only";
  case store_mode::memory:
    return "memory";
  }
  return "unknown";
}

store_options default_store_options() {
  store_options options;
  if (environment().disable_cache)
    return options;
  if (!cache_directory().empty())
    options.path = fmt::format("{}/{}", cache_directory(), database_file_name);
  options.layers = environment().db_path;
  return options;
}

// --- Claims: sessions that this process is at work on --------------------------------------------

namespace {
struct claimed_sessions {
  pid_t process = 0; ///< a forked child has none of its parent's
  std::set<std::string, std::less<>> uids;
};
} // namespace

static claimed_sessions &claims() {
  static claimed_sessions *const all =
      new claimed_sessions; // never destroyed: sessions may outlive statics
  if (all->process != ::getpid()) {
    all->uids.clear();
    all->process = ::getpid();
  }
  return *all;
}

static bool is_claimed(const std::string &uid) {
  const mutex_lock lock(fork_safe_mutex(fork_safe::claims));
  return claims().uids.contains(uid);
}

namespace {
/// One of them, for as long as it lives, or until a signal handler jumps out of the call.
class held_claim {
public:
  explicit held_claim(std::string uid) : uid_(std::move(uid)) {
    const mutex_lock lock(fork_safe_mutex(fork_safe::claims));
    claims().uids.insert(uid_);
    abandoned_ = when_abandoned([uid = uid_] { give_up(uid); });
  }
  ~held_claim() { give_up(uid_); }
  held_claim(const held_claim &) = delete;
  held_claim &operator=(const held_claim &) = delete;

private:
  static void give_up(const std::string &uid) {
    const mutex_lock lock(fork_safe_mutex(fork_safe::claims));
    claims().uids.erase(uid);
  }

  std::string uid_;
  std::shared_ptr<const void> abandoned_;
};
} // namespace

/// Whether somebody is still at work on a session.
static bool is_at_work(const std::string &uid, std::string_view owner, std::int64_t touched) {
  return owner == this_owner() ? is_claimed(uid) : owner_is_alive(owner, touched, now_ms());
}

// --- Winners -------------------------------------------------------------------------------------

/// A layer may be named by its directory.
static std::string layer_path(const std::string &path) {
  struct stat about{};
  const bool directory = ::stat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode);
  return directory ? fmt::format("{}/{}", path, database_file_name) : path;
}

tuning_store::impl::impl(store_options o)
    : options(std::move(o)),
      own(options.path,
          options.read_only ? database_file::role::inspected : database_file::role::own,
          {options.read_wait_ms, options.write_wait_ms, options.retry_after_ms, options.work_ms}) {
  for (const std::string &path : options.layers)
    layers.push_back(std::make_unique<database_file>(
        layer_path(path), database_file::role::layer,
        database_file::limits{options.read_wait_ms, options.write_wait_ms, options.retry_after_ms,
                              options.work_ms}));
}

status tuning_store::impl::write(const std::function<void(connection &)> &work) {
  if (options.read_only && own.mode() == store_mode::read_only)
    return status::read_only("the store was opened for reading only");
  return own.write(work);
}

/// Once for each factory of a process, and not again within a day: whoever starts often does not
/// write often.
void tuning_store::impl::note_use(const winner_key &key) {
  if (!noted.insert(key.factory + ' ' + key.fingerprint).second)
    return;
  const moment now = this_moment();
  bool due = false;
  const status asked = own.read([&](connection &db, int version) {
    due = version == schema_version && use_is_due(db, key, now);
  });
  if (asked && due)
    own.write_if_easy([&](connection &db) { record_use(db, key, now); });
}

std::optional<winner> tuning_store::impl::lookup(const winner_key &key) {
  std::optional<winner> provisional;
  // Whether `found` is the answer; keeps it for later when it is only provisional.
  const auto settles = [&](const winner &found) {
    if (!provisional)
      provisional = found;
    return found.state == winner_state::final;
  };
  if (const auto kept = memory.find(key); kept != memory.end() && settles(kept->second.best))
    return kept->second.best;
  const auto ask = [&](database_file &file) -> std::optional<winner> {
    std::optional<stored_winner> found;
    const status asked =
        file.read([&](connection &db, int version) { found = find_winner(db, version, key); });
    if (!asked || !found)
      return {};
    found->best.source = file.path();
    return std::move(found->best);
  };
  auto found = ask(own);
  if (found)
    note_use(key);
  if (found && settles(*found))
    return found;
  for (const auto &layer : layers)
    if (const auto other = ask(*layer); other && settles(*other))
      return other;
  return provisional;
}

finish_result tuning_store::impl::install(const session_request &what,
                                          const std::optional<winner> &best, install_policy policy,
                                          const session *ended, session_state state,
                                          std::span<const proof_record> proofs) {
  const winner_key key = what.key();
  finish_result result;
  const auto installed_key = [](connection &db, const unwritten &u, std::string_view uid) {
    const std::int64_t problem = ensure_problem(db, u.request.factory, u.request.device,
                                                u.request.mode, u.request.problem, now_ms());
    record_use(db, u.request.key(), this_moment());
    return put_winner(db, problem, u.request.key(), u.best, uid, u.policy);
  };
  result.status = write([&](connection &db) {
    result.installed.reset();
    const std::string_view uid = ended ? std::string_view(ended->uid) : std::string_view();
    if (ended)
      write_noted(db, *ended);
    if (const std::int64_t id = uid.empty() ? 0 : find_session(db, uid))
      end_session(db, id, state, now_ms());
    // What could not be written earlier goes along now.
    for (const auto &[other, kept] : memory)
      if (other != key)
        (void)installed_key(db, kept, {});
    if (best)
      result.installed = installed_key(db, {what, *best, policy}, uid);
    write_proofs(db, what, proofs);
  });
  if (result.status) {
    if (ended)
      forget_notes(*ended);
    memory.clear();
    if (!proofs.empty())
      unwritten_proofs.erase(key);
    return result;
  }
  keep_proofs(key, proofs);
  result.installed.reset();
  if (best) {
    const std::optional<winner> stored =
        policy == install_policy::always ? std::nullopt : lookup(key);
    const bool keep_stored =
        stored && stored->state == winner_state::final &&
        (best->state == winner_state::provisional || stored->median_ns <= best->median_ns);
    if (!keep_stored)
      memory[key] = {what, *best, policy};
    result.installed = keep_stored ? *stored : *best;
  }
  return result;
}

// --- The public functions ------------------------------------------------------------------------

tuning_store::tuning_store(store_options options)
    : impl_(std::make_unique<impl>(std::move(options))) {}

tuning_store::~tuning_store() {
  const mutex_lock lock(store_mutex());
  impl_.reset();
}

tuning_store &tuning_store::instance() {
  static constinit made_once<tuning_store> store;
  return store.get([] { return std::make_unique<tuning_store>(default_store_options()); });
}

const std::string &tuning_store::path() const { return impl_->options.path; }

std::vector<std::string> tuning_store::searched() const {
  std::vector<std::string> all;
  if (!impl_->options.path.empty())
    all.push_back(impl_->options.path);
  for (const auto &layer : impl_->layers)
    all.push_back(layer->path());
  return all;
}

store_mode tuning_store::mode() {
  const mutex_lock lock(store_mutex());
  (void)impl_->own.read([](connection &, int) {});
  return impl_->own.mode();
}

std::string tuning_store::mode_reason() {
  const mutex_lock lock(store_mutex());
  return impl_->own.reason();
}

std::optional<winner> tuning_store::lookup(const winner_key &key) {
  const mutex_lock lock(store_mutex());
  return impl_->lookup(key);
}

std::vector<candidate> tuning_store::candidates(const winner_key &key) {
  const mutex_lock lock(store_mutex());
  std::map<std::string, winner> best;
  std::vector<std::string> order;
  const auto add = [&](const std::string &problem, const winner &found) {
    const auto [at, fresh] = best.try_emplace(problem, found);
    if (fresh)
      order.push_back(problem);
    else if (at->second.state == winner_state::provisional && found.state == winner_state::final)
      at->second = found;
  };
  for (const auto &[other, kept] : impl_->memory) {
    winner_key same = other;
    same.problem = key.problem;
    if (same == key)
      add(other.problem, kept.best);
  }
  const auto ask = [&](database_file &file) {
    std::vector<candidate> found;
    const status asked =
        file.read([&](connection &db, int version) { found = find_candidates(db, version, key); });
    if (!asked)
      return;
    for (candidate &c : found) {
      c.best.source = file.path();
      add(c.problem, c.best);
    }
  };
  ask(impl_->own);
  for (const auto &layer : impl_->layers)
    ask(*layer);
  std::vector<candidate> all;
  for (const std::string &problem : order)
    all.push_back({problem, best.at(problem)});
  return all;
}

finish_result tuning_store::install(const session_request &what, const winner &best,
                                    install_policy policy) {
  const mutex_lock lock(store_mutex());
  winner dated = best;
  dated.updated = now_ms();
  return impl_->install(what, dated, policy, nullptr, session_state::finished);
}

static std::string new_uid() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

/// A config that was running this often when its process was killed is not tried again.
static constexpr std::uint32_t most_losses = 2;

/// Marks what was running when the session's last run died.
static void mark_lost(connection &db, std::int64_t session_id) {
  for (trial &t : find_trials(db, session_id)) {
    if (t.status != trial_status::running)
      continue;
    t.status = trial_status::lost;
    t.reason = t.attempts >= most_losses
                   ? fmt::format("was running each of the {} times that the tuning process was "
                                 "killed",
                                 t.attempts)
                   : "was running when the tuning process was killed; it is tried once more";
    t.ended = now_ms();
    put_trial(db, session_id, t, false);
  }
}

session_record new_session(const session_request &request) {
  session_record s;
  s.uid = new_uid();
  s.started = s.touched = now_ms();
  s.host = host_name();
  s.pid = ::getpid();
  s.seed = request.seed;
  s.options = request.options;
  return s;
}

static void begin(connection &db, const session_request &request, session &out) {
  const session_record fresh = new_session(request);
  const std::string owner = this_owner();
  const std::int64_t problem = ensure_problem(db, request.factory, request.device, request.mode,
                                              request.problem, fresh.started);
  record_use(db, request.key(), this_moment());
  out.resumed = false;
  out.id = 0;
  for (const session_row &row : find_unfinished_sessions(db, problem)) {
    const bool ours = row.owner == owner;
    if (row.state == session_state::running && is_at_work(row.uid, row.owner, row.touched))
      throw stop_work{
          status::busy(fmt::format("{} is being tuned by another {} for {}", request.factory.name,
                                   ours ? "thread" : "process", request.problem))};
    if (request.fresh || out.resumed) {
      end_session(db, row.id, session_state::abandoned, fresh.started);
      continue;
    }
    out.resumed = true;
    out.id = row.id;
    out.uid = row.uid;
    out.seed = row.seed;
    mark_lost(db, row.id);
    continue_session(db, row.id, owner, fresh);
  }
  if (!out.resumed) {
    out.uid = fresh.uid;
    out.seed = request.seed;
    out.id = insert_session(db, problem, fresh, owner);
  }
  out.finished.clear();
  out.lost.clear();
  out.again.clear();
  for (trial &t : find_trials(db, out.id)) {
    const bool lost = t.status == trial_status::lost;
    const bool undecided = t.status == trial_status::stopped || (lost && t.attempts < most_losses);
    (undecided ? out.again : lost ? out.lost : out.finished).push_back(std::move(t));
  }
  const auto stored = find_winner(db, schema_version, request.key());
  out.current = stored ? std::optional(stored->best) : std::nullopt;
}

status tuning_store::begin_session(const session_request &request, session &out) {
  out = {};
  const mutex_lock lock(store_mutex());
  session made;
  made.key = request.key();
  made.request = request;
  bool in_progress = false;
  std::vector<std::string> done_with;
  status begun = impl_->write([&](connection &db) {
    in_progress = false;
    done_with = settle_notes(db, impl_->options.path, is_at_work);
    try {
      begin(db, request, made);
    } catch (const stop_work &) {
      in_progress = true;
      throw;
    }
  });
  if (begun) {
    for (const std::string &path : done_with)
      ::unlink(path.c_str());
    impl_->noted_sessions.erase(made.uid);
    made.claim = std::make_shared<held_claim>(made.uid);
    out = std::move(made);
    return begun;
  }
  out.key = request.key();
  out.request = request;
  out.seed = request.seed;
  // `busy` is to say one thing only; a locked file is a file that is no use.
  if (begun.code() == status_code::busy && !in_progress)
    return status::disabled(begun.text());
  return begun;
}

finish_result tuning_store::finish_session(const session &s, session_state state,
                                           const std::optional<winner> &best, install_policy policy,
                                           std::span<const proof_record> proofs) {
  const mutex_lock lock(store_mutex());
  std::optional<winner> dated = best;
  if (dated) {
    dated->state =
        state == session_state::finished ? winner_state::final : winner_state::provisional;
    dated->updated = now_ms();
  }
  session_request what = s.request;
  return impl_->install(what, dated, policy, s.id != 0 ? &s : nullptr, state, proofs);
}

} // namespace tl::rt::store
