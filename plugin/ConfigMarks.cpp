// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/ConfigMarks.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/Basic/SourceManager.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallVector.h"

using namespace clang;

namespace tlplugin {
namespace {

/// Whether an expression names template parameters and otherwise nothing but constants.
class ConstantOfConfig : public RecursiveASTVisitor<ConstantOfConfig> {
public:
  static bool is(Expr *E) {
    ConstantOfConfig Looked;
    Looked.TraverseStmt(E);
    return Looked.Tunable && !Looked.Other;
  }

  bool VisitDeclRefExpr(DeclRefExpr *E) {
    const ValueDecl *D = E->getDecl();
    if (isa<NonTypeTemplateParmDecl>(D))
      Tunable = true;
    else if (const auto *Var = dyn_cast<VarDecl>(D))
      Other |= !Var->isConstexpr();
    return true;
  }
  bool VisitCXXThisExpr(CXXThisExpr *) { return Other = true; }

private:
  bool Tunable = false, Other = false;
};

class MarkFinder : public RecursiveASTVisitor<MarkFinder> {
public:
  bool VisitBinaryOperator(BinaryOperator *E) {
    if (E->getOpcode() == BO_Assign)
      assigned(E->getLHS(), E->getRHS());
    else if (E->isCompoundAssignmentOp())
      counted(E->getLHS());
    return true;
  }
  bool VisitUnaryOperator(UnaryOperator *E) {
    if (E->isIncrementDecrementOp())
      counted(E->getSubExpr());
    return true;
  }
  bool VisitCXXOperatorCallExpr(CXXOperatorCallExpr *E) {
    if (E->getOperator() == OO_Equal && E->getNumArgs() == 2)
      assigned(E->getArg(0), E->getArg(1));
    return true;
  }

  // What a template does that is given the tunables is the factory's own doing.
  bool VisitOverloadExpr(OverloadExpr *E) {
    for (NamedDecl *Candidate : E->decls())
      if (auto *Template = dyn_cast<FunctionTemplateDecl>(Candidate->getUnderlyingDecl()))
        follow(Template->getTemplatedDecl());
    return true;
  }
  bool VisitDeclRefExpr(DeclRefExpr *E) {
    if (const auto *FD = dyn_cast<FunctionDecl>(E->getDecl()))
      if (const FunctionDecl *Pattern = FD->getTemplateInstantiationPattern())
        follow(Pattern);
    return true;
  }

  void run(const FunctionDecl *Pattern) {
    follow(Pattern);
    while (!Pending.empty())
      TraverseStmt(Pending.pop_back_val()->getBody());
  }

  explicit MarkFinder(SourceManager &SM) : SM(SM) {}

  llvm::SetVector<VarDecl *> Found;

private:
  void follow(const FunctionDecl *FD) {
    const FunctionDecl *Body = nullptr;
    if (FD->hasBody(Body) && !SM.isInSystemHeader(Body->getLocation()) && Seen.insert(Body).second)
      Pending.push_back(Body);
  }

  void assigned(Expr *To, Expr *Value) {
    if (ConstantOfConfig::is(Value))
      add(To);
    else
      counted(To);
  }

  /// An element that the tunables choose.
  void counted(Expr *To) {
    for (Expr *At = To->IgnoreParenImpCasts();;) {
      if (auto *Subscript = dyn_cast<ArraySubscriptExpr>(At)) {
        if (ConstantOfConfig::is(Subscript->getIdx()))
          return add(To);
        At = Subscript->getBase()->IgnoreParenImpCasts();
      } else if (auto *Member = dyn_cast<MemberExpr>(At)) {
        At = Member->getBase()->IgnoreParenImpCasts();
      } else {
        return;
      }
    }
  }

  void add(Expr *To) {
    for (Expr *At = To->IgnoreParenImpCasts();;) {
      if (auto *Subscript = dyn_cast<ArraySubscriptExpr>(At))
        At = Subscript->getBase()->IgnoreParenImpCasts();
      else if (auto *Member = dyn_cast<MemberExpr>(At); Member && !Member->isArrow())
        At = Member->getBase()->IgnoreParenImpCasts();
      else if (auto *Ref = dyn_cast<DeclRefExpr>(At))
        return addVariable(dyn_cast<VarDecl>(Ref->getDecl()));
      else
        return;
    }
  }

  void addVariable(VarDecl *Var) {
    if (!Var || !Var->hasGlobalStorage() || Var->getTLSKind() != VarDecl::TLS_None ||
        Var->getDeclContext()->isDependentContext() || Var->getType()->isReferenceType() ||
        Var->getType()->isDependentType() || Var->getType()->isIncompleteType())
      return;
    Found.insert(Var->getCanonicalDecl());
  }

  SourceManager &SM;
  llvm::SmallVector<const FunctionDecl *, 8> Pending;
  llvm::DenseSet<const FunctionDecl *> Seen;
};

} // namespace

std::vector<ReachedVariable> findConfigMarks(const Dispatcher &D) {
  std::vector<ReachedVariable> Marks;
  const FunctionDecl *Pattern = D.Source->Template->getTemplatedDecl();
  MarkFinder Finder(Pattern->getASTContext().getSourceManager());
  Finder.run(Pattern);
  for (VarDecl *Var : Finder.Found) {
    Marks.push_back({Var, false, true, false, true});
  }
  return Marks;
}

} // namespace tlplugin
