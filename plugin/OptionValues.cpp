// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/OptionValues.h"
#include "plugin/Diagnostics.h"
#include "plugin/KeywordTable.h"
#include "plugin/Lookup.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Sema/EnterExpressionEvaluationContext.h"
#include "llvm/ADT/StringExtras.h"
#include <optional>

using namespace clang;

namespace tlplugin {

bool evaluateOption(Session &T, const Option &O, APValue &Out) {
  Expr::EvalResult Result;
  llvm::SmallVector<PartialDiagnosticAt, 8> Notes;
  Result.Diag = &Notes;
  if (!O.Whole->EvaluateAsConstantExpr(Result, T.S.Context) || !Notes.empty()) {
    error(T.S, O.Value->getExprLoc(), "value of option '%0' is not a constant expression")
        << O.Keyword->Name << O.Value->getSourceRange();
    for (const PartialDiagnosticAt &Note : Notes)
      T.S.Diag(Note.first, Note.second);
    return false;
  }
  if (!Result.Val.isStruct() || Result.Val.getStructNumFields() != 1)
    return false;
  Out = Result.Val.getStructField(0);
  return true;
}

static std::string printNumber(const APValue &V) {
  if (V.isInt())
    return llvm::toString(V.getInt(), 10);
  llvm::SmallString<32> Text;
  if (V.isFloat())
    V.getFloat().toString(Text);
  return std::string(Text);
}

static double asDouble(const APValue &V) {
  if (V.isFloat()) {
    llvm::APFloat F = V.getFloat();
    bool Lost = false;
    F.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &Lost);
    return F.convertToDouble();
  }
  return V.isInt() ? static_cast<double>(V.getInt().getExtValue()) : 0;
}

/// A value of a type that the keyword does not take: its assignment yields tl::detail::mistyped.
static bool refuseMistyped(Session &T, const Option &O, const Expr *Whole, QualType Found) {
  if (!isTlClass(Whole->getType()->getAsCXXRecordDecl(), "mistyped"))
    return false;
  error(T.S, O.Value->getExprLoc(), "option '%0' expects %1, found a value of type %2")
      << O.Keyword->Name << O.Keyword->Expects << Found << O.Value->getSourceRange();
  return true;
}

/// Names stand in patterns, lists and lines of a log.
static bool checkName(Session &T, const Option &O) {
  const auto *Text = dyn_cast<StringLiteral>(O.Value->IgnoreParenImpCasts());
  if (!Text || !Text->isOrdinary()) {
    error(T.S, O.Value->getExprLoc(), "option 'name' expects a string literal")
        << O.Value->getSourceRange();
    return false;
  }
  llvm::StringRef Name = Text->getString();
  size_t Wrong = Name.find_if_not(
      [](char C) { return llvm::isAlnum(C) || C == '_' || C == '.' || C == ':' || C == '-'; });
  if (!Name.empty() && Wrong == llvm::StringRef::npos)
    return true;
  error(T.S, O.Value->getExprLoc(),
        "option 'name' is \"%0\", expected letters, digits and the characters \"_.:-\"")
      << Name << O.Value->getSourceRange();
  return false;
}

static bool refuseValue(Session &T, const Option &O, llvm::StringRef Found,
                        llvm::StringRef Expected) {
  error(T.S, O.Value->getExprLoc(), "option '%0' is %1, expected %2")
      << O.Keyword->Name << Found << Expected << O.Value->getSourceRange();
  return false;
}

static bool checkNumber(Session &T, const Option &O, const APValue &V) {
  const KeywordRow &Row = *O.Keyword;
  double Number = asDouble(V);
  // Written so that a NaN is refused too.
  return (Row.Exclusive ? Number > Row.Least : Number >= Row.Least) ||
         refuseValue(T, O, printNumber(V), Row.InRange);
}

static bool checkTolerance(Session &T, const Option &O, const APValue &V) {
  static constexpr llvm::StringLiteral Fields[] = {"rtol", "atol", "max_mismatched_ratio",
                                                   "equal_nan", "rms"};
  bool Ok = true;
  for (unsigned I = 0; I < 5 && V.isStruct() && I < V.getStructNumFields(); ++I) {
    double Number = asDouble(V.getStructField(I));
    if (Number >= 0 && (I != 2 || Number <= 1))
      continue;
    error(T.S, O.Value->getExprLoc(),
          "'%0' of option 'tolerance' is %1, expected %select{a number that is not "
          "negative|a ratio from 0 to 1}2")
        << Fields[I] << printNumber(V.getStructField(I)) << (I == 2) << O.Value->getSourceRange();
    Ok = false;
  }
  return Ok;
}

static bool checkSearch(Session &T, const Option &O, const APValue &V) {
  bool OfNone = V.isStruct() && V.getStructNumFields() == 2 && V.getStructField(0).isInt() &&
                V.getStructField(1).isInt() && V.getStructField(0).getInt() != 0 &&
                V.getStructField(1).getInt() == 0;
  return !OfNone || refuseValue(T, O, "a search of no variant", "a count of at least 1");
}

static bool checkValue(Session &T, const Option &O) {
  if (refuseMistyped(T, O, O.Whole, O.Value->getType()))
    return false;
  ValueKind Kind = O.Keyword->Kind;
  if (Kind == ValueKind::Name)
    return checkName(T, O);
  // Functions need the factory's types; see checkCallable.
  if (Kind == ValueKind::Space || Kind == ValueKind::Function || Kind == ValueKind::Value ||
      Kind == ValueKind::Compilers || O.Whole->isInstantiationDependent())
    return true;
  APValue V;
  if (!evaluateOption(T, O, V))
    return false;
  switch (Kind) {
  case ValueKind::Number:
    return checkNumber(T, O, V);
  case ValueKind::Tolerance:
    return checkTolerance(T, O, V);
  case ValueKind::Search:
    return checkSearch(T, O, V);
  default:
    return true;
  }
}

bool checkValues(Session &T, const Factory &F) {
  bool Ok = true;
  for (const Option &O : F.Options)
    Ok &= checkValue(T, O);
  return Ok;
}

/// The signature of the launch that a lazy factory returns: Signature of tl::kernel<Signature>.
/// Null for any other factory.
static const FunctionProtoType *getLaunch(const FunctionDecl *Factory) {
  const auto *Kernel = dyn_cast_or_null<ClassTemplateSpecializationDecl>(
      Factory->getReturnType()->getAsCXXRecordDecl());
  if (!Kernel || Kernel->getName() != "kernel" || Kernel->getTemplateArgs().size() == 0)
    return nullptr;
  const auto *Space = dyn_cast<NamespaceDecl>(Kernel->getDeclContext()->getRedeclContext());
  const TemplateArgument &Signature = Kernel->getTemplateArgs()[0];
  if (!Space || Space->getName() != "tl" || Signature.getKind() != TemplateArgument::Type)
    return nullptr;
  return Signature.getAsType()->getAs<FunctionProtoType>();
}

/// What a function given as an option returns, as far as the headers would not say it as well.
static bool checkResult(Session &T, const Option &O, QualType Found) {
  if (O.Keyword->Result == Returned::Anything)
    return true;
  QualType Value = Found.getNonReferenceType();
  if (Value->isIntegralOrEnumerationType() || Value->isRecordType())
    return true;
  error(
      T.S, O.Value->getExprLoc(),
      "option '%0' returns %1, expected %select{bool|an integer, enum, bool, or an array, pair or "
      "tuple of them}2")
      << O.Keyword->Name << Found << (O.Keyword->Result == Returned::Key)
      << O.Value->getSourceRange();
  return false;
}

/// What `team` is given, as far as the headers would not say it as well.
static bool checkTeam(Session &T, const Dispatcher &D, const Option &O, Expr *E) {
  Sema &S = T.S;
  SourceLocation Loc = O.Value->getExprLoc();
  if (S.getLangOpts().CUDA || S.getLangOpts().HIP || getLaunch(D.Default)) {
    error(S, Loc, "option 'team' is for functions that run on the CPU, when they are called")
        << O.Value->getSourceRange();
    return false;
  }
  const auto *OptionClass = E->getType()->getAsCXXRecordDecl();
  if (!OptionClass || OptionClass->field_empty())
    return true;
  QualType Callee = OptionClass->field_begin()->getType();
  if (Callee->isFunctionPointerType() || Callee->isRecordType())
    return true;
  error(S, Loc, "option 'team' expects a function, found %0")
      << O.Value->getType() << O.Value->getSourceRange();
  return false;
}

bool checkCallable(Session &T, const Dispatcher &D, const Option &O, Expr *E, QualType Config) {
  bool WantsConfig = O.Keyword->Calls & TakesConfig;
  bool MayTakeResult = O.Keyword->Calls & TakesResult;
  bool IsSupply = O.Keyword->Calls & MakesInputs;
  if (refuseMistyped(T, O, E, O.Value->getType()))
    return false;
  if (O.Keyword->Kind != ValueKind::Function)
    return true;
  if (O.Keyword->Calls & MakesTeam)
    return checkTeam(T, D, O, E);
  Sema &S = T.S;
  const auto *OptionClass = E->getType()->getAsCXXRecordDecl();
  if (!OptionClass || OptionClass->field_empty())
    return true;
  SourceLocation Loc = O.Value->getExprLoc();
  QualType Callee = OptionClass->field_begin()->getType();
  if (IsSupply && isTlClass(Callee->getAsCXXRecordDecl(), "supply_t"))
    return true;
  auto Operand = [&](QualType Type) -> Expr * {
    return new (S.Context) OpaqueValueExpr(Loc, Type.getNonReferenceType(), VK_LValue);
  };
  if (WantsConfig && Config.isNull()) {
    error(S, Loc,
          "option 'eligible' needs a config struct, which configs of plain template parameters "
          "have not");
    return false;
  }
  // A lazy factory's results are looked at with the launch's arguments, after the factory's own or
  // alone.
  const FunctionProtoType *Launch = O.Keyword->Calls & TakesLaunch ? getLaunch(D.Default) : nullptr;
  auto CanCall = [&](bool WithResult, bool WithConfig, bool WithOwn = true,
                     bool WithLaunch = true) -> std::optional<QualType> {
    llvm::SmallVector<Expr *, 8> Args;
    if (WithConfig)
      Args.push_back(Operand(Config.withConst()));
    if (WithOwn)
      for (const ParmVarDecl *P : D.Default->parameters())
        Args.push_back(Operand(P->getType()));
    if (Launch && WithLaunch)
      for (QualType P : Launch->param_types())
        Args.push_back(Operand(P));
    if (WithResult)
      Args.push_back(Operand(D.Default->getReturnType().withConst()));
    EnterExpressionEvaluationContext Unevaluated(S, Sema::ExpressionEvaluationContext::Unevaluated);
    Sema::SFINAETrap Trap(S, /*WithAccessChecking=*/true);
    ExprResult Call = S.BuildCallExpr(nullptr, Operand(Callee), Loc, Args, Loc);
    if (!Call.isUsable() || Trap.hasErrorOccurred())
      return std::nullopt;
    return Call.get()->getType();
  };
  if (std::optional<QualType> Type = CanCall(false, WantsConfig))
    return checkResult(T, O, *Type);
  if (MayTakeResult && !Launch && !D.Default->getReturnType()->isVoidType())
    if (std::optional<QualType> Type = CanCall(true, false))
      return checkResult(T, O, *Type);
  // `eligible` may return the wanted configs instead of judging each.
  if (WantsConfig && CanCall(false, false))
    return true;
  if (Launch && CanCall(false, false, /*WithOwn=*/false))
    return true;
  if (IsSupply && Launch && CanCall(false, false, /*WithOwn=*/true, /*WithLaunch=*/false))
    return true;
  // On a GPU these may also take the launch's stream; the header tells whether they do.
  if (Launch && (S.getLangOpts().CUDA || S.getLangOpts().HIP))
    return true;
  QualType Shown = Callee->isFunctionPointerType() ? Callee->getPointeeType() : Callee;
  if (IsSupply && !Callee->isFunctionPointerType() && !Callee->isRecordType()) {
    error(S, Loc, "option 'supply' expects a function or one of 'tl::supply', found %0")
        << O.Value->getType() << O.Value->getSourceRange();
    return false;
  }
  error(S, Loc,
        "option '%0' of type %1 cannot be called with the %select{parameters|config and the "
        "parameters}2 of %3, "
        "of type %4")
      << O.Keyword->Name << Shown << WantsConfig << D.Source->Template << D.Default->getType()
      << O.Value->getSourceRange();
  note(S, D.Source->Template->getLocation(), "%0 declared here") << D.Source->Template;
  return false;
}

} // namespace tlplugin
