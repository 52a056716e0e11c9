// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where text goes: standard output, with colour and a width when it is a terminal, plain otherwise.

#ifndef TL_TOOL_OUTPUT_H
#define TL_TOOL_OUTPUT_H

#include <string>
#include <string_view>
#include <vector>

namespace tl::tool {

enum class style : unsigned char { plain, strong, dim, good, warning, bad };

enum class color_mode : unsigned char { automatic, always, never };

/// How standard output is to be written.
struct output {
  bool color = false;
  int width = 0; ///< [columns]; 0: no limit

  /// Asks the terminal. NO_COLOR (set and not empty) and TERM=dumb switch colour off unless
  /// `mode` is always; COLUMNS replaces the terminal's own width.
  static output standard(color_mode mode);

  /// The text, harmless (format.h), in a style where there is colour.
  std::string paint(style s, std::string_view text) const;
};

/// Columns of a text as a terminal shows it (UTF-8, one column per code point).
int display_width(std::string_view text);

/// The text with its lines broken at spaces so that, all but the first indented by `indent`
/// columns, they fit `width` columns; as it is where width is 0 or leaves no room.
std::string wrap(std::string_view text, int indent, int width);

/// The text in lines of at most `width` columns, broken after commas and spaces where that is
/// possible.
std::vector<std::string> break_lines(std::string_view text, int width);

/// A table whose columns are as wide as their widest cell. In an output with a width limit the
/// columns marked flexible are broken into several lines until a row fits, and where even that does
/// not do, each row becomes a paragraph of "title value" lines. Nothing is ever left out.
class table {
public:
  struct column {
    std::string title;
    bool right = false;    ///< aligned to the right: numbers
    bool flexible = false; ///< may be broken, after a comma or a space
  };
  struct cell {
    std::string text;
    style look = style::plain;
    cell(std::string_view t, style s = style::plain);
    cell(const std::string &t, style s = style::plain) : cell(std::string_view(t), s) {}
    cell(const char *t, style s = style::plain) : cell(std::string_view(t), s) {}
  };

  explicit table(std::vector<column> columns) : columns_(std::move(columns)) {}
  void add(std::vector<cell> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  std::string render(const output &out) const;
  /// Whether rows are lines there, and no paragraphs.
  bool fits(const output &out) const;

private:
  std::vector<int> widths(const output &out) const;
  std::string paragraphs(const output &out) const;

  std::vector<column> columns_;
  std::vector<std::vector<cell>> rows_;
};

} // namespace tl::tool

#endif
