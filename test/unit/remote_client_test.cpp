// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a program makes of its helper process: one that hangs, talks nonsense, or is somebody
// else's costs little time, and nothing else.

#include "child_process.h"
#include "store_fixture.h"

#include "runtime/remote/client.h"
#include "runtime/remote/helper.h"
#include "runtime/remote/wire.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

namespace tl::rt::remote {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr const char *address = "http://nowhere.invalid";

/// A helper that answers each question as the test says; "": not at all.
class made_up_helper {
public:
  using answer_function = std::function<std::string(unpacker &question)>;

  made_up_helper(const std::string &directory, answer_function answer)
      : answer_(std::move(answer)), path_(directory + "/" + socket_name(address)) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::strncpy(at.sun_path, path_.c_str(), sizeof at.sun_path - 1);
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr *>(&at), sizeof at), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~made_up_helper() {
    over = true;
    thread_.join();
    ::close(listener_);
  }
  made_up_helper(const made_up_helper &) = delete;
  made_up_helper &operator=(const made_up_helper &) = delete;

  std::atomic<bool> over{false};
  std::atomic<int> calls{0}, ended{0};
  const std::string &path() const { return path_; }

private:
  void serve() {
    std::vector<int> open;
    while (!over) {
      pollfd file{listener_, POLLIN, 0};
      if (::poll(&file, 1, 10) > 0) {
        const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        ++calls;
        std::string content;
        if (receive_message(socket, content, steady_clock::now() + 5s)) {
          unpacker question(content);
          if (const std::string reply = answer_(question); !reply.empty())
            static_cast<void>(send_message(socket, reply, steady_clock::now() + 5s));
        }
        open.push_back(socket);
      }
      std::erase_if(open, [&](int socket) {
        char byte = 0;
        if (::recv(socket, &byte, 1, MSG_DONTWAIT) != 0)
          return false;
        ::close(socket);
        ++ended;
        return true;
      });
    }
    for (const int socket : open)
      ::close(socket);
  }

  answer_function answer_;
  std::string path_;
  int listener_ = -1;
  std::thread thread_;
};

class RemoteClient : public ::testing::Test {
protected:
  const test::temporary_directory folder;
  const store::winner_key key = test::make_request().key();
  client asker{folder.path(), address};
};

TEST_F(RemoteClient, WinnerComesThrough) {
  made_up_helper helper(folder.path(), [&](unpacker &question) {
    EXPECT_EQ(question.kind(), message::lookup);
    EXPECT_EQ(question.key(), key);
    packer out(message::winner);
    out.add(foreign_winner{test::make_winner("c=3", 1000), {}, "another machine"});
    return out.take();
  });
  const auto found = asker.lookup(key, 10s);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->best, test::make_winner("c=3", 1000));
  EXPECT_EQ(found->origin, "another machine");
}

TEST_F(RemoteClient, HelperThatHangsIsLeftAlone) {
  made_up_helper helper(folder.path(), [](unpacker &) { return std::string(); });
  const auto begun = steady_clock::now();
  EXPECT_FALSE(asker.lookup(key, 300ms));
  EXPECT_LT(steady_clock::now() - begun, 3s);
  EXPECT_EQ(helper.calls, 1);
  for (int i = 0; i < 100; ++i)
    EXPECT_FALSE(asker.lookup(key, 300ms));
  EXPECT_EQ(asker.take_lease(key, 300ms).state, lease_answer::outcome::unknown);
  EXPECT_LT(steady_clock::now() - begun, 3s) << "nobody was asked again";
  EXPECT_EQ(helper.calls, 1);
}

TEST_F(RemoteClient, PlaceThatIsAwayIsLeftAlone) {
  made_up_helper helper(folder.path(), [](unpacker &) {
    packer out(message::unavailable);
    out.add("the network is down");
    return out.take();
  });
  EXPECT_FALSE(asker.lookup(key, 10s));
  EXPECT_FALSE(asker.lookup(key, 10s));
  EXPECT_EQ(helper.calls, 1);
}

TEST_F(RemoteClient, NonsenseIsNoWinner) {
  int turn = 0;
  made_up_helper helper(folder.path(), [&](unpacker &) {
    packer out(message::winner);
    out.add("half a winner");
    const std::string answers[] = {out.take(), packer(message::text).take(),
                                   std::string("\x02\0\0\0xx", 6), packer(message::none).take()};
    return answers[turn++ % 4];
  });
  for (int i = 0; i < 4; ++i)
    EXPECT_FALSE(asker.lookup(key, 10s));
  EXPECT_EQ(helper.calls, 4);
}

TEST_F(RemoteClient, AnswerThatIsTooLargeIsNotRead) {
  made_up_helper helper(folder.path(), [&](unpacker &) {
    return std::string("\xff\xff\xff\x7f", 4) + std::string(100, 'x');
  });
  EXPECT_FALSE(asker.lookup(key, 10s));
}

TEST_F(RemoteClient, LeaseEndsWithItsObject) {
  made_up_helper helper(folder.path(), [](unpacker &question) {
    return packer(question.kind() == message::lease ? message::granted : message::none).take();
  });
  lease_answer got = asker.take_lease(key, 10s);
  ASSERT_EQ(got.state, lease_answer::outcome::granted);
  EXPECT_EQ(helper.ended, 0);
  got.held.reset();
  for (int i = 0; i < 1000 && helper.ended == 0; ++i)
    std::this_thread::sleep_for(10ms);
  EXPECT_EQ(helper.ended, 1);
}

TEST_F(RemoteClient, SocketOfAnotherUserIsNotUsed) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "only root can make one";
  made_up_helper helper(folder.path(), [](unpacker &) { return packer(message::none).take(); });
  constexpr uid_t nobody = 65534;
  ASSERT_EQ(::lchown(helper.path().c_str(), nobody, nobody), 0);
  EXPECT_FALSE(asker.lookup(key, 10s));
  EXPECT_EQ(helper.calls, 0);
}

TEST_F(RemoteClient, FileInPlaceOfTheSocketIsNotUsed) {
  const std::string path = folder.path() + "/" + socket_name(address);
  ASSERT_EQ(::symlink("/dev/null", path.c_str()), 0);
  EXPECT_FALSE(asker.lookup(key, 10s));
}

TEST(RemoteClientWords, ProofsAreTrustedOnlyWhereTheUserSaysSo) {
  EXPECT_FALSE(client("/nowhere", "http://h/x").trusts_proofs());
  EXPECT_FALSE(client("/nowhere", "http://h/x|host=trust-proofs").trusts_proofs());
  EXPECT_TRUE(client("/nowhere", "http://h/x|trust-proofs").trusts_proofs());
  EXPECT_TRUE(client("/nowhere", "http://h/x|trust-proofs|host=a").trusts_proofs());
}

} // namespace
} // namespace tl::rt::remote
