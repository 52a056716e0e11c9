// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/ParameterRows.h"
#include <tl/signature.h>

using namespace clang;

namespace tlplugin {

/// TL_ELEMENT_* of a built-in number, TL_ELEMENT_BYTES for any other type.
static unsigned elementOfNumber(ASTContext &C, QualType Type) {
  const auto *Builtin = Type->getAs<BuiltinType>();
  if (!Builtin)
    return TL_ELEMENT_BYTES;
  switch (Builtin->getKind()) {
  case BuiltinType::Bool:
    return TL_ELEMENT_BOOL;
  case BuiltinType::Float:
    return TL_ELEMENT_F32;
  case BuiltinType::Double:
    return TL_ELEMENT_F64;
  default:
    break;
  }
  if (!Builtin->isInteger())
    return TL_ELEMENT_BYTES;
  return tl::detail::integer_element(C.getTypeSizeInChars(Type).getQuantity(),
                                     Builtin->isSignedInteger());
}

/// The fields of a tl_parameter in their order; all of them, since some people want to be warned of
/// those that are missing.
static Expr *buildRow(CodeBuilder &B, llvm::StringRef Name, unsigned Kind, unsigned Element,
                      unsigned Access, unsigned Size, Expr *Type, unsigned Align, Expr *Rebase) {
  Expr *Fields[] = {B.text(Name),         B.number(Kind),     B.number(Element),
                    B.number(Access),     B.number(Size),     Type,
                    B.number(Align),      /*view=*/B.null(),  Rebase,
                    /*copy=*/B.null(),
                    /*destroy=*/B.null(), /*resize=*/B.null()};
  return B.list(Fields);
}

Expr *buildParameterRow(Session &T, CodeBuilder &B, QualType Type, llvm::StringRef Name) {
  ASTContext &C = T.S.Context;
  bool IsPointer = Type->isPointerType();
  QualType Element = IsPointer ? Type->getPointeeType() : Type;
  unsigned Number = TL_ELEMENT_BYTES;
  if (!Element.isVolatileQualified() && !Element.isRestrictQualified())
    Number = elementOfNumber(C, Element);
  if (Number == TL_ELEMENT_BYTES) {
    Expr *Text = B.text(Name);
    return B.call("describe_parameter", TemplateArgument(Type), Text);
  }
  bool ReadOnly = IsPointer && Element.isConstQualified();
  return buildRow(
      B, Name, IsPointer ? TL_PARAMETER_POINTER : TL_PARAMETER_VALUE, Number,
      ReadOnly ? TL_ACCESS_IN : TL_ACCESS_UNKNOWN, C.getTypeSizeInChars(Type).getQuantity(),
      B.addressOf(B.libraryReference("type_identity", TemplateArgument(Type.getUnqualifiedType()))),
      C.getTypeAlignInChars(Type).getQuantity(),
      IsPointer ? B.libraryReference("tl_rt_rebase_pointer") : B.null());
}

Expr *buildResultRow(Session &T, CodeBuilder &B, QualType Type) {
  ASTContext &C = T.S.Context;
  unsigned Number = elementOfNumber(C, Type);
  if (Number == TL_ELEMENT_BYTES && !Type->isVoidType())
    return B.call("describe_result", TemplateArgument(Type), {});
  bool IsNumber = !Type->isVoidType();
  return buildRow(B, "result", IsNumber ? TL_PARAMETER_VALUE : TL_PARAMETER_OPAQUE, Number,
                  TL_ACCESS_UNKNOWN, IsNumber ? C.getTypeSizeInChars(Type).getQuantity() : 0,
                  B.null(), /*Align=*/0, B.null());
}

bool isCopyable(CodeBuilder &B, QualType Type) {
  if (Type->isScalarType() || Type->isLValueReferenceType())
    return true;
  Expr *Copyable = B.libraryReference("is_copyable_argument", TemplateArgument(Type));
  return B.evaluate(Copyable) != 0;
}

} // namespace tlplugin
