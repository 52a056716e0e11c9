// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The address of a factory as a constant. Sema evaluates the program that is written, so that
// `constexpr auto p = &f<>; static_assert(p == &f<>);` holds and types are those without the
// plugin. Code is generated from the same tree, in which a call through `p` goes to the dispatcher.
// What both of them look at is therefore re-pointed only while code is generated.

#ifndef TL_PLUGIN_CONSTANTS_H
#define TL_PLUGIN_CONSTANTS_H

#include "plugin/Session.h"

namespace tlplugin {

class Constants {
public:
  explicit Constants(Session &InT) : T(InT) {}

  /// A mention of a factory in code that may be evaluated: that of constexpr functions, of
  /// initialisers and default arguments.
  void add(clang::Expr *Mention, clang::ValueDecl *Dispatcher);
  bool contains(const clang::Expr *Mention) const { return Mentions.contains(Mention); }

  /// A variable or an immediate call of which Sema knows the value. Those that hold no factory's
  /// address are of no interest.
  void add(clang::VarDecl *V);
  void add(clang::ConstantExpr *E);

  /// The factory whose dispatcher V holds the address of where code is generated, null for none.
  const Factory *findFactory(clang::VarDecl *V);

  /// Before and after each piece of code is generated.
  void show(bool AsGenerated);

private:
  struct Mention {
    clang::Expr *Where;
    clang::ValueDecl *Written, *Dispatcher;
  };
  struct Value {
    clang::VarDecl *Variable; ///< or
    clang::ConstantExpr *Call;
    clang::APValue Other; ///< what is not shown: as generated, in the end
    bool Known = false;   ///< the one as generated
  };

  bool holdsFactory(const clang::APValue &V) const;
  void show(Value &V, bool AsGenerated);

  Session &T;
  std::vector<Mention> All;
  llvm::DenseSet<const clang::Expr *> Mentions;
  std::vector<std::unique_ptr<Value>> Values; ///< inner ones before those that they are a part of
  llvm::DenseMap<const void *, Value *> ValueOf;
  bool Generating = false;
};

/// Those of the session, made if need be.
Constants &constantsOf(Session &T);

} // namespace tlplugin

#endif
