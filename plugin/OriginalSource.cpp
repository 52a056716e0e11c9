// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/OriginalSource.h"
#include "plugin/ClangCompat.h"
#include "plugin/DriverCommand.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/FrontendActions.h"
#include "clang/Lex/PPCallbacks.h"
#include "clang/Lex/Preprocessor.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace clang;

namespace tlplugin {
namespace {

class SkippedRanges : public PPCallbacks {
public:
  explicit SkippedRanges(std::vector<SourceRange> &InOut) : Out(InOut) {}

  void SourceRangeSkipped(SourceRange Range, SourceLocation) override { Out.push_back(Range); }

private:
  std::vector<SourceRange> &Out;
};

} // namespace

/// `# 1 "code.cu"`, the first line of what was preprocessed.
static std::string originalName(Session &T) {
  const SourceManager &SM = T.S.getSourceManager();
  llvm::StringRef Marker = SM.getBufferData(SM.getMainFileID()).split('\n').first;
  if (!Marker.consume_front("# 1 \"") || !Marker.consume_back("\""))
    return {};
  return Marker.str();
}

bool isPreprocessed(Session &T) { return !originalName(T).empty(); }

/// The command that compiles Name for the host, of the one that compiles it in steps, or that
/// compiles Input, which was made of it; none where it names neither.
static std::vector<std::string> commandFor(Session &T, llvm::StringRef Name,
                                           llvm::StringRef Input) {
  static constexpr llvm::StringLiteral WithValue[] = {
      "-o",         "-I",       "-D",       "-U",           "-x",        "-isystem", "-iquote",
      "-idirafter", "-include", "-imacros", "-include-pch", "-L",        "-l",       "-MF",
      "-MT",        "-MQ",      "-target",  "-T",           "-isysroot", "-u",       "-z",
      "-Xclang",    "-mllvm",   "-Xlinker", "-Xassembler"};
  std::vector<std::string> All = driverArguments(), Kept;
  bool Found = false;
  for (size_t I = 0; I < All.size(); ++I) {
    llvm::StringRef Arg = All[I];
    bool IsValue = I > 1 && (llvm::is_contained(WithValue, All[I - 1]) ||
                             llvm::StringRef(All[I - 1]).starts_with("-Xarch") ||
                             llvm::StringRef(All[I - 1]).starts_with("-Xcuda"));
    if (I == 0) {
      llvm::SmallString<128> Path(llvm::sys::path::parent_path(
          llvm::sys::fs::getMainExecutable(nullptr, reinterpret_cast<void *>(&isPreprocessed))));
      llvm::sys::path::append(Path, llvm::sys::path::filename(Arg));
      Kept.push_back(Path.str().str());
      continue;
    }
    if (!IsValue && (Arg == Name || Arg == Input)) {
      Found = true;
      if (Arg == Input)
        Kept.insert(Kept.end(), {"-x", T.S.getLangOpts().HIP ? "hip" : "cuda"});
      Kept.push_back(Name.str());
      continue;
    }
    if (!IsValue && (Arg.starts_with("-save-temps") || Arg.starts_with("--save-temps") ||
                     Arg.starts_with("-M") || Arg == "-c" || Arg == "-S"))
      continue;
    if (!IsValue && !Arg.starts_with("-") && llvm::sys::fs::exists(Arg))
      continue; // another source of the same command
    Kept.push_back(Arg.str());
  }
  if (!Found)
    return {};
  Kept.push_back("--cuda-host-only");
  return Kept;
}

OriginalSource::OriginalSource() = default;
OriginalSource::~OriginalSource() = default;

SourceManager &OriginalSource::getSourceManager() const { return Compiler->getSourceManager(); }
Preprocessor &OriginalSource::getPreprocessor() const { return Compiler->getPreprocessor(); }

std::shared_ptr<OriginalSource> OriginalSource::read(Session &T) {
  const auto &Inputs = T.Args.Compiler->getFrontendOpts().Inputs;
  std::string Name = originalName(T);
  if (Name.empty() || Inputs.empty() || !Inputs.front().isFile() || !llvm::sys::fs::exists(Name))
    return nullptr;
  std::vector<std::string> Command = commandFor(T, Name, Inputs.front().getFile());
  if (Command.empty())
    return nullptr;
  // Where the compiler's own headers are does not follow from its name.
  Command.push_back("-resource-dir=" + T.Args.Compiler->getHeaderSearchOpts().ResourceDir);
  std::vector<const char *> Args;
  for (const std::string &Arg : Command)
    Args.push_back(Arg.c_str());
  std::shared_ptr<OriginalSource> Made(new OriginalSource);
  Made->Compiler = compat::quietCompiler<CompilerInstance>(Args);
  if (!Made->Compiler || Made->Compiler->getFrontendOpts().Inputs.size() != 1)
    return nullptr;
  Made->Compiler->getDependencyOutputOpts() = DependencyOutputOptions();
  if (!Made->Compiler->createTarget())
    return nullptr;
  Made->Action = std::make_unique<PreprocessOnlyAction>();
  if (!Made->Action->BeginSourceFile(*Made->Compiler, Made->Compiler->getFrontendOpts().Inputs[0]))
    return nullptr;
  Made->getPreprocessor().addPPCallbacks(std::make_unique<SkippedRanges>(Made->Skipped));
  // Not ended: what it has read is still wanted.
  llvm::consumeError(Made->Action->Execute());
  return Made->Compiler->getDiagnostics().hasErrorOccurred() ? nullptr : Made;
}

} // namespace tlplugin
