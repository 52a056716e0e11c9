// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/ClangCompat.h"
#include "plugin/CodePart.h"
#include "plugin/Toolkit.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/AST/ExprConcepts.h"
#include "clang/AST/StmtOpenMP.h"
#include "clang/AST/StmtVisitor.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Lexer.h"
#include "llvm/ADT/StringExtras.h"

using namespace clang;

namespace tlplugin {
namespace {

/// What a statement says beside its kind, its type and its children. A visit returns whether the
/// children are done with.
class Details : public ConstStmtVisitor<Details, bool> {
public:
  explicit Details(PartBuilder &InB)
      : B(InB), T(InB.Owner.getSession()), SM(T.S.getSourceManager()) {}

  bool VisitStmt(const Stmt *) { return false; }

  // Literals.
  bool VisitIntegerLiteral(const IntegerLiteral *E) {
    if (isFromMacro(E->getLocation(), {"__LINE__"}))
      return true;
    B.text(llvm::toString(E->getValue(), 16, /*Signed=*/false));
    return true;
  }
  bool VisitFixedPointLiteral(const FixedPointLiteral *E) {
    B.text(llvm::toString(E->getValue(), 16, /*Signed=*/false));
    return true;
  }
  bool VisitFloatingLiteral(const FloatingLiteral *E) {
    B.text(llvm::toString(E->getValue().bitcastToAPInt(), 16, /*Signed=*/false));
    return true;
  }
  bool VisitCharacterLiteral(const CharacterLiteral *E) { return number(E->getValue()); }
  bool VisitCXXBoolLiteralExpr(const CXXBoolLiteralExpr *E) { return number(E->getValue()); }
  bool VisitStringLiteral(const StringLiteral *E) {
    if (!isFromMacro(E->getBeginLoc(), FileMacros))
      B.text(E->getBytes());
    return true;
  }
  bool VisitEmbedExpr(const EmbedExpr *E) {
    B.text(E->getDataStringLiteral()->getBytes().substr(E->getStartingElementPos(),
                                                        E->getDataElementCount()));
    return true;
  }
  bool VisitPredefinedExpr(const PredefinedExpr *E) { return number(unsigned(E->getIdentKind())); }
  bool VisitSourceLocExpr(const SourceLocExpr *E) { return number(unsigned(E->getIdentKind())); }

  // Names.
  bool VisitDeclRefExpr(const DeclRefExpr *E) {
    B.mention(E->getDecl());
    return true;
  }
  bool VisitMemberExpr(const MemberExpr *E) {
    B.number(E->isArrow());
    B.mention(E->getMemberDecl());
    return false;
  }
  bool VisitSizeOfPackExpr(const SizeOfPackExpr *E) {
    B.mention(E->getPack());
    return false;
  }
  bool VisitOverloadExpr(const OverloadExpr *E) {
    const auto *Lookup = dyn_cast<UnresolvedLookupExpr>(E);
    bool Simple = !E->getQualifierLoc();
    B.name(E->getName(), /*ByArguments=*/Lookup && (Lookup->requiresADL() || Simple));
    B.type(compat::qualifierType(E));
    arguments(E->template_arguments());
    // Which operator is meant is a matter of the operands' types.
    if (E->getName().getCXXOverloadedOperator() != OO_None && Simple)
      return false;
    llvm::SmallVector<const Decl *, 4> Found;
    for (const NamedDecl *D : E->decls())
      if (const Decl *Target = D->getUnderlyingDecl(); !isToolkitCode(T, Target))
        Found.push_back(Target);
    sortDeclarations(Found);
    for (const Decl *D : Found)
      if (isDefinedSomewhere(D))
        B.mention(D);
    return false;
  }
  bool VisitDependentScopeDeclRefExpr(const DependentScopeDeclRefExpr *E) {
    B.name(E->getDeclName(), /*ByArguments=*/false);
    B.type(compat::qualifierType(E));
    arguments(E->template_arguments());
    return false;
  }
  bool VisitCXXDependentScopeMemberExpr(const CXXDependentScopeMemberExpr *E) {
    B.number(E->isArrow());
    B.name(E->getMember(), /*ByArguments=*/false);
    B.type(compat::qualifierType(E));
    arguments(E->template_arguments());
    return false;
  }

  // Operators and casts.
  bool VisitUnaryOperator(const UnaryOperator *E) {
    B.number(E->getOpcode());
    if (E->hasStoredFPFeatures())
      B.number(E->getStoredFPFeatures().getAsOpaqueInt());
    if (E->getSubExpr()->isTypeDependent())
      B.operatorName(UnaryOperator::getOverloadedOperator(E->getOpcode()));
    return false;
  }
  bool VisitBinaryOperator(const BinaryOperator *E) {
    B.number(E->getOpcode());
    if (E->hasStoredFPFeatures())
      B.number(E->getStoredFPFeatures().getAsOpaqueInt());
    if (const auto *Compound = dyn_cast<CompoundAssignOperator>(E))
      B.type(Compound->getComputationLHSType());
    if (!E->getLHS()->isTypeDependent() && !E->getRHS()->isTypeDependent())
      return false;
    B.operatorName(BinaryOperator::getOverloadedOperator(E->getOpcode()));
    if (E->isComparisonOp()) { // what it is rewritten to
      B.operatorName(OO_Spaceship);
      B.operatorName(OO_EqualEqual);
    }
    return false;
  }
  bool VisitCXXFoldExpr(const CXXFoldExpr *E) {
    B.number(E->getOperator());
    B.number(E->isRightFold());
    B.operatorName(BinaryOperator::getOverloadedOperator(E->getOperator()));
    return false;
  }
  bool VisitArraySubscriptExpr(const ArraySubscriptExpr *) { return false; }
  bool VisitCastExpr(const CastExpr *E) {
    B.number(E->getCastKind());
    if (E->hasStoredFPFeatures())
      B.number(E->getStoredFPFeatures().getAsOpaqueInt());
    return false;
  }
  bool VisitUnaryExprOrTypeTraitExpr(const UnaryExprOrTypeTraitExpr *E) {
    B.number(E->getKind());
    if (E->isArgumentType())
      B.type(E->getArgumentType());
    return false;
  }
  bool VisitOffsetOfExpr(const OffsetOfExpr *E) {
    B.type(E->getTypeSourceInfo()->getType());
    for (unsigned I = 0; I < E->getNumComponents(); ++I) {
      const OffsetOfNode &Node = E->getComponent(I);
      B.number(Node.getKind());
      if (Node.getKind() == OffsetOfNode::Field)
        B.mention(Node.getField());
      else if (Node.getKind() == OffsetOfNode::Identifier)
        B.name(Node.getFieldName(), /*ByArguments=*/false);
    }
    return false;
  }
  bool VisitTypeTraitExpr(const TypeTraitExpr *E) {
    B.number(E->getTrait());
    for (const TypeSourceInfo *Arg : E->getArgs())
      B.type(Arg->getType());
    return false;
  }
  bool VisitArrayTypeTraitExpr(const ArrayTypeTraitExpr *E) {
    B.number(E->getTrait());
    B.type(E->getQueriedType());
    return false;
  }
  bool VisitExpressionTraitExpr(const ExpressionTraitExpr *E) {
    B.number(E->getTrait());
    B.statement(E->getQueriedExpression());
    return true;
  }
  bool VisitAtomicExpr(const AtomicExpr *E) {
    B.number(E->getOp());
    return false;
  }
  bool VisitExtVectorElementExpr(const ExtVectorElementExpr *E) {
    B.text(E->getAccessor().getName());
    return false;
  }
  bool VisitGenericSelectionExpr(const GenericSelectionExpr *E) {
    for (const TypeSourceInfo *Info : E->getAssocTypeSourceInfos())
      B.type(Info ? Info->getType() : QualType());
    return false;
  }

  // Calls.
  bool VisitCallExpr(const CallExpr *E) {
    if (E->hasStoredFPFeatures())
      B.number(E->getStoredFPFeatures().getAsOpaqueInt());
    noteToolkitCall(E);
    for (const Stmt *Child : E->children())
      if (!Child || !llvm::is_contained(E->arguments(), Child))
        B.statement(Child);
    callArguments({E->getArgs(), E->getNumArgs()});
    return true;
  }
  bool VisitCXXConstructExpr(const CXXConstructExpr *E) {
    B.number(E->isElidable() | E->isListInitialization() << 1 |
             E->requiresZeroInitialization() << 2);
    B.mention(E->getConstructor());
    callArguments({E->getArgs(), E->getNumArgs()});
    return true;
  }
  bool VisitCXXInheritedCtorInitExpr(const CXXInheritedCtorInitExpr *E) {
    B.mention(E->getConstructor());
    return false;
  }
  bool VisitCXXUnresolvedConstructExpr(const CXXUnresolvedConstructExpr *E) {
    B.number(E->isListInitialization());
    return false;
  }
  bool VisitCXXNewExpr(const CXXNewExpr *E) {
    B.number(E->isArray() | E->isGlobalNew() << 1);
    if (E->getOperatorNew())
      B.mention(E->getOperatorNew());
    return false;
  }
  bool VisitCXXDeleteExpr(const CXXDeleteExpr *E) {
    B.number(E->isArrayForm() | E->isGlobalDelete() << 1);
    if (E->getOperatorDelete())
      B.mention(E->getOperatorDelete());
    return false;
  }
  bool VisitCXXDefaultArgExpr(const CXXDefaultArgExpr *E) {
    B.statement(E->getExpr());
    return true;
  }
  bool VisitCXXDefaultInitExpr(const CXXDefaultInitExpr *E) {
    B.mention(E->getField());
    B.statement(E->getExpr());
    return true;
  }
  bool VisitCXXPseudoDestructorExpr(const CXXPseudoDestructorExpr *E) {
    B.type(E->getDestroyedType());
    return false;
  }
  bool VisitCXXTypeidExpr(const CXXTypeidExpr *E) {
    if (E->isTypeOperand())
      B.type(E->getTypeOperandSourceInfo()->getType());
    return E->isTypeOperand();
  }
  bool VisitLambdaExpr(const LambdaExpr *E) {
    for (const Expr *Init : E->capture_inits())
      B.statement(Init);
    B.mentionTag(E->getLambdaClass());
    return true;
  }

  // Initialisers.
  bool VisitInitListExpr(const InitListExpr *E) {
    if (!E->isSemanticForm() && E->getSemanticForm())
      E = E->getSemanticForm();
    B.number(E->getNumInits());
    if (E->hasArrayFiller())
      B.statement(E->getArrayFiller());
    if (E->getInitializedFieldInUnion())
      B.mention(E->getInitializedFieldInUnion());
    for (const Expr *Init : E->inits())
      B.statement(Init);
    return true;
  }
  bool VisitDesignatedInitExpr(const DesignatedInitExpr *E) {
    for (const DesignatedInitExpr::Designator &It : E->designators())
      if (It.isFieldDesignator())
        B.name(It.getFieldName(), /*ByArguments=*/false);
    return false;
  }

  // Concepts.
  bool VisitConceptSpecializationExpr(const ConceptSpecializationExpr *E) {
    B.refer(E->getNamedConcept());
    for (const TemplateArgument &Arg : E->getTemplateArguments())
      B.argument(Arg);
    return true;
  }
  bool VisitRequiresExpr(const RequiresExpr *E) {
    for (const ParmVarDecl *P : E->getLocalParameters()) {
      B.declareLocal(P);
      B.type(P->getType());
    }
    for (const concepts::Requirement *It : E->getRequirements()) {
      B.number(It->getKind());
      if (const auto *Type = dyn_cast<concepts::TypeRequirement>(It)) {
        if (!Type->isSubstitutionFailure())
          B.type(Type->getType()->getType());
      } else if (const auto *Nested = dyn_cast<concepts::NestedRequirement>(It)) {
        if (!Nested->hasInvalidConstraint())
          B.statement(Nested->getConstraintExpr());
      } else if (const auto *Simple = dyn_cast<concepts::ExprRequirement>(It)) {
        if (!Simple->isExprSubstitutionFailure())
          B.statement(Simple->getExpr());
      }
    }
    return true;
  }

  // Statements.
  bool VisitCompoundStmt(const CompoundStmt *S) {
    B.number(S->size());
    if (S->hasStoredFPFeatures())
      B.number(S->getStoredFPFeatures().getAsOpaqueInt());
    return false;
  }
  bool VisitDeclStmt(const DeclStmt *S) {
    for (const Decl *D : S->decls())
      if (const auto *V = dyn_cast<VarDecl>(D))
        B.local(V);
    return true;
  }
  bool VisitIfStmt(const IfStmt *S) {
    B.number(unsigned(S->getStatementKind()));
    return false;
  }
  bool VisitLabelStmt(const LabelStmt *S) { return label(S->getDecl()); }
  bool VisitGotoStmt(const GotoStmt *S) { return label(S->getLabel()); }
  bool VisitAddrLabelExpr(const AddrLabelExpr *S) { return label(S->getLabel()); }
  bool VisitAttributedStmt(const AttributedStmt *S) {
    for (const Attr *A : S->getAttrs())
      B.attribute(A);
    return false;
  }
  bool VisitCXXForRangeStmt(const CXXForRangeStmt *S) {
    if (S->getRangeInit()->isTypeDependent())
      for (llvm::StringRef Name : {"begin", "end"})
        B.name(&T.S.Context.Idents.get(Name), /*ByArguments=*/true);
    return false;
  }
  bool VisitCXXCatchStmt(const CXXCatchStmt *S) {
    B.type(S->getCaughtType());
    if (S->getExceptionDecl())
      B.declareLocal(S->getExceptionDecl());
    return false;
  }
  bool VisitAsmStmt(const AsmStmt *S) { return print(S); }
  bool VisitCapturedStmt(const CapturedStmt *S) {
    B.statement(S->getCapturedStmt());
    return true;
  }
  bool VisitOMPExecutableDirective(const OMPExecutableDirective *S) {
    print(S);
    for (const OMPClause *Clause : S->clauses())
      for (const Stmt *Child : const_cast<OMPClause *>(Clause)->children())
        if (Child)
          B.statement(Child);
    if (S->hasAssociatedStmt())
      B.statement(S->getRawStmt());
    return true;
  }

private:
  static constexpr llvm::StringRef FileMacros[] = {"__FILE__", "__BASE_FILE__", "__FILE_NAME__"};

  bool number(uint64_t Value) {
    B.number(Value);
    return true;
  }

  bool label(const LabelDecl *D) {
    B.declareLocal(D);
    B.mention(D);
    return false;
  }

  /// As text, where the tree's parts are many and rarely met.
  bool print(const Stmt *S) {
    std::string Text;
    llvm::raw_string_ostream OS(Text);
    S->printPretty(OS, nullptr, T.S.getPrintingPolicy());
    B.text(Text);
    return false;
  }

  void arguments(llvm::ArrayRef<TemplateArgumentLoc> Args) {
    B.number(Args.size());
    for (const TemplateArgumentLoc &Arg : Args)
      B.argument(Arg.getArgument());
  }

  /// The toolkits declare many functions that are only names here: which ones depends on what else
  /// is included.
  bool isDefinedSomewhere(const Decl *D) const {
    const FunctionDecl *FD = D->getAsFunction();
    return !FD || FD->isDefined() || !SM.isInSystemHeader(SM.getExpansionLoc(D->getLocation()));
  }

  bool isFromMacro(SourceLocation Loc, llvm::ArrayRef<llvm::StringRef> Names) const {
    return Loc.isMacroID() && SM.isWrittenInScratchSpace(SM.getSpellingLoc(Loc)) &&
           llvm::is_contained(Names, Lexer::getImmediateMacroName(Loc, SM, T.S.getLangOpts()));
  }

  bool isOwnFile(const Expr *E) const {
    const auto *Text = dyn_cast<StringLiteral>(E->IgnoreParenImpCasts());
    if (!Text || !Text->isOrdinary() || Text->getLength() == 0)
      return false;
    if (isFromMacro(Text->getBeginLoc(), FileMacros))
      return true;
    // A precompiled header knows its files by their whole path.
    PresumedLoc Loc = SM.getPresumedLoc(SM.getExpansionLoc(Text->getBeginLoc()));
    llvm::StringRef File = Loc.isValid() ? Loc.getFilename() : "", Said = Text->getString();
    Said.consume_front("./");
    return File.consume_back(Said) && (File.empty() || File.ends_with("/"));
  }

  /// What is told where it is called, `check(x, __FILE__, __LINE__)`, is no code. Preprocessed
  /// source has the values only.
  void callArguments(llvm::ArrayRef<const Expr *> Args) {
    B.number(Args.size());
    bool AfterFile = false;
    for (const Expr *Arg : Args) {
      bool File = isOwnFile(Arg);
      bool Line = AfterFile && isa<IntegerLiteral>(Arg->IgnoreParenImpCasts());
      AfterFile = File;
      if (File || Line)
        B.number(File ? 1 : 2);
      else
        B.statement(Arg);
    }
  }

  /// A toolkit's function may call whatever it finds for the types of its arguments.
  void noteToolkitCall(const CallExpr *E) {
    const Expr *Callee = E->getCallee()->IgnoreParenImpCasts();
    if (const auto *Overloads = dyn_cast<UnresolvedLookupExpr>(Callee)) {
      if (llvm::any_of(Overloads->decls(), [&](const NamedDecl *D) {
            return isToolkitCode(T, D->getUnderlyingDecl());
          }))
        B.callsToolkitBlindly();
      return;
    }
    const FunctionDecl *FD = E->getDirectCallee();
    if (FD && isToolkitCode(T, FD))
      for (const Expr *Arg : E->arguments())
        B.escape(Arg->getType());
  }

  PartBuilder &B;
  Session &T;
  const SourceManager &SM;
};

} // namespace

/// What stands for its operand.
static const Stmt *skipWrappers(const Stmt *S) {
  for (;;) {
    if (const auto *Paren = dyn_cast<ParenExpr>(S))
      S = Paren->getSubExpr();
    else if (const auto *Full = dyn_cast<FullExpr>(S))
      S = Full->getSubExpr();
    else if (const auto *Substituted = dyn_cast<SubstNonTypeTemplateParmExpr>(S))
      S = Substituted->getReplacement();
    else
      return S;
  }
}

void PartBuilder::statement(const Stmt *S) {
  if (!S)
    return number(0);
  S = skipWrappers(S);
  number(S->getStmtClass());
  if (const auto *E = dyn_cast<Expr>(S)) {
    type(E->getType());
    number(E->getValueKind());
  }
  if (Details(*this).Visit(S))
    return;
  for (const Stmt *Child : S->children())
    statement(Child);
}

void PartBuilder::local(const VarDecl *V) {
  declareLocal(V);
  if (const auto *Parts = dyn_cast<DecompositionDecl>(V))
    for (const BindingDecl *Binding : Parts->bindings())
      declareLocal(Binding);
  type(V->getType());
  number(V->getStorageClass());
  number(V->getTSCSpec());
  number(V->getInitStyle());
  attributes(V);
  statement(V->getInit());
  if (const auto *Parts = dyn_cast<DecompositionDecl>(V)) {
    if (V->getType()->isDependentType())
      name(&V->getASTContext().Idents.get("get"), /*ByArguments=*/true);
    for (const BindingDecl *Binding : Parts->bindings())
      if (const VarDecl *Holding = Binding->getHoldingVar())
        statement(Holding->getInit());
  }
}

} // namespace tlplugin
