// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/AutotuneAttr.h"
#include "plugin/ClangCompat.h"
#include "plugin/Diagnostics.h"
#include "plugin/Session.h"
#include "clang/AST/DeclCXX.h"
#include "clang/Sema/ParsedAttr.h"
#include "clang/Sema/Sema.h"

using namespace clang;

namespace tlplugin {

static constexpr llvm::StringLiteral AnnotationName = "tl::autotune";

const AnnotateAttr *findAutotuneAttr(const FunctionTemplateDecl *Template) {
  for (const auto *Attr : Template->specific_attrs<AnnotateAttr>())
    if (Attr->getAnnotation() == AnnotationName)
      return Attr;
  return nullptr;
}

/// Refuses everything that is no host function template, with what to do instead.
static FunctionTemplateDecl *checkSubject(Sema &S, Decl *D, const ParsedAttr &Attr) {
  SourceLocation Loc = Attr.getLoc();
  auto *FD = dyn_cast<FunctionDecl>(D);
  if (!FD) {
    error(S, Loc, "'tl::autotune' applies to function templates, found %select{a declaration|%1}0")
        << (isa<NamedDecl>(D) ? 1 : 0) << dyn_cast<NamedDecl>(D);
    return nullptr;
  }
  if (FD->isMain()) {
    error(S, Loc, "'tl::autotune' cannot be applied to 'main'");
    return nullptr;
  }
  if (isa<CXXConstructorDecl, CXXDestructorDecl, CXXConversionDecl, CXXDeductionGuideDecl>(FD)) {
    error(S, Loc,
          "'tl::autotune' cannot be applied to a constructor, destructor, conversion function or "
          "deduction guide; put it on a function template that %0 calls")
        << FD;
    return nullptr;
  }
  if (auto *Method = dyn_cast<CXXMethodDecl>(FD)) {
    if (Method->getParent()->isLambda()) {
      error(S, Loc, "'tl::autotune' cannot be applied to a lambda; name the function template");
      return nullptr;
    }
    if (!Method->isStatic()) {
      error(S, Loc,
            "'tl::autotune' cannot be applied to the non-static member function %0; make it static "
            "and pass the object")
          << FD;
      return nullptr;
    }
  }
  FunctionTemplateDecl *Template = FD->getDescribedFunctionTemplate();
  if (!Template && FD->getNumTemplateParameterLists() > 0 && !FD->isDependentContext()) {
    error(S, Loc,
          "'tl::autotune' applies to function templates, and %0 is an explicit specialization; put "
          "it on the primary template")
        << FD;
    return nullptr;
  }
  if (!Template) {
    error(S, Loc, "'tl::autotune' needs a function template with tunables, and %0 is no template")
        << FD;
    return nullptr;
  }
  if (FD->getFriendObjectKind() != Decl::FOK_None) {
    error(S, Loc,
          "'tl::autotune' cannot be applied to a friend declaration; put it on the declaration of "
          "%0 in its namespace")
        << FD;
    return nullptr;
  }
  if (FD->getReturnType()->getContainedDeducedType()) {
    error(S, Loc, "'tl::autotune' needs a declared return type, and that of %0 is deduced") << FD;
    return nullptr;
  }
  if (FD->isConsteval()) {
    error(S, Loc, "'tl::autotune' cannot be applied to the consteval function %0, which never runs")
        << FD;
    return nullptr;
  }
  if (FD->isVariadic()) {
    error(S, Loc,
          "'tl::autotune' cannot be applied to %0, whose C-style variable arguments cannot be "
          "passed on")
        << FD;
    return nullptr;
  }
  return Template;
}

namespace {

class AutotuneAttrInfo : public ParsedAttrInfo {
public:
  AutotuneAttrInfo() {
    // hasAttribute() looks plugins up by the unscoped name: without the second spelling Clang skips
    // the argument list silently.
    static constexpr Spelling Names[] = {{ParsedAttr::AS_CXX11, "tl::autotune"},
                                         {ParsedAttr::AS_CXX11, "autotune"}};
    Spellings = Names;
    OptArgs = 15; // any number
  }

  bool diagAppertainsToStmt(Sema &S, const ParsedAttr &Attr, const Stmt *) const override {
    error(S, Attr.getLoc(), "'tl::autotune' applies to function templates, found a statement");
    return false;
  }

  AttrHandling handleDeclAttribute(Sema &S, Decl *D, const ParsedAttr &Attr) const override {
    if (!compat::scopeName(Attr)) {
      error(S, Attr.getLoc(), "unscoped attribute 'autotune'; did you mean 'tl::autotune'?")
          << FixItHint::CreateInsertion(Attr.getLoc(), "tl::");
      return AttributeNotApplied;
    }
    Session *T = Session::of(S);
    if (!T) {
      error(S, Attr.getLoc(),
            "'tl::autotune' found, but the plugin's action does not run in this compilation");
      return AttributeNotApplied;
    }
    FunctionTemplateDecl *Template = checkSubject(S, D, Attr);
    if (!Template)
      return AttributeNotApplied;
    if (const AnnotateAttr *Earlier = findAutotuneAttr(Template)) {
      error(S, Attr.getLoc(), "%0 already has 'tl::autotune'; give all options in one attribute")
          << Template;
      note(S, Earlier->getLocation(), "first given here");
      return AttributeNotApplied;
    }
    llvm::SmallVector<Expr *, 8> Args;
    for (unsigned I = 0; I < Attr.getNumArgs(); ++I) {
      SourceLocation Loc;
      if (const IdentifierInfo *Name = compat::bareName(Attr, I, Loc)) {
        error(
            S, Loc,
            "expected 'keyword = value' or a braced config, found %0; did you mean 'configs = %1'?")
            << Name << Name->getName() << FixItHint::CreateInsertion(Loc, "configs = ");
        return AttributeNotApplied;
      }
      if (!Attr.getArgAsExpr(I))
        return AttributeNotApplied;
      Args.push_back(Attr.getArgAsExpr(I));
    }
    if (Args.empty()) {
      error(S, Attr.getLoc(), "'tl::autotune' needs 'configs = ...' or braced configs");
      return AttributeNotApplied;
    }
    Template->addAttr(AnnotateAttr::CreateImplicit(S.Context, AnnotationName, Args.data(),
                                                   Args.size(), Attr.getRange()));
    T->activate();
    return AttributeApplied;
  }
};

} // namespace
} // namespace tlplugin

static ParsedAttrInfoRegistry::Add<tlplugin::AutotuneAttrInfo>
    RegisterAttr("tl", "[[tl::autotune(...)]] on function templates");
