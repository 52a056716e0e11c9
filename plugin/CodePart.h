// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What one declaration says, as a hash, and what else it names: the pieces of a fingerprint.
//
// It is made of the syntax tree and not of text: layout, comments, macros, names of local variables
// and the way of the source to the compiler (a precompiled header, a module, -E) leave no trace in
// it. Templates count as they are written, since a file need not instantiate all variants; what
// their instantiations find by name is told apart, see LookedUp.

#ifndef TL_PLUGIN_CODEPART_H
#define TL_PLUGIN_CODEPART_H

#include "plugin/Session.h"
#include "clang/AST/DeclCXX.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SmallString.h"

namespace tlplugin {

/// A name that means something only where a template is instantiated.
struct LookedUp {
  clang::DeclarationName Name;
  bool ByArguments; ///< argument-dependent look-up finds it, too
};

struct CodePart {
  std::string Digest; ///< 32 hexadecimal digits; mentions of other declarations are anonymous
  llvm::SmallVector<const clang::Decl *, 8> References; ///< those, in the order of their mention
  llvm::SmallVector<LookedUp, 4> Names;
  /// Classes of the user's that are handed to a toolkit's templates, which may call anything of
  /// them.
  llvm::SmallVector<const clang::TagDecl *, 2> Escaping;
  bool CallsToolkitBlindly = false; ///< with arguments whose types only an instantiation knows
  bool NamesInfeasible = false;     ///< tl::infeasible
};

/// The parts of a translation unit, made when they are asked for.
class CodeParts {
public:
  explicit CodeParts(Session &InT) : T(InT) {}

  const CodePart &of(const clang::Decl *D);

  /// The declaration that stands for D: its definition, the pattern of an instantiation, the
  /// factory behind a dispatcher.
  const clang::Decl *represent(const clang::Decl *D) const;

  /// A type's canonical name, hashed.
  uint64_t hashOf(clang::QualType Canonical);

  /// `template <> struct std::hash<key>` in the program's own headers, by each class that they are
  /// for.
  llvm::ArrayRef<std::pair<const clang::TagDecl *, const clang::Decl *>> specialisedForUser();

  Session &getSession() const { return T; }

private:
  Session &T;
  std::vector<std::pair<const clang::TagDecl *, const clang::Decl *>> ForUser;
  bool ForUserKnown = false;
  llvm::DenseMap<const clang::Decl *, std::unique_ptr<CodePart>> Parts;
  llvm::DenseMap<const void *, uint64_t> TypeHashes;
};

/// Hashes into one part.
class PartBuilder {
public:
  /// Shallow: what others it names counts by name alone.
  PartBuilder(CodeParts &InOwner, bool IsShallow) : Owner(InOwner), Shallow(IsShallow) {}

  void number(uint64_t Value);
  void text(llvm::StringRef Text);
  void type(clang::QualType Type);
  void value(clang::QualType Type, const clang::APValue &V);
  void argument(const clang::TemplateArgument &Arg);
  void attribute(const clang::Attr *A);
  void attributes(const clang::Decl *D);
  void statement(const clang::Stmt *S);

  /// A mention of a declaration.
  void mention(const clang::Decl *D);
  /// The same of a template whose arguments are not known, or of a record.
  void refer(const clang::Decl *D);
  void mentionTag(const clang::TagDecl *D);
  void name(clang::DeclarationName Name, bool ByArguments);
  /// Looked up by its operands where a template is instantiated.
  void operatorName(clang::OverloadedOperatorKind Operator);
  void escape(clang::QualType Type);
  void callsToolkitBlindly() { Part.CallsToolkitBlindly = true; }

  /// A declaration that is the part's own: its name does not count.
  void declareLocal(const clang::Decl *D);
  void local(const clang::VarDecl *D);

  /// The part of D itself.
  void declaration(const clang::Decl *D);

  CodePart finish();

  CodeParts &Owner;

private:
  void function(const clang::FunctionDecl *FD);
  void variable(const clang::VarDecl *V);
  void record(const clang::CXXRecordDecl *RD);
  void layout(const clang::CXXRecordDecl *RD);
  void closure(const clang::CXXRecordDecl *RD);
  void templateParameters(const clang::TemplateParameterList *Params);
  void specialisations(const clang::TemplateDecl *Template);
  void mentionFunction(const clang::FunctionDecl *FD);
  void mentionVariable(const clang::VarDecl *V);
  void lvalue(clang::QualType Type, const clang::APValue &V);
  void externalName(const clang::NamedDecl *D);

  const bool Shallow;
  CodePart Part;
  llvm::SmallString<1024> Buffer;
  llvm::DenseMap<const clang::Decl *, unsigned> Locals;
  llvm::DenseMap<const clang::Decl *, unsigned> Known;
  llvm::DenseMap<const void *, unsigned> Types;
  llvm::DenseSet<clang::DeclarationName> Plain, Argument;
};

/// What tells declarations of one name apart, for a stable order.
std::string sortKey(const clang::Decl *D);

/// Sorts and removes doubles.
void sortDeclarations(llvm::SmallVectorImpl<const clang::Decl *> &Found);

} // namespace tlplugin

#endif
