// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/demand/batches.h"

#include "runtime/demand/commands.h"
#include "runtime/demand/library_file.h"
#include "runtime/demand/preamble.h"
#include "runtime/factory/grown.h"
#include "runtime/support/fnv.h"
#include "runtime/support/log.h"
#include "runtime/support/small_file.h"
#include "runtime/support/split.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <map>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace tl::rt::demand {

/// So many failures in a row, of which the compiler did not say that they are a variant's, and
/// nothing more is compiled.
static constexpr unsigned most_unexplained = 3;
static constexpr auto poll_interval = std::chrono::milliseconds(2);

/// Two threads of a process may compile the same factory's variants.
static unsigned next_number() {
  static std::atomic<unsigned> next{0};
  return next++;
}

struct batch_compiler::job {
  std::vector<std::uint64_t> combinations;
  bool doubtful = false; ///< failed with the precompiled preamble, and is tried without it
  bool linking = false;
  bool with_preamble = false;
  double compiled_s = 0;
  std::string base; ///< path of its files, without their endings
  child process;
};

batch_compiler::batch_compiler(const tl_factory &factory, const std::string &cache,
                               compile_limits limits)
    : factory_(factory), cache_(cache), limits_([&] {
        if (limits.at_once == 0)
          limits.at_once = usable_cpus();
        if (limits.memory == 0)
          limits.memory = half_of_memory();
        return limits;
      }()),
      space_(factory), libraries_(factory, cache) {
  if (::getauxval(AT_SECURE) != 0)
    why_not_ = "the program has the rights of another user (set-uid, set-gid, capabilities)";
  else if (const status read = read_record(factory.on_demand->record, record_); !read)
    why_not_ = read.text();
  else
    why_not_ = why_no_compiler(record_);
  if (!why_not_.empty() || !record_.has_device_code() ||
      libraries_.shares_device_runtime(record_.is_hip))
    return;
  if (record_.is_hip) {
    why_not_ = "the program is not linked with a shared HIP runtime (-lamdhip64)";
    return;
  }
  cudart_ = find_cudart(record_);
  if (cudart_.empty())
    why_not_ = fmt::format("the program is not linked with a shared CUDA runtime (-lcudart), and "
                           "there is no libcudart.so beside {}",
                           record_.toolkit);
}

batch_compiler::~batch_compiler() {
  if (preamble_process_.running()) {
    preamble_process_.kill();
    for (const char *const ending : {".pch.part", ".log"})
      (void)::unlink((preamble_base_ + ending).c_str());
  }
  for (const std::unique_ptr<job> &it : running_) {
    it->process.kill();
    remove_files(*it);
  }
}

std::size_t batch_compiler::pending() const {
  std::size_t count = 0;
  for (const batch &it : waiting_)
    count += it.combinations.size();
  for (const std::unique_ptr<job> &it : running_)
    count += it->combinations.size();
  return count;
}

void batch_compiler::finish(std::uint64_t combination, std::string reason, bool unknown) {
  made_variant made{.combination = combination,
                    .variant = find_grown(factory_, space_.text(combination))};
  if (made.variant == UINT32_MAX) {
    made.reason = std::move(reason);
    made.unknown = unknown;
  }
  ready_.push_back(std::move(made));
}

void batch_compiler::give_up(std::string why, bool may_pass) {
  why_not_ = std::move(why);
  may_pass_ = may_pass;
  for (const batch &it : waiting_)
    for (const std::uint64_t combination : it.combinations)
      finish(combination, why_not_, true);
  waiting_.clear();
}

void batch_compiler::add(std::span<const std::uint64_t> combinations) {
  std::vector<std::uint64_t> fresh;
  for (const std::uint64_t it : combinations) {
    std::string why;
    if (libraries_.find(space_.text(it), why) != UINT32_MAX)
      finish(it, {});
    else if (!why_not_.empty())
      finish(it, why_not_, true);
    else
      fresh.push_back(it);
    if (!why.empty())
      log_info(fmt::format("a library of {}'s variants is not used: {}", factory_.name, why));
  }
  // Spread over the processes that may run at once. Where all of them are at work already, a larger
  // job makes them wait no longer, and shares what a process takes before its first variant.
  const std::size_t share = (fresh.size() + limits_.at_once - 1) / limits_.at_once;
  const bool busy = running_.size() >= limits_.at_once;
  const std::size_t most = std::clamp<std::size_t>(busy ? 2 * share : share, 1, limits_.per_job);
  const std::size_t jobs = (fresh.size() + most - 1) / most;
  const std::size_t size = jobs ? (fresh.size() + jobs - 1) / jobs : 1;
  for (std::size_t at = 0; at < fresh.size(); at += size)
    waiting_.push_back(
        {{fresh.begin() + static_cast<std::ptrdiff_t>(at),
          fresh.begin() + static_cast<std::ptrdiff_t>(std::min(at + size, fresh.size()))}});
  poll();
}

double batch_compiler::limit_s(std::size_t variants) const {
  const auto count = static_cast<double>(variants);
  return slowest_s_ > 0 ? std::max(limits_.least_s, limits_.times * slowest_s_ * count)
                        : limits_.first_s + limits_.first_each_s * count;
}

child_limits batch_compiler::limits_for(std::size_t variants) const {
  child_limits made;
  made.seconds = limit_s(variants);
  made.memory = limits_.memory;
  return made;
}

void batch_compiler::remove_files(const job &it) const {
  for (const char *const ending : {".o", ".part", ".report", ".log"})
    (void)::unlink((it.base + ending).c_str());
}

/// Where several jobs wait, they are worth it.
void batch_compiler::prepare_preamble() {
  if (preamble_ != preamble::unknown || waiting_.size() < 2)
    return;
  preamble_ = preamble::none;
  if (!may_precompile(record_))
    return;
  const std::string text = preamble_of(read_small_file(record_.source));
  std::string directory;
  if (text.empty() || !libraries_.place(directory))
    return;
  const std::string hash = fmt::format("{:016x}", fnv(text, fnv(factory_.on_demand->record)));
  preamble_file_ = fmt::format("{}/preamble-{}.pch", directory, hash);
  if (is_own_file(preamble_file_)) {
    // Noted as used, for collect_libraries(). Clang looks whether what it was made of has changed.
    (void)::utimensat(AT_FDCWD, preamble_file_.c_str(), nullptr, 0);
    preamble_ = preamble::ready;
    return;
  }
  preamble_base_ = fmt::format("{}/{}-{}-preamble", directory, ::getpid(), next_number());
  // Clang asks for the text beside what it made of it, so that it stays, and is never written
  // again: of two processes that have the same one the first one's is taken by both.
  const std::string header = fmt::format("{}/preamble-{}.h", directory, hash);
  const bool written =
      write_own_file(preamble_base_ + ".h", text) &&
      (::link((preamble_base_ + ".h").c_str(), header.c_str()) == 0 || errno == EEXIST) &&
      is_own_file(header);
  (void)::unlink((preamble_base_ + ".h").c_str());
  if (!written)
    return;
  const std::vector<std::string> command =
      preamble_command(record_, header, preamble_base_ + ".pch.part");
  std::string error;
  if (preamble_process_.start(command, record_.directory, preamble_base_ + ".log", limits_for(1),
                              error))
    preamble_ = preamble::being_made;
}

void batch_compiler::preamble_ended(const child_end &end) {
  const std::string part = preamble_base_ + ".pch.part";
  preamble_ = preamble::none;
  if (end.success && make_own(part) && ::rename(part.c_str(), preamble_file_.c_str()) == 0)
    preamble_ = preamble::ready;
  else
    log_debug(fmt::format("the preamble of {} is not precompiled: {}", record_.source,
                          read_small_file(preamble_base_ + ".log")));
  for (const char *const ending : {".pch.part", ".log"})
    (void)::unlink((preamble_base_ + ending).c_str());
}

void batch_compiler::drop_preamble(std::string_view why) {
  log_debug(fmt::format("the precompiled preamble of {} is not used: {}", record_.source, why));
  preamble_ = preamble::none;
  (void)::unlink(preamble_file_.c_str());
}

void batch_compiler::start(job &it) {
  std::vector<std::string> command;
  if (it.linking) {
    command = link_command(record_, libraries_.image(), it.base, cudart_);
  } else {
    it.with_preamble =
        !it.doubtful && (preamble_ == preamble::ready || preamble_ == preamble::proven);
    command = compile_command(record_, factory_.id, it.combinations, it.base,
                              it.with_preamble ? preamble_file_ : std::string());
  }
  std::string error;
  if (!it.process.start(command, record_.directory, it.base + ".log",
                        limits_for(it.combinations.size()), error)) {
    for (const std::uint64_t combination : std::exchange(it.combinations, {}))
      finish(combination, error, true);
    give_up(error);
  }
}

/// Whether the device's assembler has refused what the compiler made: only it knows how much of the
/// device a kernel takes.
static bool is_from_assembler(std::string_view line) {
  return line.starts_with("ptxas error") || line.starts_with("ptxas fatal");
}

/// The first error in what a compiler has said, else its last line.
static std::string complaint(const std::string &log) {
  std::string_view last;
  for (const std::string_view line : lines_of(log)) {
    if (line.find("error: ") != std::string_view::npos ||
        line.find("ERROR: ") != std::string_view::npos || is_from_assembler(line))
      return std::string(line);
    if (line.find_first_not_of(' ') != std::string_view::npos)
      last = line;
  }
  return std::string(last);
}

/// Whether what a process has said is that the disk is full.
static bool is_about_room(std::string_view said) {
  return said.find("No space left on device") != std::string_view::npos ||
         said.find("Disk quota exceeded") != std::string_view::npos;
}

/// What the plugin says of the variants: the first error of each that has one.
static std::map<std::string, std::string> errors_of_variants(const std::string &report,
                                                             bool &elsewhere) {
  std::map<std::string, std::string> errors;
  for (const std::string_view line : lines_of(report)) {
    elsewhere |= line == "elsewhere";
    const std::vector<std::string_view> columns = tl::rt::split(line, '\t');
    if (columns.size() == 9 && columns[1] == "failed")
      errors.emplace(columns[7], columns[8]);
  }
  return errors;
}

void batch_compiler::split(const job &it) {
  const auto middle =
      it.combinations.begin() + static_cast<std::ptrdiff_t>(it.combinations.size() / 2);
  waiting_.push_front({{middle, it.combinations.end()}});
  waiting_.push_front({{it.combinations.begin(), middle}});
}

void batch_compiler::failed(job &it, const child_end &end) {
  if (it.with_preamble && !it.linking && preamble_ != preamble::proven) {
    // Which of the two is to blame is seen without it.
    waiting_.push_front({std::exchange(it.combinations, {}), true});
    return;
  }
  const std::string log = read_small_file(it.base + ".log");
  bool elsewhere = false;
  const auto errors = errors_of_variants(read_small_file(it.base + ".report"), elsewhere);
  const std::string said = complaint(log);
  if (it.with_preamble && !it.linking && errors.empty()) {
    drop_preamble(said); // a header may have changed meanwhile
    waiting_.push_front({std::exchange(it.combinations, {})});
    return;
  }
  if (elsewhere) {
    waiting_.push_front({std::exchange(it.combinations, {})});
    return give_up(fmt::format("its source does not compile any more: {}", said));
  }
  if (is_about_room(said)) {
    waiting_.push_front({std::exchange(it.combinations, {})});
    return give_up(fmt::format("there is no room for what is compiled: {}", said), true);
  }
  std::vector<std::uint64_t> others;
  for (const std::uint64_t combination : it.combinations)
    if (const auto error = errors.find(space_.text(combination)); error != errors.end())
      finish(combination, "did not compile: " + error->second);
    else
      others.push_back(combination);
  if (others.size() < it.combinations.size()) {
    unexplained_ = 0;
    it.combinations.clear();
    if (!others.empty())
      waiting_.push_front({std::move(others)});
    return;
  }
  if (it.combinations.size() > 1) {
    split(it);
    it.combinations.clear();
    return;
  }
  if (is_from_assembler(said)) {
    finish(it.combinations.front(), "did not compile: " + said);
    it.combinations.clear();
    unexplained_ = 0;
    return;
  }
  const std::string what = it.linking ? "linking it" : "compiling it";
  const std::string why =
      end.late ? fmt::format("{} took more than {:.0f} s", what, limit_s(1))
      : said.empty()
          ? fmt::format("{} ended with {}", what, end.text.empty() ? "an unknown status" : end.text)
          : fmt::format("{} failed ({}): {}", what, end.text.empty() ? "unknown status" : end.text,
                        said);
  // Somebody else has killed it, as a system that runs out of memory does: the next time it may
  // live.
  const bool killed = !end.late && end.text == "signal 9";
  finish(it.combinations.front(), why, killed);
  it.combinations.clear();
  if (++unexplained_ >= most_unexplained)
    give_up(why, killed);
}

void batch_compiler::ended(job &it, const child_end &end) {
  const std::string product = it.base + (it.linking ? ".part" : ".o");
  // Whose status the program took is judged by what it left.
  if (!(end.success || (!end.known && !end.late && ::access(product.c_str(), R_OK) == 0)))
    return failed(it, end);
  if (!it.linking) {
    if (it.doubtful)
      drop_preamble("there is code that compiles only without it");
    it.linking = true;
    it.compiled_s = it.process.seconds();
    return start(it);
  }
  slowest_s_ = std::max(slowest_s_, (it.compiled_s + it.process.seconds()) /
                                        static_cast<double>(it.combinations.size()));
  std::vector<std::string> configs;
  for (const std::uint64_t combination : it.combinations)
    configs.push_back(space_.text(combination));
  status taken = seal_library(product, configs);
  if (taken)
    taken = libraries_.take(product);
  const bool foreign = taken.code() == status_code::foreign;
  const bool no_room = taken.code() == status_code::full || taken.code() == status_code::io_error;
  if (foreign && it.with_preamble) {
    drop_preamble(taken.text());
    waiting_.push_front({std::exchange(it.combinations, {})});
    return;
  }
  if (taken && it.with_preamble && preamble_ == preamble::ready)
    preamble_ = preamble::proven;
  for (const std::uint64_t combination : it.combinations)
    finish(combination,
           taken ? "its constraints are not satisfied, or it is deleted"
                 : "compiled, but not used: " + taken.text(),
           foreign || no_room);
  it.combinations.clear();
  unexplained_ = taken ? 0 : unexplained_ + 1;
  if (!taken && (foreign || no_room || unexplained_ >= most_unexplained))
    give_up(taken.text(), no_room);
}

void batch_compiler::poll() {
  for (std::size_t i = 0; i < running_.size();) {
    job &it = *running_[i];
    child_end end;
    if (!it.process.poll(end)) {
      ++i;
      continue;
    }
    ended(it, end);
    if (it.process.running()) {
      ++i;
      continue;
    }
    remove_files(it);
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  if (child_end end; preamble_process_.running() && preamble_process_.poll(end))
    preamble_ended(end);
  if (why_not_.empty())
    prepare_preamble();
  while (!waiting_.empty() &&
         running_.size() + (preamble_process_.running() ? 1 : 0) < limits_.at_once) {
    std::string directory;
    if (const status placed = libraries_.place(directory); !placed)
      return give_up(placed.text());
    auto made = std::make_unique<job>();
    made->combinations = std::move(waiting_.front().combinations);
    made->doubtful = waiting_.front().without_preamble;
    waiting_.pop_front();
    made->base = fmt::format("{}/{}-{}", directory, ::getpid(), next_number());
    start(*made);
    if (made->process.running())
      running_.push_back(std::move(made));
  }
}

void batch_compiler::wait(double seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  const std::size_t before = ready_.size();
  poll();
  while (ready_.size() == before && pending() > 0 && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(poll_interval);
    poll();
  }
}

std::vector<std::uint64_t> batch_compiler::kept() {
  std::vector<std::uint64_t> all;
  for (const std::string &config : libraries_.configs())
    if (const auto combination = space_.find(config))
      all.push_back(*combination);
  return all;
}

std::vector<made_variant> batch_compiler::take() {
  poll();
  return std::exchange(ready_, {});
}

made_variant batch_compiler::get(std::string_view config, bool may_compile, double seconds) {
  made_variant made;
  made.variant = libraries_.find(config, made.reason);
  if (made.variant != UINT32_MAX || !may_compile)
    return made;
  const auto combination = space_.find(config);
  if (!combination) {
    made.reason = "it is not in the space";
    return made;
  }
  add({&*combination, 1});
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (pending() > 0 && std::chrono::steady_clock::now() < end)
    wait(std::chrono::duration<double>(end - std::chrono::steady_clock::now()).count());
  for (made_variant &it : take())
    if (it.combination == *combination)
      return std::move(it);
  made.reason = fmt::format("it was not compiled within {:.0f} s", seconds);
  return made;
}

} // namespace tl::rt::demand
