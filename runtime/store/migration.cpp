// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/store/migration.h"

#include "runtime/store/schema.h"

#include <array>
#include <string>

namespace tl::rt::store {

/// Version 1: everything but the reference's time.
static constexpr const char *create_tables = R"sql(
CREATE TABLE factories (
  id             INTEGER PRIMARY KEY,
  factory        TEXT NOT NULL,
  fingerprint    TEXT NOT NULL,
  abi            INTEGER NOT NULL,
  name           TEXT NOT NULL,
  location       TEXT NOT NULL,
  parameters     TEXT NOT NULL,
  default_config TEXT NOT NULL,
  configs        INTEGER NOT NULL,
  last_seen      INTEGER NOT NULL,
  UNIQUE (factory, fingerprint, abi)
);
CREATE TABLE devices (
  id         INTEGER PRIMARY KEY,
  identity   TEXT NOT NULL UNIQUE,
  properties TEXT NOT NULL
);
CREATE TABLE problems (
  id         INTEGER PRIMARY KEY,
  factory_id INTEGER NOT NULL REFERENCES factories (id),
  device_id  INTEGER NOT NULL REFERENCES devices (id),
  mode       INTEGER NOT NULL,
  problem    TEXT NOT NULL,
  UNIQUE (factory_id, device_id, mode, problem)
);
CREATE TABLE sessions (
  id         INTEGER PRIMARY KEY,
  problem_id INTEGER NOT NULL REFERENCES problems (id),
  uid        TEXT NOT NULL UNIQUE,
  started    INTEGER NOT NULL,
  touched    INTEGER NOT NULL,
  finished   INTEGER NOT NULL,
  state      INTEGER NOT NULL,
  owner      TEXT NOT NULL,
  host       TEXT NOT NULL,
  pid        INTEGER NOT NULL,
  runs       INTEGER NOT NULL,
  seed       INTEGER NOT NULL,
  options    TEXT NOT NULL
);
CREATE INDEX sessions_by_problem ON sessions (problem_id, state);
CREATE TABLE trials (
  id         INTEGER PRIMARY KEY,
  session_id INTEGER NOT NULL REFERENCES sessions (id),
  config     TEXT NOT NULL,
  status     INTEGER NOT NULL,
  reason     TEXT NOT NULL,
  median_ns  REAL NOT NULL,
  mean_ns    REAL NOT NULL,
  spread_ns  REAL NOT NULL,
  n          INTEGER NOT NULL,
  samples    BLOB NOT NULL,
  clock      REAL NOT NULL,
  resources  TEXT NOT NULL,
  started    INTEGER NOT NULL,
  ended      INTEGER NOT NULL,
  attempts   INTEGER NOT NULL,
  checksum   INTEGER NOT NULL,
  UNIQUE (session_id, config)
);
CREATE TABLE winners (
  problem_id        INTEGER PRIMARY KEY REFERENCES problems (id),
  session_id        INTEGER REFERENCES sessions (id),
  config            TEXT NOT NULL,
  median_ns         REAL NOT NULL,
  default_median_ns REAL NOT NULL,
  margin            REAL NOT NULL,
  confidence        REAL NOT NULL,
  runner_up         TEXT NOT NULL,
  state             INTEGER NOT NULL,
  trials            INTEGER NOT NULL,
  updated           INTEGER NOT NULL,
  checksum          INTEGER NOT NULL
);
CREATE INDEX winners_by_session ON winners (session_id);
)sql";

/// Version 2: the time of the user's reference function.
static constexpr const char *add_reference_time = R"sql(
ALTER TABLE winners ADD COLUMN reference_median_ns REAL NOT NULL DEFAULT 0;
)sql";

/// Version 3: when a factory's winners were last used. What there is counts as used now: earlier
/// runtimes did not record it.
static constexpr const char *add_use = R"sql(
ALTER TABLE factories ADD COLUMN used INTEGER NOT NULL DEFAULT 0;
ALTER TABLE factories ADD COLUMN used_boot TEXT NOT NULL DEFAULT '';
ALTER TABLE factories ADD COLUMN used_uptime INTEGER NOT NULL DEFAULT 0;
UPDATE factories SET used = CAST(strftime('%s', 'now') AS INTEGER) * 1000;
)sql";

/// Version 4: factories that no trial can tell anything about, whatever the problem.
static constexpr const char *add_untunable = R"sql(
CREATE TABLE untunable (
  factory_id INTEGER PRIMARY KEY REFERENCES factories (id),
  reason     TEXT NOT NULL,
  found      INTEGER NOT NULL
);
)sql";

/// Version 5: under which facts of a call a variant is right.
static constexpr const char *add_proofs = R"sql(
CREATE TABLE proofs (
  id         INTEGER PRIMARY KEY,
  problem_id INTEGER NOT NULL REFERENCES problems (id),
  config     TEXT NOT NULL,
  facts      TEXT NOT NULL,
  outcome    INTEGER NOT NULL,
  reason     TEXT NOT NULL,
  made       INTEGER NOT NULL,
  checksum   INTEGER NOT NULL,
  UNIQUE (problem_id, config, facts)
);
)sql";

/// Version 6: what a session's variants were compared on.
static constexpr const char *add_compared = R"sql(
ALTER TABLE sessions ADD COLUMN compared TEXT NOT NULL DEFAULT '';
)sql";

static constexpr std::array<const char *, schema_version> steps = {
    create_tables, add_reference_time, add_use, add_untunable, add_proofs, add_compared};

std::span<const char *const> migrations() { return steps; }

file_version read_version(connection &db) {
  const int number = static_cast<int>(db.integer("PRAGMA user_version"));
  if (number == 0) {
    const bool empty =
        db.integer("SELECT count(*) FROM (SELECT 1 FROM sqlite_schema LIMIT 1)") == 0;
    return {empty ? file_version::kind::empty : file_version::kind::foreign, number};
  }
  // No version of ours is below 0: whatever wrote that, nothing of it can be looked up by its
  // number.
  if (number < 0 || db.integer("PRAGMA application_id") != application_id)
    return {file_version::kind::foreign, number};
  return {number > schema_version ? file_version::kind::newer : file_version::kind::ours, number};
}

file_version migrate(connection &db) {
  transaction t(db);
  const file_version found = read_version(db); // nobody else writes from here on
  if (found.what == file_version::kind::newer || found.what == file_version::kind::foreign)
    return found;
  if (found.number < schema_version) {
    for (int version = found.number; version < schema_version; ++version)
      db.execute(steps[static_cast<std::size_t>(version)]);
    db.execute(("PRAGMA application_id = " + std::to_string(application_id)).c_str());
    db.execute(("PRAGMA user_version = " + std::to_string(schema_version)).c_str());
    t.commit();
  }
  return {file_version::kind::ours, schema_version};
}

} // namespace tl::rt::store
