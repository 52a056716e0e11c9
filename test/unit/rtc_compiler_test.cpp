// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels that are compiled on the machine that the program runs on, by a library in NVRTC's or
// HIPRTC's place (fake_nvrtc.c). Whatever that does, no variant gets code that is not its own, and
// none is lost.

#include "on_demand_fixture.h"

#include "runtime/demand/libraries.h"
#include "runtime/demand/rtc_code.h"
#include "runtime/demand/rtc_compiler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern "C" void tl_rt_rtc(const tl_rtc_variant *variant, std::int32_t there);

namespace tl::rt::demand {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// What the runtime of CUDA or HIP is told.
std::vector<std::string> told;

void **register_image(void *wrapper) {
  struct wrapped {
    int magic, version;
    const char *image;
  };
  const auto *const it = static_cast<const wrapped *>(wrapper);
  told.push_back("image " + std::string(it->image).substr(0, 6));
  return reinterpret_cast<void **>(told.size());
}
int register_kernel(void **, const char *stub, char *name, const char *again, int, void *, void *,
                    void *, void *, int *) {
  EXPECT_STREQ(name, again);
  told.push_back(std::string(stub) + " is " + name);
  return 0;
}
void registered(void **) { told.emplace_back("end"); }
void unregister_image(void **) { told.emplace_back("gone"); }

/// Variants by the names of their kernels. Stubs are texts, so that they can be told apart.
class made_up_program {
public:
  explicit made_up_program(const std::vector<std::string> &kernels,
                           const std::string &text = "the source") {
    source_text = text;
    source.struct_size = sizeof source;
    source.name = "a.cu";
    source.text = source_text.c_str();
    source.headers = headers;
    source.header_count = 1;
    source.options = "--std=c++20\n-DN=1";
    source.toolkit = "";
    source.register_image = register_image;
    source.register_kernel = register_kernel;
    source.registered = registered;
    source.unregister_image = unregister_image;
    for (const std::string &name : kernels) {
      const std::size_t at = texts.size();
      texts.push_back(name);
      texts.push_back("stub of " + name);
      rows.push_back({tl_rtc_kernel{texts[at + 1].c_str(), texts[at].c_str(), "unused"},
                      tl_rtc_kernel{shared_stub, "", "plain_kernel"}});
      variants.push_back({.struct_size = sizeof(tl_rtc_variant),
                          .kernel_count = 2,
                          .function = texts[at].c_str(),
                          .kernels = rows.back().data(),
                          .source = &source});
      functions.push_back(texts[at].c_str());
      configs.push_back(texts[at].c_str());
      tl_rt_rtc(&variants.back(), 1);
    }
    // One more, whose code is the program's own.
    functions.push_back("own");
    configs.push_back("own");
    factory.struct_size = sizeof factory;
    factory.abi_version = TL_ABI_VERSION;
    factory.id = factory.name = "made_up";
    factory.variant_count = static_cast<std::uint32_t>(functions.size());
    factory.functions = functions.data();
    factory.configs = configs.data();
    factory.slot = &slot;
  }
  ~made_up_program() {
    for (const tl_rtc_variant &it : variants)
      tl_rt_rtc(&it, 0);
  }
  made_up_program(const made_up_program &) = delete;
  made_up_program &operator=(const made_up_program &) = delete;

  static constexpr const char *shared_stub = "the shared stub";
  std::string source_text;
  const char *headers[2] = {"own.h", "its text"};
  tl_rtc_source source{};
  std::deque<std::string> texts;
  std::deque<std::vector<tl_rtc_kernel>> rows;
  std::deque<tl_rtc_variant> variants;
  std::vector<const void *> functions;
  std::vector<const char *> configs;
  tl_dispatch_slot slot{};
  tl_factory factory{};
};

class RtcCompiler : public ::testing::Test {
protected:
  void SetUp() override {
    told.clear();
    ASSERT_TRUE(std::filesystem::create_directory(in.path + "/lib"));
    install(TL_FAKE_NVRTC);
    ::setenv("LD_LIBRARY_PATH", (in.path + "/lib").c_str(), 1);
    limits.at_once = 2;
  }
  void TearDown() override { ::unsetenv("LD_LIBRARY_PATH"); }

  void install(const std::string &library) const {
    std::filesystem::copy_file(library, in.path + "/lib/libnvrtc.so.13",
                               std::filesystem::copy_options::overwrite_existing);
  }

  /// What became of all variants: "" is code that is there, '?' before a reason that nobody knows
  /// whether it is the variant's.
  std::map<std::string, std::string> compile(made_up_program &all, rtc_compiler &with) const {
    std::vector<std::uint32_t> numbers;
    for (std::uint32_t i = 0; i < all.factory.variant_count; ++i)
      numbers.push_back(i);
    with.add(numbers);
    std::map<std::string, std::string> became;
    while (with.pending() > 0)
      with.wait(1);
    for (const compiled_variant &it : with.take()) {
      EXPECT_FALSE(became.contains(all.configs[it.variant]));
      became[all.configs[it.variant]] = (it.unknown ? "?" : "") + it.reason;
    }
    EXPECT_EQ(became.size(), all.factory.variant_count);
    return became;
  }
  std::map<std::string, std::string> compile(made_up_program &all) const {
    rtc_compiler with(all.factory, cache(), "sm_90a", library(), limits);
    return compile(all, with);
  }

  rtc_library library() const {
    rtc_library found = find_rtc_library(rtc_kind::nvrtc, "");
    EXPECT_THAT(found.path, StartsWith(in.path)) << "LD_LIBRARY_PATH comes first";
    return found;
  }

  std::string cache() const { return in.path + "/cache"; }

  std::vector<std::string> calls() const {
    std::ifstream file(in.path + "/lib/calls");
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);)
      lines.push_back(line);
    std::ranges::sort(lines);
    return lines;
  }

  std::vector<std::string> files() const {
    std::vector<std::string> found;
    for (const auto &it : std::filesystem::recursive_directory_iterator(cache()))
      if (it.is_regular_file())
        found.push_back(it.path());
    return found;
  }

  static std::string code_of(const made_up_program &all, std::uint32_t variant) {
    EXPECT_TRUE(load_rtc_code(all.factory, variant)) << load_rtc_code(all.factory, variant).text();
    return told.empty() ? "" : told.front();
  }

  scratch in;
  rtc_limits limits;
};

TEST_F(RtcCompiler, CompilesLoadsAndKeeps) {
  {
    made_up_program all({"::one<1>", "::two<2>"});
    EXPECT_THAT(compile(all), ::testing::Each(::testing::Pair(::testing::_, "")));
    EXPECT_EQ(calls(), (std::vector<std::string>{"::one<1>", "::two<2>"}));
    EXPECT_TRUE(load_rtc_code(all.factory, 1));
    EXPECT_EQ(told,
              (std::vector<std::string>{"image code 1", "stub of ::two<2> is lowered(::two<2>)",
                                        "the shared stub is plain_kernel", "end"}));
    told.clear();
    EXPECT_TRUE(load_rtc_code(all.factory, 1));
    EXPECT_TRUE(load_rtc_code(all.factory, 2)) << "it has none of that kind";
    EXPECT_TRUE(told.empty()) << "it is known already";
    EXPECT_TRUE(load_rtc_code(all.factory, 0));
    EXPECT_EQ(told, (std::vector<std::string>{"image code 1",
                                              "stub of ::one<1> is lowered(::one<1>)", "end"}))
        << "a kernel that two variants launch is known once";
    told.clear();
  }
  EXPECT_EQ(told, (std::vector<std::string>{"gone", "gone"})) << "with their image";
  ASSERT_EQ(files().size(), 2u);
  for (const std::string &path : files()) {
    struct stat about{};
    ASSERT_EQ(::stat(path.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777, 0600u) << path;
    ASSERT_EQ(::stat(std::filesystem::path(path).parent_path().c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777, 0700u);
  }
  made_up_program again({"::one<1>", "::two<2>"});
  EXPECT_FALSE(has_rtc_code(again.factory, 0, "sm_90a"));
  EXPECT_FALSE(load_rtc_code(again.factory, 0)) << "nothing is there that nobody has asked for";
  EXPECT_THAT(compile(again), ::testing::Each(::testing::Pair(::testing::_, "")));
  EXPECT_EQ(calls().size(), 2u) << "kept";
  EXPECT_TRUE(has_rtc_code(again.factory, 0, "sm_90a"));
}

TEST_F(RtcCompiler, IsToldOfSourceOptionsAndHeaders) {
  made_up_program all({"::one<1>"});
  compile(all);
  ASSERT_EQ(files().size(), 1u);
  std::ostringstream content;
  content << std::ifstream(files()[0], std::ios::binary).rdbuf();
  EXPECT_THAT(content.str(), StartsWith("code 1 of [the source] with "
                                        "[--gpu-architecture=sm_90a;--std=c++20;-DN=1;"));
  EXPECT_THAT(content.str(), HasSubstr(";own.h;")) << "the program's own";
  EXPECT_THAT(content.str(), HasSubstr(";cstdint;")) << "the standard library's";
}

TEST_F(RtcCompiler, OtherSourceOptionsOrArchitectureIsOtherCode) {
  made_up_program first({"::one<1>"}), source({"::one<1>"}, "another source"),
      options({"::one<1>"}), header({"::one<1>"}), arch({"::one<1>"});
  options.source.options = "--std=c++20\n-DN=2";
  header.headers[1] = "another text";
  for (made_up_program *const it : {&first, &source, &options, &header})
    compile(*it);
  rtc_compiler other(arch.factory, cache(), "sm_80", library(), limits);
  compile(arch, other);
  EXPECT_EQ(calls().size(), 5u);
  EXPECT_EQ(files().size(), 5u);
}

TEST_F(RtcCompiler, OneProcessHasOneArchitecture) {
  made_up_program all({"::one<1>"});
  compile(all);
  rtc_compiler other(all.factory, cache(), "sm_80", library(), limits);
  EXPECT_EQ(compile(all, other)["::one<1>"],
            "?compiled, but not used: this process has its device code for sm_90a, and this device "
            "is sm_80");
}

TEST_F(RtcCompiler, AnotherCompilersCodeIsMadeAnew) {
  made_up_program all({"::one<1>"}), again({"::one<1>"}), without({"::one<1>"});
  compile(all);
  install(TL_OTHER_NVRTC);
  compile(again);
  EXPECT_EQ(calls().size(), 2u);
  EXPECT_EQ(code_of(again, 0), "image code 2");
  // Who has none takes what is there.
  std::filesystem::remove(in.path + "/lib/libnvrtc.so.13");
  told.clear();
  rtc_compiler none(without.factory, cache(), "sm_90a", {}, limits);
  EXPECT_EQ(none.get(0, none.why_not().empty(), 1).reason, "");
  EXPECT_EQ(code_of(without, 0), "image code 2");
}

TEST_F(RtcCompiler, WhatDoesNotCompileSaysWhy) {
  made_up_program all({"::one<1>", "::bad<2>", "::three<3>", "::bad<4>"});
  const auto became = compile(all);
  EXPECT_EQ(became.at("::one<1>"), "");
  EXPECT_EQ(became.at("::bad<2>"), "did not compile: a.cu(3): error: it is bad");
  EXPECT_EQ(became.at("::three<3>"), "");
  EXPECT_EQ(became.at("::bad<4>"), "did not compile: a.cu(3): error: it is bad");
  EXPECT_EQ(files().size(), 2u) << "nothing else is left behind";
}

TEST_F(RtcCompiler, TheGuiltyOneOfSeveralIsFound) {
  for (const auto &[what, why] : std::map<std::string, std::string>{
           {"crash", "the process that compiles it ended with signal 6"},
           {"hang", "compiling it took more than 1 s"},
           {"burn", "compiling it took more than 1 s"}}) {
    made_up_program all({"::a<1>", "::" + what + "<2>", "::c<3>", "::d<4>"}, "source of " + what);
    limits.at_once = 1;
    limits.first_s = 1;
    limits.each_s = 0;
    const auto became = compile(all);
    EXPECT_EQ(became.at("::a<1>"), "");
    EXPECT_EQ(became.at("::" + what + "<2>"), why);
    EXPECT_EQ(became.at("::c<3>"), "");
    EXPECT_EQ(became.at("::d<4>"), "");
  }
}

TEST_F(RtcCompiler, ManyDeathsInARowEndIt) {
  made_up_program all({"::crash<1>", "::crash<2>", "::crash<3>", "::crash<4>", "::e<5>"});
  limits.at_once = 1;
  rtc_compiler with(all.factory, cache(), "sm_90a", library(), limits);
  const auto became = compile(all, with);
  EXPECT_THAT(became.at("::crash<3>"), StartsWith("the process"));
  EXPECT_THAT(became.at("::crash<4>"), StartsWith("?the process")) << "nobody has tried it";
  EXPECT_THAT(became.at("::e<5>"), StartsWith("?the process"));
  EXPECT_FALSE(with.may_pass());
}

TEST_F(RtcCompiler, WhoIsKilledMayLiveTheNextTime) {
  made_up_program all({"::killed<1>", "::b<2>"});
  limits.at_once = 1;
  rtc_compiler with(all.factory, cache(), "sm_90a", library(), limits);
  const auto became = compile(all, with);
  EXPECT_EQ(became.at("::killed<1>"), "?the process that compiles it ended with signal 9");
  EXPECT_THAT(became.at("::b<2>"), StartsWith("?"));
  EXPECT_TRUE(with.may_pass());
}

TEST_F(RtcCompiler, AFullDiskIsNotHeldAgainstAnyone) {
  made_up_program all({"::a<1>", "::full<2>", "::c<3>"});
  limits.at_once = 1;
  rtc_compiler with(all.factory, cache(), "sm_90a", library(), limits);
  const auto became = compile(all, with);
  EXPECT_EQ(became.at("::a<1>"), "");
  EXPECT_THAT(became.at("::full<2>"), HasSubstr("File too large"));
  EXPECT_EQ(became.at("::full<2>")[0], '?');
  EXPECT_EQ(became.at("::c<3>")[0], '?');
  EXPECT_TRUE(with.may_pass());
  EXPECT_EQ(files().size(), 1u) << "and nothing half";
}

TEST_F(RtcCompiler, NoVariantIsLostWhereNothingCanBeStarted) {
  made_up_program all({"::one<1>", "::two<2>", "::three<3>"});
  limits.at_once = 1;
  limits.per_job = 1;
  rtc_compiler with(all.factory, cache(), "sm_90a", library(), limits);
  rlimit usual{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &usual), 0);
  const rlimit none{3, usual.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto became = compile(all, with); // all that were asked for come back
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &usual), 0);
  for (const char *const it : {"::one<1>", "::two<2>", "::three<3>"})
    EXPECT_THAT(became.at(it), StartsWith("?no memory for the compiling process: "));
  EXPECT_EQ(became.at("own"), "");
  EXPECT_TRUE(with.may_pass());
}

TEST_F(RtcCompiler, MemoryIsLimited) {
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
  GTEST_SKIP() << "sanitizers take terabytes";
#endif
  made_up_program all({"::greedy<1>", "::b<2>"});
  limits.at_once = 1;
  limits.memory = std::uint64_t(1) << 30;
  const auto became = compile(all);
  EXPECT_EQ(became.at("::greedy<1>"), "the process that compiles it ended with signal 6");
  EXPECT_EQ(became.at("::b<2>"), "");
}

TEST_F(RtcCompiler, WithoutALibraryNothingIsCompiled) {
  made_up_program all({"::one<1>"});
  rtc_compiler with(all.factory, cache(), "sm_90a", {}, limits);
  EXPECT_THAT(with.why_not(), StartsWith("there is no libnvrtc.so among the loaded libraries, in "
                                         "LD_LIBRARY_PATH, CUDA_HOME"));
  const auto became = compile(all, with);
  EXPECT_EQ(became.at("::one<1>"), "?" + with.why_not());
  EXPECT_EQ(became.at("own"), "") << "it needs nothing";
}

TEST_F(RtcCompiler, ALibraryThatIsNoneIsNamed) {
  put(in.path + "/lib/libnvrtc.so.13", "no library");
  made_up_program all({"::one<1>", "::two<2>"});
  rtc_compiler with(all.factory, cache(), "sm_90a", library(), limits);
  const auto became = compile(all, with);
  EXPECT_THAT(became.at("::one<1>"), HasSubstr("/lib/libnvrtc.so.13: "));
  EXPECT_EQ(became.at("::one<1>")[0], '?');
  EXPECT_EQ(became.at("::two<2>")[0], '?');
  EXPECT_FALSE(with.may_pass());
}

TEST_F(RtcCompiler, DevicesWithoutAnArchitectureGetNone) {
  made_up_program all({"::one<1>"});
  rtc_compiler with(all.factory, cache(), arch_of("?"), library(), limits);
  EXPECT_EQ(compile(all, with)["::one<1>"],
            "?the device does not say for which architecture to compile");
  EXPECT_EQ(arch_of("9.0"), "sm_90a");
  EXPECT_EQ(arch_of("8.6"), "sm_86");
  EXPECT_EQ(arch_of("12.0"), "sm_120a");
  EXPECT_EQ(arch_of("9"), "");
  EXPECT_EQ(arch_of(""), "");
}

TEST_F(RtcCompiler, DamagedCodeIsMadeAnew) {
  for (const int how : {0, 1, 2, 3}) {
    made_up_program first({"::one<1>"}, "source " + std::to_string(how));
    compile(first);
    const std::size_t before = calls().size();
    for (const std::string &path : files()) {
      std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
      if (how == 0)
        file.seekp(3), file.put('?');
      else if (how == 1)
        std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
      else if (how == 2)
        std::filesystem::resize_file(path, 0);
      else
        ::chmod(path.c_str(), 0644);
    }
    made_up_program again({"::one<1>"}, "source " + std::to_string(how));
    EXPECT_EQ(compile(again)["::one<1>"], "");
    EXPECT_EQ(calls().size(), before + 1) << how;
    told.clear();
    EXPECT_EQ(code_of(again, 0), "image code 1");
    std::filesystem::remove_all(cache());
  }
}

TEST_F(RtcCompiler, WhatOthersMayLookIntoIsNotUsed) {
  made_up_program all({"::one<1>"});
  ASSERT_TRUE(std::filesystem::create_directory(cache()));
  ASSERT_TRUE(std::filesystem::create_directory(cache() + "/on-demand"));
  ::chmod((cache() + "/on-demand").c_str(), 0777);
  rtc_compiler with(all.factory, cache(), "sm_90a", library(), limits);
  EXPECT_EQ(compile(all, with)["::one<1>"], "") << "in a directory that goes with the session";
  EXPECT_THAT(with.why_not_kept(), HasSubstr("others may look into"));
  EXPECT_TRUE(files().empty());
}

TEST_F(RtcCompiler, WithoutACacheItIsThereForTheProcess) {
  made_up_program all({"::one<1>"});
  rtc_compiler with(all.factory, "", "sm_90a", library(), limits);
  EXPECT_EQ(compile(all, with)["::one<1>"], "");
  EXPECT_EQ(code_of(all, 0), "image code 1");
}

TEST_F(RtcCompiler, TwoProcessesMayCompileTheSame) {
  std::vector<pid_t> children;
  for (int i = 0; i < 2; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      made_up_program all({"::one<1>", "::two<2>", "::three<3>"});
      const auto became = compile(all);
      const bool good =
          std::ranges::all_of(became, [](const auto &it) { return it.second.empty(); });
      ::_exit(good && load_rtc_code(all.factory, 2) ? 0 : 1);
    }
    children.push_back(pid);
  }
  for (const pid_t pid : children) {
    int status = -1;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(files().size(), 3u);
}

TEST_F(RtcCompiler, OneThatIsAskedForAlone) {
  made_up_program all({"::one<1>", "::bad<2>", "::hang<3>"});
  rtc_compiler with(all.factory, cache(), "sm_90a", library(), limits);
  EXPECT_EQ(with.get(0, false, 1).reason, "nothing is compiled in this call");
  EXPECT_EQ(with.get(0, true, 30).reason, "");
  EXPECT_EQ(with.get(0, false, 1).reason, "");
  EXPECT_EQ(with.get(1, true, 30).reason, "did not compile: a.cu(3): error: it is bad");
  EXPECT_EQ(with.get(2, true, 0.3).reason, "it was not compiled within 0 s");
}

TEST_F(RtcCompiler, CollectedWithTheLibraries) {
  made_up_program all({"::one<1>"});
  compile(all);
  ASSERT_EQ(files().size(), 1u);
  const std::string left =
      std::filesystem::path(files()[0]).parent_path().string() + "/1-0.temporary";
  ASSERT_TRUE(std::filesystem::create_directory(left));
  put(left + "/a.pch", "x");
  collect_libraries(cache(), most_library_bytes);
  EXPECT_TRUE(std::filesystem::exists(left)) << "somebody may be compiling";
  const timespec then{::time(nullptr) - 100'000, 0}, both[2] = {then, then};
  ::utimensat(AT_FDCWD, left.c_str(), both, 0);
  collect_libraries(cache(), most_library_bytes);
  EXPECT_FALSE(std::filesystem::exists(left));
  EXPECT_EQ(files().size(), 1u);
  EXPECT_GT(collect_libraries(cache(), 0), 0u);
  EXPECT_TRUE(files().empty());
}

/// HIPRTC: a Clang, whose kernels have the names that the program's own Clang gives them.
class HipCompiler : public RtcCompiler {
protected:
  void SetUp() override {
    RtcCompiler::SetUp();
    std::filesystem::copy_file(TL_FAKE_HIPRTC, in.path + "/lib/libhiprtc.so.7");
  }
  static void make_hip(made_up_program &it) {
    it.source.compiler = TL_RTC_HIPRTC;
    it.source.registered = nullptr;
    for (std::vector<tl_rtc_kernel> &row : it.rows) {
      it.texts.push_back(std::string("name of ") + row[0].expression);
      row[0].name = it.texts.back().c_str();
    }
  }
  std::map<std::string, std::string> compile(made_up_program &all) const {
    rtc_compiler with(all.factory, cache(), "gfx90a:xnack-", find_rtc_library(rtc_kind::hiprtc, ""),
                      limits);
    EXPECT_STREQ(with.library(), "HIPRTC");
    return RtcCompiler::compile(all, with);
  }
};

TEST_F(HipCompiler, CompilesLoadsAndKeeps) {
  {
    made_up_program all({"::one<1>", "::bad<2>", "::elsewhere<3>"});
    make_hip(all);
    std::map<std::string, std::string> became = compile(all);
    EXPECT_EQ(became["::one<1>"], "");
    EXPECT_EQ(became["::bad<2>"], "did not compile: a.cu(3): error: it is bad");
    EXPECT_EQ(became["::elsewhere<3>"], "compiled, but not used: the compiler has left other "
                                        "kernels than it was asked for");
    EXPECT_TRUE(load_rtc_code(all.factory, 0));
    EXPECT_EQ(told,
              (std::vector<std::string>{"image __CLAN", "stub of ::one<1> is name of ::one<1>",
                                        "the shared stub is plain_kernel"}));
    EXPECT_FALSE(load_rtc_code(all.factory, 2));
  }
  EXPECT_EQ(told.back(), "gone");
  ASSERT_EQ(files().size(), 1u) << "nothing of the library's own is left behind";
  std::ostringstream content;
  content << std::ifstream(files()[0], std::ios::binary).rdbuf();
  EXPECT_THAT(content.str(), StartsWith("code 1 of [#line 1 \"a.cu\"\nthe source] with "
                                        "[--gpu-architecture=gfx90a:xnack-;--std=c++20;-DN=1;]"));
  EXPECT_THAT(content.str(), HasSubstr(";own.h;")) << "the program's own";
  EXPECT_THAT(content.str(), HasSubstr(";cstdint;")) << "those that HIPRTC has in it";
  made_up_program again({"::one<1>"});
  make_hip(again);
  EXPECT_EQ(compile(again)["::one<1>"], "");
  EXPECT_EQ(calls().size(), 3u) << "kept";
}

/// What the image of a device's code looks like: Clang's bundle, as HIP's runtime reads it.
TEST_F(HipCompiler, WrapsCodeInABundle) {
  static std::string image;
  made_up_program all({"::one<1>"});
  make_hip(all);
  all.source.register_image = [](void *wrapper) -> void ** {
    struct wrapped {
      unsigned magic, version;
      const char *image;
    };
    const auto *const it = static_cast<const wrapped *>(wrapper);
    EXPECT_EQ(it->magic, 0x48495046u) << "\"HIPF\"";
    EXPECT_EQ(it->version, 1u);
    image.assign(it->image, 4096 + 6);
    return nullptr;
  };
  compile(all);
  EXPECT_TRUE(load_rtc_code(all.factory, 0));
  EXPECT_THAT(image, StartsWith("__CLANG_OFFLOAD_BUNDLE__"));
  std::uint64_t numbers[4];
  std::memcpy(numbers, image.data() + 24, sizeof numbers);
  EXPECT_EQ(numbers[0], 2u);
  EXPECT_EQ(numbers[2], 0u) << "nothing for the host";
  const std::size_t second = 24 + 4 * 8 + numbers[3];
  std::memcpy(numbers, image.data() + second, 3 * 8);
  EXPECT_EQ(numbers[0], 4096u);
  EXPECT_EQ(image.substr(second + 3 * 8, numbers[2]), "hipv4-amdgcn-amd-amdhsa--gfx90a:xnack-");
  EXPECT_EQ(image.substr(4096), "code 1");
}

TEST_F(HipCompiler, WithoutHiprtcSaysWhereItLooked) {
  made_up_program all({"::one<1>"});
  make_hip(all);
  rtc_library none;
  none.kind = rtc_kind::hiprtc;
  rtc_compiler with(all.factory, cache(), "gfx90a", none, limits);
  EXPECT_THAT(with.why_not(), StartsWith("there is no libhiprtc.so among the loaded libraries, in "
                                         "LD_LIBRARY_PATH, ROCM_PATH, HIP_PATH, "));
  EXPECT_THAT(RtcCompiler::compile(all, with)["::one<1>"], StartsWith("?there is no libhiprtc.so"));
}

TEST_F(HipCompiler, WhatIsKilledLeavesNothing) {
  limits.at_once = 1;
  made_up_program all({"::crash<1>", "::one<1>"});
  make_hip(all);
  std::map<std::string, std::string> became = compile(all);
  EXPECT_THAT(became["::crash<1>"], HasSubstr("signal 6"));
  EXPECT_EQ(became["::one<1>"], "");
  EXPECT_EQ(files().size(), 1u);
}

/// The real ones, where they are.
TEST(Hiprtc, CompilesWithItsOwnHeaders) {
  const rtc_library found = find_rtc_library(rtc_kind::hiprtc, "");
  if (found.path.empty())
    GTEST_SKIP() << "no HIPRTC here";
  const scratch in;
  made_up_program all({"::scale<config{4}>", "::scale<config{5}>"},
                      "#include <hip/hip_runtime.h>\n#include <cstddef>\n#include <cstdint>\n"
                      "#include <type_traits>\n#include \"own.h\"\nstruct config { int n; };\n"
                      "template <config C> __global__ void scale(std::int32_t *x) {\n"
                      "  static_assert(C.n != 5, \"five\");\n"
                      "  *x = twice(C.n) + sqrtf(2.0f);\n"
                      "}\n"
                      "extern \"C\" __global__ void plain_kernel() {}\n");
  all.headers[1] = "__device__ constexpr int twice(int x) { return 2 * x; }";
  all.source.compiler = TL_RTC_HIPRTC;
  all.source.registered = nullptr;
  all.source.options = "--std=c++20\n-ffast-math";
  for (std::vector<tl_rtc_kernel> &row : all.rows)
    row[0].name = "_Z5scaleIXtl6configLi4EEEEvPi";
  rtc_compiler with(all.factory, in.path + "/cache", "gfx90a:sramecc+:xnack-", found);
  ASSERT_EQ(with.why_not(), "");
  EXPECT_EQ(with.get(0, true, 120).reason, "");
  EXPECT_THAT(with.get(1, true, 120).reason,
              StartsWith("did not compile: a.cu:8:3: error: static"));
  EXPECT_TRUE(load_rtc_code(all.factory, 0));
}

TEST(Nvrtc, CompilesWithHeadersOfTheStandardLibrary) {
  const rtc_library found = find_rtc_library(rtc_kind::nvrtc, "");
  if (found.path.empty() || found.includes.empty())
    GTEST_SKIP() << "no NVRTC with its toolkit's headers here";
  const scratch in;
  made_up_program all({"::scale<std::size_t{4}>", "::scale<std::size_t{5}>"},
                      "#include <cstddef>\n#include <cstdint>\n#include <limits>\n"
                      "#include \"own.h\"\n"
                      "template <std::size_t N> __global__ void scale(std::int32_t *x) {\n"
                      "  static_assert(N != 5, \"five\");\n"
                      "  *x = std::numeric_limits<int>::max() - twice(N);\n"
                      "}\n"
                      "extern \"C\" __global__ void plain_kernel() {}\n");
  all.headers[1] = "__device__ constexpr int twice(int x) { return 2 * x; }";
  all.source.options = "--std=c++20";
  rtc_compiler with(all.factory, in.path + "/cache", "sm_90a", found);
  ASSERT_EQ(with.why_not(), "");
  EXPECT_EQ(with.get(0, true, 120).reason, "");
  EXPECT_THAT(with.get(1, true, 120).reason,
              StartsWith("did not compile: a.cu(6): error: static assertion failed with \"five\""));
  told.clear();
  EXPECT_TRUE(load_rtc_code(all.factory, 0));
  EXPECT_EQ(told[1], "stub of ::scale<std::size_t{4}> is _Z5scaleILm4EEvPi");
}

} // namespace
} // namespace tl::rt::demand
