// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything that a factory reaches, in an order that does not depend on the source's.

#ifndef TL_PLUGIN_CODECLOSURE_H
#define TL_PLUGIN_CODECLOSURE_H

#include "plugin/CodePart.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MD5.h"

namespace tlplugin {

class DeviceText;

class CodeClosure {
public:
  /// Text: what the pass does not compile, null where there is nothing of the kind.
  CodeClosure(CodeParts &InParts, DeviceText *InText) : Parts(InParts), Text(InText) {}

  /// One that no declaration has: the factory's options and configs.
  void add(const CodePart &Part);
  void escape(const clang::TagDecl *D);

  /// Walks until nothing new is reached.
  void run();

  llvm::MD5 Hash;
  std::vector<std::string> Entries; ///< "function ns::helper <digest>"
  bool NamesInfeasible = false;

private:
  unsigned reach(const clang::Decl *D);
  void visit(const clang::Decl *D);
  void visitText(const clang::Decl *D);
  void addRecord(const clang::TagDecl *D);
  void addScope(const clang::Decl *D);
  void addMember(const clang::Decl *D, bool IsFriend);
  void addName(const LookedUp &Name);
  void addCustomisations();
  void lookUp(const clang::DeclContext *Scope, clang::DeclarationName Name);
  void consider(const clang::Decl *Candidate);

  CodeParts &Parts;
  DeviceText *Text;
  llvm::DenseMap<const clang::Decl *, unsigned> Reached; ///< and as which
  std::vector<const clang::Decl *> Queue;
  size_t Next = 0;

  llvm::DenseSet<const clang::TagDecl *> Records, Escaped;
  llvm::SetVector<const clang::DeclContext *> Scopes; ///< of those
  llvm::DenseSet<clang::DeclarationName> Names;
  llvm::SetVector<clang::DeclarationName> ByArguments;
  /// Members and friends of records that were reached, until their name is mentioned.
  llvm::DenseMap<clang::DeclarationName, llvm::SmallVector<const clang::Decl *, 2>> Members,
      Friends;
  /// Functions whose name was mentioned, until one of their parameters' types is reached.
  llvm::DenseMap<const clang::TagDecl *, llvm::SmallVector<const clang::Decl *, 2>> Waiting;
  bool Customised = false;
};

} // namespace tlplugin

#endif
