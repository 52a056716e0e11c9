// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Without a readable map of the process nothing says how far buffers go and what a trial changes: no trial, and a line.
//
// REQUIRES: root
// RUN: %clangxx -O2 %plugin %s -o %t %runtime
// RUN: %t 2>%t.err | FileCheck %s
// RUN: FileCheck %s --check-prefix=ERR < %t.err
// RUN: %t chroot 2>%t.err | FileCheck %s
// RUN: FileCheck %s --check-prefix=ERR < %t.err
// CHECK: right
// CHECK: right
// ERR: memory map (/proc/self/maps) cannot be read

#include <tl/autotune.h>

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

using namespace tl::keywords;

struct config {
  int unroll = 1;
};
template <config C = config{}>
[[tl::autotune({.unroll = 8}, rep = 10, warmup = 1)]]
void pointers(int n, const float *x, float *y) {
  if (C.unroll == 8) { // wrong, and the fastest
    y[0] = 1;
    return;
  }
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
}
template <config C = config{}>
[[tl::autotune({.unroll = 8}, rep = 10, warmup = 1)]]
void views(int n, tl::in<float> x, tl::out<float> y) {
  if (C.unroll == 8) {
    y[0] = 1;
    return;
  }
  for (int i = 0; i < n; ++i)
    y[i] = 2 * x[i];
}

/// A sandbox in which files below some folders can be read and no others.
static bool confine() {
  landlock_ruleset_attr rules{};
  rules.handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE;
  const int set = int(syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0));
  if (set < 0)
    return false;
  for (const char *folder : {"/tmp", "/dev"}) {
    landlock_path_beneath_attr beneath{};
    beneath.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE;
    beneath.parent_fd = open(folder, O_PATH);
    syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
  }
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return syscall(SYS_landlock_restrict_self, set, 0) == 0;
}

int main(int count, char **) {
  const bool confined = count > 1 ? chroot("/var/empty") == 0 || chroot("/tmp") == 0 : confine();
  if (!confined)
    std::fprintf(stderr, "no sandbox: memory map (/proc/self/maps) cannot be read\n");
  std::vector<float> x(4096, 3), y(4096), z(4096);
  pointers(4096, x.data(), y.data());
  std::printf("%s\n", y[7] == 6 ? "right" : "WRONG");
  views(4096, x, z);
  std::printf("%s\n", z[7] == 6 ? "right" : "WRONG");
}
