// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/progress.h"

#include <gtest/gtest.h>

namespace tl::rt {
namespace {

/// What is drawn on stderr by a session that wants it so.
std::string drawn(progress_mode wanted) {
  ::testing::internal::CaptureStderr();
  {
    progress_line line(wanted, "f", "n=1");
    line.probing(1, 8, 1500, 1);
  }
  return ::testing::internal::GetCapturedStderr();
}

TEST(Progress, IsDrawnAsWanted) {
  EXPECT_NE(drawn(progress_mode::on).find("tl: f(n=1) trying 1/8, 1 rejected, best 1.50 us"),
            std::string::npos);
  EXPECT_EQ(drawn(progress_mode::off), "");
  EXPECT_EQ(drawn(progress_mode::automatic), "") << "stderr is a file";
}

} // namespace
} // namespace tl::rt
