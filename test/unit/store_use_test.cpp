// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What programs use is recorded, rarely, and is not forgotten by `tltune gc`, whatever clocks say.

#include "runtime/store/database.h"
#include "runtime/store/store.h"
#include "runtime/store/use.h"
#include "test/unit/child_process.h"
#include "test/unit/store_fixture.h"

#include <gmock/gmock.h>

#include <sys/stat.h>

using namespace tl::rt::store;
using namespace tl::test;

namespace {

constexpr std::int64_t day = 86'400'000, window = 30 * day;

/// An older and a newer build of one factory, both with a winner.
class StoreUse : public ::testing::Test {
protected:
  void SetUp() override {
    tuning_store store(quick_options(path));
    ASSERT_TRUE(tune(store, old_build, make_winner("c=1", 10)));
    set("last_seen = last_seen - 1000");
    session_request fresh = old_build;
    fresh.factory.fingerprint = "ffffffffffffffffffffffffffffffff";
    ASSERT_TRUE(tune(store, fresh, make_winner("c=2", 5)));
  }
  void set(const std::string &what, bool all = false) const {
    connection db(path, connection::access::read_write);
    db.execute(("UPDATE factories SET " + what +
                (all ? "" : " WHERE fingerprint = '" + old_build.factory.fingerprint + "'"))
                   .c_str());
  }
  std::int64_t value(const std::string &column) const {
    connection db(path, connection::access::read_only);
    return db.integer(("SELECT " + column + " FROM factories WHERE fingerprint = '" +
                       old_build.factory.fingerprint + "'")
                          .c_str());
  }
  /// How many winners `tltune gc` removes.
  std::int64_t collected() const {
    tuning_store store(quick_options(path));
    EXPECT_TRUE(store.settle_uses(window));
    filter f;
    f.stale = true;
    f.unused_ms = window;
    const std::size_t listed = store.list_winners(f).size();
    counts removed;
    EXPECT_TRUE(store.forget(f, &removed));
    EXPECT_EQ(static_cast<std::int64_t>(listed), removed.winners);
    return removed.winners;
  }

  temporary_directory directory;
  std::string path = directory / "autotune.db";
  session_request old_build = make_request("m=1");
  const std::string now = std::to_string(this_moment().wall_ms);
};

TEST_F(StoreUse, WhatWasUsedStays) { EXPECT_EQ(collected(), 0); }

TEST_F(StoreUse, WhatWasNotUsedForAMonthGoes) {
  set("used = " + now + " - " + std::to_string(window + day) +
      ", last_seen = used, used_boot = 'before'");
  set("last_seen = " + now + " - " + std::to_string(window + 2 * day));
  EXPECT_EQ(collected(), 1);
}

TEST_F(StoreUse, WhatCameFromElsewhereAndNobodyUsedGoes) {
  set("used = 0, used_boot = ''");
  EXPECT_EQ(collected(), 1);
}

TEST_F(StoreUse, TheUptimeCountsAndNotTheTimeOfDay) {
  // A second ago, on a clock that says 1970.
  set("used = 1000, last_seen = 0");
  EXPECT_EQ(collected(), 0);
  // Long ago in this boot, on a clock that says that it was a moment ago.
  set("used = " + now + ", used_uptime = used_uptime - " + std::to_string(window + day));
  EXPECT_EQ(collected(), 1);
}

TEST_F(StoreUse, ContradictionsCountAsUsedAndStartAnew) {
  for (const std::string &wrong :
       std::vector<std::string>{"used = " + now + " + 400 * 86400000", // in the future
                                std::string("used = 5000")}) {         // before it was tuned
    set(wrong + ", used_boot = 'before'");
    EXPECT_EQ(collected(), 0) << wrong;
    EXPECT_GE(value("used"), this_moment().wall_ms - day) << wrong;
    EXPECT_LE(value("used"), this_moment().wall_ms) << wrong;
  }
}

TEST_F(StoreUse, AClockThatJumpedRemovesNothing) {
  // To this clock, all was used long ago.
  set("used = used - 400 * 86400000, last_seen = last_seen - 400 * 86400000, used_boot = 'before'",
      true);
  EXPECT_EQ(collected(), 0);
  EXPECT_EQ(collected(), 0);
}

TEST_F(StoreUse, IsRecordedOnceADay) {
  const auto look_up = [&] {
    tuning_store store(quick_options(path));
    EXPECT_TRUE(store.lookup(old_build.key()));
  };
  const std::int64_t first = value("used");
  look_up();
  EXPECT_EQ(value("used"), first);
  set("used = used - 2 * 86400000, used_uptime = used_uptime - 2 * 86400000");
  look_up();
  EXPECT_GE(value("used"), first);
}

TEST_F(StoreUse, RecordingItIsNoReasonForAnything) {
  set("used = used - 2 * 86400000, used_uptime = used_uptime - 2 * 86400000");
  const std::int64_t before = value("used");
  // Locked for writing by somebody: nobody waits for that, and nothing is said.
  connection busy(path, connection::access::read_write);
  busy.execute("BEGIN IMMEDIATE");
  const auto begin = std::chrono::steady_clock::now();
  const child_result r = run_child([&] {
    tuning_store store(quick_options(path));
    TL_CHILD_CHECK(store.lookup(old_build.key()));
    TL_CHILD_CHECK(store.mode() == store_mode::read_write);
    return 0;
  });
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.said, ::testing::IsEmpty());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  busy.execute("ROLLBACK");
  EXPECT_EQ(value("used"), before);
}

} // namespace
