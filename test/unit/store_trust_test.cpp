// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files that are not ours, directories that are shared, and databases that were made to do harm.

#include "runtime/store/database.h"
#include "runtime/store/migration.h"
#include "runtime/store/schema.h"
#include "runtime/store/session_lock.h"
#include "runtime/store/store.h"
#include "runtime/support/log.h"
#include "runtime/support/safe_file.h"
#include "test/unit/child_process.h"
#include "test/unit/store_fixture.h"

#include <gmock/gmock.h>

#include <sqlite3.h>

#include <fcntl.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

using namespace tl::rt;
using namespace tl::rt::store;
using namespace tl::test;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

class StoreTrust : public ::testing::Test {
protected:
  mode_t mode_of(const std::string &file) const {
    struct stat about{};
    return ::lstat(file.c_str(), &about) == 0 ? about.st_mode & 07777 : 0;
  }
  /// Tunes, looks up, lists and checks; the store must end in `expected` and say one line with all
  /// of `words` (none: nothing).
  void expect(store_mode expected, const std::vector<std::string> &words, uid_t user = 0,
              gid_t group = 0) const {
    const child_result r = run_child(
        [&] {
          if (user != 0 &&
              (::setgroups(0, nullptr) != 0 || ::setgid(group) != 0 || ::setuid(user) != 0))
            std::abort();
          ::umask(077);
          tuning_store store(quick_options(path));
          (void)store.lookup(make_request("m=1").key());
          session ours;
          (void)store.begin_session(make_request("m=1"), ours);
          const finish_result done =
              store.finish_session(ours, session_state::finished, make_winner("c=1", 10));
          TL_CHILD_CHECK(static_cast<bool>(done.status) == (expected == store_mode::read_write));
          const auto found = store.lookup(make_request("m=1").key());
          TL_CHILD_CHECK(found && found->config == "c=1");
          TL_CHILD_CHECK(store.mode() == expected);
          (void)store.list_winners();
          (void)store.verify();
          return 0;
        },
        30);
    EXPECT_EQ(r.status, 0) << ::testing::PrintToString(r.said);
    if (words.empty()) {
      EXPECT_THAT(r.said, IsEmpty());
      return;
    }
    ASSERT_EQ(r.said.size(), 1u) << ::testing::PrintToString(r.said);
    for (const std::string &word : words)
      EXPECT_THAT(r.said[0], HasSubstr(word));
  }

  temporary_directory directory;
  std::string path = directory / "autotune.db";
};

// --- What is at the path -------------------------------------------------------------------------

TEST_F(StoreTrust, WhatIsNoFileIsLeftAloneAndNobodyWaitsForIt) {
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  expect(store_mode::memory, {path, "is a FIFO", "left alone"});
  std::filesystem::remove(path);

  ASSERT_EQ(::mkdir(path.c_str(), 0700), 0);
  expect(store_mode::memory, {path, "is a directory", "left alone"});
  std::filesystem::remove(path);

  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
  expect(store_mode::memory, {path, "is a socket", "left alone"});
  ::close(socket);
  std::filesystem::remove(path);

  path = "/dev/zero";
  expect(store_mode::memory, {path, "is a device", "left alone"});
}

TEST_F(StoreTrust, LinksAreNotFollowed) {
  const std::string target = directory / "precious";
  std::ofstream(target) << "somebody's notes";
  std::filesystem::create_symlink(target, path);
  expect(store_mode::memory, {path, "is a symbolic link", "left alone"});
  EXPECT_EQ(read_file(target), "somebody's notes");
  // Nor to what does not exist.
  std::filesystem::remove(target);
  expect(store_mode::memory, {"is a symbolic link"});
  EXPECT_FALSE(std::filesystem::exists(target));
}

TEST_F(StoreTrust, ALinkedDirectoryIsTheUsersBusiness) {
  std::filesystem::create_directory(directory / "real");
  std::filesystem::create_directory_symlink(directory / "real", directory / "link");
  path = directory / "link/autotune.db";
  expect(store_mode::read_write, {});
  EXPECT_TRUE(std::filesystem::exists(directory / "real/autotune.db"));
}

TEST_F(StoreTrust, WhatIsNoDatabaseOfOursIsNeverMovedOrEmptied) {
  const std::string text =
      "notes that are a good deal longer than the header of a database, and that "
      "nobody has another copy of. ";
  for (const std::string &content :
       {text, text + text + text, std::string(1, '\0'), std::string(8192, '\0'),
        std::string("SQLite format 3\0 and then something else", 41) + text}) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    // A journal beside it, which SQLite would play back into it.
    std::ofstream(path + "-journal", std::ios::binary | std::ios::trunc)
        << "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" << std::string(600, '\1');
    const std::string journal = read_file(path + "-journal");
    expect(store_mode::memory, {path, "left alone"});
    EXPECT_EQ(read_file(path), content);
    EXPECT_EQ(read_file(path + "-journal"), journal);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 2);
  }
}

TEST_F(StoreTrust, JournalOfAnotherProgramIsNotPlayedBack) {
  // What was killed in the middle of a transaction, by a program that is none of ours.
  const child_result r = run_child([&] {
    sqlite3 *db = nullptr;
    TL_CHILD_CHECK(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
    TL_CHILD_CHECK(
        sqlite3_exec(db,
                     "CREATE TABLE cats (name TEXT); PRAGMA cache_size = 1; BEGIN; WITH RECURSIVE "
                     "n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) "
                     "INSERT INTO cats SELECT hex(zeroblob(20)) FROM n",
                     nullptr, nullptr, nullptr) == SQLITE_OK);
    std::filesystem::copy_file(path, path + ".kept");
    std::filesystem::copy_file(path + "-journal", path + ".kept-journal");
    return 0;
  });
  ASSERT_EQ(r.status, 0);
  std::filesystem::rename(path + ".kept", path);
  std::filesystem::rename(path + ".kept-journal", path + "-journal");
  const std::string before = read_file(path), journal = read_file(path + "-journal");
  ASSERT_GT(journal.size(), 512u);
  expect(store_mode::memory, {"some other program", "left alone"});
  EXPECT_TRUE(read_file(path) == before);
  EXPECT_TRUE(read_file(path + "-journal") == journal);
}

// --- Modes and owners ----------------------------------------------------------------------------

TEST_F(StoreTrust, ModesAreThoseOfTheDirectoryWhateverTheUmask) {
  for (const auto &[kind, mode] : std::vector<std::pair<mode_t, mode_t>>{
           {0700, 0600}, {0755, 0644}, {02770, 0660}, {02775, 0664}, {01777, 0666}, {0750, 0640}})
    for (const mode_t mask : {mode_t{0}, mode_t{022}, mode_t{077}, mode_t{0777}}) {
      const std::string made = directory / "d";
      std::filesystem::remove_all(made);
      ASSERT_EQ(::mkdir(made.c_str(), 0700), 0);
      ASSERT_EQ(::chmod(made.c_str(), kind), 0);
      const child_result r = run_child([&] {
        ::umask(mask);
        tuning_store store(quick_options(made + "/autotune.db"));
        TL_CHILD_CHECK(tune(store, make_request("m=1"), make_winner("c=1", 10)));
        TL_CHILD_CHECK(session_lock::acquire(made, "device", {}).held());
        const int log = open_or_create((made + "/autotune.log").c_str(), O_WRONLY | O_APPEND, true);
        TL_CHILD_CHECK(log >= 0);
        return 0;
      });
      EXPECT_EQ(r.status, 0);
      int files = 0;
      for (const auto &entry : std::filesystem::directory_iterator(made)) {
        EXPECT_EQ(mode_of(entry.path()), mode) << entry.path() << " umask " << std::oct << mask;
        ++files;
      }
      EXPECT_GE(files, 3);
    }
}

TEST_F(StoreTrust, DirectoriesAreOursWhateverTheUmask) {
  path = directory / "a/b/autotune.db";
  const child_result r = run_child([&] {
    if (::chmod(directory.path().c_str(), 0777) != 0 || ::setgid(65534) != 0 ||
        ::setuid(65534) != 0)
      std::abort();
    ::umask(0777);
    tuning_store store(quick_options(path));
    TL_CHILD_CHECK(tune(store, make_request("m=1"), make_winner("c=1", 10)));
    return 0;
  });
  EXPECT_EQ(r.status, 0) << ::testing::PrintToString(r.said);
  EXPECT_EQ(mode_of(directory / "a"), 0700u);
  EXPECT_EQ(mode_of(directory / "a/b"), 0700u);
}

/// Users that need not exist.
constexpr uid_t alice = 64001, bob = 64002;
constexpr gid_t team = 64100;

class SharedDirectory : public StoreTrust {
protected:
  void SetUp() override {
    if (::geteuid() != 0)
      GTEST_SKIP() << "needs two users";
    ASSERT_EQ(::chmod(directory.path().c_str(), 0755), 0);
  }
  void share(mode_t mode) {
    ASSERT_EQ(::chown(directory.path().c_str(), 0, team), 0);
    ASSERT_EQ(::chmod(directory.path().c_str(), mode), 0);
  }
};

TEST_F(SharedDirectory, OfAGroupServesAllOfIt) {
  for (const mode_t mode : {mode_t{02770}, mode_t{03770}}) { // sticky, too
    share(mode);
    expect(store_mode::read_write, {}, alice, team);
    expect(store_mode::read_write, {}, bob, team);
    expect(store_mode::read_write, {}, alice, team);
    for (const char *const end : {"", "-journal"})
      std::filesystem::remove(path + end);
  }
}

TEST_F(SharedDirectory, OfEverybodySaysWhoseTheDatabaseIs) {
  share(01777);
  expect(store_mode::read_write, {}, alice, alice);
  // He could be told anything by it.
  expect(store_mode::memory, {path, "belongs to user 64001", "everybody may write", "left alone"},
         bob, bob);
  expect(store_mode::read_write, {}, alice, alice);
}

TEST_F(SharedDirectory, LogOfEverybodyIsNotWrittenForAnother) {
  share(01777);
  const std::string log = directory / "autotune.log";
  std::ofstream(log) << "";
  ASSERT_EQ(::chmod(log.c_str(), 0666), 0);
  ASSERT_EQ(::chown(log.c_str(), alice, alice), 0);
  const auto opens = [&](uid_t user, bool trusted_only) {
    return run_child([&] {
             if (::setgid(user) != 0 || ::setuid(user) != 0)
               std::abort();
             return open_or_create(log.c_str(), O_WRONLY | O_APPEND, trusted_only) >= 0 ? 0 : 1;
           })
        .status;
  };
  EXPECT_EQ(opens(alice, true), 0);
  EXPECT_EQ(opens(bob, true), 1);
}

TEST_F(SharedDirectory, DeviceLocksExcludeAllUsers) {
  share(01777);
  for (const uid_t user : {alice, bob})
    EXPECT_EQ(run_child([&] {
                if (::setgid(user) != 0 || ::setuid(user) != 0)
                  std::abort();
                ::umask(077);
                return session_lock::acquire(directory.path(), "gpu", {}).held() ? 0 : 1;
              }).status,
              0);
}

TEST_F(SharedDirectory, RootLeavesNothingThatItsUserCannotWrite) {
  ASSERT_EQ(::chown(directory.path().c_str(), alice, alice), 0);
  ASSERT_EQ(::chmod(directory.path().c_str(), 0700), 0);
  expect(store_mode::read_write, {}); // with sudo
  expect(store_mode::read_write, {}, alice, alice);
}

// --- Read-only places ----------------------------------------------------------------------------

/// A database in WAL mode; `pending`: with its winner in the log still.
void make_wal(const std::string &path, bool pending) {
  {
    tuning_store store(quick_options(path));
    ASSERT_TRUE(tune(store, make_request("m=0"), make_winner("c=1", 10)));
  }
  {
    connection db(path, connection::access::read_write);
    db.execute("PRAGMA journal_mode = WAL");
  }
  if (!pending)
    return;
  const child_result r = run_child([&] {
    connection db(path, connection::access::read_write);
    db.execute("UPDATE problems SET problem = problem");
    db.execute("PRAGMA wal_autocheckpoint = 0; UPDATE devices SET properties = '{\"wal\":1}'");
    ::raise(SIGKILL);
    return 0;
  });
  ASSERT_EQ(r.status, -SIGKILL);
  ASSERT_GT(std::filesystem::file_size(path + "-wal"), 0u);
  std::filesystem::remove(path + "-shm");
}

TEST_F(StoreTrust, ReadOnlyWalDatabaseIsRead) {
  for (const bool pending : {false, true})
    for (const bool layer : {false, true}) {
      const std::string made = directory / ("wal" + std::to_string(pending * 2 + layer));
      std::filesystem::create_directory(made);
      const std::string file = made + "/autotune.db";
      ASSERT_NO_FATAL_FAILURE(make_wal(file, pending));
      for (const auto &entry : std::filesystem::directory_iterator(made))
        ::chmod(entry.path().c_str(), 0444);
      ::chmod(made.c_str(), 0555);
      ::chmod(directory.path().c_str(), 0755);
      const child_result r = run_child([&] {
        if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0))
          std::abort();
        store_options options = quick_options(layer ? "" : file);
        if (layer)
          options.layers = {file};
        tuning_store store(options);
        TL_CHILD_CHECK(store.lookup(make_request("m=0").key()));
        TL_CHILD_CHECK(store.lookup(make_request("m=0").key())->config == "c=1");
        if (!layer) {
          TL_CHILD_CHECK(store.list_devices().size() == 1);
          TL_CHILD_CHECK(!pending || store.list_devices()[0].properties == "{\"wal\":1}");
        }
        return 0;
      });
      EXPECT_EQ(r.status, 0) << made << ::testing::PrintToString(r.said);
      EXPECT_THAT(r.said, IsEmpty());
      ::chmod(made.c_str(), 0755);
    }
}

// --- Hostile content -----------------------------------------------------------------------------

class HostileDatabase : public StoreTrust {
protected:
  void SetUp() override {
    tuning_store store(quick_options(path));
    ASSERT_TRUE(tune(store, make_request("m=1"), make_winner("c=1", 10)));
  }
  /// Without the protections of `connection`.
  void change(const std::string &sql) const {
    sqlite3 *db = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
    char *error = nullptr;
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &error), SQLITE_OK) << error;
    sqlite3_close(db);
  }
};

TEST_F(HostileDatabase, SchemasThatNoRuntimeMadeAreRefused) {
  const std::string sound = read_file(path);
  for (const char *const sql : {
           "CREATE VIEW extra AS SELECT * FROM winners",
           "DROP TABLE winners; CREATE VIEW winners AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
           "SELECT i + 1 FROM "
           "n) SELECT i AS problem_id FROM n",
           "CREATE TRIGGER t AFTER INSERT ON trials BEGIN DELETE FROM winners; END",
           "CREATE TABLE extra (a, b AS (a + 1))",
           "ALTER TABLE winners ADD COLUMN g AS (config || 'x') VIRTUAL",
           "CREATE VIRTUAL TABLE f USING fts5(a)",
           "CREATE TABLE extra (a)",
           "CREATE INDEX extra ON winners (length(config))",
           "DROP INDEX winners_by_session",
           "DROP TABLE trials; CREATE TABLE trials (id INTEGER PRIMARY KEY, session_id, config, "
           "status, reason, "
           "median_ns, mean_ns, spread_ns, n, samples, clock, resources, started, ended, attempts, "
           "checksum)",
           "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL,', "
           "'NOT NULL CHECK (1),') WHERE name = 'winners'",
       }) {
    change(sql);
    const std::string changed = read_file(path);
    expect(store_mode::memory, {path, "unexpected content", "left alone"});
    EXPECT_TRUE(read_file(path) == changed) << sql;
    std::ofstream(path, std::ios::binary | std::ios::trunc) << sound;
  }
  expect(store_mode::read_write, {});
}

TEST_F(HostileDatabase, WhatSqliteAddsItselfIsFine) {
  change("ANALYZE; VACUUM");
  expect(store_mode::read_write, {});
}

TEST_F(HostileDatabase, QuestionsEnd) {
  change("WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) INSERT "
         "INTO problems "
         "SELECT i, 1, 1, 0, 'm=' || i FROM n; INSERT INTO winners SELECT id, 1, 'c', 1, 1, 1, 1, "
         "'', 1, 1, 1, 1, 0 FROM "
         "problems WHERE id > 1");
  const auto begin = std::chrono::steady_clock::now();
  const child_result r = run_child([&] {
    store_options options = quick_options(path);
    options.read_wait_ms = options.write_wait_ms = 0;
    options.work_ms = 100;
    tuning_store store(options);
    tl::rt::status why;
    TL_CHILD_CHECK(store.list_winners({}, &why).empty());
    TL_CHILD_CHECK(!why);
    return 0;
  });
  EXPECT_EQ(r.status, 0);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  ASSERT_FALSE(r.said.empty());
  EXPECT_THAT(r.said.back(), HasSubstr("takes more than 100 ms for a question"));
}

TEST_F(HostileDatabase, ValuesAreBounded) {
  change("UPDATE factories SET name = hex(zeroblob(3000000))");
  const child_result r = run_child([&] {
    tuning_store store(quick_options(path));
    tl::rt::status why;
    TL_CHILD_CHECK(store.list_winners({}, &why).empty());
    TL_CHILD_CHECK(!why && why.text().find("6000000 bytes") != std::string::npos);
    TL_CHILD_CHECK(store.lookup(make_request("m=1").key())); // which does not need it
    return 0;
  });
  EXPECT_EQ(r.status, 0);
}

// --- Descriptors ---------------------------------------------------------------------------------

TEST_F(StoreTrust, ClosedStandardStreamsStayClosedAndGetNoFileOfOurs) {
  const child_result r = run_child([&] {
    for (int fd = 0; fd < 3; ++fd)
      ::close(fd);
    tuning_store store(quick_options(path));
    const bool tuned = tune(store, make_request("m=1"), make_winner("c=1", 10));
    const auto lock = session_lock::acquire(directory.path(), "device", {});
    const bool all_closed =
        ::fcntl(0, F_GETFD) < 0 && ::fcntl(1, F_GETFD) < 0 && ::fcntl(2, F_GETFD) < 0;
    return !tuned ? 1 : !lock.held() || lock.fd() < 3 ? 2 : !all_closed ? 3 : 0;
  });
  EXPECT_EQ(r.status, 0);
}

TEST_F(StoreTrust, MessagesGoToNoFileThatTookThePlaceOfStandardError) {
  const std::string precious = directory / "precious";
  const child_result r = run_child([&] {
    ::close(STDERR_FILENO);
    if (::open(precious.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600) != STDERR_FILENO)
      return 1;
    tl::rt::log_warning("not for this file");
    return 0;
  });
  EXPECT_EQ(r.status, 0);
  EXPECT_EQ(read_file(precious), "");
}

} // namespace
