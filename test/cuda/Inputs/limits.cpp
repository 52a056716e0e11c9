// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The plugin's limits against NVIDIA's own calculator (cuda_occupancy.h).

#include "plugin/DeviceLimits.h"

#include <cuda_occupancy.h>

#include <cstdio>
#include <string>

using namespace tlplugin;

static std::string limit_of(unsigned capability, std::uint64_t threads, unsigned registers, std::uint64_t fixed,
                            std::uint64_t dynamic) {
  KernelResources kernel;
  kernel.Registers = registers;
  kernel.StaticShared = fixed;
  return exceededLimit({std::array<std::uint64_t, 3>{threads, 1, 1}, dynamic}, &kernel, "sm_" + std::to_string(capability));
}

int main() {
  unsigned compared = 0, wrong = 0;
  for (unsigned capability : {70, 72, 75, 80, 86, 87, 89, 90, 100, 103, 110, 120, 121}) {
    cudaOccDeviceProp device;
    device.computeMajor = static_cast<int>(capability / 10);
    device.computeMinor = static_cast<int>(capability % 10);
    device.maxThreadsPerBlock = 1024;
    device.maxThreadsPerMultiprocessor = 2048;
    device.regsPerBlock = device.regsPerMultiprocessor = 65536;
    device.warpSize = 32;
    device.numSms = 1;
    // What a block may have is what an SM has, but for the system's part since 8.0.
    device.reservedSharedMemPerBlock = capability >= 80 ? 1024 : 0;
    std::size_t most = 0;
    for (std::size_t kib = 256; kib > 0 && most == 0; --kib)
      if (std::size_t size = kib << 10; cudaOccAlignUpShmemSizeVoltaPlus(&size, &device) == CUDA_OCC_SUCCESS)
        most = size;
    const std::size_t block = most - device.reservedSharedMemPerBlock;
    device.sharedMemPerMultiprocessor = most;
    device.sharedMemPerBlock = 48 << 10;
    device.sharedMemPerBlockOptin = block;
    if (!limit_of(capability, 32, 32, 0, block).empty() || limit_of(capability, 32, 32, 1, block).empty()) {
      std::printf("sm_%u: the calculator has %zu bytes in a block: %s\n", capability, block,
                  limit_of(capability, 32, 32, 1, block).c_str());
      ++wrong;
    }
    for (int threads = 16; threads <= 1024; threads += 16)
      for (int registers = 8; registers <= 255; ++registers) {
        cudaOccFuncAttributes kernel;
        kernel.maxThreadsPerBlock = 1024;
        kernel.numRegs = registers;
        kernel.sharedSizeBytes = 0;
        kernel.partitionedGCConfig = PARTITIONED_GC_OFF;
        kernel.numBlockBarriers = 1;
        cudaOccDeviceState state;
        cudaOccResult result;
        if (cudaOccMaxActiveBlocksPerMultiprocessor(&result, &device, &kernel, &state, threads, 0) != CUDA_OCC_SUCCESS) {
          std::printf("sm_%u: the calculator does not know it\n", capability);
          return 1;
        }
        const bool refused = result.activeBlocksPerMultiprocessor == 0;
        const std::string mine = limit_of(capability, static_cast<unsigned>(threads), static_cast<unsigned>(registers), 0, 0);
        ++compared;
        if (refused == mine.empty() && ++wrong < 10)
          std::printf("sm_%u: %d threads of %d registers: %s, by the calculator %s\n", capability, threads, registers,
                      mine.c_str(), refused ? "refused" : "resident");
      }
  }
  std::printf("%u launches compared, %u differ\n", compared, wrong);
  return wrong != 0;
}
