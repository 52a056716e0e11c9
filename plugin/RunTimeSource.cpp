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
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <map>

using namespace clang;

namespace tlplugin {
namespace {

/// The compiler library of a language.
struct Library {
  llvm::StringLiteral Name, Keyword;
  llvm::StringLiteral Guard; ///< the macro that says that it is compiling
};
constexpr Library Nvrtc{"NVRTC", "tl::nvrtc()", "__CUDACC_RTC__"};
constexpr Library Hiprtc{"HIPRTC", "tl::hiprtc()", "__HIPCC_RTC__"};

const Library &libraryOf(const Session &T) { return T.S.getLangOpts().HIP ? Hiprtc : Nvrtc; }

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

/// HIPRTC is a Clang. Options of code generation for the device, or what they begin with.
constexpr llvm::StringLiteral KnownToClang[] = {"-ffast-math",
                                                "-fno-fast-math",
                                                "-ffp-contract=",
                                                "-fgpu-flush-denormals-to-zero",
                                                "-ffinite-math-only",
                                                "-fno-finite-math-only",
                                                "-fno-signed-zeros",
                                                "-fsigned-zeros",
                                                "-freciprocal-math",
                                                "-fno-reciprocal-math",
                                                "-fassociative-math",
                                                "-fno-associative-math",
                                                "-fno-math-errno",
                                                "-fmath-errno",
                                                "-munsafe-fp-atomics",
                                                "-mno-unsafe-fp-atomics",
                                                "-mcumode",
                                                "-mno-cumode",
                                                "-mwavefrontsize64",
                                                "-mno-wavefrontsize64"};

bool isKnownToClang(llvm::StringRef Option) {
  return llvm::any_of(KnownToClang, [&](llvm::StringRef Known) {
    return Known.ends_with("=") ? Option.starts_with(Known) : Option == Known;
  });
}

std::string absolute(llvm::StringRef Path) {
  llvm::SmallString<256> Full(Path);
  static_cast<void>(llvm::sys::fs::make_absolute(Full));
  return Full.str().str();
}

const char *standardOf(const LangOptions &L) {
  // NVRTC 13 knows none after C++20, and HIPRTC's Clang may be an old one.
  return L.CPlusPlus20 ? "--std=c++20" : "--std=c++17";
}

bool isForwarded(llvm::StringRef Macro) {
  // What the driver adds, and what stands for the device's own.
  return !Macro.starts_with("_GNU_SOURCE") && !Macro.starts_with("__CUDA_ARCH_LIST__") &&
         !Macro.starts_with("__AMDGCN_");
}

bool isWrapper(llvm::StringRef Included) {
  return Included.ends_with("__clang_cuda_runtime_wrapper.h") ||
         Included.ends_with("__clang_hip_runtime_wrapper.h");
}

std::string optionsFor(Session &T) {
  const bool IsHip = T.S.getLangOpts().HIP;
  std::vector<std::string> Lines{standardOf(T.S.getLangOpts())};
  if (!IsHip)
    Lines.push_back("--device-as-default-execution-space");
  for (const std::string &It : driverArguments()) {
    if (IsHip && isKnownToClang(It))
      Lines.push_back(It);
    for (const Translation &Known : Translations)
      if (!IsHip && It == Known.Ours)
        Lines.push_back(Known.Theirs);
  }
  const Preprocessor &PP = T.S.getPreprocessor();
  for (const auto &[Macro, IsUndefined] : PP.getPreprocessorOpts().Macros)
    if (isForwarded(Macro))
      Lines.push_back((IsUndefined ? "-U" : "-D") + Macro);
  // Found among the headers that travel along, by that name.
  for (const std::string &It : PP.getPreprocessorOpts().Includes)
    if (!isWrapper(It))
      Lines.push_back((IsHip ? "--include=" : "--pre-include=") + It);
  for (const auto &It : PP.getHeaderSearchInfo().getHeaderSearchOpts().UserEntries)
    if (It.Group == frontend::Angled || It.Group == frontend::Quoted)
      Lines.push_back((IsHip ? "-I" : "--include-path=") + absolute(It.Path));
  return llvm::join(Lines, "\n");
}

/// Headers by the names that `#include` gives them.
using HeaderList = std::map<std::string, std::string>;

/// This library's headers are for the host; what sources say before their factories is there.
constexpr llvm::StringLiteral LibraryHeader = "#pragma once\nnamespace tl::keywords {}\n";

/// The user's headers that Clang has read. Reports an error where two have one name.
HeaderList findIncluded(Session &T) {
  SourceManager &SM = T.S.getSourceManager();
  HeaderList Found;
  llvm::StringMap<const Inclusion *> Known;
  for (const Inclusion &It : T.Inclusions) {
    const bool IsOurs = isLibraryFile(It.File.getName());
    // What those include is never asked for.
    if (isInToolkitFolder(T, It.File.getName()) || SM.isInSystemHeader(It.Loc) ||
        isLibraryFile(SM.getFilename(It.Loc)))
      continue;
    auto [Before, IsNew] = Known.try_emplace(It.Name, &It);
    if (!IsNew) {
      if (&Before->second->File.getFileEntry() != &It.File.getFileEntry())
        error(T.S, It.Loc,
              "'%0' is another file here ('%1') than before ('%2'), which %3 cannot tell apart; "
              "with %4 each header needs a name of its own")
            << It.Name << It.File.getName() << Before->second->File.getName() << libraryOf(T).Name
            << libraryOf(T).Keyword;
      continue;
    }
    std::optional<llvm::MemoryBufferRef> Buffer = SM.getMemoryBufferForFileOrNone(It.File);
    Found[It.Name] = IsOurs ? LibraryHeader.str() : Buffer ? Buffer->getBuffer().str() : "";
  }
  return Found;
}

/// Names of the headers that a text may include, whatever its conditions are.
std::vector<std::string> namesIncludedBy(llvm::StringRef Text) {
  std::vector<std::string> Names;
  while (!Text.empty()) {
    llvm::StringRef Line;
    std::tie(Line, Text) = Text.split('\n');
    Line = Line.ltrim();
    if (!Line.consume_front("#"))
      continue;
    Line = Line.ltrim();
    if (!Line.consume_front("include"))
      continue;
    Line = Line.ltrim();
    if (Line.size() > 2 && (Line.front() == '"' || Line.front() == '<'))
      Names.push_back(
          Line.drop_front().take_until([](char C) { return C == '"' || C == '>'; }).str());
  }
  return Names;
}

/// The user's headers that only the library comes to, of those that the main file's folder and `-I`
/// have.
HeaderList findSkippedHeaders(Session &T, const HeaderList &Included) {
  SourceManager &SM = T.S.getSourceManager();
  std::vector<std::string> Folders;
  if (auto Main = SM.getFileEntryRefForID(SM.getMainFileID()))
    Folders.push_back(absolute(llvm::sys::path::parent_path(Main->getName())));
  const Preprocessor &PP = T.S.getPreprocessor();
  for (const auto &It : PP.getHeaderSearchInfo().getHeaderSearchOpts().UserEntries)
    if (It.Group == frontend::Angled || It.Group == frontend::Quoted)
      Folders.push_back(absolute(It.Path));
  std::vector<std::string> Open = namesIncludedBy(SM.getBufferData(SM.getMainFileID()));
  for (const auto &[Name, Text] : Included)
    for (std::string &It : namesIncludedBy(Text))
      Open.push_back(std::move(It));
  HeaderList Found;
  while (!Open.empty()) {
    const std::string Name = std::move(Open.back());
    Open.pop_back();
    if (Included.count(Name) != 0 || Found.count(Name) != 0)
      continue;
    for (const std::string &Folder : Folders) {
      llvm::SmallString<256> Path(Folder);
      llvm::sys::path::append(Path, Name);
      if (isInToolkitFolder(T, Path) || isLibraryFile(Path))
        continue;
      auto Buffer = llvm::MemoryBuffer::getFile(Path);
      if (!Buffer)
        continue;
      Found[Name] = (*Buffer)->getBuffer().str();
      for (std::string &It : namesIncludedBy(Found[Name]))
        Open.push_back(std::move(It));
      break;
    }
  }
  return Found;
}

} // namespace

RunTimeSource readRunTimeSource(Session &T) {
  SourceManager &SM = T.S.getSourceManager();
  RunTimeSource Made;
  Made.IsHip = T.S.getLangOpts().HIP;
  Made.Toolkit = folderOfToolkit(T);
  Made.Options = optionsFor(T);
  Made.Text = SM.getBufferData(SM.getMainFileID()).str();
  if (auto Main = SM.getFileEntryRefForID(SM.getMainFileID()))
    Made.Name = llvm::sys::path::filename(Main->getName()).str();
  const HeaderList Included = findIncluded(T), Skipped = findSkippedHeaders(T, Included);
  const Library &By = libraryOf(T);
  bool IsDivided = llvm::StringRef(Made.Text).contains(By.Guard);
  for (const HeaderList *List : {&Included, &Skipped})
    for (const auto &[Name, Text] : *List) {
      Made.Headers.emplace_back(Name, Text);
      IsDivided |= llvm::StringRef(Text).contains(By.Guard);
    }
  if (!IsDivided)
    warning(T.S, SM.getLocForStartOfFile(SM.getMainFileID()),
            By.Name +
                " is going to read this file as it is, with the host's code in it, of which it "
                "refuses most; put that between '#ifndef " +
                By.Guard + "' and '#endif'");
  return Made;
}

std::vector<std::string> describeSkipped(Session &T) {
  const SourceManager &SM = T.S.getSourceManager();
  llvm::MD5 Hash;
  for (SourceRange It : T.Skipped)
    if (!SM.isInSystemHeader(It.getBegin()) && !isLibraryFile(SM.getFilename(It.getBegin())))
      Hash.update(Lexer::getSourceText(CharSourceRange::getCharRange(It), SM, T.S.getLangOpts()));
  llvm::MD5::MD5Result Digest;
  Hash.final(Digest);
  std::vector<std::string> Lines{"skipped source " + Digest.digest().str().str()};
  HeaderList Included;
  for (const Inclusion &It : T.Inclusions)
    Included[It.Name];
  for (const auto &[Name, Text] : findSkippedHeaders(T, Included)) {
    llvm::MD5 Content;
    Content.update(Text);
    Content.final(Digest);
    Lines.push_back("skipped header " + Name + " " + Digest.digest().str().str());
  }
  return Lines;
}

} // namespace tlplugin
