// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/Lookup.h"
#include "plugin/ClangCompat.h"
#include "plugin/Diagnostics.h"
#include "plugin/Toolkit.h"
#include "clang/AST/DeclCXX.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Sema/DeclSpec.h"
#include "clang/Sema/Lookup.h"

using namespace clang;

namespace tlplugin {

ModuleView::ModuleView(Sema &InS, Decl *D) : S(InS) {
  if (!D->isFromASTFile() || !D->hasOwningModule())
    return;
  Sema::CodeSynthesisContext Context;
  Context.Kind = Sema::CodeSynthesisContext::Memoization; // the one that no diagnostic tells of
  Context.Entity = D;
  S.pushCodeSynthesisContext(Context);
  Pushed = true;
}

ModuleView::~ModuleView() {
  if (Pushed)
    S.popCodeSynthesisContext();
}

static NamespaceDecl *findNamespace(Session &T, DeclContext *In, llvm::StringRef Name) {
  LookupResult R(T.S, &T.S.Context.Idents.get(Name), SourceLocation(), Sema::LookupNamespaceName);
  R.suppressDiagnostics();
  R.setAllowHidden(true);
  if (!T.S.LookupQualifiedName(R, In))
    return nullptr;
  return R.getAsSingle<NamespaceDecl>();
}

/// Of what the generated code is made; see <tl/detail/dispatch.h>.
static constexpr llvm::StringLiteral CodeVersion = "generated_code_7";

NamespaceDecl *findKeywords(Session &T) {
  NamespaceDecl *Tl = findNamespace(T, T.S.Context.getTranslationUnitDecl(), "tl");
  return Tl ? findNamespace(T, Tl, "keywords") : nullptr;
}

/// What the library has of that name for generated code; empty where there is nothing.
static NamespaceDecl *lookUpInDetail(Session &T, LookupResult &R) {
  R.suppressDiagnostics();
  NamespaceDecl *Tl = findNamespace(T, T.S.Context.getTranslationUnitDecl(), "tl");
  NamespaceDecl *Detail = Tl ? findNamespace(T, Tl, "detail") : nullptr;
  // A module's includes are hidden from those who import it, and not from the code that it brought
  // along.
  R.setAllowHidden(true);
  if (Detail)
    T.S.LookupQualifiedName(R, Detail);
  return Detail;
}

/// Once: all else that is wrong then follows from it.
template <std::size_t N>
static void reportHeader(Session &T, SourceLocation Loc, const char (&What)[N]) {
  if (!T.HeaderMissing)
    error(T.S, Loc, What);
  T.HeaderMissing = true;
}

static bool findInDetail(Session &T, LookupResult &R, CXXScopeSpec &SS, SourceLocation Loc) {
  NamespaceDecl *Detail = lookUpInDetail(T, R);
  if (R.empty()) {
    reportHeader(T, Loc,
                 "'tl::autotune' needs the declarations of its library; include <tl/autotune.h>");
    return false;
  }
  SS.Extend(T.S.Context, cast<NamespaceDecl>(Detail->getDeclContext()), Loc, Loc);
  SS.Extend(T.S.Context, Detail, Loc, Loc);
  return true;
}

bool checkHeaderVersion(Session &T, SourceLocation Loc) {
  LookupResult R(T.S, &T.S.Context.Idents.get(CodeVersion), Loc, Sema::LookupOrdinaryName);
  lookUpInDetail(T, R);
  if (!R.empty())
    return true;
  // Headers of any version have this.
  LookupResult Any(T.S, &T.S.Context.Idents.get("dispatch_slot"), Loc, Sema::LookupOrdinaryName);
  CXXScopeSpec SS;
  if (findInDetail(T, Any, SS, Loc))
    reportHeader(T, Loc,
                 "the <tl/autotune.h> that is included is of another version than this plugin; use "
                 "the headers that were installed with it");
  return false;
}

ExprResult buildDetailReference(Session &T, llvm::StringRef Name, SourceLocation Loc,
                                const TemplateArgumentListInfo *Args) {
  LookupResult R(T.S, &T.S.Context.Idents.get(Name), Loc, Sema::LookupOrdinaryName);
  CXXScopeSpec SS;
  if (!findInDetail(T, R, SS, Loc))
    return ExprError();
  if (Args)
    return T.S.BuildTemplateIdExpr(SS, SourceLocation(), R, /*RequiresADL=*/false, Args);
  return T.S.BuildDeclarationNameExpr(SS, R, /*NeedsADL=*/false);
}

QualType getDetailType(Session &T, llvm::StringRef Name, SourceLocation Loc) {
  LookupResult R(T.S, &T.S.Context.Idents.get(Name), Loc, Sema::LookupOrdinaryName);
  CXXScopeSpec SS;
  if (!findInDetail(T, R, SS, Loc))
    return QualType();
  auto *D = R.getAsSingle<TypeDecl>();
  return D ? T.S.Context.getTypeDeclType(D) : QualType();
}

QualType getDetailType(Session &T, llvm::StringRef Name, const TemplateArgument &Arg,
                       SourceLocation Loc) {
  LookupResult R(T.S, &T.S.Context.Idents.get(Name), Loc, Sema::LookupOrdinaryName);
  CXXScopeSpec SS;
  if (!findInDetail(T, R, SS, Loc))
    return QualType();
  auto *Template = R.getAsSingle<ClassTemplateDecl>();
  TemplateArgumentListInfo Args(Loc, Loc);
  QualType ArgType =
      Arg.getKind() == TemplateArgument::Integral ? Arg.getIntegralType() : QualType();
  Args.addArgument(T.S.getTrivialTemplateArgumentLoc(Arg, ArgType, Loc));
  return Template ? compat::specialize(T.S, TemplateName(Template), Loc, Args) : QualType();
}

/// Of the public headers, where Loc is in one of those below them.
static std::optional<DirectoryEntryRef> directoryOf(const SourceManager &SM, SourceLocation Loc) {
  OptionalFileEntryRef File = SM.getFileEntryRefForID(SM.getFileID(SM.getExpansionLoc(Loc)));
  if (!File)
    return std::nullopt;
  llvm::StringRef Own = File->getDir().getName(), Public = folderOfPublicHeaders(Own);
  if (Public == Own)
    return File->getDir();
  OptionalDirectoryEntryRef Found = SM.getFileManager().getOptionalDirectoryRef(Public);
  return Found ? std::optional(*Found) : std::nullopt;
}

bool isInLibrary(Session &T, SourceLocation Loc) {
  const SourceManager &SM = T.S.getSourceManager();
  if (!T.Library) {
    LookupResult R(T.S, &T.S.Context.Idents.get("config_count"), SourceLocation(),
                   Sema::LookupOrdinaryName);
    R.suppressDiagnostics();
    CXXScopeSpec SS;
    if (!findInDetail(T, R, SS, Loc))
      return false;
    T.Library = directoryOf(SM, R.getRepresentativeDecl()->getLocation());
  }
  std::optional<DirectoryEntryRef> Directory = directoryOf(SM, Loc);
  return T.Library && Directory && *Directory == *T.Library;
}

bool isTlClass(const CXXRecordDecl *RD, llvm::StringRef Name) {
  if (!RD || !RD->getIdentifier() || RD->getName() != Name)
    return false;
  const auto *Scope = dyn_cast<NamespaceDecl>(RD->getDeclContext()->getRedeclContext());
  if (Scope && Scope->getName() == "detail")
    Scope = dyn_cast<NamespaceDecl>(Scope->getDeclContext()->getRedeclContext());
  return Scope && Scope->getName() == "tl" &&
         Scope->getDeclContext()->getRedeclContext()->isTranslationUnit();
}

} // namespace tlplugin
