// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/Toolkit.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/HeaderSearch.h"
#include "clang/Lex/HeaderSearchOptions.h"
#include "clang/Lex/Preprocessor.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace clang;

namespace tlplugin {

static const NamespaceDecl *outermostNamespace(const Decl *D) {
  const NamespaceDecl *Found = nullptr;
  for (const DeclContext *DC = D->getDeclContext(); DC; DC = DC->getParent())
    if (const auto *Namespace = dyn_cast<NamespaceDecl>(DC))
      Found = Namespace;
  return Found;
}

/// `template <> struct std::hash<library::key>` is the library's.
static bool isSpecialisedForUser(Session &T, const Decl *D) {
  const auto *Spec = dyn_cast<ClassTemplateSpecializationDecl>(D);
  if (!Spec)
    Spec = dyn_cast<ClassTemplateSpecializationDecl>(D->getDeclContext());
  return Spec && Spec->getSpecializationKind() == TSK_ExplicitSpecialization &&
         llvm::any_of(Spec->getTemplateArgs().asArray(), [&](const TemplateArgument &Arg) {
           const TagDecl *Tag =
               Arg.getKind() == TemplateArgument::Type ? Arg.getAsType()->getAsTagDecl() : nullptr;
           return Tag && !isToolkitCode(T, Tag);
         });
}

static llvm::StringRef fileOf(Session &T, const Decl *D) {
  const SourceManager &SM = T.S.getSourceManager();
  PresumedLoc Loc = SM.getPresumedLoc(SM.getExpansionLoc(D->getLocation()));
  return Loc.isValid() ? Loc.getFilename() : "";
}

static const NamedDecl *findGlobal(Session &T, llvm::StringRef Name) {
  ASTContext &C = T.S.Context;
  auto Found = C.getTranslationUnitDecl()->lookup(&C.Idents.get(Name));
  return Found.empty() ? nullptr : Found.front();
}

static bool isBelow(llvm::StringRef File, llvm::StringRef Folder) {
  return !Folder.empty() && File.starts_with(Folder) &&
         llvm::sys::path::is_separator(File[std::min(Folder.size(), File.size() - 1)]);
}

std::string folderOfToolkit(Session &T) {
  for (llvm::StringRef Known : {"cudaGetDevice", "hipGetDevice"})
    if (const NamedDecl *D = findGlobal(T, Known))
      return llvm::sys::path::parent_path(fileOf(T, D)).str();
  return {};
}

bool isInToolkitFolder(Session &T, llvm::StringRef File) {
  const bool First = T.ToolkitFolders.empty();
  if (First)
    T.ToolkitFolders.push_back(
        T.S.getPreprocessor().getHeaderSearchInfo().getHeaderSearchOpts().ResourceDir);
  // Whoever asks for the first time may do so before the toolkit's headers are read.
  if (First || (T.S.getLangOpts().CUDA && T.ToolkitFolders.size() == 1))
    if (std::string Folder = folderOfToolkit(T); !Folder.empty())
      T.ToolkitFolders.push_back(std::move(Folder));
  return llvm::any_of(T.ToolkitFolders,
                      [&](llvm::StringRef Folder) { return isBelow(File, Folder); });
}

llvm::StringRef folderOfPublicHeaders(llvm::StringRef Folder) {
  return llvm::sys::path::filename(Folder) == "detail" ? llvm::sys::path::parent_path(Folder)
                                                       : Folder;
}

bool isLibraryFile(llvm::StringRef File) {
  llvm::StringRef Folder = folderOfPublicHeaders(llvm::sys::path::parent_path(File));
  return llvm::sys::path::filename(Folder) == "tl";
}

bool isToolkitFile(Session &T, SourceLocation Loc) {
  const SourceManager &SM = T.S.getSourceManager();
  Loc = SM.getExpansionLoc(Loc);
  if (Loc.isInvalid() || !SM.isInSystemHeader(Loc))
    return false;
  return isInToolkitFolder(T, SM.getPresumedLoc(Loc).getFilename());
}

static bool isToolkitCodeAnew(Session &T, const Decl *D) {
  const SourceManager &SM = T.S.getSourceManager();
  SourceLocation Loc = SM.getExpansionLoc(D->getLocation());
  const NamespaceDecl *Outermost = outermostNamespace(D);
  if (Loc.isInvalid())
    return !isa<RecordDecl>(D);
  if (!Outermost || !Outermost->getIdentifier())
    return isToolkitFile(T, Loc);
  if (Outermost->getName() == "tl")
    return isLibraryFile(SM.getPresumedLoc(Loc).getFilename());
  static constexpr llvm::StringLiteral Names[] = {
      "std",    "__gnu_cxx", "__cxxabiv1", "cuda",    "thrust", "cub",      "cooperative_groups",
      "nvcuda", "hip",       "hip_impl",   "rocprim", "hipcub", "rocthrust"};
  return llvm::is_contained(Names, Outermost->getName()) && SM.isInSystemHeader(Loc) &&
         !isSpecialisedForUser(T, D);
}

bool isToolkitCode(Session &T, const Decl *D) {
  if (auto Known = T.ToolkitCode.find(D); Known != T.ToolkitCode.end())
    return Known->second;
  bool Result = isToolkitCodeAnew(T, D);
  return T.ToolkitCode[D] = Result;
}

/// Whether the standard library checks its preconditions when the program runs. They are in code of
/// which only names are known, but what fails then is declared: up to libstdc++ 12 nowhere else,
/// and since 13 without an overload that does nothing.
static bool hasAssertions(Session &T, const NamespaceDecl &Std) {
  auto Fails = Std.lookup(&T.S.Context.Idents.get("__glibcxx_assert_fail"));
  return !Fails.empty() && llvm::none_of(Fails, [](const NamedDecl *D) {
    const auto *FD = dyn_cast<FunctionDecl>(D);
    return FD && FD->param_empty();
  });
}

/// "libstdc++ 12": its headers are in a directory of that name.
static std::string standardLibrary(Session &T) {
  const NamedDecl *Std = findGlobal(T, "std");
  if (!isa_and_nonnull<NamespaceDecl>(Std))
    return {};
  for (const Decl *Redecl : Std->redecls()) {
    llvm::StringRef File = fileOf(T, Redecl);
    size_t At = File.rfind("/c++/");
    if (At == llvm::StringRef::npos)
      continue;
    return ("library " + File.substr(At + 5).split('/').first).str() +
           (hasAssertions(T, *cast<NamespaceDecl>(Std)) ? " with assertions" : "");
  }
  return {};
}

/// `#define NAME 13000` in the file that declares `Known`. The macro itself is gone where the
/// source comes preprocessed.
static std::string versionIn(Session &T, llvm::StringRef Known, llvm::StringRef Header,
                             llvm::StringRef Macro) {
  const NamedDecl *D = findGlobal(T, Known);
  if (!D)
    return {};
  llvm::SmallString<128> Path(llvm::sys::path::parent_path(fileOf(T, D)));
  llvm::sys::path::append(Path, Header);
  auto Buffer = T.S.getSourceManager().getFileManager().getBufferForFile(Path);
  if (!Buffer)
    return {};
  llvm::StringRef Text = (*Buffer)->getBuffer();
  size_t At = Text.find(("#define " + Macro + " ").str());
  if (At == llvm::StringRef::npos)
    return {};
  return (Macro + " " + Text.substr(At).split('\n').first.rsplit(' ').second.trim()).str();
}

std::vector<std::string> toolkitVersions(Session &T) {
  std::vector<std::string> Lines{standardLibrary(T)};
  if (T.S.getLangOpts().CUDA) {
    Lines.push_back(versionIn(T, "cudaGetDevice", "cuda_runtime_api.h", "CUDART_VERSION"));
    Lines.push_back(versionIn(T, "hipGetDevice", "hip_version.h", "HIP_VERSION_MAJOR"));
    Lines.push_back(versionIn(T, "hipGetDevice", "hip_version.h", "HIP_VERSION_MINOR"));
  }
  llvm::erase_if(Lines, [](const std::string &Line) { return Line.empty(); });
  return Lines;
}

} // namespace tlplugin
