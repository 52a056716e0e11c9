// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/ParameterUse.h"
#include "clang/AST/RecursiveASTVisitor.h"

using namespace clang;

namespace tlplugin {

/// Two words that mean the ends of a range.
static constexpr std::pair<llvm::StringLiteral, llvm::StringLiteral> Ends[] = {
    {"begin", "end"},  {"beg", "end"},    {"first", "last"}, {"start", "end"},
    {"start", "stop"}, {"low", "high"},   {"lo", "hi"},      {"start", "finish"},
    {"head", "tail"},  {"from", "until"}, {"b", "e"},        {"lower", "upper"},
};

/// "rows_begin", "rowsBegin", "begin_rows", "m_begin_": a name without its word, null where it has
/// not got it.
static std::optional<std::string> without(llvm::StringRef Name, llvm::StringRef Word) {
  std::string Lower = Name.lower();
  Lower.erase(std::remove(Lower.begin(), Lower.end(), '_'), Lower.end());
  llvm::StringRef Rest = Lower;
  // Of "b" and "e" nothing else may be left: every name has letters.
  if (Rest == Word)
    return std::string();
  if (Word.size() < 2)
    return std::nullopt;
  if (Rest.ends_with(Word))
    return Rest.drop_back(Word.size()).str();
  if (Rest.starts_with(Word))
    return Rest.drop_front(Word.size()).str();
  return std::nullopt;
}

bool isRange(const ParmVarDecl *First, const ParmVarDecl *Last) {
  ASTContext &C = First->getASTContext();
  if (!C.hasSameUnqualifiedType(First->getType().getNonReferenceType(),
                                Last->getType().getNonReferenceType()))
    return false;
  for (const auto &[Begin, End] : Ends) {
    std::optional<std::string> A = without(First->getName(), Begin);
    std::optional<std::string> B = without(Last->getName(), End);
    if (A && B && *A == *B)
      return true;
    // x and x_end
    if (Begin == "begin" && B && !B->empty() && without(First->getName(), *B) == std::string())
      return true;
  }
  return false;
}

namespace {

/// Uses of one parameter that can only read it.
class Uses : public RecursiveASTVisitor<Uses> {
public:
  explicit Uses(const ParmVarDecl *P) : P(P) {}

  bool shouldVisitImplicitCode() const { return true; }

  bool VisitDeclRefExpr(DeclRefExpr *E) {
    All += E->getDecl() == P;
    return true;
  }
  bool VisitImplicitCastExpr(ImplicitCastExpr *E) {
    bool Loads = E->getCastKind() == CK_LValueToRValue;
    bool AddsConst =
        E->getCastKind() == CK_NoOp && E->isLValue() && E->getType().isConstQualified();
    if (Loads || AddsConst)
      note(E->getSubExpr());
    return true;
  }

  bool onlyRead() const { return All == Reading.size(); }

private:
  /// `p.size[1]`: down to the parameter.
  void note(const Expr *E) {
    while (true) {
      E = E->IgnoreParens();
      if (const auto *Cast = dyn_cast<ImplicitCastExpr>(E);
          Cast && (Cast->getCastKind() == CK_ArrayToPointerDecay ||
                   Cast->getCastKind() == CK_UncheckedDerivedToBase ||
                   Cast->getCastKind() == CK_DerivedToBase || Cast->getCastKind() == CK_NoOp))
        E = Cast->getSubExpr();
      else if (const auto *Member = dyn_cast<MemberExpr>(E); Member && !Member->isArrow())
        E = Member->getBase();
      else if (const auto *Element = dyn_cast<ArraySubscriptExpr>(E))
        E = Element->getBase();
      else
        break;
    }
    if (const auto *Ref = dyn_cast<DeclRefExpr>(E); Ref && Ref->getDecl() == P)
      Reading.insert(Ref);
  }

  const ParmVarDecl *P;
  size_t All = 0;
  llvm::SmallPtrSet<const DeclRefExpr *, 8> Reading;
};

} // namespace

static bool onlyReads(const FunctionDecl *FD, unsigned Index) {
  const FunctionDecl *Definition = nullptr;
  if (!FD->hasBody(Definition) || !Definition)
    return false;
  Uses Of(Definition->getParamDecl(Index));
  Of.TraverseStmt(Definition->getBody());
  return Of.onlyRead();
}

bool describesProblem(const Dispatcher &D, const ParmVarDecl *P, bool LeadsToData) {
  QualType Type = P->getType();
  if (!Type->isLValueReferenceType() || Type.getNonReferenceType().isConstQualified())
    return true;
  return LeadsToData || onlyReads(D.Default, P->getFunctionScopeIndex());
}

} // namespace tlplugin
