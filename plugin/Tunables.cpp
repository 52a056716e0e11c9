// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/Tunables.h"
#include "plugin/Diagnostics.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/Sema/EnterExpressionEvaluationContext.h"
#include "clang/Sema/Initialization.h"

using namespace clang;

namespace tlplugin {

unsigned findParameter(const TemplateParameterList *Params, const IdentifierInfo *Name) {
  unsigned I = 0;
  while (I < Params->size() && (!Name || Params->getParam(I)->getIdentifier() != Name))
    ++I;
  return I;
}

namespace {

/// Finds a mention of a template parameter from `First` on.
class ParameterFinder : public RecursiveASTVisitor<ParameterFinder> {
public:
  ParameterFinder(TemplateParameterList *Params, unsigned First) : Params(Params), First(First) {}

  bool VisitTemplateTypeParmTypeLoc(TemplateTypeParmTypeLoc Loc) {
    return check(Loc.getDecl(), Loc.getNameLoc());
  }
  bool VisitDeclRefExpr(DeclRefExpr *E) { return check(E->getDecl(), E->getLocation()); }

  SourceLocation Found;
  const NamedDecl *Parameter = nullptr;

private:
  /// Each declaration of a template has parameters of its own.
  bool check(const NamedDecl *D, SourceLocation Loc) {
    unsigned Depth = 0, Index = 0;
    if (const auto *Type = dyn_cast<TemplateTypeParmDecl>(D)) {
      Depth = Type->getDepth();
      Index = Type->getIndex();
    } else if (const auto *Value = dyn_cast<NonTypeTemplateParmDecl>(D)) {
      Depth = Value->getDepth();
      Index = Value->getIndex();
    } else {
      return true;
    }
    if (Depth != Params->getDepth() || Index < First || Index >= Params->size())
      return true;
    Found = Loc;
    Parameter = Params->getParam(Index);
    return false;
  }

  TemplateParameterList *Params;
  unsigned First;
};

} // namespace

/// The caller evaluates a default argument, before anything is known of a config.
static bool checkDefaultArguments(Session &T, Factory &F) {
  for (const auto *Redecl : F.Template->redecls())
    for (const ParmVarDecl *P : cast<FunctionDecl>(Redecl->getTemplatedDecl())->parameters()) {
      if (!P->hasDefaultArg() || P->hasInheritedDefaultArg() || P->hasUnparsedDefaultArg() ||
          P->hasUninstantiatedDefaultArg())
        continue;
      ParameterFinder Finder(F.Template->getTemplateParameters(), F.FirstTunable);
      Finder.TraverseStmt(const_cast<Expr *>(P->getDefaultArg()));
      if (!Finder.Parameter)
        continue;
      error(T.S, Finder.Found,
            "the default argument of parameter %0 of %1 depends on tunable %2; callers have one "
            "argument for all variants")
          << P << F.Template << Finder.Parameter;
      return false;
    }
  return true;
}

bool checkSignature(Session &T, Factory &F) {
  ParameterFinder Finder(F.Template->getTemplateParameters(), F.FirstTunable);
  FunctionDecl *FD = F.Template->getTemplatedDecl();
  if (FD->getType()->castAs<FunctionType>()->getExtInfo().withNoReturn(false) !=
      FunctionType::ExtInfo()) {
    error(T.S, F.Template->getLocation(),
          "'tl::autotune' needs the default calling convention, and %0 is of type %1")
        << F.Template << FD->getType();
    return false;
  }
  if (TypeSourceInfo *Info = FD->getTypeSourceInfo()) {
    if (auto Proto = Info->getTypeLoc().IgnoreParens().getAs<FunctionProtoTypeLoc>()) {
      Finder.TraverseTypeLoc(Proto.getReturnLoc());
      for (ParmVarDecl *P : Proto.getParams())
        if (P && P->getTypeSourceInfo() && !Finder.Parameter)
          Finder.TraverseTypeLoc(P->getTypeSourceInfo()->getTypeLoc());
    }
  }
  if (!Finder.Parameter)
    return checkDefaultArguments(T, F);
  error(T.S, Finder.Found,
        "the signature of %0 depends on its tunable %1; all variants need one signature")
      << F.Template << Finder.Parameter;
  return false;
}

bool checkParameters(Session &T, const Factory &F, const FunctionDecl *Spec) {
  Sema &S = T.S;
  for (const ParmVarDecl *P : Spec->parameters()) {
    QualType Type = P->getType();
    if (!Type->isRecordType())
      continue;
    EnterExpressionEvaluationContext Unevaluated(S, Sema::ExpressionEvaluationContext::Unevaluated);
    Sema::SFINAETrap Trap(S, /*WithAccessChecking=*/true);
    Expr *Given = new (S.Context) OpaqueValueExpr(P->getLocation(), Type, VK_XValue);
    ExprResult Passed = S.PerformCopyInitialization(
        InitializedEntity::InitializeParameter(S.Context, Type, /*Consumed=*/false),
        P->getLocation(), Given);
    if (Passed.isUsable() && !Trap.hasErrorOccurred())
      continue;
    error(S, P->getLocation(),
          "%0 takes a parameter of type %1 by value, which can be neither moved nor copied to a "
          "variant; take it by reference")
        << F.Template << Type;
    return false;
  }
  return true;
}

static bool hasDefault(const NamedDecl *Param) {
  if (auto *P = dyn_cast<NonTypeTemplateParmDecl>(Param))
    return P->hasDefaultArgument();
  if (auto *P = dyn_cast<TemplateTypeParmDecl>(Param))
    return P->hasDefaultArgument();
  if (auto *P = dyn_cast<TemplateTemplateParmDecl>(Param))
    return P->hasDefaultArgument();
  return false;
}

bool checkTunables(Session &T, Factory &F) {
  Sema &S = T.S;
  TemplateParameterList *Params = F.Template->getTemplateParameters();
  const NamedDecl *Last = Params->getParam(Params->size() - 1);
  if (Last->isImplicit()) {
    error(S, F.Template->getLocation(),
          "the template parameters of %0's 'auto' parameters follow its tunables; write them out, "
          "before the tunables")
        << F.Template;
    return false;
  }
  if (Last->isTemplateParameterPack()) {
    error(S, Last->getLocation(),
          "%0 has no tunables: its last template parameter is the pack %1; tunables come "
          "after it, with default arguments")
        << F.Template << Last;
    note(S, F.getLocation(), "'tl::autotune' given here");
    return false;
  }
  if (!hasDefault(Last)) {
    // Tell a tunable in the wrong place from none at all.
    for (const NamedDecl *Param : *Params)
      if (auto *Value = dyn_cast<NonTypeTemplateParmDecl>(Param);
          Value && Value->getType()->isRecordType()) {
        if (Param == Last)
          error(S, Param->getLocation(),
                "tunable %0 needs a default argument, which is the default config")
              << Param;
        else
          error(S, Param->getLocation(),
                "tunable %0 must be the last template parameter; %1 follows it")
              << Param << Last;
        return false;
      }
    error(S, Last->getLocation(),
          "%0 has no tunables: its last template parameter %1 has no default argument")
        << F.Template << Last;
    note(S, F.getLocation(), "'tl::autotune' given here");
    return false;
  }
  if (isa<TemplateTemplateParmDecl>(Last)) {
    error(S, Last->getLocation(), "template template parameter %0 cannot be a tunable") << Last;
    return false;
  }
  auto *Value = dyn_cast<NonTypeTemplateParmDecl>(Last);
  if (!Value)
    return true;
  QualType Type = Value->getType();
  if (Type->getContainedDeducedType()) {
    if (const Expr *Default = Value->getDefaultArgument().getSourceExpression())
      Type = Default->getType();
  }
  F.ClassTunable = Type->isRecordType() ||
                   (Type->isDependentType() && Type->getAs<TemplateSpecializationType>());
  if (F.ClassTunable) {
    F.FirstTunable = Params->size() - 1;
    F.TunablesKnown = true;
  }
  return true;
}

bool findTunables(Session &T, Factory &F, const Space &Configs) {
  if (F.TunablesKnown)
    return true;
  Sema &S = T.S;
  TemplateParameterList *Params = F.Template->getTemplateParameters();
  const auto *RD = Configs.Config->getAsCXXRecordDecl();
  if (RD->isUnion()) {
    error(S, F.getConfigsLocation(),
          "the fields of a config fill in the tunables of %0, and %1 is a union")
        << F.Template << Configs.Config;
    return false;
  }
  for (const NamedDecl *Param : *Params) {
    const auto *Value = dyn_cast<NonTypeTemplateParmDecl>(Param);
    if (!Value || !S.Context.hasSameUnqualifiedType(Value->getType(), Configs.Config))
      continue;
    error(S, Param->getLocation(), "tunable %0 must be the last template parameter; %1 follows it")
        << Param << Params->getParam(Params->size() - 1);
    return false;
  }
  unsigned First = Params->size();
  for (const FieldDecl *Field : RD->fields()) {
    unsigned I = findParameter(Params, Field->getIdentifier());
    if (I == Params->size()) {
      error(S, F.getConfigsLocation(), "field %0 of %1 names no template parameter of %2")
          << Field << Configs.Config << F.Template;
      note(S, Field->getLocation(), "field declared here");
      note(S, F.Template->getLocation(), "template declared here");
      return false;
    }
    First = std::min(First, I);
  }
  if (First == Params->size()) {
    error(S, F.getConfigsLocation(), "config struct %0 has no fields") << Configs.Config;
    return false;
  }
  for (unsigned I = First; I < Params->size(); ++I) {
    const NamedDecl *Param = Params->getParam(I);
    bool Named = llvm::any_of(RD->fields(), [&](const FieldDecl *Field) {
      return Field->getIdentifier() && Field->getIdentifier() == Param->getIdentifier();
    });
    if (Named)
      continue;
    error(S, Param->getLocation(),
          "template parameter %0 follows tunable %1, but %2 has no field of that name")
        << Param << Params->getParam(First) << Configs.Config;
    note(S, F.getConfigsLocation(), "configs given here");
    return false;
  }
  F.FirstTunable = First;
  F.TunablesKnown = true;
  return checkSignature(T, F);
}

} // namespace tlplugin
