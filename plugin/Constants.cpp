// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/Constants.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"

using namespace clang;

namespace tlplugin {

Constants &constantsOf(Session &T) {
  if (!T.Repointed)
    T.Repointed = std::make_shared<Constants>(T);
  return *T.Repointed;
}

static void repoint(Expr *Where, ValueDecl *To) {
  if (auto *Ref = dyn_cast<DeclRefExpr>(Where))
    Ref->setDecl(To);
  else
    cast<MemberExpr>(Where)->setMemberDecl(To);
}

/// A function whose address is a part of a value and for which Is says yes, null for none.
template <class Predicate>
static const FunctionDecl *findFunction(const APValue &V, const Predicate &Is) {
  auto AnyOf = [&](unsigned Count, auto Part) -> const FunctionDecl * {
    for (unsigned I = 0; I < Count; ++I)
      if (const FunctionDecl *Found = findFunction(Part(I), Is))
        return Found;
    return nullptr;
  };
  switch (V.getKind()) {
  case APValue::LValue: {
    const auto *D = V.getLValueBase().dyn_cast<const ValueDecl *>();
    const auto *FD = dyn_cast_or_null<FunctionDecl>(D);
    return FD && Is(FD) ? FD : nullptr;
  }
  case APValue::Struct: {
    auto Base = [&](unsigned I) -> const APValue & { return V.getStructBase(I); };
    auto Field = [&](unsigned I) -> const APValue & { return V.getStructField(I); };
    const FunctionDecl *Found = AnyOf(V.getStructNumBases(), Base);
    return Found ? Found : AnyOf(V.getStructNumFields(), Field);
  }
  case APValue::Union:
    return V.getUnionField() ? findFunction(V.getUnionValue(), Is) : nullptr;
  case APValue::Array: {
    unsigned Count = V.getArrayInitializedElts();
    // A table of numbers is not read to its end.
    if (Count > 0 && (V.getArrayInitializedElt(0).isInt() || V.getArrayInitializedElt(0).isFloat()))
      return nullptr;
    auto Element = [&](unsigned I) -> const APValue & { return V.getArrayInitializedElt(I); };
    if (const FunctionDecl *Found = AnyOf(Count, Element))
      return Found;
    return V.hasArrayFiller() ? findFunction(V.getArrayFiller(), Is) : nullptr;
  }
  default:
    return nullptr;
  }
}

bool Constants::holdsFactory(const APValue &V) const {
  return findFunction(V, [&](const FunctionDecl *FD) {
    FunctionTemplateDecl *Template = FD->getPrimaryTemplate();
    return Template && T.getFactory(Template);
  });
}

void Constants::add(Expr *Where, ValueDecl *Dispatcher) {
  if (!Mentions.insert(Where).second)
    return;
  auto *Ref = dyn_cast<DeclRefExpr>(Where);
  All.push_back(
      {Where, Ref ? Ref->getDecl() : cast<MemberExpr>(Where)->getMemberDecl(), Dispatcher});
  if (Generating)
    repoint(Where, Dispatcher);
}

void Constants::add(VarDecl *V) {
  EvaluatedStmt *Known = V->getEvaluatedStmt();
  if (!Known || !Known->WasEvaluated || ValueOf.contains(Known) || !holdsFactory(Known->Evaluated))
    return;
  Values.push_back(std::make_unique<Value>(Value{V, nullptr, APValue()}));
  ValueOf[Known] = Values.back().get();
  if (Generating)
    show(*Values.back(), true);
}

void Constants::add(ConstantExpr *E) {
  if (E->getResultStorageKind() != ConstantResultStorageKind::APValue || !E->hasAPValueResult() ||
      ValueOf.contains(E))
    return;
  APValue Result = E->getAPValueResult();
  if (!holdsFactory(Result))
    return;
  Values.push_back(std::make_unique<Value>(Value{nullptr, E, APValue()}));
  ValueOf[E] = Values.back().get();
  if (Generating)
    show(*Values.back(), true);
}

const Factory *Constants::findFactory(VarDecl *V) {
  EvaluatedStmt *Known = V->getEvaluatedStmt();
  if (!Known || !ValueOf.contains(Known))
    return nullptr;
  bool Was = Generating;
  show(true);
  const APValue *Seen = V->evaluateValue();
  const FunctionDecl *Found = nullptr;
  if (Seen)
    Found = findFunction(*Seen, [&](const FunctionDecl *FD) { return T.Generated.contains(FD); });
  show(Was);
  for (const auto &Entry : T.Queue.all())
    if (Found && Entry.second->Dispatch == Found)
      return Entry.second->Source;
  return nullptr;
}

void Constants::show(Value &V, bool AsGenerated) {
  if (V.Call) {
    Expr::EvalResult Result;
    if (!V.Known && V.Call->getSubExpr()->EvaluateAsConstantExpr(
                        Result, T.S.Context, ConstantExprKind::ImmediateInvocation))
      V.Other = Result.Val;
    else if (!V.Known)
      V.Other = V.Call->getAPValueResult();
    V.Known = true;
    APValue Shown = V.Call->getAPValueResult();
    V.Call->MoveIntoResult(V.Other, T.S.Context);
    V.Other = std::move(Shown);
    return;
  }
  EvaluatedStmt *Stmt = V.Variable->getEvaluatedStmt();
  // As generated it is evaluated when code generation asks for it.
  V.Known |= !AsGenerated && Stmt->WasEvaluated;
  Stmt->Evaluated.swap(V.Other);
  Stmt->WasEvaluated = !AsGenerated || V.Known;
}

void Constants::show(bool AsGenerated) {
  if (Generating == AsGenerated)
    return;
  Generating = AsGenerated;
  for (const Mention &It : All)
    repoint(It.Where, AsGenerated ? It.Dispatcher : It.Written);
  for (const std::unique_ptr<Value> &It : Values)
    show(*It, AsGenerated);
}

} // namespace tlplugin
