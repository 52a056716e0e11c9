// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Winners, leases and trials in PostgreSQL. All times are the server's.

#include "backend.h"

#include "format.h"

#include <libpq-fe.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <fmt/format.h>
#include <mutex>
#include <poll.h>

namespace tl::tool::remote {
namespace {

using std::chrono::steady_clock;

constexpr int schema_version = 1;
constexpr auto connect_limit = std::chrono::seconds(2), work_limit = std::chrono::seconds(5),
               list_limit = std::chrono::seconds(120);

/// docs/fleet.md says what is in which table.
constexpr const char *schema = R"(
CREATE TABLE tl_schema (version integer NOT NULL);
INSERT INTO tl_schema VALUES (1);
CREATE TABLE tl_winners (
  name        text PRIMARY KEY,
  factory     text NOT NULL,
  fingerprint text NOT NULL,
  device      text NOT NULL,
  driver      text NOT NULL,
  mode        text NOT NULL,
  problem     text NOT NULL,
  config      text NOT NULL,
  final       boolean NOT NULL,
  median_ns   double precision NOT NULL,
  host        text NOT NULL,
  measured_by text NOT NULL,
  measured    timestamptz NOT NULL DEFAULT now(),
  document    text NOT NULL,
  signature   text NOT NULL
);
CREATE TABLE tl_leases (
  name   text PRIMARY KEY,
  holder text NOT NULL,
  until  timestamptz NOT NULL
);
CREATE TABLE tl_measurements (
  name      text NOT NULL,
  host      text NOT NULL,
  config    text NOT NULL,
  median_ns double precision NOT NULL,
  measured  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (name, host)
);
CREATE TABLE tl_trials (
  name      text NOT NULL,
  host      text NOT NULL,
  config    text NOT NULL,
  status    text NOT NULL,
  reason    text NOT NULL,
  median_ns double precision NOT NULL,
  mean_ns   double precision NOT NULL,
  spread_ns double precision NOT NULL,
  samples   integer NOT NULL,
  clock     double precision NOT NULL,
  resources text NOT NULL,
  measured  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (name, host, config)
);
)";

struct free_result {
  void operator()(PGresult *it) const noexcept { PQclear(it); }
};
using result = std::unique_ptr<PGresult, free_result>;

struct close_connection {
  void operator()(PGconn *it) const noexcept { PQfinish(it); }
};
using connection = std::unique_ptr<PGconn, close_connection>;

/// Thrown with the code of the error, which says what is to be done.
struct query_failed : unreachable {
  query_failed(const std::string &text, std::string code)
      : unreachable(text), sqlstate(std::move(code)) {}
  std::string sqlstate;
};

std::string first_line(const char *text) {
  const std::string all = text ? text : "";
  return all.substr(0, all.find('\n'));
}

void wait_for(PGconn *on, short events, steady_clock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
    pollfd file{PQsocket(on), events, 0};
    const int ready = left.count() > 0 ? ::poll(&file, 1, static_cast<int>(left.count())) : 0;
    if (ready > 0)
      return;
    if (ready == 0)
      throw unreachable("PostgreSQL did not answer in time");
    if (errno != EINTR)
      throw unreachable("poll failed");
  }
}

class postgres final : public backend {
public:
  explicit postgres(const settings &with) : with_(with) {}

  std::optional<stored_object> get(const std::string &name) override {
    const result rows = run("SELECT document, signature FROM tl_winners WHERE name = $1 "
                            "AND length(document) <= $2",
                            {name, std::to_string(most_document_bytes)});
    if (PQntuples(rows.get()) == 0)
      return std::nullopt;
    return stored_object{value(rows, 0, 0), value(rows, 0, 1)};
  }

  bool put(const std::string &name, const row &what, const stored_object &object) override {
    check_writable();
    const auto &w = what.winner;
    // What must not be used is replaced, whatever it says of itself.
    bool replace = false;
    std::string why;
    if (!with_.signers.empty())
      if (const auto there = get(name))
        replace = !checked(with_, name, *there, why);
    const result rows = run(
        "INSERT INTO tl_winners AS old (name, factory, fingerprint, device, driver, mode, problem, "
        "config, final, median_ns, host, measured_by, document, signature) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) "
        "ON CONFLICT (name) DO UPDATE SET config = excluded.config, final = excluded.final, "
        "median_ns = excluded.median_ns, driver = excluded.driver, host = excluded.host, "
        "measured_by = excluded.measured_by, measured = now(), document = excluded.document, "
        "signature = excluded.signature "
        "WHERE $15 OR (excluded.final AND NOT old.final) OR (excluded.final = old.final AND "
        "excluded.median_ns < old.median_ns) RETURNING name",
        {name, w.factory.name, w.factory.fingerprint, w.device.identity, what.from.driver,
         std::string(to_string(w.key.mode)), w.key.problem, w.best.config,
         w.best.state == rt::store::winner_state::final ? "t" : "f",
         fmt::format("{}", w.best.median_ns), what.from.host, what.from.user, object.text,
         object.signature, replace ? "t" : "f"});
    return PQntuples(rows.get()) == 1;
  }

  lease_result lease(const std::string &name, const std::string &holder, int seconds) override {
    if (with_.read_only)
      return {lease_result::outcome::unsupported, "this place is only read"};
    const result rows =
        run("INSERT INTO tl_leases AS old (name, holder, until) "
            "VALUES ($1, $2, now() + make_interval(secs => $3)) ON CONFLICT (name) DO UPDATE SET "
            "holder = excluded.holder, until = excluded.until "
            "WHERE old.until < now() OR old.holder = excluded.holder RETURNING holder",
            {name, holder, std::to_string(seconds)});
    if (PQntuples(rows.get()) == 1)
      return {lease_result::outcome::granted, ""};
    const result other = run("SELECT holder FROM tl_leases WHERE name = $1", {name});
    return {lease_result::outcome::held,
            PQntuples(other.get()) == 1 ? value(other, 0, 0) : "another machine"};
  }

  void release(const std::string &name, const std::string &holder) override {
    run("DELETE FROM tl_leases WHERE name = $1 AND holder = $2", {name, holder});
  }

  void add_measurement(const std::string &name, const measurement &made) override {
    check_writable();
    run("INSERT INTO tl_measurements (name, host, config, median_ns) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (name, host) DO UPDATE SET config = excluded.config, "
        "median_ns = excluded.median_ns, measured = now()",
        {name, made.host, made.config, fmt::format("{}", made.median_ns)});
  }

  void add_trials(const std::string &name, const rt::remote::finding &found) override {
    check_writable();
    // One statement for all, as arrays: a space has thousands of configs.
    std::vector<std::string> columns(9);
    const auto append = [&](std::size_t column, const std::string &text) {
      std::string &to = columns[column];
      to += to.empty() ? "{\"" : ",\"";
      for (const char c : text) {
        if (c == '"' || c == '\\')
          to += '\\';
        if (c != '\0')
          to += c;
      }
      to += '"';
    };
    for (const rt::store::trial &t : found.trials) {
      append(0, t.config);
      append(1, std::string(to_string(t.status)));
      append(2, t.reason);
      append(3, fmt::format("{}", t.median_ns));
      append(4, fmt::format("{}", t.mean_ns));
      append(5, fmt::format("{}", t.spread_ns));
      append(6, std::to_string(t.attempts));
      append(7, fmt::format("{}", t.clock));
      append(8, t.resources);
    }
    if (found.trials.empty())
      return;
    for (std::string &it : columns)
      it += "}";
    run("INSERT INTO tl_trials (name, host, config, status, reason, median_ns, mean_ns, spread_ns, "
        "samples, clock, resources) SELECT $1, $2, * FROM unnest($3::text[], $4::text[], "
        "$5::text[], $6::float8[], $7::float8[], $8::float8[], $9::int[], $10::float8[], "
        "$11::text[]) ON CONFLICT (name, host, config) DO UPDATE SET status = excluded.status, "
        "reason = excluded.reason, median_ns = excluded.median_ns, mean_ns = excluded.mean_ns, "
        "spread_ns = excluded.spread_ns, samples = excluded.samples, clock = excluded.clock, "
        "resources = excluded.resources, measured = now()",
        {name, with_.host, columns[0], columns[1], columns[2], columns[3], columns[4], columns[5],
         columns[6], columns[7], columns[8]});
  }

  std::vector<measurement> measurements(const std::string &name) override {
    const result rows =
        run("SELECT host, config, median_ns, (extract(epoch FROM measured) * 1000)::bigint "
            "FROM tl_measurements WHERE name = $1 ORDER BY host",
            {name});
    std::vector<measurement> all;
    for (int i = 0; i < PQntuples(rows.get()); ++i)
      all.push_back({value(rows, i, 0), value(rows, i, 1), std::stod(value(rows, i, 2)),
                     std::stoll(value(rows, i, 3))});
    return all;
  }

  void list(std::size_t most,
            const std::function<bool(const std::string &, const stored_object &)> &each) override {
    // In pieces: a table may have millions of rows.
    constexpr std::size_t piece = 500;
    std::string after;
    for (std::size_t seen = 0; seen < most;) {
      const result rows = run("SELECT name, document, signature FROM tl_winners WHERE name > $1 "
                              "AND length(document) <= $3 ORDER BY name LIMIT $2",
                              {after, std::to_string(std::min(piece, most - seen)),
                               std::to_string(most_document_bytes)},
                              list_limit);
      const int got = PQntuples(rows.get());
      if (got == 0)
        return;
      for (int i = 0; i < got; ++i, ++seen)
        if (!each(value(rows, i, 0), {value(rows, i, 1), value(rows, i, 2)}))
          return;
      after = value(rows, got - 1, 0);
    }
  }

private:
  static std::string value(const result &rows, int row, int column) {
    return {PQgetvalue(rows.get(), row, column),
            static_cast<std::size_t>(PQgetlength(rows.get(), row, column))};
  }

  void check_writable() const {
    if (with_.read_only)
      throw unreachable(with_.shown_url() + " is only read: TL_REMOTE has the word read-only");
  }

  [[noreturn]] void fail(const std::string &why) const {
    throw unreachable(with_.shown_url() + ": " + why);
  }

  connection open() {
    const char *const names[] = {"dbname",          "application_name", "tcp_user_timeout",
                                 "client_encoding", "options",          nullptr};
    const char *const values[] = {with_.url.c_str(),
                                  "tltune",
                                  "3000",
                                  "UTF8",
                                  "-c statement_timeout=120s -c lock_timeout=2s",
                                  nullptr};
    const auto deadline = steady_clock::now() + connect_limit;
    connection made(PQconnectStartParams(names, values, 1));
    if (!made)
      fail("no memory");
    PostgresPollingStatusType state =
        PQstatus(made.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (state == PGRES_POLLING_READING || state == PGRES_POLLING_WRITING) {
      wait_for(made.get(), state == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline);
      state = PQconnectPoll(made.get());
    }
    if (state != PGRES_POLLING_OK)
      fail(first_line(PQerrorMessage(made.get())));
    return made;
  }

  connection take() {
    {
      const std::lock_guard lock(guard_);
      if (!idle_.empty()) {
        connection it = std::move(idle_.back());
        idle_.pop_back();
        return it;
      }
    }
    return open();
  }

  /// Waits for the results of what was sent; the last one counts.
  static result receive(PGconn *on, steady_clock::time_point deadline) {
    result last;
    while (true) {
      while (PQflush(on) == 1)
        wait_for(on, POLLOUT | POLLIN, deadline);
      while (PQisBusy(on)) {
        wait_for(on, POLLIN, deadline);
        if (PQconsumeInput(on) == 0)
          throw unreachable("PostgreSQL: " + first_line(PQerrorMessage(on)));
      }
      result next(PQgetResult(on));
      if (!next)
        return last;
      last = std::move(next);
      const ExecStatusType state = PQresultStatus(last.get());
      if (state != PGRES_COMMAND_OK && state != PGRES_TUPLES_OK) {
        const char *const code = PQresultErrorField(last.get(), PG_DIAG_SQLSTATE);
        const std::string text = first_line(PQresultErrorMessage(last.get()));
        while (result(PQgetResult(on))) {
        }
        throw query_failed("PostgreSQL: " + text, code ? code : "");
      }
    }
  }

  static result run_on(PGconn *on, const char *sql, const std::vector<std::string> &parameters,
                       steady_clock::time_point deadline) {
    std::vector<const char *> values;
    for (const std::string &it : parameters)
      values.push_back(it.c_str());
    if (PQsendQueryParams(on, sql, static_cast<int>(values.size()), nullptr, values.data(), nullptr,
                          nullptr, 0) == 0)
      throw unreachable("PostgreSQL: " + first_line(PQerrorMessage(on)));
    return receive(on, deadline);
  }

  /// Makes the tables where there are none. Who may only read finds them or has none.
  void check_schema(PGconn *on, steady_clock::time_point deadline) {
    int version = 0;
    try {
      const result rows = run_on(on, "SELECT version FROM tl_schema", {}, deadline);
      version = PQntuples(rows.get()) == 1 ? std::atoi(PQgetvalue(rows.get(), 0, 0)) : -1;
    } catch (const query_failed &error) {
      constexpr const char *undefined_table = "42P01";
      if (error.sqlstate != undefined_table)
        throw;
    }
    if (version == 0 && with_.read_only)
      fail("the database has no tables of tltune");
    if (version == 0) {
      // Of several who come at once, one makes them.
      const std::string all =
          fmt::format("BEGIN; SELECT pg_advisory_xact_lock(5571); "
                      "DO $do$ BEGIN IF to_regclass('tl_schema') IS NULL THEN {} "
                      "END IF; END $do$; COMMIT",
                      schema);
      if (PQsendQuery(on, all.c_str()) == 0)
        fail(first_line(PQerrorMessage(on)));
      receive(on, deadline);
      version = schema_version;
    }
    if (version != schema_version)
      fail(fmt::format("the tables are of schema {}, expected {}", version, schema_version));
  }

  result run(const char *sql, const std::vector<std::string> &parameters,
             steady_clock::duration limit = work_limit) {
    // A connection that was idle may have been closed by the server: once more with a new one.
    for (bool again = true;; again = false) {
      connection on = take();
      const auto deadline = steady_clock::now() + limit;
      try {
        if (!known_schema_) {
          check_schema(on.get(), deadline);
          known_schema_ = true;
        }
        result rows = run_on(on.get(), sql, parameters, deadline);
        const std::lock_guard lock(guard_);
        idle_.push_back(std::move(on));
        return rows;
      } catch (const query_failed &) {
        if (PQstatus(on.get()) == CONNECTION_OK || !again)
          throw;
      } catch (const unreachable &) {
        if (PQstatus(on.get()) == CONNECTION_OK || !again)
          throw;
      }
      const std::lock_guard lock(guard_);
      idle_.clear();
    }
  }

  const settings with_;
  std::mutex guard_;
  std::vector<connection> idle_;
  std::atomic<bool> known_schema_{false};
};

} // namespace

std::unique_ptr<backend> open_postgres(const settings &with) {
  return std::make_unique<postgres>(with);
}

} // namespace tl::tool::remote
