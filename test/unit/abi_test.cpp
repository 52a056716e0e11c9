// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <tl/abi.h>

#include <gtest/gtest.h>

#include <cstdint>

TEST(Abi, RuntimeIsOfTheHeadersVersion) {
  EXPECT_EQ(tl_rt_abi_version(), std::uint32_t{TL_ABI_VERSION});
}
