// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/demand/image.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <elf.h>
#include <memory>
#include <optional>
#include <vector>

namespace tl::rt::demand {
namespace {

/// Reads structures of an ELF file, of which nothing is believed.
class elf_file {
public:
  explicit elf_file(std::string_view bytes) : bytes_(bytes) {}

  template <class Type> bool read(std::uint64_t at, Type &out) const {
    if (at > bytes_.size() || bytes_.size() - at < sizeof out)
      return false;
    std::memcpy(&out, bytes_.data() + at, sizeof out);
    return true;
  }

  bool open() {
    Elf64_Ehdr header;
    if (!read(0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_type != ET_DYN ||
        header.e_shentsize != sizeof(Elf64_Shdr))
      return false;
    for (std::uint32_t i = 0; i < header.e_shnum; ++i)
      if (!read(header.e_shoff + std::uint64_t(i) * sizeof(Elf64_Shdr), sections_.emplace_back()))
        return false;
    if (header.e_shstrndx >= sections_.size())
      return false;
    names_ = sections_[header.e_shstrndx];
    return true;
  }

  std::optional<std::string> text(const Elf64_Shdr &table, std::uint64_t at) const {
    if (table.sh_offset > bytes_.size() || table.sh_size > bytes_.size() - table.sh_offset ||
        at >= table.sh_size)
      return std::nullopt;
    const std::string_view all = bytes_.substr(table.sh_offset, table.sh_size);
    const std::size_t end = all.find('\0', at);
    return end == std::string_view::npos ? std::nullopt
                                         : std::optional(std::string(all.substr(at, end - at)));
  }
  std::optional<std::string> name(const Elf64_Shdr &section) const {
    return text(names_, section.sh_name);
  }

  /// Calls `see` for each entry of a table of Type; false where it is damaged.
  template <class Type, class Function>
  bool for_each(const Elf64_Shdr &table, const Function &see) const {
    if (table.sh_entsize != sizeof(Type))
      return false;
    for (std::uint64_t at = 0; at + sizeof(Type) <= table.sh_size; at += sizeof(Type)) {
      Type entry;
      if (!read(table.sh_offset + at, entry))
        return false;
      see(entry);
    }
    return true;
  }

  const std::vector<Elf64_Shdr> &sections() const { return sections_; }

private:
  std::string_view bytes_;
  std::vector<Elf64_Shdr> sections_;
  Elf64_Shdr names_{};
};

/// Sections that are written to by the loader alone.
bool is_loaders(std::string_view name) {
  return name.starts_with(".data.rel.ro") || name.starts_with(".got") || name == ".dynamic" ||
         name.starts_with(".tm_clone") || name == ".eh_frame";
}

std::string readable(const std::string &name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), &std::free);
  return status == 0 && text ? std::string(text.get()) : name;
}

} // namespace

/// "_ZN2ns5sgemmI" of "_ZN2ns5sgemmIXtl6configEEEvi": up to the first template arguments, "" where
/// there are none to be found.
static std::string_view template_of(std::string_view mangled) {
  if (!mangled.starts_with("_Z"))
    return {};
  std::size_t at = 2;
  while (at < mangled.size() && std::strchr("NLK", mangled[at]))
    ++at;
  while (at < mangled.size() && mangled[at] >= '1' && mangled[at] <= '9') {
    std::size_t length = 0;
    while (at < mangled.size() && mangled[at] >= '0' && mangled[at] <= '9')
      length = 10 * length + static_cast<std::size_t>(mangled[at++] - '0');
    if (length > mangled.size() - at)
      return {};
    at += length;
  }
  return at < mangled.size() && mangled[at] == 'I' ? mangled.substr(0, at + 1) : std::string_view();
}

bool is_static_local_of(std::string_view symbol, std::string_view mangled) {
  const std::string_view name = template_of(mangled);
  if (name.empty())
    return false;
  for (const std::string_view kind : {"_ZZ", "_ZGVZ"})
    if (symbol.starts_with(kind) && symbol.substr(kind.size()).starts_with(name.substr(2)))
      return true;
  return false;
}

/// What Clang makes for a file with device code: it is the library's own, and nobody else's affair.
static bool is_for_device_code(std::string_view name) {
  // HIP's have a hash of the file in their names.
  constexpr std::string_view own[] = {"__cuda_gpubin_handle", "__cuda_fatbin_wrapper",
                                      "__hip_gpubin_handle", "__hip_fatbin_wrapper", "__hip_cuid_"};
  return std::ranges::any_of(own, [&](std::string_view it) { return name.starts_with(it); });
}

/// Whether all that runs when the library is loaded is the registration of its device code.
static bool only_registers(const elf_file &elf, const Elf64_Shdr &to_run) {
  std::optional<std::uint64_t> runs, registration;
  if (!elf.read(to_run.sh_offset, runs.emplace()) || to_run.sh_size != sizeof(std::uint64_t))
    return false;
  for (const Elf64_Shdr &table : elf.sections()) {
    // Relative to where the library is loaded, as is the symbol's value.
    if (table.sh_type == SHT_RELA)
      (void)elf.for_each<Elf64_Rela>(table, [&](const Elf64_Rela &it) {
        if (it.r_offset == to_run.sh_addr)
          runs = static_cast<std::uint64_t>(it.r_addend);
      });
    if (table.sh_type == SHT_SYMTAB && table.sh_link < elf.sections().size())
      (void)elf.for_each<Elf64_Sym>(table, [&](const Elf64_Sym &it) {
        const auto name = elf.text(elf.sections()[table.sh_link], it.st_name);
        if (ELF64_ST_TYPE(it.st_info) == STT_FUNC &&
            (name == "__cuda_module_ctor" || name == "__hip_module_ctor"))
          registration = it.st_value;
      });
  }
  return runs == registration;
}

std::string why_not_to_open(std::string_view file,
                            const std::function<bool(const char *name)> &provided, bool exports,
                            bool device_code) {
  elf_file elf(file);
  if (!elf.open())
    return "it is no library";
  std::vector<bool> state(elf.sections().size(), false);
  for (std::size_t i = 0; i < elf.sections().size(); ++i) {
    const Elf64_Shdr &section = elf.sections()[i];
    const auto name = elf.name(section);
    if (!name)
      return "it is damaged";
    if (section.sh_size == 0 || (section.sh_flags & SHF_ALLOC) == 0)
      continue;
    const bool runs = section.sh_type == SHT_INIT_ARRAY || section.sh_type == SHT_PREINIT_ARRAY ||
                      section.sh_type == SHT_FINI_ARRAY || *name == ".init" || *name == ".fini" ||
                      name->starts_with(".ctors");
    if (runs && !(device_code && section.sh_type == SHT_INIT_ARRAY && only_registers(elf, section)))
      return "it would run code of its own when it is loaded";
    state[i] = !runs && (section.sh_flags & SHF_WRITE) != 0 && !is_loaders(*name);
  }
  bool symbols = false;
  for (const Elf64_Shdr &table : elf.sections()) {
    if (table.sh_type != SHT_SYMTAB)
      continue;
    symbols = true;
    if (table.sh_link >= elf.sections().size())
      return "it is damaged";
    std::string why;
    const bool whole = elf.for_each<Elf64_Sym>(table, [&](const Elf64_Sym &symbol) {
      const unsigned kind = ELF64_ST_TYPE(symbol.st_info), bind = ELF64_ST_BIND(symbol.st_info);
      const bool undefined = symbol.st_shndx == SHN_UNDEF;
      if (!why.empty() ||
          !(undefined || ((kind == STT_OBJECT || kind == STT_TLS) &&
                          symbol.st_shndx < state.size() && state[symbol.st_shndx])))
        return;
      const auto name = elf.text(elf.sections()[table.sh_link], symbol.st_name);
      if (!name) {
        why = "it is damaged";
        return;
      }
      if (undefined) {
        for (const std::string_view own :
             {"__cudaRegisterVar", "__cudaRegisterManagedVar", "__cudaRegisterTexture",
              "__cudaRegisterSurface", "__hipRegisterVar", "__hipRegisterManagedVar",
              "__hipRegisterTexture", "__hipRegisterSurface"})
          if (*name == own)
            why = "it would have a copy of its own of a variable on the device; pass its address "
                  "as an argument";
        return;
      }
      if (device_code && is_for_device_code(*name))
        return;
      const bool is_provided = provided(name->c_str());
      if (bind == STB_LOCAL && !is_provided)
        why = fmt::format("it has a variable of its own, '{}', that only its file sees; give it "
                          "external linkage",
                          readable(*name));
      else if (!exports && !is_provided)
        why = fmt::format("it would have a copy of its own of the variable '{}'; link the program "
                          "with -rdynamic",
                          readable(*name));
    });
    if (!why.empty())
      return why;
    if (!whole)
      return "it is damaged";
  }
  return symbols ? "" : "it has no symbols";
}

} // namespace tl::rt::demand
