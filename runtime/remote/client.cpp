// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/remote/client.h"

#include "runtime/remote/helper.h"
#include "runtime/remote/wire.h"
#include "runtime/support/log.h"
#include "runtime/support/made_once.h"
#include "runtime/support/thread_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace tl::rt::remote {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

/// Longest wait for a helper that takes a call, one that has to be started included.
constexpr auto connect_limit = 200ms;
/// After a failure nobody is asked for this long, then twice as long, and so on.
constexpr std::chrono::seconds first_pause = 30s, longest_pause = 10min;
/// What waiting may cost a process at its start, and which share of its time later.
constexpr auto most_waiting = 1s;
constexpr double waiting_share = 0.1;

/// A connection whose end is the lease's.
class connection_lease final : public lease {
public:
  explicit connection_lease(int socket) : socket_(socket), process_(::getpid()) {
    abandoned_ = when_abandoned([socket, process = process_] { end(socket, process); });
  }
  ~connection_lease() override { end(socket_, process_); }
  connection_lease(const connection_lease &) = delete;
  connection_lease &operator=(const connection_lease &) = delete;

  int socket() const { return socket_; }

private:
  /// A forked child has a copy of the descriptor, and no lease.
  static void end(int socket, pid_t process) {
    if (process == ::getpid())
      ::shutdown(socket, SHUT_RDWR);
    ::close(socket);
  }

  int socket_;
  pid_t process_;
  std::shared_ptr<const void> abandoned_;
};

std::int64_t to_ns(steady_clock::duration time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
}

std::int64_t scaled_ns(steady_clock::duration time, double by) {
  return static_cast<std::int64_t>(static_cast<double>(to_ns(time)) * by);
}

/// Of "|wait=MILLISECONDS", the time for a look-up.
double patience_of(const std::string &remote) {
  constexpr std::string_view word = "|wait=";
  constexpr double usual_ms = 500, least_ms = 1, most_ms = 600'000;
  const std::size_t at = remote.find(word);
  if (at == std::string::npos)
    return 1;
  int ms = 0;
  const char *const begin = remote.data() + at + word.size();
  const auto read = std::from_chars(begin, remote.data() + remote.size(), ms);
  return read.ec == std::errc{} ? std::clamp<double>(ms, least_ms, most_ms) / usual_ms : 1;
}

std::int64_t now_ns() { return to_ns(steady_clock::now().time_since_epoch()); }

} // namespace

client::client(std::string directory, std::string remote)
    : directory_(std::move(directory)), remote_(std::move(remote)),
      trusts_proofs_((remote_ + '|').find("|trust-proofs|") != std::string::npos),
      patience_(patience_of(remote_)), left_ns_(scaled_ns(most_waiting, patience_)),
      refilled_at_(now_ns()) {}

bool client::may_ask() {
  const std::int64_t now = now_ns();
  const std::int64_t before = refilled_at_.exchange(now);
  const auto earned = static_cast<std::int64_t>(
      waiting_share * static_cast<double>(std::max<std::int64_t>(0, now - before)));
  const std::int64_t left = std::min(left_ns_.load() + earned, scaled_ns(most_waiting, patience_));
  left_ns_ = left;
  return left > 0 && now >= ask_at_.load();
}

client::duration client::longest_connect() const {
  return std::chrono::nanoseconds(scaled_ns(connect_limit, patience_));
}

void client::spend(duration time) { left_ns_ -= to_ns(time); }

void client::fail(const std::string &why) {
  const int times = std::min(++failures_, 10);
  const auto pause =
      std::min<std::chrono::nanoseconds>(first_pause * (1 << (times - 1)), longest_pause);
  ask_at_ = now_ns() + pause.count();
  const std::string text =
      fmt::format("TL_REMOTE is left alone for {} s, and the program goes on without: {}",
                  std::chrono::duration_cast<std::chrono::seconds>(pause).count(), why);
  if (!warn_once("TL_REMOTE", text))
    log_info(text);
}

/// The connection, or -1 where no answer came.
int client::ask(std::string_view message, std::string &answer, duration limit, time_point now) {
  std::string why;
  const time_point deadline = now + limit;
  const int socket =
      connect_to_helper(directory_, remote_, std::min(now + longest_connect(), deadline), why);
  if (socket >= 0 && send_message(socket, message, deadline) &&
      receive_message(socket, answer, deadline)) {
    spend(steady_clock::now() - now);
    return socket;
  }
  if (why.empty())
    why = socket < 0 ? "its helper process did not take a call in time"
                     : "its helper process did not answer in time";
  if (socket >= 0)
    ::close(socket);
  spend(steady_clock::now() - now);
  fail(why);
  return -1;
}

std::optional<foreign_winner> client::lookup(const store::winner_key &key, duration limit) {
  if (!may_ask())
    return std::nullopt;
  packer question(message::lookup);
  question.add(key);
  std::string answer;
  const int socket = ask(question.take(), answer, limit, steady_clock::now());
  if (socket < 0)
    return std::nullopt;
  ::close(socket);
  unpacker in(answer);
  if (in.kind() == message::unavailable) {
    fail(in.text());
    return std::nullopt;
  }
  failures_ = 0;
  if (in.kind() != message::winner)
    return std::nullopt;
  foreign_winner found = in.foreign();
  return in.complete() ? std::optional(std::move(found)) : std::nullopt;
}

lease_answer client::take_lease(const store::winner_key &key, duration limit) {
  lease_answer made;
  if (!may_ask())
    return made;
  packer question(message::lease);
  question.add(key);
  std::string answer;
  const int socket = ask(question.take(), answer, limit, steady_clock::now());
  if (socket < 0)
    return made;
  unpacker in(answer);
  if (in.kind() == message::granted) {
    made.state = lease_answer::outcome::granted;
    made.held = std::make_shared<connection_lease>(socket);
    return made;
  }
  ::close(socket);
  if (in.kind() == message::held) {
    made.state = lease_answer::outcome::held;
    made.holder = in.text();
  } else if (in.kind() == message::winner) {
    made.winner = in.foreign();
    if (in.complete())
      made.state = lease_answer::outcome::found;
  } else if (in.kind() == message::unavailable)
    fail(in.text());
  return made;
}

void client::publish(const finding &found, const std::shared_ptr<lease> &under, duration limit) {
  packer news(message::publish);
  news.add(found);
  const std::string bytes = news.take();
  const time_point now = steady_clock::now();
  if (bytes.size() > most_bytes)
    return;
  if (const auto *const kept = dynamic_cast<const connection_lease *>(under.get())) {
    if (!send_message(kept->socket(), bytes, now + limit))
      log_info("TL_REMOTE: the helper process did not take a winner; it stays on this machine");
    return;
  }
  if (!may_ask())
    return;
  std::string why;
  const int socket = connect_to_helper(directory_, remote_, now + longest_connect(), why);
  if (socket < 0 || !send_message(socket, bytes, now + limit))
    log_info("TL_REMOTE: the helper process did not take a winner; it stays on this machine");
  if (socket >= 0)
    ::close(socket);
}

fleet *program_fleet(const controls &controls, const std::string &directory) {
  static constinit made_once<std::optional<client>> known;
  std::optional<client> &made = known.get([&] {
    auto fresh = std::make_unique<std::optional<client>>();
    // The best of a part is no winner that others could use.
    if (!controls.remote.empty() && controls.parts == 1 && !controls.disable_cache &&
        !directory.empty())
      fresh->emplace(directory, controls.remote);
    return fresh;
  });
  return made ? &*made : nullptr;
}

} // namespace tl::rt::remote
