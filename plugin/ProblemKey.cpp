// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/ProblemKey.h"
#include "plugin/ClangCompat.h"
#include "plugin/Lookup.h"
#include "plugin/Options.h"
#include "plugin/ParameterUse.h"
#include <tl/abi.h>

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

static bool isStream(QualType Type) {
  const auto *Pointee = Type->isPointerType() ? Type->getPointeeType()->getAsRecordDecl() : nullptr;
  return Pointee && Pointee->getIdentifier() &&
         (Pointee->getName() == "CUstream_st" || Pointee->getName() == "ihipStream_t");
}

/// The values of tl::detail::parameter_sort.
static ParameterWords::Sort askLibrary(CodeBuilder &B, QualType Type) {
  static constexpr ParameterWords::Sort Sorts[] = {ParameterWords::None, ParameterWords::Real,
                                                   ParameterWords::View, ParameterWords::Count,
                                                   ParameterWords::Iterator};
  uint64_t Found = B.evaluate(B.call("parameter_sort", TemplateArgument(Type), {}));
  return Found < std::size(Sorts) ? Sorts[Found] : ParameterWords::None;
}

/// Numbers and pointers, which is most parameters, are told apart here; of a class the library is
/// asked.
static ParameterWords classify(Session &T, const Dispatcher &D, CodeBuilder &B,
                               const ParmVarDecl *P) {
  ASTContext &C = T.S.Context;
  ParameterWords Words;
  QualType Type = P->getType();
  QualType Value = Type.getNonReferenceType();
  bool ByReference = Type->isLValueReferenceType();
  bool Written = ByReference && !Value.isConstQualified();
  if (isStream(Value))
    return Words;
  if (Value->isRecordType())
    Words.What = askLibrary(B, Type);
  if (Words.What == ParameterWords::View || Words.What == ParameterWords::Iterator)
    return Words;
  Words.ByAddress = ByReference && Value.isTriviallyCopyableType(C) && !Value->isPointerType();
  if (Words.What != ParameterWords::None) {
    // A real of a class type that may be written is none.
    if (Words.What == ParameterWords::Real && Written)
      Words.What = ParameterWords::None;
    return Words;
  }
  if (Value->isPointerType()) {
    if (!ByReference)
      Words.What = Value->getPointeeType()->isFunctionType() ? ParameterWords::Code
                                                             : ParameterWords::Pointer;
  } else if (Value->isRecordType()) {
    std::vector<Member> All = listMembers(T, Value, MemberUse::All);
    bool LeadsToData =
        llvm::any_of(All, [](const Member &M) { return M.Kind == TL_MEMBER_POINTER; });
    Words.Members = describesProblem(D, P, LeadsToData)
                        ? std::move(All)
                        : listMembers(T, Value, MemberUse::Pointers);
  } else if (Written || Value.isVolatileQualified()) {
    // What it holds is a result.
  } else if (Value->isIntegralOrEnumerationType()) {
    if (!Value->isBitIntType() && C.getTypeSize(Value) <= 64)
      Words.What = ParameterWords::Number;
  } else if (elementOfNumber(C, Value.getUnqualifiedType()) != TL_ELEMENT_BYTES) {
    Words.What = ParameterWords::Real;
  }
  return Words;
}

ParameterWords classifyLaunchParameter(Session &T, CodeBuilder &B, QualType Type) {
  ParameterWords Words;
  QualType Value = Type.getNonReferenceType();
  if (Value->isRecordType() && askLibrary(B, Type) == ParameterWords::None)
    Words.Members = listMembers(T, Value, MemberUse::Facts);
  return Words;
}

std::vector<ParameterWords> classifyParameters(Session &T, const Dispatcher &D, CodeBuilder &B) {
  std::vector<ParameterWords> All;
  llvm::ArrayRef<ParmVarDecl *> Params = D.Dispatch->parameters();
  for (unsigned I = 0; I < Params.size(); ++I) {
    ParameterWords Words = classify(T, D, B, Params[I]);
    Words.Index = I;
    if (I > 0 && All.back().What == Words.What && !All.back().EndsRange &&
        (Words.What == ParameterWords::Pointer || Words.What == ParameterWords::Iterator) &&
        isRange(Params[I - 1], Params[I])) {
      All.back().RangeEnd = I;
      Words.EndsRange = true;
    }
    All.push_back(std::move(Words));
  }
  return All;
}

/// Appends the words of a variable of the type tl::detail::key_part<N>; returns N.
static unsigned appendPart(CodeBuilder &B, llvm::StringRef Name, Expr *Part,
                           llvm::SmallVectorImpl<Expr *> &Words) {
  if (!B.ok())
    return 0;
  QualType Type = Part->getType().getUnqualifiedType();
  const auto *RD = dyn_cast_or_null<ClassTemplateSpecializationDecl>(Type->getAsCXXRecordDecl());
  if (!isTlClass(RD, "key_part")) {
    B.fail();
    return 0;
  }
  unsigned Count = RD->getTemplateArgs()[0].getAsIntegral().getZExtValue();
  if (Count == 0)
    return 0;
  Expr *Variable = B.variable(Name, Type.withConst(), Part);
  for (unsigned I = 0; I < Count; ++I)
    Words.push_back(B.element(B.member(Variable, "words"), I));
  return Count;
}

namespace {

/// Puts the words of a call together.
class WordBuilder {
public:
  WordBuilder(Session &T, const Dispatcher &D, CodeBuilder &B)
      : B(B), Word(T.S.Context.getIntTypeForBitwidth(64, /*Signed=*/false)),
        OwnKey(findOption(*D.Source, "key")), Eligible(findOption(*D.Source, "eligible")) {}

  void addOwnKey(llvm::ArrayRef<ParmVarDecl *> Params) {
    llvm::SmallVector<Expr *, 8> Args;
    Args.push_back(B.option(*OwnKey));
    for (ParmVarDecl *P : Params)
      Args.push_back(B.reference(P));
    KeyWords = appendPart(B, "key", B.call("own_key_of", Args), Words);
  }

  void add(ParmVarDecl *P, const ParameterWords &How);

  llvm::SmallVector<Expr *, 8> Words;
  unsigned KeyWords = 0;
  const Option *getOwnKey() const { return OwnKey; }

private:
  void addKey(unsigned Count) { KeyWords += OwnKey ? 0 : Count; }
  /// What `key = fn` leaves out tells no problems apart, but `eligible` may look at it.
  bool counts() const { return !OwnKey || Eligible; }
  void addNumber(Expr *Value) {
    if (counts())
      Words.push_back(B.cast(tok::kw_static_cast, Word, Value));
    addKey(1);
  }
  void addReal(Expr *Value) {
    Words.push_back(B.call(Eligible ? "real_bits" : "real_word", Value));
  }
  void addCode(Expr *Value) {
    if (counts())
      addPointer(Value);
    addKey(1);
  }
  void addPointer(Expr *Value) { Words.push_back(B.cast(tok::kw_reinterpret_cast, Word, Value)); }

  CodeBuilder &B;
  QualType Word;
  const Option *OwnKey, *Eligible;
};

} // namespace

void WordBuilder::add(ParmVarDecl *P, const ParameterWords &How) {
  Expr *Value = B.reference(P);
  if (How.ByAddress)
    addPointer(B.addressOf(Value));
  if (How.RangeEnd >= 0)
    addKey(1);
  switch (How.What) {
  case ParameterWords::None:
    break;
  case ParameterWords::Number:
    addNumber(Value);
    break;
  case ParameterWords::Real:
    addReal(Value);
    break;
  case ParameterWords::Pointer:
    addPointer(Value);
    break;
  case ParameterWords::Code:
    addCode(Value);
    break;
  case ParameterWords::Iterator:
    Words.push_back(B.call("iterator_word", Value));
    break;
  case ParameterWords::Count:
    if (counts())
      Words.push_back(B.call("count_word", Value));
    addKey(1);
    break;
  case ParameterWords::View: {
    unsigned Count =
        appendPart(B, "view" + std::to_string(Words.size()), B.call("view_part", Value), Words);
    addKey(Count > 0 ? Count - 1 : 0);
    break;
  }
  }
  for (const Member &M : How.Members) {
    if (M.Kind == TL_MEMBER_NUMBER && M.Element == TL_ELEMENT_POINTER)
      addCode(buildMember(B, Value, M));
    else if (M.Kind == TL_MEMBER_NUMBER)
      addNumber(buildMember(B, Value, M));
    else if (M.Kind == TL_MEMBER_REAL)
      addReal(buildMember(B, Value, M));
    else if (M.Kind == TL_MEMBER_POINTER)
      addPointer(buildMember(B, Value, M));
  }
}

llvm::SmallVector<Expr *, 8> buildCallWords(Session &T, const Dispatcher &D, CodeBuilder &B,
                                            unsigned &KeyWords) {
  llvm::ArrayRef<ParmVarDecl *> Params = D.Dispatch->parameters();
  std::vector<ParameterWords> How = classifyParameters(T, D, B);
  WordBuilder Words(T, D, B);
  if (Words.getOwnKey())
    Words.addOwnKey(Params);
  for (unsigned I = 0; I < Params.size(); ++I)
    Words.add(Params[I], How[I]);
  KeyWords = Words.KeyWords;
  return std::move(Words.Words);
}

void checkProblemKey(Session &T, const Dispatcher &D) {
  if (D.KeyWords > 0 || findOption(*D.Source, "key") || D.Default->getNumParams() == 0)
    return;
  SourceLocation Loc = D.Source->Template->getLocation();
  T.S.Diag(Loc, compat::warningInGroup(
                    T.S, "nothing in the arguments of %0 tells its problems apart, so that all of "
                         "its calls share one winner; take a size, a view or a (begin, end) pair, "
                         "write 'key = fn', or 'key = tl::one_problem' if it is so"))
      << D.Source->Template;
}

} // namespace tlplugin
