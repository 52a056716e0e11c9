// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Functions that wait for other threads of the program (a pool of its own, a team that meets at a barrier)
// cannot be tried. That is found out soon, not after `timeout`, once for all problems and later starts, and
// every listing says it.
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime -pthread
// RUN: timeout 60 %t > %t.out 2> %t.err
// RUN: FileCheck %s < %t.out
// RUN: FileCheck %s --check-prefix=SAYS < %t.err
// RUN: timeout 60 %t again > %t.out 2> %t.err
// RUN: FileCheck %s --check-prefix=AGAIN < %t.out
// RUN: FileCheck %s --check-prefix=KNOWN < %t.err
// RUN: %sql "SELECT f.name, u.reason FROM untunable u JOIN factories f ON f.id = u.factory_id ORDER BY f.name" | FileCheck %s --check-prefix=RECORD
// CHECK: pool: right, soon
// CHECK-NEXT: pool, another problem: right, at once
// CHECK-NEXT: team: right, soon
// CHECK-NEXT: sleeper: right, and tuned
// SAYS: pooled(n=4096) runs its default config: nothing to check the variants against: the default config: waits for another thread of the program, which trials do not have (a thread pool, a team, a lock)
// AGAIN: pool: right, at once
// AGAIN-NEXT: pool, another problem: right, at once
// AGAIN-NEXT: team: right, at once
// KNOWN: pooled(n=4096) runs its default config: {{.*}}known from an earlier session (tltune forget makes it anew)
// RECORD: pooled|{{.*}}waits for another thread of the program
// RECORD: together|{{.*}}waits for another thread of the program

#include "Inputs/host.h"

#include <barrier>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unistd.h>

using namespace tl::keywords;

/// One thread that works, made before the first tuned call.
class pool {
public:
  void run(void (*job)(void *), void *argument) {
    std::unique_lock lock(mutex_);
    job_ = job;
    argument_ = argument;
    done_ = false;
    changed_.notify_all();
    changed_.wait(lock, [&] { return done_; });
  }

private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return job_ != nullptr; });
      job_(argument_);
      job_ = nullptr;
      done_ = true;
      changed_.notify_all();
    }
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  void (*job_)(void *) = nullptr;
  void *argument_ = nullptr;
  bool done_ = false;
  std::thread thread_{[this] { work(); }};
};

static pool *the_pool;

struct job {
  int n;
  const float *x;
  float *y;
};

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, timeout = 60)]]
void pooled(int n, const float *x, float *y) {
  job work{n, x, y};
  the_pool->run(
      [](void *argument) {
        const auto *at = static_cast<job *>(argument);
        for (int i = 0; i < at->n; ++i)
          at->y[i] = 2 * at->x[i];
      },
      &work);
}

static std::barrier<> meeting(2);
static int by_n(int n, int *, int) { return n; }

template <host::config C = host::config{}>
[[tl::autotune(configs = host::steps, timeout = 60, key = by_n)]]
void together(int n, int *out, int rank) {
  for (int i = rank; i < n; i += 2)
    out[i] += 1;
  meeting.arrive_and_wait();
}

// Asleep, too, but it wakes by itself.
template <host::config C = host::config{}>
[[tl::autotune({.step = 1}, {.step = 2}, timeout = 60, rep = 1, warmup = 0)]]
void sleeper(int n, const float *x, float *y) {
  usleep(C.step == 1 ? 900000 : 450000);
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
  y[0] += static_cast<float>(C.step - C.step);
}

template <class Call> static double timed(Call &&call) {
  const host::stopwatch watch;
  call();
  return watch.seconds();
}

static const char *how_long(double seconds) {
  return seconds < 0.3 ? "at once" : seconds < 15 ? "soon" : "LATE";
}

int main(int count, char **) {
  the_pool = new pool;
  std::vector<float> x(5000, 1), y(5000);
  for (const int n : {4096, 4097}) {
    const double seconds = timed([&] { pooled(n, x.data(), y.data()); });
    std::printf("pool%s: %s, %s\n", n == 4096 ? "" : ", another problem",
                y[static_cast<std::size_t>(n) - 1] == 2 ? "right" : "WRONG", how_long(seconds));
  }
  static int out[64];
  const double seconds = timed([&] {
    std::thread one([&] { together(64, out, 0); }), other([&] { together(64, out, 1); });
    one.join();
    other.join();
  });
  bool all = true;
  for (const int value : out)
    all = all && value == 1;
  std::printf("team: %s, %s\n", all ? "right" : "WRONG", how_long(seconds));
  if (count == 1) {
    sleeper(4096, x.data(), y.data());
    std::printf("sleeper: %s\n",
                y[9] == 2 && timed([&] { sleeper(4096, x.data(), y.data()); }) < 0.8 ? "right, and tuned"
                                                                                    : "WRONG");
  }
  std::fflush(stdout);
  _exit(0);
}
