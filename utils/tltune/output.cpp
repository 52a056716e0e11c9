// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "output.h"

#include <algorithm>
#include <cstdlib>

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
    return std::string(text);
  static constexpr const char *codes[] = {"", "1", "2", "32", "33", "31"};
  return "\033[" + std::string(codes[static_cast<int>(s)]) + "m" + std::string(text) + "\033[0m";
}

int display_width(std::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

/// The first `width` columns, the last of them "…" when something is left out.
static std::string shorten(const std::string &text, int width) {
  if (display_width(text) <= width)
    return text;
  std::string result;
  int used = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts = (text[i] & 0xc0) != 0x80;
    if (starts && used + 1 >= width)
      break;
    used += starts;
    result += text[i];
  }
  return result + "…";
}

std::vector<int> table::widths(const output &out) const {
  static constexpr int narrowest = 12; // [columns] of a shortened column
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

std::string table::render(const output &out) const {
  const std::vector<int> width = widths(out);
  std::string text;
  const auto line = [&](const std::vector<cell> &row) {
    std::string joined;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string shown = shorten(row[i].text, width[i]);
      const std::string padding(static_cast<std::size_t>(width[i] - display_width(shown)), ' ');
      const bool last = i + 1 == row.size();
      if (columns_[i].right)
        joined += padding;
      joined += out.paint(row[i].look, shown);
      if (!columns_[i].right && !last)
        joined += padding;
      if (!last)
        joined += "  ";
    }
    while (!joined.empty() && joined.back() == ' ')
      joined.pop_back();
    text += joined + "\n";
  };
  std::vector<cell> titles;
  for (const column &c : columns_)
    titles.emplace_back(c.title, style::strong);
  line(titles);
  for (const auto &row : rows_)
    line(row);
  return text;
}

} // namespace tl::tool
