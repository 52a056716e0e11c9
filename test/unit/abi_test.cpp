// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include <tl/abi.h>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>

TEST(abi, runtime_is_of_the_headers_version) {
  EXPECT_EQ(tl_rt_abi_version(), std::uint32_t{TL_ABI_VERSION});
}

/// Programs from before tl_factory::arguments say themselves what a call's problem is, and what
/// follows the end of their descriptor is not looked at.
TEST(abi, older_programs_describe_their_own_calls) {
  tl_factory factory{};
  factory.struct_size = offsetof(tl_factory, arguments);
  factory.key_words = 1;
  factory.make_call = [](const tl_factory *, void *const *arguments, tl_call *call,
                         std::uint64_t *key, void (*append)(void *, const char *), void *sink) {
    call->arguments = arguments;
    call->device = 3;
    call->key_words = 1;
    call->key = key;
    *key = 17;
    append(sink, "n=17");
  };
  const auto wild = [](const tl_factory *, void *const *, std::uint64_t *, std::uint8_t *) {
    ADD_FAILURE() << "a field past the descriptor's end was used";
  };
  factory.own_key = wild;
  factory.current_device = []() -> std::int32_t {
    ADD_FAILURE() << "a field past the descriptor's end was used";
    return 5;
  };
  void *arguments[] = {nullptr};
  tl_call call{};
  std::uint64_t key = 0;
  std::string problem;
  tl_rt_make_call(
      &factory, arguments, &call, &key,
      [](void *sink, const char *text) { *static_cast<std::string *>(sink) += text; }, &problem);
  EXPECT_EQ(problem, "n=17");
  EXPECT_EQ(key, 17u);
  EXPECT_EQ(call.key, &key);
  EXPECT_EQ(call.device, 3);
}
