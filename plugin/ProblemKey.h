// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How the arguments of a call become the words of its problem key. <tl/key.h> and the runtime's
// make_key say the same: the three agree by tests.

#ifndef TL_PLUGIN_PROBLEMKEY_H
#define TL_PLUGIN_PROBLEMKEY_H

#include "plugin/CodeBuilder.h"

namespace tlplugin {

/// Whether the source is for GPUs: then a key begins with a word for the device, of which the fast
/// path knows nothing.
bool isGpu(const Session &T);

/// What the launch takes that a lazy factory returns, null for any other factory.
const clang::FunctionProtoType *getLaunch(const Dispatcher &D);

/// The words as expressions over the parameters of the function that B builds. Those that need a
/// call (`key = fn`, views) come from variables, which this adds to the function.
llvm::SmallVector<clang::Expr *, 8> buildKeyWords(Session &T, const Dispatcher &D, CodeBuilder &B);

} // namespace tlplugin

#endif
