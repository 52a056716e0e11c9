// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Stands in for the CUDA runtime on a machine without a device: prints with which of a program's
// device images a launched kernel was registered.

#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace {

struct kernel {
  int image;
  std::string name;
};

// Constructors of the program come before those of this file.
int &images() {
  static int count = 0;
  return count;
}
std::map<const void *, kernel> &kernels() {
  static std::map<const void *, kernel> all;
  return all;
}

struct shape {
  unsigned x, y, z;
};
struct {
  shape grid, block;
  std::size_t shared;
  void *stream;
} pushed;

} // namespace

extern "C" {

void **__cudaRegisterFatBinary(void *) {
  return reinterpret_cast<void **>(static_cast<std::size_t>(++images()));
}
void __cudaRegisterFatBinaryEnd(void **) {}
void __cudaUnregisterFatBinary(void **) {}
int __cudaRegisterFunction(void **handle, const void *function, char *, const char *name, int,
                           void *, void *, void *, void *, void *) {
  if (kernels().count(function))
    std::printf("%s is registered twice\n", name);
  kernels()[function] = {static_cast<int>(reinterpret_cast<std::size_t>(handle)), name};
  return 0;
}
void __cudaRegisterVar(void **, void *, void *, const char *, int, std::size_t, int, int) {}
unsigned __cudaPushCallConfiguration(shape grid, shape block, std::size_t shared, void *stream) {
  pushed = {grid, block, shared, stream};
  return 0;
}
int __cudaPopCallConfiguration(shape *grid, shape *block, std::size_t *shared, void **stream) {
  *grid = pushed.grid;
  *block = pushed.block;
  *shared = pushed.shared;
  *stream = pushed.stream;
  return 0;
}
static void say(const char *what, const void *function) {
  const auto found = kernels().find(function);
  if (found == kernels().end())
    std::printf("%s of what is not registered\n", what);
  else
    std::printf("%s of %s from image %d\n", what, found->second.name.c_str(), found->second.image);
}
int cudaLaunchKernel(const void *function, shape, shape, void **, std::size_t, void *) {
  say("launch", function);
  return 0;
}
int cudaFuncSetAttribute(const void *function, int, int) {
  say("attribute", function);
  return 0;
}
int cudaGetLastError() { return 0; }
const char *cudaGetErrorString(int) { return "no device"; }
int cudaGetDevice(int *) { return 100; } // cudaErrorNoDevice
int cudaStreamIsCapturing(void *, int *) { return 100; }
}
