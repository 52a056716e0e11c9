// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/store/trial_notes.h"

#include "runtime/support/descriptor.h"
#include "runtime/support/fnv.h"
#include "runtime/support/safe_file.h"
#include "runtime/support/signal_guard.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tl::rt::store {

/// Behind the database's own name, as SQLite names its journal.
static constexpr std::string_view ending = "-trials-";
static constexpr std::size_t uid_digits = 32;
/// What is longer than that belongs into the database.
static constexpr off_t most_bytes = off_t{16} << 20;

namespace {
enum class note : unsigned char { owner = 1, started = 2, ended = 3 };

/// One note: the size of what follows, its hash, a kind, and fields; numbers little-endian, a text
/// behind its length.
class note_writer {
public:
  explicit note_writer(note kind) { number(static_cast<std::uint64_t>(kind), 1); }

  note_writer &number(std::uint64_t value, int bytes = 8) {
    for (int i = 0; i < bytes; ++i)
      content_ += static_cast<char>(value >> (8 * i));
    return *this;
  }
  note_writer &real(double value) { return number(std::bit_cast<std::uint64_t>(value)); }
  note_writer &text(std::string_view value) {
    number(value.size());
    content_ += value;
    return *this;
  }
  std::string done() const {
    std::string whole;
    for (const std::uint64_t value : {std::uint64_t{content_.size()}, fnv(content_)})
      for (int i = 0; i < 8; ++i)
        whole += static_cast<char>(value >> (8 * i));
    return whole + content_;
  }

private:
  std::string content_;
};

/// Takes fields off a text; after one that is not there, all are 0 and "".
class note_reader {
public:
  explicit note_reader(std::string_view text) : left_(text) {}

  std::uint64_t number(std::size_t bytes = 8) {
    const std::string_view digits = take(bytes);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < digits.size(); ++i)
      value |= std::uint64_t{static_cast<unsigned char>(digits[i])} << (8 * i);
    return value;
  }
  double real() { return std::bit_cast<double>(number()); }
  std::string_view text() { return take(number()); }
  std::string_view take(std::uint64_t bytes) {
    if (bytes > left_.size()) {
      sound_ = false;
      left_ = {};
      return {};
    }
    const std::string_view taken = left_.substr(0, bytes);
    left_.remove_prefix(bytes);
    return taken;
  }
  bool sound() const { return sound_; }
  bool at_end() const { return left_.empty(); }

private:
  std::string_view left_;
  bool sound_ = true;
};
} // namespace

static std::string note_of(const trial &t) {
  note_writer w(note::ended);
  w.text(t.config).number(static_cast<std::uint64_t>(t.status)).text(t.reason);
  w.real(t.median_ns).real(t.mean_ns).real(t.spread_ns).real(t.clock).text(t.resources);
  w.number(static_cast<std::uint64_t>(t.started)).number(static_cast<std::uint64_t>(t.ended));
  w.number(t.samples_ns.size());
  for (const double sample : t.samples_ns)
    w.real(sample);
  return w.done();
}

static trial read_trial(note_reader &r) {
  trial t;
  t.config = r.text();
  t.status = static_cast<trial_status>(r.number());
  t.reason = r.text();
  for (double *const value : {&t.median_ns, &t.mean_ns, &t.spread_ns, &t.clock})
    *value = r.real();
  t.resources = r.text();
  t.started = static_cast<std::int64_t>(r.number());
  t.ended = static_cast<std::int64_t>(r.number());
  const std::uint64_t samples = r.number();
  for (std::uint64_t i = 0; i < samples && r.sound(); ++i)
    t.samples_ns.push_back(r.real());
  return t;
}

static bool is_uid(std::string_view text) {
  return text.size() == uid_digits && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string notes_path(const std::string &database, std::string_view uid) {
  if (database.empty() || !is_uid(uid)) // it may come from a file that anybody has made
    return {};
  return database + std::string(ending) + std::string(uid);
}

static bool write_at_once(int fd, const std::string &bytes) {
  const write_signal_guard no_signals; // a limit on file sizes is to be an error, not the end
  ssize_t written = -1;
  do
    written = ::write(fd, bytes.data(), bytes.size());
  while (written < 0 && errno == EINTR);
  return written == static_cast<ssize_t>(bytes.size());
}

bool begin_notes(const std::string &path, std::string_view owner) {
  if (path.empty())
    return false;
  // Whoever is killed in here leaves no notes that do not say whose they are.
  const std::string unfinished = path + "-new";
  ::unlink(unfinished.c_str());
  const descriptor file(create_file(unfinished.c_str(), O_WRONLY));
  return file.get() >= 0 &&
         write_at_once(file.get(), note_writer(note::owner).text(owner).done()) &&
         ::rename(unfinished.c_str(), path.c_str()) == 0;
}

bool append_notes(const std::string &path, std::span<const trial> ended, std::string_view next) {
  std::string bytes;
  for (const trial &t : ended)
    bytes += note_of(t);
  if (!next.empty())
    bytes += note_writer(note::started).text(next).done();
  const descriptor file(open_safely(path.c_str(), O_WRONLY | O_APPEND, file_sort::regular));
  struct stat about{};
  return file.get() >= 0 && ::fstat(file.get(), &about) == 0 &&
         about.st_size + static_cast<off_t>(bytes.size()) <= most_bytes &&
         write_at_once(file.get(), bytes);
}

/// All of a file that may be trusted.
static std::optional<std::string> content_of(const std::string &path, std::int64_t &touched) {
  const descriptor file(open_safely(path.c_str(), O_RDONLY, file_sort::regular));
  struct stat about{}, directory{};
  if (file.get() < 0 || ::fstat(file.get(), &about) != 0 ||
      !stat_directory_of(path.c_str(), directory) || !may_trust(about, directory))
    return {};
  touched = std::int64_t{about.st_mtim.tv_sec} * 1000 + about.st_mtim.tv_nsec / 1'000'000;
  std::string text(static_cast<std::size_t>(std::min(about.st_size, most_bytes)), '\0');
  std::size_t have = 0;
  while (have < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + have, text.size() - have);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      break;
    have += static_cast<std::size_t>(got);
  }
  text.resize(have);
  return text;
}

std::optional<trial_notes> read_notes(const std::string &path) {
  trial_notes found;
  const std::optional<std::string> text = content_of(path, found.touched);
  if (!text)
    return {};
  note_reader file(*text);
  while (!file.at_end()) {
    const std::uint64_t size = file.number(), hash = file.number();
    const std::string_view content = file.take(size);
    if (!file.sound() || fnv(content) != hash)
      break; // a note that was cut short
    note_reader fields(content);
    const auto kind = static_cast<note>(fields.number(1));
    if (kind == note::owner)
      found.owner = fields.text();
    else if (kind == note::started)
      found.started.emplace(fields.text());
    else if (kind == note::ended)
      found.ended.push_back(read_trial(fields));
    if (!fields.sound() || !fields.at_end())
      return {}; // of some other version
  }
  if (found.owner.empty())
    return {};
  return found;
}

std::vector<std::pair<std::string, std::string>> find_notes(const std::string &database) {
  const std::size_t slash = database.rfind('/');
  const std::string directory =
      slash == std::string::npos ? "." : database.substr(0, std::max<std::size_t>(slash, 1));
  const std::string prefix =
      database.substr(slash == std::string::npos ? 0 : slash + 1) + std::string(ending);
  std::vector<std::pair<std::string, std::string>> found;
  DIR *const open = ::opendir(directory.c_str());
  if (!open)
    return found;
  while (const dirent *const entry = ::readdir(open)) {
    const std::string_view name = entry->d_name;
    if (name.starts_with(prefix) && is_uid(name.substr(prefix.size())))
      found.emplace_back(name.substr(prefix.size()),
                         notes_path(database, name.substr(prefix.size())));
  }
  ::closedir(open);
  return found;
}

} // namespace tl::rt::store
