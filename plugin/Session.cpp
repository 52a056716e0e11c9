// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/Session.h"
#include "plugin/AutotuneAttr.h"
#include "plugin/Lookup.h"
#include "plugin/Options.h"
#include <map>
#include <mutex>

using namespace clang;

namespace tlplugin {
namespace {

/// Attribute handlers are handed a Sema and nothing else. Several compilations can share one
/// process.
struct Registry {
  std::mutex Lock;
  std::map<const Sema *, std::shared_ptr<Session>> Sessions;
};

} // namespace

static Registry &registry() {
  static Registry Instance;
  return Instance;
}

Session *Session::of(Sema &S) {
  Registry &R = registry();
  std::lock_guard Guard(R.Lock);
  auto Found = R.Sessions.find(&S);
  return Found == R.Sessions.end() ? nullptr : Found->second.get();
}

std::shared_ptr<Session> Session::open(Sema &S, const Arguments &Args) {
  auto Opened = std::make_shared<Session>(S, Args);
  Registry &R = registry();
  std::lock_guard Guard(R.Lock);
  R.Sessions[&S] = Opened;
  if (Args.Shards > 1)
    Opened->activate();
  return Opened;
}

void Session::close(Sema &S) {
  Registry &R = registry();
  std::lock_guard Guard(R.Lock);
  R.Sessions.erase(&S);
}

bool Session::isDevicePass() const { return S.getLangOpts().CUDAIsDevice; }

Factory *Session::getFactory(FunctionTemplateDecl *Template) {
  // A member template of a class template is instantiated with its class; the attribute stays with
  // the declaration that was written.
  while (FunctionTemplateDecl *Pattern = Template->getInstantiatedFromMemberTemplate())
    Template = Pattern;
  FunctionTemplateDecl *First = Template->getCanonicalDecl();
  auto Found = Factories.find(First);
  if (Found != Factories.end())
    return Found->second.get();
  const AnnotateAttr *Attr = findAutotuneAttr(First);
  if (!Attr)
    return nullptr;
  ModuleView View(S, First);
  auto Made = std::make_unique<Factory>();
  Made->Template = First;
  Made->Attr = Attr;
  Factory *Result = Made.get();
  Factories[First] = std::move(Made);
  Result->Valid = checkFactory(*this, *Result);
  return Result;
}

} // namespace tlplugin
