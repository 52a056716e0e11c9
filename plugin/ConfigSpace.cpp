// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/ConfigSpace.h"
#include "plugin/ClangCompat.h"
#include "plugin/ConfigArguments.h"
#include "plugin/ConfigValues.h"
#include "plugin/ConstantSpace.h"
#include "plugin/Diagnostics.h"
#include "plugin/Lookup.h"
#include "plugin/OnDemand.h"
#include "plugin/Options.h"
#include "plugin/Tunables.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Sema/EnterExpressionEvaluationContext.h"
#include "clang/Sema/Initialization.h"
#include "clang/Sema/Lookup.h"
#include "clang/Sema/Template.h"

using namespace clang;

namespace tlplugin {
namespace {

/// A context in which constant expressions are built and evaluated, without the evaluator's step
/// limit: a large space is no mistake.
class Evaluation {
public:
  explicit Evaluation(Sema &S)
      : Options(const_cast<LangOptions &>(S.getLangOpts())), Steps(Options.ConstexprStepLimit),
        Saved(S, S.Context.getTranslationUnitDecl()),
        Context(S, Sema::ExpressionEvaluationContext::ConstantEvaluated) {
    Options.ConstexprStepLimit = 0x7fffffff;
  }
  ~Evaluation() { Options.ConstexprStepLimit = Steps; }

private:
  LangOptions &Options;
  unsigned Steps;
  Sema::ContextRAII Saved;
  EnterExpressionEvaluationContext Context;
};

} // namespace

/// The evaluator's own words, without the library's inner calls, which are none of the user's.
static void explain(Session &T, llvm::ArrayRef<PartialDiagnosticAt> Notes, const Expr *Blamed) {
  const SourceManager &SM = T.S.getSourceManager();
  bool First = true;
  for (const PartialDiagnosticAt &Note : Notes) {
    SourceLocation Loc = SM.getExpansionLoc(Note.first);
    bool Inner = SM.isInSystemHeader(Loc) || isInLibrary(T, Loc);
    if (First && Inner)
      T.S.Diag(Blamed->getExprLoc(), Note.second);
    else if (First || (!Inner && Note.first != Blamed->getExprLoc()))
      T.S.Diag(Note.first, Note.second);
    First = false;
  }
}

static unsigned countErrors(Session &T) { return T.S.getDiagnostics().getNumErrors(); }

/// What went wrong since there were so many errors has been told of, a predicate that does not
/// compile for instance.
static bool evaluate(Session &T, Expr *E, const Expr *Blamed, APValue &Out, unsigned Errors) {
  if (!isSound(E) || E->isValueDependent())
    return false; // told of where it is wrong
  Expr::EvalResult Result;
  llvm::SmallVector<PartialDiagnosticAt, 8> Notes;
  Result.Diag = &Notes;
  if (E->EvaluateAsConstantExpr(Result, T.S.Context) && Notes.empty()) {
    Out = std::move(Result.Val);
    return true;
  }
  if (countErrors(T) != Errors)
    return false;
  error(T.S, Blamed->getExprLoc(), "the space is not a constant expression")
      << Blamed->getSourceRange();
  explain(T, Notes, Blamed);
  return false;
}

/// Whether E is something whose configs can be listed: a tl::space, an array, or a range class.
static bool isSpaceLike(Session &T, const Expr *E) {
  QualType Type = E->getType();
  if (Type->isArrayType())
    return T.S.Context.getBaseElementType(Type)->isRecordType() &&
           Type->getAsArrayTypeUnsafe()->getElementType()->isRecordType();
  CXXRecordDecl *RD = Type->getAsCXXRecordDecl();
  if (!RD || !RD->hasDefinition())
    return false;
  if (isTlClass(RD, "space_t"))
    return true;
  auto Has = [&](llvm::StringRef Name) {
    LookupResult R(T.S, &T.S.Context.Idents.get(Name), E->getExprLoc(), Sema::LookupMemberName);
    R.suppressDiagnostics();
    return T.S.LookupQualifiedName(R, RD);
  };
  return Has("begin") && Has("end");
}

static ExprResult call(Session &T, ExprResult Callee, Expr *Argument, SourceLocation Loc) {
  if (Callee.isInvalid())
    return ExprError();
  Expr *Args[] = {Argument};
  return T.S.BuildCallExpr(nullptr, Callee.get(), Loc, Args, Loc);
}

static bool evaluateSpace(Session &T, Expr *Configs, Space &Out) {
  Sema &S = T.S;
  SourceLocation Loc = Configs->getExprLoc();
  Evaluation Scope(S);
  // A variable whose initialiser has errors, which were told of there.
  if (!isSound(Configs) || Configs->isTypeDependent())
    return false;
  if (isOnDemand(Configs)) {
    ExprResult Object = S.PerformCopyInitialization(
        InitializedEntity::InitializeTemporary(Configs->getType().getUnqualifiedType()), Loc,
        Configs);
    APValue Value;
    return Object.isUsable() && evaluate(T, Object.get(), Configs, Value, countErrors(T)) &&
           readOnDemand(T, Configs, std::move(Value), Out);
  }
  if (!isSpaceLike(T, Configs)) {
    error(S, Loc, "'configs' expects a tl::space or a constexpr range of config structs, found %0")
        << Configs->getType() << Configs->getSourceRange();
    return false;
  }
  if (readConstantSpace(T, Configs, Out))
    return true;
  unsigned Errors = countErrors(T);
  APValue Count;
  ExprResult CountCall = call(T, buildDetailReference(T, "config_count", Loc), Configs, Loc);
  if (CountCall.isInvalid() || !evaluate(T, CountCall.get(), Configs, Count, Errors) ||
      !Count.isInt())
    return false;
  uint64_t N = Count.getInt().getZExtValue();
  if (N == 0) {
    error(S, Loc, "the space is empty: no combination of its axes satisfies its predicates")
        << Configs->getSourceRange();
    return false;
  }
  TemplateArgumentListInfo Args(Loc, Loc);
  TemplateArgument Size(S.Context, llvm::APSInt::getUnsigned(N), S.Context.getSizeType());
  Args.addArgument(S.getTrivialTemplateArgumentLoc(Size, S.Context.getSizeType(), Loc));
  APValue List;
  ExprResult ListCall = call(T, buildDetailReference(T, "config_list", Loc, &Args), Configs, Loc);
  if (ListCall.isInvalid() || !evaluate(T, ListCall.get(), Configs, List, Errors))
    return false;
  const auto *Holder = ListCall.get()->getType()->getAsCXXRecordDecl();
  if (!Holder || Holder->field_empty() || !List.isStruct() || !List.getStructField(0).isArray())
    return false;
  Out.Config = S.Context.getAsArrayType(Holder->field_begin()->getType())
                   ->getElementType()
                   .getUnqualifiedType();
  const APValue &Data = List.getStructField(0);
  for (uint64_t I = 0; I < N; ++I)
    Out.Values.push_back(I < Data.getArrayInitializedElts() ? Data.getArrayInitializedElt(I)
                                                            : Data.getArrayFiller());
  return true;
}

/// `{.block_m = 64}, {.block_m = 128}` for a config struct.
static bool evaluateStructList(Session &T, const Factory &F, QualType Config, FunctionDecl *Spec,
                               Space &Out) {
  Sema &S = T.S;
  Evaluation Scope(S);
  Out.Config = Config;
  for (InitListExpr *Written : F.InlineConfigs) {
    Expr *List = Written;
    if (Spec) {
      ExprResult Substituted = substitute(T, F, Spec, List);
      if (Substituted.isInvalid())
        return false;
      List = Substituted.get();
    }
    SourceLocation Loc = Written->getBeginLoc();
    ExprResult Object =
        S.BuildCXXTypeConstructExpr(S.Context.getTrivialTypeSourceInfo(Config, Loc), Loc, List, Loc,
                                    /*ListInitialization=*/true);
    APValue V;
    if (Object.isInvalid() || !evaluate(T, Object.get(), Written, V, countErrors(T)))
      return false;
    Out.Values.push_back(std::move(V));
  }
  return true;
}

/// One written value, made one of its parameter's type; in Clang's own words where it does not fit.
static bool evaluateWritten(Session &T, const Factory &F, FunctionDecl *Spec, NamedDecl *Param,
                            unsigned Index, Expr *Written, APValue &Out) {
  Sema &S = T.S;
  ExprResult Value = Written;
  if (Spec)
    Value = substitute(T, F, Spec, Value.get());
  if (!Value.isUsable())
    return false;
  auto Declared = [&] {
    note(S, Param->getLocation(), "tunable %0 declared here") << Param;
    return false;
  };
  if (isa<TemplateTypeParmDecl>(Param)) {
    QualType Found = Value.get()->getType().getUnqualifiedType();
    if (Found->isRecordType())
      Value = S.PerformCopyInitialization(InitializedEntity::InitializeTemporary(Found),
                                          Written->getExprLoc(), Value.get());
    if (!Value.isUsable() || !evaluate(T, Value.get(), Written, Out, countErrors(T)))
      return false;
    if (!typeOfToken(Value.get()->getType(), Out).isNull())
      return true;
    error(S, Written->getExprLoc(), "type parameter %0 needs a value 'tl::type<...>', found %1")
        << Param << Value.get()->getType() << Written->getSourceRange();
    return Declared();
  }
  QualType Type = cast<NonTypeTemplateParmDecl>(Param)->getType();
  if (Spec)
    Type = Spec->getTemplateSpecializationArgs()->get(Index).getNonTypeTemplateArgumentType();
  Type = Type.getUnqualifiedType();
  SourceLocation Loc = Written->getBeginLoc();
  if (Expr *List = Value.get(); isa<InitListExpr>(List))
    Value = S.BuildCXXTypeConstructExpr(S.Context.getTrivialTypeSourceInfo(Type, Loc), Loc, List,
                                        Loc, /*ListInitialization=*/true);
  // Of several functions of one name, the parameter's type tells which one is meant.
  if (Value.isUsable() && Value.get()->getType() == S.Context.OverloadTy) {
    DeclAccessPair Found;
    FunctionDecl *Meant = S.ResolveAddressOfOverloadedFunction(
        Value.get(), Type.getNonReferenceType(), /*Complain=*/true, Found);
    if (!Meant)
      return Declared();
    Value = S.FixOverloadedFunctionReference(Value.get(), Found, Meant);
  }
  if (Value.isUsable() && !Type->isReferenceType())
    Value = S.DefaultFunctionArrayLvalueConversion(Value.get());
  if (!Value.isUsable() || !evaluate(T, Value.get(), Written, Out, countErrors(T)))
    return false;
  return compat::convertToParameter(S, Value.get(), Type, Out) || Declared();
}

/// `{.block_m = 64}, {.block_m = 128}` without a struct: the names are those of the parameters.
static bool evaluateParameterList(Session &T, Factory &F, FunctionDecl *Spec, Space &Out) {
  Sema &S = T.S;
  Evaluation Scope(S);
  TemplateParameterList *Params = F.Template->getTemplateParameters();
  unsigned First = Params->size();
  for (InitListExpr *Written : F.InlineConfigs) {
    for (Expr *Init : Written->inits()) {
      auto *Field = dyn_cast<DesignatedInitExpr>(Init);
      if (!Field || Field->size() != 1 || !Field->getDesignator(0)->isFieldDesignator()) {
        error(S, Init->getExprLoc(),
              "expected '.parameter = value' in a config of plain template parameters")
            << Init->getSourceRange();
        return false;
      }
      const IdentifierInfo *Name = Field->getDesignator(0)->getFieldName();
      unsigned I = findParameter(Params, Name);
      if (I == Params->size() || isa<TemplateTemplateParmDecl>(Params->getParam(I))) {
        error(S, Field->getDesignatorsSourceRange().getBegin(),
              "%0 has no template parameter %1 that a config could set")
            << F.Template << Name;
        return false;
      }
      First = std::min(First, I);
    }
  }
  if (!F.TunablesKnown) {
    if (First == Params->size()) {
      error(S, F.getLocation(), "the configs of %0 set no template parameter") << F.Template;
      return false;
    }
    F.FirstTunable = First;
    F.TunablesKnown = true;
    if (!checkSignature(T, F))
      return false;
  }
  unsigned Count = Params->size() - F.FirstTunable;
  for (InitListExpr *Written : F.InlineConfigs) {
    APValue Config(APValue::UninitStruct(), 0, Count);
    for (Expr *Init : Written->inits()) {
      auto *Field = cast<DesignatedInitExpr>(Init);
      unsigned Index = findParameter(Params, Field->getDesignator(0)->getFieldName());
      unsigned I = Index - F.FirstTunable;
      if (!Config.getStructField(I).isAbsent()) {
        error(S, Init->getBeginLoc(), "parameter %0 set twice in one config")
            << Field->getDesignator(0)->getFieldName() << Init->getSourceRange();
        return false;
      }
      if (!evaluateWritten(T, F, Spec, Params->getParam(Index), Index, Field->getInit(),
                           Config.getStructField(I)))
        return false;
    }
    Out.Values.push_back(std::move(Config));
  }
  return true;
}

static bool checkConfigType(Session &T, const Factory &F, const Space &Configs) {
  if (!F.ClassTunable)
    return true;
  auto *Param =
      cast<NonTypeTemplateParmDecl>(F.Template->getTemplateParameters()->getParam(F.FirstTunable));
  QualType Expected = Param->getType().getUnqualifiedType();
  if (Expected->isDependentType() || Expected->getContainedDeducedType() ||
      T.S.Context.hasSameUnqualifiedType(Expected, Configs.Config))
    return true;
  error(T.S, F.getConfigsLocation(),
        "the space holds configs of type %0, but tunable %1 has type %2")
      << Configs.Config << Param << Expected;
  note(T.S, Param->getLocation(), "tunable declared here");
  return false;
}

static bool evaluateUnchecked(Session &T, Factory &F, FunctionDecl *Spec, Space &Out) {
  if (F.Configs) {
    Expr *Configs = F.Configs;
    if (Spec && !Configs->containsErrors()) {
      ExprResult Substituted = substitute(T, F, Spec, Configs);
      if (Substituted.isInvalid())
        return false;
      Configs = Substituted.get()->IgnoreUnlessSpelledInSource();
    }
    return evaluateSpace(T, Configs, Out) && checkConfigType(T, F, Out) &&
           (F.ClassTunable || findTunables(T, F, Out));
  }
  if (!F.ClassTunable)
    return evaluateParameterList(T, F, Spec, Out);
  auto *Param =
      cast<NonTypeTemplateParmDecl>(F.Template->getTemplateParameters()->getParam(F.FirstTunable));
  QualType Config = Param->getType();
  if (Spec) {
    const TemplateArgument &Default = Spec->getTemplateSpecializationArgs()->get(F.FirstTunable);
    Config = Default.getNonTypeTemplateArgumentType();
  } else if (Config->getContainedDeducedType()) {
    Config = Param->getDefaultArgument().getSourceExpression()->getType();
  }
  return evaluateStructList(T, F, Config.getUnqualifiedType(), Spec, Out);
}

/// Configs that stand for all of the space.
static Space toCheck(const Space &Configs) {
  Space All{Configs.Config, Configs.Values, Configs.Product};
  if (Configs.Product)
    for (APValue &It : spanningConfigs(*Configs.Product))
      All.Values.push_back(std::move(It));
  return All;
}

static bool evaluateAny(Session &T, Factory &F, FunctionDecl *Spec, Space &Out) {
  return evaluateUnchecked(T, F, Spec, Out) && checkParts(T, F, toCheck(Out));
}

namespace {
/// Stops at a static member of a class template, whose mere mention Clang does not call dependent.
class MemberFinder : public RecursiveASTVisitor<MemberFinder> {
public:
  bool VisitDeclRefExpr(DeclRefExpr *E) {
    return !E->getDecl()->getDeclContext()->isDependentContext();
  }
};
} // namespace

static bool isDependent(const Factory &F) {
  if (F.Configs && F.Configs->isInstantiationDependent())
    return true;
  if (F.Configs && F.Template->getDeclContext()->isDependentContext() &&
      !MemberFinder().TraverseStmt(F.Configs))
    return true;
  const TemplateParameterList *Params = F.Template->getTemplateParameters();
  auto HasDependentType = [&](const NamedDecl *Param) {
    const auto *Value = dyn_cast<NonTypeTemplateParmDecl>(Param);
    return Value && Value->getType()->isDependentType();
  };
  if (F.ClassTunable && HasDependentType(Params->getParam(F.FirstTunable)))
    return true;
  // Which of them the configs name is found later; a leading one among them does no harm.
  if (!F.ClassTunable && !F.InlineConfigs.empty() && llvm::any_of(*Params, HasDependentType))
    return true;
  return llvm::any_of(F.InlineConfigs, [](InitListExpr *E) {
    return llvm::any_of(E->inits(), [](Expr *Init) {
      auto *Field = dyn_cast<DesignatedInitExpr>(Init);
      return (Field ? Field->getInit() : Init)->isInstantiationDependent();
    });
  });
}

static void warnAboutSize(Session &T, const Factory &F, size_t Size) {
  if (Size > T.Args.Limit && !T.isDevicePass())
    warning(T.S, F.getConfigsLocation(),
            "the space of '" + F.Template->getNameAsString() + "' has " + llvm::Twine(Size) +
                " configs, more than the limit of " + llvm::Twine(T.Args.Limit) +
                "; each is compiled (-fplugin-arg-tl-limit=N changes the limit)");
}

const Space *getSpace(Session &T, Factory &F, FunctionDecl *Spec, std::unique_ptr<Space> &Storage) {
  if (F.Known)
    return F.Known.get();
  Storage = std::make_unique<Space>();
  if (!evaluateAny(T, F, Spec, *Storage))
    return nullptr;
  warnAboutSize(T, F, Storage->Values.size());
  return Storage.get();
}

bool checkSpace(Session &T, Factory &F) {
  if (isDependent(F))
    return true;
  auto Known = std::make_unique<Space>();
  if (!evaluateAny(T, F, nullptr, *Known))
    return false;
  if (!checkConversions(T, F, toCheck(*Known)))
    return false;
  warnAboutSize(T, F, Known->Values.size());
  F.Known = std::move(Known);
  return true;
}

} // namespace tlplugin
