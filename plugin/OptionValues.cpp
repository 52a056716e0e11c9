// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/OptionValues.h"
#include "plugin/Diagnostics.h"
#include "plugin/Lookup.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Sema/EnterExpressionEvaluationContext.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include <optional>

using namespace clang;

namespace tlplugin {

/// The value of a `keyword = value` whose keyword takes one type.
static bool evaluateOption(Session &T, const Option &O, APValue &Out) {
  if (O.Whole->isInstantiationDependent())
    return false;
  Expr::EvalResult Result;
  llvm::SmallVector<PartialDiagnosticAt, 8> Notes;
  Result.Diag = &Notes;
  if (!O.Whole->EvaluateAsConstantExpr(Result, T.S.Context) || !Notes.empty()) {
    error(T.S, O.Value->getExprLoc(), "value of option '%0' is not a constant expression")
        << O.Keyword << O.Value->getSourceRange();
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

namespace {
struct Range {
  llvm::StringLiteral Keyword;
  double Least;
  bool Exclusive;
  llvm::StringLiteral Expected;
};
} // namespace

/// A value of a type that the keyword does not take: its assignment yields tl::detail::mistyped.
static bool refuseMistyped(Session &T, const Option &O, const Expr *Whole, QualType Found) {
  if (!isTlClass(Whole->getType()->getAsCXXRecordDecl(), "mistyped"))
    return false;
  llvm::StringRef Expected =
      llvm::StringSwitch<llvm::StringRef>(O.Keyword)
          .Case("timeout", "a number of seconds")
          .Case("budget", "a number of seconds")
          .Case("warmup", "a number of milliseconds")
          .Case("rep", "a whole number")
          .Case("check_repeat", "a whole number")
          .Case("skip_check", "true or false")
          .Case("cache_inputs", "true or false")
          .Case("cold", "true or false")
          .Case("tolerance",
                "'{.rtol = ..., .atol = ..., .max_mismatched_ratio = ...}' or 'tl::rms(r)'")
          .Case("search",
                "'tl::search::exhaustive', 'tl::search::random(n)', 'tl::search::local(n)' or "
                "'tl::search::model(n)'")
          .Case("name", "a string literal")
          .Case("profiler", "'tl::profiler::event', 'graph', 'cupti' or 'wall'")
          .Default("'tl::isolation::process' or 'tl::isolation::none'");
  error(T.S, O.Value->getExprLoc(), "option '%0' expects %1, found a value of type %2")
      << O.Keyword << Expected << Found << O.Value->getSourceRange();
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

bool checkValues(Session &T, const Factory &F) {
  static constexpr Range Ranges[] = {
      {"timeout", 0, true, "a positive number of seconds"},
      {"budget", 0, true, "a positive number of seconds"},
      {"warmup", 0, false, "a number of milliseconds that is not negative"},
      {"rep", 1, false, "a count of at least 1"},
      {"check_repeat", 0, false, "a count that is not negative"},
  };
  bool Ok = true;
  auto Refuse = [&](const Option &O, llvm::StringRef Found, llvm::StringRef Expected) {
    error(T.S, O.Value->getExprLoc(), "option '%0' is %1, expected %2")
        << O.Keyword << Found << Expected << O.Value->getSourceRange();
    Ok = false;
  };
  for (const Option &O : F.Options) {
    APValue V;
    if (refuseMistyped(T, O, O.Whole, O.Value->getType())) {
      Ok = false;
      continue;
    }
    if (O.Keyword == "name") {
      Ok &= checkName(T, O);
      continue;
    }
    const Range *R =
        llvm::find_if(Ranges, [&](const Range &Entry) { return Entry.Keyword == O.Keyword; });
    if (R != std::end(Ranges)) {
      if (!evaluateOption(T, O, V)) {
        Ok &= O.Whole->isInstantiationDependent();
        continue;
      }
      double Number = asDouble(V);
      // Written so that a NaN is refused too.
      if (!(R->Exclusive ? Number > R->Least : Number >= R->Least))
        Refuse(O, printNumber(V), R->Expected);
      continue;
    }
    if (O.Keyword == "tolerance") {
      if (!evaluateOption(T, O, V)) {
        Ok &= O.Whole->isInstantiationDependent();
        continue;
      }
      static constexpr llvm::StringLiteral Fields[] = {"rtol", "atol", "max_mismatched_ratio",
                                                       "equal_nan", "rms"};
      for (unsigned I = 0; I < 5 && V.isStruct() && I < V.getStructNumFields(); ++I) {
        double Number = asDouble(V.getStructField(I));
        if (Number >= 0 && (I != 2 || Number <= 1))
          continue;
        error(T.S, O.Value->getExprLoc(),
              "'%0' of option 'tolerance' is %1, expected %select{a number that is not "
              "negative|a ratio from 0 to 1}2")
            << Fields[I] << printNumber(V.getStructField(I)) << (I == 2)
            << O.Value->getSourceRange();
        Ok = false;
      }
      continue;
    }
    if (llvm::is_contained({"skip_check", "cache_inputs", "cold", "profiler", "isolation"},
                           O.Keyword)) {
      Ok &= evaluateOption(T, O, V) || O.Whole->isInstantiationDependent();
      continue;
    }
    if (O.Keyword == "search" && !O.Whole->isInstantiationDependent()) {
      if (!evaluateOption(T, O, V)) {
        Ok = false;
        continue;
      }
      if (V.isStruct() && V.getStructNumFields() == 2 && V.getStructField(0).isInt() &&
          V.getStructField(1).isInt() && V.getStructField(0).getInt() != 0 &&
          V.getStructField(1).getInt() == 0)
        Refuse(O, "a search of no variant", "a count of at least 1");
    }
  }
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
static bool checkResult(Session &T, const Option &O, QualType Returned) {
  bool IsKey = O.Keyword == "key";
  if (!IsKey && O.Keyword != "check" && O.Keyword != "eligible")
    return true;
  QualType Value = Returned.getNonReferenceType();
  if (Value->isIntegralOrEnumerationType() || Value->isRecordType())
    return true;
  error(
      T.S, O.Value->getExprLoc(),
      "option '%0' returns %1, expected %select{bool|an integer, enum, bool, or an array, pair or "
      "tuple of them}2")
      << O.Keyword << Returned << IsKey << O.Value->getSourceRange();
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
  bool TakesConfig = O.Keyword == "eligible";
  bool MayTakeResult = O.Keyword == "check";
  bool IsSupply = O.Keyword == "supply";
  if (refuseMistyped(T, O, E, O.Value->getType()))
    return false;
  if (O.Keyword == "team")
    return checkTeam(T, D, O, E);
  if (!TakesConfig && !MayTakeResult && !IsSupply && O.Keyword != "reference" &&
      O.Keyword != "key" && O.Keyword != "restore")
    return true;
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
  if (TakesConfig && Config.isNull()) {
    error(S, Loc,
          "option 'eligible' needs a config struct, which configs of plain template parameters "
          "have not");
    return false;
  }
  // A lazy factory's results are looked at with the launch's arguments, after the factory's own or
  // alone.
  const FunctionProtoType *Launch =
      MayTakeResult || IsSupply || O.Keyword == "reference" ? getLaunch(D.Default) : nullptr;
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
  if (std::optional<QualType> Returned = CanCall(false, TakesConfig))
    return checkResult(T, O, *Returned);
  if (MayTakeResult && !Launch && !D.Default->getReturnType()->isVoidType())
    if (std::optional<QualType> Returned = CanCall(true, false))
      return checkResult(T, O, *Returned);
  // `eligible` may return the wanted configs instead of judging each.
  if (TakesConfig && CanCall(false, false))
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
      << O.Keyword << Shown << TakesConfig << D.Source->Template << D.Default->getType()
      << O.Value->getSourceRange();
  note(S, D.Source->Template->getLocation(), "%0 declared here") << D.Source->Template;
  return false;
}

} // namespace tlplugin
