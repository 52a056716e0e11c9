// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "output.h"
#include "format.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include <sys/ioctl.h>
#include <unistd.h>

namespace tl::tool {

static bool is_set(const char *name) {
  const char *value = std::getenv(name);
  return value && *value;
}

output output::standard(color_mode mode) {
  output result;
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  const char *term = std::getenv("TERM");
  const bool dumb = !term || !*term || std::string_view(term) == "dumb";
  result.color = mode == color_mode::always ||
                 (mode == color_mode::automatic && terminal && !dumb && !is_set("NO_COLOR"));
  if (const char *columns = std::getenv("COLUMNS"); columns && terminal)
    result.width = std::max(0, std::atoi(columns));
  winsize size{};
  if (result.width == 0 && terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
    result.width = size.ws_col;
  return result;
}

std::string output::paint(style s, std::string_view text) const {
  if (!color || s == style::plain || text.empty())
    return harmless(text);
  static constexpr const char *codes[] = {"", "1", "2", "32", "33", "31"};
  return "\033[" + std::string(codes[static_cast<int>(s)]) + "m" + harmless(text) + "\033[0m";
}

table::cell::cell(std::string_view t, style s) : text(harmless(t)), look(s) {}

int display_width(std::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string wrap(std::string_view text, int indent, int width) {
  constexpr int least = 20; // [columns]: narrower paragraphs are harder to read than long lines
  if (width - indent < least)
    return std::string(text);
  std::string result;
  int column = indent;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const int length = display_width(word);
    if (column > indent && column + 1 + length > width) {
      result += "\n" + std::string(static_cast<std::size_t>(indent), ' ');
      column = indent;
    } else if (!result.empty()) {
      result += ' ';
      ++column;
    }
    result += word;
    column += length;
  }
  return result;
}

std::vector<std::string> break_lines(std::string_view text, int width) {
  std::vector<std::string> lines(1);
  int column = 0; // of the last line; counting it again for each character takes for ever
  const auto next_line = [&] {
    lines.emplace_back();
    column = 0;
  };
  while (!text.empty()) {
    const std::size_t separator = text.find_first_of(", ");
    std::string_view piece = text.substr(0, separator == text.npos ? separator : separator + 1);
    text.remove_prefix(piece.size());
    if (column > 0 && column + display_width(piece) > width)
      next_line();
    for (const char c : piece) { // of a piece that is wider than a line
      const bool begins = (c & 0xc0) != 0x80;
      if (begins && column == width)
        next_line();
      lines.back() += c;
      column += begins;
    }
  }
  return lines;
}

std::vector<int> table::widths(const output &out) const {
  static constexpr int narrowest = 16; // [columns] of a column that is broken
  std::vector<int> result;
  int total = -2;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    int width = display_width(columns_[i].title);
    for (const auto &row : rows_)
      width = std::max(width, display_width(row[i].text));
    result.push_back(width);
    total += width + 2;
  }
  while (out.width > 0 && total > out.width) {
    int widest = -1;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i].flexible && result[i] > narrowest &&
          (widest < 0 || result[i] > result[static_cast<std::size_t>(widest)]))
        widest = static_cast<int>(i);
    if (widest < 0)
      break;
    --result[static_cast<std::size_t>(widest)];
    --total;
  }
  return result;
}

std::string table::paragraphs(const output &out) const {
  int titles = 0;
  for (const column &c : columns_)
    titles = std::max(titles, display_width(c.title));
  std::string text;
  for (const auto &row : rows_) {
    text += text.empty() ? "" : "\n";
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (row[i].text.empty())
        continue;
      const std::string padding(
          static_cast<std::size_t>(titles + 2 - display_width(columns_[i].title)), ' ');
      text += out.paint(style::strong, columns_[i].title) + padding +
              out.paint(row[i].look, row[i].text) + "\n";
    }
  }
  return text;
}

static int total_width(const std::vector<int> &widths) {
  return std::accumulate(widths.begin(), widths.end(), 2 * static_cast<int>(widths.size()) - 2);
}

bool table::fits(const output &out) const {
  return out.width <= 0 || total_width(widths(out)) <= out.width;
}

std::string table::render(const output &out) const {
  const std::vector<int> width = widths(out);
  if (out.width > 0 && total_width(width) > out.width)
    return paragraphs(out);
  std::string text;
  const auto add_row = [&](const std::vector<cell> &row) {
    std::vector<std::vector<std::string>> cells;
    std::size_t height = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      cells.push_back(break_lines(row[i].text, width[i]));
      height = std::max(height, cells.back().size());
    }
    for (std::size_t line = 0; line < height; ++line) {
      std::string joined;
      for (std::size_t i = 0; i < row.size(); ++i) {
        const std::string shown = line < cells[i].size() ? cells[i][line] : std::string();
        const std::string padding(static_cast<std::size_t>(width[i] - display_width(shown)), ' ');
        joined += i == 0 ? "" : "  ";
        joined += columns_[i].right ? padding : "";
        joined += out.paint(row[i].look, shown);
        joined += columns_[i].right ? "" : padding;
      }
      while (!joined.empty() && joined.back() == ' ')
        joined.pop_back();
      text += joined + "\n";
    }
  };
  std::vector<cell> titles;
  for (const column &c : columns_)
    titles.emplace_back(c.title, style::strong);
  add_row(titles);
  for (const auto &row : rows_)
    add_row(row);
  return text;
}

} // namespace tl::tool
