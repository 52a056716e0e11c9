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
#include "clang/Basic/DiagnosticFrontend.h"
#include "clang/Basic/Version.h"
#include "clang/Sema/DeclSpec.h"
#include "clang/Sema/ExternalSemaSource.h"
#include "clang/Sema/ParsedAttr.h"
#include "clang/Sema/Sema.h"
#include "clang/Sema/Template.h"
#include "llvm/IR/CallingConv.h"

#if CLANG_VERSION_MAJOR != 22 && CLANG_VERSION_MAJOR != 19
#error "the plugin knows the headers of Clang 22 and 19 only"
#endif

#if CLANG_VERSION_MAJOR >= 22
#include "clang/Driver/CreateInvocationFromArgs.h"
#include "clang/Options/Options.h"
#else
#include "clang/Driver/Options.h"
#include "clang/Frontend/Utils.h"
#endif

namespace llvm {
class ValueAsMetadata;
}

namespace tlplugin::compat {

inline void addExternalSource(clang::Sema &S, clang::ExternalSemaSource *Source) {
#if CLANG_VERSION_MAJOR >= 22
  S.addExternalSource(llvm::IntrusiveRefCntPtr<clang::ExternalSemaSource>(Source));
#else
  S.addExternalSource(Source);
#endif
}

/// The driver's options.
#if CLANG_VERSION_MAJOR >= 22
namespace options = clang::options;
inline const llvm::opt::OptTable &driverOptions() { return clang::getDriverOptTable(); }
#else
namespace options = clang::driver::options;
inline const llvm::opt::OptTable &driverOptions() { return clang::driver::getDriverOptTable(); }
#endif

/// `__grid_constant__`, which Clang 19 does not know yet.
inline bool isGridConstant([[maybe_unused]] const clang::ParmVarDecl *P) {
#if CLANG_VERSION_MAJOR >= 22
  return P->hasAttr<clang::CUDAGridConstantAttr>();
#else
  return false;
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

/// The type that a class is.
inline clang::QualType typeOf(clang::ASTContext &C, const clang::CXXRecordDecl *RD) {
#if CLANG_VERSION_MAJOR >= 22
  return C.getCanonicalTagType(RD);
#else
  return C.getRecordType(RD);
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

/// A template's arguments of which only the first are given, the defaults filled in; none where
/// that is not possible.
inline llvm::SmallVector<clang::TemplateArgument, 8>
completeArguments(clang::Sema &S, clang::FunctionTemplateDecl *Template, clang::SourceLocation Loc,
                  llvm::ArrayRef<clang::TemplateArgument> First) {
  clang::TemplateArgumentListInfo Given(Loc, Loc);
  for (const clang::TemplateArgument &Arg : First) {
    if (Arg.getKind() == clang::TemplateArgument::Pack)
      return {};
    Given.addArgument(S.getTrivialTemplateArgumentLoc(Arg, clang::QualType(), Loc));
  }
  clang::Sema::SFINAETrap Trap(S, /*WithAccessChecking=*/true);
#if CLANG_VERSION_MAJOR >= 22
  clang::Sema::CheckTemplateArgumentInfo Checked;
  if (S.CheckTemplateArgumentList(Template, Loc, Given, /*DefaultArgs=*/{},
                                  /*PartialTemplateArgs=*/false, Checked) ||
      Trap.hasErrorOccurred())
    return {};
  return {Checked.CanonicalConverted.begin(), Checked.CanonicalConverted.end()};
#else
  llvm::SmallVector<clang::TemplateArgument, 4> Sugared, Canonical;
  if (S.CheckTemplateArgumentList(Template, Loc, Given, /*PartialTemplateArgs=*/false, Sugared,
                                  Canonical) ||
      Trap.hasErrorOccurred())
    return {};
  return {Canonical.begin(), Canonical.end()};
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

/// The `requires` clause behind a function's parameters.
inline const clang::Expr *trailingRequires(const clang::FunctionDecl *FD) {
#if CLANG_VERSION_MAJOR >= 22
  return FD->getTrailingRequiresClause().ConstraintExpr;
#else
  return FD->getTrailingRequiresClause();
#endif
}

/// The type that qualifies a name whose meaning depends on template arguments, null for none.
template <class Named> clang::QualType qualifierType(const Named *E) {
#if CLANG_VERSION_MAJOR >= 22
  clang::NestedNameSpecifier Qualifier = E->getQualifier();
  return Qualifier.getKind() == clang::NestedNameSpecifier::Kind::Type
             ? clang::QualType(Qualifier.getAsType(), 0)
             : clang::QualType();
#else
  for (const clang::NestedNameSpecifier *It = E->getQualifier(); It; It = It->getPrefix())
    if (It->getAsType())
      return clang::QualType(It->getAsType(), 0);
  return clang::QualType();
#endif
}

inline unsigned bitWidth([[maybe_unused]] clang::ASTContext &C, const clang::FieldDecl *Field) {
#if CLANG_VERSION_MAJOR >= 22
  return Field->getBitWidthValue();
#else
  return Field->getBitWidthValue(C);
#endif
}

/// A warning in the group -Wbackend-plugin, which is all that a plugin may have.
inline unsigned warningInGroup(clang::Sema &S, llvm::StringRef Text) {
#if CLANG_VERSION_MAJOR >= 22
  return S.getDiagnostics().getDiagnosticIDs()->getCustomDiagID(
      {clang::diag::Severity::Warning, Text.str(), clang::DiagnosticIDs::CLASS_WARNING,
       /*ShowInSystemHeader=*/false, /*ShowInSystemMacro=*/false,
       clang::diag::Group::BackendPlugin});
#else
  // Groups are for Clang's own diagnostics there: one of them stands for ours.
  bool Off =
      S.getDiagnostics().isIgnored(clang::diag::warn_fe_backend_plugin, clang::SourceLocation());
  return S.getDiagnostics().getDiagnosticIDs()->getCustomDiagID(
      Off ? clang::DiagnosticIDs::Ignored : clang::DiagnosticIDs::Warning, Text);
#endif
}

/// The scope an attribute was written in, null for none.
inline const clang::IdentifierInfo *scopeName(const clang::ParsedAttr &Attr) {
  return Attr.getScopeName();
}

/// A compiler for the command that a driver would be given, which says nothing; null where there is
/// none. (A template, so that only who asks includes the compiler.)
template <class Instance>
std::unique_ptr<Instance> quietCompiler(llvm::ArrayRef<const char *> Command) {
  auto silence = [](Instance &CI) {
#if CLANG_VERSION_MAJOR >= 22
    CI.createVirtualFileSystem();
#endif
    CI.createDiagnostics(new clang::IgnoringDiagConsumer, /*ShouldOwnClient=*/true);
  };
  Instance ForDriver;
  silence(ForDriver);
  clang::CreateInvocationOptions Given;
  Given.Diags = &ForDriver.getDiagnostics();
  auto Invocation = clang::createInvocation(Command, Given);
  if (!Invocation)
    return nullptr;
#if CLANG_VERSION_MAJOR >= 22
  auto Made = std::make_unique<Instance>(std::move(Invocation));
#else
  auto Made = std::make_unique<Instance>();
  Made->setInvocation(std::move(Invocation));
#endif
  silence(*Made);
  return Made;
}

/// Whether an LLVM function is a CUDA kernel. (A template, so that only who asks includes LLVM's
/// IR.)
template <class Function> bool isKernel(const Function &F) {
#if CLANG_VERSION_MAJOR >= 22
  return F.getCallingConv() == llvm::CallingConv::PTX_Kernel;
#else
  const auto *Annotations = F.getParent()->getNamedMetadata("nvvm.annotations");
  if (!Annotations)
    return false;
  for (const auto *Row : Annotations->operands())
    if (Row->getNumOperands() >= 2 && Row->getOperand(1).equalsStr("kernel"))
      if (const auto *Of = llvm::dyn_cast_or_null<llvm::ValueAsMetadata>(Row->getOperand(0).get());
          Of && Of->getValue() == &F)
        return true;
  return false;
#endif
}

/// Lets Add add passes behind all others.
template <class PassBuilder, class Adder> void registerAtEnd(PassBuilder &PB, Adder Add) {
#if CLANG_VERSION_MAJOR >= 22
  PB.registerOptimizerLastEPCallback([Add](auto &Passes, auto, auto) { Add(Passes); });
#else
  PB.registerOptimizerLastEPCallback([Add](auto &Passes, auto) { Add(Passes); });
#endif
}

} // namespace tlplugin::compat

#endif
