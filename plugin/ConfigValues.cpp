// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/ConfigValues.h"
#include "plugin/Diagnostics.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/RecursiveASTVisitor.h"

using namespace clang;

namespace tlplugin {

static bool isSoundRecord(const CXXRecordDecl *RD) {
  if (!RD)
    return true;
  RD = RD->getDefinition();
  if (!RD || RD->isInvalidDecl())
    return false;
  for (const CXXBaseSpecifier &Base : RD->bases())
    if (!Base.getType()->isDependentType() && !isSoundRecord(Base.getType()->getAsCXXRecordDecl()))
      return false;
  for (const FieldDecl *Field : RD->fields()) {
    if (Field->isInvalidDecl())
      return false;
    // That of a class template is instantiated when it is needed.
    const Expr *Init = Field->hasInClassInitializer() ? Field->getInClassInitializer() : nullptr;
    if (Init && Init->containsErrors())
      return false;
    const Type *Element = Field->getType()->getBaseElementTypeUnsafe();
    if (!isSoundRecord(Element->getAsCXXRecordDecl()))
      return false;
  }
  return true;
}

bool isSoundType(QualType Type) {
  return !Type.isNull() && isSoundRecord(Type->getBaseElementTypeUnsafe()->getAsCXXRecordDecl());
}

namespace {

/// Stops at the first mention of something that has an error.
class ErrorFinder : public RecursiveASTVisitor<ErrorFinder> {
public:
  bool VisitDeclRefExpr(DeclRefExpr *E) {
    const auto *Var = dyn_cast<VarDecl>(E->getDecl());
    if (E->getDecl()->isInvalidDecl())
      return false;
    if (!Var || Var->getDeclContext()->isDependentContext())
      return true;
    // One with an error may have been dropped.
    const Expr *Init = Var->getAnyInitializer();
    return Init ? !Init->containsErrors() && !Init->isValueDependent() : !Var->isConstexpr();
  }
};

} // namespace

bool isSound(const Expr *E) {
  return E && !E->containsErrors() && !E->getType().isNull() &&
         (E->isTypeDependent() || isSoundType(E->getType())) &&
         ErrorFinder().TraverseStmt(const_cast<Expr *>(E));
}

namespace {
enum class Flaw { None, Missing, Literal, Temporary, Other };
} // namespace

static Flaw findFlaw(QualType Type, const APValue &V);

static Flaw findFlawInPointer(const APValue &V) {
  APValue::LValueBase Base = V.getLValueBase();
  if (const Expr *E = Base.dyn_cast<const Expr *>())
    return isa<MaterializeTemporaryExpr>(E) ? Flaw::Temporary : Flaw::Literal;
  if (Base.is<TypeInfoLValue>() || Base.is<DynamicAllocLValue>())
    return Flaw::Other;
  const auto *Var = dyn_cast_or_null<VarDecl>(Base.dyn_cast<const ValueDecl *>());
  if (Var && !Var->hasGlobalStorage())
    return Flaw::Temporary;
  // A number that was made a pointer.
  return !Base && !V.isNullPointer() ? Flaw::Other : Flaw::None;
}

static Flaw findFlawInStruct(const CXXRecordDecl *RD, const APValue &V) {
  unsigned I = 0;
  for (const CXXBaseSpecifier &Base : RD->bases())
    if (Flaw Found = findFlaw(Base.getType(), V.getStructBase(I++)); Found != Flaw::None)
      return Found;
  for (const FieldDecl *Field : RD->fields()) {
    if (Field->isUnnamedBitField())
      continue; // never has a value
    Flaw Found = findFlaw(Field->getType(), V.getStructField(Field->getFieldIndex()));
    if (Found != Flaw::None)
      return Found;
  }
  return Flaw::None;
}

static Flaw findFlaw(QualType Type, const APValue &V) {
  switch (V.getKind()) {
  case APValue::None:
  case APValue::Indeterminate:
    return Flaw::Missing;
  case APValue::LValue:
    return findFlawInPointer(V);
  case APValue::Struct:
    return findFlawInStruct(Type->getAsCXXRecordDecl(), V);
  case APValue::Union:
    return V.getUnionField() ? findFlaw(V.getUnionField()->getType(), V.getUnionValue())
                             : Flaw::None;
  case APValue::Array: {
    QualType Element = Type->getAsArrayTypeUnsafe()->getElementType();
    for (unsigned I = 0; I < V.getArrayInitializedElts(); ++I)
      if (Flaw Found = findFlaw(Element, V.getArrayInitializedElt(I)); Found != Flaw::None)
        return Found;
    return V.hasArrayFiller() ? findFlaw(Element, V.getArrayFiller()) : Flaw::None;
  }
  case APValue::AddrLabelDiff:
    return Flaw::Other;
  default:
    return Flaw::None;
  }
}

bool checkParts(Session &T, const Factory &F, const Space &Configs) {
  for (const APValue &V : Configs.Values) {
    Flaw Found = Flaw::None;
    if (!Configs.Config.isNull()) {
      Found = findFlaw(Configs.Config, V);
    } else {
      // Values of plain parameters: one that is absent was not given.
      for (unsigned I = 0; I < V.getStructNumFields() && Found == Flaw::None; ++I)
        if (const APValue &Given = V.getStructField(I); Given.isLValue())
          Found = findFlawInPointer(Given);
    }
    if (Found == Flaw::None)
      continue;
    error(T.S, F.getConfigsLocation(),
          "a config of %0 %select{has a field without a value|holds a pointer to a string literal|"
          "holds a pointer to a temporary or local object|holds a pointer to no object}1, which "
          "cannot be a template argument")
        << F.Template << unsigned(Found) - 1;
    return false;
  }
  return true;
}

} // namespace tlplugin
