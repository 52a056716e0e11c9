// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/DriverCommand.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
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
