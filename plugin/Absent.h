// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// -fplugin-arg-tl-absent=...: variants that do not compile and that the build leaves out. Such a
// variant is there and has an address, but its body is not instantiated; it has one that says that
// it did not compile. -fplugin-arg-tl-report=FILE tells utils/tl-drop-failed which ones that should
// be.

#ifndef TL_PLUGIN_ABSENT_H
#define TL_PLUGIN_ABSENT_H

#include "plugin/Variants.h"

namespace tlplugin {

/// Reads what follows `absent=`: "all", or "ID:1,4-7" with the mangled name of a concrete factory
/// and indices in its space, and "=reason" behind them. False if it is neither.
bool parseAbsent(llvm::StringRef Text, Arguments &Args);

/// Whether variant I is to be left out. An error for the default config, if it was named.
bool isAbsent(Session &T, const Dispatcher &D, const VariantList &List, unsigned I);

/// Defines a variant without its body. False when it is defined already: the program names it.
bool leaveOut(Session &T, const Dispatcher &D, const VariantList &List, unsigned I);

/// Puts a body that says why in place of a variant that can never run (Variant::Illegal), unless
/// somebody else named it, and lets the runtime know.
void replaceIllegal(Session &T, const Dispatcher &D, const Variant &V);

/// Watches the instantiation of one variant of this compilation, for the report.
class VariantWatch {
public:
  VariantWatch(Session &T, const Dispatcher &D, const VariantList &List, unsigned I);
  ~VariantWatch();
  VariantWatch(const VariantWatch &) = delete;
  VariantWatch &operator=(const VariantWatch &) = delete;

  bool failed() const;
  void leftOut() { Absent = true; }

private:
  class FirstError;

  Session &T;
  const Dispatcher &D;
  const VariantList &List;
  unsigned I;
  unsigned ErrorsBefore;
  bool Absent = false;
  std::unique_ptr<FirstError> First;
};

/// Appends to the file of -fplugin-arg-tl-report; called when all has been compiled.
void writeReport(Session &T);

} // namespace tlplugin

#endif
