// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The words by which a dispatcher tells that a call is like the thread's last one, as expressions
// over its parameters; and what of that is the problem key.

#ifndef TL_PLUGIN_PROBLEMKEY_H
#define TL_PLUGIN_PROBLEMKEY_H

#include "plugin/CodeBuilder.h"
#include "plugin/Members.h"

namespace tlplugin {

/// Whether the translation unit is one for a GPU, with a host and a device pass.
bool isGpu(const Session &T);

/// The signature of the launch that a lazy factory returns, Signature of tl::kernel<Signature>;
/// null for an eager one.
const clang::FunctionProtoType *getLaunch(const Dispatcher &D);

/// How a parameter takes part.
struct ParameterWords {
  /// Code: a pointer to a function, which makes another problem of the same sizes.
  enum Sort { None, Number, Real, Pointer, Code, View, Count, Iterator } What = None;
  bool ByAddress = false; ///< a reference to one object, which may lie in somebody's buffer
  int RangeEnd = -1;      ///< of a Pointer or Iterator: the parameter where its range ends
  bool EndsRange = false;
  std::vector<Member> Members;
  unsigned Index = 0; ///< among the factory's parameters and its launch's
};

/// One for each parameter of the dispatcher.
std::vector<ParameterWords> classifyParameters(Session &T, const Dispatcher &D, CodeBuilder &B);

/// The same for one of the launch that a lazy factory returns: it adds nothing to the key.
ParameterWords classifyLaunchParameter(Session &T, CodeBuilder &B, clang::QualType Type);

/// The words, in the order that tl_rt_select documents. `KeyWords` receives the length of the
/// problem key, without the device's word.
llvm::SmallVector<clang::Expr *, 8> buildCallWords(Session &T, const Dispatcher &D, CodeBuilder &B,
                                                   unsigned &KeyWords);

/// Warns where nothing tells the factory's problems apart.
void checkProblemKey(Session &T, const Dispatcher &D);

} // namespace tlplugin

#endif
