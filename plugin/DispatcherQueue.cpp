// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/DispatcherQueue.h"
#include "plugin/CallRedirect.h"
#include "plugin/Dispatcher.h"
#include "clang/Sema/EnterExpressionEvaluationContext.h"
#include <utility>

using namespace clang;

namespace tlplugin {

bool DispatcherQueue::beginWalking() {
  if (Now != Phase::Unused)
    return false;
  Now = Phase::Walking;
  return true;
}

Dispatcher *DispatcherQueue::find(const FunctionDecl *Spec) const {
  auto Found = Dispatchers.find(Spec);
  return Found == Dispatchers.end() ? nullptr : Found->second.get();
}

void DispatcherQueue::add(const FunctionDecl *Spec, std::unique_ptr<Dispatcher> Made) {
  Dispatchers[Spec] = std::move(Made);
}

void DispatcherQueue::defineAll(Session &T) {
  // Bodies that are still to be instantiated may ask for dispatchers, and defining one instantiates
  // more. All of it happens here and not where it was asked for, so that diagnostics are not told
  // as if one factory had instantiated the other.
  bool IsFirst = Now != Phase::Late;
  do {
    T.S.PerformPendingInstantiations();
    while (Next < Dispatchers.size()) {
      unsigned Index = Next++;
      if (std::exchange(IsFirst, false))
        Asked = Dispatchers.size();
      Dispatcher &D = *(Dispatchers.begin() + Index)->second;
      D.Nested = Index >= Asked;
      defineDispatcher(T, D);
    }
  } while (Next < Dispatchers.size());
}

void DispatcherQueue::end(Session &T) {
  if (Now != Phase::Walking)
    return;
  Now = Phase::Ending;
  finishRecords(T);
  defineAll(T);
  // Some of their members are defined by what was instantiated meanwhile.
  size_t Known = Dispatchers.size();
  finishRecords(T);
  T.Records.clear();
  if (Dispatchers.size() != Known)
    defineAll(T);
  Now = Phase::Ended;
}

/// Whether Clang is in the middle of a class: bodies that are instantiated there find it
/// incomplete.
static bool isWithinClass(const Sema &S) {
  return llvm::any_of(S.CodeSynthesisContexts, [](const Sema::CodeSynthesisContext &It) {
    return isa_and_nonnull<CXXRecordDecl, ClassTemplateDecl>(It.Entity);
  });
}

void DispatcherQueue::defineLate(Session &T) {
  // Who is in the middle of something has more to tell when that is done.
  if (Now != Phase::Ended || Next == Dispatchers.size() || isWithinClass(T.S))
    return;
  Now = Phase::Late;
  // Clang may be anywhere, in the middle of a constraint for instance, where nothing that is named
  // counts as used: a class would have a vtable and none of the functions in it.
  Sema::ContextRAII Saved(T.S, T.S.Context.getTranslationUnitDecl());
  EnterExpressionEvaluationContext Evaluation(
      T.S, Sema::ExpressionEvaluationContext::PotentiallyEvaluated);
  defineAll(T);
  Now = Phase::Ended;
}

} // namespace tlplugin
