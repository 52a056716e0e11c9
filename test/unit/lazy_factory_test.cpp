// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lazy factories, inputs, the programmatic tuner and the C interface on one factory whose generated
// functions are written by hand, as <tl/detail/dispatch.h> shows them. Trials run in this process.

#include "test/utils/handwritten.h"

#include <tl/autotune.h>
#include <tl/capi.h>
#include <tl/tuner.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

namespace {

namespace kw = tl::keywords;
using ::testing::HasSubstr;

/// This program's database is in memory.
class without_cache final : public ::testing::Environment {
  void SetUp() override { ::setenv("TL_DISABLE_CACHE", "1", 1); }
};
[[maybe_unused]] const auto *const in_memory =
    ::testing::AddGlobalTestEnvironment(new without_cache);

struct scale_config {
  int unroll = 1;
  bool operator==(const scale_config &) const = default;
};

using scale_launch = tl::kernel<void(tl::in<float>, tl::out<float>, float)>;

template <int Unroll> void scale_body(int n, tl::in<float> from, tl::out<float> to, float by) {
  // Slower for larger values, so that the session has something to find.
  volatile float sink = 0;
  for (int extra = 0; extra < Unroll; ++extra)
    for (int i = 0; i < n; ++i)
      sink = sink + from.data()[i];
  for (int i = 0; i < n; ++i)
    to.data()[i] = from.data()[i] * by;
}

std::atomic<int> descriptions{0};

template <scale_config C> scale_launch scale(int n) {
  ++descriptions;
  if (C.unroll == 64)
    throw tl::infeasible("needs 64 units, the device has 8");
  return scale_launch(&scale_body<C.unroll>, n).template extent<0>(n).template extent<1>(n);
}

constexpr scale_config fast{1}, slow{32}, impossible{64};

void scale_reference(tl::in<float> from, tl::out<float> to, float by) {
  for (std::size_t i = 0; i < to.size(); ++i)
    to.data()[i] = from.data()[i] * by;
}

/// The first session's wishes of `eligible`.
std::vector<scale_config> wanted_configs(int n) {
  return n == 77 ? std::vector<scale_config>{{32}, {5}}
                 : std::vector<scale_config>{{1}, {32}, {64}};
}

#define SCALE_OPTIONS                                                                              \
  kw::isolation = tl::isolation::none, kw::reference = &scale_reference,                           \
  kw::eligible = &wanted_configs, kw::rep = 8, kw::warmup = 0.0

scale_launch dispatch_scale(int n);

const tl_factory *describe_scale() {
  static scale_launch (*const functions[])(int) = {&scale<slow>, &scale<fast>, &scale<impossible>};
  static const char *const names[] = {"unroll=32", "unroll=1", "unroll=64"};
  static const scale_config *const values[] = {&slow, &fast, &impossible};
  static constexpr tl::handwritten::parameter_table<scale_launch(int)> parameters("n");
  static constexpr auto options = tl::detail::option_set(SCALE_OPTIONS);
  static tl_dispatch_slot slot;
  static const tl_factory factory = tl::detail::describe_with<scale_launch(int), scale_config>(
      options,
      tl::handwritten::complete(
          tl::detail::generated{.id = "_Z5scale",
                                .name = "scale",
                                .file = "lazy_factory_test.cpp",
                                .line = 1,
                                .fingerprint = "0123456789abcdef0123456789abcdef",
                                .configs = names,
                                .functions = functions,
                                .variant_count = 3,
                                .default_variant = 0,
                                .values = values,
                                .dispatcher = reinterpret_cast<const void *>(&dispatch_scale)},
          parameters, slot));
  return &factory;
}

scale_launch dispatch_scale(int n) {
  return tl::detail::make_handle<1, scale_launch, int>(describe_scale(), n);
}

[[maybe_unused]] const bool registered = (tl_rt_register(describe_scale(), nullptr), true);

std::string joined(const std::vector<std::string> &lines) {
  std::string all;
  for (const std::string &it : lines)
    all += it + "\n";
  return all;
}

const tl::trial_result &trial_of(const tl::tuning_result &result, const std::string &config) {
  const tl::trial_result *found = result.trial(config);
  if (!found) {
    std::vector<std::string> all;
    for (const tl::trial_result &it : result.trials)
      all.push_back(it.config);
    throw std::runtime_error("no trial of " + config + " among\n" + joined(all));
  }
  return *found;
}

TEST(Kernel, ADescriptionRunsAsItIs) {
  std::vector<float> from{1, 2, 3}, to(3);
  const scale_launch described = scale<fast>(3);
  EXPECT_TRUE(described.ready());
  described(from, to, 2);
  EXPECT_EQ(to, (std::vector<float>{2, 4, 6}));
  described.on(nullptr)(from, to, 3);
  EXPECT_EQ(to[2], 9);
}

TEST(Kernel, TakesCallablesAndReturnsResults) {
  int calls = 0;
  const tl::kernel<int(int)> counting([&calls](int by) { return calls += by; });
  EXPECT_EQ(counting(2), 2);
  EXPECT_EQ(counting(3), 5);
}

TEST(Kernel, OneWindowPerLaunch) {
  tl::kernel<void()> described([] {});
  described.l2_persist(0, 1024);
  EXPECT_THROW(described.l2_persist(0, 1024), std::invalid_argument);
}

TEST(LazyFactory, TheRuntimeSeesOneFactoryWithAllParameters) {
  const tl_factory &factory = *describe_scale();
  EXPECT_EQ(factory.own_parameters, 1u);
  ASSERT_EQ(factory.parameter_count, 4u);
  EXPECT_STREQ(factory.parameters[0].name, "n");
  EXPECT_EQ(factory.parameters[1].access, std::uint32_t(TL_ACCESS_IN));
  EXPECT_EQ(factory.parameters[2].access, std::uint32_t(TL_ACCESS_OUT));
  EXPECT_STREQ(factory.parameters[2].name, "arg2");
  EXPECT_EQ(factory.parameters[3].element, std::uint32_t(TL_ELEMENT_F32));
  EXPECT_EQ(factory.key_words, 1u) << "the launch's arguments are no part of the problem";
  EXPECT_EQ(tl_rt_factory_of(reinterpret_cast<const void *>(&dispatch_scale)), &factory);
}

TEST(LazyFactory, TunesWithoutDataAndKeepsTheWinner) {
  auto run = dispatch_scale(4096);
  EXPECT_EQ(run.config(), "");
  EXPECT_FALSE(run.ready());
  run.tune();
  EXPECT_EQ(run.config(), "unroll=1");
  EXPECT_TRUE(run.ready());
  std::vector<float> from(4096, 2), to(4096);
  run(from, to, 1.5f); // the first one with data: the winner is proven for it
  const int before = descriptions;
  for (int i = 0; i < 10; ++i)
    run(from, to, 1.5f);
  EXPECT_EQ(to[4095], 3);
  EXPECT_EQ(descriptions, before) << "a launch in the steady state describes nothing";
  EXPECT_TRUE(dispatch_scale(4096).ready()) << "another handle of the same problem";
}

TEST(LazyFactory, TheFirstLaunchTunesOnItsArguments) {
  auto run = dispatch_scale(2048);
  std::vector<float> from(2048, 2), to(2048, -1);
  run(from, to, 4);
  EXPECT_EQ(run.config(), "unroll=1");
  EXPECT_EQ(to, std::vector<float>(2048, 8));
}

TEST(LazyFactory, HandlesMayBeSharedByThreads) {
  const auto run = dispatch_scale(1111);
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      std::vector<float> from(1111, static_cast<float>(i)), to(1111);
      for (int repeat = 0; repeat < 50; ++repeat)
        run(from, to, 2);
      right += to == std::vector<float>(1111, static_cast<float>(2 * i));
    });
  for (std::thread &it : threads)
    it.join();
  EXPECT_EQ(right, 4);
}

TEST(Tuner, ReturnsEverythingItFound) {
  const tl::tuning_result found = tl::tuner(&dispatch_scale).run(1024);
  ASSERT_TRUE(found.ok()) << found.failure;
  EXPECT_EQ(found.config, "unroll=1");
  EXPECT_EQ(found.field("unroll"), "1");
  EXPECT_EQ(found.field("block"), std::nullopt);
  EXPECT_EQ(found.problem, "n=1024");
  EXPECT_EQ(found.name, "scale");
  EXPECT_GT(found.latency_ns, 0);
  EXPECT_GT(found.default_latency_ns, found.latency_ns);
  EXPECT_GT(found.reference_latency_ns, 0);
  EXPECT_EQ(trial_of(found, "unroll=64").status, "infeasible");
  EXPECT_EQ(trial_of(found, "unroll=64").reason, "needs 64 units, the device has 8");
  EXPECT_FALSE(trial_of(found, "unroll=1").samples_ns.empty());
}

TEST(Tuner, OptionsReplaceTheAttributes) {
  // A reference that no variant agrees with: nothing can win.
  const auto wrong = tl::tuner(&dispatch_scale)
                         .reference([](tl::in<float>, tl::out<float> to, float) {
                           for (std::size_t i = 0; i < to.size(); ++i)
                             to.data()[i] = 1e6f;
                         })
                         .run(512);
  EXPECT_FALSE(wrong.ok());
  EXPECT_EQ(trial_of(wrong, "unroll=1").status, "wrong");
  // The same, with nothing checked.
  const auto unchecked =
      tl::tuner(&dispatch_scale)
          .reference([](tl::in<float>, tl::out<float> to, float) { to.data()[0] = 1e6f; })
          .skip_check()
          .run(512);
  EXPECT_TRUE(unchecked.ok()) << unchecked.failure;
  // A check of our own instead of a comparison.
  const auto rejected = tl::tuner(&dispatch_scale)
                            .check([](tl::in<float>, tl::out<float>, float) { return false; })
                            .run(512);
  EXPECT_FALSE(rejected.ok());
  // rep: most samples per variant.
  const auto few = tl::tuner(&dispatch_scale).rep(4).run(512);
  EXPECT_LE(trial_of(few, "unroll=1").samples_ns.size(), 4u);
  // eligible: only what it admits takes part.
  const auto one = tl::tuner(&dispatch_scale)
                       .eligible([](std::string_view config) { return config == "unroll=32"; })
                       .run(512);
  EXPECT_EQ(one.config, "unroll=32");
  EXPECT_EQ(trial_of(one, "unroll=1").status, "not_eligible");
}

TEST(Tuner, InputsReplaceTheArguments) {
  std::vector<float> from(256, 7), to(256, 0), seen;
  const auto found = tl::tuner(&dispatch_scale)
                         .inputs(from, to, 3.0f)
                         .check([&seen](tl::in<float> input, tl::out<float>, float by) {
                           seen = {input.data()[0], by};
                           return true;
                         })
                         .run(256);
  EXPECT_TRUE(found.ok()) << found.failure;
  EXPECT_EQ(seen, (std::vector<float>{7, 3}));
}

TEST(Tuner, RefusesWhatIsNoFactory) {
  EXPECT_THROW(static_cast<void>(tl::tuner{&scale_reference}), std::invalid_argument);
}

TEST(Prepare, GivesAHandleThatDoesNotTuneAgain) {
  const auto run = tl::prepare(&dispatch_scale, 3000);
  EXPECT_TRUE(run.ready());
  EXPECT_EQ(run.config(), "unroll=1");
}

TEST(TuningResult, SavesLoadsAndCalls) {
  const std::string path = testing::TempDir() + "tl-result-" + std::to_string(::getpid()) + ".json";
  tl::tuning_result found = tl::tuner(&dispatch_scale).run(640);
  ASSERT_TRUE(found.ok()) << found.failure;
  found.runner_up = "a \"quoted\" name\n";
  found.save(path);
  const tl::tuning_result loaded = tl::tuning_result::load(path);
  std::filesystem::remove(path);
  EXPECT_EQ(loaded.config, found.config);
  EXPECT_EQ(loaded.runner_up, found.runner_up);
  EXPECT_EQ(loaded.latency_ns, found.latency_ns);
  EXPECT_EQ(loaded.confidence, found.confidence);
  ASSERT_EQ(loaded.trials.size(), found.trials.size());
  EXPECT_EQ(trial_of(loaded, "unroll=1").samples_ns, trial_of(found, "unroll=1").samples_ns);
  EXPECT_EQ(trial_of(loaded, "unroll=64").reason, trial_of(found, "unroll=64").reason);

  scale_launch (*best)(int) = loaded.callable(&dispatch_scale);
  EXPECT_EQ(best, &scale<fast>);
  tl::tuning_result stale = loaded;
  stale.fingerprint = "ffffffffffffffffffffffffffffffff";
  EXPECT_THROW(stale.callable(&dispatch_scale), std::invalid_argument);
  EXPECT_EQ(stale.callable(&dispatch_scale, true), &scale<fast>);
  stale = loaded;
  stale.config = "unroll=3";
  EXPECT_THROW(stale.callable(&dispatch_scale), std::invalid_argument);
  EXPECT_THROW(tl::tuning_result::load(path), std::runtime_error);
}

TEST(WithInputs, CountsBeforeTheCallsOwnArguments) {
  std::vector<float> from(300, 5), to(300), own(300, 1), result(300);
  {
    const tl::with_inputs scope(from, to, 2.0f);
    std::vector<float> seen;
    auto found = tl::tuner(&dispatch_scale)
                     .check([&seen](tl::in<float> input, tl::out<float>, float by) {
                       seen = {input.data()[0], by};
                       return true;
                     })
                     .run(300, own, result, 9.0f);
    EXPECT_TRUE(found.ok()) << found.failure;
    EXPECT_EQ(seen, (std::vector<float>{5, 2}));
  }
  EXPECT_EQ(result, std::vector<float>(300)) << "trials leave the caller's data alone";
}

TEST(WithInputs, SaysWhatDoesNotFit) {
  std::vector<double> doubles(10);
  std::vector<float> floats(10);
  {
    const tl::with_inputs scope(doubles, floats, 1.0f);
    EXPECT_THAT(
        tl::tuner(&dispatch_scale).run(10).failure,
        HasSubstr("input 0 (counted from 0): it is a view of f64, and a view of f32 is needed"));
  }
  {
    const tl::with_inputs scope(floats);
    EXPECT_THAT(
        tl::tuner(&dispatch_scale).run(10).failure,
        HasSubstr(
            "tl::with_inputs gives 1 inputs, and scale takes 4 arguments, 2 of them buffers"));
  }
  EXPECT_TRUE(tl::tuner(&dispatch_scale).run(10).ok()) << "the scope is over";
}

TEST(Eligible, ListedConfigsAreTheOnlyOnes) {
  testing::internal::CaptureStderr();
  const auto found = tl::tuner(&dispatch_scale).run(77);
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(found.config, "unroll=32");
  EXPECT_EQ(trial_of(found, "unroll=1").status, "not_eligible");
  EXPECT_THAT(said, HasSubstr("scale: config 1 (counted from 0) that `eligible` asks for is none "
                              "of the 3 that were compiled"));
}

TEST(CInterface, ListsDescribesPreparesAndCalls) {
  const tl_factory *factory = nullptr;
  for (std::uint32_t i = 0; i < tl_rt_factory_count(); ++i)
    if (std::string(tl_rt_factory_at(i)->id) == "_Z5scale")
      factory = tl_rt_factory_at(i);
  ASSERT_EQ(factory, describe_scale());
  EXPECT_EQ(tl_rt_find_factory("scale"), factory);
  EXPECT_EQ(tl_rt_find_factory("_Z5scale"), factory);
  const std::string text = tl_rt_describe(factory);
  EXPECT_THAT(text, HasSubstr("\"lazy\":true"));
  EXPECT_THAT(text, HasSubstr("\"configs\":[\"unroll=32\",\"unroll=1\",\"unroll=64\"]"));
  EXPECT_THAT(
      text,
      HasSubstr("\"kind\":\"view\",\"element\":\"f32\",\"access\":\"out\",\"size\":16,\"rank\":1"));

  int n = 100;
  float by = 3;
  std::vector<float> from(100, 2), to(100);
  tl::in<float> input = from;
  tl::out<float> output = to;
  void *arguments[] = {&n, &input, &output, &by};
  std::uint32_t variant = 99;
  ASSERT_EQ(tl_rt_prepare(factory, arguments, 4, nullptr, 0, &variant), 0) << tl_rt_last_error();
  EXPECT_STREQ(tl_rt_config(factory, variant), "unroll=1");
  EXPECT_EQ(to[0], 0);
  ASSERT_EQ(tl_rt_call(factory, arguments, 4, nullptr, nullptr), 0) << tl_rt_last_error();
  EXPECT_EQ(to[99], 6);
}

TEST(CInterface, ErrorsAreTextsOfTheirThread) {
  EXPECT_EQ(tl_rt_find_factory("nobody"), nullptr);
  EXPECT_THAT(tl_rt_last_error(), HasSubstr("has the id or name 'nobody'"));
  std::thread([] { EXPECT_STREQ(tl_rt_last_error(), ""); }).join();
  EXPECT_EQ(tl_rt_call(describe_scale(), nullptr, 2, nullptr, nullptr), -1);
  EXPECT_THAT(tl_rt_last_error(),
              HasSubstr("scale takes 4 arguments (streams not counted), 2 were given"));
  int n = 5;
  float by = 1;
  tl::in<float> input;
  tl::out<float> output;
  void *arguments[] = {&n, &input, &output, &by};
  EXPECT_EQ(tl_rt_call_variant(describe_scale(), 2, arguments, 4, nullptr, nullptr), -1);
  EXPECT_THAT(tl_rt_last_error(), HasSubstr("needs 64 units")) << "an exception of the factory's";
  EXPECT_EQ(tl_rt_variant(describe_scale(), "unroll=7"), UINT32_MAX);
  EXPECT_NE(tl_rt_factory_count(), 0u);
  EXPECT_STREQ(tl_rt_last_error(), "") << "a call that succeeds forgets";
}

} // namespace
