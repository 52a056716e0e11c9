// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/StateRows.h"
#include "plugin/ClangCompat.h"
#include "plugin/Dispatcher.h"
#include "plugin/Lookup.h"
#include "plugin/ParameterRows.h"
#include "clang/AST/ASTConsumer.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/RecordLayout.h"
#include "clang/Basic/SourceManager.h"
#include <tl/abi.h>

using namespace clang;

namespace tlplugin {
namespace {

/// More pointers than this in one object are found by the runtime, which looks at its words.
constexpr unsigned MostPointers = 64;

struct Pointer {
  unsigned Offset, Element, Access, Content;
};

/// What a type consists of, field by field.
class Contents {
public:
  explicit Contents(ASTContext &C) : C(C) {}

  void add(QualType Type, uint64_t Offset) {
    if (unsigned Handle = handleOf(Type)) {
      addPointer(Offset, TL_ELEMENT_BYTES, TL_ACCESS_IN, Handle);
      return;
    }
    Type = Type.getCanonicalType();
    if (Type->isFunctionPointerType() || Type->isMemberFunctionPointerType() ||
        Type->isBlockPointerType())
      return addPointer(Offset, TL_ELEMENT_BYTES, TL_ACCESS_IN, TL_CONTENT_HANDLE);
    if (Type->isPointerType() || Type->isReferenceType()) {
      QualType To = Type->getPointeeType();
      return addPointer(Offset, elementOf(C, To),
                        To.isConstQualified() ? TL_ACCESS_IN : TL_ACCESS_UNKNOWN,
                        isOpaque(To) ? TL_CONTENT_HANDLE : TL_CONTENT_POINTERS);
    }
    if (const auto *Array = C.getAsConstantArrayType(Type))
      return addArray(Array, Offset);
    if (const auto *RD = Type->getAsCXXRecordDecl())
      addClass(RD, Offset);
    else if (const auto *Plain = Type->getAsRecordDecl())
      addFields(Plain, Offset);
  }

  /// Toolkits give numbers to what only their own process knows.
  static unsigned handleOf(QualType Type) {
    while (const auto *Alias = Type->getAs<TypedefType>()) {
      llvm::StringRef Name = Alias->getDecl()->getName();
      if (Name == "cudaSurfaceObject_t" || Name == "hipSurfaceObject_t" || Name == "CUsurfObject")
        return TL_CONTENT_SURFACE | TL_CONTENT_HANDLE;
      if (Name == "cudaTextureObject_t" || Name == "hipTextureObject_t" || Name == "CUtexObject")
        return TL_CONTENT_HANDLE;
      if (Name == "CUdeviceptr" || Name == "hipDeviceptr_t")
        return TL_CONTENT_POINTERS;
      Type = Alias->desugar();
    }
    return 0;
  }

  unsigned Mask = TL_CONTENT_BYTES;
  std::vector<Pointer> Pointers;

private:
  void addPointer(uint64_t Offset, unsigned Element, unsigned Access, unsigned Content) {
    Mask |= Content;
    Pointers.push_back({unsigned(Offset), Element, Access, Content});
  }

  void addArray(const ConstantArrayType *Array, uint64_t Offset) {
    QualType Element = Array->getElementType();
    uint64_t Size = C.getTypeSizeInChars(Element).getQuantity();
    uint64_t Count = Array->getSize().getZExtValue();
    for (uint64_t I = 0; I < Count && Pointers.size() <= MostPointers; ++I) {
      size_t Before = Pointers.size();
      add(Element, Offset + I * Size);
      if (Pointers.size() == Before)
        return; // and so it goes on
    }
  }

  void addClass(const CXXRecordDecl *RD, uint64_t Offset) {
    RD = RD->getDefinition();
    if (!RD)
      return;
    if (RD->isPolymorphic())
      Mask |= TL_CONTENT_OBJECT | TL_CONTENT_HANDLE;
    else if (!isAtomic(RD) && !compat::typeOf(C, RD).isTriviallyCopyableType(C))
      Mask |= TL_CONTENT_OBJECT;
    for (const CXXBaseSpecifier &Base : RD->bases())
      if (const auto *Of = Base.getType()->getAsCXXRecordDecl(); Of && !Base.isVirtual())
        add(Base.getType(), Offset + C.getASTRecordLayout(RD).getBaseClassOffset(Of).getQuantity());
    addFields(RD, Offset);
  }

  void addFields(const RecordDecl *RD, uint64_t Offset) {
    if (!RD->getDefinition() || RD->isInvalidDecl())
      return;
    const ASTRecordLayout &Layout = C.getASTRecordLayout(RD->getDefinition());
    for (const FieldDecl *Field : RD->getDefinition()->fields())
      if (!Field->isBitField() && Pointers.size() <= MostPointers)
        add(Field->getType(),
            Offset +
                C.toCharUnitsFromBits(Layout.getFieldOffset(Field->getFieldIndex())).getQuantity());
  }

  /// Locks and flags of the standard library hold nothing that another process has to know.
  static bool isAtomic(const CXXRecordDecl *RD) {
    return RD->isInStdNamespace() && RD->getIdentifier() &&
           (RD->getName().starts_with("atomic") || RD->getName().starts_with("__atomic"));
  }

  /// What a pointer leads to that only those know who made it.
  bool isOpaque(QualType To) const {
    const auto *Tag = To->getAsTagDecl();
    if (!Tag)
      return false;
    const SourceManager &SM = C.getSourceManager();
    return !Tag->getDefinition() ||
           (SM.isInSystemHeader(SM.getExpansionLoc(Tag->getLocation())) &&
            elementOf(C, To) == TL_ELEMENT_BYTES && !To->isIntegralOrEnumerationType() &&
            Tag->getDeclContext()->getRedeclContext()->isTranslationUnit() &&
            !To.isTriviallyCopyableType(C));
  }

  ASTContext &C;
};

} // namespace

static unsigned elementOfClass(ASTContext &C, const CXXRecordDecl *RD) {
  if (const IdentifierInfo *Name = RD->getIdentifier()) {
    if (Name->isStr("__half"))
      return TL_ELEMENT_F16;
    if (Name->isStr("__nv_bfloat16") || Name->isStr("__hip_bfloat16"))
      return TL_ELEMENT_BF16;
    if (Name->isStr("__nv_fp8_e4m3"))
      return TL_ELEMENT_E4M3;
    if (Name->isStr("__nv_fp8_e5m2"))
      return TL_ELEMENT_E5M2;
  }
  RD = RD->getDefinition();
  if (!RD || RD->isPolymorphic() || RD->isUnion())
    return TL_ELEMENT_BYTES;
  std::optional<unsigned> Common;
  uint64_t Bytes = 0;
  auto Add = [&](QualType Part) {
    unsigned Element = elementOf(C, Part);
    Common = !Common || *Common == Element ? Element : unsigned(TL_ELEMENT_BYTES);
    Bytes += C.getTypeSizeInChars(Part).getQuantity();
  };
  for (const CXXBaseSpecifier &Base : RD->bases())
    if (const auto *Of = Base.getType()->getAsCXXRecordDecl(); Of && !Of->isEmpty())
      Add(Base.getType());
  for (const FieldDecl *Field : RD->fields())
    Field->isBitField() ? void(Common = TL_ELEMENT_BYTES) : Add(Field->getType());
  bool Dense = Bytes == uint64_t(C.getTypeSizeInChars(compat::typeOf(C, RD)).getQuantity());
  return Common && Dense ? *Common : unsigned(TL_ELEMENT_BYTES);
}

unsigned elementOf(ASTContext &C, QualType Type) {
  Type = C.getBaseElementType(Type).getCanonicalType().getUnqualifiedType();
  if (Type->isIncompleteType() || Type->isDependentType())
    return TL_ELEMENT_BYTES;
  if (Type->isPointerType())
    return TL_ELEMENT_POINTER;
  if (const auto *Enum = Type->getAs<EnumType>())
    return elementOfNumber(C, Enum->getDecl()->getIntegerType());
  if (const auto *Vector = Type->getAs<VectorType>())
    return elementOfNumber(C, Vector->getElementType());
  if (const auto *Complex = Type->getAs<ComplexType>())
    return elementOfNumber(C, Complex->getElementType());
  if (const auto *RD = Type->getAsCXXRecordDecl())
    return elementOfClass(C, RD);
  if (const auto *Builtin = Type->getAs<BuiltinType>()) {
    if (Builtin->getKind() == BuiltinType::Float16 || Builtin->getKind() == BuiltinType::Half)
      return TL_ELEMENT_F16;
    if (Builtin->getKind() == BuiltinType::BFloat16)
      return TL_ELEMENT_BF16;
  }
  return elementOfNumber(C, Type);
}

static Expr *pointerTable(Session &T, CodeBuilder &B, llvm::StringRef Name,
                          llvm::ArrayRef<Pointer> Pointers) {
  llvm::SmallVector<Expr *, 8> Rows;
  for (const Pointer &P : Pointers) {
    Expr *Fields[] = {B.number(P.Offset), B.number(P.Element), B.number(P.Access),
                      B.number(P.Content)};
    Rows.push_back(B.list(Fields));
  }
  return B.table(Name, getDetailType(T, "held_pointer", B.getLocation()), Rows);
}

Expr *buildPointerTable(Session &T, CodeBuilder &B, llvm::StringRef Name, QualType Type,
                        unsigned &Count) {
  Count = 0;
  Type = Type.getNonReferenceType();
  const auto *RD = Type->getAsCXXRecordDecl();
  bool IsHandle = Contents::handleOf(Type) != 0;
  if (!IsHandle && (!RD || !RD->hasDefinition() || Type->isDependentType()))
    return B.null();
  Contents Parts(T.S.Context);
  Parts.add(Type, 0);
  if (Parts.Pointers.empty() || Parts.Pointers.size() > MostPointers)
    return B.null();
  Count = Parts.Pointers.size();
  return pointerTable(T, B, Name, Parts.Pointers);
}

/// Locks and the like are no state: they are open whenever no function of the factory runs.
static bool isLock(QualType Type) {
  const auto *RD = Type->getAsCXXRecordDecl();
  if (!RD || !RD->isInStdNamespace() || !RD->getIdentifier())
    return false;
  llvm::StringRef Name = RD->getName();
  return Name.ends_with("mutex") || Name == "once_flag" || Name.starts_with("condition_variable");
}

/// `const void *__tl_at_H_<Number>() { return &Var; }`
static FunctionDecl *defineLocator(Session &T, const Dispatcher &D, VarDecl *Var,
                                   llvm::StringRef Number) {
  ASTContext &C = T.S.Context;
  QualType Type = C.getFunctionType(C.getPointerType(C.VoidTy.withConst()), {},
                                    FunctionProtoType::ExtProtoInfo());
  FunctionDecl *FD = declareHelper(T, D, "__tl_at_" + Number + "_", Type);
  CodeBuilder B(T, D, FD);
  if (B.finish(B.untypedAddressOf(B.reference(Var))))
    T.S.Consumer.HandleTopLevelDecl(DeclGroupRef(FD));
  return FD;
}

Expr *buildStateTable(Session &T, const Dispatcher &D, CodeBuilder &B,
                      llvm::ArrayRef<ReachedVariable> State, unsigned &Count) {
  ASTContext &C = T.S.Context;
  llvm::SmallVector<Expr *, 8> Rows;
  for (const ReachedVariable &It : State) {
    QualType Type = It.Var->getType().getNonReferenceType();
    if (isLock(C.getBaseElementType(Type)))
      continue;
    Contents Parts(C);
    Parts.add(It.Var->getType().getNonReferenceType(), 0);
    bool Managed = It.Var->hasAttr<HIPManagedAttr>();
    bool Device =
        !Managed && (It.Var->hasAttr<CUDADeviceAttr>() || It.Var->hasAttr<CUDAConstantAttr>());
    // Its address is none that a constant may hold.
    bool Located = Managed || It.Var->getTLSKind() != VarDecl::TLS_None ||
                   It.Var->getType()->isReferenceType();
    std::string Number = std::to_string(Rows.size());
    Expr *Address = B.null(), *Locate = B.null();
    if (Located)
      Locate = B.addressOf(B.reference(defineLocator(T, D, It.Var, Number)));
    else
      Address = B.untypedAddressOf(B.reference(It.Var));
    uint64_t Bytes = Type->isIncompleteType() ? 0 : C.getTypeSizeInChars(Type).getQuantity();
    if (Bytes > ~0u)
      Bytes = 0;
    Expr *Pointers = B.null();
    unsigned Held = 0;
    if (!Parts.Pointers.empty() && Parts.Pointers.size() <= MostPointers) {
      Held = Parts.Pointers.size();
      Pointers = pointerTable(T, B, "pointers_in_" + Number, Parts.Pointers);
    }
    Expr *Fields[] = {B.text(It.Var->getQualifiedNameAsString()),
                      Address,
                      Locate,
                      B.number(Bytes),
                      B.number(Device    ? TL_MEMORY_DEVICE
                               : Managed ? TL_MEMORY_MANAGED
                                         : TL_MEMORY_HOST),
                      B.number((It.Read ? TL_VARIABLE_READ : 0) |
                               (It.Written ? TL_VARIABLE_WRITTEN : 0) |
                               (It.Late ? TL_VARIABLE_LATE : 0) |
                               (It.NamesConfig ? TL_VARIABLE_NAMES_CONFIG : 0)),
                      B.number(Parts.Mask),
                      B.number(elementOf(C, Type)),
                      Pointers,
                      B.number(Held),
                      B.number(0)};
    Rows.push_back(B.list(Fields));
  }
  Count = Rows.size();
  return B.table("variables", getDetailType(T, "variable", B.getLocation()), Rows);
}

} // namespace tlplugin
