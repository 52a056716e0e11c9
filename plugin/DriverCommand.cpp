// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/DriverCommand.h"
#include "plugin/ClangCompat.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Option/ArgList.h"
#include "llvm/Option/OptTable.h"
#include "llvm/Support/Allocator.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/StringSaver.h"
#include <algorithm>
#include <unistd.h>

namespace tlplugin {

static std::vector<std::string> readCommand(const std::string &Process) {
  std::vector<std::string> Args;
  auto Buffer = llvm::MemoryBuffer::getFileAsStream("/proc/" + Process + "/cmdline");
  if (!Buffer)
    return Args;
  llvm::SmallVector<llvm::StringRef, 64> Parts;
  (*Buffer)->getBuffer().split(Parts, '\0');
  for (llvm::StringRef Part : Parts)
    Args.push_back(Part.str());
  return Args;
}

/// The driver runs what it starts in a process of its own, or in itself.
static std::vector<std::string> driverCommand() {
  std::vector<std::string> Own = readCommand("self");
  if (Own.size() < 2 || !llvm::StringRef(Own[1]).starts_with("-cc1"))
    return Own;
  std::string Parent = std::to_string(getppid());
  // Somebody may have copied the command from -###.
  if (!llvm::sys::fs::equivalent("/proc/self/exe", "/proc/" + Parent + "/exe"))
    return {};
  return readCommand(Parent);
}

/// `@file` stands for what is in the file.
static std::vector<std::string> expand(const std::vector<std::string> &Args) {
  std::vector<std::string> All;
  llvm::BumpPtrAllocator Memory;
  llvm::StringSaver Saver(Memory);
  for (const std::string &Arg : Args) {
    auto Buffer = llvm::StringRef(Arg).starts_with("@")
                      ? llvm::MemoryBuffer::getFile(Arg.substr(1))
                      : std::make_error_code(std::errc::invalid_argument);
    if (!Buffer) {
      All.push_back(Arg);
      continue;
    }
    llvm::SmallVector<const char *, 64> Tokens;
    llvm::cl::TokenizeGNUCommandLine((*Buffer)->getBuffer(), Saver, Tokens);
    All.insert(All.end(), Tokens.begin(), Tokens.end());
  }
  return All;
}

/// `--offload-arch=sm_80,sm_90`, in the order of the architectures.
static void sortArchitectures(std::vector<std::string> &Args) {
  std::vector<std::string> Architectures, Others;
  for (llvm::StringRef Arg : Args) {
    auto [Name, Value] = Arg.split('=');
    if (!Name.ends_with("-arch")) {
      Others.push_back(Arg.str());
      continue;
    }
    llvm::SmallVector<llvm::StringRef, 4> Values;
    Value.split(Values, ',');
    for (llvm::StringRef It : Values)
      Architectures.push_back((Name.starts_with("--no-") ? "without " : "for ") + It.str());
  }
  std::sort(Architectures.begin(), Architectures.end());
  Architectures.erase(std::unique(Architectures.begin(), Architectures.end()), Architectures.end());
  Architectures.insert(Architectures.end(), Others.begin(), Others.end());
  Args = std::move(Architectures);
}

std::vector<std::string> driverArguments() { return expand(driverCommand()); }

/// About files that a build writes or links, and about what is said.
static bool isAboutTheBuild(const llvm::opt::Option &Option) {
  using namespace compat::options;
  for (unsigned Group : {OPT_Link_Group, OPT_T_Group, OPT_u_Group, OPT_Action_Group, OPT_M_Group,
                         OPT_W_Group, OPT_R_Group, OPT_g_Group})
    if (Option.matches(Group))
      return true;
  for (unsigned One : {OPT_INPUT,
                       OPT_o,
                       OPT_x,
                       OPT_w,
                       OPT_v,
                       OPT__HASH_HASH_HASH,
                       OPT_pipe,
                       OPT_dumpdir,
                       OPT_save_temps,
                       OPT_save_temps_EQ,
                       OPT_time,
                       OPT__serialize_diags,
                       OPT_ftime_trace,
                       OPT_ftime_trace_EQ,
                       OPT_ftime_report,
                       OPT_fsave_optimization_record,
                       OPT_fsave_optimization_record_EQ,
                       OPT_foptimization_record_file_EQ,
                       OPT_fuse_ld_EQ,
                       OPT_offload_host_only,
                       OPT_offload_device_only,
                       OPT_offload_host_device})
    if (Option.matches(One))
      return true;
  const llvm::StringRef Name = Option.getName();
  return Name.starts_with("fdiagnostics") || Name.starts_with("fcolor") ||
         Name.starts_with("fprofile") || Name.starts_with("fcoverage");
}

std::vector<std::string> codeArguments() {
  std::vector<std::string> Kept, All = driverArguments();
  llvm::SmallVector<const char *, 64> Texts;
  for (size_t I = 1; I < All.size(); ++I)
    Texts.push_back(All[I].c_str());
  const llvm::opt::InputArgList Args(Texts.begin(), Texts.end());
  for (unsigned At = 0, Before = 0; At < Texts.size(); Before = At) {
    const std::unique_ptr<llvm::opt::Arg> Arg = compat::driverOptions().ParseOneArg(
        Args, At, llvm::opt::Visibility(compat::options::ClangOption));
    if (!Arg) // it lacks its value, which the driver has said
      return {};
    if (!isAboutTheBuild(Arg->getOption()))
      Kept.insert(Kept.end(), Texts.begin() + Before, Texts.begin() + At);
  }
  return Kept;
}

std::vector<std::string> deviceArguments() {
  static constexpr llvm::StringLiteral Beginnings[] = {
      "--offload", "--no-offload", "--cuda-",   "--no-cuda-",     "--hip-",    "--gpu-",
      "-fgpu",     "-fno-gpu",     "-fcuda",    "-fno-cuda",      "-fhip",     "-fno-hip",
      "-m",        "-nogpulib",    "-nogpuinc", "--libomptarget", "-foffload", "-fno-offload"};
  static constexpr llvm::StringLiteral NoCode[] = {
      "--cuda-path",          "--cuda-host-only",
      "--cuda-device-only",   "--cuda-compile-host-device",
      "--offload-new-driver", "--no-offload-new-driver",
      "--offload-host-only",  "--offload-device-only",
      "--hip-path",           "--hip-version"};
  static constexpr llvm::StringLiteral ForAll[] = {"-Xclang", "-Xpreprocessor", "-Xlinker",
                                                   "-Xassembler", "-Xanalyzer"};
  std::vector<std::string> Found, All = driverArguments();
  for (size_t I = 1; I < All.size(); ++I) {
    llvm::StringRef Arg = All[I];
    auto Matches = [&](llvm::StringRef Beginning) { return Arg.starts_with(Beginning); };
    if (Arg.starts_with("-X") && I + 1 < All.size()) {
      ++I;
      if (!llvm::is_contained(ForAll, Arg))
        Found.push_back(Arg.str() + " " + All[I]);
    } else if (llvm::any_of(Beginnings, Matches) && llvm::none_of(NoCode, Matches)) {
      Found.push_back(Arg.str());
    }
  }
  sortArchitectures(Found);
  return Found;
}

} // namespace tlplugin
