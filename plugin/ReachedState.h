// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The variables outside of its arguments that a factory's host and device code reaches. A GPU
// worker is a new process, in which the program's main never ran: what they hold has to be carried
// over.

#ifndef TL_PLUGIN_REACHEDSTATE_H
#define TL_PLUGIN_REACHEDSTATE_H

#include "plugin/Session.h"

namespace tlplugin {

struct ReachedVariable {
  clang::VarDecl *Var;
  bool Read = false;
  bool Written = false;
  bool Late = false; ///< a static local that initialises itself when its function is first called
  bool NamesConfig = false; ///< see findConfigMarks
};

/// In the order in which they are met: first from the factory's body, then from `Options`, the
/// attribute's with the template arguments filled in. Constants, toolkit variables, shared memory
/// and what is too local to be named are left out, and, unless `AllOnDevice`, variables on the
/// device that only its own code can change.
std::vector<ReachedVariable> findReachedState(Session &T, const Dispatcher &D,
                                              llvm::ArrayRef<clang::Expr *> Options,
                                              bool AllOnDevice = false);

} // namespace tlplugin

#endif
