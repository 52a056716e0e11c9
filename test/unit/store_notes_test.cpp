// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Trials that are announced together and noted beside the database: what a killed process leaves
// says which one was running, nothing that was measured is lost, and it costs few transactions.

#include "runtime/store/database.h"
#include "runtime/store/owner.h"
#include "runtime/store/store.h"
#include "runtime/store/trial_notes.h"
#include "test/unit/child_process.h"
#include "test/unit/store_fixture.h"

#include <gmock/gmock.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>

using namespace tl::rt;
using namespace tl::rt::store;
using namespace tl::test;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

namespace {

/// What is noted waits for ever, so that no test depends on how fast it runs.
store_options patient_options(const std::string &path) {
  store_options options = quick_options(path);
  options.note_wait_ms = 1 << 30;
  return options;
}

constexpr std::array<std::string_view, 3> soon = {"c=2", "c=3", "c=4"};

class StoreNotes : public ::testing::Test {
protected:
  temporary_directory directory;
  std::string path = directory / "autotune.db";
  tuning_store store{patient_options(path)};

  std::vector<std::string> left_notes() const {
    std::vector<std::string> paths;
    for (const auto &[uid, notes] : find_notes(path))
      paths.push_back(notes);
    return paths;
  }

  /// Commits of the file so far: its change counter, big-endian at byte 24.
  unsigned commits() const {
    const std::string header = read_file(path).substr(24, 4);
    unsigned count = 0;
    for (const char c : header)
      count = count << 8 | static_cast<unsigned char>(c);
    return count;
  }

  /// The session's trials as they stand in the file: config and status.
  std::vector<std::pair<std::string, trial_status>> in_file() {
    std::vector<std::pair<std::string, trial_status>> found;
    for (const session_bundle &b : store.list_sessions())
      for (const trial &t : store.list_trials(b.session.id))
        found.emplace_back(t.config, t.status);
    return found;
  }

  static int begin_trials(tuning_store &in, session &s) {
    TL_CHILD_CHECK(in.begin_session(make_request(), s));
    TL_CHILD_CHECK(in.note_trials(s, {}, "c=1", soon));
    const trial first = make_trial("c=1", 10), second = make_trial("c=2", 20);
    TL_CHILD_CHECK(in.note_trials(s, {&first, 1}, "c=2"));
    TL_CHILD_CHECK(in.note_trials(s, {&second, 1}, "c=3"));
    return 0;
  }

  /// Dies in c=3, with c=1 and c=2 measured and c=4 announced.
  void die_in_third_trial() {
    const child_result r = run_child([&] {
      tuning_store in(patient_options(path));
      session s;
      if (const int failed = begin_trials(in, s))
        return failed;
      ::raise(SIGKILL);
      return 0;
    });
    ASSERT_EQ(r.status, -SIGKILL) << ::testing::PrintToString(r.said);
    ASSERT_THAT(left_notes(), SizeIs(1));
  }
};

TEST_F(StoreNotes, FileKnowsWhatRunsOrIsNextAndTheEndKnowsAll) {
  session s;
  ASSERT_EQ(begin_trials(store, s), 0);
  EXPECT_THAT(in_file(), ElementsAre(std::pair("c=1", trial_status::running),
                                     std::pair("c=2", trial_status::running),
                                     std::pair("c=3", trial_status::running),
                                     std::pair("c=4", trial_status::running)));
  const trial third = make_trial("c=3", 30);
  ASSERT_TRUE(store.note_trials(s, {&third, 1}, {}));
  ASSERT_TRUE(store.settle_trials(s));
  EXPECT_THAT(in_file(), ElementsAre(std::pair("c=1", trial_status::measured),
                                     std::pair("c=2", trial_status::measured),
                                     std::pair("c=3", trial_status::measured)));
  const auto trials = store.list_trials(s.id);
  trial expected = third;
  expected.started = trials[2].started;
  expected.ended = trials[2].ended;
  EXPECT_EQ(trials[2], expected);
  ASSERT_TRUE(store.finish_session(s, session_state::finished, make_winner("c=1", 10)).status);
  EXPECT_THAT(left_notes(), IsEmpty());
  EXPECT_THAT(store.verify(), IsEmpty());
}

TEST_F(StoreNotes, EndOfTheSessionWritesWhatIsNoted) {
  session s;
  ASSERT_EQ(begin_trials(store, s), 0);
  ASSERT_TRUE(store.note_compared(s, "y, 1 of 2 elements changed"));
  const trial third = make_trial("c=3", 30);
  ASSERT_TRUE(store.note_trials(s, {&third, 1}, {}));
  ASSERT_TRUE(store.finish_session(s, session_state::finished, make_winner("c=1", 10)).status);
  EXPECT_THAT(in_file(), ElementsAre(std::pair("c=1", trial_status::measured),
                                     std::pair("c=2", trial_status::measured),
                                     std::pair("c=3", trial_status::measured)));
  EXPECT_EQ(store.list_sessions()[0].session.compared, "y, 1 of 2 elements changed");
}

TEST_F(StoreNotes, SeriesOfTrialsCostsTwoTransactions) {
  session s;
  ASSERT_TRUE(store.begin_session(make_request(), s));
  const unsigned before = commits();
  std::vector<std::string> configs;
  for (int i = 0; i < 24; ++i)
    configs.push_back("c=" + std::to_string(i));
  const std::vector<std::string_view> rest(configs.begin() + 1, configs.end());
  ASSERT_TRUE(store.note_trials(s, {}, configs[0], rest));
  for (std::size_t i = 0; i < configs.size(); ++i) {
    const trial ended = make_trial(configs[i], 10);
    ASSERT_TRUE(store.note_trials(s, {&ended, 1}, i + 1 < configs.size() ? configs[i + 1] : ""));
  }
  ASSERT_TRUE(store.settle_trials(s));
  EXPECT_EQ(commits() - before, 2u);
  EXPECT_THAT(in_file(), SizeIs(24));
  ASSERT_TRUE(store.settle_trials(s)) << "nothing is left to be written";
  EXPECT_EQ(commits() - before, 2u);
}

TEST_F(StoreNotes, NothingWaitsLongerThanItMay) {
  store_options options = quick_options(path);
  options.note_wait_ms = 0;
  tuning_store hasty(options);
  session s;
  ASSERT_EQ(begin_trials(hasty, s), 0);
  EXPECT_THAT(in_file(), ElementsAre(std::pair("c=1", trial_status::measured),
                                     std::pair("c=2", trial_status::measured),
                                     std::pair("c=3", trial_status::running),
                                     std::pair("c=4", trial_status::running)));
}

TEST_F(StoreNotes, KilledProcessIsKnownByTheOneThatWasRunning) {
  ASSERT_NO_FATAL_FAILURE(die_in_third_trial());
  session s;
  ASSERT_TRUE(store.begin_session(make_request(), s));
  EXPECT_TRUE(s.resumed);
  EXPECT_THAT(s.finished, ElementsAre(Field(&trial::config, "c=1"), Field(&trial::config, "c=2")));
  EXPECT_EQ(s.finished[1].samples_ns, make_trial("c=2", 20).samples_ns);
  EXPECT_THAT(s.finished, Each(Field(&trial::attempts, 1u)));
  EXPECT_THAT(s.again,
              ElementsAre(AllOf(Field(&trial::config, "c=3"), Field(&trial::attempts, 1u))));
  EXPECT_THAT(s.lost, IsEmpty());
  EXPECT_THAT(in_file(), SizeIs(3)) << "c=4 has never started";
  EXPECT_THAT(left_notes(), IsEmpty());
}

TEST_F(StoreNotes, SecondKillInTheSameVariantIsItsFault) {
  ASSERT_NO_FATAL_FAILURE(die_in_third_trial());
  const child_result r = run_child([&] {
    tuning_store in(patient_options(path));
    session s;
    TL_CHILD_CHECK(in.begin_session(make_request(), s));
    TL_CHILD_CHECK(s.again.size() == 1);
    TL_CHILD_CHECK(in.note_trials(s, {}, "c=3")); // alone
    ::raise(SIGKILL);
    return 0;
  });
  ASSERT_EQ(r.status, -SIGKILL) << ::testing::PrintToString(r.said);
  session s;
  ASSERT_TRUE(store.begin_session(make_request(), s));
  EXPECT_THAT(s.lost,
              ElementsAre(AllOf(Field(&trial::config, "c=3"), Field(&trial::attempts, 2u))));
  EXPECT_THAT(s.again, IsEmpty());
  EXPECT_THAT(s.finished, SizeIs(2));
}

TEST_F(StoreNotes, LastWordCountsWhetherNotedOrWritten) {
  const child_result r = run_child([&] {
    tuning_store in(patient_options(path));
    session s;
    if (const int failed = begin_trials(in, s))
      return failed;
    const auto more = [](const char *config, double ns) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      trial t = make_trial(config, ns);
      t.samples_ns.assign(100, ns);
      return t;
    };
    const trial third = make_trial("c=3", 30);
    TL_CHILD_CHECK(in.note_trials(s, {&third, 1}));
    TL_CHILD_CHECK(in.trial_finished(s, more("c=1", 11)));
    const trial raced = more("c=2", 22);
    TL_CHILD_CHECK(in.note_trials(s, {&raced, 1}));
    ::raise(SIGKILL);
    return 0;
  });
  ASSERT_EQ(r.status, -SIGKILL) << ::testing::PrintToString(r.said);
  session s;
  ASSERT_TRUE(store.begin_session(make_request(), s));
  EXPECT_THAT(s.finished, ElementsAre(Field(&trial::median_ns, 11), Field(&trial::median_ns, 22),
                                      Field(&trial::median_ns, 30)));
  EXPECT_THAT(s.finished[0].samples_ns, SizeIs(100));
  EXPECT_THAT(s.finished[1].samples_ns, SizeIs(100));
  EXPECT_THAT(s.finished, Each(Field(&trial::attempts, 1u)));
}

/// A start that is journaled by itself between others is one that may be the culprit, too.
TEST_F(StoreNotes, StartThatWasNotAnnouncedIsNotedToo) {
  const child_result r = run_child([&] {
    tuning_store in(patient_options(path));
    session s;
    if (const int failed = begin_trials(in, s))
      return failed;
    const trial third = make_trial("c=3", 30);
    TL_CHILD_CHECK(in.note_trials(s, {&third, 1}, "c=9"));
    ::raise(SIGKILL);
    return 0;
  });
  ASSERT_EQ(r.status, -SIGKILL) << ::testing::PrintToString(r.said);
  session s;
  ASSERT_TRUE(store.begin_session(make_request(), s));
  EXPECT_THAT(s.finished, SizeIs(3));
  EXPECT_THAT(s.again, ElementsAre(Field(&trial::config, "c=9")));
}

TEST_F(StoreNotes, SessionsOfOtherProblemsAreSettledToo) {
  ASSERT_NO_FATAL_FAILURE(die_in_third_trial());
  session other;
  ASSERT_TRUE(store.begin_session(make_request("m=65"), other));
  EXPECT_THAT(left_notes(), IsEmpty());
  EXPECT_THAT(in_file(), ElementsAre(std::pair("c=1", trial_status::measured),
                                     std::pair("c=2", trial_status::measured),
                                     std::pair("c=3", trial_status::running)));
}

TEST_F(StoreNotes, NotesOfALiveProcessAreLeftAlone) {
  session s;
  ASSERT_EQ(begin_trials(store, s), 0);
  const child_result r = run_child([&] {
    tuning_store in(patient_options(path));
    session other;
    TL_CHILD_CHECK(in.begin_session(make_request("m=65"), other));
    // A forked child has nothing of its parent's session to write.
    TL_CHILD_CHECK(store.begin_session(make_request("m=66"), other));
    TL_CHILD_CHECK(store.finish_session(other, session_state::finished, {}).status);
    return 0;
  });
  ASSERT_EQ(r.status, 0) << ::testing::PrintToString(r.said);
  EXPECT_THAT(left_notes(), SizeIs(1));
  session other;
  ASSERT_TRUE(store.begin_session(make_request("m=67"), other)) << "also by the process itself";
  EXPECT_THAT(left_notes(), SizeIs(1));
  EXPECT_THAT(store.list_trials(s.id), Each(Field(&trial::status, trial_status::running)));
}

TEST_F(StoreNotes, SessionThatWasDroppedGoesOnInTheSameProcess) {
  {
    session s;
    ASSERT_EQ(begin_trials(store, s), 0);
  }
  session s;
  ASSERT_TRUE(store.begin_session(make_request(), s));
  EXPECT_THAT(s.finished, SizeIs(2));
  EXPECT_THAT(s.again, ElementsAre(Field(&trial::config, "c=3")));
  ASSERT_TRUE(store.finish_session(s, session_state::finished, {}).status);
  EXPECT_THAT(in_file(), SizeIs(3));
}

// --- Notes that are no use -----------------------------------------------------------------------

TEST_F(StoreNotes, WithoutNotesAllThatWereAnnouncedAreInDoubtOnce) {
  ASSERT_NO_FATAL_FAILURE(die_in_third_trial());
  std::filesystem::remove(left_notes()[0]);
  session s;
  ASSERT_TRUE(store.begin_session(make_request(), s));
  EXPECT_THAT(s.finished, IsEmpty());
  EXPECT_THAT(s.again, SizeIs(4));
  EXPECT_THAT(s.lost, IsEmpty());
}

TEST_F(StoreNotes, NoteThatWasCutShortEndsThem) {
  ASSERT_NO_FATAL_FAILURE(die_in_third_trial());
  const std::string notes = left_notes()[0];
  std::filesystem::resize_file(notes, std::filesystem::file_size(notes) - 1);
  session s;
  ASSERT_TRUE(store.begin_session(make_request(), s)); // the call had not returned: c=3 did not run
  EXPECT_THAT(s.finished, SizeIs(2));
  EXPECT_THAT(s.again, IsEmpty());
}

TEST_F(StoreNotes, DamagedNotesAreNotBelieved) {
  ASSERT_NO_FATAL_FAILURE(die_in_third_trial());
  const std::string notes = left_notes()[0], sound = read_file(notes);
  for (std::size_t at = 0; at < sound.size(); at += 7) {
    std::string damaged = sound;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    std::ofstream(notes, std::ios::binary) << damaged;
    const std::optional<trial_notes> found = read_notes(notes);
    if (!found)
      continue;
    EXPECT_EQ(found->owner, read_notes(notes)->owner);
    for (const trial &t : found->ended)
      EXPECT_THAT(t, ::testing::AnyOf(Field(&trial::median_ns, 10), Field(&trial::median_ns, 20)));
    EXPECT_LT(found->started.size() + found->ended.size(), 5u);
  }
}

/// What a machine that lost its power has kept of them may lack the last ones.
TEST_F(StoreNotes, AfterARestartNobodyIsInnocent) {
  ASSERT_NO_FATAL_FAILURE(die_in_third_trial());
  const std::string notes = left_notes()[0];
  const std::string owner = host_name() + "|00000000-0000-0000-0000-000000000000|1|1|1";
  ASSERT_TRUE(begin_notes(notes, owner));
  const trial first = make_trial("c=1", 10);
  ASSERT_TRUE(append_notes(notes, {}, "c=1"));
  ASSERT_TRUE(append_notes(notes, {&first, 1}, "c=2"));
  connection(path, connection::access::read_write)
      .execute(("UPDATE sessions SET owner = '" + owner + "'").c_str());
  session s;
  ASSERT_TRUE(store.begin_session(make_request(), s));
  EXPECT_THAT(s.finished, ElementsAre(Field(&trial::config, "c=1")));
  EXPECT_THAT(s.again,
              UnorderedElementsAre(Field(&trial::config, "c=2"), Field(&trial::config, "c=3"),
                                   Field(&trial::config, "c=4")));
}

TEST_F(StoreNotes, NotesOfSomebodyElseThanTheSessionsOwnerAreNotBelieved) {
  ASSERT_NO_FATAL_FAILURE(die_in_third_trial());
  const std::string notes = left_notes()[0];
  ASSERT_TRUE(begin_notes(notes, this_owner() + "0"));
  session s;
  ASSERT_TRUE(store.begin_session(make_request(), s));
  EXPECT_THAT(s.again, SizeIs(4));
  EXPECT_THAT(left_notes(), IsEmpty());
}

TEST_F(StoreNotes, WhereNothingCanBeNotedEachStartIsOnTheDisk) {
  // The name is taken by something that cannot be removed as a file.
  session s;
  ASSERT_TRUE(store.begin_session(make_request(), s));
  std::filesystem::create_directory(notes_path(path, s.uid));
  ASSERT_TRUE(store.note_trials(s, {}, "c=1", soon));
  EXPECT_THAT(in_file(), ElementsAre(std::pair("c=1", trial_status::running)));
  const trial first = make_trial("c=1", 10);
  ASSERT_TRUE(store.note_trials(s, {&first, 1}, "c=2", soon));
  EXPECT_THAT(in_file(), ElementsAre(std::pair("c=1", trial_status::measured),
                                     std::pair("c=2", trial_status::running)));
}

TEST_F(StoreNotes, NotesThatVanishAreReplacedByTransactions) {
  session s;
  ASSERT_EQ(begin_trials(store, s), 0);
  std::filesystem::remove(left_notes()[0]);
  const trial third = make_trial("c=3", 30);
  ASSERT_TRUE(store.note_trials(s, {&third, 1}, "c=4"));
  EXPECT_THAT(in_file(), ElementsAre(std::pair("c=1", trial_status::measured),
                                     std::pair("c=2", trial_status::measured),
                                     std::pair("c=3", trial_status::measured),
                                     std::pair("c=4", trial_status::running)));
  EXPECT_EQ(store.list_trials(s.id)[3].attempts, 1u);
}

TEST_F(StoreNotes, OnlyNamesThatAStoreHasMadeArePaths) {
  EXPECT_EQ(notes_path("/a/b.db", "0123456789abcdef0123456789abcdef"),
            "/a/b.db-trials-0123456789abcdef0123456789abcdef");
  EXPECT_EQ(notes_path("/a/b.db", "../456789abcdef0123456789abcdef/"), "");
  EXPECT_EQ(notes_path("/a/b.db", "0123"), "");
  EXPECT_EQ(notes_path("", "0123456789abcdef0123456789abcdef"), "");
}

} // namespace
