// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/store/store.h"

#include "runtime/store/encoding.h"
#include "test/unit/child_process.h"
#include "test/unit/store_fixture.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <thread>

using namespace tl::rt;
using namespace tl::rt::store;
using namespace tl::test;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace {

class StoreTest : public ::testing::Test {
protected:
  temporary_directory directory;
  std::string path = directory / "cache/autotune.db";
  tuning_store store{quick_options(path)};
};

TEST_F(StoreTest, LookupWithoutFileCreatesNothing) {
  EXPECT_FALSE(store.lookup(make_request().key()));
  EXPECT_THAT(store.candidates(make_request().key()), IsEmpty());
  EXPECT_EQ(store.count(), counts{});
  EXPECT_FALSE(std::filesystem::exists(directory / "cache"));
  EXPECT_EQ(store.mode(), store_mode::read_write);
}

TEST_F(StoreTest, WinnerComesBackInEveryField) {
  session s;
  ASSERT_TRUE(store.begin_session(make_request(), s));
  const finish_result done =
      store.finish_session(s, session_state::finished, make_winner("c=1", 1000.5));
  ASSERT_TRUE(done.status) << done.status.text();
  tuning_store other(quick_options(path));
  auto found = other.lookup(make_request().key());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->source, path);
  EXPECT_GT(found->updated, 1'600'000'000'000);
  winner expected = make_winner("c=1", 1000.5);
  expected.state = winner_state::final;
  expected.source = found->source;
  expected.updated = found->updated;
  EXPECT_EQ(*found, expected);
}

TEST_F(StoreTest, EveryPartOfTheKeyCounts) {
  ASSERT_TRUE(tune(store, make_request(), make_winner("c=1", 1)));
  const winner_key key = make_request().key();
  EXPECT_TRUE(store.lookup(key));
  winner_key other = key;
  other.factory += "x";
  EXPECT_FALSE(store.lookup(other));
  other = key;
  other.fingerprint += "x";
  EXPECT_FALSE(store.lookup(other));
  other = key;
  other.abi = 2;
  EXPECT_FALSE(store.lookup(other));
  other = key;
  other.device += "x";
  EXPECT_FALSE(store.lookup(other));
  other = key;
  other.mode = measure_mode::cold;
  EXPECT_FALSE(store.lookup(other));
  other = key;
  other.problem = "m=65";
  EXPECT_FALSE(store.lookup(other));
}

TEST_F(StoreTest, TextOfAnyKindSurvives) {
  session_request request = make_request("m='\"; DROP TABLE winners; --\xff");
  request.factory.id = std::string("with\0nul", 8);
  ASSERT_TRUE(tune(store, request, make_winner("\xf0\x9f\x9a\x80 c='1'", 1)));
  ASSERT_TRUE(store.lookup(request.key()));
  EXPECT_EQ(store.lookup(request.key())->config, "\xf0\x9f\x9a\x80 c='1'");
}

TEST_F(StoreTest, TrialsComeBackInEveryFieldAndInOrder) {
  session s;
  ASSERT_TRUE(store.begin_session(make_request(), s));
  trial failed;
  failed.config = "c=2";
  failed.status = trial_status::crashed;
  failed.reason = "signal 11 (segmentation fault)";
  ASSERT_TRUE(store.trial_started(s, "c=1"));
  ASSERT_TRUE(store.trials_finished(s, {{make_trial("c=1", 10)}}, "c=2"));
  ASSERT_TRUE(store.trial_finished(s, failed));
  const auto trials = store.list_trials(s.id);
  ASSERT_THAT(trials, SizeIs(2));
  trial expected = make_trial("c=1", 10);
  EXPECT_GE(trials[0].ended, trials[0].started);
  EXPECT_GT(trials[0].started, 0);
  expected.started = trials[0].started;
  expected.ended = trials[0].ended;
  EXPECT_EQ(trials[0], expected);
  EXPECT_EQ(trials[1].status, trial_status::crashed);
  EXPECT_EQ(trials[1].reason, failed.reason);
}

TEST_F(StoreTest, ValuesThatAreNoNumbersDoNotSpoilARow) {
  session s;
  ASSERT_TRUE(store.begin_session(make_request(), s));
  trial odd = make_trial("c=1", std::numeric_limits<double>::quiet_NaN());
  odd.samples_ns = {-0.0, std::numeric_limits<double>::infinity(), 1};
  odd.spread_ns = -0.0;
  ASSERT_TRUE(store.trial_finished(s, odd));
  const auto trials = store.list_trials(s.id);
  ASSERT_THAT(trials, SizeIs(1));
  EXPECT_EQ(trials[0].median_ns, 0);
  EXPECT_THAT(trials[0].samples_ns, ElementsAre(0, 0, 1));
  winner w = make_winner("c=1", 5);
  w.margin = std::numeric_limits<double>::infinity();
  w.confidence = -0.0;
  ASSERT_TRUE(store.finish_session(s, session_state::finished, w).status);
  EXPECT_TRUE(store.lookup(make_request().key()));
  EXPECT_THAT(store.verify(), IsEmpty());
}

// --- Which winner stays --------------------------------------------------------------------------

TEST_F(StoreTest, SlowerWinnerOfAnotherSessionDoesNotReplace) {
  ASSERT_TRUE(tune(store, make_request(), make_winner("c=1", 10)));
  session s;
  ASSERT_TRUE(store.begin_session(make_request(), s));
  ASSERT_TRUE(s.current);
  EXPECT_EQ(s.current->config, "c=1");
  const auto done = store.finish_session(s, session_state::finished, make_winner("c=2", 11));
  ASSERT_TRUE(done.installed);
  EXPECT_EQ(done.installed->config, "c=1");
  EXPECT_EQ(store.lookup(make_request().key())->config, "c=1");
}

TEST_F(StoreTest, FasterWinnerReplaces) {
  ASSERT_TRUE(tune(store, make_request(), make_winner("c=1", 10)));
  ASSERT_TRUE(tune(store, make_request(), make_winner("c=2", 9)));
  EXPECT_EQ(store.lookup(make_request().key())->config, "c=2");
}

TEST_F(StoreTest, PolicyAlwaysReplaces) {
  ASSERT_TRUE(tune(store, make_request(), make_winner("c=1", 10)));
  session s;
  ASSERT_TRUE(store.begin_session(make_request(), s));
  const auto done = store.finish_session(s, session_state::finished, make_winner("c=2", 11),
                                         install_policy::always);
  EXPECT_EQ(done.installed->config, "c=2");
  EXPECT_EQ(store.lookup(make_request().key())->config, "c=2");
}

TEST_F(StoreTest, FinalReplacesFasterProvisionalButNotTheOtherWayRound) {
  session first;
  ASSERT_TRUE(store.begin_session(make_request(), first));
  ASSERT_TRUE(store.finish_session(first, session_state::budget, make_winner("c=1", 5)).status);
  EXPECT_EQ(store.lookup(make_request().key())->state, winner_state::provisional);
  session second;
  ASSERT_TRUE(store.begin_session(make_request(), second));
  EXPECT_TRUE(second.resumed);
  ASSERT_TRUE(store.finish_session(second, session_state::finished, make_winner("c=2", 6)).status);
  EXPECT_EQ(store.lookup(make_request().key())->config, "c=2");
  session third;
  ASSERT_TRUE(store.begin_session(make_request(), third));
  EXPECT_FALSE(third.resumed);
  const auto done = store.finish_session(third, session_state::budget, make_winner("c=3", 1));
  EXPECT_EQ(done.installed->config, "c=2");
}

TEST_F(StoreTest, ProofsOfASessionComeWithItsWinner) {
  const proof_record proof{.config = "c=1", .facts = "a=64", .reason = {}};
  session s;
  ASSERT_TRUE(store.begin_session(make_request(), s));
  ASSERT_TRUE(store
                  .finish_session(s, session_state::finished, make_winner("c=1", 10),
                                  install_policy::if_better, {&proof, 1})
                  .status);
  tuning_store other(quick_options(path));
  EXPECT_THAT(other.proofs(make_request().key()), ElementsAre(Field(&proof_record::facts, "a=64")));
  // Without a file they are kept like the winner.
  tuning_store memory{store_options{}};
  EXPECT_FALSE(memory.begin_session(make_request(), s));
  EXPECT_FALSE(memory
                   .finish_session(s, session_state::finished, make_winner("c=1", 10),
                                   install_policy::if_better, {&proof, 1})
                   .status);
  EXPECT_THAT(memory.proofs(make_request().key()),
              ElementsAre(Field(&proof_record::facts, "a=64")));
}

// --- Sessions ------------------------------------------------------------------------------------

TEST_F(StoreTest, SessionOutOfBudgetIsContinued) {
  session s;
  ASSERT_TRUE(store.begin_session(make_request(), s));
  EXPECT_FALSE(s.resumed);
  EXPECT_EQ(s.seed, 0xfedcba9876543210u);
  ASSERT_TRUE(store.trial_started(s, "c=1"));
  ASSERT_TRUE(store.trial_finished(s, make_trial("c=1", 10)));
  ASSERT_TRUE(store.finish_session(s, session_state::budget, make_winner("c=1", 10)).status);
  session_request again = make_request();
  again.seed = 1;
  session next;
  ASSERT_TRUE(store.begin_session(again, next));
  EXPECT_TRUE(next.resumed);
  EXPECT_EQ(next.id, s.id);
  EXPECT_EQ(next.seed, s.seed);
  ASSERT_THAT(next.finished, SizeIs(1));
  EXPECT_EQ(next.finished[0].samples_ns, make_trial("c=1", 10).samples_ns);
  EXPECT_THAT(next.lost, IsEmpty());
  EXPECT_EQ(store.list_sessions()[0].session.runs, 2u);
}

TEST_F(StoreTest, FreshAbandonsWhatWasUnfinished) {
  session s;
  ASSERT_TRUE(store.begin_session(make_request(), s));
  ASSERT_TRUE(store.finish_session(s, session_state::budget, {}).status);
  session_request request = make_request();
  request.fresh = true;
  session next;
  ASSERT_TRUE(store.begin_session(request, next));
  EXPECT_FALSE(next.resumed);
  EXPECT_NE(next.id, s.id);
  EXPECT_EQ(store.list_sessions()[0].session.state, session_state::abandoned);
}

TEST_F(StoreTest, KilledSessionIsContinuedAndItsRunningTrialIsLostTheSecondTime) {
  const auto die_in_second_trial = [&] {
    return wait_for(start_child([&] {
                      session s;
                      TL_CHILD_CHECK(store.begin_session(make_request(), s));
                      TL_CHILD_CHECK(store.trial_started(s, "c=1"));
                      TL_CHILD_CHECK(store.trials_finished(s, {{make_trial("c=1", 10)}}, "c=2"));
                      ::raise(SIGKILL);
                      return 0;
                    }),
                    60);
  };
  ASSERT_EQ(die_in_second_trial(), -SIGKILL);
  session s;
  ASSERT_TRUE(store.begin_session(make_request(), s));
  EXPECT_TRUE(s.resumed);
  EXPECT_THAT(s.lost, IsEmpty()) << "may have been Ctrl-C";
  ASSERT_THAT(s.again, SizeIs(1));
  EXPECT_EQ(s.again[0].config, "c=2");
  EXPECT_EQ(s.again[0].status, trial_status::lost);
  EXPECT_NE(s.again[0].reason, "");
  ASSERT_TRUE(store.finish_session(s, session_state::budget, {}).status);
  s = {};

  ASSERT_EQ(die_in_second_trial(), -SIGKILL);
  ASSERT_TRUE(store.begin_session(make_request(), s));
  EXPECT_THAT(s.again, IsEmpty());
  EXPECT_TRUE(s.resumed);
  ASSERT_THAT(s.finished, SizeIs(1));
  EXPECT_EQ(s.finished[0].config, "c=1");
  ASSERT_THAT(s.lost, SizeIs(1));
  EXPECT_EQ(s.lost[0].config, "c=2");
  EXPECT_EQ(s.lost[0].status, trial_status::lost);
  EXPECT_NE(s.lost[0].reason, "");
  // Tried again because somebody asked: one row, three attempts.
  ASSERT_TRUE(store.trial_started(s, "c=2"));
  ASSERT_TRUE(store.trial_finished(s, make_trial("c=2", 9)));
  const auto trials = store.list_trials(s.id);
  ASSERT_THAT(trials, SizeIs(2));
  EXPECT_EQ(trials[1].attempts, 3u);
  EXPECT_EQ(trials[1].status, trial_status::measured);
}

TEST_F(StoreTest, LiveSessionOfAnotherProcessIsBusyAlsoAsZombieNot) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = start_child([&] {
    session s;
    TL_CHILD_CHECK(store.begin_session(make_request(), s));
    TL_CHILD_CHECK(::write(ready[1], "x", 1) == 1);
    ::pause();
    return 0;
  });
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  session s;
  EXPECT_EQ(store.begin_session(make_request(), s).code(), status_code::busy);
  EXPECT_EQ(s.id, 0);
  ::kill(child, SIGKILL);
  // Dead, but not waited for: a process whose parent does not care must not block the key for ever.
  siginfo_t about;
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &about, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(store.begin_session(make_request(), s));
  EXPECT_TRUE(s.resumed);
  EXPECT_EQ(wait_for(child, 60), -SIGKILL);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(StoreTest, SessionOfAnotherThreadIsBusyUntilItIsGone) {
  auto s = std::make_unique<session>();
  ASSERT_TRUE(store.begin_session(make_request(), *s));
  session other;
  EXPECT_EQ(store.begin_session(make_request(), other).code(), status_code::busy);
  EXPECT_TRUE(store.begin_session(make_request("m=65"), other));
  s.reset(); // dropped without being finished, as by an exception
  EXPECT_TRUE(store.begin_session(make_request(), other));
  EXPECT_TRUE(other.resumed);
}

// --- Layers and candidates -----------------------------------------------------------------------

TEST_F(StoreTest, LayersAnswerInOrderBehindTheOwnFile) {
  const std::string first = directory / "first.db", second = directory / "second";
  {
    tuning_store a(quick_options(first)), b(quick_options(second + "/autotune.db"));
    ASSERT_TRUE(tune(a, make_request("m=1"), make_winner("c=1", 10)));
    ASSERT_TRUE(tune(b, make_request("m=1"), make_winner("c=2", 5)));
    ASSERT_TRUE(tune(b, make_request("m=2"), make_winner("c=3", 5)));
    session s;
    ASSERT_TRUE(a.begin_session(make_request("m=2"), s));
    ASSERT_TRUE(a.finish_session(s, session_state::budget, make_winner("c=4", 1)).status);
  }
  store_options options = quick_options(path);
  options.layers = {first, second}; // a layer may be named by its directory
  tuning_store layered(options);
  EXPECT_EQ(layered.lookup(make_request("m=1").key())->config, "c=1");
  EXPECT_EQ(layered.lookup(make_request("m=1").key())->source, first);
  EXPECT_EQ(layered.lookup(make_request("m=2").key())->config, "c=3") << "final before provisional";
  const std::string before = read_file(first);
  ASSERT_TRUE(tune(layered, make_request("m=1"), make_winner("c=5", 50)));
  EXPECT_EQ(layered.lookup(make_request("m=1").key())->config, "c=5");
  EXPECT_TRUE(read_file(first) == before);

  const auto all = layered.candidates(make_request("m=99").key());
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].problem, "m=1");
  EXPECT_EQ(all[0].best.config, "c=5");
  EXPECT_EQ(all[1].problem, "m=2");
  EXPECT_EQ(all[1].best.config, "c=3");
}

TEST_F(StoreTest, CandidatesShareEverythingButTheProblem) {
  ASSERT_TRUE(tune(store, make_request("m=1"), make_winner("c=1", 10)));
  ASSERT_TRUE(tune(store, make_request("m=1", "_Z5other"), make_winner("c=2", 10)));
  session_request cold = make_request("m=2");
  cold.mode = measure_mode::cold;
  ASSERT_TRUE(tune(store, cold, make_winner("c=3", 10)));
  const auto all = store.candidates(make_request("m=99").key());
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].problem, "m=1");
}

// --- tltune's part -------------------------------------------------------------------------------

TEST_F(StoreTest, ForgetRemovesWhatMatchesAndWhatNothingRefersTo) {
  ASSERT_TRUE(tune(store, make_request("m=1"), make_winner("c=1", 10)));
  ASSERT_TRUE(tune(store, make_request("m=2"), make_winner("c=1", 10)));
  ASSERT_TRUE(tune(store, make_request("m=1", "_Z4conv"), make_winner("c=1", 10)));
  counts removed;
  ASSERT_TRUE(store.forget({.factory = "_Z4co*"}, &removed));
  EXPECT_EQ(removed,
            (counts{.factories = 1, .problems = 1, .sessions = 1, .trials = 1, .winners = 1}));
  ASSERT_TRUE(store.forget({.problem = "m=2"}, &removed));
  EXPECT_EQ(removed, (counts{.problems = 1, .sessions = 1, .trials = 1, .winners = 1}));
  EXPECT_TRUE(store.lookup(make_request("m=1").key()));
  ASSERT_TRUE(store.forget({}));
  EXPECT_EQ(store.count(), counts{});
  EXPECT_TRUE(store.compact());
  EXPECT_THAT(store.verify(), IsEmpty());
}

TEST_F(StoreTest, PartsOfAProblemAreWholeParts) {
  for (const char *problem : {"m=1,n=8,k=4", "m=1,n=80,k=4", "n=8", "kn=8", "a=[1,2],n=8"})
    ASSERT_TRUE(tune(store, make_request(problem), make_winner("c=1", 10)));
  const auto found = [&](const char *parts) {
    std::vector<std::string> problems;
    for (const auto &it : store.list_winners({.problem_parts = parts}))
      problems.push_back(it.key.problem);
    return problems;
  };
  EXPECT_THAT(found("n=8"), ElementsAre("m=1,n=8,k=4", "n=8", "a=[1,2],n=8"));
  EXPECT_THAT(found("m=1,k=4"), ElementsAre("m=1,n=8,k=4", "m=1,n=80,k=4"));
  EXPECT_THAT(found("n=8,k=4"), ElementsAre("m=1,n=8,k=4"));
  EXPECT_THAT(found("n=8*"), ElementsAre("m=1,n=8,k=4", "m=1,n=80,k=4", "n=8", "a=[1,2],n=8"));
  EXPECT_THAT(found("a=[1,2]"), ElementsAre("a=[1,2],n=8"));
  EXPECT_THAT(found("n=9"), IsEmpty());
}

TEST_F(StoreTest, StaleMeansThatANewerFingerprintIsKnown) {
  ASSERT_TRUE(tune(store, make_request(), make_winner("c=1", 10)));
  EXPECT_THAT(store.list_winners({.stale = true}), IsEmpty());
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  session_request edited = make_request();
  edited.factory.fingerprint = "edited";
  ASSERT_TRUE(tune(store, edited, make_winner("c=2", 10)));
  const auto stale = store.list_winners({.stale = true});
  ASSERT_THAT(stale, SizeIs(1));
  EXPECT_EQ(stale[0].best.config, "c=1");
  EXPECT_EQ(stale[0].key, make_request().key());
  EXPECT_THAT(store.list_factories(), SizeIs(2));
  EXPECT_THAT(store.list_devices(), SizeIs(1));
}

TEST_F(StoreTest, MergeBringsEverythingOnce) {
  tuning_store other(quick_options(directory / "other.db"));
  ASSERT_TRUE(tune(other, make_request("m=1"), make_winner("c=1", 10)));
  ASSERT_TRUE(tune(other, make_request("m=2"), make_winner("c=2", 10)));
  ASSERT_TRUE(other.install(make_request("m=3"), make_winner("c=3", 10)).status);
  ASSERT_TRUE(tune(store, make_request("m=1"), make_winner("c=4", 9)));
  for (int round = 0; round < 2; ++round) {
    const tl::rt::status merged = store.merge(directory / "other.db");
    ASSERT_TRUE(merged) << merged.text();
    EXPECT_EQ(store.count(), (counts{.factories = 1,
                                     .devices = 1,
                                     .problems = 3,
                                     .sessions = 3,
                                     .trials = 3,
                                     .winners = 3}));
  }
  EXPECT_EQ(store.lookup(make_request("m=1").key())->config, "c=4");
  EXPECT_EQ(store.lookup(make_request("m=2").key())->config, "c=2");
  EXPECT_EQ(store.lookup(make_request("m=3").key())->config, "c=3");
  EXPECT_THAT(store.verify(), IsEmpty());
  EXPECT_FALSE(store.merge(directory / "missing.db"));
}

TEST_F(StoreTest, BundlesGoFromListToImport) {
  ASSERT_TRUE(tune(store, make_request("m=1"), make_winner("c=1", 10)));
  auto bundles = store.list_sessions();
  ASSERT_THAT(bundles, SizeIs(1));
  bundles[0].trials = store.list_trials(bundles[0].session.id);
  tuning_store other(quick_options(directory / "other.db"));
  ASSERT_TRUE(other.import(bundles));
  auto copied = other.list_sessions();
  ASSERT_THAT(copied, SizeIs(1));
  EXPECT_EQ(copied[0].session, bundles[0].session);
  EXPECT_EQ(copied[0].best, bundles[0].best);
  EXPECT_EQ(other.list_trials(copied[0].session.id), bundles[0].trials);
  EXPECT_EQ(other.list_factories(), store.list_factories());
}

TEST_F(StoreTest, ReadOnlyOptionChangesNothing) {
  store_options options = quick_options(path);
  options.read_only = true;
  tuning_store reader(options);
  session s;
  EXPECT_EQ(reader.begin_session(make_request(), s).code(), status_code::read_only);
  EXPECT_FALSE(std::filesystem::exists(path));
  ASSERT_TRUE(tune(store, make_request(), make_winner("c=1", 10)));
  EXPECT_TRUE(reader.lookup(make_request().key()));
  EXPECT_EQ(reader.mode(), store_mode::read_only);
  EXPECT_FALSE(reader.forget({}));
}

TEST_F(StoreTest, ManyThreadsShareOneStore) {
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      for (int j = 0; j < 10; ++j) {
        const auto request = make_request("m=" + std::to_string(i) + std::to_string(j));
        if (tune(store, request, make_winner("c=1", 10)) && store.lookup(request.key()))
          ++good;
      }
    });
  for (std::thread &t : threads)
    t.join();
  EXPECT_EQ(good, 80);
  EXPECT_EQ(store.count().winners, 80);
}

TEST(StoreEncoding, SamplesAreLittleEndianDoubles) {
  const std::vector<double> samples = {1.0, -2.5, 1e300};
  const auto blob = encode_samples(samples);
  EXPECT_THAT(blob, SizeIs(24));
  EXPECT_THAT(std::vector<unsigned char>(blob.begin(), blob.begin() + 8),
              ElementsAre(0, 0, 0, 0, 0, 0, 0xf0, 0x3f));
  EXPECT_EQ(decode_samples(blob), samples);
  EXPECT_FALSE(decode_samples(std::vector<unsigned char>(7)));
}

} // namespace
