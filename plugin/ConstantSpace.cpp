// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/ConstantSpace.h"
#include "plugin/Lookup.h"

using namespace clang;

namespace tlplugin {

/// The value of a constexpr variable, null for any other expression.
static const APValue *valueOf(const Expr *E) {
  const auto *Ref = dyn_cast<DeclRefExpr>(E->IgnoreParenImpCasts());
  const auto *Var = Ref ? dyn_cast<VarDecl>(Ref->getDecl()) : nullptr;
  if (!Var || !Var->isConstexpr() || Var->isInvalidDecl() || Var->getType()->isReferenceType())
    return nullptr;
  const Expr *Init = Var->getAnyInitializer();
  if (!Init || Init->isValueDependent())
    return nullptr;
  const APValue *Value = Var->evaluateValue();
  return Value && Value->hasValue() ? Value : nullptr;
}

/// Element I of an array's value, of which only the first ones may be spelled out.
static const APValue &elementOf(const APValue &Array, unsigned I) {
  return I < Array.getArrayInitializedElts() ? Array.getArrayInitializedElt(I)
                                             : Array.getArrayFiller();
}

static bool readArray(QualType Type, const APValue &Value, Space &Out) {
  if (!Value.isArray())
    return false;
  Out.Config = Type->getAsArrayTypeUnsafe()->getElementType().getUnqualifiedType();
  for (unsigned I = 0; I < Value.getArraySize(); ++I)
    Out.Values.push_back(elementOf(Value, I));
  return true;
}

using Axis = ProductSpace::Axis;

/// Takes a tl::detail::axis_chain apart, the first axis first.
static bool readAxes(const CXXRecordDecl *Config, const APValue &Chain,
                     llvm::SmallVectorImpl<Axis> &Out) {
  if (!Chain.isStruct())
    return false;
  if (Chain.getStructNumFields() == 0)
    return true; // tl::detail::no_axes
  if (Chain.getStructNumFields() != 3 || !readAxes(Config, Chain.getStructField(0), Out))
    return false;
  const APValue &Pointer = Chain.getStructField(1), &Values = Chain.getStructField(2);
  if (!Pointer.isMemberPointer() || !Values.isArray())
    return false;
  const auto *Field = dyn_cast_or_null<FieldDecl>(Pointer.getMemberPointerDecl());
  if (!Field || Field->getParent()->getCanonicalDecl() != Config->getCanonicalDecl())
    return false; // a base's, or an anonymous union's
  Out.push_back({Field, &Values});
  return true;
}

/// The value of a default-constructed config.
static bool makeDefault(Session &T, QualType Config, SourceLocation Loc, APValue &Out) {
  ASTContext &C = T.S.Context;
  ExprResult List = T.S.BuildInitList(Loc, {}, Loc);
  if (!List.isUsable())
    return false;
  Expr *Init = List.get();
  ExprResult Object = T.S.BuildCXXTypeConstructExpr(C.getTrivialTypeSourceInfo(Config, Loc), Loc,
                                                    Init, Loc, /*ListInitialization=*/true);
  Expr::EvalResult Result;
  if (!Object.isUsable() || !Object.get()->EvaluateAsConstantExpr(Result, C) ||
      !Result.Val.isStruct())
    return false;
  Out = std::move(Result.Val);
  return true;
}

/// The last axis varies fastest, as in tl::space_t::for_each.
static void combine(llvm::ArrayRef<Axis> Axes, APValue &Config, Space &Out) {
  if (Axes.empty()) {
    Out.Values.push_back(Config);
    return;
  }
  for (unsigned I = 0; I < Axes.front().Values->getArraySize(); ++I) {
    Config.getStructField(Axes.front().Field->getFieldIndex()) = elementOf(*Axes.front().Values, I);
    combine(Axes.drop_front(), Config, Out);
  }
}

bool readProduct(Session &T, const ClassTemplateSpecializationDecl *RD, const APValue &Value,
                 SourceLocation Loc, ProductSpace &Out) {
  // space_t<Config, Axes, Predicates>: a chain of axes, and of predicates.
  QualType Config = RD->getTemplateArgs()[0].getAsType();
  const CXXRecordDecl *ConfigRecord = Config->getAsCXXRecordDecl();
  if (!ConfigRecord || ConfigRecord->isUnion() || !Value.isStruct() ||
      Value.getStructNumFields() != 2 ||
      !readAxes(ConfigRecord, Value.getStructField(0), Out.Axes) ||
      !makeDefault(T, Config, Loc, Out.Default))
    return false;
  Out.Config = Config.getUnqualifiedType();
  for (const Axis &It : Out.Axes)
    Out.Combinations *= It.Values->getArraySize();
  return true;
}

static bool readSpace(Session &T, const ClassTemplateSpecializationDecl *RD, const APValue &Value,
                      SourceLocation Loc, Space &Out) {
  const CXXRecordDecl *Predicates = RD->getTemplateArgs()[2].getAsType()->getAsCXXRecordDecl();
  ProductSpace Product;
  if (!isTlClass(Predicates, "no_predicates") || !readProduct(T, RD, Value, Loc, Product))
    return false;
  Out.Config = Product.Config;
  combine(Product.Axes, Product.Default, Out);
  return true;
}

bool readConstantSpace(Session &T, const Expr *Configs, Space &Out) {
  const APValue *Value = valueOf(Configs);
  if (!Value)
    return false;
  QualType Type = Configs->getType();
  if (Type->isConstantArrayType())
    return readArray(Type, *Value, Out);
  const auto *RD = dyn_cast_or_null<ClassTemplateSpecializationDecl>(Type->getAsCXXRecordDecl());
  return isTlClass(RD, "space_t") && readSpace(T, RD, *Value, Configs->getExprLoc(), Out);
}

} // namespace tlplugin
