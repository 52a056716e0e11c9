// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The file of -fplugin-arg-tl-use, as `tltune bake` writes it (utils/tltune/winners_file.h).
//
//   tl-winners 1
//
//   factory ID                   mangled name
//     name NAME
//     fingerprint DIGITS
//     default CONFIG
//     keep CONFIG                compiled, though it wins nowhere
//     device MODE IDENTITY
//       winner PROBLEM CONFIG TIME DATE [FACTS...]
//
// Blanks separate words, double quotes hold them together, # begins a line that is a comment. What
// two branches have baked may stand in one file: sections of one factory are taken together.

#ifndef TL_PLUGIN_WINNERSFILE_H
#define TL_PLUGIN_WINNERSFILE_H

#include "plugin/Session.h"
#include "llvm/ADT/StringMap.h"
#include <map>
#include <utility>

namespace tlplugin {

struct BakedRow {
  std::string Config;
  std::vector<std::string> Facts; ///< of calls that it was right for
  unsigned Line = 0;
};

/// One factory in one state of its code.
struct BakedFactory {
  std::string Default;
  std::vector<std::string> Keep;
  using Device = std::pair<std::string, std::string>;        ///< mode and identity
  std::map<Device, std::map<std::string, BakedRow>> Winners; ///< by problem
};

class WinnersFile {
public:
  /// Null after an error was reported, at its line and column.
  static std::shared_ptr<const WinnersFile> read(Session &T, llvm::StringRef Path);

  /// By fingerprint; null where the file has nothing of that factory.
  const std::map<std::string, BakedFactory> *find(llvm::StringRef Id) const {
    auto Found = Factories.find(Id);
    return Found == Factories.end() ? nullptr : &Found->second;
  }

  std::string Name; ///< without folders
  std::string Hash; ///< of its content, 16 hexadecimal digits

private:
  friend class WinnersReader;
  llvm::StringMap<std::map<std::string, BakedFactory>> Factories; ///< by mangled name
};

} // namespace tlplugin

#endif
