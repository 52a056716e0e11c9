// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/ReachedState.h"
#include "plugin/Lookup.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;

namespace tlplugin {
namespace {

/// Walks bodies as they are written. Only where a name depends on template arguments the walk has
/// to look at instantiations, of which there is one for each config.
class Walk : public RecursiveASTVisitor<Walk> {
public:
  bool AllOnDevice = false; ///< also variables there that nobody but device code can change

  Walk(Session &T) : T(T), SM(T.S.getSourceManager()) {
    for (const auto &[Spec, D] : T.Queue.all())
      Factories[D->Dispatch] = D->Source->Template;
  }

  bool shouldVisitImplicitCode() const { return true; }

  void run() {
    while (!Pending.empty()) {
      const FunctionDecl *FD = Pending.pop_back_val();
      Dependent = false;
      if (const auto *Constructor = dyn_cast<CXXConstructorDecl>(FD))
        for (CXXCtorInitializer *Init : Constructor->inits())
          TraverseConstructorInitializer(Init);
      TraverseStmt(FD->getBody());
      if (Dependent)
        addInstantiations(FD);
    }
  }

  void reachTemplate(const FunctionTemplateDecl *Template) {
    reach(Template->getTemplatedDecl());
    for (const FunctionDecl *Spec : Template->specializations())
      if (Spec->getTemplateSpecializationKind() == TSK_ExplicitSpecialization)
        reach(Spec);
  }

  bool VisitDeclRefExpr(DeclRefExpr *E) {
    reachDecl(E->getDecl(), E);
    return true;
  }
  bool VisitMemberExpr(MemberExpr *E) {
    reachDecl(E->getMemberDecl(), E);
    return true;
  }
  bool VisitOverloadExpr(OverloadExpr *E) {
    for (NamedDecl *Candidate : E->decls()) {
      Candidate = Candidate->getUnderlyingDecl();
      if (auto *Template = dyn_cast<FunctionTemplateDecl>(Candidate))
        reachTemplate(Template);
      else if (auto *FD = dyn_cast<FunctionDecl>(Candidate))
        reach(FD);
      else
        Dependent = true; // a template of variables
    }
    if (const auto *Lookup = dyn_cast<UnresolvedLookupExpr>(E);
        !Lookup || (Lookup->requiresADL() && !Lookup->hasExplicitTemplateArgs()))
      Dependent = true;
    return true;
  }
  bool VisitDependentScopeDeclRefExpr(DependentScopeDeclRefExpr *) { return Dependent = true; }
  bool VisitCXXDependentScopeMemberExpr(CXXDependentScopeMemberExpr *) { return Dependent = true; }
  bool VisitCXXUnresolvedConstructExpr(CXXUnresolvedConstructExpr *E) {
    if (E->getTypeAsWritten()->isDependentType())
      Dependent = true;
    return true;
  }
  bool VisitCXXConstructExpr(CXXConstructExpr *E) {
    reach(E->getConstructor());
    // What a toolkit's algorithm does with an object of the user's is to call it.
    const CXXRecordDecl *RD = E->getConstructor()->getParent();
    if (!isToolkit(RD) && Records.insert(RD).second)
      for (const CXXMethodDecl *Method : RD->methods())
        if (Method->isVirtual() || Method->isOverloadedOperator() || isa<CXXDestructorDecl>(Method))
          reach(Method);
    return true;
  }
  bool VisitCXXDefaultArgExpr(CXXDefaultArgExpr *E) { return TraverseStmt(E->getExpr()); }
  bool VisitCXXDefaultInitExpr(CXXDefaultInitExpr *E) { return TraverseStmt(E->getExpr()); }
  bool VisitVarDecl(VarDecl *Var) {
    // Each instantiation has one of its own.
    if (Var->isStaticLocal() && Var->getDeclContext()->isDependentContext())
      Dependent = true;
    return true;
  }

  bool VisitImplicitCastExpr(ImplicitCastExpr *E) {
    if (E->getCastKind() == CK_LValueToRValue)
      account(E->getSubExpr(), /*Read=*/true, /*Written=*/false);
    return true;
  }
  bool VisitBinaryOperator(BinaryOperator *E) {
    if (E->isAssignmentOp())
      account(E->getLHS(), E->isCompoundAssignmentOp(), /*Written=*/true);
    return true;
  }

  llvm::MapVector<VarDecl *, ReachedVariable> Found;

private:
  /// Toolkits' and the library's own code keeps nothing that a trial would have to see.
  bool isToolkit(const Decl *D) {
    for (const DeclContext *DC = D->getDeclContext(); DC; DC = DC->getParent())
      if (const auto *Namespace = dyn_cast<NamespaceDecl>(DC);
          Namespace && Namespace->getDeclContext()->isTranslationUnit()) {
        static constexpr llvm::StringLiteral Names[] = {
            "std", "cuda",    "thrust", "cub",       "cooperative_groups", "nvcuda",
            "hip", "rocprim", "hipcub", "rocthrust", "__gnu_cxx",          "__cxxabiv1"};
        if (llvm::is_contained(Names, Namespace->getName()))
          return true;
      }
    SourceLocation Loc = SM.getExpansionLoc(D->getLocation());
    if (Loc.isInvalid() || isInLibrary(T, Loc))
      return true;
    const auto *Named = dyn_cast<NamedDecl>(D);
    return SM.isInSystemHeader(Loc) &&
           (!Named || !Named->getIdentifier() || Named->getName().starts_with("__") ||
            D->getDeclContext()->getRedeclContext()->isTranslationUnit());
  }

  void reachDecl(ValueDecl *D, Expr *E) {
    if (auto *FD = dyn_cast<FunctionDecl>(D))
      reach(FD);
    else if (auto *Var = dyn_cast<VarDecl>(D))
      note(Var, E);
  }

  void reach(const FunctionDecl *FD) {
    if (auto Factory = Factories.find(FD); Factory != Factories.end())
      return reachTemplate(Factory->second);
    // One body stands for all instantiations.
    if (const FunctionDecl *Pattern = FD->getTemplateInstantiationPattern())
      FD = Pattern;
    const FunctionDecl *Body = nullptr;
    if (!FD->hasBody(Body) || !Seen.insert(Body).second || isToolkit(Body))
      return;
    Pending.push_back(Body);
  }

  void addInstantiation(const FunctionDecl *FD) {
    const FunctionDecl *Body = nullptr;
    if (FD->hasBody(Body) && !Body->isDependentContext() && Seen.insert(Body).second)
      Pending.push_back(Body);
  }

  void addInstantiations(const FunctionDecl *FD) {
    if (const FunctionTemplateDecl *Template = FD->getDescribedFunctionTemplate())
      for (const FunctionDecl *Spec : Template->specializations())
        addInstantiation(Spec);
    // A member of a class template, or of a class inside a function template.
    const auto *Method = dyn_cast<CXXMethodDecl>(FD);
    const ClassTemplateDecl *Class =
        Method ? Method->getParent()->getDescribedClassTemplate() : nullptr;
    if (!Class)
      return;
    for (const ClassTemplateSpecializationDecl *Spec : Class->specializations())
      for (const CXXMethodDecl *Other : Spec->methods())
        if (Other->getTemplateInstantiationPattern() == FD)
          addInstantiation(Other);
  }

  /// The variable of which an expression names a part, null for others.
  static DeclRefExpr *baseOf(Expr *E) {
    for (;;) {
      E = E->IgnoreParens();
      if (auto *Cast = dyn_cast<ImplicitCastExpr>(E);
          Cast &&
          (Cast->getCastKind() == CK_ArrayToPointerDecay || Cast->getCastKind() == CK_NoOp ||
           Cast->getCastKind() == CK_UncheckedDerivedToBase))
        E = Cast->getSubExpr();
      else if (auto *Subscript = dyn_cast<ArraySubscriptExpr>(E)) {
        if (!Subscript->getBase()->IgnoreParenImpCasts()->getType()->isArrayType())
          return nullptr;
        E = Subscript->getBase();
      } else if (auto *Member = dyn_cast<MemberExpr>(E); Member && !Member->isArrow())
        E = Member->getBase();
      else
        return dyn_cast<DeclRefExpr>(E);
    }
  }

  void account(Expr *E, bool Read, bool Written) {
    DeclRefExpr *Base = baseOf(E);
    auto *Var = Base ? dyn_cast<VarDecl>(Base->getDecl()) : nullptr;
    if (!Var || !Accounted.insert(Base).second)
      return;
    if (ReachedVariable *It = entry(Var)) {
      It->Read |= Read;
      It->Written |= Written;
    }
  }

  /// A use of which nothing better is known.
  void note(VarDecl *Var, Expr *E) {
    if (Accounted.contains(E))
      return;
    if (ReachedVariable *It = entry(Var)) {
      It->Read = true;
      It->Written |= !E->getType().isConstQualified();
    }
  }

  ReachedVariable *entry(VarDecl *Var) {
    Var = Var->getCanonicalDecl();
    if (VarDecl *Definition = Var->getDefinition())
      Var = Definition;
    if (!Var->hasGlobalStorage() || !counts(Var))
      return nullptr;
    bool Late = Var->isStaticLocal() && Var->hasInit() && !Var->hasConstantInitialization();
    return &Found.insert({Var, {Var, false, false, Late, false}}).first->second;
  }

  bool counts(VarDecl *Var) {
    if (auto Known = Counts.find(Var); Known != Counts.end())
      return Known->second;
    bool Result = countsAnew(Var);
    return Counts[Var] = Result;
  }

  bool countsAnew(VarDecl *Var) {
    if (Var->isInvalidDecl() || Var->hasAttr<CUDASharedAttr>() || T.Generated.contains(Var) ||
        isToolkit(Var))
      return false;
    QualType Type = Var->getType();
    if (Type->isDependentType() || Var->getDeclContext()->isDependentContext()) {
      Dependent = true;
      return false;
    }
    if (Type->isReferenceType())
      Type = Type.getNonReferenceType();
    // Constants are what they are in every process.
    if (Var->isConstexpr() || (Type.isConstQualified() && !hasMutable(Type)))
      return false;
    bool Device = Var->hasAttr<CUDADeviceAttr>() || Var->hasAttr<CUDAConstantAttr>();
    if (!Device || Var->hasAttr<HIPManagedAttr>())
      return true;
    if (AllOnDevice)
      return !Var->isStaticLocal();
    // The host's side of such a variable is not registered with the toolkit.
    if (Var->isInline() || Var->isStaticLocal())
      return false;
    // Code for the device may count on what nobody outside of it can change.
    return Var->isExternallyVisible() || T.S.Context.CUDADeviceVarODRUsedByHost.contains(Var);
  }

  static bool hasMutable(QualType Type) {
    const auto *RD = Type->getBaseElementTypeUnsafe()->getAsCXXRecordDecl();
    return RD && RD->hasDefinition() && RD->hasMutableFields();
  }

  Session &T;
  SourceManager &SM;
  llvm::DenseMap<const FunctionDecl *, const FunctionTemplateDecl *> Factories;
  llvm::SmallVector<const FunctionDecl *, 16> Pending;
  llvm::DenseSet<const FunctionDecl *> Seen;
  llvm::DenseSet<const CXXRecordDecl *> Records;
  llvm::DenseSet<const Expr *> Accounted;
  llvm::DenseMap<const VarDecl *, bool> Counts;
  bool Dependent = false; ///< the body that is walked names what only its instantiations tell
};

} // namespace

std::vector<ReachedVariable> findReachedState(Session &T, const Dispatcher &D,
                                              llvm::ArrayRef<Expr *> Options, bool AllOnDevice) {
  Walk Reached(T);
  Reached.AllOnDevice = AllOnDevice;
  Reached.reachTemplate(D.Source->Template);
  Reached.run();
  for (Expr *Option : Options)
    Reached.TraverseStmt(Option);
  Reached.run();
  std::vector<ReachedVariable> Result;
  for (const auto &[Var, Known] : Reached.Found)
    Result.push_back(Known);
  return Result;
}

} // namespace tlplugin
