// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/log.h"
#include "runtime/support/trial_log.h"

#include "test/unit/child_process.h"

#include <gmock/gmock.h>

#include <thread>

using namespace tl::rt;
using namespace tl::test;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

namespace {

TEST(Log, LevelsDecideWhatIsSaid) {
  const child_result r = run_child([] {
    set_log_output(log_level::info, "");
    log_error("e");
    log_warning("w");
    log_info("i");
    log_debug("d");
    TL_CHILD_CHECK(log_enabled(log_level::info) && !log_enabled(log_level::debug));
    set_log_output(log_level::off, "");
    log_error("nothing");
    return 0;
  });
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.said, ElementsAre("tl: error: e", "tl: warning: w", "tl: i"));
}

TEST(Log, MessageStaysOnOneLineAndErrnoIsKept) {
  const child_result r = run_child([] {
    set_log_output(log_level::info, "");
    errno = EDOM;
    log_info("two\nlines\r");
    log_info(std::string(20000, 'x'));
    TL_CHILD_CHECK(errno == EDOM);
    return 0;
  });
  EXPECT_EQ(r.status, 0);
  ASSERT_THAT(r.said, SizeIs(2));
  EXPECT_EQ(r.said[0], "tl: two lines ");
}

TEST(Log, WarnOnceSaysOncePerKeyAlsoWithThreads) {
  const child_result r = run_child([] {
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([] {
        for (int key = 0; key < 20; ++key)
          warn_once("key " + std::to_string(key), "said");
      });
    for (std::thread &t : threads)
      t.join();
    TL_CHILD_CHECK(!warn_once("key 3", "again"));
    TL_CHILD_CHECK(warn_once("another", "said"));
    return 0;
  });
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.said, SizeIs(21));
  EXPECT_THAT(r.said, Each(std::string("tl: warning: said")));
}

TEST(Log, FileGetsWholeLinesOfManyProcesses) {
  const temporary_directory directory;
  const std::string file = directory / "log";
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i)
    children.push_back(start_child([&] {
      set_log_output(log_level::info, file);
      for (int j = 0; j < 50; ++j)
        log_info(std::string(500, 'x'));
      return 0;
    }));
  for (const pid_t child : children)
    EXPECT_EQ(wait_for(child, 60), 0);
  const auto lines = lines_of(read_file(file));
  EXPECT_THAT(lines, SizeIs(200));
  EXPECT_THAT(lines,
              Each(MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{12}Z [0-9]+ info: x{500}")));
}

TEST(Log, FileThatCannotBeOpenedSwallowsNothing) {
  const child_result r = run_child([] {
    set_log_output(log_level::warning, "/no/such/directory/log");
    log_warning("important");
    return 0;
  });
  EXPECT_THAT(r.said, ElementsAre("tl: warning: important"));
}

TEST(Log, BrokenStderrDoesNotEndTheProgram) {
  const child_result r = run_child([] {
    int ends[2];
    TL_CHILD_CHECK(::pipe(ends) == 0);
    ::close(ends[0]);
    ::dup2(ends[1], STDERR_FILENO);
    ::signal(SIGPIPE, SIG_DFL);
    log_warning("nobody reads this");
    ::close(STDERR_FILENO);
    log_warning("nor this");
    return 0;
  });
  EXPECT_EQ(r.status, 0);
}

TEST(Log, TrialsGoToTheCacheDirectory) {
  const temporary_directory directory;
  const child_result r = run_child([&] {
    ::clearenv();
    ::setenv("TL_CACHE_DIR", directory.path().c_str(), 1);
    log_trial("gemm m=1 block=64: 12.5 us");
    log_trial("gemm m=1 block=32: crashed");
    return 0;
  });
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.said, IsEmpty());
  EXPECT_THAT(lines_of(read_file(directory / "autotune.log")),
              ElementsAre(EndsWith(" gemm m=1 block=64: 12.5 us"),
                          EndsWith(" gemm m=1 block=32: crashed")));
}

} // namespace
