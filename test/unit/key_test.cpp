// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "test/utils/handwritten.h"

#include <tl/autotune.h>

#include <gtest/gtest.h>

#include <array>
#include <complex>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace {

using namespace tl::detail;

enum class layout : signed char { rows = -1, columns = 2 };
struct opaque {
  int *pointer;
};

/// What the runtime says of a call: its printed problem, and its key.
struct problem {
  std::string text;
  std::vector<std::uint64_t> key;
};

template <class... Args> struct described_call {
  template <class... Options>
  static problem of(const std::array<const char *, sizeof...(Args)> &names,
                    const option_set_t<Options...> &options,
                    std::remove_reference_t<Args>... args) {
    using table = tl::handwritten::parameter_table<void(Args...)>;
    const auto parameters = [&]<std::size_t... I>(std::index_sequence<I...>) {
      return table(names[I]...);
    }(std::index_sequence_for<Args...>{});
    tl_dispatch_slot slot{};
    generated constants{};
    if constexpr (has_option_v<tl::keyword::key, option_set_t<Options...>>)
      constants.key_words = sizeof own_key_of(options, args...).words / sizeof(std::uint64_t);
    const tl_factory factory = describe_with<void(Args...)>(
        options, tl::handwritten::complete(constants, parameters, slot));
    void *arguments[] = {const_cast<void *>(static_cast<const void *>(&args))..., nullptr};
    problem result;
    tl_call call{};
    result.key.resize(factory.key_words);
    tl_rt_make_call(
        &factory, arguments, &call, result.key.data(),
        [](void *sink, const char *text) { *static_cast<std::string *>(sink) += text; },
        &result.text);
    EXPECT_EQ(call.key, result.key.data());
    EXPECT_EQ(call.device, -1);
    std::vector<std::uint64_t> alone(factory.key_words);
    tl_rt_make_key(&factory, arguments, alone.data());
    EXPECT_EQ(alone, result.key);
    if constexpr (has_option_v<tl::keyword::key, option_set_t<Options...>>) {
      const auto own = own_key_of(options, args...);
      EXPECT_EQ(std::vector(std::begin(own.words), std::end(own.words)), result.key);
    }
    return result;
  }
};

template <class... Args>
std::string text_of(const std::array<const char *, sizeof...(Args)> &names, Args... args) {
  return described_call<Args...>::of(names, option_set(), args...).text;
}

TEST(Key, CountsIntegersEnumsBoolsAndShapes) {
  static_assert(key_words_of<int>() == 1);
  static_assert(key_words_of<layout>() == 1);
  static_assert(key_words_of<bool>() == 1);
  static_assert(key_words_of<const int &>() == 1);
  static_assert(key_words_of<int &>() == 0, "an output is no key");
  static_assert(key_words_of<float>() == 0);
  static_assert(key_words_of<const float *>() == 0);
  static_assert(key_words_of<float (*)(float)>() == 1, "which function it is");
  static_assert(key_words_of<opaque>() == 0);
  static_assert(key_words_of<std::span<float>>() == 1);
  static_assert(key_words_of<tl::tensor<float, 3>>() == 6, "shape and strides");
  static_assert(key_words_of<const std::vector<float> &>() == 1);
  static_assert(key_words_of<CUstream_st *>() == 0);
}

/// e2e/key_agreement.cpp shows that dispatchers make the same words.
TEST(Key, RuntimeKnowsWhichArgumentsCount) {
  std::vector<float> written(3);
  int output = 9;
  const auto seen =
      described_call<char, unsigned char, short, unsigned short, long, unsigned long, bool, layout,
                     const int &, int &, double, std::complex<float>, opaque, float *,
                     std::vector<float> &>::of({"a", "b", "c", "d", "e", "f", "g", "h", "i", "j",
                                                "k", "l", "m", "n", "o"},
                                               option_set(), char(-3), 200, -30000, 60000, -7, 7,
                                               true, layout::columns, -5, output, 1.0, {}, {},
                                               nullptr, written);
  EXPECT_EQ(seen.text, "a=-3,b=200,c=-30000,d=60000,e=-7,f=7,g=1,h=2,i=-5,o=3");
  const auto word = [](auto value) { return key_word(value); };
  EXPECT_EQ(seen.key, (std::vector{word(-3), word(200), word(-30000), word(60000), word(-7),
                                   word(7), word(1), word(2), word(-5), word(3)}));
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
  EXPECT_EQ(text_of({"t"}, tl::tensor<float, 2>(data, {2, 3}, {1, 2})), "t=2x3@1x2");
  EXPECT_EQ(text_of({"t"}, tl::tensor<float, 2>(data, {2, 3}, {3, 1})), "t=2x3");
  EXPECT_EQ(text_of({"t"}, tl::tensor<float, 2>(data, {1, 3}, {77, 1})), "t=1x3")
      << "a stride that is never taken tells nothing apart";
  EXPECT_EQ(text_of({"t"}, tl::tensor<float, 1>(data + 5, {6}, {-1})), "t=6@-1");
}

TEST(Key, OwnKeysMayBeTuples) {
  static_assert(key_words_of_value<std::tuple<int, std::array<long, 2>, bool>>() == 4);
  std::uint64_t words[4] = {};
  std::uint64_t *at = words;
  append_key_value(at, std::tuple(7, std::array{8l, -9l}, true));
  EXPECT_EQ(at, words + 4);
  EXPECT_EQ(static_cast<std::int64_t>(words[2]), -9);
  constexpr auto of = [](int n) { return std::tuple(n, std::array{8l, -9l}, 5u); };
  EXPECT_EQ(described_call<int>::of({"n"}, option_set(tl::keywords::key = of), 7).text,
            "key=7x8x-9x5");
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
