// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "image/attribution.h"

#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <tuple>
#include <utility>

#include <cxxabi.h>

namespace tl::tool::image {

static std::string demangle(const std::string &name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), &std::free);
  return text ? text.get() : name;
}

/// Where the template arguments of the name begin that stands before its parameters, or npos.
static std::size_t arguments_begin(const std::string &text, std::size_t end) {
  int depth = 0;
  for (std::size_t i = end; i-- > 0;) {
    if (text[i] == '>' && (i == 0 || text[i - 1] != '-'))
      ++depth;
    if (text[i] == '<' && --depth == 0)
      return i + 1;
  }
  return std::string::npos;
}

std::string config_in_name(const std::string &demangled) {
  // "...config{...}>(parameters)": the first such end of template arguments.
  const std::size_t end = demangled.find("}>(");
  if (end == std::string::npos)
    return {};
  const std::size_t begin = arguments_begin(demangled, end + 2);
  if (begin == std::string::npos)
    return {};
  int depth = 0;
  std::size_t last = begin;
  for (std::size_t i = begin; i <= end; ++i) {
    const char c = demangled[i];
    depth += c == '{' || c == '<' || c == '(' ? 1 : c == '}' || c == '>' || c == ')' ? -1 : 0;
    if (c == ',' && depth == 0)
      last = i + 2;
  }
  return demangled.substr(last, end + 1 - last);
}

namespace {

/// Finds the variant that a function belongs to.
class owners {
public:
  using owner = std::pair<std::string, std::string>; ///< factory and config

  void add(const std::string &variant_name, const owner &whose) {
    if (std::string text = config_in_name(variant_name); !text.empty())
      by_text_[std::move(text)].insert(whose);
  }
  /// Nobody, where several factories have the same config.
  const owner *find(const std::string &demangled) const {
    for (std::size_t at = demangled.find('{'); at != std::string::npos;
         at = demangled.find('{', at + 1)) {
      std::size_t begin = at;
      while (begin > 0 && demangled[begin - 1] != '<' && demangled[begin - 1] != ' ')
        --begin;
      const std::size_t end = closing(demangled, at);
      if (end == std::string::npos)
        return nullptr;
      const auto found = by_text_.find(demangled.substr(begin, end + 1 - begin));
      if (found != by_text_.end())
        return found->second.size() == 1 ? &*found->second.begin() : nullptr;
    }
    return nullptr;
  }

private:
  static std::size_t closing(const std::string &text, std::size_t open) {
    int depth = 0;
    for (std::size_t i = open; i < text.size(); ++i) {
      depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
      if (depth == 0)
        return i;
    }
    return std::string::npos;
  }
  std::map<std::string, std::set<owner>> by_text_;
};

using piece_sizes = std::map<std::tuple<std::string, std::string, std::string>, std::uint64_t>;

} // namespace

/// The host's functions: a variant's own by its address, others by their names.
static void add_host(const elf_file &file, const std::vector<factory_in_file> &factories,
                     owners &whose, piece_sizes &sizes) {
  std::map<std::uint64_t, owners::owner> variants;
  const std::string host = machine_name(file.machine());
  for (const factory_in_file &factory : factories)
    for (const variant_in_file &it : factory.variants) {
      sizes[{factory.name, it.config, host}] += 0;
      if (it.address != 0)
        variants.try_emplace(it.address, factory.name, it.config);
    }
  std::map<std::uint64_t, const symbol *> functions; // one symbol for each address
  for (const symbol &it : file.symbols())
    if (it.function && it.size != 0)
      functions.try_emplace(it.address, &it);
  for (const auto &[address, it] : functions)
    if (const auto found = variants.find(address); found != variants.end())
      whose.add(demangle(std::string(it->name)), found->second);
  for (const auto &[address, it] : functions) {
    const auto own = variants.find(address);
    const owners::owner *const of =
        own != variants.end() ? &own->second : whose.find(demangle(std::string(it->name)));
    if (of)
      sizes[{of->first, of->second, host}] += it->size;
  }
}

static void add_devices(const std::vector<device_code> &devices, const owners &whose,
                        piece_sizes &sizes) {
  for (const device_code &code : devices) {
    std::uint64_t rest = code.bytes;
    for (const auto &[name, bytes] : code.functions)
      if (const owners::owner *const of = whose.find(demangle(name))) {
        sizes[{of->first, of->second, code.architecture}] += bytes;
        rest -= bytes < rest ? bytes : rest;
      }
    sizes[{"", code.compressed ? "compressed" : "", code.architecture}] += rest;
  }
}

std::vector<piece> attribute(const elf_file &file, const std::vector<factory_in_file> &factories,
                             const std::vector<device_code> &devices) {
  piece_sizes sizes;
  owners whose;
  add_host(file, factories, whose, sizes);
  add_devices(devices, whose, sizes);
  std::vector<piece> pieces;
  for (const auto &[key, bytes] : sizes)
    pieces.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), bytes});
  return pieces;
}

} // namespace tl::tool::image
