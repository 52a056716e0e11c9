// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/config_text.h"

#include <gtest/gtest.h>

#include <random>

namespace tl::rt {
namespace {

using fields = std::vector<config_field>;

TEST(ConfigText, ReadsNestedValuesByTheirPlace) {
  EXPECT_EQ(read_config("m=64,mode=fast"), (fields{{"m", "64"}, {"mode", "fast"}}));
  EXPECT_EQ(read_config("a={m=1,n={x=2}},b=3"), (fields{{"a.m", "1"}, {"a.n.x", "2"}, {"b", "3"}}));
  EXPECT_EQ(read_config("sizes=[8,16],at=[{x=1},{x=2}],none=[],empty={}"),
            (fields{{"sizes[0]", "8"},
                    {"sizes[1]", "16"},
                    {"at[0].x", "1"},
                    {"at[1].x", "2"},
                    {"none", "[]"},
                    {"empty", "{}"}}));
}

TEST(ConfigText, CommasInTypesAndStringsAreTheirOwn) {
  EXPECT_EQ(read_config("P=std::pair<int, float>,n=1"),
            (fields{{"P", "std::pair<int, float>"}, {"n", "1"}}));
  EXPECT_EQ(read_config("f=&ns::step(int, float*),g=auto (int) -> int"),
            (fields{{"f", "&ns::step(int, float*)"}, {"g", "auto (int) -> int"}}));
  EXPECT_EQ(read_config(R"(s="a,b=\"}",n=1)"), (fields{{"s", R"("a,b=\"}")"}, {"n", "1"}}));
  EXPECT_EQ(unquoted(R"("a,b=\"}\x0a")"), "a,b=\"}\n");
  EXPECT_EQ(unquoted("plain"), "plain");
}

TEST(ConfigText, OtherToolsTextLosesNothing) {
  EXPECT_EQ(read_config("grid=32, 32, 1,x=2"), (fields{{"grid", "32, 32, 1"}, {"x", "2"}}));
  EXPECT_EQ(read_config("cond=a<b,x=2"), (fields{{"cond", "a<b"}, {"x", "2"}}));
  EXPECT_EQ(read_config("open=(,x=2"), (fields{{"open", "("}, {"x", "2"}}));
  EXPECT_EQ(read_config("word"), (fields{{"", "word"}}));
  EXPECT_TRUE(read_config("").empty());
}

TEST(ConfigText, FindsOutside) {
  EXPECT_EQ(find_outside("ns::f<a::b>:x=1", ':'), 11u);
  EXPECT_EQ(find_outside("P=a::b", ':'), std::string_view::npos);
  EXPECT_EQ(find_outside(R"(s="a;b";t)", ';'), 7u);
}

// Whatever text a value is made from, it reads back as that, whatever stands beside it.
TEST(ConfigText, EveryValueReadsBack) {
  std::mt19937 random(7);
  const std::string_view letters = "ab,=;:<>(){}[]\"\\ -\n";
  for (int run = 0; run < 20000; ++run) {
    std::string text;
    for (unsigned n = random() % 9; n > 0; --n)
      text += letters[random() % letters.size()];
    const std::string value = config_value(text);
    const bool container = value.size() > 1 && (value.front() == '{' || value.front() == '[');
    if (container) // {x=1} is not one value
      continue;
    const fields read = read_config("first=1,v=" + value + ",t={u=" + value + "},last=2");
    ASSERT_EQ(read.size(), 4u) << text << " as " << value;
    EXPECT_EQ(unquoted(read[1].value), text) << value;
    EXPECT_EQ(unquoted(read[2].value), text) << value;
    EXPECT_EQ(read[3], (config_field{"last", "2"}));
  }
}

} // namespace
} // namespace tl::rt
