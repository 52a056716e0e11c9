// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/tuner/progress.h"

#include <fmt/format.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace tl::rt {

static constexpr std::chrono::milliseconds redraw_every{100};

bool shows_progress(progress_mode wanted) {
  switch (wanted) {
  case progress_mode::on:
    return true;
  case progress_mode::off:
    return false;
  case progress_mode::automatic:
    break;
  }
  return isatty(STDERR_FILENO) == 1;
}

static std::size_t columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

static void write_stderr(const std::string &text) {
  // A progress line that cannot be written is no reason to do anything.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
}

progress_line::progress_line(progress_mode wanted, std::string_view name, std::string_view problem)
    : enabled_(shows_progress(wanted)), head_(fmt::format("tl: {}({})", name, problem)),
      begin_(std::chrono::steady_clock::now()), last_(begin_ - redraw_every) {}

progress_line::~progress_line() {
  if (drawn_)
    write_stderr("\r\x1b[K");
}

bool progress_line::due() {
  if (!enabled_)
    return false;
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < redraw_every)
    return false;
  last_ = now;
  return true;
}

void progress_line::draw(const std::string &text) {
  std::string line = head_ + text;
  line.resize(std::min(line.size(), columns() - 1));
  write_stderr("\r" + line + "\x1b[K");
  drawn_ = true;
}

void progress_line::probing(std::uint32_t done, std::uint32_t total, double best_ns,
                            std::uint32_t failed) {
  if (!due())
    return;
  std::string text = fmt::format(" trying {}/{}", done, total);
  if (failed)
    text += fmt::format(", {} rejected", failed);
  if (best_ns > 0)
    text += ", best " + format_ns(best_ns);
  if (done > 0) {
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
    text += fmt::format(", about {:.0f} s left", seconds / done * (total - done));
  }
  draw(text);
}

void progress_line::racing(std::uint32_t survivors, double best_ns, double confidence,
                           double most_s) {
  if (due())
    draw(fmt::format(" racing {} variants, best {}, {:.0f} % sure, at most {:.0f} s left",
                     survivors, format_ns(best_ns), std::floor(100 * confidence),
                     std::ceil(most_s)));
}

std::string format_ns(double ns) {
  constexpr const char *units[] = {"ns", "us", "ms", "s"};
  std::size_t unit = 0;
  while (ns >= 999.5 && unit + 1 < std::size(units)) {
    ns /= 1000;
    ++unit;
  }
  const int decimals = ns < 9.995 ? 2 : ns < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f} {}", ns, decimals, units[unit]);
}

} // namespace tl::rt
