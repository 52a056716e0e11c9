// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A program forks while another of its threads is in the dynamic loader, and its child makes its first call:
// what the loader locks for a list of images stays locked there (glibc unlocks the rest). The child runs its
// default config, with the reason, and ends; the program is tuned.
//
// RUN: %clangxx -O1 -shared -fPIC -DLIBRARY %s -o %t.so
// RUN: %clangxx %plugin -O1 %s -o %t %runtime -pthread -ldl
// RUN: timeout 200 %t %t.so > %t.out 2> %t.err
// RUN: FileCheck %s < %t.out
// RUN: FileCheck %s --check-prefix=SAYS < %t.err
// CHECK: nobody: right in time
// CHECK-NEXT: a list of images: right in time
// CHECK-NEXT: a library: right in time
// CHECK-NEXT: the program: right in time
// SAYS-NOT: n=4096
// SAYS: n=4097){{.*}} runs its default config: the program has forked this process while another thread of it was in the dynamic loader
// SAYS-NOT: n=4099

#include <csignal>
#include <unistd.h>

#ifdef LIBRARY

/// Says that it is being loaded, and stays so for a while.
[[gnu::constructor]] static void load() {
  kill(getpid(), SIGUSR1);
  usleep(500000);
}

#else

#include "Inputs/host.h"

#include <atomic>
#include <dlfcn.h>
#include <link.h>
#include <sys/wait.h>
#include <thread>

static std::atomic<bool> inside{false};

static void list_images(const char *) {
  dl_iterate_phdr(
      [](dl_phdr_info *, size_t, void *) {
        inside = true;
        usleep(500000);
        return 1;
      },
      nullptr);
}

static void load_library(const char *path) { dlclose(dlopen(path, RTLD_NOW)); }

static void expect(const char *name, int n, void (*in_loader)(const char *), const char *library) {
  inside = in_loader == nullptr;
  std::thread other([&] {
    if (in_loader)
      in_loader(library);
  });
  while (!inside)
    usleep(1000);
  const pid_t child = fork();
  if (child == 0)
    _exit(!host::right(n));
  other.join();
  int status = 0;
  for (const host::stopwatch watch; waitpid(child, &status, WNOHANG) != child; usleep(10000))
    if (watch.seconds() > 40) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      break;
    }
  std::printf("%s: %s\n", name, status == 0 ? "right in time" : WIFSIGNALED(status) ? "HANGS" : "WRONG");
  std::fflush(stdout);
}

int main(int, char **arguments) {
  std::signal(SIGUSR1, [](int) { inside = true; });
  expect("nobody", 4096, nullptr, nullptr);
  expect("a list of images", 4097, list_images, nullptr);
  expect("a library", 4098, load_library, arguments[1]);
  std::printf("the program: %s\n", host::right(4099) ? "right in time" : "WRONG");
}

#endif
