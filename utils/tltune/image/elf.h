// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What of a 64-bit ELF file is needed to say how large its functions are and what its constants
// hold.

#ifndef TL_TOOL_IMAGE_ELF_H
#define TL_TOOL_IMAGE_ELF_H

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tl::tool::image {

struct section {
  std::string_view name, content; ///< content: empty where the file has none (.bss)
  std::uint64_t address = 0, size = 0;
  std::uint32_t type = 0, link = 0;
};

struct symbol {
  std::string_view name;
  std::uint64_t address = 0, size = 0;
  bool function = false, object = false;
};

/// A view of a file's content, which must live longer. Throws malformed.
class elf_file {
public:
  explicit elf_file(std::string_view content);

  static bool is_elf(std::string_view content);
  std::uint16_t machine() const { return machine_; }
  /// A program or shared library, and no object file.
  bool is_linked() const { return linked_; }
  const std::vector<section> &sections() const { return sections_; }
  /// All symbols that are defined; of stripped files only those that are exported.
  const std::vector<symbol> &symbols() const { return symbols_; }
  bool has_symbol_table() const { return complete_; }

  /// What the loader makes of the pointer that stands at an address; 0 where another file has what
  /// it points to.
  std::uint64_t pointer_at(std::uint64_t address) const;
  template <class Value> Value value_at(std::uint64_t address) const;
  std::string_view text_at(std::uint64_t address) const;

private:
  void read_sections(std::string_view content);
  void read_symbols(const section &table);
  void read_relocations(const section &table);
  const section &containing(std::uint64_t address) const;

  std::uint16_t machine_ = 0;
  bool linked_ = false, complete_ = false;
  std::vector<section> sections_;
  std::vector<symbol> symbols_;
  std::map<std::uint64_t, std::uint64_t> pointers_; ///< as relocations say
};

/// "x86_64"; "machine 243" for one without a name here.
std::string machine_name(std::uint16_t machine);

} // namespace tl::tool::image

#include "image/bytes.h"

namespace tl::tool::image {

template <class Value> Value elf_file::value_at(std::uint64_t address) const {
  const section &in = containing(address);
  return read<Value>(in.content, address - in.address);
}

} // namespace tl::tool::image

#endif
