// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/ConfigText.h"
#include "plugin/ConfigArguments.h"
#include "plugin/Tunables.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/raw_ostream.h"

using namespace clang;

namespace tlplugin {

namespace {

class Printer {
public:
  Printer(Session &InT, bool IsFull, llvm::raw_ostream &InOS)
      : C(InT.S.Context), Full(IsFull), Policy(C.getPrintingPolicy()), OS(InOS) {
    Policy.AnonymousTagLocations = false;
  }

  void value(QualType Type, const APValue &V);
  void fields(const CXXRecordDecl *RD, const APValue &V);
  void field(const FieldDecl *Field, const APValue &V);
  void argument(const TemplateArgument &Arg);

private:
  void type(QualType Type);
  void entity(const NamedDecl *D);
  void address(QualType Type, const APValue &V);

  ASTContext &C;
  const bool Full; ///< what tells entities of one name apart as well
  PrintingPolicy Policy;
  llvm::raw_ostream &OS;
};

} // namespace

/// `ns::f<1>(int)::local`: with whatever is around it.
void Printer::entity(const NamedDecl *D) {
  const DeclContext *Scope = D->getDeclContext()->getNonTransparentContext();
  if (const auto *Around = dyn_cast<NamedDecl>(Scope)) {
    entity(Around);
    OS << "::";
  }
  if (D->getDeclName())
    OS << D->getDeclName();
  else
    OS << (isa<NamespaceDecl>(D) ? "(anonymous)" : "(unnamed)");
  const auto *FD = dyn_cast<FunctionDecl>(D);
  if (FD && FD->getTemplateSpecializationArgs())
    printTemplateArgumentList(OS, FD->getTemplateSpecializationArgs()->asArray(), Policy);
  else if (const auto *Class = dyn_cast<ClassTemplateSpecializationDecl>(D))
    printTemplateArgumentList(OS, Class->getTemplateArgs().asArray(), Policy);
  else if (const auto *Var = dyn_cast<VarTemplateSpecializationDecl>(D))
    printTemplateArgumentList(OS, Var->getTemplateArgs().asArray(), Policy);
  if (!FD)
    return;
  llvm::ListSeparator Comma(",");
  OS << '(';
  for (const ParmVarDecl *P : FD->parameters())
    OS << Comma << P->getType().getAsString(Policy);
  OS << ')';
}

void Printer::type(QualType Type) {
  const TagDecl *Tag = Full ? Type->getAsTagDecl() : nullptr;
  if (!Tag) {
    OS << Type.getAsString(Policy);
    return;
  }
  if (Type.hasLocalQualifiers())
    OS << Type.getLocalQualifiers().getAsString() << ' ';
  entity(Tag);
}

void Printer::address(QualType Type, const APValue &V) {
  const NamedDecl *Named = nullptr;
  if (V.isMemberPointer())
    Named = V.getMemberPointerDecl();
  else if (V.isLValue())
    Named = V.getLValueBase().dyn_cast<const ValueDecl *>();
  if (!Full || !Named) {
    V.printPretty(OS, C, Type);
    return;
  }
  OS << '&';
  entity(Named);
  if (V.isLValue() && !V.getLValueOffset().isZero())
    OS << '+' << V.getLValueOffset().getQuantity();
}

void Printer::fields(const CXXRecordDecl *RD, const APValue &V) {
  // Of a union, the field that has a value.
  if (V.isUnion()) {
    if (const FieldDecl *Field = V.getUnionField())
      field(Field, V.getUnionValue());
    return;
  }
  bool First = true;
  unsigned I = 0;
  for (const CXXBaseSpecifier &Base : RD->bases()) {
    const auto *BaseRD = Base.getType()->getAsCXXRecordDecl();
    const APValue &Part = V.getStructBase(I++);
    if (BaseRD->isEmpty())
      continue;
    if (!First)
      OS << ',';
    fields(BaseRD, Part);
    First = false;
  }
  for (const FieldDecl *Field : RD->fields()) {
    if (Field->isUnnamedBitField())
      continue;
    if (!First)
      OS << ',';
    First = false;
    field(Field, V.getStructField(Field->getFieldIndex()));
  }
}

void Printer::field(const FieldDecl *Field, const APValue &V) {
  // The fields of one without a name are those of the class around it.
  if (Field->isAnonymousStructOrUnion())
    return fields(Field->getType()->getAsCXXRecordDecl(), V);
  OS << Field->getName() << '=';
  value(Field->getType(), V);
}

void Printer::value(QualType Type, const APValue &V) {
  Type = Type.getCanonicalType();
  if (QualType Named = typeOfToken(Type, V); !Named.isNull())
    return type(Named);
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
    llvm::SmallString<32> Text;
    V.getFloat().toString(Text);
    OS << Text;
    return;
  }
  if (V.isStruct() || V.isUnion()) {
    OS << '{';
    fields(Type->getAsCXXRecordDecl(), V);
    OS << '}';
    return;
  }
  if (V.isArray()) {
    QualType Element = C.getAsArrayType(Type)->getElementType();
    OS << '[';
    for (unsigned I = 0; I < V.getArraySize(); ++I) {
      if (I)
        OS << ',';
      value(Element,
            I < V.getArrayInitializedElts() ? V.getArrayInitializedElt(I) : V.getArrayFiller());
    }
    OS << ']';
    return;
  }
  address(Type, V);
}

void Printer::argument(const TemplateArgument &Arg) {
  switch (Arg.getKind()) {
  case TemplateArgument::Type:
    return type(Arg.getAsType());
  case TemplateArgument::Integral:
    return value(Arg.getIntegralType(), APValue(Arg.getAsIntegral()));
  case TemplateArgument::StructuralValue:
    return value(Arg.getStructuralValueType(), Arg.getAsStructuralValue());
  case TemplateArgument::Declaration:
    if (auto *Object = dyn_cast<TemplateParamObjectDecl>(Arg.getAsDecl()))
      return value(Object->getType(), Object->getValue());
    if (Full) {
      OS << '&';
      return entity(Arg.getAsDecl());
    }
    break;
  default:
    break;
  }
  Arg.print(Policy, OS, /*IncludeType=*/false);
}

static std::string print(Session &T, const Factory &F, const Space &Configs,
                         llvm::ArrayRef<TemplateArgument> Tunables, bool Full) {
  std::string Text;
  llvm::raw_string_ostream OS(Text);
  Printer Print(T, Full, OS);
  if (F.ClassTunable) {
    auto *Object = cast<TemplateParamObjectDecl>(Tunables[0].getAsDecl());
    Print.fields(Object->getType()->getAsCXXRecordDecl(), Object->getValue());
    return Text;
  }
  TemplateParameterList *Params = F.Template->getTemplateParameters();
  bool First = true;
  auto Add = [&](unsigned I) {
    if (!First)
      OS << ',';
    First = false;
    OS << Params->getParam(I)->getName() << '=';
    Print.argument(Tunables[I - F.FirstTunable]);
  };
  if (!Configs.Config.isNull()) {
    for (const FieldDecl *Field : Configs.Config->getAsCXXRecordDecl()->fields())
      Add(findParameter(Params, Field->getIdentifier()));
  } else {
    for (unsigned I = F.FirstTunable; I < Params->size(); ++I)
      Add(I);
  }
  return Text;
}

std::string printConfig(Session &T, const Factory &F, const Space &Configs,
                        llvm::ArrayRef<TemplateArgument> Tunables) {
  return print(T, F, Configs, Tunables, /*Full=*/false);
}

std::vector<std::string> printItems(Session &T, const Factory &F, const Space &Configs,
                                    llvm::ArrayRef<TemplateArgument> Tunables) {
  std::vector<std::string> Items;
  auto Add = [&](auto PrintOne) {
    llvm::raw_string_ostream OS(Items.emplace_back());
    Printer Print(T, /*IsFull=*/false, OS);
    PrintOne(OS, Print);
  };
  const auto *RD = Configs.Config->getAsCXXRecordDecl();
  if (!F.ClassTunable) {
    TemplateParameterList *Params = F.Template->getTemplateParameters();
    for (const FieldDecl *Field : RD->fields())
      Add([&](llvm::raw_ostream &OS, Printer &Print) {
        unsigned I = findParameter(Params, Field->getIdentifier());
        OS << Params->getParam(I)->getName() << '=';
        Print.argument(Tunables[I - F.FirstTunable]);
      });
    return Items;
  }
  const APValue &V = cast<TemplateParamObjectDecl>(Tunables[0].getAsDecl())->getValue();
  unsigned I = 0;
  for (const CXXBaseSpecifier &Base : RD->bases()) {
    const auto *BaseRD = Base.getType()->getAsCXXRecordDecl();
    const APValue &Part = V.getStructBase(I++);
    if (!BaseRD->isEmpty())
      Add([&](llvm::raw_ostream &, Printer &Print) { Print.fields(BaseRD, Part); });
  }
  for (const FieldDecl *Field : RD->fields())
    if (!Field->isUnnamedBitField())
      Add([&](llvm::raw_ostream &, Printer &Print) {
        Print.field(Field, V.getStructField(Field->getFieldIndex()));
      });
  return Items;
}

unsigned itemOf(const Space &Configs, const FieldDecl *Field) {
  const auto *RD = Configs.Config->getAsCXXRecordDecl();
  unsigned Item = 0;
  for (const CXXBaseSpecifier &Base : RD->bases())
    Item += !Base.getType()->getAsCXXRecordDecl()->isEmpty();
  for (const FieldDecl *It : RD->fields()) {
    if (It == Field)
      break;
    Item += !It->isUnnamedBitField();
  }
  return Item;
}

void makeTextsUnique(Session &T, const Factory &F, const Space &Configs,
                     std::vector<Variant> &Variants) {
  llvm::StringMap<unsigned> Count;
  for (const Variant &V : Variants)
    ++Count[V.Text];
  if (Count.size() == Variants.size())
    return;
  for (Variant &V : Variants)
    if (Count[V.Text] > 1)
      V.Text =
          print(T, F, Configs,
                V.Function->getTemplateSpecializationArgs()->asArray().drop_front(F.FirstTunable),
                /*Full=*/true);
  // Two closures, or two local types of one name in one function.
  llvm::StringSet<> Seen;
  for (Variant &V : Variants) {
    std::string Text = V.Text;
    for (unsigned I = 2; !Seen.insert(V.Text).second; ++I)
      V.Text = Text + "#" + std::to_string(I);
  }
}

} // namespace tlplugin
