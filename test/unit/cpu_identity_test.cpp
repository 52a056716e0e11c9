// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/cpu/cpu_caches.h"
#include "runtime/backend/cpu/cpu_identity.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

namespace tl::rt {
namespace {

class CpuIdentityTest : public testing::Test {
protected:
  void SetUp() override {
    root = std::filesystem::temp_directory_path() / ("tl-identity-" + std::to_string(::getpid()));
    std::filesystem::create_directories(root);
  }
  void TearDown() override { std::filesystem::remove_all(root); }

  void write(const std::string &path, const std::string &text) {
    std::filesystem::create_directories((root / path).parent_path());
    std::ofstream(root / path) << text;
  }
  void cache(int index, const std::string &level, const std::string &type,
             const std::string &size) {
    const std::string folder =
        "sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index) + "/";
    write(folder + "level", level + "\n");
    write(folder + "type", type + "\n");
    write(folder + "size", size + "\n");
  }
  std::string value(const std::string &key) const {
    for (const auto &[name, text] : cpu_identity(root / "proc", root / "sys"))
      if (name == key)
        return text;
    return "no such key";
  }

  std::filesystem::path root;
};

TEST_F(CpuIdentityTest, ReadsWhatDecidesAboutSpeed) {
  write("proc/cpuinfo",
        "processor\t: 0\nmodel name\t: Some CPU @ 3.00GHz\nstepping\t: 4\ncpu MHz\t\t: 1234.5\n"
        "physical id\t: 0\ncore id\t\t: 0\nflags\t\t: fpu avx2 sse2 fma md_clear avx512f\n\n");
  cache(0, "1", "Data", "48K");
  cache(1, "1", "Instruction", "32K");
  cache(2, "2", "Unified", "2M");
  EXPECT_EQ(value("model"), "Some CPU @ 3.00GHz");
  EXPECT_EQ(value("stepping"), "4");
  EXPECT_EQ(value("caches"), "L1=48K L2=2048K");
  EXPECT_EQ(value("isa"), "avx2 avx512f fma sse2");
}

TEST_F(CpuIdentityTest, ToleratesASystemThatTellsNothing) {
  EXPECT_EQ(value("model"), "");
  EXPECT_EQ(value("caches"), "");
  EXPECT_NE(value("threads"), "0");
  EXPECT_TRUE(read_caches(root / "sys").empty());
}

TEST_F(CpuIdentityTest, IsTheSameEachTimeHere) {
  const auto first = cpu_identity();
  EXPECT_EQ(first, cpu_identity());
  EXPECT_GT(first.size(), 5u);
  EXPECT_GT(cache_flush_bytes(), std::size_t(1) << 20);
}

} // namespace
} // namespace tl::rt
