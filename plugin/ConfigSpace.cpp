// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/ConfigSpace.h"
#include "plugin/Diagnostics.h"
#include "plugin/Lookup.h"
#include "plugin/Options.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Sema/EnterExpressionEvaluationContext.h"
#include "clang/Sema/Lookup.h"
#include "clang/Sema/Template.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace clang;

namespace tlplugin {

bool checkSignature(Session &T, Factory &F);

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

/// The evaluator's own words, without the library's inner calls, of which nobody asked.
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

static bool evaluate(Session &T, Expr *E, const Expr *Blamed, APValue &Out) {
  Expr::EvalResult Result;
  llvm::SmallVector<PartialDiagnosticAt, 8> Notes;
  Result.Diag = &Notes;
  if (E->EvaluateAsConstantExpr(Result, T.S.Context) && Notes.empty()) {
    Out = std::move(Result.Val);
    return true;
  }
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
  if (!isSpaceLike(T, Configs)) {
    error(S, Loc, "'configs' expects a tl::space or a constexpr range of config structs, found %0")
        << Configs->getType() << Configs->getSourceRange();
    return false;
  }
  APValue Count;
  ExprResult CountCall = call(T, buildDetailReference(T, "config_count", Loc), Configs, Loc);
  if (CountCall.isInvalid() || !evaluate(T, CountCall.get(), Configs, Count) || !Count.isInt())
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
  if (ListCall.isInvalid() || !evaluate(T, ListCall.get(), Configs, List))
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
    if (Object.isInvalid() || !evaluate(T, Object.get(), Written, V))
      return false;
    Out.Values.push_back(std::move(V));
  }
  return true;
}

/// Index of the template parameter with that name, Params->size() for none.
static unsigned findParameter(const TemplateParameterList *Params, const IdentifierInfo *Name) {
  unsigned I = 0;
  while (I < Params->size() && (!Name || Params->getParam(I)->getIdentifier() != Name))
    ++I;
  return I;
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
      if (I == Params->size() || !isa<NonTypeTemplateParmDecl>(Params->getParam(I))) {
        error(S, Field->getDesignatorsSourceRange().getBegin(),
              "%0 has no value template parameter %1 that a config could set")
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
      unsigned I = findParameter(Params, Field->getDesignator(0)->getFieldName()) - F.FirstTunable;
      if (!Config.getStructField(I).isAbsent()) {
        error(S, Init->getBeginLoc(), "parameter %0 set twice in one config")
            << Field->getDesignator(0)->getFieldName();
        return false;
      }
      ExprResult Value = Field->getInit();
      if (Spec)
        Value = substitute(T, F, Spec, Value.get());
      if (Value.isUsable())
        Value = S.DefaultLvalueConversion(Value.get());
      if (!Value.isUsable() ||
          !evaluate(T, Value.get(), Field->getInit(), Config.getStructField(I)))
        return false;
    }
    Out.Values.push_back(std::move(Config));
  }
  return true;
}

/// Which parameters a config struct's fields fill in, for a factory with plain parameters.
static bool findTunables(Session &T, Factory &F, const Space &Configs) {
  if (F.TunablesKnown)
    return true;
  Sema &S = T.S;
  TemplateParameterList *Params = F.Template->getTemplateParameters();
  const auto *RD = Configs.Config->getAsCXXRecordDecl();
  for (const NamedDecl *Param : *Params) {
    const auto *Value = dyn_cast<NonTypeTemplateParmDecl>(Param);
    if (!Value || !S.Context.hasSameUnqualifiedType(Value->getType(), Configs.Config))
      continue;
    error(S, Param->getLocation(), "tunable %0 must be the last template parameter; %1 follows it")
        << Param << Params->getParam(Params->size() - 1);
    return false;
  }
  unsigned First = Params->size();
  for (const FieldDecl *Field : RD->fields()) {
    unsigned I = findParameter(Params, Field->getIdentifier());
    if (I == Params->size()) {
      error(S, F.getLocation(), "field %0 of %1 names no template parameter of %2")
          << Field << Configs.Config << F.Template;
      note(S, Field->getLocation(), "field declared here");
      note(S, F.Template->getLocation(), "template declared here");
      return false;
    }
    First = std::min(First, I);
  }
  if (First == Params->size()) {
    error(S, F.getLocation(), "config struct %0 has no fields") << Configs.Config;
    return false;
  }
  for (unsigned I = First; I < Params->size(); ++I) {
    const NamedDecl *Param = Params->getParam(I);
    bool Named = llvm::any_of(RD->fields(), [&](const FieldDecl *Field) {
      return Field->getIdentifier() && Field->getIdentifier() == Param->getIdentifier();
    });
    if (Named)
      continue;
    error(S, Param->getLocation(),
          "template parameter %0 follows tunable %1, but %2 has no field of that name")
        << Param << Params->getParam(First) << Configs.Config;
    note(S, F.getLocation(), "'tl::autotune' given here");
    return false;
  }
  F.FirstTunable = First;
  F.TunablesKnown = true;
  return checkSignature(T, F);
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
  error(T.S, F.Configs ? F.Configs->getExprLoc() : F.getLocation(),
        "the space holds configs of type %0, but tunable %1 has type %2")
      << Configs.Config << Param << Expected;
  note(T.S, Param->getLocation(), "tunable declared here");
  return false;
}

static bool evaluateAny(Session &T, Factory &F, FunctionDecl *Spec, Space &Out) {
  if (F.Configs) {
    Expr *Configs = F.Configs;
    if (Spec) {
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

static bool isDependent(const Factory &F) {
  if (F.Configs && F.Configs->isInstantiationDependent())
    return true;
  if (F.ClassTunable) {
    auto *Param = cast<NonTypeTemplateParmDecl>(
        F.Template->getTemplateParameters()->getParam(F.FirstTunable));
    if (Param->getType()->isDependentType())
      return true;
  }
  return llvm::any_of(F.InlineConfigs, [](InitListExpr *E) {
    return llvm::any_of(E->inits(), [](Expr *Init) {
      auto *Field = dyn_cast<DesignatedInitExpr>(Init);
      return (Field ? Field->getInit() : Init)->isInstantiationDependent();
    });
  });
}

static void warnAboutSize(Session &T, const Factory &F, size_t Size) {
  if (Size > T.Args.Limit && !T.isDevicePass())
    warning(T.S, F.Configs ? F.Configs->getExprLoc() : F.getLocation(),
            "the space of %0 has %1 configs, more than the limit of %2; each is compiled "
            "(-fplugin-arg-tl-limit=N changes the limit)")
        << F.Template << unsigned(Size) << T.Args.Limit;
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

/// The type behind a value of class tl::type_token, null for any other value.
static QualType typeOfToken(QualType Type, const APValue &V) {
  if (!isTlClass(Type->getAsCXXRecordDecl(), "type_token") || !V.isStruct() ||
      V.getStructNumFields() != 1)
    return QualType();
  const APValue &Id = V.getStructField(0);
  if (!Id.isLValue())
    return QualType();
  const auto *Tag = llvm::dyn_cast_or_null<VarTemplateSpecializationDecl>(
      Id.getLValueBase().dyn_cast<const ValueDecl *>());
  if (!Tag || Tag->getTemplateArgs().size() != 1 ||
      Tag->getTemplateArgs()[0].getKind() != TemplateArgument::Type)
    return QualType();
  return Tag->getTemplateArgs()[0].getAsType();
}

/// One field as the argument for one plain parameter.
static bool convert(Session &T, const Factory &F, const NamedDecl *Param, QualType ParamType,
                    QualType FieldType, const APValue &V, TemplateArgument &Out) {
  ASTContext &C = T.S.Context;
  if (isa<TemplateTypeParmDecl>(Param)) {
    QualType Named = typeOfToken(FieldType, V);
    if (Named.isNull()) {
      error(T.S, F.getLocation(),
            "type parameter %0 needs a field of type tl::type_token, found %1")
          << Param << FieldType;
      return false;
    }
    Out = TemplateArgument(C.getCanonicalType(Named));
    return true;
  }
  auto Mismatch = [&] {
    error(T.S, F.getLocation(), "tunable %0 has type %1, but its field has type %2")
        << Param << ParamType << FieldType;
    note(T.S, Param->getLocation(), "tunable declared here");
    return false;
  };
  bool Same = FieldType.isNull() || C.hasSameUnqualifiedType(ParamType, FieldType);
  if (V.isInt() && ParamType->isIntegralOrEnumerationType()) {
    bool Enums =
        ParamType->isEnumeralType() || (!FieldType.isNull() && FieldType->isEnumeralType());
    if (Enums && !Same)
      return Mismatch();
    llvm::APSInt Value = V.getInt();
    llvm::APSInt Fitted = Value.extOrTrunc(C.getIntWidth(ParamType));
    Fitted.setIsUnsigned(ParamType->isUnsignedIntegerOrEnumerationType());
    if (llvm::APSInt::compareValues(Fitted, Value) != 0) {
      error(T.S, F.getLocation(), "value %0 of tunable %1 does not fit in its type %2")
          << llvm::toString(Value, 10) << Param << ParamType;
      note(T.S, Param->getLocation(), "tunable declared here");
      return false;
    }
    Out = TemplateArgument(C, Fitted, C.getCanonicalType(ParamType.getUnqualifiedType()));
    return true;
  }
  if (V.isStruct() && ParamType->isRecordType() && Same) {
    QualType Canonical = C.getCanonicalType(ParamType.getUnqualifiedType());
    Out = TemplateArgument(C.getTemplateParamObjectDecl(Canonical, V), Canonical);
    return true;
  }
  if (V.isFloat() && ParamType->isRealFloatingType() && Same) {
    Out = TemplateArgument(C, C.getCanonicalType(ParamType.getUnqualifiedType()), V);
    return true;
  }
  return Mismatch();
}

/// Conversions that can be checked before anybody calls the factory.
static bool checkConversions(Session &T, const Factory &F, const Space &Configs) {
  if (F.ClassTunable || Configs.Config.isNull())
    return true;
  TemplateParameterList *Params = F.Template->getTemplateParameters();
  for (unsigned I = F.FirstTunable; I < Params->size(); ++I) {
    const NamedDecl *Param = Params->getParam(I);
    const auto *Value = dyn_cast<NonTypeTemplateParmDecl>(Param);
    if (Value &&
        (Value->getType()->isDependentType() || Value->getType()->getContainedDeducedType()))
      continue;
    for (const FieldDecl *Field : Configs.Config->getAsCXXRecordDecl()->fields()) {
      if (Field->getIdentifier() != Param->getIdentifier())
        continue;
      TemplateArgument Ignored;
      for (const APValue &Config : Configs.Values)
        if (!convert(T, F, Param, Value ? Value->getType() : QualType(), Field->getType(),
                     Config.getStructField(Field->getFieldIndex()), Ignored))
          return false;
    }
  }
  return true;
}

bool checkSpace(Session &T, Factory &F) {
  if (isDependent(F))
    return true;
  auto Known = std::make_unique<Space>();
  if (!evaluateAny(T, F, nullptr, *Known))
    return false;
  if (!checkConversions(T, F, *Known))
    return false;
  warnAboutSize(T, F, Known->Values.size());
  F.Known = std::move(Known);
  return true;
}

bool toTemplateArguments(Session &T, const Factory &F, const Space &Configs, const APValue &Config,
                         llvm::ArrayRef<TemplateArgument> Defaults,
                         llvm::SmallVectorImpl<TemplateArgument> &Out) {
  TemplateParameterList *Params = F.Template->getTemplateParameters();
  if (F.ClassTunable) {
    QualType Type = T.S.Context.getCanonicalType(Configs.Config.getUnqualifiedType());
    Out.push_back(TemplateArgument(T.S.Context.getTemplateParamObjectDecl(Type, Config), Type));
    return true;
  }
  const CXXRecordDecl *RD =
      Configs.Config.isNull() ? nullptr : Configs.Config->getAsCXXRecordDecl();
  for (unsigned I = F.FirstTunable; I < Params->size(); ++I) {
    const NamedDecl *Param = Params->getParam(I);
    const TemplateArgument &Default = Defaults[I - F.FirstTunable];
    QualType ParamType = Default.getKind() == TemplateArgument::Type
                             ? QualType()
                             : Default.getNonTypeTemplateArgumentType();
    const APValue *V = nullptr;
    QualType FieldType;
    if (RD) {
      for (const FieldDecl *Field : RD->fields())
        if (Field->getIdentifier() == Param->getIdentifier()) {
          V = &Config.getStructField(Field->getFieldIndex());
          FieldType = Field->getType();
        }
    } else {
      V = &Config.getStructField(I - F.FirstTunable);
    }
    TemplateArgument Arg = Default;
    if (V && !V->isAbsent() && !convert(T, F, Param, ParamType, FieldType, *V, Arg))
      return false;
    Out.push_back(Arg);
  }
  return true;
}

static void printValue(Session &T, QualType Type, const APValue &V, llvm::raw_ostream &OS);

static void printFields(Session &T, const CXXRecordDecl *RD, const APValue &V,
                        llvm::raw_ostream &OS) {
  bool First = true;
  unsigned I = 0;
  for (const CXXBaseSpecifier &Base : RD->bases()) {
    const auto *BaseRD = Base.getType()->getAsCXXRecordDecl();
    const APValue &Part = V.getStructBase(I++);
    if (BaseRD->isEmpty())
      continue;
    if (!First)
      OS << ',';
    printFields(T, BaseRD, Part, OS);
    First = false;
  }
  for (const FieldDecl *Field : RD->fields()) {
    if (Field->isUnnamedBitField())
      continue;
    if (!First)
      OS << ',';
    First = false;
    OS << Field->getName() << '=';
    printValue(T, Field->getType(), V.getStructField(Field->getFieldIndex()), OS);
  }
}

static void printFloat(const llvm::APFloat &Value, llvm::raw_ostream &OS) {
  llvm::SmallString<32> Text;
  Value.toString(Text);
  OS << Text;
}

static void printValue(Session &T, QualType Type, const APValue &V, llvm::raw_ostream &OS) {
  ASTContext &C = T.S.Context;
  Type = Type.getCanonicalType();
  if (QualType Named = typeOfToken(Type, V); !Named.isNull()) {
    OS << Named.getAsString(C.getPrintingPolicy());
    return;
  }
  if (V.isInt()) {
    if (Type->isBooleanType()) {
      OS << (V.getInt().getBoolValue() ? "true" : "false");
      return;
    }
    if (const auto *Enum = Type->getAs<EnumType>())
      for (const EnumConstantDecl *Constant : Enum->getDecl()->getDefinition()->enumerators())
        if (llvm::APSInt::isSameValue(Constant->getInitVal(), V.getInt())) {
          OS << Constant->getName();
          return;
        }
    OS << llvm::toString(V.getInt(), 10);
    return;
  }
  if (V.isFloat()) {
    printFloat(V.getFloat(), OS);
    return;
  }
  if (V.isStruct()) {
    OS << '{';
    printFields(T, Type->getAsCXXRecordDecl(), V, OS);
    OS << '}';
    return;
  }
  if (V.isArray()) {
    QualType Element = C.getAsArrayType(Type)->getElementType();
    OS << '[';
    for (unsigned I = 0; I < V.getArraySize(); ++I) {
      if (I)
        OS << ',';
      printValue(T, Element,
                 I < V.getArrayInitializedElts() ? V.getArrayInitializedElt(I) : V.getArrayFiller(),
                 OS);
    }
    OS << ']';
    return;
  }
  V.printPretty(OS, C, Type);
}

static void printArgument(Session &T, const TemplateArgument &Arg, llvm::raw_ostream &OS) {
  switch (Arg.getKind()) {
  case TemplateArgument::Type:
    OS << Arg.getAsType().getAsString(T.S.Context.getPrintingPolicy());
    return;
  case TemplateArgument::Integral:
    printValue(T, Arg.getIntegralType(), APValue(Arg.getAsIntegral()), OS);
    return;
  case TemplateArgument::StructuralValue:
    printValue(T, Arg.getStructuralValueType(), Arg.getAsStructuralValue(), OS);
    return;
  case TemplateArgument::Declaration:
    if (auto *Object = dyn_cast<TemplateParamObjectDecl>(Arg.getAsDecl())) {
      printValue(T, Object->getType(), Object->getValue(), OS);
      return;
    }
    break;
  default:
    break;
  }
  Arg.print(T.S.Context.getPrintingPolicy(), OS, /*IncludeType=*/false);
}

std::string printConfig(Session &T, const Factory &F, const Space &Configs,
                        llvm::ArrayRef<TemplateArgument> Tunables) {
  std::string Text;
  llvm::raw_string_ostream OS(Text);
  if (F.ClassTunable) {
    auto *Object = cast<TemplateParamObjectDecl>(Tunables[0].getAsDecl());
    printFields(T, Object->getType()->getAsCXXRecordDecl(), Object->getValue(), OS);
    return Text;
  }
  TemplateParameterList *Params = F.Template->getTemplateParameters();
  bool First = true;
  auto Print = [&](unsigned I) {
    if (!First)
      OS << ',';
    First = false;
    OS << Params->getParam(I)->getName() << '=';
    printArgument(T, Tunables[I - F.FirstTunable], OS);
  };
  if (!Configs.Config.isNull()) {
    for (const FieldDecl *Field : Configs.Config->getAsCXXRecordDecl()->fields())
      Print(findParameter(Params, Field->getIdentifier()));
  } else {
    for (unsigned I = F.FirstTunable; I < Params->size(); ++I)
      Print(I);
  }
  return Text;
}

} // namespace tlplugin
