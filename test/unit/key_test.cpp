// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <tl/autotune.h>

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <tuple>
#include <vector>

namespace {

using namespace tl::detail;

enum class layout : signed char { rows = -1, columns = 2 };
struct opaque {
  int *pointer;
};

template <class... Args>
std::string text_of(const std::array<const char *, sizeof...(Args)> &names, Args... args) {
  std::string text;
  std::size_t i = 0;
  ((append_text<Args>(text, describe_parameter<Args>(names[i]), i, args), ++i), ...);
  return text;
}

TEST(Key, CountsIntegersEnumsBoolsAndShapes) {
  static_assert(key_words_of<int>() == 1);
  static_assert(key_words_of<layout>() == 1);
  static_assert(key_words_of<bool>() == 1);
  static_assert(key_words_of<const int &>() == 1);
  static_assert(key_words_of<int &>() == 0, "an output is no key");
  static_assert(key_words_of<float>() == 0);
  static_assert(key_words_of<const float *>() == 0);
  static_assert(key_words_of<opaque>() == 0);
  static_assert(key_words_of<std::span<float>>() == 1);
  static_assert(key_words_of<tl::tensor<float, 3>>() == 3);
  static_assert(key_words_of<const std::vector<float> &>() == 1);
  static_assert(key_words_of<CUstream_st *>() == 0);
}

TEST(Key, NegativeValuesAreExact) {
  EXPECT_EQ(static_cast<std::int64_t>(key_word(layout::rows)), -1);
  EXPECT_EQ(key_word(true), 1u);
  EXPECT_NE(key_word(-1), key_word(std::uint32_t(-1)));
}

TEST(Key, PrintsNamesAndShapes) {
  float data[6] = {};
  EXPECT_EQ(text_of({"m", "how", "", "t", "x"}, 3, layout::rows, true,
                    tl::tensor<float, 2>(data, 2, 3), 1.5f),
            "m=3,how=-1,arg2=1,t=2x3");
  EXPECT_EQ(text_of({"c"}, std::span<float>(data)), "c=6");
}

TEST(Key, OwnKeysMayBeTuples) {
  static_assert(key_words_of_value<std::tuple<int, std::array<long, 2>, bool>>() == 4);
  std::uint64_t words[4] = {};
  std::uint64_t *at = words;
  append_key_value(at, std::tuple(7, std::array{8l, -9l}, true));
  EXPECT_EQ(at, words + 4);
  EXPECT_EQ(static_cast<std::int64_t>(words[2]), -9);
  std::string text = "key=";
  append_text_value(text, std::tuple(7, std::array{8l, -9l}));
  EXPECT_EQ(text, "key=7x8x-9");
}

TEST(Key, BucketsRoundUp) {
  static_assert(tl::bucket_pow2(0) == 0 && tl::bucket_pow2(1) == 1 && tl::bucket_pow2(5) == 8 &&
                tl::bucket_pow2(8) == 8);
  static_assert(tl::bucket_pow2(-3) == -3);
}

TEST(Signature, KnowsWhatEachParameterIs) {
  EXPECT_EQ(describe_parameter<const float *>("a").access, TL_ACCESS_IN);
  EXPECT_EQ(describe_parameter<float *>("a").access, TL_ACCESS_UNKNOWN);
  EXPECT_EQ(describe_parameter<float *>("a").element, TL_ELEMENT_F32);
  EXPECT_EQ(describe_parameter<float **>("a").element, TL_ELEMENT_POINTER);
  EXPECT_EQ(describe_parameter<CUstream_st *>("s").kind, TL_PARAMETER_STREAM);
  EXPECT_EQ(describe_parameter<tl::out<double>>("o").access, TL_ACCESS_OUT);
  EXPECT_EQ(describe_parameter<std::vector<float> &>("v").kind, TL_PARAMETER_VIEW);
  EXPECT_EQ(describe_parameter<std::vector<float> &>("v").rebase, nullptr);
  EXPECT_EQ(describe_parameter<std::vector<float>>("v").kind, TL_PARAMETER_OPAQUE);
  EXPECT_EQ(describe_parameter<std::unique_ptr<int>>("u").kind, TL_PARAMETER_UNCOPYABLE);
  EXPECT_EQ(describe_parameter<double &>("d").kind, TL_PARAMETER_REFERENCE);
  EXPECT_EQ(describe_parameter<std::string &>("s").kind, TL_PARAMETER_VIEW);
  EXPECT_EQ(describe_parameter<opaque>("o").kind, TL_PARAMETER_VALUE);
}

TEST(Signature, ViewsDescribeAndMove) {
  float data[12] = {}, other[12] = {};
  tl::tensor<float, 2> view(data, {2, 3}, {4, 1});
  const tl_parameter parameter = describe_parameter<tl::tensor<float, 2>>("t");
  tl_view seen{};
  parameter.view(&view, &seen);
  EXPECT_EQ(seen.data, data);
  EXPECT_EQ(seen.bytes, (4 + 2 + 1) * sizeof(float))
      << "from the first to one past the last element";
  parameter.rebase(&view, other);
  EXPECT_EQ(&view(1, 2), other + 6);
  const std::vector<float> vector(5);
  describe_parameter<const std::vector<float> &>("v").view(&vector, &seen);
  EXPECT_EQ(seen.bytes, 5 * sizeof(float));
  EXPECT_EQ(describe_parameter<const std::vector<float> &>("v").access, TL_ACCESS_IN);
}

} // namespace
