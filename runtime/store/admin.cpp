// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of tuning_store that people use through tltune: listing, merging, forgetting, checking.

#include "runtime/store/encoding.h"
#include "runtime/store/proofs.h"
#include "runtime/store/rows.h"
#include "runtime/store/store.h"
#include "runtime/store/store_impl.h"
#include "runtime/store/use.h"

#include <fmt/format.h>

#include <bit>
#include <utility>

namespace tl::rt::store {

// --- Reading rows --------------------------------------------------------------------------------

/// Columns of a factory, a device and a problem, in the order in which read_place() takes them.
static constexpr std::string_view place_columns =
    "f.factory, f.fingerprint, f.abi, f.name, f.location, f.parameters, f.default_config, "
    "f.configs, f.last_seen, "
    "d.identity, d.properties, p.mode, p.problem";
static constexpr int place_width = 13;
static constexpr std::string_view place_tables =
    " FROM problems p JOIN factories f ON f.id = p.factory_id JOIN devices d ON d.id = p.device_id";

/// Parameters 1 to 8: see bind_filter(). Each part of a problem has commas of its own in ?8.
static constexpr std::string_view plain_filter =
    " WHERE (?1 = '' OR f.factory = ?1 OR f.name = ?1 OR f.factory GLOB ?1 OR f.name GLOB ?1)"
    " AND (?2 = '' OR f.fingerprint = ?2)"
    " AND (?3 = '' OR d.identity = ?3 OR d.identity GLOB ?3)"
    " AND (?4 = '' OR p.problem = ?4)"
    " AND (?5 < 0 OR p.mode = ?5)"
    " AND (?6 = 0 OR EXISTS (SELECT 1 FROM factories g WHERE g.factory = f.factory AND g.last_seen "
    "> f.last_seen))"
    " AND (?7 = 0 OR max(ifnull((SELECT max(touched) FROM sessions WHERE problem_id = p.id), 0),"
    " ifnull((SELECT updated FROM winners WHERE problem_id = p.id), 0)) < ?7)"
    " AND (?8 = '' OR replace(',' || p.problem || ',', ',', ',,') GLOB ?8)";

/// "n=8,k=4" as a pattern for ",,m=1,,n=8,,k=4,,".
static std::string parts_pattern(std::string_view parts) {
  if (parts.empty())
    return {};
  std::string pattern = "*,";
  for (const char c : parts)
    pattern += c == ',' ? ",*," : c == '[' ? "[[]" : std::string(1, c);
  return pattern + ",*";
}

/// Earlier versions do not know of any use.
static std::string place_filter(int version, const filter &f) {
  if (f.unused_ms <= 0)
    return std::string(plain_filter);
  return fmt::format("{} AND {}", plain_filter,
                     version >= 3 ? fmt::format("NOT ({})", used_within(9)) : "0");
}

static void bind_filter(statement &query, int version, const filter &f) {
  const int mode = f.mode ? static_cast<int>(*f.mode) : -1;
  const int stale = f.stale ? 1 : 0;
  const std::string parts = parts_pattern(f.problem_parts);
  if (f.unused_ms <= 0 || version < 3) {
    query.bind(f.factory, f.fingerprint, f.device, f.problem, mode, stale, f.before, parts);
    return;
  }
  const moment now = this_moment();
  query.bind(f.factory, f.fingerprint, f.device, f.problem, mode, stale, f.before, parts,
             now.wall_ms, now.boot, now.uptime_ms, f.unused_ms);
}

static factory_record read_factory(const statement &row) {
  return {.id = row.text(0),
          .fingerprint = row.text(1),
          .abi = static_cast<std::uint32_t>(row.integer(2)),
          .name = row.text(3),
          .location = row.text(4),
          .parameters = row.text(5),
          .default_config = row.text(6),
          .configs = static_cast<std::uint32_t>(row.integer(7)),
          .last_seen = row.integer(8)};
}

static device_record read_device(const statement &row) { return {row.text(9), row.text(10)}; }

static measure_mode read_mode(const statement &row) {
  return static_cast<measure_mode>(row.integer(11));
}

static winner_key key_of(const factory_record &f, const device_record &d, measure_mode mode,
                         const std::string &problem) {
  return {f.id, f.fingerprint, f.abi, d.identity, mode, problem};
}

static session_bundle read_session(const statement &row) {
  session_bundle b{.factory = read_factory(row),
                   .device = read_device(row),
                   .mode = read_mode(row),
                   .problem = row.text(12),
                   .session = {},
                   .trials = {},
                   .proofs = {},
                   .best = {}};
  session_record &s = b.session;
  s.id = row.integer(place_width);
  s.uid = row.text(place_width + 1);
  s.started = row.integer(place_width + 2);
  s.touched = row.integer(place_width + 3);
  s.finished = row.integer(place_width + 4);
  s.state = static_cast<session_state>(row.integer(place_width + 5));
  s.host = row.text(place_width + 6);
  s.pid = row.integer(place_width + 7);
  s.runs = static_cast<std::uint32_t>(row.integer(place_width + 8));
  s.seed = std::bit_cast<std::uint64_t>(row.integer(place_width + 9));
  s.options = row.text(place_width + 10);
  s.compared = row.text(place_width + 11);
  return b;
}

static std::vector<session_bundle> find_sessions(connection &db, int version, const filter &f) {
  statement query = db.prepare(fmt::format(
      "SELECT {}, s.id, s.uid, s.started, s.touched, s.finished, s.state, "
      "s.host, s.pid, s.runs, s.seed, s.options, {}{} "
      "JOIN sessions s ON s.problem_id = p.id{} ORDER BY s.id",
      place_columns, version >= 6 ? "s.compared" : "''", place_tables, place_filter(version, f)));
  bind_filter(query, version, f);
  std::vector<session_bundle> found;
  while (query.step())
    found.push_back(read_session(query));
  for (session_bundle &b : found) {
    auto stored = find_winner(db, version, key_of(b.factory, b.device, b.mode, b.problem));
    if (stored && stored->session_uid == b.session.uid)
      b.best = std::move(stored->best);
    b.proofs = find_proofs(db, version, key_of(b.factory, b.device, b.mode, b.problem));
  }
  return found;
}

static std::vector<listed_winner> find_winners(connection &db, int version, const filter &f) {
  statement query =
      db.prepare(fmt::format("SELECT {}{} JOIN winners w ON w.problem_id = p.id{} ORDER BY p.id",
                             place_columns, place_tables, place_filter(version, f)));
  bind_filter(query, version, f);
  std::vector<listed_winner> found;
  while (query.step()) {
    listed_winner row{.factory = read_factory(query),
                      .device = read_device(query),
                      .key = {},
                      .best = {},
                      .proofs = {}};
    row.key = key_of(row.factory, row.device, read_mode(query), query.text(12));
    if (auto stored = find_winner(db, version, row.key)) {
      row.best = std::move(stored->best);
      row.proofs = find_proofs(db, version, row.key);
      found.push_back(std::move(row));
    }
  }
  return found;
}

// --- Listing -------------------------------------------------------------------------------------

/// Runs a query on the own file; an empty list and the reason when that fails. No file is no
/// failure.
template <class List, class Query>
static List list(database_file &file, rt::status *why, const Query &query) {
  List found{};
  rt::status asked = file.read([&](connection &db, int version) { found = query(db, version); });
  const bool failed = !asked && asked.code() != status_code::not_found;
  if (!asked)
    found = List{};
  if (why)
    *why = failed ? std::move(asked) : rt::status();
  return found;
}

std::vector<factory_record> tuning_store::list_factories(const filter &f, rt::status *why) {
  const mutex_lock lock(store_mutex());
  return list<std::vector<factory_record>>(impl_->own, why, [&](connection &db, int version) {
    statement query = db.prepare(fmt::format("SELECT DISTINCT {}, '', '', 0, ''{}{} ORDER BY f.id",
                                             place_columns.substr(0, place_columns.find(", d.")),
                                             place_tables, place_filter(version, f)));
    bind_filter(query, version, f);
    std::vector<factory_record> found;
    while (query.step())
      found.push_back(read_factory(query));
    return found;
  });
}

std::vector<device_record> tuning_store::list_devices(const filter &f, rt::status *why) {
  const mutex_lock lock(store_mutex());
  return list<std::vector<device_record>>(impl_->own, why, [&](connection &db, int version) {
    statement query =
        db.prepare(fmt::format("SELECT DISTINCT d.identity, d.properties{}{} ORDER BY d.id",
                               place_tables, place_filter(version, f)));
    bind_filter(query, version, f);
    std::vector<device_record> found;
    while (query.step())
      found.push_back({query.text(0), query.text(1)});
    return found;
  });
}

std::vector<listed_winner> tuning_store::list_winners(const filter &f, rt::status *why) {
  const mutex_lock lock(store_mutex());
  return list<std::vector<listed_winner>>(
      impl_->own, why, [&](connection &db, int version) { return find_winners(db, version, f); });
}

std::vector<session_bundle> tuning_store::list_sessions(const filter &f, rt::status *why) {
  const mutex_lock lock(store_mutex());
  return list<std::vector<session_bundle>>(
      impl_->own, why, [&](connection &db, int version) { return find_sessions(db, version, f); });
}

std::vector<trial> tuning_store::list_trials(std::int64_t session_id, rt::status *why) {
  const mutex_lock lock(store_mutex());
  return list<std::vector<trial>>(impl_->own, why,
                                  [&](connection &db, int) { return find_trials(db, session_id); });
}

static counts count_rows(connection &db) {
  return {.factories = db.integer("SELECT count(*) FROM factories"),
          .devices = db.integer("SELECT count(*) FROM devices"),
          .problems = db.integer("SELECT count(*) FROM problems"),
          .sessions = db.integer("SELECT count(*) FROM sessions"),
          .trials = db.integer("SELECT count(*) FROM trials"),
          .winners = db.integer("SELECT count(*) FROM winners")};
}

counts tuning_store::count(rt::status *why) {
  const mutex_lock lock(store_mutex());
  return list<counts>(impl_->own, why, [](connection &db, int) { return count_rows(db); });
}

// --- Importing -----------------------------------------------------------------------------------

/// What was proven elsewhere for the same code, device and problem holds here.
static void import_proofs(connection &db, const session_bundle &b) {
  if (b.proofs.empty())
    return;
  const std::int64_t problem =
      ensure_problem(db, b.factory, b.device, b.mode, b.problem, b.factory.last_seen);
  put_proofs(db, problem, key_of(b.factory, b.device, b.mode, b.problem), b.proofs);
}

static void import_one(connection &db, const session_bundle &b) {
  const session_record &s = b.session;
  import_proofs(db, b);
  if (!s.uid.empty() && find_session(db, s.uid) != 0)
    return;
  const std::int64_t seen = b.factory.last_seen != 0 ? b.factory.last_seen : s.touched;
  const std::int64_t problem = ensure_problem(db, b.factory, b.device, b.mode, b.problem, seen);
  if (!s.uid.empty()) {
    // No owner: nobody is at work on it here, and it may be continued.
    const std::int64_t id = insert_session(db, problem, s, {});
    for (const trial &t : b.trials)
      put_trial(db, id, t, false);
  }
  if (b.best)
    (void)put_winner(db, problem, key_of(b.factory, b.device, b.mode, b.problem), *b.best, s.uid,
                     install_policy::if_better);
}

rt::status tuning_store::import(std::span<const session_bundle> bundles) {
  const mutex_lock lock(store_mutex());
  return impl_->write([&](connection &db) {
    for (const session_bundle &b : bundles)
      import_one(db, b);
  });
}

rt::status tuning_store::merge(const std::string &other_path) {
  const mutex_lock lock(store_mutex());
  const store_options &o = impl_->options;
  database_file other(other_path, database_file::role::layer,
                      {o.read_wait_ms, o.write_wait_ms, o.retry_after_ms, o.work_ms});
  return impl_->write([&](connection &db) {
    rt::status copied = other.read([&](connection &from, int version) {
      for (session_bundle &b : find_sessions(from, version, {})) {
        if (find_session(db, b.session.uid) == 0)
          b.trials = find_trials(from, b.session.id);
        import_one(db, b);
      }
      for (const listed_winner &w : find_winners(from, version, {})) {
        session_bundle
            only; // filled member by member: GCC 12 warns of designated initialisers here
        only.factory = w.factory;
        only.device = w.device;
        only.mode = w.key.mode;
        only.problem = w.key.problem;
        only.best = w.best;
        only.proofs = w.proofs;
        import_one(db, only);
      }
    });
    if (!copied)
      throw stop_work{std::move(copied)};
  });
}

// --- Removing ------------------------------------------------------------------------------------

static void forget_problems(connection &db, const filter &f) {
  constexpr int version = schema_version; // it is being written
  statement query =
      db.prepare(fmt::format("SELECT p.id{}{}", place_tables, place_filter(version, f)));
  bind_filter(query, version, f);
  std::vector<std::int64_t> problems;
  while (query.step())
    problems.push_back(query.integer(0));
  statement winners = db.prepare("DELETE FROM winners WHERE problem_id = ?");
  statement proofs = db.prepare("DELETE FROM proofs WHERE problem_id = ?");
  statement trials = db.prepare(
      "DELETE FROM trials WHERE session_id IN (SELECT id FROM sessions WHERE problem_id = ?)");
  statement sessions = db.prepare("DELETE FROM sessions WHERE problem_id = ?");
  statement place = db.prepare("DELETE FROM problems WHERE id = ?");
  for (const std::int64_t id : problems)
    for (statement *const remove : {&winners, &proofs, &trials, &sessions, &place})
      remove->bind(id).run();
  db.execute(
      "DELETE FROM untunable WHERE NOT EXISTS (SELECT 1 FROM problems p WHERE p.factory_id = "
      "untunable.factory_id);"
      "DELETE FROM factories WHERE NOT EXISTS (SELECT 1 FROM problems WHERE factory_id = "
      "factories.id);"
      "DELETE FROM devices WHERE NOT EXISTS (SELECT 1 FROM problems WHERE device_id = devices.id)");
}

rt::status tuning_store::forget(const filter &f, counts *removed) {
  const mutex_lock lock(store_mutex());
  counts before, after;
  rt::status done = impl_->write([&](connection &db) {
    before = count_rows(db);
    forget_problems(db, f);
    after = count_rows(db);
  });
  if (removed)
    *removed = !done ? counts{}
                     : counts{.factories = before.factories - after.factories,
                              .devices = before.devices - after.devices,
                              .problems = before.problems - after.problems,
                              .sessions = before.sessions - after.sessions,
                              .trials = before.trials - after.trials,
                              .winners = before.winners - after.winners};
  return done;
}

rt::status tuning_store::settle_uses(std::int64_t unused_ms, bool *all) {
  const mutex_lock lock(store_mutex());
  bool everything = false;
  rt::status done = impl_->write(
      [&](connection &db) { everything = store::settle_uses(db, this_moment(), unused_ms); });
  if (all)
    *all = everything;
  return done;
}

rt::status tuning_store::compact() {
  const mutex_lock lock(store_mutex());
  return impl_->options.read_only ? rt::status::read_only("the store was opened for reading only")
                                  : impl_->own.compact();
}

// --- Checking ------------------------------------------------------------------------------------

static void check_rows(connection &db, int version, std::vector<std::string> &findings) {
  statement structure = db.prepare("PRAGMA integrity_check(20)");
  while (structure.step())
    if (structure.text(0) != "ok")
      findings.push_back(structure.text(0));
  statement references = db.prepare("PRAGMA foreign_key_check");
  while (references.step())
    findings.push_back(fmt::format("row {} of table {} refers to a missing row of {}",
                                   references.integer(1), references.text(0), references.text(2)));
  const auto sound = static_cast<std::int64_t>(find_winners(db, version, {}).size());
  const std::int64_t winners = db.integer("SELECT count(*) FROM winners");
  if (sound != winners)
    findings.push_back(
        fmt::format("{} of {} winners do not match their checksums", winners - sound, winners));
  statement sessions =
      db.prepare("SELECT id, uid, (SELECT count(*) FROM trials WHERE session_id = sessions.id) "
                 "FROM sessions ORDER BY id");
  while (sessions.step()) {
    const auto good = static_cast<std::int64_t>(find_trials(db, sessions.integer(0)).size());
    if (good != sessions.integer(2))
      findings.push_back(fmt::format("{} of {} trials of session {} do not match their checksums",
                                     sessions.integer(2) - good, sessions.integer(2),
                                     sessions.text(1)));
  }
}

std::vector<std::string> tuning_store::verify() {
  const mutex_lock lock(store_mutex());
  const store_options &o = impl_->options;
  const database_file::limits limits{o.read_wait_ms, o.write_wait_ms, o.retry_after_ms, o.work_ms};
  // A writer that was killed leaves a journal, which a connection that may write undoes at its
  // first look. What else is wrong is found below.
  static_cast<void>(
      database_file(o.path, database_file::role::inspected, limits).read([](connection &, int) {}));
  // As a layer: a check leaves a damaged file where it is.
  database_file file(o.path, database_file::role::layer, limits);
  std::vector<std::string> findings;
  const rt::status checked = file.read([&](connection &db, int version) {
    findings.clear();
    check_rows(db, version, findings);
  });
  if (!checked && checked.code() != status_code::not_found)
    findings.push_back(checked.text());
  return findings;
}

} // namespace tl::rt::store
