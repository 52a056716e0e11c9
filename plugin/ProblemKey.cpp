// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/ProblemKey.h"
#include "plugin/Lookup.h"
#include "plugin/Options.h"

using namespace clang;

namespace tlplugin {

bool isGpu(const Session &T) { return T.S.getLangOpts().CUDA; }

const FunctionProtoType *getLaunch(const Dispatcher &D) {
  const auto *RD = dyn_cast_or_null<ClassTemplateSpecializationDecl>(
      D.Default->getReturnType()->getAsCXXRecordDecl());
  if (!isTlClass(RD, "kernel") || D.Default->getReturnType().hasQualifiers())
    return nullptr;
  return RD->getTemplateArgs()[0].getAsType()->getAs<FunctionProtoType>();
}

namespace {
enum class KeyKind { None, Number, View };
} // namespace

/// Numbers and pointers to numbers, which is most parameters, are told apart here; of any other
/// type the library is asked.
static KeyKind keyKind(Session &T, CodeBuilder &B, QualType Type) {
  ASTContext &C = T.S.Context;
  QualType Value = Type.getNonReferenceType();
  if (Value->isIntegralOrEnumerationType() && !Value->isBitIntType()) {
    bool Written = Type->isLValueReferenceType() && !Value.isConstQualified();
    return Written || C.getTypeSize(Value) > 64 ? KeyKind::None : KeyKind::Number;
  }
  if (Value->isBuiltinType() || (Type->isPointerType() && Type->getPointeeType()->isBuiltinType()))
    return KeyKind::None;
  Expr *Words = B.call("key_words_of", TemplateArgument(Type), {});
  return B.evaluate(Words) != 0 ? KeyKind::View : KeyKind::None;
}

/// Appends the words of a variable of the type tl::detail::key_part<N>.
static void appendPart(CodeBuilder &B, llvm::StringRef Name, Expr *Part,
                       llvm::SmallVectorImpl<Expr *> &Words) {
  if (!B.ok())
    return;
  QualType Type = Part->getType().getUnqualifiedType();
  const auto *RD = dyn_cast_or_null<ClassTemplateSpecializationDecl>(Type->getAsCXXRecordDecl());
  if (!isTlClass(RD, "key_part"))
    return B.fail();
  unsigned Count = RD->getTemplateArgs()[0].getAsIntegral().getZExtValue();
  Expr *Variable = B.variable(Name, Type.withConst(), Part);
  for (unsigned I = 0; I < Count; ++I)
    Words.push_back(B.element(B.member(Variable, "words"), I));
}

llvm::SmallVector<Expr *, 8> buildKeyWords(Session &T, const Dispatcher &D, CodeBuilder &B) {
  llvm::SmallVector<Expr *, 8> Words;
  llvm::ArrayRef<ParmVarDecl *> Params = D.Dispatch->parameters();
  if (const Option *Key = findOption(*D.Source, "key")) {
    llvm::SmallVector<Expr *, 8> Args;
    Args.push_back(B.option(*Key));
    for (ParmVarDecl *P : Params)
      Args.push_back(B.reference(P));
    appendPart(B, "key", B.call("own_key_of", Args), Words);
    return Words;
  }
  QualType Word = T.S.Context.getIntTypeForBitwidth(64, /*Signed=*/false);
  for (ParmVarDecl *P : Params) {
    switch (keyKind(T, B, P->getType())) {
    case KeyKind::None:
      break;
    case KeyKind::Number:
      Words.push_back(B.cast(tok::kw_static_cast, Word, B.reference(P)));
      break;
    case KeyKind::View: {
      Expr *View = B.reference(P);
      appendPart(B, "extents" + std::to_string(Words.size()), B.call("extents_of", View), Words);
    }
    }
  }
  return Words;
}

} // namespace tlplugin
