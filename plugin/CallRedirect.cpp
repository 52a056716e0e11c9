// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/CallRedirect.h"
#include "plugin/Diagnostics.h"
#include "plugin/Dispatcher.h"
#include "clang/AST/RecursiveASTVisitor.h"

using namespace clang;

namespace tlplugin {
namespace {

class Redirector : public RecursiveASTVisitor<Redirector> {
public:
  explicit Redirector(Session &T) : T(T) {}

  // Implicit constructors and the hidden parts of range-based loops call functions too.
  bool shouldVisitImplicitCode() const { return true; }
  bool shouldVisitTemplateInstantiations() const { return false; }
  bool shouldWalkTypesOfTypeLocs() const { return false; }

  bool TraverseDecl(Decl *D) {
    if (!D)
      return true;
    if (auto *Template = dyn_cast<TemplateDecl>(D)) {
      if (TemplateParameterList *Params = Template->getTemplateParameters())
        walkDefaultArguments(Params);
      return true;
    }
    if (auto *DC = dyn_cast<DeclContext>(D); DC && DC->isDependentContext())
      return true;
    if (auto *Var = dyn_cast<VarDecl>(D))
      return traverseVariable(Var);
    return RecursiveASTVisitor::TraverseDecl(D);
  }

  // Types are not evaluated, and template arguments name functions without running them. A template
  // argument also takes part in a type's identity, so that it cannot be re-pointed. The body of a
  // lambda runs wherever the lambda stands.
  bool TraverseTypeLoc(TypeLoc Loc, bool = true) {
    for (; Loc; Loc = Loc.getNextTypeLoc()) {
      if (auto Spec = Loc.getAs<TemplateSpecializationTypeLoc>())
        for (unsigned I = 0; I < Spec.getNumArgs(); ++I)
          TraverseTemplateArgumentLoc(Spec.getArgLoc(I));
      if (const auto *Named = dyn_cast<DecltypeType>(Loc.getTypePtr()))
        lookInside(Named->getUnderlyingExpr(), /*IsArgument=*/false);
    }
    return true;
  }
  bool TraverseTemplateArgumentLoc(const TemplateArgumentLoc &Arg) {
    if (Arg.getArgument().getKind() == TemplateArgument::Type) {
      if (TypeSourceInfo *Written = Arg.getTypeSourceInfo())
        TraverseTypeLoc(Written->getTypeLoc());
    } else if (Arg.getArgument().getKind() == TemplateArgument::Expression) {
      lookInside(Arg.getSourceExpression(), /*IsArgument=*/true);
    }
    return true;
  }
  bool TraverseSubstNonTypeTemplateParmExpr(SubstNonTypeTemplateParmExpr *) { return true; }
  bool TraverseUnaryExprOrTypeTraitExpr(UnaryExprOrTypeTraitExpr *) { return true; }
  bool TraverseCXXNoexceptExpr(CXXNoexceptExpr *) { return true; }
  bool TraverseRequiresExpr(RequiresExpr *) { return true; }
  bool TraverseConceptSpecializationExpr(ConceptSpecializationExpr *) { return true; }

  bool VisitCXXDefaultArgExpr(CXXDefaultArgExpr *E) { return walkShared(E->getExpr()); }
  bool VisitCXXDefaultInitExpr(CXXDefaultInitExpr *E) { return walkShared(E->getExpr()); }

  bool VisitDeclRefExpr(DeclRefExpr *E) {
    auto *FD = dyn_cast<FunctionDecl>(E->getDecl());
    if (!FD)
      return true;
    if (FunctionDecl *Target = target(
            FD, E->hasExplicitTemplateArgs() ? E->getNumTemplateArgs() : 0, E->getLocation()))
      E->setDecl(Target);
    return true;
  }

  bool VisitMemberExpr(MemberExpr *E) {
    auto *FD = dyn_cast<FunctionDecl>(E->getMemberDecl());
    if (!FD)
      return true;
    if (FunctionDecl *Target = target(
            FD, E->hasExplicitTemplateArgs() ? E->getNumTemplateArgs() : 0, E->getMemberLoc()))
      E->setMemberDecl(Target);
    return true;
  }

private:
  /// Finds what has to be said or done inside of an expression that is not evaluated when it is
  /// reached.
  class Inside : public RecursiveASTVisitor<Inside> {
  public:
    Inside(Redirector &R, bool IsArgument) : R(R), IsArgument(IsArgument) {}

    bool TraverseLambdaExpr(LambdaExpr *E) { return R.TraverseLambdaExpr(E); }
    bool TraverseUnaryExprOrTypeTraitExpr(UnaryExprOrTypeTraitExpr *) { return true; }
    bool TraverseCXXNoexceptExpr(CXXNoexceptExpr *) { return true; }
    bool VisitDeclRefExpr(DeclRefExpr *E) {
      if (!IsArgument)
        return true;
      const auto *Var = dyn_cast<VarDecl>(E->getDecl());
      if (Var && Var->isLocalVarDecl() && Var->hasInit())
        R.warnAboutConstant(E, Var->getInit());
      else
        R.warnAboutArgument(E);
      return true;
    }
    bool VisitOverloadExpr(OverloadExpr *E) {
      if (IsArgument)
        R.warnAboutArgument(E);
      return true;
    }

  private:
    Redirector &R;
    bool IsArgument;
  };

  void lookInside(Expr *E, bool IsArgument) {
    if (E && !E->isInstantiationDependent())
      Inside(*this, IsArgument).TraverseStmt(E);
  }

  void warnAboutArgument(DeclRefExpr *Ref) {
    auto *FD = dyn_cast<FunctionDecl>(Ref->getDecl());
    FunctionTemplateDecl *Template = FD ? FD->getPrimaryTemplate() : nullptr;
    Factory *F = Template ? T.getFactory(Template) : nullptr;
    if (F && F->Valid &&
        !reachesTunables(T, *F, FD, Ref->hasExplicitTemplateArgs() ? Ref->getNumTemplateArgs() : 0))
      warnAboutArgument(*F, Ref->getLocation());
  }

  /// `constexpr auto p = &f<>; call<p>();` in a function: the argument was evaluated before the
  /// initialiser was re-pointed.
  void warnAboutConstant(DeclRefExpr *Ref, const Stmt *Init) {
    if (const auto *Inner = dyn_cast<DeclRefExpr>(Init))
      for (const auto &Entry : T.Dispatchers)
        if (Entry.second->Dispatch == Inner->getDecl())
          warnAboutArgument(*Entry.second->Source, Ref->getLocation());
    for (const Stmt *Child : Init->children())
      if (Child)
        warnAboutConstant(Ref, Child);
  }

  /// A default argument is kept as it was written, before its overloads are resolved.
  void warnAboutArgument(OverloadExpr *Written) {
    for (NamedDecl *D : Written->decls()) {
      auto *Template = dyn_cast<FunctionTemplateDecl>(D->getUnderlyingDecl());
      Factory *F = Template ? T.getFactory(Template) : nullptr;
      unsigned Given = Written->hasExplicitTemplateArgs() ? Written->getNumTemplateArgs() : 0;
      if (F && F->Valid && (Given == 0 || (F->TunablesKnown && Given <= F->FirstTunable)))
        warnAboutArgument(*F, Written->getNameLoc());
    }
  }

  void warnAboutArgument(const Factory &F, SourceLocation Loc) {
    if (T.isDevicePass() || !T.WarnedArguments.insert(Loc).second)
      return;
    warning(T.S, Loc,
            "%0 as a template argument is its default config, untuned; pass it as a function "
            "argument instead, or write its tunables out")
        << F.Template;
  }

  void walkDefaultArguments(const TemplateParameterList *Params) {
    for (const NamedDecl *Param : *Params)
      if (const auto *Value = dyn_cast<NonTypeTemplateParmDecl>(Param);
          Value && Value->hasDefaultArgument() && !Value->defaultArgumentWasInherited())
        TraverseTemplateArgumentLoc(Value->getDefaultArgument());
  }

  /// Default arguments and initialisers are shared by all their uses.
  bool walkShared(Expr *E) {
    if (E && T.WalkedInitializers.insert(E).second)
      TraverseStmt(E);
    return true;
  }

  bool traverseVariable(VarDecl *Var) {
    unsigned Before = Count;
    // An instantiation of a variable template has no written form that a visitor would enter.
    if (isa<VarTemplateSpecializationDecl>(Var) ? Var->hasInit() && !TraverseStmt(Var->getInit())
                                                : !RecursiveASTVisitor::TraverseDecl(Var))
      return false;
    // Sema evaluated the initialiser when it met it; code generation would take that value.
    if (Count != Before)
      if (EvaluatedStmt *Known = Var->getEvaluatedStmt()) {
        Known->WasEvaluated = false;
        Known->Evaluated = APValue();
      }
    return true;
  }

  FunctionDecl *target(FunctionDecl *FD, unsigned Written, SourceLocation Loc) {
    FunctionTemplateDecl *Template = FD->getPrimaryTemplate();
    if (!Template)
      return nullptr;
    Factory *F = T.getFactory(Template);
    if (!F || !F->Valid)
      return nullptr;
    FunctionDecl *Dispatch = getDispatcher(T, *F, FD, Written);
    if (!Dispatch)
      return nullptr;
    ++Count;
    if (T.Args.Remarks && !T.isDevicePass())
      remark(T.S, Loc, "call of %0 goes to its dispatcher") << F->Template;
    return Dispatch;
  }

  Session &T;
  unsigned Count = 0;
};

} // namespace

void redirectDeclaration(Session &T, Decl *D) { Redirector(T).TraverseDecl(D); }

void finishRecords(Session &T) {
  for (size_t I = 0; I < T.Records.size(); ++I) {
    CXXRecordDecl *RD = T.Records[I];
    for (FieldDecl *Field : RD->fields())
      if (Field->hasInClassInitializer() && Field->getInClassInitializer())
        redirectExpression(T, Field->getInClassInitializer());
    for (CXXConstructorDecl *Constructor : RD->ctors())
      if (Constructor->isImplicit() && Constructor->hasBody())
        redirectDeclaration(T, Constructor);
  }
  T.Records.clear();
}

void redirectExpression(Session &T, Expr *E) { Redirector(T).TraverseStmt(E); }

} // namespace tlplugin
