// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/demand/rtc_compiler.h"

#include "runtime/demand/library_file.h"
#include "runtime/demand/rtc_code.h"
#include "runtime/support/embedded.h"
#include "runtime/support/log.h"
#include "runtime/support/positioned_io.h"
#include "runtime/support/small_file.h"
#include "runtime/support/split.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace tl::rt::demand {
namespace {

/// So many processes in a row that died in a compilation, and nothing more is compiled.
constexpr unsigned most_unexplained = 3;
constexpr auto poll_interval = std::chrono::milliseconds(2);
/// Statuses of the process, see rtc_process.c.
constexpr std::string_view library_is_no_good = "status 2", file_is_no_good = "status 3";
/// A kept code says who made it, before its kernels' names.
constexpr std::string_view made_by = "by ";

/// Headers of the standard library that NVIDIA's for devices (libcu++, a part of the toolkit) has
/// under the same names: NVRTC has none.
constexpr std::string_view standard_headers[] = {
    "array",      "bit",      "cassert", "cfloat",  "climits",     "cmath",
    "complex",    "concepts", "cstddef", "cstdint", "cstdlib",     "cstring",
    "functional", "limits",   "numbers", "numeric", "optional",    "ratio",
    "span",       "tuple",    "utility", "variant", "type_traits", "initializer_list"};

/// HIPRTC has what kernels use of these in its own headers, which the machine's would define again.
constexpr std::string_view headers_of_hiprtc[] = {"cmath",    "cstddef",  "cstdint",    "math.h",
                                                  "stddef.h", "stdint.h", "type_traits"};

std::string standing_in_for(std::string_view header) {
  constexpr std::string_view theirs = "cuda/std";
  return fmt::format("#pragma once\n#include <{}/{}>\n"
                     "namespace std {{ using namespace ::cuda::std; }}\n",
                     theirs, header);
}

unsigned next_number() {
  static std::atomic<unsigned> next{0};
  return next++;
}

/// The program's text with all that decides what is made of it, but for the kernels.
std::string state_of(const tl_rtc_source &source, const std::string &arch) {
  std::string text =
      fmt::format("rtc 1\n{}\n{}\n{}\n{}\n", arch, source.options, source.name, source.text);
  for (std::uint32_t i = 0; i < 2 * source.header_count; ++i)
    (text += source.headers[i]) += '\0';
  return text;
}

void add_number(std::string &to, std::uint64_t value) {
  to.append(reinterpret_cast<const char *>(&value), sizeof value);
}

void add_text(std::string &to, std::string_view text) {
  add_number(to, text.size());
  to += text;
  to += '\0';
}

/// The first error in what the library or its assembler has said, else the first line.
std::string complaint(const std::string &log) {
  std::string_view first;
  for (const std::string_view line : lines_of(log)) {
    if (line.find("error") != std::string_view::npos || line.starts_with("ptxas"))
      return std::string(line);
    if (first.empty())
      first = line;
  }
  return std::string(first);
}

/// Whether a code object of AMD's has the kernels that it is to have: descriptors of these names.
bool has_kernels(const rtc_code &code) {
  return std::ranges::all_of(code.names, [&](const std::string &name) {
    return code.image.find('\0' + name + std::string(".kd\0", 4)) != std::string::npos;
  });
}

} // namespace

std::string arch_of(std::string_view compute_capability) {
  unsigned major = 0, minor = 0;
  const char *const end = compute_capability.data() + compute_capability.size();
  const auto first = std::from_chars(compute_capability.data(), end, major);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '.' ||
      std::from_chars(first.ptr + 1, end, minor).ec != std::errc{})
    return {};
  constexpr unsigned first_with_own_features = 9;
  return fmt::format("sm_{}{}{}", major, minor, major >= first_with_own_features ? "a" : "");
}

struct rtc_compiler::job {
  std::vector<std::uint32_t> variants;
  const tl_rtc_source *source = nullptr;
  std::string base; ///< path of its files, without their endings
  child process;

  std::string folder() const { return base + ".temporary"; }
  std::string file(std::size_t unit, std::string_view ending) const {
    return fmt::format("{}.{}.{}", base, unit, ending);
  }
  void remove_files() const {
    for (const char *const ending : {".request", ".log"})
      (void)::unlink((base + ending).c_str());
    remove_folder(folder());
    for (std::size_t i = 0; i < variants.size(); ++i)
      for (const char *const ending : {"part", "code", "names", "log"})
        (void)::unlink(file(i, ending).c_str());
  }
};

rtc_compiler::rtc_compiler(const tl_factory &factory, const std::string &cache, std::string arch,
                           rtc_library library, rtc_limits limits)
    : factory_(factory), cache_(cache), arch_(std::move(arch)), library_(std::move(library)),
      limits_([&] {
        if (limits.at_once == 0)
          limits.at_once = usable_cpus();
        if (limits.memory == 0)
          limits.memory = half_of_memory();
        return limits;
      }()) {
  if (::getauxval(AT_SECURE) != 0)
    why_not_ = "the program has the rights of another user (set-uid, set-gid, capabilities)";
  else if (arch_.empty())
    why_not_ = "the device does not say for which architecture to compile";
  else if (library_.path.empty())
    why_not_ = library_.kind == rtc_kind::hiprtc
                   ? fmt::format("there is no libhiprtc.so {}", rtc_library_places(library_.kind))
                   : fmt::format("there is no libnvrtc.so {}", rtc_library_places(library_.kind));
}

rtc_compiler::~rtc_compiler() {
  for (const std::unique_ptr<job> &it : running_) {
    it->process.kill();
    it->remove_files();
  }
  if (program_ >= 0)
    ::close(program_);
}

code_folder &rtc_compiler::folder_of(const tl_rtc_source &source) {
  std::unique_ptr<code_folder> &made = folders_[&source];
  if (!made)
    made = std::make_unique<code_folder>(cache_, state_of(source, arch_));
  return *made;
}

std::string rtc_compiler::why_not_kept() const {
  for (const auto &[source, folder] : folders_)
    if (!folder->why_not_kept().empty())
      return folder->why_not_kept();
  return {};
}

std::string rtc_compiler::name_of(const tl_rtc_variant &of) const {
  std::string text;
  for (std::uint32_t i = 0; i < of.kernel_count; ++i)
    text += fmt::format("{}\n{}\n", of.kernels[i].expression, of.kernels[i].name);
  return hash_of(text) + ".code";
}

double rtc_compiler::limit_s(std::size_t variants) const {
  return limits_.first_s + limits_.each_s * static_cast<double>(variants);
}

std::size_t rtc_compiler::pending() const {
  std::size_t count = 0;
  for (const std::vector<std::uint32_t> &it : waiting_)
    count += it.size();
  for (const std::unique_ptr<job> &it : running_)
    count += it->variants.size();
  return count;
}

void rtc_compiler::finish(std::uint32_t variant, std::string reason, bool unknown) {
  ready_.push_back({variant, std::move(reason), unknown});
}

void rtc_compiler::give_up(std::string why, bool may_pass) {
  why_not_ = std::move(why);
  may_pass_ = may_pass;
  for (const std::vector<std::uint32_t> &it : waiting_)
    for (const std::uint32_t variant : it)
      finish(variant, why_not_, true);
  waiting_.clear();
}

/// Takes the code from its file. What is of no use is removed, and made anew.
bool rtc_compiler::take_kept(std::uint32_t variant, bool of_any_compiler, std::string &why) {
  why.clear();
  const tl_rtc_variant &of = *find_rtc(factory_, variant);
  const std::string &folder = folder_of(*of.source).kept();
  if (folder.empty())
    return false;
  const std::string path = fmt::format("{}/{}", folder, name_of(of));
  if (::access(path.c_str(), F_OK) != 0)
    return false;
  rtc_code code{.arch = arch_, .image = {}, .names = {}};
  if (const status read = read_library(path, code.image, code.names); !read) {
    why = read.text();
    if (read.code() == status_code::corrupt)
      (void)::unlink(path.c_str());
    return false;
  }
  if (code.names.size() != of.kernel_count + 1 || !code.names[0].starts_with(made_by)) {
    why = fmt::format("{} has other kernels", path);
    (void)::unlink(path.c_str());
    return false;
  }
  if (!of_any_compiler && code.names[0].substr(made_by.size()) != library_.identity)
    return false;
  code.names.erase(code.names.begin());
  if (const status kept = keep_rtc_code(factory_, variant, code); !kept) {
    why = kept.text();
    return false;
  }
  // What was used last is removed last.
  (void)::utimensat(AT_FDCWD, path.c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
  return true;
}

void rtc_compiler::add(std::span<const std::uint32_t> variants) {
  std::map<const tl_rtc_source *, std::vector<std::uint32_t>> fresh;
  for (const std::uint32_t it : variants) {
    std::string why;
    const tl_rtc_variant *const of = find_rtc(factory_, it);
    if (!of || has_rtc_code(factory_, it, arch_) || take_kept(it, !why_not_.empty(), why))
      finish(it, {});
    else if (!why_not_.empty())
      finish(it, why_not_, true);
    else
      fresh[of->source].push_back(it);
    if (!why.empty())
      log_info(fmt::format("kept device code of {} is not used: {}", factory_.name, why));
  }
  for (const auto &[source, all] : fresh) {
    // Spread over the processes that may run at once.
    const std::size_t share = (all.size() + limits_.at_once - 1) / limits_.at_once;
    const std::size_t size = std::clamp<std::size_t>(share, 1, limits_.per_job);
    for (std::size_t at = 0; at < all.size(); at += size)
      waiting_.emplace_back(all.begin() + static_cast<std::ptrdiff_t>(at),
                            all.begin() +
                                static_cast<std::ptrdiff_t>(std::min(at + size, all.size())));
  }
  poll();
}

status rtc_compiler::write_request(const job &it) const {
  const tl_rtc_source &source = *it.source;
  std::vector<std::string> options{"--gpu-architecture=" + arch_};
  for (const std::string_view line : lines_of(source.options))
    options.emplace_back(line);
  for (const std::string &folder : library_.includes)
    options.push_back("--include-path=" + folder);
  std::map<std::string, std::string> headers;
  for (std::uint32_t i = 0; i < source.header_count; ++i)
    headers.emplace(source.headers[2 * i], source.headers[2 * i + 1]);
  std::string begin;
  if (library_.kind == rtc_kind::hiprtc) {
    for (const std::string_view header : headers_of_hiprtc)
      headers.emplace(header, "#pragma once\n");
    // It forgets the name.
    begin = fmt::format("#line 1 \"{}\"\n", source.name);
  } else {
    for (const std::string_view header : standard_headers)
      headers.emplace(header, standing_in_for(header));
  }
  std::string text;
  for (const std::size_t count : {headers.size(), options.size(), it.variants.size()})
    add_number(text, count);
  add_text(text, source.name);
  add_text(text, begin + source.text);
  for (const auto &[header, content] : headers) {
    add_text(text, header);
    add_text(text, content);
  }
  for (const std::string &option : options)
    add_text(text, option);
  for (const std::uint32_t variant : it.variants) {
    const tl_rtc_variant &of = *find_rtc(factory_, variant);
    std::vector<std::string_view> expressions;
    for (std::uint32_t i = 0; i < of.kernel_count; ++i)
      if (of.kernels[i].expression[0] != '\0')
        expressions.emplace_back(of.kernels[i].expression);
    add_number(text, expressions.size());
    for (const std::string_view expression : expressions)
      add_text(text, expression);
  }
  const std::string path = it.base + ".request";
  if (!write_own_file(path, text))
    return errno == ENOSPC || errno == EDQUOT
               ? status::full(fmt::format("{}: {}", path, error_text(errno)))
               : status::io_error(fmt::format("{}: {}", path, error_text(errno)));
  return {};
}

void rtc_compiler::start(job &it) {
  std::string error;
  if (program_ < 0) {
    program_ = ::memfd_create("tl-rtc", MFD_CLOEXEC);
    if (program_ < 0 || !write_at(program_, 0, embedded_rtc_process, embedded_rtc_process_size))
      error = fmt::format("no memory for the compiling process: {}", error_text(errno));
  }
  if (error.empty())
    if (const status written = write_request(it); !written)
      error = written.text();
  child_limits limits;
  limits.seconds = limit_s(it.variants.size());
  limits.memory = limits_.memory;
  if (error.empty() &&
      it.process.start({"rtc_process", library_.kind == rtc_kind::hiprtc ? "hiprtc" : "nvrtc",
                        library_.path, it.base + ".request", it.base},
                       "/", it.base + ".log", limits, error, program_))
    return;
  for (const std::uint32_t variant : it.variants)
    finish(variant, error, true);
  give_up(error, true);
}

/// Keeps the code of one variant of a job: in its file, and for trials.
status rtc_compiler::keep(const job &it, std::size_t unit) {
  const std::uint32_t variant = it.variants[unit];
  const tl_rtc_variant &of = *find_rtc(factory_, variant);
  const std::string path = it.file(unit, "code");
  rtc_code code{.arch = arch_, .image = read_small_file(path), .names = {}};
  const std::string names = read_small_file(it.file(unit, "names"));
  const std::vector<std::string_view> lowered = lines_of(names);
  std::size_t next = 0;
  for (std::uint32_t i = 0; i < of.kernel_count; ++i) {
    if (of.kernels[i].expression[0] == '\0' || library_.kind == rtc_kind::hiprtc)
      code.names.emplace_back(of.kernels[i].name);
    else if (next < lowered.size())
      code.names.emplace_back(lowered[next++]);
  }
  if (code.image.empty() || code.names.size() != of.kernel_count ||
      (library_.kind == rtc_kind::hiprtc && !has_kernels(code)))
    return status::corrupt("the compiler has left other kernels than it was asked for");
  if (status kept = keep_rtc_code(factory_, variant, code); !kept)
    return kept;
  std::vector<std::string> sealed{std::string(made_by) + library_.identity};
  sealed.insert(sealed.end(), code.names.begin(), code.names.end());
  const std::string &folder = folder_of(*of.source).kept();
  if (folder.empty())
    return {};
  status done = seal_library(path, sealed);
  if (done && ::rename(path.c_str(), fmt::format("{}/{}", folder, name_of(of)).c_str()) != 0)
    done = status::io_error(fmt::format("{}: {}", path, error_text(errno)));
  // It is there for this process.
  if (!done)
    warn_once(done.text(),
              fmt::format("device code of {} is not kept: {}", factory_.name, done.text()));
  return {};
}

/// Whether a unit was dealt with: it has code now, or the compiler's word that it has none.
bool rtc_compiler::take_unit(const job &it, std::size_t unit) {
  const std::uint32_t variant = it.variants[unit];
  if (::access(it.file(unit, "code").c_str(), R_OK) == 0) {
    const status kept = keep(it, unit);
    // Which kernels it has is its own affair; that there is no room for them is not.
    finish(variant, kept ? "" : "compiled, but not used: " + kept.text(),
           !kept && kept.code() != status_code::corrupt);
    return true;
  }
  const std::string log = read_small_file(it.file(unit, "log"));
  if (log.empty())
    return false;
  log_debug(fmt::format("{}: {} said of {}: {}", factory_.name, library_name(library_.kind),
                        factory_.configs[variant], log));
  finish(variant, "did not compile: " + complaint(log));
  return true;
}

/// What happened to a process that did not come to its end.
std::string rtc_compiler::explain(const job &it, const child_end &end) const {
  if (end.late)
    return fmt::format("compiling it took more than {:.0f} s", limit_s(it.variants.size()));
  std::string said = complaint(read_small_file(it.base + ".log"));
  if (!said.empty())
    return said;
  return fmt::format("the process that compiles it ended with {}",
                     end.text.empty() ? "an unknown status" : end.text);
}

void rtc_compiler::ended(job &it, const child_end &end) {
  std::size_t unit = 0;
  while (unit < it.variants.size() && take_unit(it, unit))
    ++unit;
  if (unit > 0)
    unexplained_ = 0;
  if (unit == it.variants.size())
    return;
  // It ended with the first one of which nothing is left.
  std::vector<std::uint32_t> left(it.variants.begin() + static_cast<std::ptrdiff_t>(unit),
                                  it.variants.end());
  const std::string why = explain(it, end);
  const bool killed = !end.late && end.text == "signal 9";
  const bool no_room = end.text == file_is_no_good;
  if (killed || no_room || end.text == library_is_no_good) {
    for (const std::uint32_t variant : left)
      finish(variant, why, true);
    return give_up(why, killed || no_room);
  }
  finish(left.front(), why);
  left.erase(left.begin());
  if (!left.empty())
    waiting_.push_front(std::move(left));
  if (++unexplained_ >= most_unexplained)
    give_up(why);
}

void rtc_compiler::poll() {
  for (std::size_t i = 0; i < running_.size();) {
    job &it = *running_[i];
    child_end end;
    if (!it.process.poll(end)) {
      ++i;
      continue;
    }
    ended(it, end);
    it.remove_files();
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  while (!waiting_.empty() && running_.size() < limits_.at_once) {
    auto made = std::make_unique<job>();
    made->variants = std::move(waiting_.front());
    waiting_.pop_front();
    made->source = find_rtc(factory_, made->variants.front())->source;
    std::string directory;
    if (const status placed = folder_of(*made->source).place(directory); !placed) {
      for (const std::uint32_t variant : made->variants)
        finish(variant, placed.text(), true);
      return give_up(placed.text());
    }
    made->base = fmt::format("{}/{}-{}", directory, ::getpid(), next_number());
    start(*made);
    if (made->process.running())
      running_.push_back(std::move(made));
    else
      made->remove_files();
  }
}

void rtc_compiler::wait(double seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  const std::size_t before = ready_.size();
  poll();
  while (ready_.size() == before && pending() > 0 && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(poll_interval);
    poll();
  }
}

std::vector<compiled_variant> rtc_compiler::take() {
  poll();
  return std::exchange(ready_, {});
}

compiled_variant rtc_compiler::get(std::uint32_t variant, bool may_compile, double seconds) {
  compiled_variant made{.variant = variant};
  if (has_rtc_code(factory_, variant, arch_) || take_kept(variant, !may_compile, made.reason))
    return made;
  if (!may_compile) {
    if (made.reason.empty())
      made.reason = why_not_.empty() ? "nothing is compiled in this call" : why_not_;
    return made;
  }
  add({&variant, 1});
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (pending() > 0 && std::chrono::steady_clock::now() < end)
    wait(std::chrono::duration<double>(end - std::chrono::steady_clock::now()).count());
  for (compiled_variant &it : take())
    if (it.variant == variant)
      return std::move(it);
  made.reason = fmt::format("it was not compiled within {:.0f} s", seconds);
  return made;
}

} // namespace tl::rt::demand
