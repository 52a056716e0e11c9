// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Statements of one generated function, built as Clang would build them from source.

#ifndef TL_PLUGIN_CODEBUILDER_H
#define TL_PLUGIN_CODEBUILDER_H

#include "plugin/Session.h"

namespace tlplugin {

/// A string literal.
clang::Expr *buildText(clang::ASTContext &C, llvm::StringRef Text, clang::SourceLocation Loc);

/// What callers see of a concrete factory's functions, as a type: no exception specification, in
/// which variants may differ.
clang::QualType getSignature(Session &T, const clang::FunctionDecl *FD);

/// Builds the body of FD, a function generated for D. Once something could not be built (and was
/// reported), all that is asked for later is a null pointer, and finish() says no.
class CodeBuilder {
public:
  CodeBuilder(Session &T, const Dispatcher &D, clang::FunctionDecl *FD);

  // --- Expressions -------------------------------------------------------------------------------

  clang::Expr *text(llvm::StringRef Text);
  clang::Expr *number(unsigned Value);
  clang::Expr *null();
  clang::Expr *reference(clang::ValueDecl *V);
  clang::Expr *addressOf(clang::Expr *E);
  /// Its address as `void *`: a conversion that a constant may contain, unlike a cast.
  clang::Expr *untypedAddressOf(clang::Expr *E);
  clang::Expr *member(clang::Expr *Object, llvm::StringRef Name);
  /// A field of the object's class or of one of its bases, whatever its access.
  clang::Expr *field(clang::Expr *Object, clang::FieldDecl *Field);
  clang::Expr *element(clang::Expr *Array, unsigned Index);
  /// `__atomic_load_n(&Object, __ATOMIC_ACQUIRE)`
  clang::Expr *acquire(clang::Expr *Object);
  clang::Expr *binary(clang::BinaryOperatorKind Op, clang::Expr *Left, clang::Expr *Right);
  clang::Expr *cast(clang::tok::TokenKind Kind, clang::QualType Type, clang::Expr *E);
  /// `static_cast<T &&>(p)` for a parameter of that type; `p` for a number or pointer.
  clang::Expr *forward(clang::ParmVarDecl *P);
  /// The parameters of FD, forwarded.
  llvm::SmallVector<clang::Expr *, 8> forwardAll();
  /// `&f<config>`, with the template arguments written out when somebody will read them.
  clang::Expr *variant(clang::FunctionDecl *V);

  clang::Expr *call(clang::Expr *Callee, llvm::MutableArrayRef<clang::Expr *> Args);
  /// `tl::detail::Name(Args)`
  clang::Expr *call(llvm::StringRef Name, llvm::MutableArrayRef<clang::Expr *> Args);
  /// `tl::detail::Name<TemplateArgs>(Args)`
  clang::Expr *call(llvm::StringRef Name, llvm::ArrayRef<clang::TemplateArgument> TemplateArgs,
                    llvm::MutableArrayRef<clang::Expr *> Args);
  /// `tl::detail::Name`
  clang::Expr *libraryReference(llvm::StringRef Name);
  /// `tl::detail::Name<TemplateArgs>`
  clang::Expr *libraryReference(llvm::StringRef Name,
                                llvm::ArrayRef<clang::TemplateArgument> TemplateArgs);
  /// `{Fields}`
  clang::Expr *list(llvm::MutableArrayRef<clang::Expr *> Fields);
  /// `tl::detail::Name{Fields}`
  clang::Expr *object(llvm::StringRef Name, llvm::MutableArrayRef<clang::Expr *> Fields);
  /// One of the attribute's options with the specialisation's template arguments filled in.
  clang::Expr *option(const Option &O);

  clang::TemplateArgument countArgument(unsigned Value);

  /// The value of a constant integer, 0 where it has none.
  uint64_t evaluate(clang::Expr *E);

  // --- Statements --------------------------------------------------------------------------------

  /// `<Type> Name = Init;` Returns a reference to it.
  clang::Expr *variable(llvm::StringRef Name, clang::QualType Type, clang::Expr *Init,
                        clang::StorageClass Storage = clang::SC_None);
  /// `static const <type of Init> Name = Init;`
  clang::Expr *constant(llvm::StringRef Name, clang::Expr *Init);
  /// `static const <Element> Name[] = {...};` Null for no elements.
  clang::Expr *table(llvm::StringRef Name, clang::QualType Element,
                     llvm::MutableArrayRef<clang::Expr *> Values);
  /// `if (Condition) [[likely]] return Result;`
  void returnIf(clang::Expr *Condition, clang::Expr *Result);
  /// `if consteval { return Result; }`
  void returnIfConstantEvaluated(clang::Expr *Result);

  clang::SourceLocation getLocation() const { return Loc; }
  bool ok() const { return Ok; }
  /// Something could not be built.
  void fail() { Ok = false; }

  /// `return Result;` Gives the function its body.
  bool finish(clang::Expr *Result);

private:
  template <class Result> clang::Expr *checked(Result R);
  clang::Stmt *returnOf(clang::Expr *Result);

  Session &T;
  clang::Sema &S;
  clang::ASTContext &C;
  const Dispatcher &D;
  clang::FunctionDecl *FD;
  clang::SourceLocation Loc;
  clang::Sema::SynthesizedFunctionScope Scope;
  llvm::SmallVector<clang::Stmt *, 8> Statements;
  bool Ok = true;
};

} // namespace tlplugin

#endif
