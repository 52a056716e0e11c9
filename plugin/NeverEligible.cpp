// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/NeverEligible.h"
#include "plugin/Diagnostics.h"
#include "plugin/Options.h"
#include "plugin/WrittenVariables.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Sema/EnterExpressionEvaluationContext.h"

using namespace clang;

namespace tlplugin {
namespace {

/// A function called with a config that is known and with arguments that are not.
class PartialCall {
public:
  PartialCall(ASTContext &InC, const FunctionDecl *InCallee, llvm::ArrayRef<const Expr *> InArgs)
      : C(InC), Callee(InCallee), Body(InCallee->getBody()), Written(Body),
        Args(InArgs.begin(), InArgs.end()) {}

  /// Whether every path through it returns false.
  bool returnsFalse() {
    for (const ParmVarDecl *P : Callee->parameters())
      if (!P->getType()->isReferenceType() && Written.contains(P))
        return false;
    return statement(Body) == False && !GaveUp;
  }

private:
  /// How a statement may end.
  enum Outcome : unsigned { False = 1, Other = 2, GoesOn = 4 };
  static constexpr unsigned MaxDepth = 64;

  std::optional<llvm::APSInt> number(const Expr *E, unsigned Depth = 0) {
    if (E->isValueDependent() || Depth > MaxDepth || !E->getType()->isIntegralOrEnumerationType())
      return std::nullopt;
    APValue Value;
    if (E->EvaluateWithSubstitution(Value, C, Callee, Args) && Value.isInt())
      return Value.getInt();
    if (const auto *Inner = dyn_cast<ParenExpr>(E))
      return number(Inner->getSubExpr(), Depth + 1);
    if (const auto *Inner = dyn_cast<FullExpr>(E))
      return number(Inner->getSubExpr(), Depth + 1);
    if (const auto *Cast = dyn_cast<CastExpr>(E))
      return converted(*Cast, Depth);
    if (const auto *Unary = dyn_cast<UnaryOperator>(E); Unary && Unary->getOpcode() == UO_LNot) {
      std::optional<bool> Inner = truth(Unary->getSubExpr(), Depth + 1);
      return Inner ? std::optional(ofBool(E, !*Inner)) : std::nullopt;
    }
    if (const auto *Choice = dyn_cast<ConditionalOperator>(E)) {
      std::optional<bool> Condition = truth(Choice->getCond(), Depth + 1);
      if (!Condition)
        return std::nullopt;
      return number(*Condition ? Choice->getTrueExpr() : Choice->getFalseExpr(), Depth + 1);
    }
    if (const auto *Binary = dyn_cast<BinaryOperator>(E))
      return Binary->isLogicalOp() ? logical(*Binary, Depth) : arithmetic(*Binary, Depth);
    if (const auto *Ref = dyn_cast<DeclRefExpr>(E))
      if (const auto *Var = dyn_cast<VarDecl>(Ref->getDecl());
          Var && Var->isLocalVarDecl() && Var->hasLocalStorage() && Var->getInit() &&
          !Var->getType()->isReferenceType() && !Var->getType().isVolatileQualified() &&
          !Written.contains(Var))
        return number(Var->getInit(), Depth + 1);
    return std::nullopt;
  }

  std::optional<bool> truth(const Expr *E, unsigned Depth = 0) {
    std::optional<llvm::APSInt> Value = number(E, Depth);
    return Value ? std::optional(Value->getBoolValue()) : std::nullopt;
  }

  llvm::APSInt ofBool(const Expr *E, bool Value) { return C.MakeIntValue(Value, E->getType()); }

  std::optional<llvm::APSInt> converted(const CastExpr &Cast, unsigned Depth) {
    const Expr *From = Cast.getSubExpr();
    std::optional<llvm::APSInt> Value = number(From, Depth + 1);
    if (!Value)
      return std::nullopt;
    switch (Cast.getCastKind()) {
    case CK_LValueToRValue:
    case CK_NoOp:
      return Value;
    case CK_IntegralToBoolean:
      return ofBool(&Cast, Value->getBoolValue());
    case CK_IntegralCast: {
      llvm::APSInt Made = Value->extOrTrunc(C.getIntWidth(Cast.getType()));
      Made.setIsSigned(Cast.getType()->isSignedIntegerOrEnumerationType());
      return Made;
    }
    default:
      return std::nullopt;
    }
  }

  /// One side may decide alone, the right one too: what the left one would do besides changes
  /// nothing about the value.
  std::optional<llvm::APSInt> logical(const BinaryOperator &It, unsigned Depth) {
    bool Decides = It.getOpcode() == BO_LOr;
    std::optional<bool> Left = truth(It.getLHS(), Depth + 1);
    if (Left == Decides)
      return ofBool(&It, Decides);
    std::optional<bool> Right = truth(It.getRHS(), Depth + 1);
    if (Right == Decides || (Left && Right))
      return ofBool(&It, *Right);
    return std::nullopt;
  }

  std::optional<llvm::APSInt> arithmetic(const BinaryOperator &It, unsigned Depth) {
    std::optional<llvm::APSInt> Left = number(It.getLHS(), Depth + 1);
    if (!Left)
      return std::nullopt;
    std::optional<llvm::APSInt> Right = number(It.getRHS(), Depth + 1);
    if (!Right || Left->getBitWidth() != Right->getBitWidth() ||
        Left->isSigned() != Right->isSigned())
      return std::nullopt;
    bool Signed = Left->isSigned(), Overflow = false;
    llvm::APInt Made;
    switch (It.getOpcode()) {
    case BO_EQ:
      return ofBool(&It, *Left == *Right);
    case BO_NE:
      return ofBool(&It, *Left != *Right);
    case BO_LT:
      return ofBool(&It, *Left < *Right);
    case BO_GT:
      return ofBool(&It, *Left > *Right);
    case BO_LE:
      return ofBool(&It, *Left <= *Right);
    case BO_GE:
      return ofBool(&It, *Left >= *Right);
    case BO_Add:
      Made = Signed ? Left->sadd_ov(*Right, Overflow) : *Left + *Right;
      break;
    case BO_Sub:
      Made = Signed ? Left->ssub_ov(*Right, Overflow) : *Left - *Right;
      break;
    case BO_Mul:
      Made = Signed ? Left->smul_ov(*Right, Overflow) : *Left * *Right;
      break;
    case BO_Div:
    case BO_Rem:
      if (Right->isZero() || (Signed && Left->isMinSignedValue() && Right->isAllOnes()))
        return std::nullopt;
      Made = It.getOpcode() == BO_Div ? *Left / *Right : *Left % *Right;
      break;
    default:
      return std::nullopt;
    }
    return Overflow ? std::nullopt : std::optional(llvm::APSInt(Made, !Signed));
  }

  unsigned statement(const Stmt *S) {
    if (!S)
      return GoesOn;
    if (const auto *Return = dyn_cast<ReturnStmt>(S)) {
      std::optional<bool> Value =
          Return->getRetValue() ? truth(Return->getRetValue()) : std::nullopt;
      return Value == false ? False : Other;
    }
    if (const auto *Compound = dyn_cast<CompoundStmt>(S)) {
      unsigned Out = GoesOn;
      for (const Stmt *Child : Compound->body())
        if (Out & GoesOn)
          Out = (Out & ~GoesOn) | statement(Child);
      return Out;
    }
    if (const auto *If = dyn_cast<IfStmt>(S)) {
      std::optional<bool> Always =
          If->getCond() && !If->isConsteval() ? truth(If->getCond()) : std::nullopt;
      if (Always)
        return statement(*Always ? If->getThen() : If->getElse());
      return statement(If->getThen()) | statement(If->getElse());
    }
    // Only of what holds no way out it is known where it goes on.
    if (leaves(S))
      GaveUp = true;
    return GoesOn;
  }

  static bool leaves(const Stmt *S) {
    if (!S || isa<LambdaExpr>(S))
      return false;
    if (isa<ReturnStmt, GotoStmt, IndirectGotoStmt, LabelStmt, CXXThrowExpr, CXXTryStmt,
            GCCAsmStmt>(S))
      return true;
    return llvm::any_of(S->children(), leaves);
  }

  ASTContext &C;
  const FunctionDecl *Callee;
  const Stmt *Body;
  WrittenVariables Written;
  llvm::SmallVector<const Expr *, 8> Args;
  bool GaveUp = false;
};

} // namespace

/// `eligible(config, args...)` of which the config alone has a value; null where it is no such
/// call.
static CallExpr *buildCall(Session &T, const Dispatcher &D, Expr *Callee,
                           TemplateParamObjectDecl *Config, SourceLocation Loc) {
  Sema &S = T.S;
  auto Operand = [&](QualType Type, ExprValueKind Kind) -> Expr * {
    return new (S.Context) OpaqueValueExpr(Loc, Type.getNonReferenceType(), Kind);
  };
  if (Callee->getType()->isRecordType())
    Callee = Operand(Callee->getType(), VK_LValue);
  llvm::SmallVector<Expr *, 8> Args = {DeclRefExpr::Create(
      S.Context, NestedNameSpecifierLoc(), SourceLocation(), Config,
      /*RefersToEnclosingVariableOrCapture=*/false, Loc, Config->getType(), VK_LValue)};
  for (const ParmVarDecl *P : D.Default->parameters())
    Args.push_back(Operand(P->getType(), VK_LValue));
  EnterExpressionEvaluationContext Unevaluated(S, Sema::ExpressionEvaluationContext::Unevaluated);
  Sema::SFINAETrap Trap(S, /*WithAccessChecking=*/true);
  ExprResult Call = S.BuildCallExpr(nullptr, Callee, Loc, Args, Loc);
  if (!Call.isUsable() || Trap.hasErrorOccurred())
    return nullptr;
  return dyn_cast<CallExpr>(Call.get()->IgnoreImplicit());
}

/// A trivial copy as the value that it is: its constructor has no body that could be evaluated as
/// long as no code uses it.
static const Expr *withoutCopy(ASTContext &C, const Expr *Arg) {
  const auto *Copy = dyn_cast<CXXConstructExpr>(Arg->IgnoreImplicit());
  if (!Copy || Copy->getNumArgs() != 1 || !Copy->getConstructor()->isCopyConstructor() ||
      !Copy->getConstructor()->isTrivial())
    return Arg;
  auto *Of = const_cast<Expr *>(Copy->getArg(0)->IgnoreParenImpCasts());
  return ImplicitCastExpr::Create(C, Copy->getType(), CK_LValueToRValue, Of, /*BasePath=*/nullptr,
                                  VK_PRValue, FPOptionsOverride());
}

static bool isNeverEligible(Session &T, const Dispatcher &D, Expr *Callee,
                            TemplateParamObjectDecl *Config, SourceLocation Loc) {
  CallExpr *Call = buildCall(T, D, Callee, Config, Loc);
  const FunctionDecl *FD = Call ? Call->getDirectCallee() : nullptr;
  if (!FD || !FD->getReturnType()->isIntegralOrEnumerationType() || !FD->isDefined(FD) ||
      !FD->hasBody() || FD->isInvalidDecl())
    return false;
  llvm::SmallVector<const Expr *, 8> Args;
  for (const Expr *Arg : llvm::drop_begin(Call->arguments(), isa<CXXOperatorCallExpr>(Call)))
    Args.push_back(withoutCopy(T.S.Context, Arg));
  return PartialCall(T.S.Context, FD, Args).returnsFalse();
}

void reportNeverEligible(Session &T, const Dispatcher &D, const VariantList &List) {
  const Factory &F = *D.Source;
  const Option *O = findOption(F, "eligible");
  if (!O || T.isDevicePass() || T.Args.CheckLegality == Legality::Off)
    return;
  Sema &S = T.S;
  Expr *Callee = O->Value;
  if (Callee->isInstantiationDependent()) {
    ExprResult Filled = substitute(T, F, D.Default, Callee);
    if (!Filled.isUsable())
      return;
    Callee = Filled.get();
  }
  SourceLocation Loc = O->Value->getExprLoc();
  std::vector<const Variant *> Never;
  for (const Variant &V : List.Variants)
    if (V.Value && V.Illegal.empty() && isNeverEligible(T, D, Callee, V.Value, Loc))
      Never.push_back(&V);
  if (Never.empty())
    return;
  std::string Name = F.Template->getNameAsString();
  if (llvm::is_contained(Never, &List.Variants[List.Default]))
    warning(S, Loc,
            "'eligible' refuses the default config '" + List.Variants[List.Default].Text +
                "' of '" + Name +
                "' whatever the arguments are, and everything is compared with it");
  else
    warning(S, Loc,
            "'eligible' refuses " + llvm::Twine(Never.size()) + " of " +
                llvm::Twine(List.Variants.size()) + " variants of '" + Name +
                "' whatever the arguments are, such as '" + Never.front()->Text +
                "': they are compiled and never run; what depends on the config alone can stand in "
                "the space's 'where'");
  if (T.Args.Remarks)
    for (const Variant *V : Never)
      remark(S, Loc, "config '%0' of %1 is never eligible") << V->Text << F.Template;
}

} // namespace tlplugin
