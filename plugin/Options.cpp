// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/Options.h"
#include "plugin/AutotuneAttr.h"
#include "plugin/ConfigSpace.h"
#include "plugin/Diagnostics.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/Sema/EnterExpressionEvaluationContext.h"
#include "clang/Sema/Template.h"

using namespace clang;

namespace tlplugin {

const Option *findOption(const Factory &F, llvm::StringRef Keyword) {
  for (const Option &O : F.Options)
    if (O.Keyword == Keyword)
      return &O;
  return nullptr;
}

ExprResult substitute(Session &T, const Factory &F, FunctionDecl *Spec, Expr *E) {
  Sema &S = T.S;
  MultiLevelTemplateArgumentList Args = S.getTemplateInstantiationArgs(Spec);
  LocalInstantiationScope Scope(S);
  Sema::InstantiatingTemplate Instantiating(S, F.getLocation(), Spec);
  if (Instantiating.isInvalid())
    return ExprError();
  return S.SubstExpr(E, Args);
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

bool checkCallable(Session &T, const Dispatcher &D, const Option &O, Expr *E, QualType Config) {
  bool TakesConfig = O.Keyword == "eligible";
  bool MayTakeResult = O.Keyword == "check";
  if (!TakesConfig && !MayTakeResult && O.Keyword != "reference" && O.Keyword != "key")
    return true;
  Sema &S = T.S;
  const auto *OptionClass = E->getType()->getAsCXXRecordDecl();
  if (!OptionClass || OptionClass->field_empty())
    return true;
  SourceLocation Loc = O.Value->getExprLoc();
  QualType Callee = OptionClass->field_begin()->getType();
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
      O.Keyword == "check" || O.Keyword == "reference" ? getLaunch(D.Default) : nullptr;
  auto CanCall = [&](bool WithResult, bool WithConfig, bool WithOwn = true) {
    llvm::SmallVector<Expr *, 8> Args;
    if (WithConfig)
      Args.push_back(Operand(Config.withConst()));
    if (WithOwn)
      for (const ParmVarDecl *P : D.Default->parameters())
        Args.push_back(Operand(P->getType()));
    if (Launch)
      for (QualType P : Launch->param_types())
        Args.push_back(Operand(P));
    if (WithResult)
      Args.push_back(Operand(D.Default->getReturnType().withConst()));
    EnterExpressionEvaluationContext Unevaluated(S, Sema::ExpressionEvaluationContext::Unevaluated);
    Sema::SFINAETrap Trap(S, /*WithAccessChecking=*/true);
    ExprResult Call = S.BuildCallExpr(nullptr, Operand(Callee), Loc, Args, Loc);
    return Call.isUsable() && !Trap.hasErrorOccurred();
  };
  bool HasResult = !D.Default->getReturnType()->isVoidType();
  if (CanCall(false, TakesConfig) ||
      (MayTakeResult && HasResult && !Launch && CanCall(true, false)))
    return true;
  // `eligible` may return the wanted configs instead of judging each.
  if (TakesConfig && CanCall(false, false))
    return true;
  if (Launch && CanCall(false, false, /*WithOwn=*/false))
    return true;
  // On a GPU these may also take the launch's stream; the header tells whether they do.
  if (Launch && (S.getLangOpts().CUDA || S.getLangOpts().HIP))
    return true;
  QualType Shown = Callee->isFunctionPointerType() ? Callee->getPointeeType() : Callee;
  error(S, Loc,
        "option '%0' of type %1 cannot be called with the %select{parameters|config and the "
        "parameters}2 of %3, "
        "of type %4")
      << O.Keyword << Shown << TakesConfig << D.Source->Template << D.Default->getType()
      << O.Value->getSourceRange();
  note(S, D.Source->Template->getLocation(), "%0 declared here") << D.Source->Template;
  return false;
}

/// Whether D is an object of namespace tl::keywords.
static bool isKeyword(const ValueDecl *D) {
  const auto *Inner = dyn_cast<NamespaceDecl>(D->getDeclContext()->getRedeclContext());
  if (!Inner || Inner->getName() != "keywords")
    return false;
  const auto *Outer = dyn_cast<NamespaceDecl>(Inner->getDeclContext()->getRedeclContext());
  return Outer && Outer->getName() == "tl" && Outer->getDeclContext()->isTranslationUnit();
}

/// Splits `keyword = value`, which is an overloaded assignment or, when the value is dependent, a
/// plain one.
static bool splitAssignment(Expr *E, const ValueDecl *&Left, Expr *&Right) {
  E = E->IgnoreImplicit();
  Expr *Target = nullptr;
  if (auto *Call = dyn_cast<CXXOperatorCallExpr>(E); Call && Call->getOperator() == OO_Equal) {
    Target = Call->getArg(0);
    Right = Call->getArg(1);
  } else if (auto *Binary = dyn_cast<BinaryOperator>(E);
             Binary && Binary->getOpcode() == BO_Assign) {
    Target = Binary->getLHS();
    Right = Binary->getRHS();
  }
  if (!Target)
    return false;
  auto *Ref = dyn_cast<DeclRefExpr>(Target->IgnoreParenImpCasts());
  if (!Ref || !isKeyword(Ref->getDecl()))
    return false;
  Left = Ref->getDecl();
  // The value as written: keyword objects take it by value, which would turn an array into a
  // pointer.
  Right = Right->IgnoreUnlessSpelledInSource();
  return true;
}

static bool readArguments(Session &T, Factory &F) {
  Sema &S = T.S;
  llvm::SmallVector<std::pair<llvm::StringRef, SourceLocation>, 8> Seen;
  SourceLocation ConfigsLoc;
  bool Ok = true;
  for (Expr *Arg : F.Attr->args()) {
    if (auto *Braced = dyn_cast<InitListExpr>(Arg->IgnoreParenImpCasts())) {
      F.InlineConfigs.push_back(Braced);
      continue;
    }
    const ValueDecl *Keyword = nullptr;
    Expr *Value = nullptr;
    if (!splitAssignment(Arg, Keyword, Value)) {
      if (!Arg->containsErrors())
        error(S, Arg->getExprLoc(),
              "expected 'keyword = value' with a keyword of 'tl::keywords', or a braced config")
            << Arg->getSourceRange();
      Ok = false;
      continue;
    }
    llvm::StringRef Name = Keyword->getName();
    auto Earlier = llvm::find_if(Seen, [&](const auto &Entry) { return Entry.first == Name; });
    if (Earlier != Seen.end()) {
      error(S, Arg->getBeginLoc(), "option '%0' given twice") << Name << Arg->getSourceRange();
      note(S, Earlier->second, "first given here");
      Ok = false;
      continue;
    }
    Seen.push_back({Name, Arg->getBeginLoc()});
    if (Name == "configs") {
      F.Configs = Value;
      ConfigsLoc = Arg->getBeginLoc();
    } else {
      F.Options.push_back({Name, Arg, Value});
    }
  }
  if (!Ok)
    return false;
  if (F.Configs && !F.InlineConfigs.empty()) {
    error(S, F.InlineConfigs.front()->getBeginLoc(),
          "braced configs cannot be given together with 'configs'")
        << F.InlineConfigs.front()->getSourceRange();
    note(S, ConfigsLoc, "'configs' given here");
    return false;
  }
  if (!F.Configs && F.InlineConfigs.empty()) {
    error(S, F.getLocation(), "'tl::autotune' needs 'configs = ...' or braced configs");
    return false;
  }
  return true;
}

/// The attribute decides what a call means, so it has to be there before the first call can be.
static void checkRedeclaration(Session &T, FunctionTemplateDecl *Redecl) {
  const AnnotateAttr *Attr = findAutotuneAttr(Redecl);
  FunctionTemplateDecl *First = Redecl->getCanonicalDecl();
  if (Redecl == First || !Attr)
    return;
  if (const AnnotateAttr *Earlier = findAutotuneAttr(First)) {
    error(T.S, Attr->getLocation(), "%0 already has 'tl::autotune' on its first declaration")
        << First;
    note(T.S, Earlier->getLocation(), "first given here");
    return;
  }
  error(T.S, Attr->getLocation(), "'tl::autotune' must stand on the first declaration of %0")
      << First;
  note(T.S, First->getLocation(), "first declared here");
}

void checkDeclarations(Session &T, Decl *D) {
  if (auto *Template = dyn_cast<FunctionTemplateDecl>(D)) {
    if (findAutotuneAttr(Template)) {
      checkRedeclaration(T, Template);
      T.getFactory(Template);
    }
    return;
  }
  // Members of class templates included: what is wrong in every specialisation is said once, here.
  if (auto *Template = dyn_cast<ClassTemplateDecl>(D))
    D = Template->getTemplatedDecl();
  if (isa<NamespaceDecl, LinkageSpecDecl, CXXRecordDecl, ExportDecl>(D) &&
      !isa<ClassTemplateSpecializationDecl>(D))
    for (Decl *Inner : cast<DeclContext>(D)->noload_decls())
      checkDeclarations(T, Inner);
}

namespace {

/// Finds a mention of a template parameter from `First` on.
class ParameterFinder : public RecursiveASTVisitor<ParameterFinder> {
public:
  ParameterFinder(TemplateParameterList *Params, unsigned First) : Params(Params), First(First) {}

  bool VisitTemplateTypeParmTypeLoc(TemplateTypeParmTypeLoc Loc) {
    return check(Loc.getDecl(), Loc.getNameLoc());
  }
  bool VisitDeclRefExpr(DeclRefExpr *E) { return check(E->getDecl(), E->getLocation()); }

  SourceLocation Found;
  const NamedDecl *Parameter = nullptr;

private:
  bool check(const NamedDecl *D, SourceLocation Loc) {
    for (unsigned I = First; I < Params->size(); ++I)
      if (Params->getParam(I) == D) {
        Found = Loc;
        Parameter = D;
        return false;
      }
    return true;
  }

  TemplateParameterList *Params;
  unsigned First;
};

} // namespace

/// All variants share one signature: callers see only that of the default config.
bool checkSignature(Session &T, Factory &F) {
  ParameterFinder Finder(F.Template->getTemplateParameters(), F.FirstTunable);
  FunctionDecl *FD = F.Template->getTemplatedDecl();
  if (TypeSourceInfo *Info = FD->getTypeSourceInfo()) {
    if (auto Proto = Info->getTypeLoc().IgnoreParens().getAs<FunctionProtoTypeLoc>()) {
      Finder.TraverseTypeLoc(Proto.getReturnLoc());
      for (ParmVarDecl *P : Proto.getParams())
        if (P && P->getTypeSourceInfo() && !Finder.Parameter)
          Finder.TraverseTypeLoc(P->getTypeSourceInfo()->getTypeLoc());
    }
  }
  if (!Finder.Parameter)
    return true;
  error(T.S, Finder.Found,
        "the signature of %0 depends on its tunable %1; all variants need one signature")
      << F.Template << Finder.Parameter;
  return false;
}

static bool hasDefault(const NamedDecl *Param) {
  if (auto *P = dyn_cast<NonTypeTemplateParmDecl>(Param))
    return P->hasDefaultArgument();
  if (auto *P = dyn_cast<TemplateTypeParmDecl>(Param))
    return P->hasDefaultArgument();
  if (auto *P = dyn_cast<TemplateTemplateParmDecl>(Param))
    return P->hasDefaultArgument();
  return false;
}

static bool checkTunables(Session &T, Factory &F) {
  Sema &S = T.S;
  TemplateParameterList *Params = F.Template->getTemplateParameters();
  const NamedDecl *Last = Params->getParam(Params->size() - 1);
  if (Last->isTemplateParameterPack()) {
    error(S, Last->getLocation(),
          "%0 has no tunables: its last template parameter is the pack %1; tunables come "
          "after it, with default arguments")
        << F.Template << Last;
    note(S, F.getLocation(), "'tl::autotune' given here");
    return false;
  }
  if (!hasDefault(Last)) {
    // Tell a tunable in the wrong place from none at all.
    for (const NamedDecl *Param : *Params)
      if (auto *Value = dyn_cast<NonTypeTemplateParmDecl>(Param);
          Value && Value->getType()->isRecordType()) {
        if (Param == Last)
          error(S, Param->getLocation(),
                "tunable %0 needs a default argument, which is the default config")
              << Param;
        else
          error(S, Param->getLocation(),
                "tunable %0 must be the last template parameter; %1 follows it")
              << Param << Last;
        return false;
      }
    error(S, Last->getLocation(),
          "%0 has no tunables: its last template parameter %1 has no default argument")
        << F.Template << Last;
    note(S, F.getLocation(), "'tl::autotune' given here");
    return false;
  }
  if (isa<TemplateTemplateParmDecl>(Last)) {
    error(S, Last->getLocation(), "template template parameter %0 cannot be a tunable") << Last;
    return false;
  }
  auto *Value = dyn_cast<NonTypeTemplateParmDecl>(Last);
  if (!Value)
    return true;
  QualType Type = Value->getType();
  if (Type->getContainedDeducedType()) {
    if (const Expr *Default = Value->getDefaultArgument().getSourceExpression())
      Type = Default->getType();
  }
  F.ClassTunable = Type->isRecordType() ||
                   (Type->isDependentType() && Type->getAs<TemplateSpecializationType>());
  if (F.ClassTunable) {
    F.FirstTunable = Params->size() - 1;
    F.TunablesKnown = true;
  }
  return true;
}

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

static bool checkRanges(Session &T, const Factory &F) {
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
      static constexpr llvm::StringLiteral Fields[] = {"rtol", "atol", "max_mismatched_ratio"};
      for (unsigned I = 0; I < 3 && V.isStruct() && I < V.getStructNumFields(); ++I) {
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
    if (llvm::is_contained({"skip_check", "cache_inputs", "cold"}, O.Keyword)) {
      // The keyword takes a bool, to which a pointer or an array would convert.
      QualType Type = O.Value->getType();
      if (!O.Whole->isInstantiationDependent() && !Type->isArithmeticType() &&
          !Type->isRecordType()) {
        error(T.S, O.Value->getExprLoc(), "option '%0' expects true or false, found %1")
            << O.Keyword << Type << O.Value->getSourceRange();
        Ok = false;
        continue;
      }
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

/// Not in the attribute's handler: __global__ may be written behind it.
static bool checkHostFunction(Session &T, const Factory &F) {
  const FunctionDecl *FD = F.Template->getTemplatedDecl();
  if (FD->hasAttr<CUDAGlobalAttr>()) {
    error(T.S, F.getLocation(),
          "'tl::autotune' cannot tune the kernel %0 itself; put it on the host function template "
          "that launches it")
        << FD;
    return false;
  }
  if (FD->hasAttr<CUDADeviceAttr>()) {
    error(T.S, F.getLocation(),
          "'tl::autotune' applies to host functions, and %0 is a device function; put it on the "
          "host function template that launches the kernel")
        << FD;
    return false;
  }
  return true;
}

bool checkFactory(Session &T, Factory &F) {
  if (F.Template->isInvalidDecl() || F.Template->getTemplatedDecl()->isInvalidDecl())
    return false;
  if (!checkHostFunction(T, F) || !readArguments(T, F) || !checkTunables(T, F))
    return false;
  if (!checkRanges(T, F))
    return false;
  if (F.ClassTunable && !checkSignature(T, F))
    return false;
  return checkSpace(T, F);
}

} // namespace tlplugin
