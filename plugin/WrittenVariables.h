// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which variables of a function keep the value of their initialiser, or of their argument.

#ifndef TL_PLUGIN_WRITTENVARIABLES_H
#define TL_PLUGIN_WRITTENVARIABLES_H

#include "clang/AST/Decl.h"
#include "clang/AST/ExprCXX.h"
#include "llvm/ADT/DenseSet.h"

namespace tlplugin {

/// The variables of a function whose value may be another one than that of their initialiser.
class WrittenVariables {
public:
  explicit WrittenVariables(const clang::Stmt *Body) { visit(Body); }
  bool contains(const clang::VarDecl *Var) const { return Written.contains(Var); }

private:
  /// A variable, or a member of one, that is read where it stands.
  static const clang::Expr *readFrom(const clang::Stmt *S) {
    if (const auto *Cast = llvm::dyn_cast<clang::ImplicitCastExpr>(S);
        Cast && Cast->getCastKind() == clang::CK_LValueToRValue) {
      const clang::Expr *E = Cast->getSubExpr()->IgnoreParens();
      if (const auto *Member = llvm::dyn_cast<clang::MemberExpr>(E); Member && !Member->isArrow())
        E = Member->getBase()->IgnoreParens();
      return E;
    }
    // A constant view of it, as a const member function has.
    if (const auto *View = llvm::dyn_cast<clang::ImplicitCastExpr>(S);
        View && View->getCastKind() == clang::CK_NoOp && View->isLValue() &&
        View->getType().isConstQualified())
      return View->getSubExpr()->IgnoreParens();
    if (const auto *Copy = llvm::dyn_cast<clang::CXXConstructExpr>(S);
        Copy && Copy->getNumArgs() > 0 && Copy->getConstructor()->isCopyConstructor())
      return Copy->getArg(0)->IgnoreParenImpCasts();
    return nullptr;
  }

  void visit(const clang::Stmt *S) {
    if (!S)
      return;
    if (const clang::Expr *Read = readFrom(S); Read && llvm::isa<clang::DeclRefExpr>(Read))
      return;
    if (const auto *Ref = llvm::dyn_cast<clang::DeclRefExpr>(S))
      Written.insert(Ref->getDecl());
    for (const clang::Stmt *Child : S->children())
      visit(Child);
  }

  llvm::DenseSet<const clang::ValueDecl *> Written;
};

} // namespace tlplugin

#endif
