// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A program that is killed in the middle of a trial takes the worker along: nobody else could end it.
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime
// RUN: rm -f %t.pid
// RUN: timeout 60 %t %t.pid | %filecheck %s
// CHECK: the worker is gone

#include <tl/autotune.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

using namespace tl::keywords;

struct hang_config {
  int hang = 0;
};

inline constexpr auto modes = tl::space<hang_config>().axis(&hang_config::hang, {0, 1});

static const char *pid_file;
static pid_t program;

template <hang_config C = hang_config{}>
TL_AUTOTUNE(configs = modes, timeout = 1000)
void step(int n, float *data) {
  for (int i = 0; i < n; ++i)
    data[i] += 1;
  if (C.hang == 1) {
    const std::string unfinished = std::string(pid_file) + ".new";
    std::ofstream(unfinished) << ::getpid() << '\n';
    std::rename(unfinished.c_str(), pid_file);
    for (;;)
      ::pause();
  }
}

static bool is_gone(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  // A zombie that nobody has collected yet runs nothing any more.
  return !std::getline(stat, line) || line.find(") Z") != std::string::npos;
}

int main(int, char **argv) {
  pid_file = argv[1];
  program = ::fork();
  if (program == 0) {
    float data[16] = {};
    step(16, data);
    return 1;
  }
  pid_t worker = 0;
  for (int i = 0; i < 3000 && worker == 0; ++i) {
    ::usleep(10000);
    std::ifstream(pid_file) >> worker;
  }
  if (worker == 0 || is_gone(worker) || worker == program) {
    std::puts("there was no worker");
    return 1;
  }
  ::kill(program, SIGKILL);
  ::waitpid(program, nullptr, 0);
  for (int i = 0; i < 1000 && !is_gone(worker); ++i)
    ::usleep(10000);
  std::puts(is_gone(worker) ? "the worker is gone" : "the worker lives on");
}
