// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/worker/supervisor.h"
#include "runtime/worker/worker_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace tl::rt {
namespace {

using testing::HasSubstr;

/// Does what the number of the variant says.
class obedient final : public request_handler {
public:
  void handle(const worker_request &request, worker_reply &reply) override {
    switch (request.variant) {
    case 1:
      std::abort();
    case 2:
      for (;;)
        ::pause();
    case 3:
      reply.set_text(std::string(5000, 'x'));
      break;
    case 4:
      reply.time_ns = static_cast<double>(::getpid());
      break;
    case 5:
      reply.code = ::write(7, "", 1) < 0 && ::fcntl(STDIN_FILENO, F_GETFD) >= 0;
      break;
    case 7: // takes its time in code of ours
      enter_phase(worker_phase::checking);
      ::usleep(300000);
      break;
    case 8: // several runs, each below the limit
      for (int i = 0; i < 5; ++i) {
        enter_phase(worker_phase::variant);
        ::usleep(100000);
        enter_phase(worker_phase::checking);
      }
      break;
    case 9: // one run above it
      enter_phase(worker_phase::variant);
      ::usleep(10000000);
      break;
    case 6:
      throw std::runtime_error("handler");
    default:
      break;
    }
  }
};

std::unique_ptr<supervisor> make(std::string setup_error = "") {
  return std::make_unique<supervisor>([setup_error](const worker_link &link) {
    return fork_worker(link, {},
                       [setup_error](std::string &error) -> std::unique_ptr<request_handler> {
                         error = setup_error;
                         return error.empty() ? std::make_unique<obedient>() : nullptr;
                       });
  });
}

worker_request ask_for(std::uint32_t what) {
  worker_request request{};
  request.kind = request_kind::probe;
  request.variant = what;
  return request;
}

TEST(Supervisor, LivesOnWhileTheWorkerBehaves) {
  const auto worker = make();
  ASSERT_TRUE(worker->start(10));
  const pid_t pid = worker->pid();
  for (int i = 0; i < 3; ++i) {
    const worker_answer answer = worker->ask(ask_for(4), 10);
    ASSERT_TRUE(answer.replied) << answer.reason;
    EXPECT_EQ(answer.reply.time_ns, static_cast<double>(pid));
  }
  EXPECT_EQ(worker->ask(ask_for(3), 10).reply.get_text().size(), max_reply_text);
  const worker_answer thrown = worker->ask(ask_for(6), 10);
  EXPECT_EQ(thrown.reply.code, static_cast<int>(trial_status::harness_error));
  EXPECT_EQ(thrown.found().failure, trial_status::harness_error);
  EXPECT_EQ(thrown.reply.get_text(), "handler");
  worker->stop();
  EXPECT_NE(::kill(pid, 0), 0);
}

TEST(Supervisor, LeavesTheTimeUntilTheHelloToItsCaller) {
  std::array<int, 2> go{};
  ASSERT_EQ(::pipe(go.data()), 0);
  // Says hello only when it has been told to, after its birth.
  supervisor worker([&](const worker_link &link) {
    return fork_worker(link, go, [&](std::string &) -> std::unique_ptr<request_handler> {
      char byte = 0;
      return ::read(go[0], &byte, 1) == 1 ? std::make_unique<obedient>() : nullptr;
    });
  });
  int called = 0;
  const auto meanwhile = [&] {
    ++called;
    ASSERT_EQ(::write(go[1], "x", 1), 1);
  };
  ASSERT_TRUE(worker.start(10, meanwhile));
  EXPECT_EQ(called, 1);
  ASSERT_TRUE(worker.start(10, meanwhile)) << "it lives already";
  EXPECT_EQ(called, 1);
  worker.stop();
  for (const int end : go)
    ::close(end);
}

TEST(Supervisor, SaysWhyAndCanBeStartedAgain) {
  const auto worker = make();
  EXPECT_FALSE(worker->ask(ask_for(0), 10).replied);
  ASSERT_TRUE(worker->start(10));
  const worker_answer aborted = worker->ask(ask_for(1), 10);
  EXPECT_FALSE(aborted.replied);
  EXPECT_EQ(aborted.status, trial_status::crashed);
  EXPECT_EQ(aborted.reason, "signal 6 (abort)");
  EXPECT_FALSE(worker->running());
  ASSERT_TRUE(worker->start(10));
  const worker_answer late = worker->ask(ask_for(2), 0.05);
  EXPECT_EQ(late.status, trial_status::timed_out);
  EXPECT_FALSE(worker->running());
  ASSERT_TRUE(worker->start(10));
  EXPECT_TRUE(worker->ask(ask_for(0), 10).replied);
}

TEST(Supervisor, TheLimitIsForOneRunOfWhatIsTried) {
  const auto worker = make();
  ASSERT_TRUE(worker->start(10));
  EXPECT_TRUE(worker->ask(ask_for(7), 0.1).replied);
  EXPECT_TRUE(worker->ask(ask_for(8), 0.4).replied);
  const worker_answer late = worker->ask(ask_for(9), 0.2);
  EXPECT_EQ(late.status, trial_status::timed_out);
  EXPECT_EQ(late.reason, "killed after 0.2 s");
}

TEST(Supervisor, TellsWhyAWorkerDidNotStart) {
  const auto worker = make("no such luck");
  const status started = worker->start(10);
  EXPECT_FALSE(started);
  EXPECT_THAT(started.text(), HasSubstr("no such luck"));
  supervisor unborn([](const worker_link &) {
    errno = EAGAIN;
    return -1;
  });
  EXPECT_THAT(unborn.start(1).text(), HasSubstr("no worker process"));
}

TEST(Supervisor, TheWorkerHasNoneOfTheCallersDescriptors) {
  const int file = ::open("/dev/null", O_WRONLY);
  ASSERT_EQ(::dup2(file, 7), 7);
  const auto worker = make();
  ASSERT_TRUE(worker->start(10));
  EXPECT_EQ(worker->ask(ask_for(5), 10).reply.code, 1);
  ::close(7);
  ::close(file);
}

/// The program's own way with its children must not confuse us, nor we it.
class WithSigchld : public testing::TestWithParam<void (*)(int)> {};

void collect_all(int) {
  const int error = errno;
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
  errno = error;
}

TEST_P(WithSigchld, WorkersComeAndGo) {
  struct sigaction action{}, before{};
  action.sa_handler = GetParam();
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGCHLD, &action, &before);
  {
    const auto worker = make();
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(worker->start(10));
      EXPECT_TRUE(worker->ask(ask_for(0), 10).replied);
      const worker_answer aborted = worker->ask(ask_for(1), 10);
      EXPECT_EQ(aborted.status, trial_status::crashed);
      EXPECT_EQ(aborted.reason, "signal 6 (abort)");
      ASSERT_TRUE(worker->start(10));
      const worker_answer late = worker->ask(ask_for(2), 0.05);
      EXPECT_EQ(late.status, trial_status::timed_out);
    }
  }
  ::sigaction(SIGCHLD, &before, nullptr);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
}

INSTANTIATE_TEST_SUITE_P(Supervisor, WithSigchld, testing::Values(SIG_DFL, SIG_IGN, collect_all));

// The worker is told of its parent's death by the kernel: nobody else could.
TEST(Supervisor, NoWorkerOutlivesTheProgram) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const pid_t program = ::fork();
  ASSERT_GE(program, 0);
  if (program == 0) {
    const auto worker = make();
    const bool started = worker->start(10).is_ok();
    const pid_t pid = started ? worker->pid() : -1;
    if (::write(pipe_ends[1], &pid, sizeof pid) != sizeof pid)
      ::_exit(1);
    worker->ask(ask_for(2), 1000);
    ::_exit(1);
  }
  pid_t worker = -1;
  ASSERT_EQ(::read(pipe_ends[0], &worker, sizeof worker), static_cast<ssize_t>(sizeof worker));
  ASSERT_GT(worker, 0);
  EXPECT_EQ(::kill(worker, 0), 0);
  ::usleep(20000);
  ::kill(program, SIGKILL);
  ::waitpid(program, nullptr, 0);
  bool gone = false;
  for (int i = 0; i < 500 && !gone; ++i) {
    // Gone, or a zombie that nobody has collected yet.
    gone = ::kill(worker, 0) != 0;
    const std::string path = "/proc/" + std::to_string(worker) + "/stat";
    char text[256] = "";
    if (const int file = ::open(path.c_str(), O_RDONLY); file >= 0) {
      if (::read(file, text, sizeof text - 1) > 0)
        gone = gone || std::string(text).find(") Z") != std::string::npos;
      ::close(file);
    }
    ::usleep(10000);
  }
  EXPECT_TRUE(gone);
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
}

} // namespace
} // namespace tl::rt
