// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Winners that were compiled into the program (tl_rt_bake): a program that has them needs no
// database for their problems.
//
// A table is text that the plugin makes of the file of -fplugin-arg-tl-use. Lines end with a line
// feed, the fields of a line are separated by tabs:
//
//   tl-baked  1  hash of the file  factory's id  fingerprint
//   d  mode  identity            the device of the lines that follow
//   w  problem  config  facts... the winner, and the facts of calls that it was right for
//
// `tltune list --program` finds it in a file by its first field.

#ifndef TL_RUNTIME_FACTORY_BAKED_H
#define TL_RUNTIME_FACTORY_BAKED_H

#include <tl/abi.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tl::rt {

/// One line of a table. Its texts are the program's, and live as long as the factory.
struct baked_winner {
  std::string_view problem;
  std::string_view config;
  std::vector<std::string_view> facts; ///< as the database has them
  std::uint32_t variant = UINT32_MAX;
  bool other_versions = false; ///< measured under another version of driver or toolkit
};

/// The winner for a problem on a device (its identity), in a mode ("hot"). Hardware counts; where
/// no line has the very identity, versions of drivers and toolkits do not: the code is in the
/// program. Thread-safe.
std::optional<baked_winner> find_baked(const tl_factory &factory, std::string_view device,
                                       std::string_view mode, std::string_view problem);

/// All winners for a device and mode, as above. Thread-safe.
std::vector<baked_winner> list_baked(const tl_factory &factory, std::string_view device,
                                     std::string_view mode);

/// A device's identity without the versions of its software.
std::string hardware_of(std::string_view identity);

} // namespace tl::rt

#endif
