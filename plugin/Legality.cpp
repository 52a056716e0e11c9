// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/Legality.h"
#include "plugin/Diagnostics.h"
#include "plugin/Kernels.h"
#include "plugin/Launches.h"
#include "clang/AST/ExprCXX.h"

using namespace clang;

namespace tlplugin {

bool parseLegality(llvm::StringRef Text, Arguments &Args) {
  if (Text == "off")
    Args.CheckLegality = Legality::Off;
  else if (Text == "warn")
    Args.CheckLegality = Legality::Warn;
  else if (Text == "prune")
    Args.CheckLegality = Legality::Prune;
  else
    return false;
  return true;
}

// --- Launches ------------------------------------------------------------------------------------

std::string neverLaunched(Session &T, const Dispatcher &D, const VariantList &List, unsigned I) {
  if (T.Args.CheckLegality == Legality::Off || T.isDevicePass() || !T.S.getLangOpts().CUDA)
    return "";
  const Variant &V = List.Variants[I];
  SourceLocation Loc = D.Source->getLocation();
  std::string All, Where;
  bool Everywhere = true;
  llvm::StringSet<> Spilling;
  for (const DeviceImage &Image : getDeviceImages(T)) {
    std::string First;
    auto IsIllegal = [&](const Launch &It) {
      const KernelResources *Kernel =
          It.Kernel ? Image.find(kernelName(T.S.Context, It.Kernel)) : nullptr;
      std::string Why = exceededLimit(It.Shape, Kernel, Image.Architecture);
      std::string Name = It.Kernel ? It.Kernel->getNameAsString() : "";
      if (!Why.empty() && First.empty())
        First = (Name.empty() ? "" : "kernel '" + Name + "': ") + Why;
      if (T.Args.Remarks && Kernel && Kernel->Local != 0 &&
          Spilling.insert(Name + " " + Image.Architecture).second)
        remark(T.S, Loc,
               "config '%0' of %1 keeps %2 bytes per thread in local memory, spills or arrays, in "
               "kernel '%3' on %4")
            << V.Text << D.Source->Template << static_cast<unsigned>(Kernel->Local) << Name
            << Image.Architecture;
      return !Why.empty();
    };
    if (!alwaysFails(T, V.Function, IsIllegal)) {
      Everywhere = false;
      continue;
    }
    if (!llvm::StringRef(All).contains(First))
      All += (All.empty() ? "" : "; ") + First;
    Where += (Where.empty() ? "" : ", ") + Image.Architecture;
  }
  if (All.empty() || Everywhere)
    return All;
  if (T.Args.Remarks)
    remark(T.S, Loc, "config '%0' of %1 cannot be launched on %2: %3")
        << V.Text << D.Source->Template << Where << All;
  return "";
}

// --- Telling -------------------------------------------------------------------------------------

namespace {

using Field = std::pair<llvm::StringRef, int64_t>;

/// A value that an axis or an inline config gives a field.
struct WrittenValue {
  Field Of;
  SourceLocation Loc;
};

} // namespace

static std::optional<int64_t> integer(const APValue &Value) {
  if (!Value.isInt() || Value.getInt().getSignificantBits() > 63)
    return std::nullopt;
  return Value.getInt().getExtValue();
}

/// The integers among a config's fields.
static std::vector<Field> fieldsOf(const Dispatcher &D, const Variant &V) {
  std::vector<Field> Fields;
  const Factory &F = *D.Source;
  llvm::ArrayRef<TemplateArgument> Args = V.Function->getTemplateSpecializationArgs()->asArray();
  const TemplateParameterList *Params = F.Template->getTemplateParameters();
  for (unsigned I = F.FirstTunable; I < Args.size() && I < Params->size(); ++I) {
    if (Args[I].getKind() == TemplateArgument::Integral) {
      if (auto Value = integer(APValue(Args[I].getAsIntegral())))
        Fields.push_back({Params->getParam(I)->getName(), *Value});
      continue;
    }
    const auto *Object = Args[I].getKind() == TemplateArgument::Declaration
                             ? dyn_cast<TemplateParamObjectDecl>(Args[I].getAsDecl())
                             : nullptr;
    const auto *Class = Object ? Object->getType()->getAsCXXRecordDecl() : nullptr;
    if (!Class || !Object->getValue().isStruct())
      continue;
    for (const FieldDecl *It : Class->fields())
      if (auto Value = integer(Object->getValue().getStructField(It->getFieldIndex())))
        Fields.push_back({It->getName(), *Value});
  }
  return Fields;
}

static void addWritten(ASTContext &C, llvm::StringRef Name, const Expr *E,
                       std::vector<WrittenValue> &Out) {
  Expr::EvalResult Result;
  if (E->isValueDependent() || !E->getType()->isIntegralOrEnumerationType() ||
      !E->EvaluateAsInt(Result, C))
    return;
  if (auto Value = integer(Result.Val))
    Out.push_back({{Name, *Value}, E->getExprLoc()});
}

/// `.axis(&config::field, {1, 2})` in E, and in what it names.
static void findAxes(ASTContext &C, const Stmt *S, std::vector<WrittenValue> &Out) {
  if (!S)
    return;
  if (const auto *Ref = dyn_cast<DeclRefExpr>(S))
    if (const auto *Var = dyn_cast<VarDecl>(Ref->getDecl()))
      findAxes(C, Var->getAnyInitializer(), Out);
  if (const auto *Call = dyn_cast<CXXMemberCallExpr>(S);
      Call && Call->getMethodDecl() && Call->getMethodDecl()->getIdentifier() &&
      Call->getMethodDecl()->getName() == "axis" && Call->getNumArgs() == 2) {
    const auto *Address = dyn_cast<UnaryOperator>(Call->getArg(0)->IgnoreParenImpCasts());
    const auto *Ref =
        Address ? dyn_cast<DeclRefExpr>(Address->getSubExpr()->IgnoreParens()) : nullptr;
    const auto *List = dyn_cast<InitListExpr>(Call->getArg(1)->IgnoreUnlessSpelledInSource());
    if (Ref && List && isa<FieldDecl>(Ref->getDecl()) && Ref->getDecl()->getIdentifier())
      for (const Expr *Init : List->inits())
        addWritten(C, Ref->getDecl()->getName(), Init, Out);
    return findAxes(C, Call->getImplicitObjectArgument(), Out);
  }
  for (const Stmt *Child : S->children())
    findAxes(C, Child, Out);
}

/// Where an inline config stands that says nothing else than the variant.
static SourceLocation findInline(ASTContext &C, const Factory &F, llvm::ArrayRef<Field> Fields) {
  SourceLocation Best;
  unsigned Most = 0;
  for (const InitListExpr *List : F.InlineConfigs) {
    std::vector<WrittenValue> Written;
    for (const Expr *Init : List->inits())
      if (const auto *Designated = dyn_cast<DesignatedInitExpr>(Init);
          Designated && Designated->size() == 1 &&
          Designated->getDesignator(0)->isFieldDesignator())
        addWritten(C, Designated->getDesignator(0)->getFieldName()->getName(),
                   Designated->getInit(), Written);
    if (Written.size() > Most && llvm::all_of(Written, [&](const WrittenValue &It) {
          return llvm::is_contained(Fields, It.Of);
        })) {
      Most = Written.size();
      Best = List->getBeginLoc();
    }
  }
  return Best;
}

/// Values that an axis gives, and with which no variant is legal: the most frequent one first.
static std::vector<WrittenValue> findBlamed(Session &T, const Dispatcher &D,
                                            const VariantList &List) {
  std::vector<WrittenValue> Axes;
  findAxes(T.S.Context, D.Source->Configs, Axes);
  std::vector<std::pair<unsigned, WrittenValue>> Counted;
  for (const WrittenValue &It : Axes) {
    unsigned Illegal = 0, Legal = 0;
    for (const Variant &V : List.Variants)
      if (llvm::is_contained(fieldsOf(D, V), It.Of))
        ++(V.Illegal.empty() ? Legal : Illegal);
    if (Illegal != 0 && Legal == 0)
      Counted.push_back({Illegal, It});
  }
  llvm::stable_sort(Counted, [](const auto &A, const auto &B) { return A.first > B.first; });
  std::vector<WrittenValue> Blamed;
  for (auto &[Count, It] : Counted)
    Blamed.push_back(std::move(It));
  return Blamed;
}

void reportIllegal(Session &T, const Dispatcher &D, const VariantList &List) {
  if (T.isDevicePass())
    return;
  const Factory &F = *D.Source;
  std::vector<const Variant *> Illegal;
  for (const Variant &V : List.Variants)
    if (!V.Illegal.empty() && &V != &List.Variants[List.Default])
      Illegal.push_back(&V);
  bool Prunes = T.Args.CheckLegality == Legality::Prune;
  std::string Name = F.Template->getNameAsString();
  if (const Variant &Default = List.Variants[List.Default]; !Default.Illegal.empty())
    warning(T.S, F.getLocation(),
            "the default config '" + Default.Text + "' of '" + Name +
                "' can never run, and everything else is compared with it: " + Default.Illegal);
  if (Illegal.empty())
    return;
  std::vector<WrittenValue> Blamed = findBlamed(T, D, List);
  auto Place = [&](const Variant &V) {
    std::vector<Field> Fields = fieldsOf(D, V);
    for (const WrittenValue &It : Blamed)
      if (llvm::is_contained(Fields, It.Of))
        return It.Loc;
    SourceLocation Inline = findInline(T.S.Context, F, Fields);
    return Inline.isValid() ? Inline : F.getConfigsLocation();
  };
  SourceLocation First = Blamed.empty() ? Place(*Illegal.front()) : Blamed.front().Loc;
  warning(T.S, First,
          llvm::Twine(Illegal.size()) + " of " + llvm::Twine(List.Variants.size()) +
              " variants of '" + Name + "' can never run" + (Prunes ? " and are left out" : "") +
              ", such as '" + Illegal.front()->Text + "': " + Illegal.front()->Illegal);
  if (!T.Args.Remarks)
    return;
  for (const Variant *V : Illegal)
    remark(T.S, Place(*V), "config '%0' of %1 %select{can never run|left out}2: %3")
        << V->Text << F.Template << Prunes << V->Illegal;
}

} // namespace tlplugin
