// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/CodeBuilder.h"
#include "plugin/CallRedirect.h"
#include "plugin/Lookup.h"
#include "plugin/Options.h"
#include "clang/Sema/EnterExpressionEvaluationContext.h"
#include "llvm/Support/AtomicOrdering.h"

using namespace clang;

namespace tlplugin {

Expr *buildText(ASTContext &C, llvm::StringRef Text, SourceLocation Loc) {
  QualType Type = C.getConstantArrayType(C.CharTy.withConst(), llvm::APInt(32, Text.size() + 1),
                                         nullptr, ArraySizeModifier::Normal, 0);
  return StringLiteral::Create(C, Text, StringLiteralKind::Ordinary, /*Pascal=*/false, Type, Loc);
}

QualType getSignature(Session &T, const FunctionDecl *FD) {
  ASTContext &C = T.S.Context;
  const auto *Type = FD->getType()->castAs<FunctionType>();
  QualType Returning(C.adjustFunctionType(Type, Type->getExtInfo().withNoReturn(false)), 0);
  return C.getFunctionTypeWithExceptionSpec(Returning, EST_None);
}

CodeBuilder::CodeBuilder(Session &T, const Dispatcher &D, FunctionDecl *FD)
    : T(T), S(T.S), C(T.S.Context), D(D), FD(FD), Loc(FD->getLocation()), Scope(T.S, FD) {}

template <class Result> Expr *CodeBuilder::checked(Result R) {
  Ok &= R.isUsable();
  return R.isUsable() ? R.get() : null();
}

Expr *CodeBuilder::text(llvm::StringRef Text) { return buildText(C, Text, Loc); }

Expr *CodeBuilder::number(unsigned Value) {
  return IntegerLiteral::Create(C, llvm::APInt(32, Value), C.UnsignedIntTy, Loc);
}

Expr *CodeBuilder::null() { return new (C) CXXNullPtrLiteralExpr(C.NullPtrTy, Loc); }

Expr *CodeBuilder::reference(ValueDecl *V) {
  return S.BuildDeclRefExpr(V, V->getType().getNonReferenceType(), VK_LValue, Loc);
}

Expr *CodeBuilder::addressOf(Expr *E) {
  return Ok ? checked(S.CreateBuiltinUnaryOp(Loc, UO_AddrOf, E)) : null();
}

Expr *CodeBuilder::untypedAddressOf(Expr *E) {
  return ImplicitCastExpr::Create(C, C.VoidPtrTy, CK_BitCast, addressOf(E), nullptr, VK_PRValue,
                                  FPOptionsOverride());
}

Expr *CodeBuilder::member(Expr *Object, llvm::StringRef Name) {
  auto *RD = Object->getType()->getAsCXXRecordDecl();
  for (FieldDecl *Field : RD ? RD->fields() : RecordDecl::field_range({}, {}))
    if (Field->getName() == Name)
      return S.BuildMemberExpr(Object, /*IsArrow=*/false, Loc, NestedNameSpecifierLoc(),
                               SourceLocation(), Field, DeclAccessPair::make(Field, AS_public),
                               /*HadMultipleCandidates=*/false,
                               DeclarationNameInfo(Field->getDeclName(), Loc),
                               Field->getType().getNonReferenceType(), VK_LValue, OK_Ordinary);
  fail();
  return null();
}

Expr *CodeBuilder::field(Expr *Object, FieldDecl *Field) {
  if (!Ok)
    return null();
  return checked(S.BuildFieldReferenceExpr(Object, /*IsArrow=*/false, Loc, CXXScopeSpec(), Field,
                                           DeclAccessPair::make(Field, AS_public),
                                           DeclarationNameInfo(Field->getDeclName(), Loc)));
}

Expr *CodeBuilder::element(Expr *Array, unsigned Index) {
  return Ok ? checked(S.CreateBuiltinArraySubscriptExpr(Array, Loc, number(Index), Loc)) : null();
}

Expr *CodeBuilder::acquire(Expr *Object) {
  Expr *Order = IntegerLiteral::Create(
      C, llvm::APInt(32, uint64_t(llvm::AtomicOrderingCABI::acquire)), C.IntTy, Loc);
  Expr *Args[] = {addressOf(Object), Order};
  SourceRange Range(Loc, Loc);
  return Ok ? checked(S.BuildAtomicExpr(Range, Range, Loc, Args, AtomicExpr::AO__atomic_load_n))
            : null();
}

Expr *CodeBuilder::binary(BinaryOperatorKind Op, Expr *Left, Expr *Right) {
  return Ok ? checked(S.CreateBuiltinBinOp(Loc, Op, Left, Right)) : null();
}

Expr *CodeBuilder::cast(tok::TokenKind Kind, QualType Type, Expr *E) {
  return Ok ? checked(S.BuildCXXNamedCast(Loc, Kind, C.getTrivialTypeSourceInfo(Type, Loc), E,
                                          SourceRange(Loc, Loc), SourceRange(Loc, Loc)))
            : null();
}

Expr *CodeBuilder::forward(ParmVarDecl *P) {
  if (P->getType()->isScalarType())
    return reference(P);
  // Through Sema, for which && on a reference to an lvalue is that reference.
  return cast(tok::kw_static_cast,
              S.BuildReferenceType(P->getType(), /*LValueRef=*/false, Loc, DeclarationName()),
              reference(P));
}

llvm::SmallVector<Expr *, 8> CodeBuilder::forwardAll() {
  llvm::SmallVector<Expr *, 8> Args;
  for (ParmVarDecl *P : FD->parameters())
    Args.push_back(forward(P));
  return Args;
}

Expr *CodeBuilder::variant(FunctionDecl *V) {
  if (!T.Args.Dump || !V->getTemplateSpecializationArgs()) // a copy for another compiler has none
    return addressOf(reference(V));
  TemplateArgumentListInfo Args(Loc, Loc);
  for (const TemplateArgument &Arg : V->getTemplateSpecializationArgs()->asArray())
    if (Arg.getKind() != TemplateArgument::Pack)
      Args.addArgument(S.getTrivialTemplateArgumentLoc(Arg, QualType(), Loc));
  DeclarationNameInfo Name(V->getDeclName(), Loc);
  return addressOf(S.BuildDeclRefExpr(V, V->getType(), VK_LValue, Name, NestedNameSpecifierLoc(), V,
                                      SourceLocation(), &Args));
}

Expr *CodeBuilder::call(Expr *Callee, llvm::MutableArrayRef<Expr *> Args) {
  return Ok ? checked(S.BuildCallExpr(nullptr, Callee, Loc, Args, Loc)) : null();
}

Expr *CodeBuilder::call(llvm::StringRef Name, llvm::MutableArrayRef<Expr *> Args) {
  return call(libraryReference(Name), Args);
}

Expr *CodeBuilder::call(llvm::StringRef Name, llvm::ArrayRef<TemplateArgument> TemplateArgs,
                        llvm::MutableArrayRef<Expr *> Args) {
  return call(libraryReference(Name, TemplateArgs), Args);
}

Expr *CodeBuilder::libraryReference(llvm::StringRef Name) {
  return checked(buildDetailReference(T, Name, Loc));
}

Expr *CodeBuilder::libraryReference(llvm::StringRef Name,
                                    llvm::ArrayRef<TemplateArgument> TemplateArgs) {
  TemplateArgumentListInfo Written(Loc, Loc);
  for (const TemplateArgument &Arg : TemplateArgs) {
    bool IsNumber = Arg.getKind() == TemplateArgument::Integral;
    Written.addArgument(
        S.getTrivialTemplateArgumentLoc(Arg, IsNumber ? Arg.getIntegralType() : QualType(), Loc));
  }
  return checked(buildDetailReference(T, Name, Loc, &Written));
}

Expr *CodeBuilder::list(llvm::MutableArrayRef<Expr *> Fields) {
  return Ok ? checked(S.BuildInitList(Loc, Fields, Loc)) : null();
}

Expr *CodeBuilder::object(llvm::StringRef Name, llvm::MutableArrayRef<Expr *> Fields) {
  QualType Type = getDetailType(T, Name, Loc);
  Ok &= !Type.isNull();
  Expr *Init = list(Fields);
  return Ok ? checked(S.BuildCXXTypeConstructExpr(C.getTrivialTypeSourceInfo(Type, Loc), Loc, Init,
                                                  Loc, /*ListInitialization=*/true))
            : null();
}

Expr *CodeBuilder::option(const Option &O) {
  Expr *Result = checked(substitute(T, *D.Source, D.Default, O.Whole));
  if (Ok)
    redirectExpression(T, Result);
  return Result;
}

TemplateArgument CodeBuilder::countArgument(unsigned Value) {
  QualType Size = C.getSizeType();
  return TemplateArgument(C, C.MakeIntValue(Value, Size), Size);
}

uint64_t CodeBuilder::evaluate(Expr *E) {
  EnterExpressionEvaluationContext Evaluation(S,
                                              Sema::ExpressionEvaluationContext::ConstantEvaluated);
  Expr *Value = Ok ? checked(S.DefaultLvalueConversion(E)) : null();
  Expr::EvalResult Result;
  Ok &= Ok && Value->EvaluateAsConstantExpr(Result, C) && Result.Val.isInt();
  return Ok ? Result.Val.getInt().getZExtValue() : 0;
}

Expr *CodeBuilder::variable(llvm::StringRef Name, QualType Type, Expr *Init, StorageClass Storage) {
  if (!Ok)
    return null();
  auto *Var = VarDecl::Create(C, FD, Loc, Loc, &C.Idents.get(Name), Type,
                              C.getTrivialTypeSourceInfo(Type, Loc), Storage);
  FD->addDecl(Var);
  S.AddInitializerToDecl(Var, Init, /*DirectInit=*/false);
  S.FinalizeDeclaration(Var);
  Ok &= !Var->isInvalidDecl();
  Statements.push_back(new (C) DeclStmt(DeclGroupRef(Var), Loc, Loc));
  return reference(Var);
}

Expr *CodeBuilder::constant(llvm::StringRef Name, Expr *Init) {
  return variable(Name, Init->getType().getUnqualifiedType().withConst(), Init, SC_Static);
}

Expr *CodeBuilder::table(llvm::StringRef Name, QualType Element,
                         llvm::MutableArrayRef<Expr *> Values) {
  if (Values.empty() || !Ok)
    return null();
  QualType Type = C.getConstantArrayType(Element.withConst(), llvm::APInt(64, Values.size()),
                                         nullptr, ArraySizeModifier::Normal, 0);
  return variable(Name, Type, S.BuildInitList(Loc, Values, Loc).get(), SC_Static);
}

Stmt *CodeBuilder::returnOf(Expr *Result) {
  if (!Ok)
    return nullptr;
  ExprResult Full = S.ActOnFinishFullExpr(Result, Loc, /*DiscardedValue=*/false);
  StmtResult Return = Full.isUsable() ? S.BuildReturnStmt(Loc, Full.get()) : StmtError();
  Ok &= Return.isUsable();
  return Return.isUsable() ? Return.get() : nullptr;
}

void CodeBuilder::returnIf(Expr *Condition, Expr *Result) {
  Stmt *Return = returnOf(Result);
  if (!Ok)
    return;
  Return = AttributedStmt::Create(C, Loc, {LikelyAttr::CreateImplicit(C, Loc)}, Return);
  Statements.push_back(IfStmt::Create(C, Loc, IfStatementKind::Ordinary, nullptr, nullptr,
                                      Condition, Loc, Loc, Return));
}

void CodeBuilder::returnIfConstantEvaluated(Expr *Result) {
  Stmt *Return = returnOf(Result);
  if (!Ok)
    return;
  Stmt *Then = CompoundStmt::Create(C, Return, FPOptionsOverride(), Loc, Loc);
  Statements.push_back(IfStmt::Create(C, Loc, IfStatementKind::ConstevalNonNegated, nullptr,
                                      nullptr, nullptr, Loc, Loc, Then));
}

bool CodeBuilder::finish(Expr *Result) {
  Statements.push_back(returnOf(Result));
  if (Ok)
    FD->setBody(CompoundStmt::Create(C, Statements, FPOptionsOverride(), Loc, Loc));
  return Ok;
}

} // namespace tlplugin
