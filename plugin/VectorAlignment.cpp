// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/VectorAlignment.h"
#include "plugin/DeviceFunctions.h"
#include "clang/AST/ASTContext.h"
#include "clang/AST/Attr.h"
#include "clang/AST/Expr.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "llvm/ADT/APInt.h"
#include <cstdint>

using namespace clang;

namespace tlplugin {
namespace {

/// The shared array that an element's address is taken of: `array + i`, `&array[i]`, `&array[i].x`.
VarDecl *sharedVariable(Expr *Address) {
  const Expr *Object = Address->IgnoreParenCasts();
  while (const auto *Moved = dyn_cast<BinaryOperator>(Object)) {
    if (!Moved->isAdditiveOp())
      return nullptr;
    bool Left = Moved->getLHS()->getType()->isPointerType();
    Object = (Left ? Moved->getLHS() : Moved->getRHS())->IgnoreParenCasts();
  }
  if (const auto *Taken = dyn_cast<UnaryOperator>(Object); Taken && Taken->getOpcode() == UO_AddrOf)
    Object = Taken->getSubExpr()->IgnoreParens();
  else if (!Object->getType()->isArrayType())
    return nullptr;
  while (true) {
    Object = Object->IgnoreParenImpCasts();
    if (const auto *Element = dyn_cast<ArraySubscriptExpr>(Object))
      Object = Element->getBase();
    else if (const auto *Member = dyn_cast<MemberExpr>(Object); Member && !Member->isArrow())
      Object = Member->getBase();
    else
      break;
  }
  const auto *Ref = dyn_cast<DeclRefExpr>(Object);
  auto *Var = Ref ? dyn_cast<VarDecl>(const_cast<ValueDecl *>(Ref->getDecl())) : nullptr;
  // What a pointer points to has the pointer's alignment already.
  bool Held = Var && !Var->getType()->isPointerType() && !Var->getType()->isReferenceType();
  return Held && Var->hasAttr<CUDASharedAttr>() ? Var : nullptr;
}

class Caster : public RecursiveASTVisitor<Caster> {
public:
  explicit Caster(ASTContext &Context) : Context(Context) {}

  bool shouldVisitImplicitCode() const { return true; }
  bool VisitCastExpr(CastExpr *E) {
    if (E->getCastKind() != CK_BitCast)
      return true;
    QualType To = E->getType()->getPointeeType(),
             From = E->getSubExpr()->getType()->getPointeeType();
    if (To.isNull() || From.isNull() || To->isIncompleteType() || From->isIncompleteType() ||
        To->isDependentType() || !To->isObjectType() || !From->isObjectType())
      return true;
    CharUnits Wanted = Context.getTypeAlignInChars(To);
    VarDecl *Var =
        Wanted > Context.getTypeAlignInChars(From) ? sharedVariable(E->getSubExpr()) : nullptr;
    if (!Var)
      return true;
    align(Var, Wanted);
    // Clang looks through parentheses, '&' and sums for the variable, and not through a '+' of one.
    Expr *Address = E->getSubExpr();
    E->setSubExpr(UnaryOperator::Create(Context, Address, UO_Plus, Address->getType(), VK_PRValue,
                                        OK_Ordinary, Address->getExprLoc(), /*CanOverflow=*/false,
                                        FPOptionsOverride()));
    return true;
  }

private:
  /// Elements whose index keeps the alignment only have it where the whole array has it.
  void align(VarDecl *Var, CharUnits Wanted) {
    if (Context.getDeclAlign(Var) >= Wanted)
      return;
    llvm::APInt Bytes(Context.getIntWidth(Context.IntTy),
                      static_cast<std::uint64_t>(Wanted.getQuantity()));
    Expr *Value = IntegerLiteral::Create(Context, Bytes, Context.IntTy, Var->getLocation());
    Var->addAttr(AlignedAttr::CreateImplicit(Context, /*IsAlignmentExpr=*/true, Value));
  }

  ASTContext &Context;
};

} // namespace

void keepVectorAlignment(ASTContext &Context, Decl *D) {
  forEachDeviceFunction(D, [&](FunctionDecl *FD) { Caster(Context).TraverseStmt(FD->getBody()); });
}

} // namespace tlplugin
