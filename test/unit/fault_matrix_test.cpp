// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every way of misbehaving that we could think of costs the misbehaving variant its trial and
// nothing else, and the record says what it did.

#include "test_factory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cfenv>
#include <cmath>
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <pthread.h>
#include <span>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace tl::rt {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

#if defined(__has_feature)
constexpr bool thread_sanitized = __has_feature(thread_sanitizer);
constexpr bool sanitized = __has_feature(address_sanitizer) || thread_sanitized;
#else
constexpr bool thread_sanitized = false, sanitized = false;
#endif

constexpr int n = 64;

void right(const float *x, std::span<float> y) {
  for (int i = 0; i < n; ++i)
    y[static_cast<std::size_t>(i)] = 2 * x[i];
}

using variant = void (*)(const float *, std::span<float>);

// Keeps the compiler from seeing through what is about to happen.
template <class T> T opaque(T value) {
  __asm__ volatile("" : "+r"(value));
  return value;
}

int overflow_stack(int depth) {
  volatile char frame[4096];
  frame[0] = static_cast<char>(depth);
  return depth > opaque(1 << 30) ? 0 : overflow_stack(depth + 1) + frame[0];
}

void close_everything() { ::syscall(SYS_close_range, 0u, ~0u, 0u); }

void scribble_over_descriptors() {
  for (int descriptor = 3; descriptor < 1024; ++descriptor)
    ::send(descriptor, "junk", 4, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void start_writing_thread(std::span<float> y) {
  std::thread([y] {
    for (volatile unsigned i = 0;; i = i + 1)
      y[i % n] = static_cast<float>(i);
  }).detach();
}

void throw_it(const char *text) { throw std::runtime_error(text); }

std::jmp_buf jump;

struct fault {
  const char *name;
  variant run;
  trial_status status;
  const char *reason; ///< regular expression
  double limit_s = 10;
};

const fault faults[] = {
    {"endless loop",
     [](const float *, std::span<float>) {
       for (volatile int i = 0;;)
         static_cast<void>(i);
     },
     trial_status::timed_out, "^killed after 0.3 s$", 0.3},
    {"sleeps for ever", [](const float *, std::span<float>) { ::sleep(1000); },
     trial_status::timed_out, "^killed after 0.3 s$", 0.3},
    {"abort", [](const float *, std::span<float>) { std::abort(); }, trial_status::crashed,
     "^signal 6 \\(abort\\)$"},
    {"writes through a null pointer",
     [](const float *, std::span<float>) { *opaque(static_cast<volatile float *>(nullptr)) = 1; },
     trial_status::crashed, "^signal 11 \\(segmentation fault\\) at address 0x0$"},
    {"wrong result",
     [](const float *x, std::span<float> y) {
       right(x, y);
       y[3] = 1e6F;
       y[4] = 1e6F;
     },
     trial_status::wrong,
     "^2 of 64 elements of y differ, the first is y\\[3\\]: got 1000000, expected 6$"},
    {"throws an exception",
     [](const float *, std::span<float>) { throw std::runtime_error("too wide"); },
     trial_status::threw, "^threw std::runtime_error: too wide$"},
    {"throws an int", [](const float *, std::span<float>) { throw 42; }, trial_status::threw,
     "^threw int$"},
    {"throws while nothing may",
     [](const float *, std::span<float>) noexcept { throw_it("out of a noexcept function"); },
     trial_status::crashed, "^signal 6 \\(abort\\): terminate called .*out of a noexcept function"},
    {"throws in a thread of its own",
     [](const float *, std::span<float>) {
       std::thread([] { throw std::runtime_error("elsewhere"); }).join();
     },
     trial_status::crashed, "^signal 6 \\(abort\\): terminate called .*elsewhere"},
    {"exit", [](const float *, std::span<float>) { std::exit(3); }, trial_status::exited,
     "^called exit\\(3\\)$"},
    {"_exit", [](const float *, std::span<float>) { ::_exit(0); }, trial_status::exited,
     "^called _exit\\(0\\)$"},
    {"quick_exit", [](const float *, std::span<float>) { std::quick_exit(4); },
     trial_status::exited, "^called exit"},
    {"pthread_exit", [](const float *, std::span<float>) { ::pthread_exit(nullptr); },
     trial_status::exited, "^ended its thread \\(pthread_exit\\)$"},
    {"kills itself", [](const float *, std::span<float>) { ::kill(::getpid(), SIGKILL); },
     trial_status::crashed, "^signal 9 \\(killed\\)"},
    {"terminates itself", [](const float *, std::span<float>) { ::kill(::getpid(), SIGTERM); },
     trial_status::crashed, "^signal 15 \\(terminated\\)"},
    {"stops itself", [](const float *, std::span<float>) { ::raise(SIGSTOP); },
     trial_status::crashed, "^stopped its process \\(SIGSTOP\\)$"},
    {"overflows the stack",
     [](const float *, std::span<float> y) { y[0] = static_cast<float>(overflow_stack(1)); },
     trial_status::crashed, "^stack overflow, signal 11"},
    {"asks for memory without end",
     [](const float *, std::span<float>) {
       for (;;)
         std::memset(opaque(new char[std::size_t(256) << 20]), 1, 1);
     },
     trial_status::out_of_memory, "^out of memory"},
    {"frees twice",
     [](const float *, std::span<float>) {
       void *block = opaque(std::malloc(100));
       std::free(block);
       std::free(opaque(block));
     },
     trial_status::crashed, "^signal 6 \\(abort\\): free\\(\\): double free"},
    {"writes one element past the end",
     [](const float *x, std::span<float> y) {
       right(x, y);
       // Whatever an earlier block left there, it changes: the same value written again is no
       // trace.
       float &beyond = opaque(y.data())[n];
       beyond = beyond == 1 ? 2.0F : 1.0F;
     },
     trial_status::out_of_bounds, "^wrote outside of y: 1 element, the nearest is y\\[64\\]$"},
    {"writes far past the end",
     [](const float *x, std::span<float> y) {
       right(x, y);
       opaque(y.data())[std::ptrdiff_t(1) << 40] = 1;
     },
     trial_status::crashed,
     "^signal 11 \\(segmentation fault\\)( at address 0x|, at an address that cannot be one)"},
    {"writes before the beginning",
     [](const float *x, std::span<float> y) {
       right(x, y);
       opaque(y.data())[-1] = 1;
     },
     trial_status::out_of_bounds, "^wrote outside of y: 1 element, the nearest is y\\[-1\\]$"},
    {"writes to its input",
     [](const float *x, std::span<float> y) {
       right(x, y);
       const_cast<float *>(x)[7] = 0;
     },
     trial_status::wrong, "^wrote to x\\[7\\], which is only read: got 0, was 7$"},
    {"closes all descriptors",
     [](const float *x, std::span<float> y) {
       right(x, y);
       close_everything();
     },
     trial_status::crashed, "^closed the worker's descriptors$"},
    {"scribbles over all descriptors",
     [](const float *x, std::span<float> y) {
       right(x, y);
       scribble_over_descriptors();
     },
     trial_status::crashed, "^wrote to the worker's descriptors$"},
    {"leaves a child behind",
     [](const float *x, std::span<float> y) {
       right(x, y);
       if (::fork() == 0)
         for (;;)
           ::pause();
     },
     trial_status::wrong, "^left 1 child process behind$"},
    {"leaves a child that leaves its session behind",
     [](const float *x, std::span<float> y) {
       right(x, y);
       if (const pid_t child = ::fork(); child == 0) {
         ::setsid();
         if (::fork() != 0)
           ::_exit(0);
         for (;;)
           ::pause();
       } else {
         ::waitpid(child, nullptr, 0);
       }
     },
     trial_status::wrong, "^left 1 child process behind$"},
    {"forks and returns twice",
     [](const float *x, std::span<float> y) {
       right(x, y);
       [[maybe_unused]] const pid_t child = ::fork();
     },
     trial_status::wrong, "^left 1 child process behind$"},
    {"leaves a thread that keeps writing",
     [](const float *x, std::span<float> y) {
       right(x, y);
       start_writing_thread(y);
     },
     trial_status::wrong, "(keeps being written|differ)"},
    {"divides by zero",
     [](const float *, std::span<float> y) { y[0] = static_cast<float>(opaque(1) / opaque(0)); },
     trial_status::crashed, "^signal 8 \\(arithmetic error\\), integer division by zero$"},
    {"illegal instruction", [](const float *, std::span<float>) { __builtin_trap(); },
     trial_status::crashed, "^signal (4 \\(illegal instruction\\)|5 \\(trap\\))"},
    {"leaves the rounding mode changed",
     [](const float *x, std::span<float> y) {
       right(x, y);
       std::fesetround(FE_UPWARD);
     },
     trial_status::wrong, "^left the rounding mode changed$"},
#if defined(__x86_64__)
    {"leaves denormals flushed to zero",
     [](const float *x, std::span<float> y) {
       right(x, y);
       _mm_setcsr(_mm_getcsr() | 0x8040);
     },
     trial_status::wrong, "^left the floating-point control changed"},
#endif
    {"leaves the signal mask changed",
     [](const float *x, std::span<float> y) {
       right(x, y);
       sigset_t all;
       sigfillset(&all);
       ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
     },
     trial_status::wrong, "^left the signal mask changed$"},
    {"leaves a signal handler behind",
     [](const float *x, std::span<float> y) {
       right(x, y);
       ::signal(SIGSEGV, SIG_IGN);
     },
     trial_status::wrong, "^left the handler of signal 11 changed$"},
    {"leaves another working directory",
     [](const float *x, std::span<float> y) {
       right(x, y);
       if (::chdir("/") != 0)
         std::abort();
     },
     trial_status::wrong, "^left the working directory changed$"},
    {"leaves another file mode mask",
     [](const float *x, std::span<float> y) {
       right(x, y);
       ::umask(0777);
     },
     trial_status::wrong, "^left the file mode mask changed$"},
    {"leaves NaN",
     [](const float *x, std::span<float> y) {
       right(x, y);
       y[5] = std::nanf("");
     },
     trial_status::wrong,
     "^1 of 64 elements of y differ, the first is y\\[5\\]: got nan, expected 10$"},
    {"does not write everything",
     [](const float *x, std::span<float> y) {
       const float last = y[n - 1];
       right(x, y);
       y[n - 1] = last;
     },
     trial_status::wrong, "^1 of 64 elements of y were never written, the first is y\\[63\\]$"},
    {"is not the same twice",
     [](const float *x, std::span<float> y) {
       static std::atomic<int> calls{0};
       right(x, y);
       y[9] += 1e-5F * static_cast<float>(++calls);
     },
     trial_status::inconsistent, "^run 2 of 3 on the same inputs differs at y\\[9\\]"},
    {"jumps out", [](const float *, std::span<float>) { std::longjmp(jump, 1); },
     trial_status::crashed, "."},
    {"ends by the group's signal", [](const float *, std::span<float>) { ::kill(0, SIGUSR1); },
     trial_status::crashed, "^signal 10 \\(SIGUSR1\\)$"},
    {"prints without end",
     [](const float *, std::span<float>) {
       for (;;)
         if (::write(1, "all work and no play\n", 21) < 0)
           ::usleep(1000);
     },
     trial_status::timed_out, "^killed after 0.3 s$", 0.3},
};

std::vector<variant> variants() {
  std::vector<variant> result{right};
  for (const fault &each : faults)
    result.push_back(each.run);
  return result;
}

/// What all variants are tried on; one per thread.
struct problem {
  test_factory<void(const float *, std::span<float>)> factory{variants(), {"x", "y"}};
  std::vector<float> x = std::vector<float>(n);
  std::vector<float> y = std::vector<float>(n, -1.0F);
  const float *px = x.data();
  std::span<float> sy{y};
  std::unique_ptr<trial_bench> bench;

  problem() {
    for (std::size_t i = 0; i < n; ++i)
      x[i] = static_cast<float>(i);
    factory.factory.options.max_mismatched_ratio = 0.01;
    factory.factory.options.rtol = factory.factory.options.atol = 1e-2;
    factory.factory.options.check_repeat = 3;
    bench = factory.open(px, sy);
  }
};

void expect_contained(problem &on, std::size_t i) {
  const fault &each = faults[i];
  // There is no limit on memory under a sanitizer, which maps terabytes itself.
  if (sanitized && each.status == trial_status::out_of_memory)
    return;
  SCOPED_TRACE(each.name);
  const verdict outcome = on.bench->probe(static_cast<std::uint32_t>(i + 1), each.limit_s);
  if (thread_sanitized) {
    // It keeps blocks side by side, lets a fork start no threads, and reports what it finds in its
    // own way.
    EXPECT_FALSE(outcome.right());
  } else if (sanitized && outcome.reason.find("Sanitizer") != std::string::npos) {
    // It was quicker than we are, and has its own words.
    EXPECT_EQ(outcome.failure, trial_status::crashed);
  } else {
    EXPECT_EQ(to_string(outcome.status()), to_string(each.status)) << outcome.reason;
    EXPECT_THAT(outcome.reason, ContainsRegex(each.reason));
  }
  const verdict after = on.bench->probe(0, 10);
  EXPECT_TRUE(after.right()) << "afterwards: " << after.reason;
}

int open_descriptors() {
  int count = 0;
  for (int descriptor = 0; descriptor < 1024; ++descriptor)
    count += ::fcntl(descriptor, F_GETFD) >= 0;
  return count;
}

TEST(FaultMatrix, EachFaultCostsItsOwnTrial) {
  const int descriptors = open_descriptors();
  {
    problem on;
    ASSERT_TRUE(on.bench) << on.factory.error;
    const verdict prepared = on.bench->prepare();
    ASSERT_TRUE(prepared.right()) << prepared.reason;
    for (std::size_t i = 0; i < std::size(faults); ++i)
      expect_contained(on, i);
    EXPECT_EQ(on.y, std::vector<float>(n, -1.0F));
    EXPECT_EQ(on.x[7], 7.0F);
  }
  EXPECT_EQ(open_descriptors(), descriptors);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child was not collected";
}

TEST(FaultMatrix, SeveralThreadsAtOnce) {
  constexpr std::size_t threads = 4;
  std::vector<std::thread> running;
  for (std::size_t t = 0; t < threads; ++t)
    running.emplace_back([t] {
      problem on;
      ASSERT_TRUE(on.bench) << on.factory.error;
      const verdict prepared = on.bench->prepare();
      ASSERT_TRUE(prepared.right()) << prepared.reason;
      for (std::size_t i = 0; i < std::size(faults); ++i)
        expect_contained(on, (i + t * 7) % std::size(faults));
      EXPECT_EQ(on.y, std::vector<float>(n, -1.0F));
    });
  for (std::thread &each : running)
    each.join();
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child was not collected";
}

} // namespace
} // namespace tl::rt
