// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/ParameterRows.h"
#include "plugin/Lookup.h"
#include "plugin/ProblemKey.h"
#include "plugin/ResultFields.h"
#include "plugin/StateRows.h"
#include <tl/detail/signature.h>

using namespace clang;

namespace tlplugin {

/// TL_ELEMENT_* of what gets a row without asking the library: the built-in numbers but those of
/// half precision. TL_ELEMENT_BYTES for any other type.
static unsigned plainElement(ASTContext &C, QualType Type) {
  bool Plain = Type->isBuiltinType() && !Type->isSpecificBuiltinType(BuiltinType::Float16) &&
               !Type->isSpecificBuiltinType(BuiltinType::BFloat16);
  return Plain ? elementOfNumber(C, Type) : unsigned(TL_ELEMENT_BYTES);
}

/// The fields of a tl_parameter in their order; all of them, since some people want to be warned of
/// those that are missing.
static Expr *buildRow(CodeBuilder &B, llvm::StringRef Name, unsigned Kind, unsigned Element,
                      unsigned Access, unsigned Size, Expr *Type, unsigned Align, Expr *Rebase,
                      unsigned Stride = 0, unsigned RangeEnd = 0, Expr *Pointers = nullptr,
                      unsigned PointerCount = 0) {
  Expr *Fields[] = {B.text(Name),           B.number(Kind),      B.number(Element),
                    B.number(Access),       B.number(Size),      Type,
                    B.number(Align),        /*view=*/B.null(),   Rebase,
                    /*copy=*/B.null(),
                    /*destroy=*/B.null(),   /*resize=*/B.null(), Pointers ? Pointers : B.null(),
                    B.number(PointerCount), B.number(0),
                    /*members=*/B.null(),   B.number(0),
                    /*flags=*/B.number(0),  B.number(Stride),    B.number(RangeEnd),
                    /*address=*/B.null(),
                    /*count=*/B.null(),     /*equal=*/B.null()};
  return B.list(Fields);
}

/// Only members that say something, or that say that there is something unknown.
static Expr *buildMembers(Session &T, CodeBuilder &B, const ParameterWords &How,
                          llvm::StringRef Name) {
  ASTContext &C = T.S.Context;
  llvm::SmallVector<Expr *, 8> Rows;
  for (const Member &M : How.Members) {
    unsigned Size = M.Kind == TL_MEMBER_OTHER ? 0 : C.getTypeSizeInChars(M.Type).getQuantity();
    Expr *Fields[] = {B.text((Name + M.Name).str()),
                      B.number(M.Kind),
                      B.number(M.Element),
                      B.number(M.ReadOnly ? TL_ACCESS_IN : TL_ACCESS_UNKNOWN),
                      B.number(M.Offset),
                      B.number(Size),
                      B.number(M.Bit),
                      B.number(M.Bits)};
    Rows.push_back(B.list(Fields));
  }
  return B.table("members_" + std::to_string(How.Index),
                 getDetailType(T, "member", B.getLocation()), Rows);
}

Expr *buildParameterRow(Session &T, CodeBuilder &B, QualType Type, llvm::StringRef Name,
                        const ParameterWords &How) {
  ASTContext &C = T.S.Context;
  bool IsPointer = Type->isPointerType();
  QualType Element = IsPointer ? Type->getPointeeType() : Type;
  unsigned Number = TL_ELEMENT_BYTES;
  if (!Element.isVolatileQualified() && !Element.isRestrictQualified())
    Number = plainElement(C, Element);
  unsigned RangeEnd = How.RangeEnd + 1;
  if (Number == TL_ELEMENT_BYTES) {
    unsigned Count = 0;
    Expr *Pointers =
        isGpu(T) ? buildPointerTable(T, B, "pointers_of_" + std::to_string(How.Index), Type, Count)
                 : nullptr;
    llvm::SmallVector<Expr *, 3> Described{B.text(Name)};
    if (Count > 0)
      Described.append({Pointers, B.number(Count)});
    Expr *Row = B.call("describe_parameter", TemplateArgument(Type), Described);
    if (How.Members.empty() && RangeEnd == 0)
      return Row;
    Expr *Args[] = {Row, buildMembers(T, B, How, Name.empty() ? "arg" : Name),
                    B.number(How.Members.size()), B.number(RangeEnd)};
    return B.call("with_parts", Args);
  }
  bool ReadOnly = IsPointer && Element.isConstQualified();
  // A texture is a number to the compiler, and means nothing in another process.
  unsigned Handles = 0;
  Expr *Handle =
      isGpu(T) && !IsPointer
          ? buildPointerTable(T, B, "pointers_of_" + std::to_string(How.Index), Type, Handles)
          : nullptr;
  return buildRow(
      B, Name, IsPointer ? TL_PARAMETER_POINTER : TL_PARAMETER_VALUE, Number,
      ReadOnly ? TL_ACCESS_IN : TL_ACCESS_UNKNOWN, C.getTypeSizeInChars(Type).getQuantity(),
      B.addressOf(B.libraryReference("type_identity", TemplateArgument(Type.getUnqualifiedType()))),
      C.getTypeAlignInChars(Type).getQuantity(),
      IsPointer ? B.libraryReference("tl_rt_rebase_pointer") : B.null(),
      IsPointer ? C.getTypeSizeInChars(Element).getQuantity() : 0, RangeEnd,
      Handles > 0 ? Handle : nullptr, Handles);
}

Expr *buildResultRow(Session &T, CodeBuilder &B, QualType Type) {
  ASTContext &C = T.S.Context;
  unsigned Number = plainElement(C, Type);
  if (Number == TL_ELEMENT_BYTES && !Type->isVoidType()) {
    llvm::SmallVector<Expr *, 8> Rows;
    for (const ResultField &F : listResultFields(C, Type)) {
      Expr *Fields[] = {B.text("result" + F.Name), B.number(F.Kind),
                        B.number(F.Element),       B.number(TL_ACCESS_UNKNOWN),
                        B.number(F.Offset),        B.number(F.Size),
                        B.number(F.Bit),           B.number(F.Bits)};
      Rows.push_back(B.list(Fields));
    }
    if (Rows.empty())
      return B.call("describe_result", TemplateArgument(Type), {});
    Expr *Args[] = {B.table("result_fields", getDetailType(T, "member", B.getLocation()), Rows),
                    B.number(Rows.size())};
    return B.call("describe_result", TemplateArgument(Type), Args);
  }
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
