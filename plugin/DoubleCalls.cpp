// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/DoubleCalls.h"
#include "plugin/DeviceFunctions.h"
#include "plugin/Diagnostics.h"
#include "clang/AST/Attr.h"
#include "clang/AST/Expr.h"
#include "clang/AST/RecursiveASTVisitor.h"

using namespace clang;

namespace tlplugin {
namespace {

class DoubleCallFinder : public RecursiveASTVisitor<DoubleCallFinder> {
public:
  explicit DoubleCallFinder(Session &T) : T(T) {}

  bool VisitCallExpr(CallExpr *E) {
    const FunctionDecl *Callee = E->getDirectCallee();
    const SourceManager &SM = T.S.getSourceManager();
    if (!Callee || !Callee->getReturnType()->isSpecificBuiltinType(BuiltinType::Double) ||
        (Callee->getBuiltinID() == 0 && !SM.isInSystemHeader(Callee->getLocation())) ||
        SM.isInSystemHeader(SM.getExpansionLoc(E->getExprLoc())))
      return true;
    bool Widened = false;
    for (unsigned I = 0; I < E->getNumArgs() && I < Callee->getNumParams(); ++I) {
      QualType Parameter = Callee->getParamDecl(I)->getType();
      if (!Parameter->isSpecificBuiltinType(BuiltinType::Double))
        continue;
      if (!comesFromFloat(E->getArg(I)))
        return true; // in double because something else is
      Widened = true;
    }
    if (Widened && hasFloatForm(Callee) && T.WarnedDoubles.insert(E->getExprLoc()).second)
      warning(
          T.S, E->getExprLoc(),
          "'" + Callee->getNameAsString() +
              "' of a float computes in double here, since it has no overload for float; call '" +
              Callee->getNameAsString() + "f'");
    return true;
  }

private:
  bool hasFloatForm(const FunctionDecl *Callee) {
    IdentifierInfo &Name = T.S.Context.Idents.get(Callee->getNameAsString() + "f");
    return !T.S.Context.getTranslationUnitDecl()->lookup(DeclarationName(&Name)).empty();
  }

  /// A float that is made a double for the call.
  static bool comesFromFloat(const Expr *Argument) {
    const auto *Cast = dyn_cast<ImplicitCastExpr>(Argument->IgnoreParens());
    if (!Cast || Cast->getCastKind() != CK_FloatingCast)
      return false;
    return Cast->getSubExpr()->getType()->isSpecificBuiltinType(BuiltinType::Float);
  }

  Session &T;
};

} // namespace

void warnAboutDoubleCalls(Session &T, Decl *D) {
  // Both passes see the same functions; the host's talks.
  if (T.isDevicePass())
    return;
  forEachDeviceFunction(D, [&](FunctionDecl *FD) {
    // A `__host__ __device__` function may mean the host's double.
    if (!FD->hasAttr<CUDAHostAttr>() && !T.S.getSourceManager().isInSystemHeader(FD->getLocation()))
      DoubleCallFinder(T).TraverseStmt(FD->getBody());
  });
}

} // namespace tlplugin
