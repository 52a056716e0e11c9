// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/CompileRecord.h"
#include "plugin/DriverCommand.h"
#include "plugin/Toolkit.h"
#include "clang/Basic/CodeGenOptions.h"
#include "clang/Basic/TargetInfo.h"
#include "clang/Basic/Version.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Lex/Preprocessor.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/xxhash.h"
#include <set>

using namespace clang;

namespace tlplugin {

/// Options with a value behind them that a library of variants has no use for: files that the build
/// writes, and what is only said.
static constexpr llvm::StringLiteral LeftWithValue[] = {"-o",
                                                        "-main-file-name",
                                                        "-dumpdir",
                                                        "-MT",
                                                        "-MQ",
                                                        "-MF",
                                                        "-dependency-file",
                                                        "-dependency-dot",
                                                        "-module-dependency-dir",
                                                        "-header-include-file",
                                                        "-stats-file",
                                                        "-split-dwarf-file",
                                                        "-split-dwarf-output",
                                                        "-opt-record-file",
                                                        "-opt-record-passes",
                                                        "-opt-record-format",
                                                        "-diagnostic-log-file",
                                                        "-diagnostic-serialized-file",
                                                        "-serialize-diagnostic-file",
                                                        "-dwarf-debug-flags",
                                                        "-code-completion-at",
                                                        "-ferror-limit",
                                                        "-mrelocation-model",
                                                        "-pic-level"};

/// Beginnings of options without one, of the same kind. Position-independent code is asked for
/// anew, and everything is visible, so that a library and the program share what they share by
/// name.
static constexpr llvm::StringLiteral Left[] = {"-emit-",
                                               "-S",
                                               "-E",
                                               "-fsyntax-only",
                                               "-save-temps",
                                               "-disable-free",
                                               "-disable-llvm-verifier",
                                               "-discard-value-names",
                                               "-sys-header-deps",
                                               "-show-includes",
                                               "-object-file-name",
                                               "-coverage-",
                                               "-fcoverage-",
                                               "-fprofile-instrument=",
                                               "-fprofile-instrument-path",
                                               "-ftime-",
                                               "-print-stats",
                                               "-debug-info",
                                               "-debugger-",
                                               "-dwarf-",
                                               "-fdebug-",
                                               "-ggnu-pubnames",
                                               "-gsimple",
                                               "-fcolor-",
                                               "-fdiagnostics-",
                                               "-fdwarf2-cfi-asm",
                                               "-faddrsig",
                                               "-fno-file-reproducible",
                                               "-fno-implicit-modules",
                                               "-fno-experimental-relative-c++-abi-vtables",
                                               "-fskip-odr-check-in-gmf",
                                               "-pic-is-pie",
                                               "-fvisibility",
                                               "-ftype-visibility",
                                               "-fapply-global-visibility",
                                               "-fdata-sections",
                                               "-ffunction-sections",
                                               "-W",
                                               "-w",
                                               "-pedantic",
                                               "-R",
                                               "-verify"};

static bool isLeft(llvm::StringRef Arg) {
  return llvm::any_of(Left, [&](llvm::StringRef It) { return Arg.starts_with(It); });
}

static void addLine(std::string &To, llvm::StringRef Word, llvm::StringRef Text) {
  To += Word.str() + " ";
  for (char C : Text) {
    if (C == '\\')
      To += "\\\\";
    else if (C == '\n')
      To += "\\n";
    else if (C == '\r')
      To += "\\r";
    else
      To += C;
  }
  To += "\n";
}

/// Absolute, with the directory of the compilation in front.
static std::string absolute(llvm::StringRef Path) {
  llvm::SmallString<256> Full(Path);
  if (llvm::sys::fs::make_absolute(Full))
    return Path.str();
  return Full.str().str();
}

std::string identityOfCompiler(Session &T) {
  std::string Text = getClangFullVersion();
  for (const std::string &Plugin : T.Args.Plugins)
    if (auto Buffer = llvm::MemoryBuffer::getFile(Plugin, /*IsText=*/false,
                                                  /*RequiresNullTerminator=*/false))
      Text += ", plugin " + llvm::utohexstr(llvm::xxh3_64bits((*Buffer)->getBuffer()),
                                            /*LowerCase=*/true);
  return Text;
}

/// Why this compilation cannot be repeated for a library, "" where it can.
static std::string obstacle(Session &T) {
  const CompilerInstance &CI = *T.Args.Compiler;
  if (T.Args.Plugins.empty())
    return "the plugin's file is not known";
  if (CI.getFrontendOpts().Inputs.size() != 1 || !CI.getFrontendOpts().Inputs[0].isFile())
    return "the source is no file";
  if (CI.getFrontendOpts().Inputs[0].getFile() == "-")
    return "the source came from standard input";
  if (CI.getFrontendOpts().Inputs[0].isPreprocessed())
    return "the source was preprocessed before it was compiled (-save-temps, a compiler launcher)";
  if (CI.getCodeGenOpts().PrepareForLTO || CI.getCodeGenOpts().PrepareForThinLTO)
    return "it was compiled for link-time optimisation (-flto)";
  if (T.S.getLangOpts().CUDA && driverArguments().empty())
    return "the command is not known that it was compiled by";
  if (!T.Args.DeviceCompiler.empty() && T.Args.Wrapper.empty())
    return "its device code was made by another compiler (" + T.Args.DeviceCompiler + ")";
  if (T.S.getLangOpts().GPURelocatableDeviceCode)
    return "its device code is linked later (-fgpu-rdc)";
  if (T.S.getLangOpts().Modules || T.S.getLangOpts().CPlusPlusModules)
    if (CI.getPreprocessor().getHeaderSearchInfo().getModuleCachePath() != "")
      return "it uses modules";
  return {};
}

/// What the target's features have to be set to explicitly: -march=native names more than a
/// hundred, of which the processor's name says most.
static std::vector<std::string> neededFeatures(Session &T) {
  const TargetInfo &Target = T.S.Context.getTargetInfo();
  const TargetOptions &Options = Target.getTargetOpts();
  DiagnosticsEngine &Diags = T.S.getDiagnostics();
  const bool Suppressed = Diags.getSuppressAllDiagnostics();
  Diags.setSuppressAllDiagnostics(true); // Clang has said it already
  auto setBy = [&](const std::vector<std::string> &Written) {
    llvm::StringMap<bool> Map;
    Target.initFeatureMap(Map, Diags, Options.CPU, Written);
    std::set<std::string> On;
    for (const auto &Feature : Map)
      if (Feature.second)
        On.insert(Feature.first().str());
    return On;
  };
  const std::set<std::string> Default = setBy({}), All = setBy(Options.FeaturesAsWritten);
  std::vector<std::string> Needed;
  for (const std::string &It : Options.FeaturesAsWritten)
    if (Default.contains(It.substr(1)) != (It[0] == '+'))
      Needed.push_back(It);
  const bool Same = setBy(Needed) == All;
  Diags.setSuppressAllDiagnostics(Suppressed);
  return Same ? Needed : Options.FeaturesAsWritten;
}

/// Of `clang -cc1`, which compiles for the host alone.
static void addFrontEndArguments(Session &T, const std::string &Source, std::string &Text) {
  std::vector<std::string> All = T.Args.Compiler->getInvocation().getCC1CommandLine();
  for (size_t I = 0; I < All.size(); ++I) {
    llvm::StringRef Arg = All[I];
    if (Arg == "-cc1" || Arg == Source)
      continue;
    if (llvm::is_contained(LeftWithValue, Arg) || Arg == "-plugin-arg-tl") {
      // How device code is made is part of the code; all else is about what a build makes.
      if (Arg == "-plugin-arg-tl" && I + 1 < All.size() &&
          llvm::StringRef(All[I + 1]).starts_with("device-")) {
        addLine(Text, "a", Arg);
        addLine(Text, "a", All[I + 1]);
      }
      ++I;
      continue;
    }
    if (Arg == "-target-feature")
      ++I;
    else if (!isLeft(Arg))
      addLine(Text, "a", Arg);
  }
  for (const std::string &Feature : neededFeatures(T))
    addLine(Text, "f", Feature);
}

/// Of the driver, which runs a front end for each kind of device, its assembler, and packs what
/// they make.
static void addDriverArguments(Session &T, std::string &Text) {
  constexpr llvm::StringLiteral Plugin = "-fplugin=", Argument = "-fplugin-arg-tl-",
                                Device = "-fcuda-include-gpubinary";
  for (const std::string &Word : T.Args.Wrapper)
    addLine(Text, "w", Word);
  std::vector<std::string> All = codeArguments();
  for (size_t I = 0; I < All.size(); ++I) {
    llvm::StringRef Rest = All[I];
    if (Rest == "-Xclang" && I + 1 < All.size() && All[I + 1] == Device)
      I += 3; // with its value, which a wrapper has made
    else if (Rest.consume_front(Plugin))
      addLine(Text, "a", (Plugin + absolute(Rest)).str());
    else if (!Rest.consume_front(Argument) || Rest == "device-code=clang")
      addLine(Text, "a", All[I]);
  }
}

std::string recordCompilation(Session &T) {
  const bool Driver = T.S.getLangOpts().CUDA;
  std::string Text = Driver ? "tl-compile 2\n" : "tl-compile 1\n";
  if (std::string Why = obstacle(T); !Why.empty()) {
    addLine(Text, "not", Why);
    return Text;
  }
  llvm::SmallString<256> Directory;
  static_cast<void>(llvm::sys::fs::current_path(Directory)); // stays empty where it is gone
  const std::string Source = T.Args.Compiler->getFrontendOpts().Inputs[0].getFile().str();
  addLine(Text, "by",
          llvm::sys::fs::getMainExecutable(nullptr, reinterpret_cast<void *>(&recordCompilation)));
  addLine(Text, "plugin", absolute(T.Args.Plugins.front()));
  addLine(Text, "in", Directory);
  addLine(Text, "from", absolute(Source));
  if (Driver) {
    const bool IsHip = T.S.getLangOpts().HIP;
    llvm::SmallString<256> Toolkit; // a folder of links, where a distribution has one
    if (IsHip)
      Toolkit = absolute(folderOfToolkit(T) + "/hip_runtime_api.h");
    else if (llvm::sys::fs::real_path(folderOfToolkit(T) + "/cuda_runtime_api.h", Toolkit))
      Toolkit = absolute(folderOfToolkit(T)) + "/cuda_runtime_api.h";
    addLine(Text, IsHip ? "hip" : "cuda", llvm::sys::path::parent_path(Toolkit));
    addDriverArguments(T, Text);
  } else {
    addFrontEndArguments(T, Source, Text);
  }
  return Text;
}

} // namespace tlplugin
