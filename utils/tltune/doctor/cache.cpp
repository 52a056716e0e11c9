// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "doctor/checks.h"
#include "format.h"

#include "runtime/store/session_lock.h"
#include "runtime/store/store.h"
#include "runtime/support/environment.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/vfs.h>
#include <unistd.h>

extern char **environ;

namespace tl::tool {

namespace fs = std::filesystem;

void check_environment(findings &found) {
  std::vector<std::string> problems;
  rt::read_controls([](const char *name) -> const char * { return std::getenv(name); }, problems);
  for (const std::string &problem : problems)
    found.push_back({"environment", severity::warning, problem, "correct or unset the variable"});
  std::size_t set = 0;
  for (char **entry = environ; *entry; ++entry) {
    const std::string name = std::string(*entry).substr(0, std::string(*entry).find('='));
    if (!name.starts_with("TL_"))
      continue;
    bool known = false;
    for (const rt::control_info &control : rt::control_table())
      known = known || control.name == name;
    set += known;
    if (!known)
      found.push_back({"environment", severity::warning,
                       name + " is set and means nothing to the runtime",
                       "see the table of variables in tltune(1)"});
  }
  if (problems.empty())
    found.push_back({"environment", severity::good,
                     set == 0   ? "no TL_ variable is set"
                     : set == 1 ? "one TL_ variable is set and understood"
                                : std::to_string(set) + " TL_ variables are set and understood",
                     ""});
}

/// Name of a file system that matters here, "" for an ordinary local one. Numbers from statfs(2).
static std::string network_file_system(const struct statfs &system) {
  switch (static_cast<unsigned long>(system.f_type)) {
  case 0x6969:
    return "NFS";
  case 0xff534d42:
  case 0xfe534d42:
    return "CIFS";
  case 0x65735546:
    return "FUSE";
  case 0x0bd00bd0:
    return "Lustre";
  case 0x47504653:
    return "GPFS";
  default:
    return "";
  }
}

/// Whether a record lock that one descriptor holds is seen from another process.
static std::string lock_fault(const fs::path &folder) {
  const std::string path = folder / (".tltune-doctor-" + std::to_string(getpid()));
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0)
    return std::string("no file can be created: ") + std::strerror(errno);
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  std::string fault;
  if (fcntl(file, F_SETLK, &lock) != 0)
    fault = std::string("record locks do not work: ") + std::strerror(errno);
  close(file);
  unlink(path.c_str());
  return fault;
}

static void check_folder(findings &found, const fs::path &folder) {
  std::error_code error;
  fs::path existing = folder;
  while (!existing.empty() && !fs::exists(existing, error) && existing != existing.parent_path())
    existing = existing.parent_path();
  if (access(existing.c_str(), W_OK | X_OK) != 0) {
    found.push_back(
        {"cache directory", severity::problem,
         folder.string() + " cannot be written" +
             (existing == folder ? "" : ", and " + existing.string() + " neither"),
         "set TL_CACHE_DIR to a directory of yours; until then each run of a program tunes again"});
    return;
  }
  struct statfs system{};
  if (statfs(existing.c_str(), &system) != 0)
    return;
  const double free = static_cast<double>(system.f_bavail) * static_cast<double>(system.f_bsize);
  const std::string fault = lock_fault(existing);
  const std::string network = network_file_system(system);
  const std::string text = folder.string() + (existing == folder ? "" : " (will be created)") +
                           ", " + format_bytes(free) + " free";
  if (!fault.empty())
    found.push_back({"cache directory", severity::problem, text + "; " + fault,
                     "put the cache directory on a file system with POSIX locks: TL_CACHE_DIR"});
  else if (free < 64.0 * (1 << 20))
    found.push_back(
        {"cache directory", severity::problem, text,
         "make room, or set TL_CACHE_DIR to another file system; `tltune gc` shrinks a database"});
  else if (!network.empty())
    found.push_back({"cache directory", severity::warning, text + ", on " + network,
                     "works where its locks do; a local TL_CACHE_DIR with the shared database in "
                     "TL_DB_PATH is faster"});
  else
    found.push_back({"cache directory", severity::good, text + ", locks work", ""});
}

void check_cache(findings &found, const std::string &database) {
  if (database.empty()) {
    found.push_back(
        {"cache directory", severity::problem,
         "none: TL_CACHE_DIR, XDG_CACHE_HOME and HOME are not set, or TL_DISABLE_CACHE is",
         "set TL_CACHE_DIR; until then each run of a program tunes again"});
    return;
  }
  check_folder(found, fs::path(database).parent_path());
  std::error_code error;
  if (!fs::exists(database, error)) {
    found.push_back({"database", severity::note, database + " does not exist yet",
                     "it is made when something is tuned"});
    return;
  }
  rt::store::store_options options;
  options.path = database;
  options.read_only = true;
  rt::store::tuning_store store(options);
  rt::status why;
  const rt::store::counts total = store.count(&why);
  if (store.mode() == rt::store::store_mode::memory || !why) {
    found.push_back(
        {"database", severity::problem, why ? store.mode_reason() : why.text(),
         "`tltune verify` says more; programs go on without it and set a damaged file aside"});
    return;
  }
  found.push_back({"database", severity::good,
                   database + ", " + std::to_string(total.winners) + " winners, " +
                       std::to_string(total.trials) + " trials, " +
                       format_bytes(static_cast<double>(fs::file_size(database, error))),
                   ""});
}

} // namespace tl::tool
