// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which variant runs for a call: what is stored, what TL_TUNE says, and what a session finds.

#include "child_process.h"
#include "resolve_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace tl::rt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(Resolve, NewProblemIsTunedStoredAndInstalled) {
  EXPECT_EQ(resolve_now(), best);
  EXPECT_EQ(installed(), best);
  EXPECT_EQ(on.opened, 1);
  ASSERT_TRUE(stored());
  EXPECT_EQ(stored()->config, "i=5");
  EXPECT_EQ(stored()->state, store::winner_state::final);
  EXPECT_EQ(resolve_now(), best);
  EXPECT_EQ(on.opened, 1) << "the second call finds it installed";
}

TEST_F(Resolve, StoredWinnerRunsWithoutATrial) {
  store_winner("i=2");
  EXPECT_EQ(resolve_now(), 2u);
  EXPECT_THAT(on.probed, IsEmpty());
}

TEST_F(Resolve, WinnerWithoutAProofRunsOnceBeforeItIsUsed) {
  store_winner("i=2", false);
  EXPECT_EQ(resolve_now(), 2u);
  EXPECT_THAT(on.probed, ElementsAre(2u));
  call_for(2);
  store_winner("i=3", false);
  EXPECT_EQ(resolve_now(), usual) << "it is wrong";
}

TEST_F(Resolve, StoredWinnerThatIsNoConfigIsTunedAnew) {
  store_winner("i=99");
  EXPECT_EQ(resolve_now(), best);
  EXPECT_EQ(on.opened, 1);
}

TEST_F(Resolve, OffNeverRunsATrial) {
  settings.tune = tune_mode::off;
  EXPECT_EQ(resolve_now(), usual);
  EXPECT_EQ(on.opened, 0);
  call_for(2);
  store_winner("i=2");
  EXPECT_EQ(resolve_now(), 2u) << "what is stored is used";
}

TEST_F(Resolve, RequireEndsAProgramWithoutAWinner) {
  settings.tune = tune_mode::require;
  EXPECT_EXIT(resolve_now(), ::testing::ExitedWithCode(3),
              "has no stored winner and TL_TUNE=require");
  store_winner("i=2");
  EXPECT_EQ(resolve_now(), 2u);
}

TEST_F(Resolve, NearestTakesTheNeighboursWinnerOnceItIsRight) {
  store_winner("i=2");
  settings.tune = tune_mode::nearest;
  call_for(2);
  EXPECT_EQ(resolve_now(), 2u);
  EXPECT_THAT(on.probed, ElementsAre(2u));
  EXPECT_FALSE(stored()) << "it was not measured here";
}

TEST_F(Resolve, NearestLeavesAWinnerThatIsWrongHere) {
  store_winner("i=3");
  settings.tune = tune_mode::nearest;
  call_for(2);
  EXPECT_EQ(resolve_now(), usual);
  EXPECT_THAT(on.probed, ElementsAre(wrong));
}

TEST_F(Resolve, ForcedConfigRunsWhateverIsStored) {
  store_winner("i=2");
  settings.force_config = "i=7";
  EXPECT_EQ(resolve_now(), 7u);
  EXPECT_EQ(on.opened, 0);
}

TEST_F(Resolve, CapturingRunsTheDefaultThisTimeOnly) {
  call.capturing = 1;
  EXPECT_EQ(resolve_now(), usual);
  EXPECT_EQ(installed(), UINT32_MAX);
  call.capturing = 0;
  EXPECT_EQ(resolve_now(), best);
}

TEST_F(Resolve, CallFromInsideASessionRunsTheDefaultThisTimeOnly) {
  EXPECT_EQ(resolve_now(true), usual);
  EXPECT_EQ(installed(), UINT32_MAX);
  EXPECT_EQ(on.opened, 0);
}

TEST_F(Resolve, NoDeviceNoTrial) {
  there.backend = nullptr;
  there.error = "no driver";
  EXPECT_EQ(resolve_now(), usual);
  EXPECT_EQ(installed(), usual);
}

TEST_F(Resolve, NothingRightLeavesTheDefault) {
  on.nothing_right = true;
  EXPECT_EQ(resolve_now(), usual);
  EXPECT_EQ(on.probed.size(), variants);
}

TEST_F(Resolve, WhatCannotBeTunedIsKnownFromEarlierSessions) {
  store.note_untunable(request().factory, "it waits for the program's own threads");
  EXPECT_EQ(resolve_now(), usual);
  EXPECT_EQ(on.opened, 0);
  EXPECT_EQ(tune_now().session.variant, best) << "who asks for it gets it";
  EXPECT_EQ(store.untunable(request().factory), "");
}

TEST_F(Resolve, BudgetEndsASessionAndTheNextStartGoesOn) {
  factory.factory.options.budget = 3;
  on.first_run_s = 1;
  resolve_now();
  EXPECT_LT(on.probed.size(), variants);
  const std::size_t before = on.probed.size();
  ASSERT_TRUE(stored());
  EXPECT_EQ(stored()->state, store::winner_state::provisional);
  EXPECT_GT(before, 0u);
}

TEST_F(Resolve, BudgetThatEndsInTheLastCheckTakesNothingFromTheWinner) {
  factory.factory.options.budget = 3;
  on.last_check_s = 100;
  store::tuning_store file(test::quick_options(locks.path() + "/autotune.db"));
  const world lasting{.environment = settings,
                      .store = file,
                      .clock = clock,
                      .lock_directory = locks.path(),
                      .find_device = here.find_device};
  // The next start has no more time for the check, and what it finds stands.
  for (const store::winner_state state :
       {store::winner_state::provisional, store::winner_state::final}) {
    factory.factory.slot = new tl_dispatch_slot{};
    EXPECT_EQ(resolution(lasting, factory.factory, call, false).run(), best);
    const auto all = file.candidates(request().key());
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].best.config, "i=5");
    EXPECT_EQ(all[0].best.state, state);
  }
}

TEST_F(Resolve, ExplicitTuningReplacesWhatIsStored) {
  store_winner("i=2");
  EXPECT_EQ(resolve_now(), 2u);
  const explicit_result made = tune_now();
  EXPECT_EQ(made.session.variant, best);
  EXPECT_EQ(installed(), best);
  ASSERT_TRUE(stored());
  EXPECT_EQ(stored()->config, "i=5");
}

TEST_F(Resolve, ExplicitTuningSaysWhyNot) {
  settings.tune = tune_mode::off;
  EXPECT_THAT(tune_now().session.failure, HasSubstr("TL_TUNE"));
  settings.tune = tune_mode::on;
  EXPECT_THAT(tune_now(true).session.failure, HasSubstr("inside another tuning session"));
  EXPECT_EQ(tune_now(true).session.variant, usual);
  on.cannot_open = "no room";
  EXPECT_THAT(tune_now().session.failure, HasSubstr("no room"));
}

class Fleet : public Resolve {};

TEST_F(Fleet, WinnerOfAnotherMachineRunsOnceAndIsStored) {
  others.know("i=2");
  EXPECT_EQ(resolve_in_fleet(), 2u);
  EXPECT_THAT(on.probed, ElementsAre(2u)) << "one checked run, and no session";
  ASSERT_TRUE(stored());
  EXPECT_EQ(stored()->config, "i=2");
  EXPECT_THAT(store.proofs(request().key()), ::testing::SizeIs(1));
  EXPECT_THAT(others.told, IsEmpty());
}

TEST_F(Fleet, WrongWinnerOfAnotherMachineIsNotStoredAndThisOneTunes) {
  others.know("i=3");
  EXPECT_EQ(resolve_in_fleet(), best);
  ASSERT_TRUE(stored());
  EXPECT_EQ(stored()->config, "i=5");
}

TEST_F(Fleet, WhatWasNotCompiledIsNeverChosen) {
  others.know("i=99");
  EXPECT_EQ(resolve_in_fleet(), best);
  EXPECT_EQ(stored()->config, "i=5");
}

TEST_F(Fleet, StoredWinnerComesFirst) {
  store_winner("i=2");
  others.know("i=4");
  EXPECT_EQ(resolve_in_fleet(), 2u);
  EXPECT_EQ(others.asked, 0);
}

TEST_F(Fleet, WhoMayRunNothingDoesNotAsk) {
  others.know("i=2");
  settings.tune = tune_mode::off;
  EXPECT_EQ(resolve_in_fleet(), usual);
  EXPECT_EQ(others.asked, 0);
  EXPECT_THAT(on.probed, IsEmpty());
}

TEST_F(Fleet, ProofsOfOthersCountWhereTheUserSaysSo) {
  others.know("i=2");
  store::proof_record right;
  right.config = "i=2";
  right.facts = "none";
  others.known->proofs.push_back(right);
  others.trusting = true;
  settings.tune = tune_mode::off;
  EXPECT_EQ(resolve_in_fleet(), 2u);
  EXPECT_THAT(on.probed, IsEmpty());
}

TEST_F(Fleet, WhatIsFoundHereIsToldUnderTheLease) {
  EXPECT_EQ(resolve_in_fleet(), best);
  ASSERT_EQ(others.told.size(), 1u);
  EXPECT_EQ(others.told[0].best.config, "i=5");
  EXPECT_EQ(others.told[0].what.key(), request().key());
  EXPECT_THAT(others.told[0].proofs, ::testing::SizeIs(1));
  EXPECT_EQ(others.told[0].trials.size(), variants);
  EXPECT_TRUE(others.told_under_a_lease);
}

TEST_F(Fleet, WhileAnotherMachineTunesTheDefaultRunsAndItIsAskedNowAndThen) {
  others.lease = remote::lease_answer::outcome::held;
  EXPECT_EQ(resolve_in_fleet(), usual);
  EXPECT_EQ(installed(), UINT32_MAX) << "it is not settled";
  EXPECT_EQ(others.asked, 1);
  EXPECT_EQ(resolve_in_fleet(), usual);
  EXPECT_EQ(others.asked, 1) << "not again so soon";
  clock.advance_ns(1'100'000'000);
  EXPECT_EQ(resolve_in_fleet(), usual);
  EXPECT_EQ(others.asked, 2);
  EXPECT_EQ(on.opened, 0);
  others.know("i=2", store::winner_state::provisional);
  clock.advance_ns(1'100'000'000);
  EXPECT_EQ(resolve_in_fleet(), 2u) << "the other one has run out of time";
  EXPECT_EQ(installed(), 2u);
}

TEST_F(Fleet, WhoAsksForASessionWaitsForNoOtherMachine) {
  others.know("i=2");
  others.lease = remote::lease_answer::outcome::held;
  EXPECT_EQ(tune_in_fleet().session.variant, best);
  EXPECT_EQ(others.asked, 0);
  EXPECT_EQ(installed(), best);
  ASSERT_EQ(others.told.size(), 1u) << "they hear of what it finds";
  EXPECT_EQ(others.told[0].best.config, "i=5");
  EXPECT_FALSE(others.told_under_a_lease);
}

TEST_F(Fleet, DeadHoldersProblemIsTunedHere) {
  others.lease = remote::lease_answer::outcome::held;
  EXPECT_EQ(resolve_in_fleet(), usual);
  others.lease = remote::lease_answer::outcome::granted;
  clock.advance_ns(1'100'000'000);
  EXPECT_EQ(resolve_in_fleet(), best);
}

TEST_F(Fleet, WhoHoldsAProblemForEverIsNotHeeded) {
  others.lease = remote::lease_answer::outcome::held;
  EXPECT_EQ(resolve_in_fleet(), usual);
  clock.advance_ns(121'000'000'000);
  EXPECT_EQ(resolve_in_fleet(), best);
}

TEST_F(Fleet, WhileAnotherMachineTunesTheNeighboursWinnerRuns) {
  store_winner("i=2");
  call_for(2);
  others.lease = remote::lease_answer::outcome::held;
  EXPECT_EQ(resolve_in_fleet(), 2u);
  EXPECT_THAT(on.probed, ElementsAre(2u));
  EXPECT_EQ(resolve_in_fleet(), 2u);
  EXPECT_THAT(on.probed, ElementsAre(2u)) << "it is not checked for each call";
  EXPECT_EQ(installed(), UINT32_MAX);
}

TEST_F(Fleet, ProvisionalWinnerOfAnotherMachineIsImprovedOn) {
  others.know("i=2", store::winner_state::provisional);
  EXPECT_EQ(resolve_in_fleet(), best);
}

TEST_F(Fleet, TunesWhereNobodyKeepsLeases) {
  others.lease = remote::lease_answer::outcome::unknown;
  EXPECT_EQ(resolve_in_fleet(), best);
}

/// Where ranks meet that are threads of this process. Whoever is not there in time has missed it.
class meeting {
public:
  explicit meeting(std::size_t ranks) : ranks_(ranks) {}

  rank_group::all_gather of(std::size_t who) {
    return [this, who](std::string_view mine, double limit_s, std::vector<std::string> &all) {
      std::unique_lock lock(guard_);
      const std::size_t round = at_[who]++;
      if (rounds_.size() <= round)
        rounds_.resize(round + 1, {std::vector<std::string>(ranks_), 0});
      rounds_[round].texts[who] = mine;
      ++rounds_[round].there;
      changed_.notify_all();
      const bool complete = changed_.wait_for(lock, std::chrono::duration<double>(limit_s),
                                              [&] { return rounds_[round].there == ranks_; });
      if (complete)
        all = rounds_[round].texts;
      return complete;
    };
  }

private:
  struct exchange {
    std::vector<std::string> texts;
    std::size_t there = 0;
  };
  const std::size_t ranks_;
  std::mutex guard_;
  std::condition_variable changed_;
  std::deque<exchange> rounds_;
  std::map<std::size_t, std::size_t> at_;
};

class Ranks : public ::testing::Test {
protected:
  /// A process with a machine of its own.
  struct rank : Resolve {
    void TestBody() override {}
    using Resolve::call_for;
    using Resolve::installed;
    using Resolve::on;
    using Resolve::settings;
    using Resolve::store_winner;
    using Resolve::stored;
    std::uint32_t resolve_with(rank_group &group) {
      world in = here;
      in.ranks = &group;
      return resolution(in, factory.factory, call, false).run();
    }
  };

  explicit Ranks(double limit_s = 60) {
    for (std::size_t who = 0; who < count; ++who)
      groups[who].set(where.of(who), limit_s);
  }

  /// What each rank runs when all make their call at once.
  std::vector<std::uint32_t> resolve_all() {
    std::vector<std::uint32_t> chosen(count);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < count; ++i)
      threads.emplace_back([&, i] { chosen[i] = ranks[i].resolve_with(groups[i]); });
    for (std::thread &it : threads)
      it.join();
    return chosen;
  }

  static constexpr std::size_t count = 3; ///< of ranks
  meeting where{count};
  rank ranks[count];
  rank_group groups[count];
};

TEST_F(Ranks, DifferentTimingsLeadToTheSameWinner) {
  for (std::uint32_t i = 0; i < count; ++i) {
    ranks[i].on.fastest = i == 0 ? 5 : i == 1 ? 6 : 7;
    ranks[i].on.second = 4;
  }
  EXPECT_THAT(resolve_all(), ElementsAre(4u, 4u, 4u));
  for (rank &it : ranks) {
    ASSERT_TRUE(it.stored());
    EXPECT_EQ(it.stored()->config, "i=4") << "the next start has nothing to tune";
    EXPECT_EQ(it.installed(), 4u);
    EXPECT_EQ(it.on.opened, 2) << "a session, and a run of the winner";
  }
}

TEST_F(Ranks, OneThatHasAWinnerGivesItToAll) {
  ranks[1].store_winner("i=2");
  EXPECT_THAT(resolve_all(), ElementsAre(2u, 2u, 2u));
  EXPECT_THAT(ranks[0].on.probed, ElementsAre(2u)) << "it is proven, and nothing is tuned";
  EXPECT_THAT(ranks[1].on.probed, IsEmpty());
}

TEST_F(Ranks, OfStoredWinnersTheFasterOneIsTaken) {
  ranks[0].store_winner("i=2");
  ranks[1].store_winner("i=6");
  ranks[2].store_winner("i=4");
  EXPECT_THAT(resolve_all(), ElementsAre(2u, 2u, 2u)) << "of equal times the first by its text";
}

TEST_F(Ranks, WhatIsWrongOnOneRankRunsOnNone) {
  ranks[0].store_winner("i=2");
  ranks[2].on.nothing_right = true;
  EXPECT_THAT(resolve_all(), ElementsAre(usual, usual, usual));
}

TEST_F(Ranks, DifferentProblemsAtOnceRunTheDefault) {
  ranks[0].call_for(2);
  ranks[0].store_winner("i=2");
  EXPECT_THAT(resolve_all(), ElementsAre(usual, usual, usual));
}

TEST_F(Ranks, OneThatMayNotTuneKeepsTheOthersFromIt) {
  ranks[0].settings.tune = tune_mode::off;
  EXPECT_THAT(resolve_all(), ElementsAre(usual, usual, usual));
  for (rank &it : ranks)
    EXPECT_EQ(it.on.opened, 0);
}

class LateRanks : public Ranks {
protected:
  LateRanks() : Ranks(0.2) {}
};

TEST_F(LateRanks, OneThatDoesNotComeKeepsNobody) {
  EXPECT_EQ(ranks[0].resolve_with(groups[0]), usual);
  EXPECT_EQ(ranks[0].installed(), usual);
  const auto begun = std::chrono::steady_clock::now();
  for (std::uint64_t problem = 2; problem < 50; ++problem) {
    ranks[0].call_for(problem);
    EXPECT_EQ(ranks[0].resolve_with(groups[0]), usual);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5))
      << "nobody is waited for again";
}

TEST_F(LateRanks, OneThatThrowsIsAsGoodAsGone) {
  groups[0].set(
      [](std::string_view, double, std::vector<std::string> &) -> bool {
        throw std::runtime_error("the network is down");
      },
      1);
  EXPECT_EQ(ranks[0].resolve_with(groups[0]), usual);
}

} // namespace
} // namespace tl::rt
