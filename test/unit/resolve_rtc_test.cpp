// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls of a factory whose variants are compiled on the machine, all but the default, by a library
// in NVRTC's place (fake_nvrtc.c).

#include "on_demand_fixture.h"
#include "resolve_fixture.h"

#include "runtime/demand/rtc_code.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

extern "C" void tl_rt_rtc(const tl_rtc_variant *variant, std::int32_t there);

namespace tl::rt {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

std::vector<std::string> loaded;

class ResolveRtc : public Resolve {
protected:
  void SetUp() override {
    loaded.clear();
    std::filesystem::create_directory(in.path + "/lib");
    std::filesystem::copy_file(TL_FAKE_NVRTC, library());
    ::setenv("LD_LIBRARY_PATH", (in.path + "/lib").c_str(), 1);
    there.record.identity = "model=made up;cc=9.0;driver=1";
    source.struct_size = sizeof source;
    source.name = "a.cu";
    source.text = "the source";
    source.options = "";
    source.toolkit = "";
    source.register_image = [](void *) { return static_cast<void **>(nullptr); };
    source.register_kernel = [](void **, const char *stub, char *, const char *, int, void *,
                                void *, void *, void *, int *) {
      loaded.emplace_back(stub);
      return 0;
    };
    source.registered = [](void **) {};
    source.unregister_image = [](void **) {};
    for (std::uint32_t i = 1; i < variants; ++i)
      be(i, "::kernel<" + std::to_string(i) + ">");
    begin();
    on.before_probe = [this](std::uint32_t variant) {
      EXPECT_TRUE(demand::has_rtc_code(factory.factory, variant, "sm_90a")) << variant;
    };
  }
  void TearDown() override {
    end();
    ::unsetenv("LD_LIBRARY_PATH");
  }

  /// What variant `i`'s kernel is called.
  void be(std::uint32_t i, const std::string &expression) {
    expressions[i] = expression;
    stubs[i] = std::to_string(i);
    kernels[i] = {stubs[i].c_str(), expressions[i].c_str(), ""};
    rows[i] = {.struct_size = sizeof rows[i],
               .kernel_count = 1,
               .function = static_cast<const void *const *>(factory.factory.functions)[i],
               .kernels = &kernels[i],
               .source = &source};
  }
  void begin() {
    for (std::uint32_t i = 1; i < variants; ++i)
      tl_rt_rtc(&rows[i], 1);
  }
  void end() {
    for (std::uint32_t i = 1; i < variants; ++i)
      tl_rt_rtc(&rows[i], 0);
  }
  /// As if the program had ended and begun again.
  void start_again() {
    end();
    begin();
    loaded.clear();
    factory.factory.slot = new tl_dispatch_slot{};
  }
  /// What the toolkit of the machine has is found, too, but compiles none of our kernels.
  void lose_the_library() { std::filesystem::remove(library()); }
  void lose_what_was_kept() { std::filesystem::remove_all(locks.path() + "/on-demand"); }

  std::string library() const { return in.path + "/lib/libnvrtc.so.13"; }
  std::vector<std::string> calls() const {
    std::ifstream file(in.path + "/lib/calls");
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);)
      lines.push_back(line);
    return lines;
  }
  store::trial trial_of(const explicit_result &of, const std::string &config) const {
    for (const store::trial &it : of.session.trials)
      if (it.config == config)
        return it;
    return {};
  }

  demand::scratch in;
  tl_rtc_source source{};
  std::array<std::string, variants> expressions, stubs;
  std::array<tl_rtc_kernel, variants> kernels{};
  std::array<tl_rtc_variant, variants> rows{};
};

TEST_F(ResolveRtc, ASessionCompilesAllAndTheProgramLoadsTheWinner) {
  EXPECT_EQ(resolve_now(), best);
  EXPECT_THAT(calls(), SizeIs(variants - 1));
  EXPECT_THAT(on.probed, Contains(usual));
  EXPECT_THAT(on.probed, SizeIs(variants + 1)) << "and the winner's last check";
  EXPECT_THAT(loaded, ElementsAre("5")) << "this process needs no other";
  start_again();
  settings.tune = tune_mode::require;
  EXPECT_EQ(resolve_now(), best);
  EXPECT_THAT(calls(), SizeIs(variants - 1)) << "kept";
  EXPECT_THAT(loaded, ElementsAre("5"));
}

TEST_F(ResolveRtc, WhatIsNotKeptIsSaid) {
  std::filesystem::create_directory(locks.path() + "/on-demand");
  ::chmod((locks.path() + "/on-demand").c_str(), 0777);
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(resolve_now(), best);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr("device code of test is not kept: others may look into"));
}

TEST_F(ResolveRtc, WhatDoesNotCompileIsATrial) {
  end();
  be(2, "::bad<2>");
  begin();
  const explicit_result found = tune_now();
  EXPECT_EQ(found.session.variant, best);
  EXPECT_THAT(on.probed, Not(Contains(2u)));
  EXPECT_EQ(trial_of(found, "i=2").status, store::trial_status::infeasible);
  EXPECT_EQ(trial_of(found, "i=2").reason, "did not compile: a.cu(3): error: it is bad");
}

TEST_F(ResolveRtc, OnlyWhatTheSearchWantsIsCompiled) {
  factory.factory.options.search = TL_SEARCH_RANDOM;
  factory.factory.options.search_count = 4;
  tune_now();
  EXPECT_THAT(calls(), SizeIs(::testing::Le(4u)));
  EXPECT_THAT(calls(), SizeIs(::testing::Ge(3u))) << "the default may be one of them";
  EXPECT_THAT(on.probed, SizeIs(::testing::Ge(4u)));
}

TEST_F(ResolveRtc, WithoutTheLibraryTheOthersAreTuned) {
  // A variant of the program's own, beside the default.
  end();
  rows[1].function = nullptr;
  begin();
  on.fastest = 1;
  std::ofstream(library()) << "no library";
  EXPECT_EQ(resolve_now(), 1u);
  EXPECT_THAT(on.probed, Not(Contains(best)));
  ASSERT_TRUE(stored());
  EXPECT_EQ(stored()->state, store::winner_state::final) << "as without any other variant";
}

TEST_F(ResolveRtc, WhatIsKilledMakesTheWinnerProvisional) {
  end();
  be(best, "::killed<5>");
  begin();
  resolve_now();
  ASSERT_TRUE(stored());
  EXPECT_EQ(stored()->state, store::winner_state::provisional);
  EXPECT_THAT(on.probed, Not(Contains(best)));
}

TEST_F(ResolveRtc, AStoredWinnerIsCompiledByTheCallThatNeedsIt) {
  store_winner("i=2");
  EXPECT_EQ(resolve_now(), 2u);
  EXPECT_THAT(calls(), ElementsAre("::kernel<2>"));
  EXPECT_THAT(loaded, ElementsAre("2"));
  EXPECT_EQ(on.opened, 0);
}

TEST_F(ResolveRtc, AStoredWinnerThatCannotBeCompiledIsKept) {
  store_winner("i=2");
  std::ofstream(library()) << "no library";
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(resolve_now(), usual);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr("the config i=2 is to run, and its device code is not there: "));
  EXPECT_EQ(on.opened, 0) << "what a session finds without it must not take its place";
  EXPECT_EQ(stored()->config, "i=2");
  EXPECT_THAT(loaded, IsEmpty());
}

TEST_F(ResolveRtc, NothingIsCompiledWhereNothingIsTuned) {
  store_winner("i=2");
  settings.tune = tune_mode::off;
  EXPECT_EQ(resolve_now(), usual);
  EXPECT_THAT(calls(), IsEmpty());
}

TEST_F(ResolveRtc, ForcedConfigsAreCompiled) {
  settings.force_config = "i=7";
  EXPECT_EQ(resolve_now(), 7u);
  EXPECT_THAT(calls(), ElementsAre("::kernel<7>"));
  EXPECT_THAT(loaded, ElementsAre("7"));
}

TEST_F(ResolveRtc, ForcedConfigsThatDoNotCompileRunTheDefault) {
  end();
  be(7, "::bad<7>");
  begin();
  settings.force_config = "i=7";
  EXPECT_EQ(resolve_now(), usual);
  EXPECT_THAT(loaded, IsEmpty());
}

TEST_F(ResolveRtc, AWinnerOfAnotherSessionWithoutItsCodeIsCompiledAgain) {
  EXPECT_EQ(resolve_now(), best);
  lose_what_was_kept();
  start_again();
  EXPECT_EQ(resolve_now(), best);
  EXPECT_THAT(calls(), SizeIs(variants)) << "one more";
  EXPECT_THAT(loaded, ElementsAre("5"));
}

TEST_F(ResolveRtc, NearestTakesANeighboursWinner) {
  store_winner("i=2");
  settings.tune = tune_mode::nearest;
  call_for(2);
  EXPECT_EQ(resolve_now(), usual) << "nothing is compiled there";
  settings.tune = tune_mode::on;
  call_for(1);
  EXPECT_EQ(resolve_now(), 2u);
  start_again();
  settings.tune = tune_mode::nearest;
  call_for(2);
  EXPECT_EQ(resolve_now(), 2u) << "what is kept is taken";
  EXPECT_THAT(loaded, ElementsAre("2"));
}

TEST_F(ResolveRtc, CapturingRunsTheDefaultThisTimeOnly) {
  store_winner("i=2");
  call.capturing = 1;
  EXPECT_EQ(resolve_now(), usual);
  EXPECT_THAT(calls(), IsEmpty());
  call.capturing = 0;
  EXPECT_EQ(resolve_now(), 2u);
}

} // namespace
} // namespace tl::rt
