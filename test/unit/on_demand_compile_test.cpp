// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What may happen while variants are compiled, by compilers that are shell scripts. None of it may
// make a variant of something that is none, or take a variant's place.

#include "on_demand_fixture.h"

#include "runtime/demand/batches.h"
#include "runtime/demand/library_file.h"
#include "runtime/factory/grown.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace tl::rt::demand {
namespace {

/// A made-up factory, its source, and a compiler that makes libraries of C.
class OnDemandCompile : public ::testing::Test {
protected:
  void SetUp() override {
    put(in.path + "/source.c", "");
    put(in.path + "/plugin", "");
    compile("usual");
    record = "tl-compile 1\nby " + in.path + "/compiler\nplugin " + in.path + "/plugin\nin " +
             in.path + "\nfrom " + in.path + "/source.c\na -x\na c++\n";
    made.row.record = record.c_str();
    make_room(made.factory);
    limits.first_s = 30;
  }

  /// Makes a compiler that does `what` where it is to compile.
  void compile(const std::string &what, const std::string &made_by = "somebody",
               const std::string &code = "0") {
    const std::string path = in.path + "/compiler";
    put(path,
        "#!/bin/sh\n"
        "log=" +
            in.path +
            "/calls\n"
            "echo \"$*\" >> $log\n"
            "for argument; do\n"
            "  [ \"$before\" = -o ] && out=$argument\n"
            "  case \"$argument\" in *demand=*) list=${argument##*:};; *report=*) "
            "report=${argument#*report=};; esac\n"
            "  before=$argument\n"
            "done\n"
            "usual() {\n"
            "  {\n"
            "    echo '#include <tl/abi.h>'\n"
            "    names= functions= count=0\n"
            "    for c in $(echo $list | tr , ' '); do\n"
            "      echo \"static int f$c(void) { return $c; }\"\n"
            "      names=\"$names \\\"b=$((c / 60 % 40)),d={1,2},a=$((c / 2400)),c=$((c % "
            "60))\\\",\"\n"
            "      functions=\"$functions (void *)f$c,\"; count=$((count + 1))\n"
            "    done\n"
            "    echo \"static const char *const configs[] = {$names};\"\n"
            "    echo \"static void *const functions[] = {$functions};\"\n"
            "    echo \"static const tl_on_demand_library it = {TL_ABI_VERSION, sizeof it, "
            "\\\"made_up\\\", \"\n"
            "    echo \"  \\\"" +
            made_by + "\\\", \\\"" + code +
            "\\\", $count, 0, configs, functions};\"\n"
            "    echo 'const tl_on_demand_library *tl_on_demand_library_(void) "
            "__asm__(\"tl_on_demand_library\");'\n"
            "    echo 'const tl_on_demand_library *tl_on_demand_library_(void) { return &it; }'\n"
            "    echo \"$more\"\n"
            "  } > $out.c\n"
            "  " TL_C_COMPILER " -I" TL_SOURCE_DIR
            "/include -fPIC -w -c $out.c -o $out; status=$?\n"
            "  rm -f $out.c; return $status\n"
            "}\n"
            "case \" $* \" in\n"
            "*' -shared '*) exec " TL_C_COMPILER
            " -shared -nostdlib -nostartfiles -o $out ${out%.part}.o ;;\n"
            "*) " +
            what +
            " ;;\n"
            "esac\n");
    ::chmod(path.c_str(), 0700);
  }

  std::vector<made_variant> make(const std::vector<std::uint64_t> &wanted) {
    batch_compiler compiler(made.factory, in.path + "/cache", limits);
    compiler.add(wanted);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    while (compiler.pending() > 0 && std::chrono::steady_clock::now() < end)
      compiler.wait(1);
    why_not = compiler.why_not();
    may_pass = compiler.may_pass();
    std::vector<made_variant> all = compiler.take();
    std::ranges::sort(all, {}, &made_variant::combination);
    return all;
  }

  int run(const made_variant &it) const {
    return reinterpret_cast<int (*)()>(
        static_cast<void *const *>(made.factory.functions)[it.variant])();
  }

  /// That none of them is there, why, and whether that is blamed on them.
  void expect_none(const std::vector<made_variant> &all, const std::string &why, bool unknown) {
    EXPECT_FALSE(all.empty());
    for (const made_variant &it : all) {
      EXPECT_EQ(it.variant, UINT32_MAX);
      EXPECT_NE(it.reason.find(why), std::string::npos) << it.reason;
      EXPECT_EQ(it.unknown, unknown) << it.reason;
    }
    EXPECT_EQ(count_variants(made.factory), 1u);
  }

  std::size_t calls() const {
    std::ifstream file(in.path + "/calls");
    std::size_t count = 0;
    for (std::string line; std::getline(file, line);)
      ++count;
    return count;
  }

  scratch in;
  made_up_space made;
  std::string record, why_not;
  bool may_pass = false;
  compile_limits limits;
};

TEST_F(OnDemandCompile, MakesVariantsAndKeepsThem) {
  const std::vector<made_variant> all = make({5, 77, 2400});
  ASSERT_EQ(all.size(), 3u);
  for (const made_variant &it : all) {
    ASSERT_NE(it.variant, UINT32_MAX) << it.reason;
    EXPECT_EQ(run(it), int(it.combination));
    EXPECT_EQ(made.factory.configs[it.variant], combinations(made.factory).text(it.combination));
  }
  EXPECT_TRUE(why_not.empty());
  // Another process needs no compiler.
  ::unlink((in.path + "/compiler").c_str());
  made_up_space other;
  other.row.record = record.c_str();
  make_room(other.factory);
  batch_compiler later(other.factory, in.path + "/cache");
  EXPECT_EQ(later.kept(), (std::vector<std::uint64_t>{5, 2400, 77}));
  EXPECT_NE(later.get("b=1,d={1,2},a=0,c=17", false, 0).variant, UINT32_MAX);
  EXPECT_EQ(later.get("b=1,d={1,2},a=0,c=18", true, 1).variant, UINT32_MAX);
  EXPECT_NE(later.why_not().find("is not there"), std::string::npos);
}

TEST_F(OnDemandCompile, AMissingCompilerIsNoVariantsFault) {
  ::unlink((in.path + "/compiler").c_str());
  expect_none(make({5, 77}), "compiler is not there", true);
  put(in.path + "/compiler", "");
  expect_none(make({5, 77}), "is not there", true); // it cannot be executed
}

TEST_F(OnDemandCompile, AKilledCompilerIsTriedForEachVariantAndThenNoMore) {
  compile("kill -9 $$");
  std::vector<std::uint64_t> wanted;
  for (std::uint64_t i = 1; i <= 40; ++i)
    wanted.push_back(i);
  const std::vector<made_variant> all = make(wanted);
  EXPECT_EQ(all.size(), 40u);
  std::size_t unknown = 0;
  for (const made_variant &it : all) {
    EXPECT_EQ(it.variant, UINT32_MAX);
    EXPECT_NE(it.reason.find("signal 9"), std::string::npos) << it.reason;
    unknown += it.unknown;
  }
  EXPECT_EQ(unknown, 40u) << "who was killed may live the next time";
  EXPECT_TRUE(may_pass);
  EXPECT_LT(calls(), 20u) << "most were never tried";
}

TEST_F(OnDemandCompile, OneThatHangsIsKilledAndTheOthersAreMade) {
  limits.first_s = limits.least_s = 3;
  limits.first_each_s = limits.times = 0;
  limits.per_job = 4;
  compile("case $list in *77*) sleep 1000;; *) usual;; esac");
  const std::vector<made_variant> all = make({5, 77, 2400});
  ASSERT_EQ(all.size(), 3u);
  EXPECT_NE(all[0].variant, UINT32_MAX) << all[0].reason;
  EXPECT_NE(all[2].variant, UINT32_MAX) << all[2].reason;
  EXPECT_EQ(all[1].variant, UINT32_MAX);
  EXPECT_NE(all[1].reason.find("took more than 3 s"), std::string::npos) << all[1].reason;
  EXPECT_FALSE(all[1].unknown);
}

TEST_F(OnDemandCompile, WhatTheCompilerSaysIsTheReason) {
  limits.per_job = 4;
  limits.at_once = 1;
  compile("case $list in *77*) printf "
          "'variant\\tfailed\\tmade_up\\t0\\t3\\tx:1\\tmade_up\\tb=1,d={1,2},a=0,c=17\\tno such "
          "register\\n' > $report; exit 1;; *) usual;; esac");
  const std::vector<made_variant> all = make({5, 77, 2400});
  ASSERT_EQ(all.size(), 3u);
  EXPECT_NE(all[0].variant, UINT32_MAX) << all[0].reason;
  EXPECT_NE(all[2].variant, UINT32_MAX) << all[2].reason;
  EXPECT_EQ(all[1].reason, "did not compile: no such register");
  EXPECT_EQ(calls(), 3u) << "the batch, the rest of it, the linker";
}

TEST_F(OnDemandCompile, OutOfMemoryAndSpace) {
  compile("echo 'LLVM ERROR: out of memory'; exit 134");
  const std::vector<made_variant> memory = make({5});
  expect_none(memory, "out of memory", false);
  limits.at_once = 1;
  compile("echo 'error: unable to write: No space left on device'; exit 1");
  expect_none(make({5, 6, 7}), "No space left on device", true);
  EXPECT_TRUE(may_pass);
  EXPECT_EQ(calls(), 2u) << "no variant is tried by itself";
}

// What crashes the compiler by itself is a variant's fault.
TEST_F(OnDemandCompile, ACompilerThatCrashesIsTheVariantsFault) {
  limits.per_job = 4;
  limits.at_once = 1;
  compile("case $list in *77*) kill -11 $$;; *) usual;; esac");
  const std::vector<made_variant> all = make({5, 77, 2400});
  ASSERT_EQ(all.size(), 3u);
  EXPECT_NE(all[0].variant, UINT32_MAX) << all[0].reason;
  EXPECT_NE(all[2].variant, UINT32_MAX) << all[2].reason;
  EXPECT_EQ(all[1].reason, "compiling it ended with signal 11");
  EXPECT_FALSE(all[1].unknown);
  EXPECT_EQ(why_not, "");
}

TEST_F(OnDemandCompile, AReadOnlyCacheIsLeftAlone) {
  const std::string cache = in.path + "/cache";
  constexpr int unreachable = 77;
  const auto process = [&] {
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0))
      return 1;
    if (::access(TL_SOURCE_DIR "/include", X_OK) != 0)
      return unreachable;
    if (make({5})[0].variant == UINT32_MAX)
      return 2;
    std::string folder;
    for (const auto &it : std::filesystem::recursive_directory_iterator(cache))
      if (it.path().extension() == ".so")
        folder = it.path().parent_path();
    if (folder.empty() || ::chmod(folder.c_str(), 0500) != 0)
      return 3;
    batch_compiler compiler(made.factory, cache, limits);
    const made_variant other = compiler.get(combinations(made.factory).text(6), true, 60);
    if (other.variant == UINT32_MAX || run(other) != 6)
      return 4;
    return compiler.why_not_kept().find("ermission denied") == std::string::npos ? 5 : 0;
  };
  if (::geteuid() == 0) {
    for (const char *const it : {"", "/source.c", "/plugin", "/compiler"})
      ASSERT_EQ(::chown((in.path + it).c_str(), 65534, 65534), 0);
  }
  const pid_t child = ::fork();
  if (child == 0)
    ::_exit(process());
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == unreachable)
    GTEST_SKIP() << TL_SOURCE_DIR << " is not to be reached by another user than root";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(OnDemandCompile, ACompilerThatTakesAllMemoryIsStopped) {
  limits.memory = 1u << 30;
  put(in.path + "/compiler", "#!/bin/sh\nsleep 1\necho \"error: limit $(ulimit -v)\"\nexit 1\n");
  ::chmod((in.path + "/compiler").c_str(), 0700);
  expect_none(make({5}), "limit 1048576", false);
}

TEST_F(OnDemandCompile, AnotherVersionOrSourceIsNotUsed) {
  compile("usual", "somebody else");
  expect_none(make({5, 77}), "made by somebody else, and the program by somebody", true);
  EXPECT_NE(why_not, "");
  compile("usual", "somebody", "1");
  expect_none(make({5, 77}), "source or a header has changed", true);
  compile("echo elsewhere > $report; echo 'x.h:1: error: no such name'; exit 1");
  expect_none(make({5, 77}), "its source does not compile any more: x.h:1: error: no such name",
              true);
  // Nothing of all that is kept.
  compile("usual");
  EXPECT_NE(make({5})[0].variant, UINT32_MAX);
}

TEST_F(OnDemandCompile, StateOfItsOwnIsRefused) {
  compile("more='static int hidden = 7; int use(void) { return ++hidden; }'; usual");
  expect_none(make({5}), "'hidden', that only its file sees", false);
  compile("more='int shared_state = 7;'; usual");
  expect_none(make({6}), "'shared_state'; link the program with -rdynamic", false);
  compile(
      "more='__attribute__((constructor)) static void start(void) { __builtin_trap(); }'; usual");
  expect_none(make({7}), "run code of its own", false);
  compile("more='int elsewhere(void); int use(void) { return elsewhere(); } void *keep = (void "
          "*)elsewhere;'; usual");
  expect_none(make({8}), "", false);
}

/// The same with a source that has device code, and with a toolkit that has a shared runtime.
class OnDemandDeviceCode : public OnDemandCompile {
protected:
  void SetUp() override {
    OnDemandCompile::SetUp();
    for (const char *const folder : {"/cuda/include", "/cuda/lib64"})
      std::filesystem::create_directories(in.path + folder);
    put(in.path + "/cuda/lib64/libcudart.so", "");
    made.factory.backend = TL_BACKEND_CUDA;
    describe("");
  }
  void describe(const std::string &more) {
    record = "tl-compile 2\nby " + in.path + "/compiler\nplugin " + in.path + "/plugin\nin " +
             in.path + "\nfrom " + in.path + "/source.c\ncuda " + in.path + "/cuda/include\n" +
             more;
    made.row.record = record.c_str();
  }
};

/// As Clang registers device code.
static const std::string registers =
    "more='static void *__cuda_gpubin_handle; __attribute__((constructor)) static void "
    "__cuda_module_ctor(void) { __cuda_gpubin_handle = &__cuda_gpubin_handle; }";

TEST_F(OnDemandDeviceCode, IsRegisteredAndNothingElseRuns) {
  compile(registers + "'; usual");
  const std::vector<made_variant> all = make({5, 77});
  ASSERT_NE(all[0].variant, UINT32_MAX) << all[0].reason;
  EXPECT_EQ(run(all[1]), 77);
}

TEST_F(OnDemandDeviceCode, OtherCodeAndVariablesAreRefused) {
  compile(registers + " __attribute__((constructor)) static void more(void) {}'; usual");
  expect_none(make({5}), "run code of its own", false);
  compile("more='__attribute__((constructor)) static void __cuda_module_dtor(void) {}'; usual");
  expect_none(make({6}), "run code of its own", false);
  compile("more='static int hidden = 7; int use(void) { return ++hidden; }'; usual");
  expect_none(make({7}), "'hidden', that only its file sees", false);
}

TEST_F(OnDemandDeviceCode, VariablesOnTheDeviceAreRefused) {
  compile("more='void __cudaRegisterVar(void); int use(void) { __cudaRegisterVar(); return 0; }'; "
          "usual");
  expect_none(make({5}), "a variable on the device", false);
}

TEST_F(OnDemandCompile, DeviceCodeIsNotRegisteredForTheHost) {
  compile(registers + "'; usual");
  expect_none(make({5}), "run code of its own", false);
}

TEST_F(OnDemandDeviceCode, WhatTheAssemblerRefusesIsTheVariantsFault) {
  compile("echo 'ptxas error   : Entry function uses too much shared data'; echo 'error: ptxas "
          "failed'; exit 1");
  expect_none(make({5, 6, 7, 8, 9}), "did not compile: ptxas error", false);
  EXPECT_EQ(why_not, ""); // however many there are
}

TEST_F(OnDemandDeviceCode, NeedsASharedRuntimeAndItsWrapper) {
  describe("w /bin/sh\nw " + in.path + "/gone\n");
  expect_none(make({5}), "the compiler's wrapper " + in.path + "/gone is not there", true);
  describe("");
  std::filesystem::remove(in.path + "/cuda/lib64/libcudart.so");
  expect_none(make({5}), "there is no libcudart.so beside " + in.path + "/cuda/include", true);
  record = "tl-compile 1" + record.substr(record.find('\n'));
  made.row.record = record.c_str();
  expect_none(make({5}), "damaged", true);
}

TEST_F(OnDemandDeviceCode, OfHipNeedsThePrograms) {
  record.replace(record.find("\ncuda "), 6, "\nhip ");
  made.row.record = record.c_str();
  expect_none(make({5}), "not linked with a shared HIP runtime (-lamdhip64)", true);
}

TEST_F(OnDemandCompile, WhatIsNoLibraryIsNotLoaded) {
  compile("usual; status=$?; : > $out; exit $status");
  expect_none(make({5}), "", false);
}

TEST_F(OnDemandCompile, DamagedForeignAndOpenLibrariesAreMadeAnewOrLeftAlone) {
  ASSERT_NE(make({5})[0].variant, UINT32_MAX);
  std::string library;
  // The one that was made last: its name is that of its content.
  const auto find_library = [&] {
    for (const auto &it : std::filesystem::recursive_directory_iterator(in.path + "/cache"))
      if (it.path().extension() == ".so" && !configs_of_library(it.path()).empty())
        library = it.path();
    return !library.empty() && std::filesystem::exists(library);
  };
  ASSERT_TRUE(find_library());
  const auto fresh_process = [&](bool compiles) {
    made_up_space other;
    other.row.record = record.c_str();
    make_room(other.factory);
    batch_compiler compiler(other.factory, in.path + "/cache", limits);
    return compiler.get(combinations(other.factory).text(5), compiles, 60).variant != UINT32_MAX;
  };
  EXPECT_TRUE(fresh_process(false));
  std::filesystem::resize_file(library, std::filesystem::file_size(library) - 40);
  EXPECT_FALSE(fresh_process(false));
  EXPECT_TRUE(fresh_process(true));
  ASSERT_TRUE(find_library());
  // A hole in the middle.
  {
    std::fstream(library, std::ios::in | std::ios::out | std::ios::binary)
        .seekp(600)
        .put('x')
        .put('y');
  }
  EXPECT_FALSE(fresh_process(false));
  EXPECT_TRUE(fresh_process(true));
  ASSERT_TRUE(find_library());
  ::chmod(library.c_str(), 0666);
  EXPECT_FALSE(fresh_process(false));
  ::chmod(library.c_str(), 0600);
  EXPECT_TRUE(fresh_process(false));
  // Somebody has opened the directory for all: nothing of it is used, and nothing put there.
  const std::string folder = std::filesystem::path(library).parent_path();
  ::chmod(folder.c_str(), 0777);
  EXPECT_FALSE(fresh_process(false));
  EXPECT_TRUE(fresh_process(true)) << "in a directory of its own";
  ::chmod(folder.c_str(), 0700);
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(library.c_str(), 1, 1), 0);
    EXPECT_FALSE(fresh_process(false));
  }
}

TEST_F(OnDemandCompile, TwoAtOnce) {
  std::vector<std::thread> threads;
  int right[2] = {};
  for (int i = 0; i < 2; ++i)
    threads.emplace_back([&, i] {
      made_up_space mine;
      mine.row.record = record.c_str();
      make_room(mine.factory);
      batch_compiler compiler(mine.factory, in.path + "/cache", limits);
      right[i] = compiler.get(combinations(mine.factory).text(5), true, 60).variant != UINT32_MAX;
    });
  for (std::thread &it : threads)
    it.join();
  EXPECT_TRUE(right[0]);
  EXPECT_TRUE(right[1]);
}

TEST_F(OnDemandCompile, NoneOfItIsLeftBehind) {
  {
    compile("sleep 1000");
    batch_compiler compiler(made.factory, in.path + "/cache", limits);
    const std::uint64_t wanted[] = {1, 2, 3};
    compiler.add(wanted);
    EXPECT_EQ(compiler.pending(), 3u);
  }
  for (const auto &it : std::filesystem::recursive_directory_iterator(in.path + "/cache"))
    EXPECT_TRUE(it.is_directory()) << it.path();
}

} // namespace
} // namespace tl::rt::demand
