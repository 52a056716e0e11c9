// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/ConfigText.h"
#include "plugin/ConfigArguments.h"
#include "plugin/Tunables.h"
#include "clang/AST/DeclCXX.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace clang;

namespace tlplugin {

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
