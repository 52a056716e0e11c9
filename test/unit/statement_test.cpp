// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/store/statement.h"

#include <gtest/gtest.h>

namespace tl::rt::store {
namespace {

TEST(Statement, ARunnerUpIsSlowerOrNotSurelyFaster) {
  EXPECT_EQ(describe_margin(0.0123), "1.2 % slower");
  EXPECT_EQ(describe_margin(0), "0.0 % slower");
  EXPECT_EQ(describe_margin(-0.011), "1.1 % faster, too little to be sure of");
}

TEST(Statement, NoMoreConfidenceIsStatedThanThereIs) {
  EXPECT_EQ(describe_confidence(0.997324), "99.7 %");
  EXPECT_EQ(describe_confidence(0.99999), "99.9 %");
  EXPECT_EQ(describe_confidence(1), "100.0 %");
  EXPECT_EQ(describe_confidence(0.77), "77.0 %");
}

TEST(Statement, AWinnerThatIsNotSureIsNotCalledFinal) {
  winner it;
  it.state = winner_state::final;
  EXPECT_EQ(describe_state(it), "final") << "an import knows no confidence";
  it.confidence = 0.51;
  EXPECT_EQ(describe_state(it), "final");
  it.confidence = 0.49;
  EXPECT_EQ(describe_state(it), "unsure");
  it.state = winner_state::provisional;
  EXPECT_EQ(describe_state(it), "provisional");
}

} // namespace
} // namespace tl::rt::store
