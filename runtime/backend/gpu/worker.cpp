// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/gpu/worker.h"

#include "runtime/backend/gpu/engine.h"
#include "runtime/backend/gpu/hook.h"
#include "runtime/backend/gpu/open_device.h"
#include "runtime/backend/gpu/trial_failure.h"
#include "runtime/demand/copies.h"
#include "runtime/demand/rtc_code.h"
#include "runtime/factory/grown.h"
#include "runtime/factory/registry.h"
#include "runtime/support/embedded.h"
#include "runtime/support/process_role.h"
#include "runtime/support/thread_guard.h"
#include "runtime/worker/worker_process.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <memory>
#include <span>
#include <spawn.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

extern char **environ;

namespace tl::rt::gpu {

// The worker's descriptors, in the order in which posix_spawn puts them there.
enum worker_descriptor : int {
  worker_socket = 3,
  worker_output,
  worker_box,
  worker_area,
  worker_hook,
  worker_libraries ///< of a factory that grows, or the device code of one that has such variants
};

// ---- in the program ---------------------------------------------------------------------------

worker_image::~worker_image() { release(); }

void worker_image::release() {
  if (area_)
    ::munmap(area_, area_bytes_);
  area_ = nullptr;
  for (int *const descriptor : {&area_memory_, &hook_}) {
    if (*descriptor >= 0)
      ::close(*descriptor);
    *descriptor = -1;
  }
}

/// A descriptor out of the range that a worker's own ones take.
static int move_up(int descriptor) {
  if (descriptor < 0 || descriptor >= 16)
    return descriptor;
  const int moved = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 16);
  ::close(descriptor);
  return moved;
}

static int memory_file(const char *name, const void *content, std::size_t size) {
  const int made = move_up(::memfd_create(name, MFD_CLOEXEC));
  if (made < 0)
    return -1;
  const auto *from = static_cast<const char *>(content);
  while (size > 0) {
    const ssize_t written = ::write(made, from, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0) {
      ::close(made);
      return -1;
    }
    from += written;
    size -= static_cast<std::size_t>(written);
  }
  return made;
}

status worker_image::prepare(const tl_factory &factory, const problem &what) {
  if (::getauxval(AT_SECURE) != 0)
    return status::unsupported(
        "the program runs with raised privileges, where nothing can be preloaded");
  abandoned_ = when_abandoned([this] { release(); });
  hook_ = memory_file("tl-worker-hook", embedded_hook, embedded_hook_size);
  if (hook_ < 0)
    return status::unsupported(
        fmt::format("no memory file for a worker: {}", std::strerror(errno)));
  const bool has_rtc = demand::has_rtc(factory);
  if (may_grow(factory))
    libraries_ = demand::copies_for_workers(factory);
  else if (has_rtc)
    libraries_ = demand::rtc_codes_for_workers(factory);
  if ((may_grow(factory) || has_rtc) && libraries_ < 0)
    return status::unsupported(
        fmt::format("no memory file for a worker: {}", std::strerror(errno)));
  Dl_info info{};
  link_map *map = nullptr;
  // The descriptor may be on the heap or in .bss of the image; its callbacks are code of the image.
  if (::dladdr1(reinterpret_cast<const void *>(factory.invoke), &info,
                reinterpret_cast<void **>(&map), RTLD_DL_LINKMAP) != 0 &&
      map && map->l_name[0] != '\0')
    if (char *absolute = ::realpath(map->l_name, nullptr)) {
      image_ = absolute;
      std::free(absolute);
    }
  const std::vector<std::byte> problem = what.serialise();
  area_bytes_ = sizeof(shared_area) + problem.size();
  area_memory_ = move_up(::memfd_create("tl-worker-area", MFD_CLOEXEC));
  if (area_memory_ < 0 || ::ftruncate(area_memory_, static_cast<off_t>(area_bytes_)) != 0)
    return status::io_error(
        fmt::format("no memory to share with a worker: {}", std::strerror(errno)));
  void *memory = ::mmap(nullptr, area_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, area_memory_, 0);
  if (memory == MAP_FAILED)
    return status::io_error(
        fmt::format("no memory to share with a worker: {}", std::strerror(errno)));
  area_ = static_cast<shared_area *>(memory);
  area_->problem_bytes = problem.size();
  std::memcpy(area_ + 1, problem.data(), problem.size());
  return status::ok();
}

/// The program's environment with the hook in front of what it preloads itself.
static std::vector<std::string> worker_environment(const std::string &image) {
  std::vector<std::string> made;
  const char *preload = nullptr;
  for (char **it = environ; it && *it; ++it) {
    if (std::strncmp(*it, "LD_PRELOAD=", 11) == 0)
      preload = *it + 11;
    else
      made.emplace_back(*it);
  }
  const std::string hook = fmt::format("/proc/self/fd/{}", static_cast<int>(worker_hook));
  made.push_back("LD_PRELOAD=" + hook + (preload && *preload ? ":" + std::string(preload) : ""));
  if (preload)
    made.push_back(TL_WORKER_PRELOAD "=" + std::string(preload));
  made.push_back(fmt::format(TL_WORKER_CHANNEL "={}", static_cast<int>(worker_area)));
  made.push_back(fmt::format(TL_WORKER_HOOK "={}", static_cast<int>(worker_hook)));
  if (!image.empty())
    made.push_back(TL_WORKER_IMAGE "=" + image);
  return made;
}

pid_t worker_image::give_birth(const worker_link &link) {
  area_->cookie = link.cookie;
  area_->parent = link.parent;
  // Sources must not lie among the targets, or an early dup2 would overwrite a later source.
  std::vector<int> moved{link.socket, link.output, link.box_memory, area_memory_, hook_};
  if (libraries_ >= 0)
    moved.push_back(libraries_);
  bool good = true;
  for (int &it : moved) {
    it = ::fcntl(it, F_DUPFD_CLOEXEC, 16);
    good = good && it >= 0;
  }
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  for (std::size_t i = 0; i < moved.size(); ++i)
    ::posix_spawn_file_actions_adddup2(&actions, moved[i], worker_socket + static_cast<int>(i));
  ::posix_spawn_file_actions_addclosefrom_np(&actions,
                                             worker_socket + static_cast<int>(moved.size()));
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<std::string> texts = worker_environment(image_);
  std::vector<char *> environment;
  for (std::string &it : texts)
    environment.push_back(it.data());
  environment.push_back(nullptr);
  std::string name = program_invocation_name, role = "tl-worker";
  char *arguments[] = {name.data(), role.data(), nullptr};
  pid_t pid = -1;
  int error = EMFILE;
  if (good)
    error =
        ::posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, arguments, environment.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  for (const int it : moved)
    if (it >= 0)
      ::close(it);
  errno = error;
  return error == 0 ? pid : -1;
}

// ---- in the worker ----------------------------------------------------------------------------

namespace {

/// Answers the program's requests with an engine.
class trial_handler final : public request_handler {
public:
  trial_handler(shared_area &area, std::unique_ptr<device> on, const tl_factory &factory,
                problem what)
      : area_(area), device_(std::move(on)), engine_(*device_, factory, std::move(what), true),
        factory_(factory), variants_(factory.variant_count) {}

  status set_up() {
    const status done = engine_.set_up();
    tell(engine_.remark(), area_.remark);
    return done;
  }

  void handle(const worker_request &request, worker_reply &reply) override {
    area_.resources[0] = '\0';
    verdict outcome;
    switch (request.kind) {
    case request_kind::prepare:
      enter_phase(worker_phase::reference);
      outcome = engine_.prepare(request.value != 0);
      tell(engine_.compared(), area_.compared);
      area_.reference_ns = engine_.reference_ns();
      break;
    case request_kind::probe:
      outcome = know(request.variant);
      enter_phase(worker_phase::variant);
      if (outcome.right())
        outcome = engine_.probe(request.variant);
      break;
    case request_kind::sample:
      enter_phase(worker_phase::variant);
      outcome = round(static_cast<std::size_t>(request.value));
      break;
    default:
      outcome = verdict::failed(trial_status::harness_error, "no such request");
    }
    reply.code = outcome.code();
    reply.time_ns = outcome.time_ns;
    reply.tainted = engine_.tainted();
    reply.set_text(outcome.reason);
    if (outcome.resources.size() < max_resources)
      std::memcpy(area_.resources, outcome.resources.c_str(), outcome.resources.size() + 1);
  }

private:
  /// Opens what the program has opened meanwhile, if it takes that to know a variant.
  verdict know(std::uint32_t variant) {
    status opened;
    if (variant >= variants_ && may_grow(factory_)) {
      opened = demand::open_copies(factory_, worker_libraries, libraries_read_);
      variants_ = count_variants(factory_);
    }
    if (variant < variants_)
      return {};
    return verdict::failed(trial_status::harness_error,
                           opened ? "no such variant" : "no such variant here: " + opened.text());
  }

  template <std::size_t N> static void tell(const std::string &text, char (&to)[N]) {
    const std::size_t length = std::min(text.size(), N - 1);
    std::memcpy(to, text.data(), length);
    to[length] = '\0';
  }

  verdict round(std::size_t count) {
    const std::span<const sample_request> order(area_.requests, std::min(count, max_round));
    for (const sample_request &it : order)
      if (verdict known = know(it.variant); !known.right())
        return known;
    timed_round taken;
    if (status done = engine_.round(order, taken); !done)
      return verdict::failed(trial_status::device_error, done.text());
    area_.clock = taken.clock;
    for (std::size_t i = 0; i < taken.samples.size(); ++i)
      area_.samples[i] = {taken.samples[i].outcome.time_ns, taken.samples[i].at_ns,
                          taken.samples[i].launches};
    return {};
  }

  shared_area &area_;
  std::unique_ptr<device> device_;
  engine engine_;
  const tl_factory &factory_;
  std::uint32_t variants_;
  std::uint64_t libraries_read_ = 0; ///< of the copies of them [bytes]
};

} // namespace

static std::unique_ptr<request_handler> make_handler(shared_area &area, const char *image,
                                                     std::string &error) {
  problem what;
  if (!problem::parse(reinterpret_cast<const std::byte *>(&area + 1), area.problem_bytes, what)) {
    error = "the problem did not arrive";
    return nullptr;
  }
  const tl_factory *factory = find_factory(what.factory);
  if (!factory && *image) {
    ::dlopen(image, RTLD_NOW | RTLD_LOCAL);
    factory = find_factory(what.factory);
  }
  if (!factory || what.arguments.size() != factory->parameter_count) {
    error = fmt::format("the worker has no factory {}", what.factory);
    return nullptr;
  }
  std::unique_ptr<device> on = open_device(what.backend, what.ordinal, error);
  if (!on)
    return nullptr;
  const bool has_rtc = demand::has_rtc(*factory);
  if (may_grow(*factory) || has_rtc)
    ::fcntl(worker_libraries, F_SETFD, FD_CLOEXEC);
  if (has_rtc)
    demand::use_rtc_codes(*factory, worker_libraries);
  auto made = std::make_unique<trial_handler>(area, std::move(on), *factory, std::move(what));
  if (status done = made->set_up(); !done) {
    error = done.text();
    return nullptr;
  }
  return made;
}

/// Stands in for the program's main.
static int worker_main(int channel, const char *image) {
  struct stat size{};
  if (::fstat(channel, &size) != 0)
    return 126;
  void *memory = ::mmap(nullptr, static_cast<std::size_t>(size.st_size), PROT_READ | PROT_WRITE,
                        MAP_SHARED, channel, 0);
  void *box = ::mmap(nullptr, sizeof(black_box), PROT_READ | PROT_WRITE, MAP_SHARED, worker_box, 0);
  if (memory == MAP_FAILED || box == MAP_FAILED)
    return 126;
  auto &area = *static_cast<shared_area *>(memory);
  worker_link link{};
  link.socket = worker_socket;
  link.output = worker_output;
  link.box = static_cast<black_box *>(box);
  link.box_memory = worker_box;
  link.cookie = area.cookie;
  link.parent = static_cast<pid_t>(area.parent);
  for (const int it : {worker_box, worker_area}) // mapped
    ::close(it);
  for (const int it : {worker_socket, worker_output})
    ::fcntl(it, F_SETFD, FD_CLOEXEC);
  serve_as_worker(link,
                  [&area, image](std::string &error) { return make_handler(area, image, error); });
}

/// While the image is loaded into a worker: says what to run in place of `main`. Where the hook
/// should be there and is not, the process ends here, before the program does anything a second
/// time.
[[gnu::constructor]] static void announce_worker() {
  auto *const hook = static_cast<tl_worker_hook_table *>(::dlsym(RTLD_DEFAULT, "tl_worker_hook"));
  if (hook && hook->size == sizeof *hook && hook->channel >= 0) {
    become_worker();
    hook->worker = &worker_main;
  } else if (::secure_getenv(TL_WORKER_CHANNEL)) {
    ::_exit(126);
  }
}

} // namespace tl::rt::gpu
