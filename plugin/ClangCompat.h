// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything that differs between the supported Clang versions, newest first. No other file of the
// plugin looks at CLANG_VERSION_MAJOR.

#ifndef TL_PLUGIN_CLANGCOMPAT_H
#define TL_PLUGIN_CLANGCOMPAT_H

#include "clang/AST/ASTContext.h"
#include "clang/AST/Attr.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/TemplateBase.h"
#include "clang/Basic/Version.h"
#include "clang/Sema/DeclSpec.h"
#include "clang/Sema/ExternalSemaSource.h"
#include "clang/Sema/ParsedAttr.h"
#include "clang/Sema/Sema.h"
#include "clang/Sema/Template.h"

#if CLANG_VERSION_MAJOR != 22 && CLANG_VERSION_MAJOR != 19
#error "the plugin knows the headers of Clang 22 and 19 only"
#endif

namespace tlplugin::compat {

inline void addExternalSource(clang::Sema &S, clang::ExternalSemaSource *Source) {
#if CLANG_VERSION_MAJOR >= 22
  S.addExternalSource(llvm::IntrusiveRefCntPtr<clang::ExternalSemaSource>(Source));
#else
  S.addExternalSource(Source);
#endif
}

/// [[gnu::constructor]] of the default priority.
inline clang::ConstructorAttr *constructorAttr(clang::ASTContext &C) {
#if CLANG_VERSION_MAJOR >= 22
  return clang::ConstructorAttr::CreateImplicit(C, /*Priority=*/nullptr);
#else
  return clang::ConstructorAttr::CreateImplicit(C, clang::ConstructorAttr::DefaultPriority);
#endif
}

/// The class template specialisation with these arguments.
inline clang::QualType specialize(clang::Sema &S, clang::TemplateName Template,
                                  clang::SourceLocation Loc,
                                  clang::TemplateArgumentListInfo &Args) {
#if CLANG_VERSION_MAJOR >= 22
  return S.CheckTemplateIdType(clang::ElaboratedTypeKeyword::None, Template, Loc, Args,
                               /*Scope=*/nullptr, /*ForNestedNameSpecifier=*/false);
#else
  return S.CheckTemplateIdType(Template, Loc, Args);
#endif
}

/// Whether the specialisation's `requires` clauses hold. CheckFunctionConstraints would look at the
/// instantiated declaration only, which has none, and say yes.
inline bool constraintsHold(clang::Sema &S, clang::SourceLocation Loc, clang::FunctionDecl *FD,
                            llvm::ArrayRef<clang::TemplateArgument> Args,
                            clang::ConstraintSatisfaction &Satisfaction) {
#if CLANG_VERSION_MAJOR >= 22
  return !S.CheckFunctionTemplateConstraints(Loc, FD, Args, Satisfaction) &&
         Satisfaction.IsSatisfied;
#else
  return !S.CheckInstantiatedFunctionTemplateConstraints(Loc, FD, Args, Satisfaction) &&
         Satisfaction.IsSatisfied;
#endif
}

/// Converts E to the type of a template parameter, as Clang does with a template argument; reports
/// what does not fit.
inline bool convertToParameter(clang::Sema &S, clang::Expr *E, clang::QualType Type,
                               clang::APValue &Out) {
#if CLANG_VERSION_MAJOR >= 22
  return S.CheckConvertedConstantExpression(E, Type, Out, clang::CCEKind::TemplateArg).isUsable();
#else
  return S.CheckConvertedConstantExpression(E, Type, Out, clang::Sema::CCEK_TemplateArg).isUsable();
#endif
}

/// The identifier of an attribute argument that is a bare name, null for every other argument.
inline const clang::IdentifierInfo *bareName(const clang::ParsedAttr &Attr, unsigned I,
                                             clang::SourceLocation &Loc) {
  if (!Attr.isArgIdent(I))
    return nullptr;
  clang::IdentifierLoc *Name = Attr.getArgAsIdent(I);
#if CLANG_VERSION_MAJOR >= 22
  Loc = Name->getLoc();
  return Name->getIdentifierInfo();
#else
  Loc = Name->Loc;
  return Name->Ident;
#endif
}

/// The scope an attribute was written in, null for none.
inline const clang::IdentifierInfo *scopeName(const clang::ParsedAttr &Attr) {
  return Attr.getScopeName();
}

} // namespace tlplugin::compat

#endif
