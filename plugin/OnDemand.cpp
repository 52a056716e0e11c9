// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/OnDemand.h"
#include "plugin/CompileRecord.h"
#include "plugin/ConfigArguments.h"
#include "plugin/ConfigText.h"
#include "plugin/ConstantSpace.h"
#include "plugin/Diagnostics.h"
#include "plugin/Dispatcher.h"
#include "plugin/Fingerprint.h"
#include "plugin/Lookup.h"
#include "plugin/Options.h"
#include "plugin/ReachedState.h"
#include "clang/AST/ASTConsumer.h"
#include "clang/AST/Attr.h"
#include "clang/AST/DeclCXX.h"
#include "clang/Sema/EnterExpressionEvaluationContext.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace clang;

namespace tlplugin {

bool parseDemand(llvm::StringRef Text, Arguments &Args) {
  auto [Id, List] = Text.rsplit(':');
  llvm::SmallVector<llvm::StringRef, 16> Numbers;
  List.split(Numbers, ',');
  for (llvm::StringRef Number : Numbers)
    if (Number.getAsInteger(10, Args.Combinations.emplace_back()))
      return false;
  Args.Demand = Id.str();
  // Like every shard but the first, it leaves alone what the program has once.
  Args.Shard = 1;
  Args.Shards = 2;
  return !Id.empty();
}

bool isDemand(const Session &T) { return !T.Args.Demand.empty(); }

bool isDemanded(const Session &T, const Dispatcher &D) { return D.Id == T.Args.Demand; }

static const ClassTemplateSpecializationDecl *recordOf(QualType Type) {
  return dyn_cast_or_null<ClassTemplateSpecializationDecl>(Type->getAsCXXRecordDecl());
}

bool isOnDemand(const Expr *Configs) {
  return isTlClass(recordOf(Configs->getType()), "on_demand_t");
}

/// Axes whose values have one name each, everywhere: numbers and enumerators.
static bool checkAxes(Session &T, const Expr *Configs, const ProductSpace &Product) {
  for (const ProductSpace::Axis &Axis : Product.Axes) {
    QualType Type = Axis.Field->getType();
    if (Type->isIntegralOrEnumerationType() || Type->isRealFloatingType())
      continue;
    error(T.S, Configs->getExprLoc(),
          "the axes of a space that is compiled on demand are numbers or enumerations, and %0 is "
          "of type %1")
        << Axis.Field << Type << Configs->getSourceRange();
    note(T.S, Axis.Field->getLocation(), "field declared here");
    return false;
  }
  return true;
}

bool readOnDemand(Session &T, Expr *Configs, APValue Value, Space &Out) {
  auto Product = std::make_shared<ProductSpace>();
  Product->Type = Configs->getType().getUnqualifiedType();
  Product->Written = Configs;
  Product->Value = std::move(Value);
  const APValue &Whole = Product->Value;
  const auto *RD = recordOf(Configs->getType());
  if (!Whole.isStruct() || Whole.getStructNumFields() != 2)
    return false;
  QualType SpaceType = RD->field_begin()->getType();
  if (!readProduct(T, recordOf(SpaceType), Whole.getStructField(0), Configs->getExprLoc(),
                   *Product)) {
    error(T.S, Configs->getExprLoc(),
          "a space that is compiled on demand needs axes over the config struct's own fields")
        << Configs->getSourceRange();
    return false;
  }
  if (!checkAxes(T, Configs, *Product))
    return false;
  Out.Config = Product->Config;
  const unsigned Ahead = RD->getTemplateArgs()[1].getAsIntegral().getZExtValue();
  const APValue &List = Whole.getStructField(1);
  for (unsigned I = 0; I < Ahead && !isDemand(T); ++I)
    Out.Values.push_back(I < List.getArrayInitializedElts() ? List.getArrayInitializedElt(I)
                                                            : List.getArrayFiller());
  for (uint64_t It : T.Args.Combinations)
    if (It < Product->Combinations)
      Out.Values.push_back(configOf(*Product, It));
  Out.Product = std::move(Product);
  return true;
}

static const APValue &valueAt(const ProductSpace::Axis &Axis, uint64_t I) {
  const APValue &Array = *Axis.Values;
  return I < Array.getArrayInitializedElts() ? Array.getArrayInitializedElt(I)
                                             : Array.getArrayFiller();
}

APValue configOf(const ProductSpace &Product, uint64_t Combination) {
  APValue Config = Product.Default;
  for (const ProductSpace::Axis &Axis : llvm::reverse(Product.Axes)) {
    uint64_t Count = Axis.Values->getArraySize();
    Config.getStructField(Axis.Field->getFieldIndex()) = valueAt(Axis, Combination % Count);
    Combination /= Count;
  }
  return Config;
}

std::vector<APValue> spanningConfigs(const ProductSpace &Product) {
  std::vector<APValue> All;
  for (const ProductSpace::Axis &Axis : Product.Axes)
    for (uint64_t I = 0; I < Axis.Values->getArraySize(); ++I) {
      APValue Config = Product.Default;
      Config.getStructField(Axis.Field->getFieldIndex()) = valueAt(Axis, I);
      All.push_back(std::move(Config));
    }
  return All;
}

namespace {
/// The texts of which those of all configs are made.
struct Texts {
  std::vector<std::string> Items; ///< of a default-constructed config
  struct Axis {
    unsigned Item;
    std::vector<std::string> Values;
  };
  std::vector<Axis> Axes;
};
} // namespace

static bool itemsOf(Session &T, const Factory &F, const Dispatcher &D, const Space &Configs,
                    const APValue &Config, std::vector<std::string> &Out) {
  llvm::ArrayRef<TemplateArgument> All = D.Default->getTemplateSpecializationArgs()->asArray();
  llvm::SmallVector<TemplateArgument, 8> Args;
  if (!toTemplateArguments(T, F, Configs, Config, All.drop_front(F.FirstTunable), Args))
    return false;
  Out = printItems(T, F, Configs, Args);
  return true;
}

/// False after an error was reported.
static bool makeTexts(Session &T, const Factory &F, const Dispatcher &D, const Space &Configs,
                      Texts &Out) {
  const ProductSpace &Product = *Configs.Product;
  if (!itemsOf(T, F, D, Configs, Product.Default, Out.Items))
    return false;
  for (const ProductSpace::Axis &Axis : Product.Axes) {
    Texts::Axis &Made = Out.Axes.emplace_back();
    Made.Item = itemOf(Configs, Axis.Field);
    llvm::StringSet<> Seen;
    for (uint64_t I = 0; I < Axis.Values->getArraySize(); ++I) {
      APValue Config = Product.Default;
      Config.getStructField(Axis.Field->getFieldIndex()) = valueAt(Axis, I);
      std::vector<std::string> Items;
      if (!itemsOf(T, F, D, Configs, Config, Items) || Made.Item >= Items.size())
        return false;
      Made.Values.push_back(Items[Made.Item]);
      if (Seen.insert(Items[Made.Item]).second)
        continue;
      error(T.S, F.getConfigsLocation(),
            "two values of the axis %0 are both written '%1', and what is compiled on demand is "
            "known by its text")
          << Axis.Field << Items[Made.Item];
      return false;
    }
  }
  return true;
}

/// The combination with this text.
static bool findCombination(const Texts &Of, llvm::StringRef Text, uint64_t &Out) {
  std::vector<uint64_t> Digits(Of.Axes.size(), 0);
  for (unsigned I = 0; I < Of.Items.size(); ++I) {
    if (I > 0 && !Text.consume_front(","))
      return false;
    auto Ends = [&](llvm::StringRef Item) {
      return Text.starts_with(Item) && (Text.size() == Item.size() || Text[Item.size()] == ',');
    };
    auto Axis = llvm::find_if(Of.Axes, [&](const Texts::Axis &It) { return It.Item == I; });
    if (Axis == Of.Axes.end()) {
      if (!Ends(Of.Items[I]))
        return false;
      Text = Text.drop_front(Of.Items[I].size());
      continue;
    }
    auto Value = llvm::find_if(Axis->Values, Ends);
    if (Value == Axis->Values.end())
      return false;
    Digits[Axis - Of.Axes.begin()] = Value - Axis->Values.begin();
    Text = Text.drop_front(Value->size());
  }
  Out = 0;
  for (unsigned I = 0; I < Digits.size(); ++I)
    Out = Out * Of.Axes[I].Values.size() + Digits[I];
  return Text.empty();
}

std::vector<APValue> findConfigs(Session &T, const Factory &F, const Dispatcher &D,
                                 const Space &Configs, llvm::ArrayRef<std::string> Wanted) {
  std::vector<APValue> Found;
  Texts All;
  if (Wanted.empty() || !makeTexts(T, F, D, Configs, All))
    return Found;
  for (const std::string &Text : Wanted) {
    uint64_t Combination = 0;
    if (findCombination(All, Text, Combination))
      Found.push_back(configOf(*Configs.Product, Combination));
  }
  return Found;
}

/// A library of variants has device code of its own, and with it variables of its own: what the
/// program, or another variant, keeps in one would not be there. False after an error was reported.
static bool checkDeviceState(Session &T, const Dispatcher &D) {
  if (!T.S.getLangOpts().CUDA)
    return true;
  for (const ReachedVariable &It : findReachedState(T, D, {}, /*AllOnDevice=*/true)) {
    if (!It.Var->hasAttr<CUDADeviceAttr>() && !It.Var->hasAttr<CUDAConstantAttr>() &&
        !It.Var->hasAttr<HIPManagedAttr>())
      continue;
    error(
        T.S, D.Source->getConfigsLocation(),
        "%0 uses the device's variable %1, of which each library of variants would have a copy of "
        "its own; a space that is compiled on demand needs it as an argument (an address)")
        << D.Source->Template << It.Var;
    note(T.S, It.Var->getLocation(), "variable declared here");
    return false;
  }
  return true;
}

/// The lines of a record are one text.
Expr *buildOnDemand(Session &T, const Dispatcher &D, CodeBuilder &B, const VariantList &List,
                    const Fingerprint &Print) {
  if (!List.Product)
    return B.null();
  const Factory &F = *D.Source;
  Space Configs;
  Configs.Config = List.Config;
  Configs.Product = List.Product;
  Texts All;
  if (!checkDeviceState(T, D) || !makeTexts(T, F, D, Configs, All)) {
    B.fail();
    return B.null();
  }
  ASTContext &C = T.S.Context;
  SourceLocation Loc = B.getLocation();
  llvm::SmallVector<Expr *, 16> Axes;
  for (const Texts::Axis &Axis : All.Axes) {
    Expr *Row[] = {B.text(llvm::join(Axis.Values, "\n")), B.number(Axis.Values.size()),
                   B.number(Axis.Item)};
    Axes.push_back(B.object("axis", Row));
  }
  Expr *AxisTable = B.table("axes", getDetailType(T, "axis", Loc), Axes);
  Expr *Space = B.constant("space", List.Product->Written);
  TemplateArgument SpaceType[] = {TemplateArgument(List.Product->Type)};
  Expr *Fields[] = {
      B.number(C.getTypeSizeInChars(getDetailType(T, "on_demand_row", Loc)).getQuantity()),
      B.number(All.Axes.size()),
      AxisTable,
      B.text(llvm::join(All.Items, "\n")),
      B.number(All.Items.size()),
      B.number(0),
      IntegerLiteral::Create(C, llvm::APInt(64, List.Product->Combinations), C.UnsignedLongTy, Loc),
      B.untypedAddressOf(Space),
      B.libraryReference("admits_combination", SpaceType),
      B.text(recordCompilation(T)),
      B.text(identityOfCompiler(T)),
      B.text(Print.Code),
      B.null(),
      findOption(F, "eligible") ? B.libraryReference("with_combination", SpaceType) : B.null()};
  return B.addressOf(
      B.variable("on_demand", getDetailType(T, "on_demand_row", Loc), B.list(Fields), SC_Static));
}

void defineLibrary(Session &T, Dispatcher &D, const VariantList &List, const Fingerprint &Print) {
  ASTContext &C = T.S.Context;
  SourceLocation Loc = D.Source->getLocation();
  QualType Type = getDetailType(T, "on_demand_function", Loc);
  if (Type.isNull())
    return;
  FunctionDecl *FD = declareHelper(T, D, "__tl_on_demand_library_", Type);
  // The only one of its name in the library, whatever the factory.
  FD->setStorageClass(SC_None);
  FD->setInlineSpecified(false);
  FD->setImplicitlyInline(false);
  FD->addAttr(AsmLabelAttr::CreateImplicit(C, "tl_on_demand_library"));
  FD->addAttr(VisibilityAttr::CreateImplicit(C, VisibilityAttr::Default));
  CodeBuilder B(T, D, FD);
  llvm::SmallVector<Expr *, 32> Functions, Configs, Values;
  for (unsigned I = 0; I < List.Variants.size(); ++I)
    if (List.Demanded.contains(I)) {
      Functions.push_back(B.variant(List.Variants[I].Function));
      Configs.push_back(B.text(List.Variants[I].Text));
      if (List.Variants[I].Value)
        Values.push_back(B.addressOf(B.reference(List.Variants[I].Value)));
    }
  QualType Text = C.getPointerType(C.CharTy.withConst());
  Expr *FunctionTable =
      B.table("functions", C.getPointerType(getSignature(T, D.Default)), Functions);
  Expr *ConfigTable = B.table("configs", Text, Configs);
  Expr *ValueTable =
      B.table("values", Values.empty() ? Text : C.getPointerType(List.Config.withConst()), Values);
  QualType Row = getDetailType(T, "on_demand_library", Loc);
  Expr *Fields[] = {B.libraryReference("abi_version"),
                    B.number(C.getTypeSizeInChars(Row).getQuantity()),
                    B.text(D.Id),
                    B.text(identityOfCompiler(T)),
                    B.text(Print.Code),
                    B.number(Functions.size()),
                    B.number(0),
                    ConfigTable,
                    FunctionTable,
                    ValueTable};
  if (B.finish(B.addressOf(B.variable("library", Row.withConst(), B.list(Fields), SC_Static))))
    T.S.Consumer.HandleTopLevelDecl(DeclGroupRef(FD));
}

} // namespace tlplugin
