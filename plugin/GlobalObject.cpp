// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/GlobalObject.h"
#include "plugin/Lookup.h"
#include "clang/AST/ASTConsumer.h"
#include "clang/AST/DeclCXX.h"

using namespace clang;

namespace tlplugin {

Expr *buildUntypedAddress(Session &T, ValueDecl *Of, SourceLocation Loc) {
  ASTContext &C = T.S.Context;
  ExprResult Address = T.S.CreateBuiltinUnaryOp(
      Loc, UO_AddrOf, T.S.BuildDeclRefExpr(Of, Of->getType(), VK_LValue, Loc));
  if (!Address.isUsable())
    return nullptr;
  return ImplicitCastExpr::Create(C, C.getPointerType(C.VoidTy.withConst()), CK_BitCast,
                                  Address.get(), nullptr, VK_PRValue, FPOptionsOverride());
}

void defineGlobalObject(Session &T, llvm::StringRef Class, llvm::StringRef Name, bool Shared,
                        llvm::MutableArrayRef<Expr *> Arguments, SourceLocation Loc) {
  Sema &S = T.S;
  ASTContext &C = S.Context;
  QualType Type = getDetailType(T, Class, Loc);
  if (Type.isNull() || llvm::is_contained(Arguments, nullptr))
    return;
  // At the class's own place, which is a system header where ours are: it is a global with a
  // constructor, and some projects warn of those.
  SourceLocation Place = Type->getAsCXXRecordDecl()->getLocation();
  TranslationUnitDecl *TU = C.getTranslationUnitDecl();
  auto *Var =
      VarDecl::Create(C, TU, Place, Place, &C.Idents.get(Name), Type,
                      C.getTrivialTypeSourceInfo(Type, Place), Shared ? SC_None : SC_Static);
  if (Shared)
    Var->setImplicitlyInline();
  Var->setImplicit();
  TU->addDecl(Var);
  ExprResult Init = S.BuildInitList(Place, Arguments, Place);
  if (!Init.isUsable())
    return;
  S.AddInitializerToDecl(Var, Init.get(), /*DirectInit=*/true);
  S.FinalizeDeclaration(Var);
  Var->setReferenced();
  T.Generated.insert(Var);
  S.Consumer.HandleTopLevelDecl(DeclGroupRef(Var));
}

} // namespace tlplugin
