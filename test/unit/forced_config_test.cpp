// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/forced_config.h"

#include <gtest/gtest.h>

#include <span>

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

tl_factory make_factory(std::span<const char *const> given) {
  tl_factory factory{};
  factory.name = "f";
  factory.id = "_Z1fv";
  factory.variant_count = static_cast<std::uint32_t>(given.size());
  factory.configs = given.data();
  return factory;
}

TEST(ForcedConfig, ReachesIntoStructsAndArrays) {
  constexpr const char *nested[] = {
      "a={m=1,n=2},b={m=3,n=4},s=[1,2]", "a={m=1,n=9},b={m=3,n=4},s=[1,2]",
      "a={m=1,n=2},b={m=3,n=8},s=[1,2]", "a={m=1,n=2},b={m=3,n=4},s=[1,7]"};
  const tl_factory factory = make_factory(nested);
  for (std::uint32_t i = 0; i < 4; ++i)
    EXPECT_EQ(find_forced_config(factory, nested[i]).variant, i);
  EXPECT_EQ(find_forced_config(factory, "a={n=9}").variant, 1u);
  EXPECT_EQ(find_forced_config(factory, "a.n=9").variant, 1u);
  EXPECT_EQ(find_forced_config(factory, "b={n=8}").variant, 2u);
  EXPECT_EQ(find_forced_config(factory, "s[1]=7").variant, 3u);
  EXPECT_NE(find_forced_config(factory, "n=9").error.find("no tunable 'n'"), std::string::npos);
}

TEST(ForcedConfig, TypesHaveCommasAndColons) {
  constexpr const char *types[] = {"P=ns::pair<int, float>,n=1", "P=ns::pair<int, long>,n=1"};
  const tl_factory factory = make_factory(types);
  EXPECT_EQ(find_forced_config(factory, "P=ns::pair<int, long>").variant, 1u);
  EXPECT_EQ(find_forced_config(factory, "P=ns::pair<int,long>,n=1").variant, 1u);
  EXPECT_EQ(find_forced_config(factory, "ns::g<a, b>:P=x;f:P=ns::pair<int,long>").variant, 1u);
  EXPECT_EQ(find_forced_config(factory, "ns::g:P=ns::x").variant, UINT32_MAX);
  EXPECT_EQ(find_forced_config(factory, "ns::g:P=ns::x").error, "");
}

TEST(ForcedConfig, ChoosesNoneOfSeveral) {
  constexpr const char *unions[] = {"u={i=1},n=1", "u={f=1},n=2", "u={f=2},n=2"};
  const tl_factory factory = make_factory(unions);
  EXPECT_EQ(find_forced_config(factory, "n=1").variant, 0u);
  EXPECT_EQ(find_forced_config(factory, "u={f=2},n=2").variant, 2u);
  const forced_config several = find_forced_config(factory, "n=2");
  EXPECT_EQ(several.variant, UINT32_MAX);
  EXPECT_NE(several.error.find("is 2 of the 3 configs"), std::string::npos) << several.error;
}

} // namespace
} // namespace tl::rt
