// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/Options.h"
#include "plugin/AutotuneAttr.h"
#include "plugin/ConfigSpace.h"
#include "plugin/DeviceCompilers.h"
#include "plugin/Diagnostics.h"
#include "plugin/KeywordTable.h"
#include "plugin/Keywords.h"
#include "plugin/Lookup.h"
#include "plugin/OptionValues.h"
#include "plugin/Tunables.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Sema/Template.h"
#include <utility>

using namespace clang;

namespace tlplugin {

const Option *findOption(const Factory &F, llvm::StringRef Keyword) {
  for (const Option &O : F.Options)
    if (O.Keyword->Name == Keyword)
      return &O;
  return nullptr;
}

ExprResult substitute(Session &T, const Factory &F, FunctionDecl *Spec, Expr *E) {
  Sema &S = T.S;
  MultiLevelTemplateArgumentList Args = S.getTemplateInstantiationArgs(Spec);
  LocalInstantiationScope Scope(S);
  // Members of the enclosing class template are looked for from where the code stands.
  Sema::ContextRAII Saved(S, Spec);
  Sema::InstantiatingTemplate Instantiating(S, F.getLocation(), Spec);
  if (Instantiating.isInvalid())
    return ExprError();
  return S.SubstExpr(E, Args);
}

/// Splits `keyword = value`, which is an overloaded assignment or, when the value is dependent, a
/// plain one.
static bool splitAssignment(Expr *E, const ValueDecl *&Left, Expr *&Right) {
  E = E->IgnoreImplicit();
  Expr *Target = nullptr;
  if (auto *Call = dyn_cast<CXXOperatorCallExpr>(E); Call && Call->getOperator() == OO_Equal) {
    Target = Call->getArg(0);
    Right = Call->getArg(1);
  } else if (auto *Binary = dyn_cast<BinaryOperator>(E);
             Binary && Binary->getOpcode() == BO_Assign) {
    Target = Binary->getLHS();
    Right = Binary->getRHS();
  }
  if (!Target)
    return false;
  auto *Ref = dyn_cast<DeclRefExpr>(Target->IgnoreParenImpCasts());
  if (!Ref || !getKeyword(Ref->getDecl()))
    return false;
  Left = Ref->getDecl();
  // The value as written: keyword objects take it by value, which would turn an array into a
  // pointer.
  Right = Right->IgnoreUnlessSpelledInSource();
  return true;
}

/// An argument that is no `keyword = value`.
static void refuseArgument(Session &T, const Expr *Arg) {
  if (Arg->containsErrors())
    return;
  Sema &S = T.S;
  const auto *Ref = dyn_cast<DeclRefExpr>(Arg->IgnoreParenImpCasts());
  if (const KeywordRow *Keyword = Ref ? getKeyword(Ref->getDecl()) : nullptr) {
    error(S, Arg->getExprLoc(), "option '%0' needs a value; expected '%0 = ...'")
        << Keyword->Name << Arg->getSourceRange();
    return;
  }
  const auto *Class = Arg->getType()->getAsCXXRecordDecl();
  bool IsSpace = isTlClass(Class, "space_t");
  auto Builder = error(S, Arg->getExprLoc(),
                       "expected 'keyword = value' with a keyword of 'tl::keywords', or a braced "
                       "config%select{|; did you mean 'configs = ...'?}0");
  Builder << IsSpace << Arg->getSourceRange();
  if (IsSpace)
    Builder << FixItHint::CreateInsertion(Arg->getBeginLoc(), "configs = ");
}

/// Takes one argument out of the list, with the comma before it.
static FixItHint removeArgument(Session &T, const Expr *Before, const Expr *Arg) {
  SourceLocation Begin = T.S.getLocForEndOfToken(Before->getEndLoc());
  SourceLocation End = T.S.getLocForEndOfToken(Arg->getEndLoc());
  if (Begin.isInvalid() || End.isInvalid())
    return FixItHint();
  return FixItHint::CreateRemoval(CharSourceRange::getCharRange(Begin, End));
}

static bool readArguments(Session &T, Factory &F) {
  Sema &S = T.S;
  llvm::SmallVector<std::pair<llvm::StringRef, SourceLocation>, 8> Seen;
  SourceLocation ConfigsLoc;
  bool Ok = true;
  const Expr *Before = nullptr;
  for (Expr *Arg : F.Attr->args()) {
    const Expr *Previous = std::exchange(Before, Arg);
    if (auto *Braced = dyn_cast<InitListExpr>(Arg->IgnoreParenImpCasts())) {
      F.InlineConfigs.push_back(Braced);
      continue;
    }
    const ValueDecl *Keyword = nullptr;
    Expr *Value = nullptr;
    if (!splitAssignment(Arg, Keyword, Value)) {
      refuseArgument(T, Arg);
      Ok = false;
      continue;
    }
    const KeywordRow *Row = getKeyword(Keyword);
    llvm::StringRef Name = Row->Name;
    auto Earlier = llvm::find_if(Seen, [&](const auto &Entry) { return Entry.first == Name; });
    if (Earlier != Seen.end()) {
      error(S, Arg->getBeginLoc(), "option '%0' given twice")
          << Name << Arg->getSourceRange() << removeArgument(T, Previous, Arg);
      note(S, Earlier->second, "first given here");
      Ok = false;
      continue;
    }
    Seen.push_back({Name, Arg->getBeginLoc()});
    if (Row->Kind == ValueKind::Space) {
      F.Configs = Value;
      ConfigsLoc = Arg->getBeginLoc();
    } else {
      F.Options.push_back({Row, Arg, Value});
    }
  }
  if (!Ok)
    return false;
  if (F.Configs && !F.InlineConfigs.empty()) {
    error(S, F.InlineConfigs.front()->getBeginLoc(),
          "braced configs cannot be given together with 'configs'")
        << F.InlineConfigs.front()->getSourceRange();
    note(S, ConfigsLoc, "'configs' given here");
    return false;
  }
  if (!F.Configs && F.InlineConfigs.empty()) {
    error(S, F.getLocation(), "'tl::autotune' needs 'configs = ...' or braced configs");
    return false;
  }
  return true;
}

/// The attribute decides what a call means, so it has to be there before the first call can be.
static void checkRedeclaration(Session &T, FunctionTemplateDecl *Redecl) {
  const AnnotateAttr *Attr = findAutotuneAttr(Redecl);
  FunctionTemplateDecl *First = Redecl->getCanonicalDecl();
  if (Redecl == First || !Attr)
    return;
  // Each module that includes a header brings the header's declarations along.
  if (Redecl->isFromASTFile() || First->isFromASTFile())
    return;
  if (const AnnotateAttr *Earlier = findAutotuneAttr(First)) {
    error(T.S, Attr->getLocation(), "%0 already has 'tl::autotune' on its first declaration")
        << First;
    note(T.S, Earlier->getLocation(), "first given here");
    return;
  }
  error(T.S, Attr->getLocation(), "'tl::autotune' must stand on the first declaration of %0")
      << First;
  note(T.S, First->getLocation(), "first declared here");
}

void checkDeclarations(Session &T, Decl *D) {
  if (auto *Template = dyn_cast<FunctionTemplateDecl>(D)) {
    if (findAutotuneAttr(Template)) {
      checkRedeclaration(T, Template);
      T.getFactory(Template);
    }
    return;
  }
  // Members of class templates included: what is wrong in every specialisation is said once, here.
  if (auto *Template = dyn_cast<ClassTemplateDecl>(D))
    D = Template->getTemplatedDecl();
  if (isa<NamespaceDecl, LinkageSpecDecl, CXXRecordDecl, ExportDecl>(D) &&
      !isa<ClassTemplateSpecializationDecl>(D))
    for (Decl *Inner : cast<DeclContext>(D)->noload_decls())
      checkDeclarations(T, Inner);
}

/// Not in the attribute's handler: __global__ may be written behind it.
static bool checkHostFunction(Session &T, const Factory &F) {
  const FunctionDecl *FD = F.Template->getTemplatedDecl();
  if (FD->hasAttr<CUDAGlobalAttr>()) {
    error(T.S, F.getLocation(),
          "'tl::autotune' cannot tune the kernel %0 itself; put it on the host function template "
          "that launches it")
        << FD;
    return false;
  }
  const auto *Device = FD->getAttr<CUDADeviceAttr>();
  if (Device && !FD->hasAttr<CUDAHostAttr>()) {
    error(T.S, F.getLocation(),
          "'tl::autotune' applies to host functions, and %0 is a device function; put it on the "
          "host function template that launches the kernel")
        << FD;
    return false;
  }
  return true;
}

bool checkFactory(Session &T, Factory &F) {
  if (F.Template->isInvalidDecl() || F.Template->getTemplatedDecl()->isInvalidDecl())
    return false;
  if (!checkHostFunction(T, F) || !readArguments(T, F) || !checkTunables(T, F))
    return false;
  if (!checkValues(T, F) || !readCompilers(T, F))
    return false;
  if (F.ClassTunable && !checkSignature(T, F))
    return false;
  return checkSpace(T, F);
}

} // namespace tlplugin
