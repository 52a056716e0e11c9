// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What can go wrong with the file behind the store. Each test runs the store in a child process,
// reads what that says, and checks: no crash, no hang, no wrong winner, nothing acknowledged is
// lost, one clear line.

#include "runtime/store/database.h"
#include "runtime/store/migration.h"
#include "runtime/store/schema.h"
#include "runtime/store/store.h"
#include "runtime/store/trial_notes.h"
#include "runtime/support/environment.h"
#include "runtime/support/log.h"
#include "test/unit/child_process.h"
#include "test/unit/store_fixture.h"

#include <gmock/gmock.h>

#include <atomic>
#include <climits>
#include <map>
#include <random>
#include <sched.h>
#include <sstream>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>

using namespace tl::rt;
using namespace tl::rt::store;
using namespace tl::test;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

#if defined(__SANITIZE_THREAD__)
#define TL_THREAD_SANITIZER 1
#elif defined(__has_feature)
#define TL_THREAD_SANITIZER __has_feature(thread_sanitizer)
#else
#define TL_THREAD_SANITIZER 0
#endif

namespace {

/// The test's directory, with a database in it that has a winner c=1 for m=1.
class StoreFault : public ::testing::Test {
protected:
  StoreFault() {
    tuning_store store(quick_options(path));
    seeded = tune(store, make_request("m=1"), make_winner("c=1", 10));
  }
  void SetUp() override { ASSERT_TRUE(seeded); }

  std::vector<std::string> set_aside() const {
    std::vector<std::string> names;
    for (const auto &entry : std::filesystem::directory_iterator(directory.path()))
      if (entry.path().string().find(".corrupt-") != std::string::npos)
        names.push_back(entry.path().string());
    return names;
  }
  void overwrite(std::streamoff at, const std::string &bytes) const {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(at);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

  temporary_directory directory;
  std::string path = directory / "autotune.db";
  bool seeded = false;
};

/// Tunes m=2 on a store that cannot be written: the winner is there for this process, and the
/// session ends.
int tune_without_file(tuning_store &store, store_mode expected) {
  session s;
  TL_CHILD_CHECK(!store.begin_session(make_request("m=2"), s));
  TL_CHILD_CHECK(s.id == 0);
  TL_CHILD_CHECK(!store.trial_started(s, "c=2"));
  TL_CHILD_CHECK(!store.trial_finished(s, make_trial("c=2", 5)));
  const finish_result done =
      store.finish_session(s, session_state::finished, make_winner("c=2", 5));
  TL_CHILD_CHECK(!done.status);
  TL_CHILD_CHECK(done.installed && done.installed->config == "c=2");
  const auto found = store.lookup(make_request("m=2").key());
  TL_CHILD_CHECK(found && found->config == "c=2" && found->source.empty());
  TL_CHILD_CHECK(store.candidates(make_request("m=9").key()).size() >= 1);
  TL_CHILD_CHECK(store.mode() == expected);
  TL_CHILD_CHECK(!store.mode_reason().empty());
  return 0;
}

/// Gives up root's right to ignore permissions.
void become_ordinary_user() {
  if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0))
    std::abort();
}

// --- Permissions and paths -----------------------------------------------------------------------

TEST_F(StoreFault, ReadOnlyDirectory) {
  const std::string before = read_file(path);
  ::chmod(path.c_str(), 0444);
  ::chmod(directory.path().c_str(), 0555);
  const child_result r = run_child([&] {
    become_ordinary_user();
    tuning_store store(quick_options(path));
    TL_CHILD_CHECK(store.lookup(make_request("m=1").key())->config == "c=1");
    return tune_without_file(store, store_mode::read_only);
  });
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.said, ElementsAre(AllOf(HasSubstr(path), HasSubstr("cannot be written"),
                                        HasSubstr("stored winners are used"))));
  EXPECT_TRUE(read_file(path) == before);
}

TEST_F(StoreFault, WritableFileInReadOnlyDirectory) {
  // SQLite can lock the file but not make its journal.
  ::chmod(path.c_str(), 0666);
  ::chmod(directory.path().c_str(), 0555);
  std::filesystem::remove(path + "-journal");
  const child_result r = run_child([&] {
    become_ordinary_user();
    tuning_store store(quick_options(path));
    TL_CHILD_CHECK(store.lookup(make_request("m=1").key())->config == "c=1");
    return tune_without_file(store, store_mode::read_only);
  });
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.said, ElementsAre(AllOf(HasSubstr(path), HasSubstr("cannot be written"))));
}

TEST_F(StoreFault, UnreadableFile) {
  ::chmod(path.c_str(), 0);
  ::chmod(directory.path().c_str(), 0777);
  const child_result r = run_child([&] {
    become_ordinary_user();
    tuning_store store(quick_options(path));
    TL_CHILD_CHECK(!store.lookup(make_request("m=1").key()));
    return tune_without_file(store, store_mode::memory);
  });
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.said, ElementsAre(AllOf(HasSubstr(path), HasSubstr("cannot be read"),
                                        HasSubstr("kept for this process only"))));
}

TEST_F(StoreFault, DirectoryThatCannotBeMade) {
  const child_result r = run_child([&] {
    tuning_store store(quick_options(path + "/below/a/file/autotune.db"));
    TL_CHILD_CHECK(!store.lookup(make_request("m=1").key()));
    return tune_without_file(store, store_mode::memory);
  });
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.said, ElementsAre(HasSubstr("kept for this process only")));
}

TEST_F(StoreFault, NoHomeDirectory) {
  const child_result r = run_child([&] {
    ::clearenv();
    return tune_without_file(tuning_store::instance(), store_mode::memory);
  });
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.said, ElementsAre(AllOf(HasSubstr("no cache directory"), HasSubstr("HOME"),
                                        HasSubstr("kept for this process only"))));
}

TEST_F(StoreFault, DisabledCacheTouchesNothingAndSaysNothing) {
  const child_result r = run_child([&] {
    ::setenv("TL_DISABLE_CACHE", "1", 1);
    ::setenv("TL_CACHE_DIR", directory.path().c_str(), 1);
    TL_CHILD_CHECK(!tuning_store::instance().lookup(make_request("m=1").key()));
    return tune_without_file(tuning_store::instance(), store_mode::memory);
  });
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.said, IsEmpty());
}

TEST_F(StoreFault, RemovedWhileOpen) {
  const child_result r = run_child([&] {
    tuning_store store(quick_options(path));
    session s;
    TL_CHILD_CHECK(store.begin_session(make_request("m=2"), s));
    std::filesystem::remove_all(directory.path());
    // The session goes on in a new file.
    TL_CHILD_CHECK(store.trial_started(s, "c=2"));
    TL_CHILD_CHECK(store.trial_finished(s, make_trial("c=2", 5)));
    TL_CHILD_CHECK(store.finish_session(s, session_state::finished, make_winner("c=2", 5)).status);
    return 0;
  });
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.said, IsEmpty());
  tuning_store store(quick_options(path));
  EXPECT_EQ(store.lookup(make_request("m=2").key())->config, "c=2");
  EXPECT_EQ(
      store.count(),
      (counts{
          .factories = 1, .devices = 1, .problems = 1, .sessions = 1, .trials = 1, .winners = 1}));
}

// --- No space ------------------------------------------------------------------------------------

/// Writes to a store until nothing fits any more; everything acknowledged must still be there.
int fill_until_it_fails(const std::string &path) {
  std::vector<std::string> acknowledged;
  {
    tuning_store store(quick_options(path));
    session s;
    TL_CHILD_CHECK(store.begin_session(make_request("m=2"), s));
    trial big = make_trial("", 5);
    big.samples_ns.resize(4096, 1.5);
    for (int i = 0; i < 10000; ++i) {
      big.config = "c=" + std::to_string(i);
      if (const status done = store.trial_finished(s, big); !done) {
        TL_CHILD_CHECK(store.mode() == store_mode::read_only);
        break;
      }
      acknowledged.push_back(big.config);
    }
    TL_CHILD_CHECK(!acknowledged.empty() && acknowledged.size() < 10000);
    TL_CHILD_CHECK(store.lookup(make_request("m=1").key())->config == "c=1");
    const finish_result done =
        store.finish_session(s, session_state::finished, make_winner("c=0", 5));
    TL_CHILD_CHECK(done.installed && done.installed->config == "c=0");
    TL_CHILD_CHECK(store.lookup(make_request("m=2").key())->config == "c=0");
  }
  tuning_store again(quick_options(path));
  TL_CHILD_CHECK(again.verify().empty());
  std::vector<std::string> stored;
  for (const session_bundle &b : again.list_sessions({.problem = "m=2"}))
    for (const trial &t : again.list_trials(b.session.id))
      stored.push_back(t.config);
  TL_CHILD_CHECK(stored == acknowledged);
  return 0;
}

TEST_F(StoreFault, FullDisk) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "needs root, to mount a small file system";
  const std::string small = directory / "small";
  std::filesystem::create_directory(small);
  const child_result r = run_child([&] {
    // In a mount namespace of its own, which ends with the child.
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=1m") != 0)
      return 77;
    std::filesystem::copy_file(path, small + "/autotune.db");
    return fill_until_it_fails(small + "/autotune.db");
  });
  if (r.status == 77)
    GTEST_SKIP() << "mounting is not allowed here";
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.said,
              ElementsAre(AllOf(HasSubstr(small + "/autotune.db"), HasSubstr("cannot be written"),
                                HasSubstr("full"), HasSubstr("stored winners are used"))));
}

TEST_F(StoreFault, LimitOnFileSizesWithItsSignalNotIgnored) {
  const child_result r = run_child([&] {
    ::signal(SIGXFSZ, SIG_DFL); // ends the process, but for the store's guard
    const rlimit limit{1 << 20, 1 << 20};
    TL_CHILD_CHECK(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    return fill_until_it_fails(path);
  });
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.said,
              ElementsAre(AllOf(HasSubstr("cannot be written"), HasSubstr("disk I/O error"))));
}

// --- Damage --------------------------------------------------------------------------------------

TEST_F(StoreFault, DamagedHeader) {
  overwrite(0, "this is not a database, is it?");
  const std::string damaged = read_file(path);
  const child_result r = run_child([&] {
    tuning_store store(quick_options(path));
    TL_CHILD_CHECK(!store.lookup(make_request("m=1").key()));
    TL_CHILD_CHECK(tune(store, make_request("m=2"), make_winner("c=2", 5)));
    TL_CHILD_CHECK(store.lookup(make_request("m=2").key())->config == "c=2");
    TL_CHILD_CHECK(store.mode() == store_mode::read_write);
    return 0;
  });
  EXPECT_EQ(r.status, 0);
  ASSERT_THAT(set_aside(), SizeIs(1));
  EXPECT_TRUE(read_file(set_aside()[0]) == damaged) << "set aside, not deleted";
  EXPECT_THAT(r.said, ElementsAre(AllOf(HasSubstr(path), HasSubstr("damaged"),
                                        HasSubstr(set_aside()[0]), HasSubstr("a new one begins"))));
}

TEST_F(StoreFault, DamageIsOnlyReportedToThoseWhoOnlyLook) {
  overwrite(0, "this is not a database, is it?");
  const std::string damaged = read_file(path);
  const child_result r = run_child([&] {
    store_options options = quick_options(path);
    options.read_only = true;
    tuning_store store(options);
    TL_CHILD_CHECK(!store.lookup(make_request("m=1").key()));
    TL_CHILD_CHECK(store.mode() == store_mode::memory);
    TL_CHILD_CHECK(store.verify().size() == 1);
    return 0;
  });
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.said, ElementsAre(AllOf(HasSubstr(path), HasSubstr("damaged"))));
  EXPECT_TRUE(read_file(path) == damaged);
  EXPECT_THAT(set_aside(), IsEmpty());
}

TEST_F(StoreFault, FileCutShort) {
  std::filesystem::resize_file(path, 5000);
  const child_result r = run_child([&] {
    tuning_store store(quick_options(path));
    TL_CHILD_CHECK(!store.lookup(make_request("m=1").key()));
    TL_CHILD_CHECK(tune(store, make_request("m=2"), make_winner("c=2", 5)));
    return 0;
  });
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(set_aside(), SizeIs(1));
  EXPECT_THAT(r.said, SizeIs(1));
}

TEST_F(StoreFault, DamagedPageInTheMiddle) {
  // Whichever page it is: what matters is what is said and that tuning goes on.
  const auto pages = static_cast<int>(std::filesystem::file_size(path) / 4096);
  ASSERT_GT(pages, 10);
  const std::string sound = read_file(path);
  for (int page = 1; page < pages; ++page) {
    overwrite(page * 4096, std::string(4096, '\xa5'));
    const child_result r = run_child([&] {
      tuning_store store(quick_options(path));
      const auto found = store.lookup(make_request("m=1").key());
      TL_CHILD_CHECK(!found || found->config == "c=1");
      TL_CHILD_CHECK(tune(store, make_request("m=1"), make_winner("c=1", 9)));
      TL_CHILD_CHECK(store.lookup(make_request("m=1").key())->config == "c=1");
      return 0;
    });
    EXPECT_EQ(r.status, 0) << "page " << page << ": " << ::testing::PrintToString(r.said);
    EXPECT_LE(r.said.size(), 1u) << ::testing::PrintToString(r.said);
    EXPECT_EQ(set_aside().size(), r.said.size());
    for (const std::string &name : set_aside())
      std::filesystem::remove(name);
    std::filesystem::remove(path);
    std::ofstream(path, std::ios::binary) << sound;
  }
}

TEST_F(StoreFault, RandomDamageNeverGivesAWrongWinner) {
  const std::string sound = read_file(path);
  std::mt19937 random(20251120);
  for (int round = 0; round < 150; ++round) {
    std::string damaged = sound;
    const int changes = 1 << (random() % 8);
    for (int i = 0; i < changes; ++i)
      damaged[random() % damaged.size()] = static_cast<char>(random());
    std::ofstream(path, std::ios::binary | std::ios::trunc) << damaged;
    const child_result r = run_child(
        [&] {
          tuning_store store(quick_options(path));
          const auto found = store.lookup(make_request("m=1").key());
          TL_CHILD_CHECK(!found || (found->config == "c=1" && found->median_ns == 10));
          for (const candidate &c : store.candidates(make_request("m=1").key()))
            TL_CHILD_CHECK(c.problem == "m=1" && c.best.config == "c=1");
          session s;
          if (store.begin_session(make_request("m=1"), s))
            for (const trial &t : s.finished)
              TL_CHILD_CHECK(t.config == "c=1" && t.median_ns == 10);
          const auto done = store.finish_session(s, session_state::finished, make_winner("c=3", 1));
          TL_CHILD_CHECK(done.installed && done.installed->config == "c=3");
          TL_CHILD_CHECK(store.lookup(make_request("m=1").key())->config == "c=3");
          return 0;
        },
        20);
    ASSERT_EQ(r.status, 0) << "round " << round << ": " << ::testing::PrintToString(r.said);
    for (const std::string &name : set_aside())
      std::filesystem::remove(name);
    std::filesystem::remove(path + "-journal");
  }
}

TEST_F(StoreFault, ChangedWinnerRowIsNotUsed) {
  {
    connection db(path, connection::access::read_write);
    db.execute("UPDATE winners SET config = 'c=8'");
  }
  const child_result r = run_child([&] {
    tuning_store store(quick_options(path));
    TL_CHILD_CHECK(!store.lookup(make_request("m=1").key()));
    TL_CHILD_CHECK(store.verify().size() == 1);
    TL_CHILD_CHECK(tune(store, make_request("m=1"), make_winner("c=2", 50)));
    TL_CHILD_CHECK(store.lookup(make_request("m=1").key())->config == "c=2");
    TL_CHILD_CHECK(store.verify().empty());
    return 0;
  });
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.said, ElementsAre(HasSubstr("checksum")));
}

TEST_F(StoreFault, EightProcessesFindTheSameDamage) {
  for (int round = 0; round < 5; ++round) {
    overwrite(round % 2 == 0 ? 100 : 4096, std::string(5000, '\x5a'));
    const std::string go = directory / "go";
    const std::string said = directory / "said";
    std::vector<pid_t> children;
    for (int i = 0; i < 8; ++i)
      children.push_back(start_child(
          [&, i] {
            while (::access(go.c_str(), F_OK) != 0)
              std::this_thread::yield();
            tuning_store store(quick_options(path));
            const std::string problem = "m=" + std::to_string(100 + i);
            TL_CHILD_CHECK(!store.lookup(make_request("m=1").key()));
            TL_CHILD_CHECK(tune(store, make_request(problem), make_winner("c=1", 5)));
            TL_CHILD_CHECK(store.lookup(make_request(problem).key()));
            return 0;
          },
          said));
    std::ofstream(go) << "go";
    for (const pid_t child : children)
      EXPECT_EQ(wait_for(child, 60), 0);
    EXPECT_THAT(set_aside(), SizeIs(1));
    EXPECT_THAT(lines_of(read_file(said)), ElementsAre(HasSubstr("a new one begins")));
    tuning_store store(quick_options(path));
    EXPECT_THAT(store.verify(), IsEmpty());
    EXPECT_EQ(store.count().winners, 8) << "nothing acknowledged is lost";
    for (const std::string &name : set_aside())
      std::filesystem::remove(name);
    std::filesystem::remove(go);
    std::filesystem::remove(said);
  }
}

TEST_F(StoreFault, DamagedLayerIsLeftAlone) {
  overwrite(0, "this is not a database, is it?");
  const std::string damaged = read_file(path);
  const child_result r = run_child([&] {
    store_options options = quick_options(directory / "own.db");
    options.layers = {path};
    tuning_store store(options);
    TL_CHILD_CHECK(!store.lookup(make_request("m=1").key()));
    TL_CHILD_CHECK(tune(store, make_request("m=1"), make_winner("c=2", 5)));
    TL_CHILD_CHECK(store.lookup(make_request("m=1").key())->config == "c=2");
    return 0;
  });
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.said, ElementsAre(AllOf(HasSubstr(path), HasSubstr("going on without it"))));
  EXPECT_TRUE(read_file(path) == damaged);
  EXPECT_THAT(set_aside(), IsEmpty());
}

// --- Versions ------------------------------------------------------------------------------------

TEST_F(StoreFault, NewerSchemaIsLeftAlone) {
  {
    connection db(path, connection::access::read_write);
    db.execute(("PRAGMA user_version = " + std::to_string(schema_version + 1)).c_str());
  }
  const std::string before = read_file(path);
  const child_result r = run_child([&] {
    tuning_store store(quick_options(path));
    TL_CHILD_CHECK(!store.lookup(make_request("m=1").key()));
    return tune_without_file(store, store_mode::memory);
  });
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.said,
              ElementsAre(AllOf(HasSubstr(path),
                                HasSubstr("schema version " + std::to_string(schema_version + 1)),
                                HasSubstr("newer runtime"), HasSubstr("left alone"))));
  EXPECT_TRUE(read_file(path) == before);
}

// No runtime has ever written one; the number stands in four bytes of the file's header.
TEST_F(StoreFault, VersionBelowZeroIsLeftAlone) {
  for (const int version : {-1, -16777210, INT_MIN}) {
    {
      connection db(path, connection::access::read_write);
      db.execute(("PRAGMA user_version = " + std::to_string(version)).c_str());
    }
    const std::string before = read_file(path);
    const child_result r = run_child([&] {
      tuning_store store(quick_options(path));
      TL_CHILD_CHECK(!store.lookup(make_request("m=1").key()));
      return tune_without_file(store, store_mode::memory);
    });
    EXPECT_EQ(r.status, 0) << version;
    EXPECT_THAT(r.said,
                ElementsAre(AllOf(HasSubstr("some other program"), HasSubstr("left alone"))));
    EXPECT_TRUE(read_file(path) == before) << version;
  }
}

TEST_F(StoreFault, DatabaseOfAnotherProgramIsLeftAlone) {
  const std::string theirs = directory / "theirs.db";
  {
    connection db(theirs, connection::access::create);
    db.execute(
        "CREATE TABLE cats (name TEXT); INSERT INTO cats VALUES ('Tom'); PRAGMA user_version = 1");
  }
  const std::string before = read_file(theirs);
  const child_result r = run_child([&] {
    tuning_store store(quick_options(theirs));
    TL_CHILD_CHECK(!store.lookup(make_request("m=1").key()));
    return tune_without_file(store, store_mode::memory);
  });
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.said, ElementsAre(AllOf(HasSubstr("some other program"), HasSubstr("left alone"))));
  EXPECT_TRUE(read_file(theirs) == before);
}

/// A file as the runtime with schema version 1 left it, with a winner c=1 for m=1 of a session with
/// one trial.
void make_version_1(const std::string &path) {
  const std::string current = path + ".current";
  tuning_store store(quick_options(current));
  winner w = make_winner("c=1", 10);
  w.reference_median_ns = 0; // version 1 does not know it
  ASSERT_TRUE(tune(store, make_request("m=1"), w));
  connection db(path, connection::access::create);
  db.execute(migrations()[0]);
  db.execute(("ATTACH '" + current + "' AS new").c_str());
  db.execute("INSERT INTO main.factories SELECT id, factory, fingerprint, abi, name, location, "
             "parameters, default_config, configs, last_seen FROM new.factories");
  for (const std::string table : {"devices", "problems", "sessions", "trials"}) {
    std::string columns; // those that version 1 has
    {
      statement names = db.prepare(
          ("SELECT group_concat(name) FROM pragma_table_info('" + table + "', 'main')").c_str());
      ASSERT_TRUE(names.step());
      columns = names.text(0);
    }
    db.execute(("INSERT INTO main." + table + " SELECT " + columns + " FROM new." + table).c_str());
  }
  db.execute("INSERT INTO main.winners SELECT problem_id, session_id, config, median_ns, "
             "default_median_ns, margin, "
             "confidence, runner_up, state, trials, updated, checksum FROM new.winners");
  db.execute(
      ("PRAGMA application_id = " + std::to_string(application_id) + "; PRAGMA user_version = 1")
          .c_str());
}

TEST_F(StoreFault, OlderSchemaIsReadAsItIsAndMigratedWhenWritten) {
  const std::string old = directory / "old.db";
  ASSERT_NO_FATAL_FAILURE(make_version_1(old));
  const std::string before = read_file(old);
  const child_result r = run_child([&] {
    tuning_store store(quick_options(old));
    TL_CHILD_CHECK(store.lookup(make_request("m=1").key())->config == "c=1");
    TL_CHILD_CHECK(read_file(old) == before);
    TL_CHILD_CHECK(tune(store, make_request("m=2"), make_winner("c=2", 5)));
    return 0;
  });
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.said, IsEmpty());
  tuning_store store(quick_options(old));
  EXPECT_EQ(store.lookup(make_request("m=1").key())->config, "c=1");
  EXPECT_EQ(store.lookup(make_request("m=2").key())->reference_median_ns, 3000);
  EXPECT_EQ(store.count().trials, 2);
  EXPECT_THAT(store.verify(), IsEmpty());
}

TEST_F(StoreFault, EightProcessesMigrateTheSameFile) {
  const std::string old = directory / "old.db";
  ASSERT_NO_FATAL_FAILURE(make_version_1(old));
  const std::string said = directory / "said";
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i)
    children.push_back(start_child(
        [&, i] {
          tuning_store store(quick_options(old));
          TL_CHILD_CHECK(
              tune(store, make_request("m=" + std::to_string(100 + i)), make_winner("c=2", 5)));
          TL_CHILD_CHECK(store.lookup(make_request("m=1").key())->config == "c=1");
          return 0;
        },
        said));
  for (const pid_t child : children)
    EXPECT_EQ(wait_for(child, 60), 0);
  EXPECT_THAT(lines_of(read_file(said)), IsEmpty());
  tuning_store store(quick_options(old));
  EXPECT_EQ(store.count().winners, 9);
  EXPECT_THAT(store.verify(), IsEmpty());
}

TEST_F(StoreFault, OlderSchemaThatCannotBeMigratedIsStillRead) {
  const std::string old = directory / "old.db";
  ASSERT_NO_FATAL_FAILURE(make_version_1(old));
  ::chmod(old.c_str(), 0444);
  ::chmod(directory.path().c_str(), 0555);
  const child_result r = run_child([&] {
    become_ordinary_user();
    tuning_store store(quick_options(old));
    TL_CHILD_CHECK(store.lookup(make_request("m=1").key())->config == "c=1");
    return tune_without_file(store, store_mode::read_only);
  });
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.said, SizeIs(1));
}

// --- Locks ---------------------------------------------------------------------------------------

TEST_F(StoreFault, LockHeldForEver) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t holder = start_child([&] {
    connection db(path, connection::access::read_write);
    db.execute("BEGIN EXCLUSIVE");
    TL_CHILD_CHECK(::write(ready[1], "x", 1) == 1);
    ::pause();
    return 0;
  });
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  const child_result r = run_child([&] {
    store_options options = quick_options(path);
    options.read_wait_ms = options.write_wait_ms = 200;
    options.retry_after_ms = 1000;
    tuning_store store(options);
    const auto start = std::chrono::steady_clock::now();
    TL_CHILD_CHECK(!store.lookup(make_request("m=1").key()));
    session s;
    // Not `busy`, which would mean that somebody tunes this.
    TL_CHILD_CHECK(store.begin_session(make_request("m=2"), s).code() == status_code::disabled);
    for (int i = 0; i < 100; ++i)
      TL_CHILD_CHECK(!store.trial_finished(s, make_trial("c=2", 5)));
    const finish_result done =
        store.finish_session(s, session_state::finished, make_winner("c=2", 5));
    TL_CHILD_CHECK(done.installed && done.installed->config == "c=2");
    TL_CHILD_CHECK(store.lookup(make_request("m=2").key())->config == "c=2");
    TL_CHILD_CHECK(std::chrono::steady_clock::now() - start <
                   std::chrono::seconds(20)); // not 200 ms per call
    // Freed at last: the store comes back, and what it kept is written with the next winner.
    ::kill(holder, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    TL_CHILD_CHECK(store.lookup(make_request("m=1").key())->config == "c=1");
    TL_CHILD_CHECK(tune(store, make_request("m=3"), make_winner("c=3", 5)));
    return 0;
  });
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.said, ElementsAre(AllOf(HasSubstr(path), HasSubstr("locked by another process"),
                                        HasSubstr("200 ms"), HasSubstr("going on without it"))));
  EXPECT_EQ(wait_for(holder, 60), -SIGKILL);
  tuning_store store(quick_options(path));
  EXPECT_EQ(store.lookup(make_request("m=2").key())->config, "c=2");
  EXPECT_EQ(store.lookup(make_request("m=3").key())->config, "c=3");
  ::close(ready[0]);
  ::close(ready[1]);
}

// --- Forks ---------------------------------------------------------------------------------------

TEST_F(StoreFault, ForkedChildHasAConnectionOfItsOwn) {
  tuning_store store(quick_options(path));
  session ours;
  ASSERT_TRUE(store.begin_session(make_request("m=2"), ours));
  ASSERT_TRUE(store.trial_started(ours, "c=2"));
  const child_result r = run_child([&] {
    TL_CHILD_CHECK(store.lookup(make_request("m=1").key())->config == "c=1");
    TL_CHILD_CHECK(tune(store, make_request("m=3"), make_winner("c=3", 5)));
    session theirs; // the parent is alive and at work on it
    TL_CHILD_CHECK(store.begin_session(make_request("m=2"), theirs).code() == status_code::busy);
    return 0;
  });
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.said, IsEmpty());
  ASSERT_TRUE(store.trial_finished(ours, make_trial("c=2", 5)));
  ASSERT_TRUE(store.finish_session(ours, session_state::finished, make_winner("c=2", 5)).status);
  EXPECT_EQ(store.lookup(make_request("m=3").key())->config, "c=3");
  EXPECT_THAT(store.verify(), IsEmpty());
}

TEST_F(StoreFault, ForksWhileOtherThreadsWrite) {
#if TL_THREAD_SANITIZER
  GTEST_SKIP() << "ThreadSanitizer does not follow a fork of a program with threads";
#endif
  tuning_store store(quick_options(path));
  std::atomic<bool> stop{false};
  std::atomic<int> written{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&, i] {
      for (int j = 0; !stop; ++j)
        if (tune(store, make_request("m=" + std::to_string(1'000'000 * (i + 1) + j)),
                 make_winner("c=1", 5)))
          ++written;
    });
  for (int i = 0; i < 25; ++i) {
    const child_result r = run_child([&, i] {
      TL_CHILD_CHECK(store.lookup(make_request("m=1").key())->config == "c=1");
      TL_CHILD_CHECK(
          tune(store, make_request("m=" + std::to_string(100 + i)), make_winner("c=1", 5)));
      return 0;
    });
    ASSERT_EQ(r.status, 0) << ::testing::PrintToString(r.said);
    EXPECT_THAT(r.said, IsEmpty());
  }
  stop = true;
  for (std::thread &t : threads)
    t.join();
  EXPECT_EQ(store.count().winners, 1 + 25 + written);
  EXPECT_THAT(store.verify(), IsEmpty());
}

// --- Half-done transactions ----------------------------------------------------------------------

/// Dies in a transaction of which some pages have been written to the file already.
void leave_transaction_half_done(const std::string &path) {
  const int status = wait_for(
      start_child([&] {
        connection db(path, connection::access::read_write);
        db.execute("PRAGMA cache_size = 1; BEGIN IMMEDIATE;"
                   "UPDATE winners SET config = 'c=half', median_ns = 0;"
                   "WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n LIMIT 500) "
                   "INSERT INTO devices SELECT i, hex(randomblob(500)) || i, '' FROM n");
        ::raise(SIGKILL);
        return 0;
      }),
      60);
  ASSERT_EQ(status, -SIGKILL);
  ASSERT_GT(std::filesystem::file_size(path + "-journal"), 0u) << "there must be something to undo";
}

TEST_F(StoreFault, HalfDoneTransactionIsUndone) {
  for (const bool only_look : {false, true}) {
    ASSERT_NO_FATAL_FAILURE(leave_transaction_half_done(path));
    const child_result r = run_child([&] {
      store_options options = quick_options(path);
      options.read_only = only_look;
      tuning_store store(options);
      TL_CHILD_CHECK(store.lookup(make_request("m=1").key())->config == "c=1");
      TL_CHILD_CHECK(store.count().devices == 1);
      TL_CHILD_CHECK(store.verify().empty());
      return 0;
    });
    EXPECT_EQ(r.status, 0);
    EXPECT_THAT(r.said, IsEmpty());
  }
}

TEST_F(StoreFault, HalfDoneTransactionThatCannotBeUndoneIsNotRead) {
  ASSERT_NO_FATAL_FAILURE(leave_transaction_half_done(path));
  ::chmod(path.c_str(), 0444);
  ::chmod((path + "-journal").c_str(), 0444);
  ::chmod(directory.path().c_str(), 0555);
  for (const bool layer : {false, true}) {
    const child_result r = run_child([&] {
      become_ordinary_user();
      store_options options = quick_options(layer ? "" : path);
      if (layer)
        options.layers = {path};
      tuning_store store(options);
      TL_CHILD_CHECK(!store.lookup(make_request("m=1").key()));
      return tune_without_file(store, store_mode::memory);
    });
    EXPECT_EQ(r.status, 0);
    EXPECT_THAT(r.said, ElementsAre(AllOf(HasSubstr(path), HasSubstr("cannot be read"))));
  }
}

// --- kill -9 -------------------------------------------------------------------------------------

/// What a writer has been told is stored: one line each in a file that only it appends to.
void acknowledge(int fd, const std::string &line) {
  if (::write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    std::abort();
}

/// Tunes for ever: some problems of its own, some that all writers want. The time of a config is
/// its number.
int write_until_killed(const std::string &path, const std::string &acks, unsigned seed) {
  const int fd = ::open(acks.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  std::mt19937 random(seed);
  tuning_store store(quick_options(path));
  while (true) {
    const std::string problem = "m=" + std::to_string(1000 + random() % 40);
    session s;
    const status begun = store.begin_session(make_request(problem), s);
    if (begun.code() == status_code::busy)
      continue;
    TL_CHILD_CHECK(begun);
    double best = 1e9;
    for (const trial &t : s.finished)
      best = std::min(best, t.median_ns);
    std::vector<std::string> configs;
    std::vector<trial> trials;
    for (int i = 0; i < 4; ++i) {
      const int time = 1 + i + 4 * static_cast<int>(random() % 250);
      configs.push_back("c=" + std::to_string(time));
      trials.push_back(make_trial(configs.back(), time));
      best = std::min(best, static_cast<double>(time));
    }
    const std::vector<std::string_view> soon(configs.begin() + 1, configs.end());
    const bool noted = random() % 2 == 0;
    for (std::size_t i = 0; i < configs.size(); ++i) {
      if (!noted)
        TL_CHILD_CHECK(store.trial_started(s, configs[i]));
      else if (i == 0)
        TL_CHILD_CHECK(store.note_trials(s, {}, configs[i], soon));
      acknowledge(fd, "started " + s.uid + " " + configs[i] + "\n");
      const bool last = i + 1 == configs.size();
      TL_CHILD_CHECK(noted ? store.note_trials(s, {&trials[i], 1}, last ? "" : configs[i + 1])
                           : store.trial_finished(s, trials[i]));
      acknowledge(fd, "finished " + s.uid + " " + configs[i] + "\n");
    }
    const std::string config = "c=" + std::to_string(static_cast<int>(best));
    const auto done = store.finish_session(s, session_state::finished, make_winner(config, best));
    TL_CHILD_CHECK(done.status);
    TL_CHILD_CHECK(done.installed && done.installed->median_ns <= best);
    acknowledge(fd, "winner " + problem + " " + config + "\n");
  }
}

TEST_F(StoreFault, KilledAtRandomMomentsWhileEightProcessesWrite) {
  constexpr int writers = 8, kills = 250;
  const std::string said = directory / "said";
  std::mt19937 random(std::random_device{}());
  std::vector<pid_t> children;
  const auto start_writer = [&](unsigned number) {
    return start_child(
        [&, number] {
          return write_until_killed(path, directory / ("acks-" + std::to_string(number)), number);
        },
        said);
  };
  unsigned number = 0;
  while (number < writers)
    children.push_back(start_writer(number++));
  for (int i = 0; i < kills; ++i) {
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 25'000));
    pid_t &victim = children[random() % writers];
    ::kill(victim, SIGKILL);
    ASSERT_EQ(wait_for(victim, 60), -SIGKILL) << read_file(said);
    victim = start_writer(number++);
  }
  for (const pid_t child : children)
    ::kill(child, SIGKILL);
  for (const pid_t child : children)
    EXPECT_EQ(wait_for(child, 60), -SIGKILL);

  EXPECT_EQ(read_file(said), "") << "a kill is no fault of the file";
  EXPECT_THAT(set_aside(), IsEmpty());
  tuning_store store(quick_options(path));
  EXPECT_THAT(store.verify(), IsEmpty());
  session any; // of whatever problem: what the others have noted is stored now
  ASSERT_TRUE(store.begin_session(make_request("m=5"), any));
  EXPECT_THAT(find_notes(path), IsEmpty());
  EXPECT_THAT(store.verify(), IsEmpty());
  std::map<std::string, std::map<std::string, trial_status>> trials;
  for (const session_bundle &b : store.list_sessions())
    for (const trial &t : store.list_trials(b.session.id))
      trials[b.session.uid][t.config] = t.status;
  std::map<std::string, double> best;
  int acknowledged = 0, last_words = 0;
  for (unsigned i = 0; i < number; ++i) {
    std::map<std::string, std::string> last; // (session, config) -> last thing acknowledged
    for (const std::string &line : lines_of(read_file(directory / ("acks-" + std::to_string(i))))) {
      std::istringstream in(line);
      std::string what, name, config;
      in >> what >> name >> config;
      ++acknowledged;
      if (what == "winner") {
        const double time = std::stod(config.substr(2));
        best[name] = best.contains(name) ? std::min(best[name], time) : time;
      } else {
        ASSERT_TRUE(trials[name].contains(config)) << line;
        last[name + " " + config] = what;
      }
    }
    for (const auto &[where, what] : last)
      if (what == "finished") {
        ++last_words;
        // The only thing that may have happened since is that it was started once more.
        const auto status = trials[where.substr(0, 32)][where.substr(33)];
        EXPECT_THAT(status, ::testing::AnyOf(trial_status::measured, trial_status::running,
                                             trial_status::lost));
      }
  }
  ASSERT_GT(acknowledged, 20);
  ASSERT_GT(last_words, 10);
  for (const auto &[problem, time] : best) {
    const auto found = store.lookup(make_request(problem).key());
    ASSERT_TRUE(found) << problem;
    EXPECT_LE(found->median_ns, time) << problem;
    EXPECT_EQ(found->config, "c=" + std::to_string(static_cast<int>(found->median_ns)))
        << "no mixture of two rows";
    EXPECT_EQ(found->state, winner_state::final);
  }
  RecordProperty("kills", kills + writers);
  RecordProperty("acknowledged", acknowledged);
}

} // namespace
