// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The dispatchers of a translation unit in the order in which they were asked for, and how far the
// work on them is.

#ifndef TL_PLUGIN_DISPATCHERQUEUE_H
#define TL_PLUGIN_DISPATCHERQUEUE_H

#include "clang/AST/Decl.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"
#include <memory>

namespace tlplugin {

class Session;
struct Dispatcher;

/// In this order; only Ended and Late take turns.
enum class Phase {
  Unused,  ///< no attribute was met: an unannotated file pays for nothing
  Walking, ///< bodies are walked, and the calls in them ask for dispatchers
  Ending,  ///< the end of the translation unit: what was asked for is defined, and what that asks
           ///< for
  Ended,
  Late, ///< what was asked for behind the end is defined
};

class DispatcherQueue {
public:
  Phase phase() const { return Now; }
  /// Whether bodies are walked.
  bool isActive() const { return Now != Phase::Unused; }
  /// Whether no dispatcher is defined yet, nor has been.
  bool isBeforeEnd() const { return Now < Phase::Ending; }

  /// Behind the first attribute, or what may bring one along. False where it was before.
  bool beginWalking();
  /// Defines all dispatchers. At the end of the translation unit, before pending instantiations and
  /// deferred diagnostics; does nothing in any phase but Walking.
  void end(Session &T);
  /// Defines those that were asked for since the end; does nothing before, and while others are.
  void defineLate(Session &T);

  /// The one whose default config is Spec, a canonical declaration. Null where there is none.
  Dispatcher *find(const clang::FunctionDecl *Spec) const;
  void add(const clang::FunctionDecl *Spec, std::unique_ptr<Dispatcher> Made);
  /// How many asked before for a dispatcher of that mangled name.
  unsigned countName(llvm::StringRef Id) { return Ids[Id]++; }
  const auto &all() const { return Dispatchers; }

private:
  void defineAll(Session &T);

  Phase Now = Phase::Unused;
  llvm::MapVector<const clang::FunctionDecl *, std::unique_ptr<Dispatcher>> Dispatchers;
  llvm::StringMap<unsigned> Ids;
  unsigned Next = 0;  ///< the first one that is not defined
  unsigned Asked = 0; ///< so many the program itself asked for, the others only variants
};

} // namespace tlplugin

#endif
