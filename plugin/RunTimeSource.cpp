// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/RunTimeSource.h"
#include "plugin/Diagnostics.h"
#include "plugin/DriverCommand.h"
#include "plugin/Toolkit.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Lex/HeaderSearchOptions.h"
#include "clang/Lex/Lexer.h"
#include "clang/Lex/PreprocessorOptions.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MD5.h"
#include "llvm/Support/Path.h"

using namespace clang;

namespace tlplugin {
namespace {

/// Options of the driver that NVRTC knows under another name; the last of several counts for both.
struct Translation {
  const char *Ours, *Theirs;
};
constexpr Translation Translations[] = {
    {"-ffast-math", "--use_fast_math"},
    {"-fgpu-flush-denormals-to-zero", "--ftz=true"},
    {"-fcuda-flush-denormals-to-zero", "--ftz=true"},
    {"-fgpu-approx-transcendentals", "--use_fast_math"},
    {"-fcuda-approx-transcendentals", "--use_fast_math"},
    {"-ffp-contract=off", "--fmad=false"},
    {"-ffp-contract=fast", "--fmad=true"},
    {"-ffp-contract=fast-honor-pragmas", "--fmad=true"},
    {"-ffp-contract=on", "--fmad=true"},
};

std::string absolute(llvm::StringRef Path) {
  llvm::SmallString<256> Full(Path);
  static_cast<void>(llvm::sys::fs::make_absolute(Full));
  return Full.str().str();
}

const char *standardOf(const LangOptions &L) {
  // NVRTC 13 knows none after C++20.
  return L.CPlusPlus20 ? "--std=c++20" : "--std=c++17";
}

bool isForwarded(llvm::StringRef Macro) {
  // What the driver adds.
  return !Macro.starts_with("_GNU_SOURCE") && !Macro.starts_with("__CUDA_ARCH_LIST__");
}

std::string optionsFor(Session &T) {
  std::vector<std::string> Lines{standardOf(T.S.getLangOpts()),
                                 "--device-as-default-execution-space"};
  for (const std::string &It : driverArguments())
    for (const Translation &Known : Translations)
      if (It == Known.Ours)
        Lines.push_back(Known.Theirs);
  const Preprocessor &PP = T.S.getPreprocessor();
  for (const auto &[Macro, IsUndefined] : PP.getPreprocessorOpts().Macros)
    if (isForwarded(Macro))
      Lines.push_back((IsUndefined ? "-U" : "-D") + Macro);
  for (const std::string &It : PP.getPreprocessorOpts().Includes)
    if (!llvm::StringRef(It).ends_with("__clang_cuda_runtime_wrapper.h"))
      Lines.push_back("--pre-include=" + absolute(It));
  for (const auto &It : PP.getHeaderSearchInfo().getHeaderSearchOpts().UserEntries)
    if (It.Group == frontend::Angled || It.Group == frontend::Quoted)
      Lines.push_back("--include-path=" + absolute(It.Path));
  return llvm::join(Lines, "\n");
}

std::string textOf(Session &T, FileID File) {
  return T.S.getSourceManager().getBufferData(File).str();
}

} // namespace

RunTimeSource readRunTimeSource(Session &T) {
  SourceManager &SM = T.S.getSourceManager();
  RunTimeSource Made;
  Made.Toolkit = folderOfToolkit(T);
  Made.Options = optionsFor(T);
  Made.Text = textOf(T, SM.getMainFileID());
  if (auto Main = SM.getFileEntryRefForID(SM.getMainFileID()))
    Made.Name = llvm::sys::path::filename(Main->getName()).str();
  llvm::StringMap<const Inclusion *> Known;
  for (const Inclusion &It : T.Inclusions) {
    const bool IsOurs = isLibraryFile(It.File.getName());
    // What those include is never asked for.
    if (isInToolkitFolder(T, It.File.getName()) || SM.isInSystemHeader(It.Loc) ||
        isLibraryFile(SM.getFilename(It.Loc)))
      continue;
    auto [Found, IsNew] = Known.try_emplace(It.Name, &It);
    if (!IsNew) {
      if (&Found->second->File.getFileEntry() == &It.File.getFileEntry())
        continue;
      error(T.S, It.Loc,
            "'%0' is another file here ('%1') than before ('%2'), which NVRTC cannot tell apart; "
            "with tl::nvrtc() each header needs a name of its own")
          << It.Name << It.File.getName() << Found->second->File.getName();
      continue;
    }
    std::optional<llvm::MemoryBufferRef> Buffer = SM.getMemoryBufferForFileOrNone(It.File);
    Made.Headers.emplace_back(It.Name, IsOurs   ? "#pragma once\nnamespace tl::keywords {}\n"
                                       : Buffer ? Buffer->getBuffer().str()
                                                : "");
  }
  return Made;
}

std::string describeSkipped(Session &T) {
  const SourceManager &SM = T.S.getSourceManager();
  llvm::MD5 Hash;
  for (SourceRange It : T.Skipped)
    if (!SM.isInSystemHeader(It.getBegin()) && !isLibraryFile(SM.getFilename(It.getBegin())))
      Hash.update(Lexer::getSourceText(CharSourceRange::getCharRange(It), SM, T.S.getLangOpts()));
  llvm::MD5::MD5Result Digest;
  Hash.final(Digest);
  return "skipped source " + Digest.digest().str().str();
}

} // namespace tlplugin
