// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/forced_config.h"

#include <gtest/gtest.h>

namespace tl::rt {
namespace {

constexpr const char *configs[] = {"bm=32,bn=32", "bm=32,bn=64", "bm=64,bn=32"};

tl_factory make_factory() {
  tl_factory factory{};
  factory.name = "ns::gemm<float>";
  factory.id = "_ZN2ns4gemmIfEEv";
  factory.variant_count = 3;
  factory.default_variant = 1;
  factory.configs = configs;
  return factory;
}

TEST(ForcedConfig, NamesACompiledConfig) {
  const tl_factory factory = make_factory();
  EXPECT_EQ(find_forced_config(factory, "bm=64,bn=32").variant, 2u);
  EXPECT_EQ(find_forced_config(factory, "bn=32,bm=64").variant, 2u) << "any order";
  EXPECT_EQ(find_forced_config(factory, "bn=32").variant, 0u)
      << "the rest as in the default config";
}

TEST(ForcedConfig, MayBeForOneFactory) {
  const tl_factory factory = make_factory();
  EXPECT_EQ(find_forced_config(factory, "other:bm=1;ns::gemm<float>:bm=64,bn=32").variant, 2u);
  EXPECT_EQ(find_forced_config(factory, "_ZN2ns4gemmIfEEv:bm=32,bn=32").variant, 0u);
  const forced_config none = find_forced_config(factory, "other:bm=1");
  EXPECT_EQ(none.variant, UINT32_MAX);
  EXPECT_EQ(none.error, "");
}

TEST(ForcedConfig, SaysWhatDoesNotExist) {
  const tl_factory factory = make_factory();
  EXPECT_NE(find_forced_config(factory, "bk=3").error.find("no tunable 'bk'"), std::string::npos);
  EXPECT_NE(find_forced_config(factory, "bm=99").error.find("none of the 3 configs"),
            std::string::npos);
}

} // namespace
} // namespace tl::rt
