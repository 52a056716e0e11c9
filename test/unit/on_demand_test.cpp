// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "on_demand_fixture.h"

#include "runtime/demand/child.h"
#include "runtime/demand/combinations.h"
#include "runtime/demand/image.h"
#include "runtime/demand/libraries.h"
#include "runtime/demand/library_file.h"
#include "runtime/demand/preamble.h"
#include "runtime/demand/record.h"
#include "runtime/factory/grown.h"
#include "runtime/tuner/demand_search.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace tl::rt::demand {
namespace {

TEST(OnDemand, NamesCombinations) {
  const made_up_space made;
  const combinations all(made.factory);
  EXPECT_EQ(all.text(0), "b=0,d={1,2},a=0,c=0");
  EXPECT_EQ(all.text((3 * 40 + 2) * 60 + 1), "b=2,d={1,2},a=3,c=1");
  EXPECT_EQ(all.find("b=2,d={1,2},a=3,c=1"), (3u * 40 + 2) * 60 + 1);
  for (const std::uint64_t it : {std::uint64_t(0), std::uint64_t(77'777), all.count() - 1})
    EXPECT_EQ(all.find(all.text(it)), it);
  for (const char *const wrong : {"", "b=2", "b=2,d={1,2},a=3,c=61", "b=2,d={1,2},a=3,c=1,",
                                  "b=2,d={1,3},a=3,c=1", "b=2,d={1,2},a=3,c=1,e=1"})
    EXPECT_FALSE(all.find(wrong)) << wrong;
}

TEST(OnDemand, DrawsWithoutAListAndNeighborsAreAdmitted) {
  const made_up_space made;
  const combinations all(made.factory);
  std::mt19937_64 random(1);
  for (int i = 0; i < 1000; ++i) {
    const auto drawn = all.draw(random);
    ASSERT_TRUE(drawn);
    EXPECT_TRUE(all.admits(*drawn));
  }
  EXPECT_LT(made.asked, 10'000u);
  EXPECT_EQ(all.neighbors(0), (std::vector<std::uint64_t>{1, 60, 2400}));
  // a = 30, b = 0: the next a is not admitted.
  const std::uint64_t edge = 30 * 2400 + 5;
  EXPECT_EQ(all.neighbors(edge),
            (std::vector<std::uint64_t>{edge - 1, edge + 1, edge + 60, edge - 2400}));
}

TEST(OnDemand, VariesAndCrossesWhatIsAdmitted) {
  const made_up_space made;
  const combinations all(made.factory);
  const auto digits = [](std::uint64_t it) {
    return std::array<std::uint64_t, 3>{it / 2400, it / 60 % 40, it % 60};
  };
  std::mt19937_64 random(1);
  int made_some = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t a = *all.draw(random), b = *all.draw(random);
    if (const auto varied = all.vary(a, 1, random)) {
      ++made_some;
      EXPECT_TRUE(all.admits(*varied));
      int apart = 0;
      for (int axis = 0; axis < 3; ++axis)
        apart += digits(*varied)[axis] != digits(a)[axis];
      EXPECT_LE(apart, 1);
    }
    if (const auto crossed = all.cross(a, b, random)) {
      ++made_some;
      EXPECT_TRUE(all.admits(*crossed));
      for (int axis = 0; axis < 3; ++axis)
        EXPECT_TRUE(digits(*crossed)[axis] == digits(a)[axis] ||
                    digits(*crossed)[axis] == digits(b)[axis]);
    }
  }
  EXPECT_GT(made_some, 1500);
}

TEST(OnDemand, SearchFindsAGoodConfigAmongAHundredThousand) {
  const made_up_space made;
  const combinations all(made.factory);
  const auto time_of = [](std::uint64_t it) {
    const double a = double(it / 2400), b = double(it / 60 % 40), c = double(it % 60);
    return 1000 + 10 * std::abs(a - 33) + 20 * std::abs(b - 21) + 5 * std::abs(c - 47);
  };
  for (const std::uint64_t seed : {1, 2, 3}) {
    made.asked = 0;
    demand_search search(all, measure::strategy::exhaustive, 300, {7}, seed);
    std::set<std::uint64_t> seen;
    double best = std::numeric_limits<double>::infinity();
    // Two batches are under way, as in a session.
    std::vector<std::uint64_t> before;
    for (;;) {
      const std::vector<std::uint64_t> batch = search.propose(16);
      for (const std::uint64_t it : before)
        search.learn(it, time_of(it));
      if (batch.empty() && before.empty())
        break;
      for (const std::uint64_t it : batch) {
        EXPECT_TRUE(seen.insert(it).second);
        EXPECT_NE(it, 7u);
        EXPECT_TRUE(all.admits(it));
        best = std::min(best, time_of(it));
      }
      before = batch;
    }
    EXPECT_LE(seen.size(), 300u);
    EXPECT_GE(seen.size(), 250u);
    EXPECT_LT(best, 1000 * 1.05) << seed;
    EXPECT_LT(made.asked, 12'000u) << "the space was listed";
  }
}

TEST(OnDemand, SearchOfASpaceThatAdmitsNextToNothingGoesFromWhatIsKnown) {
  made_up_space made;
  made.row.admits = [](const void *, std::uint64_t it) { return it < 4; };
  const combinations all(made.factory);
  for (const measure::strategy how : {measure::strategy::local, measure::strategy::model})
    for (const std::uint64_t seed : {1, 2, 3, 4}) {
      demand_search search(all, how, 300, {0}, seed);
      search.learn(0, 5.0);
      std::set<std::uint64_t> seen;
      for (auto batch = search.propose(16); !batch.empty(); batch = search.propose(16))
        for (const std::uint64_t it : batch) {
          EXPECT_TRUE(seen.insert(it).second);
          search.learn(it, 1.0 + double(it));
        }
      EXPECT_EQ(seen, (std::set<std::uint64_t>{1, 2, 3})) << seed;
    }
}

TEST(OnDemand, SearchOfASmallSpaceTriesAll) {
  made_up_space made;
  made.row.axis_count = 1;
  made.axes[0].count = 10;
  made.row.combinations = 10;
  made.row.admits = [](const void *, std::uint64_t it) { return it != 4; };
  const combinations all(made.factory);
  demand_search search(all, measure::strategy::exhaustive, 300, {}, 1);
  std::set<std::uint64_t> seen;
  for (auto batch = search.propose(16); !batch.empty(); batch = search.propose(16))
    for (const std::uint64_t it : batch) {
      seen.insert(it);
      search.learn(it, 1.0);
    }
  EXPECT_EQ(seen.size(), 9u);
}

TEST(OnDemand, TablesGrowInPlace) {
  made_up_space made;
  EXPECT_FALSE(may_grow(made.factory));
  EXPECT_EQ(add_variant(made.factory, "x", nullptr), UINT32_MAX);
  make_room(made.factory);
  ASSERT_TRUE(may_grow(made.factory));
  const tl_factory before = with_all_variants(made.factory);
  EXPECT_EQ(before.variant_count, 1u);
  EXPECT_EQ(add_variant(made.factory, "x", &made), 1u);
  EXPECT_EQ(add_variant(made.factory, "x", nullptr), 1u) << "it is there";
  EXPECT_EQ(add_variant(made.factory, made.configs[0], nullptr), 0u);
  EXPECT_EQ(made.factory.variant_count, 1u);
  EXPECT_EQ(with_all_variants(made.factory).variant_count, 2u);
  EXPECT_EQ(count_built_variants(made.factory), 1u);
  EXPECT_EQ(find_grown(made.factory, "x"), 1u);
  EXPECT_STREQ(before.configs[1], "x") << "an older copy knows the new one by its number";
  EXPECT_EQ(static_cast<void *const *>(made.factory.functions)[1], &made);
  for (std::uint32_t i = 2; i < most_variants; ++i)
    ASSERT_EQ(add_variant(made.factory, std::to_string(i), nullptr), i);
  EXPECT_EQ(add_variant(made.factory, "one too many", nullptr), UINT32_MAX);
}

TEST(OnDemand, ReadsRecordsWithSuspicion) {
  compile_record record;
  const std::string head = "tl-compile 1\nby /c\nplugin /p\nin /d\nfrom /d/a.cpp\n";
  ASSERT_TRUE(read_record(head + "a -DX=\\n\\\\\na -O2\n", record));
  EXPECT_EQ(record.arguments, (std::vector<std::string>{"-DX=\n\\", "-O2"}));
  EXPECT_EQ(record.source, "/d/a.cpp");
  EXPECT_EQ(read_record("tl-compile 1\nnot it is so\n", record).text(), "it is so");
  EXPECT_EQ(read_record("tl-compile 3\n", record).code(), status_code::foreign);
  EXPECT_EQ(read_record("", record).code(), status_code::foreign);
  for (const char *const wrong :
       {"a -o\na /etc/passwd\n", "a @/tmp/more\n", "a -cc1as\n", "a -dependency-file\n", "a -MF\n",
        "word x\n", "a\n", "a a\\\n", "by cc\n", "in .\n", "from a.cpp\n"})
    EXPECT_EQ(read_record(head + wrong, record).code(), status_code::corrupt) << wrong;
  EXPECT_EQ(read_record("tl-compile 1\nby /c\n", record).code(), status_code::corrupt);
  std::string many = head;
  for (int i = 0; i < 5000; ++i)
    many += "a -x\n";
  EXPECT_EQ(read_record(many, record).code(), status_code::corrupt);
}

TEST(OnDemand, PreambleEndsBeforeTheFirstDeclaration) {
  EXPECT_EQ(
      preamble_of("// a\n#include <a>\n#define X \\\n  1\n#include \"b\"\nint x;\n#include <c>\n"),
      "// a\n#include <a>\n#define X \\\n  1\n#include \"b\"\n");
  EXPECT_EQ(preamble_of("/* long\n comment */\n#include <a>\nusing namespace x;\n"),
            "/* long\n comment */\n#include <a>\n");
  EXPECT_EQ(preamble_of("#include <a>\n#if X\n#include <b>\nint i;\n#endif\n"), "#include <a>\n");
  EXPECT_EQ(preamble_of("#if X\n#include <b>\n#endif\nint i;\n"), "#if X\n#include <b>\n#endif\n");
  EXPECT_EQ(preamble_of("#define X\nint x;\n"), "");
  EXPECT_EQ(preamble_of("#pragma once\n#include <a>\n"), "");
  EXPECT_EQ(preamble_of(""), "");
  EXPECT_EQ(preamble_of("#include <a> /* goes\n on */ int x;\n"), "");
  EXPECT_EQ(preamble_of("#include <a>"), "#include <a>");
}

TEST(OnDemand, LibraryFilesAreWholeAndOnesOwn) {
  const scratch in;
  const std::string path = in.path + "/it.so";
  std::string content;
  std::vector<std::string> configs;
  put(path, "a library");
  ASSERT_TRUE(seal_library(path, {"x=1", "x=2"}));
  ASSERT_TRUE(read_library(path, content, configs));
  EXPECT_EQ(configs, (std::vector<std::string>{"x=1", "x=2"}));
  EXPECT_EQ(configs_of_library(path), configs);

  const std::string whole = content;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    put(path, whole.substr(0, size));
    EXPECT_EQ(read_library(path, content, configs).code(), status_code::corrupt) << size;
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = char(damaged[at] ^ 1);
    put(path, damaged);
    EXPECT_EQ(read_library(path, content, configs).code(), status_code::corrupt) << at;
  }
  put(path, whole);
  ::chmod(path.c_str(), 0620);
  EXPECT_EQ(read_library(path, content, configs).code(), status_code::foreign);
  ::chmod(path.c_str(), 0600);
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(path.c_str(), 1, 1), 0);
    EXPECT_EQ(read_library(path, content, configs).code(), status_code::foreign);
    EXPECT_TRUE(configs_of_library(path).empty());
    ASSERT_EQ(::chown(path.c_str(), 0, 0), 0);
  }
  const std::string link = in.path + "/link.so";
  ASSERT_EQ(::symlink(path.c_str(), link.c_str()), 0);
  EXPECT_FALSE(read_library(link, content, configs));
  EXPECT_FALSE(read_library(in.path, content, configs));
  EXPECT_FALSE(read_library(in.path + "/none", content, configs));
}

TEST(OnDemand, DirectoriesAreOnesOwn) {
  const scratch in;
  const std::string path = in.path + "/a/b";
  EXPECT_TRUE(own_directory(path));
  struct stat about{};
  ASSERT_EQ(::stat(path.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777, 0700u);
  ::chmod(path.c_str(), 0755);
  EXPECT_EQ(own_directory(path).code(), status_code::foreign);
  ::chmod(path.c_str(), 0700);
  ASSERT_EQ(::symlink(path.c_str(), (in.path + "/link").c_str()), 0);
  EXPECT_EQ(own_directory(in.path + "/link").code(), status_code::foreign);
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(path.c_str(), 1, 1), 0);
    EXPECT_EQ(own_directory(path).code(), status_code::foreign);
  }
}

TEST(OnDemand, WhatIsNoLibraryIsNotOpened) {
  const auto nothing = [](const char *) { return false; };
  EXPECT_NE(why_not_to_open("", nothing, true), "");
  EXPECT_NE(why_not_to_open("\177ELF", nothing, true), "");
  EXPECT_NE(why_not_to_open(std::string(64, '\377'), nothing, true), "");
}

TEST(OnDemand, StaticVariablesOfVariantsAreTheirOwn) {
  const char *const id = "_ZN2ns5sgemmIXtl6configLi4EEEEEvi";
  EXPECT_TRUE(is_static_local_of("_ZZN2ns5sgemmIXtl6configLi8EEEEEviE6packed", id));
  EXPECT_TRUE(is_static_local_of("_ZGVZN2ns5sgemmIXtl6configLi8EEEEEviE6packed", id));
  EXPECT_FALSE(is_static_local_of("_ZZN2ns6sgemm2IXtl6configLi8EEEEEviE6packed", id));
  EXPECT_FALSE(is_static_local_of("_ZZN2ns8registryEvE3all", id));
  EXPECT_FALSE(is_static_local_of("counter", id));
  EXPECT_FALSE(is_static_local_of("_ZZ1fvE1x", "_Z1fv"));
  EXPECT_FALSE(is_static_local_of("_ZZ1fvE1x", "_Z99f"));
}

TEST(OnDemand, TheLeastUsedLibrariesGoFirst) {
  const scratch in;
  const std::string folder = in.path + "/" + std::string(libraries_folder) + "/key";
  ASSERT_TRUE(own_directory(in.path + "/" + std::string(libraries_folder)));
  ASSERT_TRUE(own_directory(folder));
  const auto place = [&](const char *name, std::int64_t age_s) {
    const std::string path = folder + "/" + name;
    put(path, std::string(1000, 'x'));
    const timespec then{::time(nullptr) - age_s, 0}, both[2] = {then, then};
    ::utimensat(AT_FDCWD, path.c_str(), both, 0);
    return path;
  };
  const std::string old = place("old.so", 3000), newer = place("newer.so", 2000),
                    newest = place("newest.pch", 1000), text = place("newest.h", 200'000),
                    under_way = place("1-0.o", 1000), left = place("2-0.part", 100'000);
  EXPECT_EQ(collect_libraries(in.path, 2500), 2000u);
  const auto exists = [](const std::string &path) { return ::access(path.c_str(), F_OK) == 0; };
  EXPECT_FALSE(exists(old));
  EXPECT_TRUE(exists(newer));
  EXPECT_TRUE(exists(newest));
  EXPECT_TRUE(exists(text)) << "newest.pch is made of it";
  EXPECT_TRUE(exists(under_way)) << "somebody is compiling";
  EXPECT_FALSE(exists(left)) << "somebody was killed a day ago";
  EXPECT_EQ(collect_libraries(in.path, 0), 2000u);
  EXPECT_EQ(collect_libraries(in.path, 0), 1000u) << "the text of a preamble that is gone";
  EXPECT_FALSE(exists(text));
  EXPECT_EQ(collect_libraries(in.path + "/none", 0), 0u);
}

TEST(OnDemand, ChildrenHaveLimits) {
  const scratch in;
  const std::string log = in.path + "/log";
  const auto run = [&](std::vector<std::string> command, child_limits limits) {
    child it;
    std::string error;
    child_end end;
    EXPECT_TRUE(it.start(command, in.path, log, limits, error)) << error;
    while (!it.poll(end))
      ::usleep(1000);
    return end;
  };
  EXPECT_TRUE(run({"/bin/sh", "-c", "pwd"}, {}).success);
  std::string said;
  std::getline(std::ifstream(log), said);
  EXPECT_EQ(said, in.path);
  EXPECT_EQ(run({"/bin/sh", "-c", "exit 3"}, {}).text, "status 3");
  EXPECT_EQ(run({"/bin/sh", "-c", "kill -9 $$"}, {}).text, "signal 9");
  const child_end late = run({"/bin/sh", "-c", "sleep 100 & wait"}, {.seconds = 0.2});
  EXPECT_TRUE(late.late);
  EXPECT_FALSE(late.success);
  ::setenv("LD_PRELOAD", "", 1);
  ::setenv("TL_SOMETHING", "x", 1);
  EXPECT_TRUE(run({"/bin/sh", "-c", "test -z \"${LD_PRELOAD+x}${TL_SOMETHING+x}\""}, {}).success);
  ::unsetenv("LD_PRELOAD");
  ::unsetenv("TL_SOMETHING");
  child none;
  std::string error;
  EXPECT_FALSE(none.start({"/no/such/compiler"}, in.path, log, {}, error));
  EXPECT_NE(error.find("/no/such/compiler"), std::string::npos);
}

} // namespace
} // namespace tl::rt::demand
