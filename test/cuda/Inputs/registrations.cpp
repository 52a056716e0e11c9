// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Stands in for the CUDA runtime on a machine without a device: prints with which of a program's
// device images a launched kernel was registered; linked with --wrap=tl_rt_absent, also what the
// runtime is told of variants that a build has left out.

#include <cstdio>
#include <cuda_runtime_api.h>
#include <map>
#include <string>

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

struct {
  dim3 grid, block;
  std::size_t shared;
  void *stream;
} pushed;

void say(const char *what, const void *function) {
  const auto found = kernels().find(function);
  if (found == kernels().end())
    std::printf("%s of what is not registered\n", what);
  else
    std::printf("%s of %s from image %d\n", what, found->second.name.c_str(), found->second.image);
}

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
unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, std::size_t shared, void *stream) {
  pushed = {grid, block, shared, stream};
  return 0;
}
cudaError_t __cudaPopCallConfiguration(dim3 *grid, dim3 *block, std::size_t *shared, void *stream) {
  *grid = pushed.grid;
  *block = pushed.block;
  *shared = pushed.shared;
  *static_cast<void **>(stream) = pushed.stream;
  return cudaSuccess;
}
cudaError_t cudaLaunchKernel(const void *function, dim3, dim3, void **, std::size_t, cudaStream_t) {
  say("launch", function);
  return cudaSuccess;
}
cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t *, const void *function, void **) {
  say("launch", function);
  return cudaSuccess;
}
cudaError_t cudaFuncSetAttribute(const void *function, cudaFuncAttribute, int) {
  say("attribute", function);
  return cudaSuccess;
}
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes *to, const void *) {
  *to = {};
  to->maxThreadsPerBlock = 1024;
  to->maxDynamicSharedSizeBytes = 49152;
  return cudaSuccess;
}
cudaError_t cudaGetDevice(int *to) {
  *to = 0;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int *to, cudaDeviceAttr, int) {
  *to = 1024;
  return cudaSuccess;
}
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int *to, const void *, int, std::size_t) {
  *to = 1;
  return cudaSuccess;
}
void __real_tl_rt_absent(const void *function, const char *reason);
[[gnu::weak]] void __real_tl_rt_absent(const void *, const char *) {}
void __wrap_tl_rt_absent(const void *function, const char *reason) {
  if (reason)
    std::printf("absent, %s: %s\n", function ? "a function" : "nothing", reason);
  __real_tl_rt_absent(function, reason);
}
cudaError_t cudaDeviceGetLimit(std::size_t *, cudaLimit) { return cudaErrorNoDevice; }
cudaError_t cudaDeviceSetLimit(cudaLimit, std::size_t) { return cudaErrorNoDevice; }
cudaError_t cudaGetSymbolAddress(void **, const void *) { return cudaErrorNoDevice; }
cudaError_t cudaGetSymbolSize(std::size_t *, const void *) { return cudaErrorNoDevice; }
cudaError_t cudaGetLastError() { return cudaSuccess; }
const char *cudaGetErrorName(cudaError_t) { return "error"; }
const char *cudaGetErrorString(cudaError_t) { return "an error"; }
cudaError_t cudaStreamIsCapturing(cudaStream_t, cudaStreamCaptureStatus *to) {
  *to = cudaStreamCaptureStatusNone;
  return cudaSuccess;
}
}
