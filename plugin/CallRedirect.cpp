// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/CallRedirect.h"
#include "plugin/Constants.h"
#include "plugin/Diagnostics.h"
#include "plugin/Dispatcher.h"
#include "clang/AST/DeclFriend.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/Basic/Module.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/Support/SaveAndRestore.h"

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
    auto *FD = dyn_cast<FunctionDecl>(D);
    llvm::SaveAndRestore Saved(MayBeEvaluated, FD ? FD->isConstexpr() : true);
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
      if (auto Function = Loc.getAs<FunctionTypeLoc>())
        for (ParmVarDecl *P : Function.getParams())
          if (P && P->getType()->isVariablyModifiedType() && P->getTypeSourceInfo())
            TraverseTypeLoc(P->getTypeSourceInfo()->getTypeLoc());
      if (auto Array = Loc.getAs<VariableArrayTypeLoc>())
        TraverseStmt(Array.getSizeExpr());
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
  bool TraverseUnaryExprOrTypeTraitExpr(UnaryExprOrTypeTraitExpr *E) {
    // The size of a variable-length array is computed.
    if (!E->getTypeOfArgument()->isVariablyModifiedType())
      return true;
    if (E->isArgumentType())
      return TraverseTypeLoc(E->getArgumentTypeInfo()->getTypeLoc());
    return TraverseStmt(E->getArgumentExpr());
  }
  bool TraverseCXXNoexceptExpr(CXXNoexceptExpr *) { return true; }
  bool TraverseRequiresExpr(RequiresExpr *) { return true; }
  bool TraverseConceptSpecializationExpr(ConceptSpecializationExpr *) { return true; }

  bool VisitCXXDefaultArgExpr(CXXDefaultArgExpr *E) { return walkShared(E->getExpr()); }
  bool VisitCXXDefaultInitExpr(CXXDefaultInitExpr *E) { return walkShared(E->getExpr()); }

  bool VisitDeclRefExpr(DeclRefExpr *E) {
    if (auto *Var = dyn_cast<VarDecl>(E->getDecl()); Var && Var->hasGlobalStorage())
      follow(Var);
    auto *FD = dyn_cast<FunctionDecl>(E->getDecl());
    if (!FD)
      return true;
    walkClosure(FD);
    follow(FD);
    if (isKnown(E))
      return true;
    FunctionDecl *Target =
        target(FD, E->hasExplicitTemplateArgs() ? E->getNumTemplateArgs() : 0, E->getLocation());
    if (!Target || staysOnDevice(FD))
      return true;
    if (MayBeEvaluated)
      constantsOf(T).add(E, Target);
    else
      E->setDecl(Target);
    return true;
  }

  bool VisitMemberExpr(MemberExpr *E) {
    auto *FD = dyn_cast<FunctionDecl>(E->getMemberDecl());
    if (!FD)
      return true;
    follow(FD);
    if (isKnown(E))
      return true;
    FunctionDecl *Target =
        target(FD, E->hasExplicitTemplateArgs() ? E->getNumTemplateArgs() : 0, E->getMemberLoc());
    if (!Target || staysOnDevice(FD))
      return true;
    if (MayBeEvaluated)
      constantsOf(T).add(E, Target);
    else
      E->setMemberDecl(Target);
    return true;
  }

  /// Its value is known since it was parsed, and is told anew from the inside to the outside.
  bool TraverseConstantExpr(ConstantExpr *E) {
    if (!RecursiveASTVisitor::TraverseConstantExpr(E))
      return false;
    if (E->isImmediateInvocation())
      constantsOf(T).add(E);
    return true;
  }

  /// `auto [a, b] = object;`: not every Clang looks at the variables that hold what get() returned.
  bool TraverseBindingDecl(BindingDecl *D) {
    if (!RecursiveASTVisitor::TraverseBindingDecl(D))
      return false;
    VarDecl *Held = D->getHoldingVar();
    return !Held || TraverseDecl(Held);
  }

  bool TraverseLambdaExpr(LambdaExpr *E) {
    Walked.insert(E->getBody());
    const CXXMethodDecl *Call = E->getCallOperator();
    llvm::SaveAndRestore Saved(MayBeEvaluated, MayBeEvaluated || (Call && Call->isConstexpr()));
    return RecursiveASTVisitor::TraverseLambdaExpr(E);
  }

  bool VisitCXXConstructExpr(CXXConstructExpr *E) {
    follow(E->getConstructor());
    // Constructing an object is what makes its destructor and its virtual functions needed.
    const CXXRecordDecl *RD = E->getConstructor()->getParent();
    if (T.FollowsAstFiles && T.Followed.insert(RD).second)
      for (CXXMethodDecl *Method : RD->methods())
        if (Method->isVirtual() || isa<CXXDestructorDecl>(Method))
          follow(Method);
    return true;
  }

  /// Walks what was met in precompiled headers and modules.
  void walkFollowed() {
    while (!Pending.empty())
      TraverseDecl(Pending.pop_back_val());
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
    // What a constexpr factory returns is a constant like any other.
    bool TraverseCallExpr(CallExpr *E) {
      for (Expr *Arg : E->arguments())
        if (!TraverseStmt(Arg))
          return false;
      return E->getDirectCallee() || TraverseStmt(E->getCallee());
    }
    bool VisitDeclRefExpr(DeclRefExpr *E) {
      if (!IsArgument)
        return true;
      if (auto *Var = dyn_cast<VarDecl>(E->getDecl()))
        R.warnAboutConstant(E, Var);
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

  /// `constexpr auto p = &f<>; call<p>();`
  void warnAboutConstant(DeclRefExpr *Ref, VarDecl *V) {
    if (const Factory *F = constantsOf(T).findFactory(V))
      warnAboutArgument(*F, Ref->getLocation());
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
            "'" + F.Template->getNameAsString() +
                "' as a template argument is its default config, untuned; pass it as a function "
                "argument instead, or write its tunables out");
  }

  void walkDefaultArguments(const TemplateParameterList *Params) {
    for (const NamedDecl *Param : *Params)
      if (const auto *Value = dyn_cast<NonTypeTemplateParmDecl>(Param);
          Value && Value->hasDefaultArgument() && !Value->defaultArgumentWasInherited())
        TraverseTemplateArgumentLoc(Value->getDefaultArgument());
  }

  /// Code of a precompiled header or module is handed to no consumer. It is reached from what uses
  /// it.
  void follow(FunctionDecl *FD) {
    if (!T.FollowsAstFiles)
      return;
    FunctionDecl *Defined = FD->getDefinition();
    if (Defined && Defined->isFromASTFile() && !Defined->isDependentContext() &&
        T.Followed.insert(Defined).second)
      Pending.push_back(Defined);
  }
  void follow(VarDecl *Var) {
    if (!T.FollowsAstFiles)
      return;
    VarDecl *Defined = Var->getDefinition();
    if (Defined && Defined->isFromASTFile() && !Defined->getDeclContext()->isDependentContext() &&
        T.Followed.insert(Defined).second)
      Pending.push_back(Defined);
  }

  /// In code for a device a `__host__ __device__` factory is its default config.
  bool staysOnDevice(const FunctionDecl *FD) const {
    return T.isDevicePass() && FD->hasAttr<CUDADeviceAttr>();
  }

  /// The lambda in a template parameter's default argument or an alias is instantiated with each
  /// use, and no consumer is handed its body. The call leads there.
  void walkClosure(FunctionDecl *FD) {
    const auto *Method = dyn_cast<CXXMethodDecl>(FD);
    if (!Method || !Method->getParent()->isLambda() || Method->isDependentContext())
      return;
    const FunctionDecl *Defined = nullptr;
    Stmt *Body = Method->getBody(Defined);
    if (!Body || !Walked.insert(Body).second)
      return;
    llvm::SaveAndRestore Saved(MayBeEvaluated, Defined->isConstexpr());
    TraverseStmt(Body);
  }

  /// Default arguments and initialisers are shared by all their uses.
  bool walkShared(Expr *E) {
    if (!E || !T.WalkedInitializers.insert(E).second)
      return true;
    llvm::SaveAndRestore Saved(MayBeEvaluated, true);
    return TraverseStmt(E);
  }

  bool traverseVariable(VarDecl *Var) {
    bool Constant = MayBeEvaluated || Var->hasGlobalStorage() || Var->isConstexpr();
    llvm::SaveAndRestore Saved(MayBeEvaluated, Constant);
    // An instantiation of a variable template has no written form that a visitor would enter.
    if (isa<VarTemplateSpecializationDecl>(Var) ? Var->hasInit() && !TraverseStmt(Var->getInit())
                                                : !RecursiveASTVisitor::TraverseDecl(Var))
      return false;
    constantsOf(T).add(Var);
    return true;
  }

  bool isKnown(const Expr *Mention) const { return T.Repointed && T.Repointed->contains(Mention); }

  FunctionDecl *target(FunctionDecl *FD, unsigned Written, SourceLocation Loc) {
    FunctionTemplateDecl *Template = FD->getPrimaryTemplate();
    if (!Template)
      return nullptr;
    Factory *F = T.getFactory(Template);
    if (!F || !F->Valid)
      return nullptr;
    // `extern template`: whoever instantiates it exports the tuned one.
    if (FD->getTemplateSpecializationKind() == TSK_ExplicitInstantiationDeclaration &&
        !FD->isInlined() && !T.Queue.find(FD->getCanonicalDecl()))
      return nullptr;
    FunctionDecl *Dispatch = getDispatcher(T, *F, FD, Written);
    if (!Dispatch)
      return nullptr;
    if (T.Args.Remarks && !T.isDevicePass())
      remark(T.S, Loc, "call of %0 goes to its dispatcher") << F->Template;
    return Dispatch;
  }

  Session &T;
  bool MayBeEvaluated = true; ///< by Sema: what is looked at is no ordinary function's body
  llvm::SmallPtrSet<const Stmt *, 4> Walked; ///< bodies of closures
  llvm::SmallVector<Decl *, 8> Pending;      ///< met in precompiled headers and modules
};

} // namespace

/// The variables of a Clang module that are initialised where it is imported.
static void redirectInitializers(Session &T, Module *Top) {
  llvm::SmallVector<Module *, 8> Modules{Top};
  while (!Modules.empty()) {
    Module *M = Modules.pop_back_val();
    if (!T.InitializedModules.insert(M).second)
      continue;
    for (Decl *D : T.S.Context.getModuleInitializers(M))
      redirectDeclaration(T, D);
    for (Module *Inner : M->submodules())
      if (!Inner->IsExplicit)
        Modules.push_back(Inner);
  }
}

void redirectDeclaration(Session &T, Decl *D) {
  if (const auto *Import = dyn_cast<ImportDecl>(D)) {
    if (Module *M = Import->getImportedModule(); M && M->isModuleMapModule())
      redirectInitializers(T, M);
    return;
  }
  Redirector Walk(T);
  Walk.TraverseDecl(D);
  Walk.walkFollowed();
}

void finishRecords(Session &T) {
  for (size_t I = 0; I < T.Records.size(); ++I) {
    CXXRecordDecl *RD = T.Records[I];
    for (FieldDecl *Field : RD->fields())
      if (Field->hasInClassInitializer() && Field->getInClassInitializer())
        redirectExpression(T, Field->getInClassInitializer());
    for (CXXConstructorDecl *Constructor : RD->ctors())
      if (Constructor->isImplicit() && Constructor->hasBody())
        redirectDeclaration(T, Constructor);
    // Defaulted comparisons call those of the members.
    for (CXXMethodDecl *Method : RD->methods())
      if (Method->isDefaulted() && Method->hasBody())
        redirectDeclaration(T, Method);
    for (const FriendDecl *Friend : RD->friends())
      if (auto *FD = dyn_cast_or_null<FunctionDecl>(Friend->getFriendDecl());
          FD && FD->isDefaulted() && FD->hasBody())
        redirectDeclaration(T, FD);
  }
}

void redirectExpression(Session &T, Expr *E) {
  Redirector Walk(T);
  Walk.TraverseStmt(E);
  Walk.walkFollowed();
}

} // namespace tlplugin
