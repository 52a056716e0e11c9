// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/ResultFields.h"
#include "plugin/ClangCompat.h"
#include "plugin/Members.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/RecordLayout.h"
#include <tl/abi.h>

using namespace clang;

namespace tlplugin {

/// An object with more fields than this is data, and no result.
static constexpr size_t MostFields = 1024;
/// Arrays of classes are taken apart up to this many elements.
static constexpr uint64_t MostObjects = 64;

namespace {

class FieldLister {
public:
  explicit FieldLister(ASTContext &C) : C(C) {}

  void addClass(const CXXRecordDecl *RD, uint64_t Bits);

  std::vector<ResultField> Found;

private:
  void addValue(QualType Type, uint64_t Bits, const FieldDecl *BitField = nullptr);
  void addNumbers(QualType Type, uint64_t Count, uint64_t Bits, const FieldDecl *BitField);

  ASTContext &C;
  std::string Name;
};

} // namespace

void FieldLister::addClass(const CXXRecordDecl *RD, uint64_t Bits) {
  RD = RD->getDefinition();
  if (!RD || RD->isUnion() || RD->isPolymorphic() || RD->getNumVBases() > 0 || RD->isInvalidDecl())
    return;
  const ASTRecordLayout &Layout = C.getASTRecordLayout(RD);
  for (const CXXBaseSpecifier &Base : RD->bases())
    if (const CXXRecordDecl *Class = Base.getType()->getAsCXXRecordDecl())
      addClass(Class, Bits + C.toBits(Layout.getBaseClassOffset(Class)));
  for (const FieldDecl *Field : RD->fields()) {
    std::string Before = Name;
    if (!Field->getName().empty())
      Name += "." + Field->getName().str();
    if (!Field->isUnnamedBitField())
      addValue(Field->getType(), Bits + Layout.getFieldOffset(Field->getFieldIndex()),
               Field->isBitField() ? Field : nullptr);
    Name = std::move(Before);
  }
}

void FieldLister::addNumbers(QualType Type, uint64_t Count, uint64_t Bits,
                             const FieldDecl *BitField) {
  ResultField F;
  F.Name = Name;
  F.Element = elementOfNumber(C, Type);
  F.Kind = Type->isIntegralOrEnumerationType() ? TL_MEMBER_NUMBER : TL_MEMBER_REAL;
  F.Offset = Bits / C.getCharWidth();
  F.Size = C.getTypeSizeInChars(Type).getQuantity() * Count;
  if (BitField) {
    F.Bit = Bits % C.getCharWidth();
    F.Bits = compat::bitWidth(C, BitField);
  }
  if (F.Element != TL_ELEMENT_BYTES && Found.size() <= MostFields)
    Found.push_back(std::move(F));
}

void FieldLister::addValue(QualType Type, uint64_t Bits, const FieldDecl *BitField) {
  Type = Type.getCanonicalType().getUnqualifiedType();
  uint64_t Count = 1;
  while (const auto *Array = C.getAsConstantArrayType(Type)) {
    Count *= Array->getSize().getZExtValue();
    Type = Array->getElementType().getCanonicalType().getUnqualifiedType();
  }
  if (const auto *Complex = Type->getAs<ComplexType>())
    return addNumbers(Complex->getElementType(), 2 * Count, Bits, nullptr);
  const CXXRecordDecl *RD = Type->getAsCXXRecordDecl();
  if (!RD)
    return addNumbers(Type, Count, Bits, BitField);
  if (Count > MostObjects)
    return;
  uint64_t Size = C.getTypeSize(Type);
  std::string Before = Name;
  for (uint64_t I = 0; I < Count; ++I) {
    if (Count > 1)
      Name = Before + "[" + std::to_string(I) + "]";
    addClass(RD, Bits + I * Size);
  }
  Name = std::move(Before);
}

std::vector<ResultField> listResultFields(ASTContext &C, QualType Type) {
  FieldLister Listed(C);
  if (const CXXRecordDecl *RD = Type->getAsCXXRecordDecl())
    Listed.addClass(RD, 0);
  if (Listed.Found.size() > MostFields)
    Listed.Found.clear();
  return std::move(Listed.Found);
}

} // namespace tlplugin
