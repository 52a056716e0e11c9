// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/Flags.h"
#include "plugin/DeviceCode.h"
#include "plugin/DriverCommand.h"
#include "clang/Basic/Version.h"
#include "clang/Frontend/CompilerInstance.h"
#include "llvm/ADT/StringExtras.h"

using namespace clang;

namespace tlplugin {

/// Options whose value is an argument of its own.
static constexpr llvm::StringLiteral HarmlessWithValue[] = {
    // what is read
    "-x", "-I", "-D", "-U", "-isystem", "-iquote", "-idirafter", "-iframework", "-isysroot",
    "-internal-isystem", "-internal-externc-isystem", "-internal-iframework", "-iwithprefix",
    "-iwithprefixbefore", "-include", "-include-pch", "-imacros", "-resource-dir", "-ivfsoverlay",
    // what is written
    "-o", "-main-file-name", "-dumpdir", "-MT", "-MQ", "-MF", "-dependency-file", "-dependency-dot",
    "-module-dependency-dir", "-header-include-file", "-stats-file", "-split-dwarf-file",
    "-split-dwarf-output", "-opt-record-file", "-opt-record-passes", "-opt-record-format",
    "-fcuda-include-gpubinary", "-fopenmp-host-ir-file-path",
    // what is said
    "-ferror-limit", "-fmessage-length", "-ftemplate-backtrace-limit",
    "-fconstexpr-backtrace-limit", "-fmacro-backtrace-limit", "-fspell-checking-limit",
    "-fcaret-diagnostics-max-lines", "-fdiagnostics-format", "-fdiagnostics-show-category",
    "-ftabstop", "-diagnostic-log-file", "-diagnostic-serialized-file",
    // how far the compiler goes before it gives up
    "-ftemplate-depth", "-fconstexpr-depth", "-fconstexpr-steps", "-fbracket-depth",
    "-foperator-arrow-depth",
    // debug information, plugins
    "-dwarf-debug-flags", "-load", "-plugin", "-add-plugin", "-code-completion-at"};

/// Beginnings of options that have no value, or have it behind them.
static constexpr llvm::StringLiteral Harmless[] = {
    // what is read
    "-I", "-D", "-U", "-undef", "-fmodule", "-fno-modules", "-fimplicit-module",
    "-fno-implicit-module", "-fprebuilt-", "-fbuiltin-module-map", "-fskip-odr-check-in-gmf",
    "-fpch-", "-fno-pch", "-fvalidate-", "-fno-validate-", "-fdeprecated-macro", "-pthread",
    "-fno-working-directory", "-ffile-reproducible", "-fno-file-reproducible",
    // what is written
    "-emit-", "-fsyntax-only", "-save-temps", "-disable-free", "-clear-ast-before-backend",
    "-disable-llvm-verifier", "-discard-value-names", "-M", "-H", "-sys-header-deps",
    "-show-includes", "-object-file-name", "-coverage-notes-file", "-coverage-data-file",
    "-fcoverage-compilation-dir", "-fcoverage-prefix-map", "-ffile-prefix-map",
    "-fmacro-prefix-map", "-fembed-offload-object", "-cuid", "-faddrsig", "-fno-addrsig",
    "-fdwarf2-cfi-asm", "-fno-dwarf2-cfi-asm", "-mrelax-all", "-mno-relax-all", "-via-file-asm",
    "-dependent-lib", "-print-stats", "-ftime-", "-offload-new-driver", "--offload-new-driver",
    // what is said
    "-W", "-w", "-pedantic", "-R", "-v", "-verify", "-fdiagnostics-", "-fno-diagnostics-",
    "-fcolor-diagnostics", "-fno-color-diagnostics", "-fansi-escape-codes", "-fcaret-",
    "-fno-caret-", "-fshow-", "-fno-show-", "-felide-type", "-fno-elide-type", "-fspell-checking",
    "-fno-spell-checking", "-ftemplate-backtrace", "-fmacro-backtrace", "-fmessage-length",
    "-fparse-all-comments", "-fcomment-block-commands", "-fretain-comments",
    // debug information, plugins
    "-debug-", "-debugger-", "-dwarf-", "-g", "-fdebug-", "-fno-debug-", "-fstandalone-debug",
    "-fno-standalone-debug", "-fplugin"};

static bool startsWithAny(llvm::StringRef Arg, llvm::ArrayRef<llvm::StringLiteral> Beginnings) {
  return llvm::any_of(Beginnings,
                      [&](llvm::StringRef Beginning) { return Arg.starts_with(Beginning); });
}

/// Those that count, each with its value if it has one.
static std::vector<std::string> select(CompilerInstance &CI) {
  // With -save-temps the compilation is one in steps, and a later one makes the code.
  bool InSteps = !CI.getCodeGenOpts().SaveTempsFilePrefix.empty();
  std::vector<std::string> All = CI.getInvocation().getCC1CommandLine();
  std::vector<std::string> Counting;
  for (size_t I = 0; I < All.size(); ++I) {
    llvm::StringRef Arg = All[I];
    if (llvm::is_contained(HarmlessWithValue, Arg) || Arg.starts_with("-plugin-arg-")) {
      ++I;
      continue;
    }
    bool IsInput = llvm::any_of(CI.getFrontendOpts().Inputs, [&](const FrontendInputFile &Input) {
      return Input.isFile() && Input.getFile() == Arg;
    });
    if (IsInput || llvm::is_contained(HarmlessWithValue, Arg.split('=').first) ||
        startsWithAny(Arg, Harmless) || Arg == "-cc1" || Arg == "-S" || Arg == "-E" ||
        (InSteps && Arg == "-disable-llvm-passes"))
      continue;
    if (Arg.starts_with("-") || Counting.empty())
      Counting.push_back(Arg.str());
    else
      Counting.back() += " " + Arg.str();
  }
  return Counting;
}

std::vector<std::string> collectFlags(const Arguments &Args) {
  CompilerInstance &CI = *Args.Compiler;
  std::vector<std::string> Flags = select(CI);
  Flags.push_back("compiler clang " CLANG_VERSION_STRING);
  if (!Args.DeviceCompiler.empty())
    Flags.push_back("device compiler " + Args.DeviceCompiler);
  for (const std::string &Line : describeDeviceCode(CI, Args))
    Flags.push_back(Line);
  if (CI.getLangOpts().CUDA)
    for (const std::string &Arg : deviceArguments())
      Flags.push_back("device " + Arg);
  return Flags;
}

} // namespace tlplugin
