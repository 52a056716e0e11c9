// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/support/environment.h"

#include "runtime/support/paths.h"
#include "test/unit/child_process.h"

#include <gmock/gmock.h>

#include <map>

using namespace tl::rt;
using namespace tl::test;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace {

struct reading {
  controls values;
  std::vector<std::string> problems;
};

reading read(const std::map<std::string, std::string> &variables) {
  reading r;
  r.values = read_controls(
      [&](const char *name) -> const char * {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
      },
      r.problems);
  return r;
}

TEST(Environment, DefaultsWithoutVariables) {
  const reading r = read({});
  EXPECT_THAT(r.problems, IsEmpty());
  EXPECT_EQ(r.values.tune, tune_mode::on);
  EXPECT_EQ(r.values.log, log_level::warning);
  EXPECT_EQ(r.values.progress, progress_mode::automatic);
  EXPECT_FALSE(r.values.disable_cache);
  EXPECT_FALSE(r.values.timeout);
  EXPECT_FALSE(r.values.budget);
  EXPECT_FALSE(r.values.isolation);
}

TEST(Environment, EveryVariableIsRead) {
  const reading r = read({{"TL_TUNE", "nearest"},
                          {"TL_FORCE_CONFIG", "a=1,b=2"},
                          {"TL_TIMEOUT", "2.5"},
                          {"TL_BUDGET", "0"},
                          {"TL_ISOLATION", "none"},
                          {"TL_DISABLE_CACHE", "1"},
                          {"TL_CACHE_DIR", "/c"},
                          {"TL_DB_PATH", "/a.db::/b.db:"},
                          {"TL_LOG", "debug:/tmp/with:colon.log"},
                          {"TL_PROGRESS", "off"}});
  EXPECT_THAT(r.problems, IsEmpty());
  EXPECT_EQ(r.values.tune, tune_mode::nearest);
  EXPECT_EQ(r.values.force_config, "a=1,b=2");
  EXPECT_EQ(r.values.timeout, 2.5);
  EXPECT_EQ(r.values.budget, 0);
  EXPECT_EQ(r.values.isolation, isolation_mode::none);
  EXPECT_TRUE(r.values.disable_cache);
  EXPECT_EQ(r.values.cache_dir, "/c");
  EXPECT_THAT(r.values.db_path, ElementsAre("/a.db", "/b.db"));
  EXPECT_EQ(r.values.log, log_level::debug);
  EXPECT_EQ(r.values.log_file, "/tmp/with:colon.log");
  EXPECT_EQ(r.values.progress, progress_mode::off);
}

TEST(Environment, EmptyCountsAsNotSet) {
  const reading r = read({{"TL_TUNE", ""}, {"TL_TIMEOUT", ""}, {"TL_LOG", ""}, {"TL_DB_PATH", ""}});
  EXPECT_THAT(r.problems, IsEmpty());
  EXPECT_EQ(r.values.tune, tune_mode::on);
  EXPECT_THAT(r.values.db_path, IsEmpty());
}

TEST(Environment, BadValuesAreNamedAndTheDefaultCounts) {
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"TL_TUNE", "On"},         {"TL_TUNE", "yes"},    {"TL_TIMEOUT", "0"},
      {"TL_TIMEOUT", "-1"},      {"TL_TIMEOUT", "3s"},  {"TL_TIMEOUT", "nan"},
      {"TL_TIMEOUT", " 3"},      {"TL_BUDGET", "inf"},  {"TL_ISOLATION", "vm"},
      {"TL_DISABLE_CACHE", "2"}, {"TL_LOG", "loud"},    {"TL_LOG", ":/tmp/x"},
      {"TL_LOG", "loud:/tmp"},   {"TL_PROGRESS", "yes"}};
  for (const auto &[name, value] : bad) {
    const reading r = read({{name, value}});
    ASSERT_THAT(r.problems, SizeIs(1)) << name << "=" << value;
    std::string accepted;
    for (const control_info &info : control_table())
      if (info.name == name)
        accepted = info.accepted;
    ASSERT_NE(accepted, "") << name;
    EXPECT_THAT(r.problems[0], AllOf(HasSubstr(name + "='" + value + "'"), HasSubstr(accepted),
                                     HasSubstr("default")));
    EXPECT_EQ(r.values.tune, tune_mode::on);
    EXPECT_FALSE(r.values.timeout);
    EXPECT_EQ(r.values.log, log_level::warning);
  }
}

TEST(Environment, TableNamesEveryVariableThatIsRead) {
  std::vector<std::string> asked;
  std::vector<std::string> problems;
  (void)read_controls(
      [&](const char *name) -> const char * {
        asked.emplace_back(name);
        return nullptr;
      },
      problems);
  std::vector<std::string> listed;
  for (const control_info &info : control_table())
    listed.emplace_back(info.name);
  std::sort(asked.begin(), asked.end());
  asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
  std::sort(listed.begin(), listed.end());
  EXPECT_EQ(asked, listed);
}

TEST(Environment, ProblemsAreSaidOnce) {
  const child_result r = run_child([] {
    ::clearenv();
    ::setenv("TL_TUNE", "maybe", 1);
    for (int i = 0; i < 3; ++i)
      TL_CHILD_CHECK(environment().tune == tune_mode::on);
    return 0;
  });
  EXPECT_EQ(r.status, 0);
  EXPECT_THAT(r.said, ElementsAre("tl: warning: TL_TUNE='maybe' is not understood: accepted is "
                                  "on|off|require|nearest; going on with the default (on)"));
}

TEST(Paths, CacheDirectoryInOrder) {
  EXPECT_EQ(resolve_cache_directory("/t", "/x", "/h"), "/t");
  EXPECT_EQ(resolve_cache_directory("", "/x", "/h"), "/x/tl");
  EXPECT_EQ(resolve_cache_directory("", "", "/h"), "/h/.cache/tl");
  EXPECT_EQ(resolve_cache_directory("", nullptr, "/h"), "/h/.cache/tl");
  EXPECT_EQ(resolve_cache_directory("", "relative", "/h"), "/h/.cache/tl")
      << "XDG: must be ignored";
  EXPECT_EQ(resolve_cache_directory("", nullptr, nullptr), "");
  EXPECT_EQ(resolve_cache_directory("", nullptr, ""), "");
  EXPECT_EQ(resolve_cache_directory("rel/dir", nullptr, nullptr),
            (std::filesystem::current_path() / "rel/dir").string());
}

TEST(Paths, MakeDirectories) {
  const temporary_directory directory;
  EXPECT_TRUE(make_directories(directory / "a/b/c"));
  EXPECT_TRUE(make_directories(directory / "a/b/c"));
  EXPECT_EQ(std::filesystem::status(directory / "a/b/c").permissions(),
            std::filesystem::perms::owner_all);
  std::ofstream(directory / "file") << "x";
  EXPECT_FALSE(make_directories(directory / "file"));
  EXPECT_FALSE(make_directories(directory / "file/below"));
  EXPECT_FALSE(make_directories(""));
}

} // namespace
