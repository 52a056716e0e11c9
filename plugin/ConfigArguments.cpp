// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/ConfigArguments.h"
#include "plugin/Diagnostics.h"
#include "plugin/Lookup.h"
#include "clang/AST/DeclCXX.h"
#include "llvm/ADT/StringExtras.h"

using namespace clang;

namespace tlplugin {

/// The type that the tag in a tl::type_token is of.
static QualType typeOfTag(const APValue &V) {
  if (!V.isStruct() || V.getStructNumFields() != 1)
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

QualType typeOfToken(QualType Type, const APValue &V) {
  return isTlClass(Type->getAsCXXRecordDecl(), "type_token") ? typeOfTag(V) : QualType();
}

/// One field as the argument for one plain parameter.
static bool convert(Session &T, const Factory &F, const NamedDecl *Param, QualType ParamType,
                    QualType FieldType, const APValue &V, TemplateArgument &Out) {
  ASTContext &C = T.S.Context;
  if (isa<TemplateTypeParmDecl>(Param)) {
    // Values without a field, written in the attribute, were looked at there.
    QualType Named = FieldType.isNull() ? typeOfTag(V) : typeOfToken(FieldType, V);
    if (Named.isNull()) {
      error(T.S, F.getConfigsLocation(),
            "type parameter %0 needs a field of type tl::type_token, found %1")
          << Param << FieldType;
      return false;
    }
    Out = TemplateArgument(C.getCanonicalType(Named));
    return true;
  }
  auto Mismatch = [&] {
    error(T.S, F.getConfigsLocation(), "tunable %0 has type %1, but its field has type %2")
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
    const llvm::APSInt &Value = V.getInt();
    llvm::APSInt Fitted = Value.extOrTrunc(C.getIntWidth(ParamType));
    Fitted.setIsUnsigned(ParamType->isUnsignedIntegerOrEnumerationType());
    if (llvm::APSInt::compareValues(Fitted, Value) != 0) {
      error(T.S, F.getConfigsLocation(), "value %0 of tunable %1 does not fit in its type %2")
          << llvm::toString(Value, 10) << Param << ParamType;
      note(T.S, Param->getLocation(), "tunable declared here");
      return false;
    }
    Out = TemplateArgument(C, Fitted, C.getCanonicalType(ParamType.getUnqualifiedType()));
    return true;
  }
  if (!Same)
    return Mismatch();
  QualType Canonical = C.getCanonicalType(ParamType.getUnqualifiedType());
  if (ParamType->isRecordType())
    Out = TemplateArgument(C.getTemplateParamObjectDecl(Canonical, V), Canonical);
  else // as Clang makes one of a pointer, a reference, a floating-point number, a vector
    Out = TemplateArgument(C, Canonical, V);
  return true;
}

bool checkConversions(Session &T, const Factory &F, const Space &Configs) {
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

} // namespace tlplugin
