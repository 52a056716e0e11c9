// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/Launches.h"
#include "plugin/Lookup.h"
#include "plugin/WrittenVariables.h"
#include "clang/AST/ExprCXX.h"
#include "clang/AST/StmtCXX.h"
#include "clang/Basic/SourceManager.h"

using namespace clang;

namespace tlplugin {
namespace {

/// What is known of values in one function.
class Values {
public:
  Values(ASTContext &InC, const FunctionDecl *FD) : C(InC), Written(FD->getBody()) {}

  std::optional<uint64_t> number(const Expr *E, unsigned Depth = 0) const {
    if (E->isValueDependent() || Depth > MaxDepth)
      return std::nullopt;
    Expr::EvalResult Result;
    if (E->getType()->isIntegralOrEnumerationType() && E->EvaluateAsInt(Result, C))
      return inRange(Result.Val.getInt());
    const Expr *Plain = E->IgnoreParenImpCasts();
    if (Plain != E)
      return number(Plain, Depth + 1);
    if (const auto *Cast = dyn_cast<ExplicitCastExpr>(E);
        Cast && Cast->getSubExpr()->getType()->isIntegralOrEnumerationType())
      return number(Cast->getSubExpr(), Depth + 1);
    if (const auto *Binary = dyn_cast<BinaryOperator>(E))
      return compute(*Binary, Depth);
    if (const auto *Member = dyn_cast<MemberExpr>(E)) {
      auto Of = extents(Member->getBase(), Depth + 1);
      const auto *Field = dyn_cast<FieldDecl>(Member->getMemberDecl());
      if (Of && Field && Field->getFieldIndex() < 3)
        return (*Of)[Field->getFieldIndex()];
      return std::nullopt;
    }
    if (const Expr *Init = initializerOf(E))
      return number(Init, Depth + 1);
    return std::nullopt;
  }

  /// A dim3.
  std::optional<std::array<uint64_t, 3>> extents(const Expr *E, unsigned Depth = 0) const {
    E = E->IgnoreUnlessSpelledInSource();
    if (E->isValueDependent() || Depth > MaxDepth)
      return std::nullopt;
    if (E->getType()->isIntegralOrEnumerationType()) {
      std::optional<uint64_t> Only = number(E, Depth + 1);
      return Only ? std::optional(std::array<uint64_t, 3>{*Only, 1, 1}) : std::nullopt;
    }
    const auto *Class = E->getType()->getAsCXXRecordDecl();
    if (!Class || Class->getName() != "dim3")
      return std::nullopt;
    Expr::EvalResult Result;
    if (E->isPRValue() && E->EvaluateAsConstantExpr(Result, C) && Result.Val.isStruct() &&
        Result.Val.getStructNumFields() == 3) {
      std::array<uint64_t, 3> Made;
      for (unsigned I = 0; I < 3; ++I)
        Made[I] = Result.Val.getStructField(I).getInt().getZExtValue();
      return Made;
    }
    if (const Expr *Init = initializerOf(E))
      return extents(Init, Depth + 1);
    if (const auto *List = dyn_cast<InitListExpr>(E); List && List->getNumInits() == 1)
      return extents(List->getInit(0), Depth + 1);
    const auto *Construct = dyn_cast<CXXConstructExpr>(E);
    if (!Construct)
      return std::nullopt;
    if (Construct->getConstructor()->isCopyOrMoveConstructor())
      return extents(Construct->getArg(0), Depth + 1);
    if (Construct->getNumArgs() > 3)
      return std::nullopt;
    std::array<uint64_t, 3> Made = {1, 1, 1};
    for (unsigned I = 0; I < Construct->getNumArgs(); ++I) {
      const Expr *Arg = Construct->getArg(I);
      if (const auto *Default = dyn_cast<CXXDefaultArgExpr>(Arg))
        Arg = Default->getExpr();
      if (!Arg->getType()->isIntegralOrEnumerationType())
        return std::nullopt;
      std::optional<uint64_t> Value = number(Arg, Depth + 1);
      if (!Value)
        return std::nullopt;
      Made[I] = *Value;
    }
    return Made;
  }

  /// The function that E is the address of; null where that is not constant.
  const FunctionDecl *function(const Expr *E, unsigned Depth = 0) const {
    E = E->IgnoreParenCasts();
    if (const auto *Address = dyn_cast<UnaryOperator>(E);
        Address && Address->getOpcode() == UO_AddrOf)
      E = Address->getSubExpr()->IgnoreParenCasts();
    const auto *Ref = dyn_cast<DeclRefExpr>(E);
    if (!Ref || Depth > MaxDepth)
      return nullptr;
    if (const auto *FD = dyn_cast<FunctionDecl>(Ref->getDecl()))
      return FD;
    const Expr *Init = initializerOf(E);
    return Init ? function(Init, Depth + 1) : nullptr;
  }

private:
  static constexpr unsigned MaxDepth = 32;

  /// Larger ones, and those below 0, nobody launches with: what they are is not for us to say.
  static std::optional<uint64_t> inRange(const llvm::APSInt &Value) {
    if (Value.isNegative() || Value.getActiveBits() > 40)
      return std::nullopt;
    return Value.getZExtValue();
  }

  std::optional<uint64_t> compute(const BinaryOperator &It, unsigned Depth) const {
    if (!It.getType()->isIntegerType() || It.isAssignmentOp() || It.isComparisonOp() ||
        It.isLogicalOp())
      return std::nullopt;
    std::optional<uint64_t> Left = number(It.getLHS(), Depth + 1),
                            Right = number(It.getRHS(), Depth + 1);
    if (!Left || !Right || *Left > Most || *Right > Most)
      return std::nullopt;
    std::optional<uint64_t> Made;
    switch (It.getOpcode()) {
    case BO_Add:
      Made = *Left + *Right;
      break;
    case BO_Sub:
      if (*Left >= *Right)
        Made = *Left - *Right;
      break;
    case BO_Mul:
      Made = *Left * *Right;
      break;
    case BO_Div:
      if (*Right != 0)
        Made = *Left / *Right;
      break;
    case BO_Rem:
      if (*Right != 0)
        Made = *Left % *Right;
      break;
    default:
      break;
    }
    return Made && *Made <= Most ? Made : std::nullopt;
  }
  static constexpr uint64_t Most = 0x7fffffff; // beyond, the type's width would count

  /// What a local variable holds as long as it lives.
  const Expr *initializerOf(const Expr *E) const {
    const auto *Ref = dyn_cast<DeclRefExpr>(E);
    const auto *Var = Ref ? dyn_cast<VarDecl>(Ref->getDecl()) : nullptr;
    if (!Var || !Var->isLocalVarDecl() || !Var->getInit() || Var->getType()->isReferenceType() ||
        Var->getType().isVolatileQualified() ||
        (!Var->getType().isConstQualified() && Written.contains(Var)))
      return nullptr;
    return Var->getInit();
  }

  ASTContext &C;
  WrittenVariables Written;
};

/// What has happened on the paths that reach a place.
enum PathState : unsigned {
  Nothing = 1,
  Work = 2,       ///< a launch that may succeed, or a call of which nothing is known
  Failed = 4,     ///< a launch that cannot succeed
  Recovering = 8, ///< the same, and what is done now may be done because it did not
};

/// Follows all paths through a function.
class PathWalker {
public:
  PathWalker(Session &InT, llvm::function_ref<bool(const Launch &)> Judge)
      : T(InT), IsIllegal(Judge) {}

  /// The states in which the function is left.
  unsigned run(const FunctionDecl *FD, unsigned In) {
    if (Depth > 16 || !Open.insert(FD).second) // recursion is not followed
      return work(In);
    ++Depth;
    Values Known(T.S.Context, FD);
    Frame Inner{&Known};
    Frame *Saved = std::exchange(Top, &Inner);
    if (const auto *Constructor = dyn_cast<CXXConstructorDecl>(FD))
      for (const CXXCtorInitializer *It : Constructor->inits())
        In = statement(It->getInit(), In);
    unsigned Out = statement(FD->getBody(), In) | Inner.Exits;
    Top = Saved;
    --Depth;
    Open.erase(FD);
    return Out;
  }

  bool GaveUp = false; ///< there are paths that are not followed

private:
  struct Frame {
    const Values *Known;
    unsigned Exits = 0, Break = 0, Continue = 0, Switch = 0;
  };

  static unsigned work(unsigned In) {
    unsigned Out = In & ~(Nothing | Recovering);
    return In & (Nothing | Recovering) ? Out | Work : Out;
  }

  unsigned launch(const Launch &It, unsigned In) {
    if (In != 0 && IsIllegal(It))
      return Failed;
    return work(In);
  }

  /// What is done under a condition may be done because a launch has failed.
  template <class Callback> unsigned conditionally(unsigned In, Callback Do) {
    ++Conditions;
    unsigned Out = Do(In & Failed ? (In & ~Failed) | Recovering : In);
    if (--Conditions == 0 && Out & Recovering)
      Out = (Out & ~Recovering) | Failed;
    return Out;
  }

  std::optional<bool> constant(const Expr *Condition) const {
    bool Value = false;
    if (!Condition || Condition->isValueDependent() ||
        !Condition->EvaluateAsBooleanCondition(Value, T.S.Context))
      return std::nullopt;
    return Value;
  }

  unsigned branches(const Stmt *Then, const Stmt *Else, unsigned In) {
    return conditionally(
        In, [&](unsigned Inside) { return statement(Then, Inside) | statement(Else, Inside); });
  }

  unsigned ifStatement(const IfStmt &If, unsigned In) {
    In = statement(If.getInit(), In);
    if (If.isConsteval())
      return statement(If.isNegatedConsteval() ? If.getThen() : If.getElse(), In);
    In = statement(If.getConditionVariableDeclStmt(), In);
    In = statement(If.getCond(), In);
    if (std::optional<bool> Always = constant(If.getCond()))
      return statement(*Always ? If.getThen() : If.getElse(), In);
    return branches(If.getThen(), If.getElse(), In);
  }

  /// A body that runs any number of times, `AtLeast` once or not at all.
  unsigned loop(const Stmt *Condition, const Stmt *Body, const Stmt *Step, unsigned In,
                bool AtLeastOnce) {
    unsigned SavedBreak = std::exchange(Top->Break, 0),
             SavedContinue = std::exchange(Top->Continue, 0);
    auto Once = [&](unsigned Inside) {
      unsigned Out = statement(Body, Inside) | std::exchange(Top->Continue, 0);
      return statement(Step, Out);
    };
    if (!AtLeastOnce)
      In = statement(Condition, In);
    unsigned Out = AtLeastOnce ? Once(In) : In;
    if (AtLeastOnce)
      Out = statement(Condition, Out);
    Out |= conditionally(Out, [&](unsigned Inside) {
      unsigned All = Inside | Once(Inside);
      return All | Once(All);
    });
    Out |= Top->Break;
    Top->Break = SavedBreak;
    Top->Continue = SavedContinue;
    return Out;
  }

  unsigned switchStatement(const SwitchStmt &It, unsigned In) {
    In = statement(It.getInit(), In);
    In = statement(It.getConditionVariableDeclStmt(), In);
    In = statement(It.getCond(), In);
    unsigned SavedBreak = std::exchange(Top->Break, 0), SavedSwitch = Top->Switch;
    unsigned Out = conditionally(In, [&](unsigned Inside) {
      Top->Switch = Inside;
      return Inside | statement(It.getBody(), 0) | std::exchange(Top->Break, 0);
    });
    Top->Break = SavedBreak;
    Top->Switch = SavedSwitch;
    return Out;
  }

  unsigned tryStatement(const CXXTryStmt &It, unsigned In) {
    unsigned Out = statement(It.getTryBlock(), In);
    for (unsigned I = 0; I < It.getNumHandlers(); ++I)
      Out |= conditionally(In | Out | Failed, [&](unsigned Inside) {
        return statement(It.getHandler(I)->getHandlerBlock(), Inside);
      });
    return Out;
  }

  unsigned children(const Stmt *S, unsigned In) {
    for (const Stmt *Child : S->children())
      In = statement(Child, In);
    return In;
  }

  unsigned statement(const Stmt *S, unsigned In) {
    if (!S)
      return In;
    if (const auto *E = dyn_cast<Expr>(S))
      return expression(E, In);
    switch (S->getStmtClass()) {
    case Stmt::ReturnStmtClass:
      Top->Exits |= returned(cast<ReturnStmt>(S)->getRetValue(), In);
      return 0;
    case Stmt::IfStmtClass:
      return ifStatement(*cast<IfStmt>(S), In);
    case Stmt::ForStmtClass: {
      const auto *For = cast<ForStmt>(S);
      return loop(For->getCond(), For->getBody(), For->getInc(), statement(For->getInit(), In),
                  /*AtLeastOnce=*/false);
    }
    case Stmt::WhileStmtClass: {
      const auto *While = cast<WhileStmt>(S);
      return loop(While->getCond(), While->getBody(), nullptr, In, /*AtLeastOnce=*/false);
    }
    case Stmt::DoStmtClass: {
      const auto *Do = cast<DoStmt>(S);
      return loop(Do->getCond(), Do->getBody(), nullptr, In, /*AtLeastOnce=*/true);
    }
    case Stmt::CXXForRangeStmtClass: {
      const auto *Range = cast<CXXForRangeStmt>(S);
      return loop(nullptr, Range->getBody(), nullptr, statement(Range->getRangeStmt(), In),
                  /*AtLeastOnce=*/false);
    }
    case Stmt::SwitchStmtClass:
      return switchStatement(*cast<SwitchStmt>(S), In);
    case Stmt::CaseStmtClass:
    case Stmt::DefaultStmtClass:
      return statement(cast<SwitchCase>(S)->getSubStmt(), In | Top->Switch);
    case Stmt::BreakStmtClass:
      Top->Break |= In;
      return 0;
    case Stmt::ContinueStmtClass:
      Top->Continue |= In;
      return 0;
    case Stmt::CXXTryStmtClass:
      return tryStatement(*cast<CXXTryStmt>(S), In);
    case Stmt::DeclStmtClass:
      for (const Decl *D : cast<DeclStmt>(S)->decls())
        if (const auto *Var = dyn_cast<VarDecl>(D))
          In = Var->isStaticLocal() ? branches(Var->getInit(), nullptr, In)
                                    : statement(Var->getInit(), In);
      return In;
    case Stmt::CompoundStmtClass:
    case Stmt::AttributedStmtClass:
    case Stmt::NullStmtClass:
      return children(S, In);
    default:
      // Jumps, coroutines, assembler.
      GaveUp = true;
      return In;
    }
  }

  unsigned expression(const Expr *E, unsigned In) {
    switch (E->getStmtClass()) {
    case Stmt::LambdaExprClass:
    case Stmt::UnaryExprOrTypeTraitExprClass:
    case Stmt::CXXNoexceptExprClass:
    case Stmt::RequiresExprClass:
    case Stmt::BlockExprClass:
      return In;
    case Stmt::CXXThrowExprClass:
      children(E, In);
      return 0; // such a variant fails, or says that it is infeasible
    case Stmt::ConditionalOperatorClass: {
      const auto *It = cast<ConditionalOperator>(E);
      In = expression(It->getCond(), In);
      if (std::optional<bool> Always = constant(It->getCond()))
        return expression(*Always ? It->getTrueExpr() : It->getFalseExpr(), In);
      return branches(It->getTrueExpr(), It->getFalseExpr(), In);
    }
    case Stmt::BinaryOperatorClass: {
      const auto *It = cast<BinaryOperator>(E);
      if (!It->isLogicalOp())
        break;
      In = expression(It->getLHS(), In);
      return branches(It->getRHS(), nullptr, In);
    }
    case Stmt::StmtExprClass:
      return statement(cast<StmtExpr>(E)->getSubStmt(), In);
    case Stmt::CoawaitExprClass:
    case Stmt::CoyieldExprClass:
    case Stmt::DependentCoawaitExprClass:
      GaveUp = true;
      return In;
    default:
      break;
    }
    if (const auto *Kernel = dyn_cast<CUDAKernelCallExpr>(E))
      return kernelCall(*Kernel, In);
    In = children(E, In);
    if (const auto *Call = dyn_cast<CallExpr>(E))
      return call(*Call, In);
    if (const auto *Construct = dyn_cast<CXXConstructExpr>(E))
      return function(Construct->getConstructor(), In);
    return In;
  }

  unsigned kernelCall(const CUDAKernelCallExpr &It, unsigned In) {
    const CallExpr *Config = It.getConfig(); // grid, block, dynamic shared memory, stream
    for (const Expr *Arg : It.arguments())
      In = expression(Arg, In);
    if (Config)
      for (const Expr *Arg : Config->arguments())
        In = expression(Arg, In);
    Launch Made;
    Made.Kernel = It.getDirectCallee();
    if (!Made.Kernel)
      Made.Kernel = Top->Known->function(It.getCallee());
    if (Config && Config->getNumArgs() > 1)
      Made.Shape.Block = Top->Known->extents(Config->getArg(1));
    if (Config && Config->getNumArgs() > 2)
      Made.Shape.DynamicShared = sharedMemory(Config->getArg(2));
    return launch(Made, In);
  }

  std::optional<uint64_t> sharedMemory(const Expr *E) const {
    if (isa<CXXDefaultArgExpr>(E))
      return 0;
    return Top->Known->number(E);
  }

  unsigned call(const CallExpr &It, unsigned In) {
    const FunctionDecl *FD = It.getDirectCallee();
    if (!FD)
      return isa<CXXPseudoDestructorExpr>(It.getCallee()) ? In : work(In);
    if (FD->isNoReturn())
      return 0;
    llvm::StringRef Name = FD->getIdentifier() ? FD->getName() : "";
    bool Launches = llvm::is_contained({"cudaLaunchKernel", "cudaLaunchCooperativeKernel",
                                        "hipLaunchKernel", "hipLaunchCooperativeKernel"},
                                       Name);
    if (Launches && It.getNumArgs() >= 5) {
      Launch Made;
      Made.Kernel = Top->Known->function(It.getArg(0));
      Made.Shape.Block = Top->Known->extents(It.getArg(2));
      Made.Shape.DynamicShared = sharedMemory(It.getArg(4));
      return launch(Made, In);
    }
    // A function of a library may call what it is given.
    bool MayCallBack = llvm::any_of(It.arguments(), [](const Expr *Arg) {
      QualType Type = Arg->IgnoreImplicit()->getType();
      const auto *Class = Type->getAsCXXRecordDecl();
      return Type->isFunctionType() || Type->isFunctionPointerType() ||
             (Class && Class->isLambda());
    });
    if (MayCallBack && !isa<CXXOperatorCallExpr>(It) &&
        (FD->isInStdNamespace() || isInLibrary(T, FD->getLocation())))
      return work(In);
    return function(FD, In);
  }

  /// A call of a function that is no kernel.
  unsigned function(const FunctionDecl *FD, unsigned In) {
    const auto *Constructor = dyn_cast<CXXConstructorDecl>(FD);
    if (FD->getBuiltinID() != 0 || FD->isTrivial() || (Constructor && !FD->isUserProvided()))
      return In;
    // Another factory runs whichever of its variants wins.
    FunctionTemplateDecl *Template = FD->getPrimaryTemplate();
    if (T.Generated.contains(FD) || (Template && T.getFactory(Template)))
      return work(In);
    if (isHarmless(FD))
      return In;
    const FunctionDecl *Definition = nullptr;
    const auto *Method = dyn_cast<CXXMethodDecl>(FD);
    if ((!Method || !Method->isVirtual()) && FD->isDefined(Definition) && Definition->hasBody() &&
        !T.S.getSourceManager().isInSystemHeader(Definition->getLocation()))
      return run(Definition, In);
    return work(In);
  }

  /// What does nothing that a caller would miss if it were all that a call did: what asks, waits,
  /// or prepares a launch.
  bool isHarmless(const FunctionDecl *FD) const {
    if (isInLibrary(T, FD->getLocation())) // a description may launch itself
      return !isTlClass(dyn_cast<CXXRecordDecl>(FD->getDeclContext()), "kernel");
    if (!T.S.getSourceManager().isInSystemHeader(FD->getLocation()))
      return false;
    if (FD->isInStdNamespace() || FD->isConstexpr())
      return true;
    llvm::StringRef Name = FD->getIdentifier() ? FD->getName() : "";
    if (Name.consume_front("cuda") || Name.consume_front("hip"))
      for (llvm::StringRef Prefix : {"Get", "Peek", "FuncSet", "FuncGet", "DeviceGet", "Occupancy",
                                     "StreamGet", "StreamIsCapturing", "StreamSynchronize",
                                     "DeviceSynchronize", "StreamQuery", "PointerGet"})
        if (Name.starts_with(Prefix))
          return true;
    return llvm::is_contained({"printf", "fprintf", "puts", "fputs", "__assert_fail", "dim3"},
                              Name);
  }

  /// A launch description stands for its launch.
  unsigned returned(const Expr *E, unsigned In) {
    if (!E)
      return In;
    if (Depth != 1 || !isTlClass(E->getType()->getAsCXXRecordDecl(), "kernel"))
      return expression(E, In);
    std::optional<Launch> Described = description(E);
    return Described ? launch(*Described, In) : work(In);
  }

  /// `tl::kernel<...>(function, ...).grid(...).block(...).shared(...)`
  std::optional<Launch> description(const Expr *E) const {
    Launch Made;
    bool HasBlock = false, HasShared = false;
    Made.Shape = {std::array<uint64_t, 3>{1, 1, 1}, 0};
    while (E) {
      E = E->IgnoreUnlessSpelledInSource();
      if (const auto *Call = dyn_cast<CXXMemberCallExpr>(E)) {
        const CXXMethodDecl *Method = Call->getMethodDecl();
        if (!Method || !Method->getIdentifier())
          return std::nullopt;
        // The last one counts, and it is met first.
        if (Method->getName() == "block" && !std::exchange(HasBlock, true))
          Made.Shape.Block = written(*Call);
        if (Method->getName() == "shared" && !std::exchange(HasShared, true))
          Made.Shape.DynamicShared = Top->Known->number(Call->getArg(0));
        E = Call->getImplicitObjectArgument();
        continue;
      }
      const auto *Construct = dyn_cast<CXXConstructExpr>(E);
      if (const auto *Cast = dyn_cast<CXXFunctionalCastExpr>(E))
        Construct = dyn_cast<CXXConstructExpr>(Cast->getSubExpr()->IgnoreImplicit());
      if (!Construct || Construct->getNumArgs() == 0)
        return std::nullopt;
      if (Construct->getConstructor()->isCopyOrMoveConstructor()) {
        E = Construct->getArg(0);
        continue;
      }
      Made.Kernel = Top->Known->function(Construct->getArg(0));
      return Made.Kernel ? std::optional(Made) : std::nullopt;
    }
    return std::nullopt;
  }

  std::optional<std::array<uint64_t, 3>> written(const CallExpr &Call) const {
    std::array<uint64_t, 3> Made = {1, 1, 1};
    for (unsigned I = 0; I < 3 && I < Call.getNumArgs(); ++I) {
      if (isa<CXXDefaultArgExpr>(Call.getArg(I)))
        continue;
      std::optional<uint64_t> Value = Top->Known->number(Call.getArg(I));
      if (!Value)
        return std::nullopt;
      Made[I] = *Value;
    }
    return Made;
  }

  Session &T;
  llvm::function_ref<bool(const Launch &)> IsIllegal;
  Frame *Top = nullptr;
  unsigned Depth = 0, Conditions = 0;
  llvm::DenseSet<const FunctionDecl *> Open;
};

} // namespace

bool alwaysFails(Session &T, const FunctionDecl *Variant,
                 llvm::function_ref<bool(const Launch &)> IsIllegal) {
  const FunctionDecl *Definition = nullptr;
  if (!Variant->isDefined(Definition) || !Definition->hasBody())
    return false;
  PathWalker Walker(T, IsIllegal);
  unsigned Out = Walker.run(Definition, Nothing);
  return !Walker.GaveUp && (Out & (Failed | Recovering)) && !(Out & Work);
}

} // namespace tlplugin
