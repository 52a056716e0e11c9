// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/Baked.h"
#include "plugin/CodeBuilder.h"
#include "plugin/Descriptor.h"
#include "plugin/Diagnostics.h"
#include "plugin/GlobalObject.h"
#include "plugin/WinnersFile.h"
#include "llvm/ADT/StringSet.h"

using namespace clang;

namespace tlplugin {

/// The file, read when the first factory asks; null where there is none, or it is no good.
static const WinnersFile *winners(Session &T) {
  if (T.Args.Use.empty())
    return nullptr;
  if (!T.Winners)
    T.Winners = WinnersFile::read(T, T.Args.Use);
  return T.Winners->get();
}

/// All configs that the file names for a factory, whatever state of the code they are from: a
/// device pass does not know the fingerprint, and has to compile the same as the host's.
static llvm::StringSet<> namedConfigs(const std::map<std::string, BakedFactory> &States) {
  llvm::StringSet<> Named;
  for (const auto &[Fingerprint, State] : States) {
    for (const std::string &Config : State.Keep)
      Named.insert(Config);
    for (const auto &[Device, Rows] : State.Winners)
      for (const auto &[Problem, Row] : Rows)
        Named.insert(Row.Config);
  }
  return Named;
}

std::vector<std::string> configsOfWinners(Session &T, const Dispatcher &D) {
  std::vector<std::string> Configs;
  const WinnersFile *File = winners(T);
  const std::map<std::string, BakedFactory> *States = File ? File->find(D.Id) : nullptr;
  if (States) {
    llvm::StringSet<> Named = namedConfigs(*States);
    for (const auto &It : Named)
      Configs.push_back(It.getKey().str());
  }
  llvm::sort(Configs);
  return Configs;
}

void keepBaked(Session &T, const Dispatcher &D, VariantList &List) {
  const WinnersFile *File = winners(T);
  if (!File)
    return;
  SourceLocation Loc = D.Source->getLocation();
  const std::map<std::string, BakedFactory> *States = File->find(D.Id);
  if (!States) {
    if (!T.isDevicePass())
      warning(T.S, Loc,
              "'" + File->Name + "' has no winners of '" + getDisplayName(D) + "'; all of its " +
                  llvm::Twine(List.Variants.size()) +
                  " variants are compiled; tune it and bake again");
    return;
  }
  llvm::StringSet<> Named = namedConfigs(*States);
  std::vector<Variant> Kept;
  unsigned Default = 0;
  for (unsigned I = 0; I < List.Variants.size(); ++I) {
    Variant &V = List.Variants[I];
    if (I == List.Default)
      Default = Kept.size();
    if (I == List.Default || Named.contains(V.Text))
      Kept.push_back(V);
    else if (T.Args.Remarks && !T.isDevicePass())
      remark(T.S, Loc, "config '%0' of %1 left out: '%2' does not name it")
          << V.Text << D.Source->Template << File->Name;
  }
  List.Variants = std::move(Kept);
  List.Default = Default;
}

/// Why the file's winners of a factory do not count: what has changed, as far as it can be told.
static std::string describeChange(const std::map<std::string, BakedFactory> &States,
                                  const VariantList &Space, llvm::StringRef Fingerprint) {
  llvm::StringSet<> Texts;
  for (const Variant &V : Space.Variants)
    Texts.insert(V.Text);
  llvm::StringSet<> Named = namedConfigs(States);
  for (const auto &Config : Named)
    if (!Texts.contains(Config.getKey()))
      return "config '" + Config.getKey().str() + "' is no longer in the space";
  const auto &[Old, State] = *States.rbegin();
  llvm::StringRef Default = Space.Variants[Space.Default].Text;
  if (!State.Default.empty() && State.Default != Default)
    return "the default config was '" + State.Default + "' and is '" + Default.str() + "'";
  return "its code, flags or space have changed: fingerprint " + Old + ", now " + Fingerprint.str();
}

/// The text that runtime/factory/baked.h describes. `Lost` receives a config that is not in the
/// space, if any winner has one.
static std::string buildTable(const WinnersFile &File, const Dispatcher &D,
                              const BakedFactory &State, const VariantList &Space,
                              llvm::StringRef Fingerprint, std::string &Lost) {
  llvm::StringSet<> Texts;
  for (const Variant &V : Space.Variants)
    Texts.insert(V.Text);
  std::string Table = "tl-baked\t1\t" + File.Hash + "\t" + D.Id + "\t" + Fingerprint.str() + "\n";
  for (const auto &[Device, Rows] : State.Winners) {
    Table += "d\t" + Device.first + "\t" + Device.second + "\n";
    for (const auto &[Problem, Row] : Rows) {
      if (!Texts.contains(Row.Config)) {
        Lost = Row.Config;
        continue;
      }
      Table += "w\t" + Problem + "\t" + Row.Config;
      for (const std::string &Facts : Row.Facts)
        Table += "\t" + Facts;
      Table += "\n";
    }
  }
  return Table;
}

void defineBaked(Session &T, const Dispatcher &D, const VariantList &Space,
                 llvm::StringRef Fingerprint) {
  const WinnersFile *File = winners(T);
  if (!File || T.isDevicePass())
    return;
  const std::map<std::string, BakedFactory> *States = File->find(D.Id);
  if (!States)
    return; // told of
  SourceLocation Loc = D.Source->getLocation();
  auto Found = States->find(Fingerprint.str());
  if (Found == States->end()) {
    std::string Why = describeChange(*States, Space, Fingerprint);
    warning(T.S, Loc,
            "the winners of '" + getDisplayName(D) + "' in '" + File->Name +
                "' are stale and not used: " + Why + "; tune and bake again");
    return;
  }
  std::string Lost;
  std::string Table = buildTable(*File, D, Found->second, Space, Fingerprint, Lost);
  if (!Lost.empty())
    warning(T.S, Loc,
            "'" + File->Name + "' has the winner '" + Lost + "' of '" + getDisplayName(D) +
                "', which is not in its space and is not used");
  Expr *Arguments[] = {buildUntypedAddress(T, D.Slot, Loc), buildText(T.S.Context, Table, Loc)};
  defineGlobalObject(T, "baked_registration", "__tl_baked_" + D.Suffix,
                     D.Default->isExternallyVisible(), Arguments, Loc);
}

} // namespace tlplugin
