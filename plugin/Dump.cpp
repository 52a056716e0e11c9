// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/Dump.h"
#include "plugin/Diagnostics.h"
#include "llvm/Support/raw_ostream.h"

using namespace clang;

namespace tlplugin {

void dump(Session &T, const Dispatcher &D, const VariantList &List, const Fingerprint &Print,
          llvm::StringRef Name) {
  if (T.isDevicePass())
    return;
  if (T.Args.Remarks)
    for (const Variant &V : List.Variants)
      remark(T.S, D.Source->getLocation(),
             "variant of '%0' for config '%1'%select{|, the default}2")
          << Name << V.Text << (&V == &List.Variants[List.Default]);
  llvm::raw_ostream &OS = llvm::outs();
  if (T.Args.DumpFingerprint) {
    OS << "// fingerprint of " << Name << ": " << Print.Digest << '\n';
    for (const std::string &Entry : Print.Entries)
      OS << "//   " << Entry << '\n';
  }
  if (T.Args.Dump) {
    OS << "// factory " << Name << ": " << List.Variants.size() << " variants, default '"
       << List.Variants[List.Default].Text << "'\n";
    const Decl *Generated[] = {D.Slot, D.Last, D.Describe, D.Select, D.Dispatch, D.Register};
    for (const Decl *It : Generated)
      if (It) {
        It->print(OS);
        OS << (isa<VarDecl>(It) ? ";\n" : "\n");
      }
  }
  OS.flush();
}

} // namespace tlplugin
