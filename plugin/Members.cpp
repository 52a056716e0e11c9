// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/Members.h"
#include "plugin/ClangCompat.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/RecordLayout.h"
#include <tl/detail/signature.h>

using namespace clang;

namespace tlplugin {

/// A larger array is data, and no description of a problem.
static constexpr uint64_t MostElements = 16;
/// What has more members than this is no description of one either.
static constexpr size_t MostMembers = 64;

unsigned elementOfNumber(ASTContext &C, QualType Type) {
  if (const auto *Enum = Type->getAs<EnumType>())
    Type = Enum->getDecl()->getIntegerType();
  const auto *Builtin = Type.isNull() ? nullptr : Type->getAs<BuiltinType>();
  if (!Builtin)
    return TL_ELEMENT_BYTES;
  switch (Builtin->getKind()) {
  case BuiltinType::Bool:
    return TL_ELEMENT_BOOL;
  case BuiltinType::Float:
    return TL_ELEMENT_F32;
  case BuiltinType::Double:
    return TL_ELEMENT_F64;
  case BuiltinType::Float16:
    return TL_ELEMENT_F16;
  case BuiltinType::BFloat16:
    return TL_ELEMENT_BF16;
  default:
    break;
  }
  if (!Builtin->isInteger())
    return TL_ELEMENT_BYTES;
  return tl::detail::integer_element(C.getTypeSizeInChars(Type).getQuantity(),
                                     Builtin->isSignedInteger());
}

/// A half-precision number of the program's own, for instance.
static bool standsForNumber(const CXXRecordDecl *RD) {
  for (const NamedDecl *D : RD->getVisibleConversionFunctions())
    if (const auto *Conversion = dyn_cast<CXXConversionDecl>(D->getUnderlyingDecl()))
      if (Conversion->getConversionType()->isRealFloatingType())
        return true;
  return false;
}

namespace {

class Lister {
public:
  Lister(Session &T, MemberUse Use) : C(T.S.Context), Use(Use) {}

  void addClass(const CXXRecordDecl *RD, uint64_t Bits);

  std::vector<Member> Found;

private:
  void addValue(QualType Type, uint64_t Bits, const FieldDecl *BitField = nullptr);
  void addOther();

  ASTContext &C;
  MemberUse Use;
  std::string Name;
  llvm::SmallVector<Member::Step, 4> Path;
};

} // namespace

void Lister::addOther() {
  Member M;
  M.Name = Name;
  M.Kind = TL_MEMBER_OTHER;
  M.Element = TL_ELEMENT_BYTES;
  M.ReadOnly = false;
  Found.push_back(std::move(M));
}

void Lister::addClass(const CXXRecordDecl *RD, uint64_t Bits) {
  RD = RD->getDefinition();
  if (!RD || RD->isUnion() || RD->isLambda() || RD->isPolymorphic() || RD->getNumVBases() > 0 ||
      RD->isInvalidDecl() || standsForNumber(RD))
    return addOther();
  bool Trivial = RD->isTriviallyCopyable();
  const ASTRecordLayout &Layout = C.getASTRecordLayout(RD);
  for (const CXXBaseSpecifier &Base : RD->bases()) {
    const CXXRecordDecl *Class = Base.getType()->getAsCXXRecordDecl();
    if (Class && Base.getAccessSpecifier() == AS_public)
      addClass(Class, Bits + C.toBits(Layout.getBaseClassOffset(Class)));
    else
      addOther();
  }
  for (FieldDecl *Field : RD->fields()) {
    std::string Before = Name;
    Path.push_back({Field, 0});
    Name += "." + Field->getName().str();
    if (Field->getName().empty() || (!Trivial && Field->getAccess() != AS_public))
      addOther();
    else
      addValue(Field->getType(), Bits + Layout.getFieldOffset(Field->getFieldIndex()),
               Field->isBitField() ? Field : nullptr);
    Name = std::move(Before);
    Path.pop_back();
  }
}

void Lister::addValue(QualType Type, uint64_t Bits, const FieldDecl *BitField) {
  if (Found.size() >= MostMembers || Type.isVolatileQualified() || Type->isReferenceType())
    return addOther();
  if (const auto *Array = C.getAsConstantArrayType(Type)) {
    uint64_t Count = Array->getSize().getZExtValue();
    if (Count > MostElements)
      return addOther();
    uint64_t Size = C.getTypeSize(Array->getElementType());
    for (unsigned I = 0; I < Count; ++I) {
      std::string Before = Name;
      Path.push_back({nullptr, I});
      Name += "[" + std::to_string(I) + "]";
      addValue(Array->getElementType(), Bits + I * Size);
      Name = std::move(Before);
      Path.pop_back();
    }
    return;
  }
  if (const CXXRecordDecl *RD = Type->getAsCXXRecordDecl())
    return addClass(RD, Bits);
  Member M;
  M.Name = Name;
  M.Path = Path;
  M.Type = Type;
  M.Kind = TL_MEMBER_OTHER;
  M.ReadOnly = false;
  M.Offset = Bits / C.getCharWidth();
  M.Element = elementOfNumber(C, Type.getUnqualifiedType());
  if (BitField) {
    M.Bit = Bits % C.getCharWidth();
    M.Bits = compat::bitWidth(C, BitField);
  }
  if (Type->isIntegralOrEnumerationType() && M.Element != TL_ELEMENT_BYTES) {
    if (Use == MemberUse::All)
      M.Kind = TL_MEMBER_NUMBER;
  } else if (M.Element != TL_ELEMENT_BYTES) {
    if (Use != MemberUse::Pointers)
      M.Kind = TL_MEMBER_REAL;
  } else if (Type->isFunctionPointerType()) {
    // Which function it is makes another problem.
    if (Use == MemberUse::All) {
      M.Kind = TL_MEMBER_NUMBER;
      M.Element = TL_ELEMENT_POINTER;
    }
  } else if (Type->isPointerType()) {
    M.Kind = TL_MEMBER_POINTER;
    M.ReadOnly = Type->getPointeeType().isConstQualified();
    M.Element = elementOfNumber(C, Type->getPointeeType().getUnqualifiedType());
  }
  Found.push_back(std::move(M));
}

std::vector<Member> listMembers(Session &T, QualType Class, MemberUse Use) {
  Lister Listed(T, Use);
  if (const CXXRecordDecl *RD = Class->getAsCXXRecordDecl())
    Listed.addClass(RD, 0);
  if (Listed.Found.size() > MostMembers)
    Listed.Found.clear();
  return std::move(Listed.Found);
}

Expr *buildMember(CodeBuilder &B, Expr *Object, const Member &M) {
  for (const Member::Step &Step : M.Path)
    Object = Step.Field ? B.field(Object, Step.Field) : B.element(Object, Step.Index);
  return Object;
}

} // namespace tlplugin
