// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "doctor/generated.h"

#include <tl/abi.h>

#include <algorithm>
#include <charconv>

namespace tl::tool {

/// The parts of "a, b{c, d}, e" between its own commas.
static std::vector<std::string_view> parts_of(std::string_view list) {
  std::vector<std::string_view> parts;
  int depth = 0;
  bool text = false;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const char c = list[i];
    if (c == '"' && (i == 0 || list[i - 1] != '\\'))
      text = !text;
    if (text)
      continue;
    depth += c == '{' || c == '(' || c == '<';
    depth -= c == '}' || c == ')' || c == '>';
    if (c == ',' && depth == 0) {
      parts.push_back(list.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  parts.push_back(list.substr(begin));
  for (std::string_view &part : parts)
    part.remove_prefix(std::min(part.find_first_not_of(' '), part.size()));
  return parts;
}

static std::uint32_t number(std::string_view text) {
  std::uint32_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// "inside" of " {inside}".
static std::string_view inside(std::string_view braced) {
  const std::size_t begin = braced.find('{'), end = braced.rfind('}');
  return begin == braced.npos || end == braced.npos || end < begin
             ? std::string_view()
             : braced.substr(begin + 1, end - begin - 1);
}

/// describe_parameter<TYPE>("NAME"), with its members around it where they are known.
static void read_class(std::string_view row, generated_factory &to) {
  constexpr std::string_view begin = "describe_parameter<", end = ">(\"";
  const std::size_t type = row.find(begin), name = row.find(end, type);
  if (type == row.npos || name == row.npos)
    return;
  const std::size_t from = type + begin.size(), text = name + end.size();
  to.parameters.push_back({std::string(row.substr(text, row.find('"', text) - text)),
                           TL_PARAMETER_OPAQUE, TL_ACCESS_UNKNOWN,
                           std::string(row.substr(from, name - from)),
                           row.find("with_parts(") < type});
}

/// What ".FIELD = " is followed by in a row; "" where the field is left out: it is zero.
static std::string_view field(const std::vector<std::string_view> &row, std::string_view name) {
  for (const std::string_view part : row)
    if (part.starts_with('.') && part.substr(1).starts_with(name) &&
        part.substr(1 + name.size()).starts_with(" = "))
      return part.substr(name.size() + 4);
  return {};
}

static std::uint32_t kind_of(std::string_view name) {
  return name == "TL_PARAMETER_POINTER"      ? TL_PARAMETER_POINTER
         : name == "TL_PARAMETER_VIEW"       ? TL_PARAMETER_VIEW
         : name == "TL_PARAMETER_STREAM"     ? TL_PARAMETER_STREAM
         : name == "TL_PARAMETER_REFERENCE"  ? TL_PARAMETER_REFERENCE
         : name == "TL_PARAMETER_OPAQUE"     ? TL_PARAMETER_OPAQUE
         : name == "TL_PARAMETER_UNCOPYABLE" ? TL_PARAMETER_UNCOPYABLE
                                             : TL_PARAMETER_VALUE;
}

static std::uint32_t access_of(std::string_view name) {
  return name == "TL_ACCESS_IN"        ? TL_ACCESS_IN
         : name == "TL_ACCESS_OUT"     ? TL_ACCESS_OUT
         : name == "TL_ACCESS_INOUT"   ? TL_ACCESS_INOUT
         : name == "TL_ACCESS_SCRATCH" ? TL_ACCESS_SCRATCH
                                       : TL_ACCESS_UNKNOWN;
}

/// A row of tl_parameter, by the names of its fields.
static void read_parameter(std::string_view row, generated_factory &to) {
  if (!row.starts_with('{'))
    return read_class(row, to);
  const std::vector<std::string_view> fields = parts_of(inside(row));
  std::string_view name = field(fields, "name");
  if (name.size() >= 2)
    name = name.substr(1, name.size() - 2);
  to.parameters.push_back({std::string(name),
                           kind_of(field(fields, "kind")),
                           access_of(field(fields, "access")),
                           {},
                           true});
}

std::vector<generated_factory> read_generated(std::string_view dump) {
  constexpr std::string_view head = "// factory ", table = "parameter parameters[";
  std::vector<generated_factory> all;
  while (!dump.empty()) {
    const std::size_t end = std::min(dump.find('\n'), dump.size());
    const std::string_view line = dump.substr(0, end);
    dump.remove_prefix(std::min(end + 1, dump.size()));
    // "// factory NAME: N variants, default 'CONFIG'": the name may hold colons.
    if (const std::size_t colon = line.rfind(": ", line.find(" variants, default '"));
        line.starts_with(head) && colon != line.npos) {
      const std::size_t config = line.find('\'') + 1;
      all.push_back({std::string(line.substr(head.size(), colon - head.size())),
                     std::string(line.substr(config, line.rfind('\'') - config)),
                     number(line.substr(colon + 2)),
                     {},
                     true});
    } else if (line.find(table) != line.npos && !all.empty()) {
      // A row a line; the last one ends with the table.
      for (bool last = false; !last && !dump.empty();) {
        const std::size_t stop = std::min(dump.find('\n'), dump.size());
        std::string_view row = dump.substr(0, stop);
        dump.remove_prefix(std::min(stop + 1, dump.size()));
        last = row.ends_with("};");
        row.remove_suffix(last ? 2 : row.ends_with(',') ? 1 : 0);
        row.remove_prefix(std::min(row.find_first_not_of(' '), row.size()));
        read_parameter(row, all.back());
      }
    } else if (line.find("tl_factory factory = ") != line.npos && !all.empty()) {
      all.back().copyable =
          line.find("invoke_variant<") != line.npos || line.find("invoke_launch<") != line.npos;
    }
  }
  return all;
}

} // namespace tl::tool
