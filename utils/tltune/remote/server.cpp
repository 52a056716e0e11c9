// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "server.h"

#include "backend.h"
#include "failure.h"
#include "format.h"

#include "runtime/remote/helper.h"
#include "runtime/remote/wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <poll.h>
#include <random>
#include <set>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

namespace tl::tool::remote {
namespace {

using namespace std::chrono_literals;
using rt::remote::message;
using rt::remote::packer;
using rt::remote::unpacker;
using std::chrono::steady_clock;

/// Programs at once; whoever comes in excess is turned away and goes on without.
constexpr int most_connections = 64;
/// How long answers hold: a winner, and that there is none.
constexpr std::chrono::milliseconds keep_winner = 60s, keep_none = 500ms;
constexpr std::size_t most_kept = 4096;
/// A place that has not answered for so long is taken for away, for everybody.
constexpr double patience_share = 0.8; ///< of a program's own
constexpr std::chrono::seconds first_pause = 2s, longest_pause = 120s;
/// A session that takes longer than this tunes on without its lease.
constexpr auto longest_lease = 15min;

struct counters {
  std::atomic<std::uint64_t> lookups{0}, hits{0}, misses{0}, refused_rows{0}, failures{0},
      published{0}, not_better{0}, leases_granted{0}, leases_held{0}, connections{0};
  std::atomic<std::uint64_t> asked{0}, asked_ns{0}; ///< questions to the remote place, their time
};

/// What is known of a problem without asking again.
struct kept_answer {
  std::string reply; ///< the whole message
  steady_clock::time_point until;
};

class helper {
public:
  /// `broken`: why TL_REMOTE makes no sense, which every program is told; "" where it does.
  helper(settings with, std::string broken, int listener)
      : with_(std::move(with)), broken_(std::move(broken)), backend_(open_backend(with_)),
        listener_(listener) {
    std::random_device random;
    holder_ = fmt::format("{}:{}:{:08x}", with_.host, ::getpid(), random());
  }

  void run();

private:
  struct visitor {
    int socket = -1;
    pid_t process = 0;
    std::string lease; ///< name of the object, "": none
    steady_clock::time_point renew_at{}, lease_ends{};
  };

  void serve_one(int socket);
  bool serve_message(visitor &who);
  std::string answer_lookup(const rt::store::winner_key &key);
  std::string answer_lease(visitor &who, const rt::store::winner_key &key);
  void publish(rt::remote::finding found);
  std::optional<row> find(const std::string &name);
  std::string metrics();
  std::string why_away();
  template <class Ask> auto ask(Ask &&question);
  static std::string unavailable(const std::string &why);

  const settings with_;
  const std::string broken_;
  const std::unique_ptr<backend> backend_;
  const int listener_;
  std::string holder_;
  counters count_;

  std::mutex guard_;
  std::condition_variable changed_;
  int visitors_ = 0;
  steady_clock::time_point last_visit_ = steady_clock::now();
  std::map<std::string, kept_answer> kept_;
  std::multiset<steady_clock::time_point> under_way_; ///< when questions were put that are open
  int failures_ = 0;
  steady_clock::time_point away_until_{};
  std::string away_why_;
};

std::string helper::unavailable(const std::string &why) {
  packer out(message::unavailable);
  out.add(why);
  return out.take();
}

/// Why the remote place is not asked at the moment, "" where it is.
std::string helper::why_away() {
  if (!broken_.empty())
    return broken_;
  const std::lock_guard lock(guard_);
  const auto now = steady_clock::now();
  if (now < away_until_)
    return away_why_;
  if (!under_way_.empty() && now - *under_way_.begin() > std::chrono::duration<double, std::milli>(
                                                             patience_share * with_.wait_ms))
    return with_.shown_url() + " has not answered for " +
           std::to_string(
               std::chrono::duration_cast<std::chrono::milliseconds>(now - *under_way_.begin())
                   .count()) +
           " ms";
  return {};
}

/// Puts one question to the remote place, and notes how that went. Passes on what it throws.
template <class Ask> auto helper::ask(Ask &&question) {
  const auto begun = steady_clock::now();
  {
    const std::lock_guard lock(guard_);
    under_way_.insert(begun);
  }
  const auto ended = [&](const char *failure) {
    const std::lock_guard lock(guard_);
    under_way_.erase(under_way_.find(begun));
    ++count_.asked;
    count_.asked_ns += static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(steady_clock::now() - begun).count());
    if (!failure) {
      failures_ = 0;
      return;
    }
    ++count_.failures;
    const auto pause = std::min<steady_clock::duration>(
        first_pause * (1 << std::min(failures_, 10)), longest_pause);
    ++failures_;
    away_until_ = steady_clock::now() + pause;
    away_why_ = failure;
  };
  try {
    if constexpr (std::is_void_v<decltype(question())>) {
      question();
      ended(nullptr);
    } else {
      auto answer = question();
      ended(nullptr);
      return answer;
    }
  } catch (const std::exception &error) {
    ended(error.what());
    throw;
  }
}

std::optional<row> helper::find(const std::string &name) {
  const auto object = ask([&] { return backend_->get(name); });
  if (!object)
    return std::nullopt;
  std::string why;
  std::optional<row> found = checked(with_, name, *object, why);
  if (!found) {
    ++count_.refused_rows;
    std::fprintf(stderr, "tltune-remote: not used: %s\n", harmless(why).c_str());
  }
  return found;
}

static std::string winner_reply(const row &found) {
  rt::remote::foreign_winner made;
  made.best = found.winner.best;
  made.proofs = found.winner.proofs;
  made.origin = describe(found.from);
  packer out(message::winner);
  out.add(made);
  return out.take();
}

std::string helper::answer_lookup(const rt::store::winner_key &key) {
  ++count_.lookups;
  const std::string name = object_name(key);
  {
    const std::lock_guard lock(guard_);
    if (const auto kept = kept_.find(name);
        kept != kept_.end() && steady_clock::now() < kept->second.until)
      return kept->second.reply;
  }
  if (const std::string why = why_away(); !why.empty())
    return unavailable(why);
  std::string reply;
  bool hit = false;
  try {
    const std::optional<row> found = find(name);
    hit = found.has_value();
    reply = found ? winner_reply(*found) : packer(message::none).take();
  } catch (const std::exception &error) {
    return unavailable(error.what());
  }
  ++(hit ? count_.hits : count_.misses);
  const std::lock_guard lock(guard_);
  if (kept_.size() >= most_kept)
    kept_.clear();
  kept_[name] = {reply, steady_clock::now() + (hit ? keep_winner : keep_none)};
  return reply;
}

std::string helper::answer_lease(visitor &who, const rt::store::winner_key &key) {
  if (const std::string why = why_away(); !why.empty())
    return unavailable(why);
  const std::string name = object_name(key);
  // Two programs of this machine, which are kept apart by a lock there, in most cases.
  const std::string holder = fmt::format("{}:{}", holder_, who.socket);
  try {
    const lease_result got = ask([&] { return backend_->lease(name, holder, with_.lease_s); });
    if (got.state == lease_result::outcome::unsupported) {
      packer out(message::no_lease);
      out.add(got.text);
      return out.take();
    }
    if (got.state == lease_result::outcome::held) {
      ++count_.leases_held;
      packer out(message::held);
      out.add(got.text.substr(0, got.text.find(':')));
      return out.take();
    }
    ++count_.leases_granted;
    who.lease = name;
    const auto now = steady_clock::now();
    who.renew_at = now + std::chrono::seconds(with_.lease_s) / 3;
    who.lease_ends = now + longest_lease;
    // Somebody may have tuned between our look-up and now.
    if (const auto found = find(name);
        found && found->winner.best.state == rt::store::winner_state::final)
      return winner_reply(*found);
    return packer(message::granted).take();
  } catch (const std::exception &error) {
    return unavailable(error.what());
  }
}

void helper::publish(rt::remote::finding found) {
  row made;
  made.winner.factory = found.what.factory;
  made.winner.device = found.what.device;
  made.winner.key = found.what.key();
  made.winner.best = found.best;
  made.winner.proofs = std::move(found.proofs);
  if (made.winner.proofs.size() > most_proofs)
    made.winner.proofs.resize(most_proofs);
  made.from = own_origin(with_.host, made.winner.key.device, now_ms());
  const std::string name = object_name(made.winner.key);
  {
    const std::lock_guard lock(guard_);
    kept_.erase(name);
  }
  if (with_.read_only || !why_away().empty())
    return;
  try {
    const stored_object object = made_object(with_, name, made);
    const bool stored = ask([&] { return backend_->put(name, made, object); });
    ++(stored ? count_.published : count_.not_better);
    if (found.best.state == rt::store::winner_state::final)
      ask([&] {
        backend_->add_measurement(name,
                                  {with_.host, found.best.config, found.best.median_ns, now_ms()});
      });
    ask([&] { backend_->add_trials(name, found); });
  } catch (const std::exception &error) {
    std::fprintf(stderr, "tltune-remote: not published: %s\n", harmless(error.what()).c_str());
  }
  const std::lock_guard lock(guard_);
  kept_.erase(name);
}

std::string helper::metrics() {
  std::string text;
  const auto add = [&](const char *name, const char *kind, const char *help, auto value) {
    text += fmt::format("# HELP tltune_remote_{0} {1}\n# TYPE tltune_remote_{0} {2}\n"
                        "tltune_remote_{0} {3}\n",
                        name, help, kind, value);
  };
  add("lookups_total", "counter", "Winners that programs have asked for.", count_.lookups.load());
  add("hits_total", "counter", "Winners found in the remote place.", count_.hits.load());
  add("misses_total", "counter", "Winners not found there.", count_.misses.load());
  add("refused_rows_total", "counter", "Rows that were damaged, unsigned or beyond the limits.",
      count_.refused_rows.load());
  add("failures_total", "counter", "Questions that the remote place did not answer.",
      count_.failures.load());
  add("published_total", "counter", "Winners written to the remote place.",
      count_.published.load());
  add("not_better_total", "counter", "Winners not written, since a better one was there.",
      count_.not_better.load());
  add("leases_granted_total", "counter", "Leases that programs of this machine got.",
      count_.leases_granted.load());
  add("leases_held_total", "counter", "Leases that another machine had.",
      count_.leases_held.load());
  add("connections_total", "counter", "Programs that have called.", count_.connections.load());
  const auto asked_ns = static_cast<double>(count_.asked_ns.load());
  text += "# HELP tltune_remote_request_seconds Time of questions to the remote place.\n"
          "# TYPE tltune_remote_request_seconds summary\n";
  text += fmt::format("tltune_remote_request_seconds_sum {:.9f}\n"
                      "tltune_remote_request_seconds_count {}\n",
                      asked_ns * 1e-9, count_.asked.load());
  add("up", "gauge", "1 while the remote place is asked, 0 while it is left alone.",
      why_away().empty() ? 1 : 0);
  return text;
}

bool helper::serve_message(visitor &who) {
  std::string content;
  if (!rt::remote::receive_message(who.socket, content, steady_clock::now() + 5s))
    return false;
  unpacker in(content);
  std::string reply;
  switch (in.kind()) {
  case message::lookup: {
    const rt::store::winner_key key = in.key();
    if (!in.complete())
      return false;
    reply = answer_lookup(key);
    break;
  }
  case message::lease: {
    const rt::store::winner_key key = in.key();
    if (!in.complete() || !who.lease.empty())
      return false;
    reply = answer_lease(who, key);
    break;
  }
  case message::publish: {
    rt::remote::finding found = in.found();
    if (!in.complete())
      return false;
    publish(std::move(found));
    reply = packer(message::taken).take();
    break;
  }
  case message::metrics: {
    packer out(message::text);
    out.add(metrics());
    reply = out.take();
    break;
  }
  default:
    return false;
  }
  // Who has given up waiting does not matter, but for what it may still have sent.
  static_cast<void>(rt::remote::send_message(who.socket, reply, steady_clock::now() + 1s));
  return true;
}

void helper::serve_one(int socket) {
  visitor who;
  who.socket = socket;
  ucred peer{};
  socklen_t size = sizeof peer;
  const bool own =
      ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
  who.process = peer.pid;
  while (own) {
    pollfd file{socket, POLLIN, 0};
    const int ready = ::poll(&file, 1, who.lease.empty() ? 5000 : 1000);
    if (ready < 0 && errno != EINTR)
      break;
    if (ready > 0 && !serve_message(who))
      break;
    if (ready == 0 && who.lease.empty())
      break; // it has nothing to say
    if (who.lease.empty())
      continue;
    // Another process may have inherited the connection of one that is gone.
    if (who.process > 0 && ::kill(who.process, 0) != 0 && errno == ESRCH)
      break;
    const auto now = steady_clock::now();
    if (now < who.renew_at || now > who.lease_ends)
      continue;
    who.renew_at = now + std::chrono::seconds(with_.lease_s) / 3;
    try {
      ask([&] {
        return backend_->lease(who.lease, fmt::format("{}:{}", holder_, socket), with_.lease_s);
      });
    } catch (const std::exception &) { // it ends by itself, or the next time it is prolonged
    }
  }
  if (!who.lease.empty())
    try {
      ask([&] { backend_->release(who.lease, fmt::format("{}:{}", holder_, socket)); });
    } catch (const std::exception &) { // it ends by itself
    }
  ::close(socket);
  const std::lock_guard lock(guard_);
  --visitors_;
  last_visit_ = steady_clock::now();
  changed_.notify_all();
}

void helper::run() {
  while (true) {
    pollfd file{listener_, POLLIN, 0};
    const int ready = ::poll(&file, 1, 1000);
    if (ready > 0) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (socket < 0)
        continue;
      std::unique_lock lock(guard_);
      if (visitors_ >= most_connections) {
        lock.unlock();
        ::close(socket);
        continue;
      }
      ++visitors_;
      ++count_.connections;
      lock.unlock();
      std::thread([this, socket] { serve_one(socket); }).detach();
      continue;
    }
    const std::lock_guard lock(guard_);
    if (visitors_ == 0 && steady_clock::now() - last_visit_ > std::chrono::seconds(with_.idle_s))
      return;
  }
}

/// Leaves the program that has started it: a process of its own that nobody waits for.
void detach() {
  const pid_t child = ::fork();
  if (child != 0)
    ::_exit(child > 0 ? 0 : 1);
  ::setsid();
}

struct place {
  int folder = -1;
  sockaddr_un address{};
  std::string name;

  place(const std::string &directory, const std::string &remote)
      : folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
        name(rt::remote::socket_name(remote)) {
    if (folder < 0)
      throw failure(exit_file, directory + ": " + std::strerror(errno));
    address.sun_family = AF_UNIX;
    const auto end = fmt::format_to_n(address.sun_path, sizeof address.sun_path - 1,
                                      "/proc/self/fd/{}/{}", folder, name);
    *end.out = '\0';
  }
};

} // namespace

int serve(const std::string &directory, const std::string &remote, bool foreground) {
  const place at(directory, remote);
  if (!foreground)
    detach();
  ::umask(0077);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none); // there may be a token in it
  const int lock = ::openat(at.folder, (at.name + ".lock").c_str(),
                            O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock < 0)
    throw failure(exit_file, directory + ": " + std::strerror(errno));
  struct flock whole{};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(lock, F_SETLK, &whole) != 0)
    return exit_ok; // another one serves
  ::unlinkat(at.folder, at.name.c_str(), 0);
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0 || ::fchmod(listener, 0600) != 0 ||
      ::bind(listener, reinterpret_cast<const sockaddr *>(&at.address), sizeof at.address) != 0 ||
      ::listen(listener, most_connections) != 0)
    throw failure(exit_file, directory + "/" + at.name + ": " + std::strerror(errno));
  {
    // Not destroyed: threads that wait for a server end with the process.
    settings with;
    std::string broken;
    try {
      with = parse_settings(remote);
    } catch (const failure &error) {
      broken = error.what();
    }
    auto *const it = new helper(std::move(with), std::move(broken), listener);
    it->run();
    ::unlinkat(at.folder, at.name.c_str(), 0);
    // Who has connected in this very moment is still served.
    pollfd file{listener, POLLIN, 0};
    if (::poll(&file, 1, 0) > 0)
      it->run();
  }
  ::_exit(exit_ok);
}

std::string ask_metrics(const std::string &directory, const std::string &remote) {
  const place at(directory, remote);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto deadline = steady_clock::now() + 2s;
  std::string content;
  const bool answered =
      socket >= 0 &&
      ::connect(socket, reinterpret_cast<const sockaddr *>(&at.address), sizeof at.address) == 0 &&
      rt::remote::send_message(socket, packer(message::metrics).take(), deadline) &&
      rt::remote::receive_message(socket, content, deadline);
  if (socket >= 0)
    ::close(socket);
  unpacker in(content);
  return answered && in.kind() == message::text ? in.text() : std::string();
}

} // namespace tl::tool::remote
