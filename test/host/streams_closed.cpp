// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A daemon closes its standard streams, and what it does not know. No file of the runtime becomes a
// standard stream or stays open between two calls, and nothing is written into files of the program.
//
// RUN: %clangxx %plugin -O1 %s -o %t %runtime
// RUN: rm -rf %t.dir && mkdir %t.dir
// RUN: timeout 60 %t all %t.dir/result && FileCheck %s < %t.dir/result
// RUN: timeout 60 env TL_LOG=debug TL_CACHE_DIR=%t.cache/2 %t error %t.dir/result && FileCheck %s < %t.dir/result
// CHECK: right, streams as left, 0 descriptors more, 0 bytes in the program's files

#include "Inputs/host.h"

#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

static int open_files() {
  int count = 0;
  for (int file = 0; file < 256; ++file)
    count += fcntl(file, F_GETFD) >= 0;
  return count;
}

int main(int, char **arguments) {
  const std::string folder = std::string(arguments[2]) + ".";
  close_range(0, ~0u, 0);
  if (std::strcmp(arguments[1], "error") == 0) {
    open("/dev/null", O_RDWR); // 0
    open("/dev/null", O_RDWR); // 1, and no 2
  }
  const int before = open_files();
  bool good = host::right(4096);
  const int after = open_files();
  int own[8];
  for (int i = 0; i < 8; ++i)
    own[i] = open((folder + std::to_string(i)).c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  const bool streams = own[0] == before; // the lowest free number
  good = host::right(4097) && host::right(4098) && good;
  long bytes = 0;
  for (const int file : own) {
    struct stat about{};
    bytes += fstat(file, &about) == 0 ? about.st_size : 1000000;
  }
  FILE *result = fopen(arguments[2], "w");
  std::fprintf(result, "%s, %s, %d descriptors more, %ld bytes in the program's files\n",
               good ? "right" : "WRONG", streams ? "streams as left" : "STREAMS CHANGED",
               after - before, bytes);
  return 0;
}
