// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "plugin/DeviceLimits.h"

using llvm::StringRef;

namespace tlplugin {
namespace {

// Of all devices, NVIDIA's and AMD's.
constexpr uint64_t MostThreads = 1024;
constexpr std::array<uint64_t, 3> MaxBlock = {1024, 1024, 64}; // NVIDIA's

// Registers are given to warps, in units, and the hardware checks a block as if each of an SM's
// quarters had the same number of warps (cuda_occupancy.h of the toolkit).
constexpr uint64_t WarpSize = 32, RegisterUnit = 256, Quarters = 4;

/// Of a compute capability: CUDA Programming Guide, "Compute Capabilities", table "Technical
/// Specifications per Compute Capability". test/cuda/legality_limits.test compares it with
/// cuda_occupancy.h.
struct CudaLimits {
  unsigned Capability;
  uint64_t Registers; ///< per block
  uint64_t Shared;    ///< per block, when a kernel opts in [bytes]
};
constexpr CudaLimits CudaTable[] = {
    {50, 64 << 10, 48 << 10},   {52, 64 << 10, 48 << 10},   {53, 32 << 10, 48 << 10},
    {60, 64 << 10, 48 << 10},   {61, 64 << 10, 48 << 10},   {62, 32 << 10, 48 << 10},
    {70, 64 << 10, 96 << 10},   {72, 64 << 10, 96 << 10},   {75, 64 << 10, 64 << 10},
    {80, 64 << 10, 163 << 10},  {86, 64 << 10, 99 << 10},   {87, 64 << 10, 163 << 10},
    {89, 64 << 10, 99 << 10},   {90, 64 << 10, 227 << 10},  {100, 64 << 10, 227 << 10},
    {103, 64 << 10, 227 << 10}, {110, 64 << 10, 227 << 10}, {120, 64 << 10, 99 << 10},
    {121, 64 << 10, 99 << 10},
};

uint64_t roundUp(uint64_t Value, uint64_t To) { return (Value + To - 1) / To * To; }

/// 86016 as "86,016".
std::string grouped(uint64_t Number) {
  std::string Text = std::to_string(Number);
  for (size_t At = Text.size(); At > 3; At -= 3)
    Text.insert(At - 3, ",");
  return Text;
}

/// LDS of a work-group [bytes]: LLVM's "User Guide for AMDGPU Backend"; 0 where it is not known.
uint64_t ldsOf(StringRef Architecture) {
  if (Architecture.contains("generic"))
    return 0;
  if (Architecture == "gfx950")
    return 160 << 10;
  if (Architecture.starts_with("gfx125") || Architecture.starts_with("gfx13"))
    return 0;
  for (StringRef Family : {"gfx9", "gfx10", "gfx11", "gfx12"})
    if (Architecture.starts_with(Family))
      return 64 << 10;
  return 0;
}

std::string exceededShared(uint64_t Static, uint64_t Dynamic, uint64_t Limit,
                           StringRef Architecture) {
  if (Limit == 0 || Static + Dynamic <= Limit)
    return "";
  return grouped(Static) + " bytes of static and " + grouped(Dynamic) +
         " of dynamic shared memory: " + grouped(Static + Dynamic) + ", " + Architecture.str() +
         " has " + grouped(Limit);
}

std::string exceededRegisters(uint64_t Threads, uint64_t PerThread, uint64_t Limit,
                              StringRef Architecture) {
  uint64_t Warps = roundUp(roundUp(Threads, WarpSize) / WarpSize, Quarters);
  uint64_t Needed = Warps * roundUp(PerThread * WarpSize, RegisterUnit);
  if (Needed <= Limit)
    return "";
  return grouped(Threads) + " threads of " + std::to_string(PerThread) +
         " registers: " + grouped(Needed) + ", " + Architecture.str() + " has " + grouped(Limit);
}

} // namespace

static std::string exceededByBlock(const std::array<uint64_t, 3> &Block,
                                   const KernelResources *Kernel, bool IsCuda) {
  uint64_t Threads = Block[0] * Block[1] * Block[2];
  std::string Shape = std::to_string(Block[0]) + " x " + std::to_string(Block[1]) + " x " +
                      std::to_string(Block[2]);
  if (Threads == 0)
    return "a block of " + Shape + " threads has none";
  if (Threads > MostThreads)
    return grouped(Threads) + " threads in a block, at most " + grouped(MostThreads) + " can be";
  for (unsigned I = 0; I < 3 && IsCuda; ++I)
    if (Block[I] > MaxBlock[I])
      return "a block of " + Shape + " threads, at most 1,024 x 1,024 x 64 can be";
  if (!Kernel)
    return "";
  if (Kernel->ExactBlock[0] != 0 &&
      !std::equal(Block.begin(), Block.end(), std::begin(Kernel->ExactBlock)))
    return "a block of " + Shape + " threads, and the kernel is for one of " +
           std::to_string(Kernel->ExactBlock[0]) + " x " + std::to_string(Kernel->ExactBlock[1]) +
           " x " + std::to_string(Kernel->ExactBlock[2]);
  if (Kernel->MaxThreads != 0 && Threads > Kernel->MaxThreads)
    return grouped(Threads) + " threads in a block, the kernel's launch bounds allow " +
           grouped(Kernel->MaxThreads);
  return "";
}

std::string exceededLimit(const LaunchShape &Launch, const KernelResources *Kernel,
                          StringRef Architecture) {
  bool IsCuda = !Architecture.starts_with("gfx");
  if (Launch.Block) {
    // No product of what is larger than any limit overflows.
    std::array<uint64_t, 3> Block = *Launch.Block;
    for (uint64_t &It : Block)
      It = std::min<uint64_t>(It, 1 << 20);
    if (std::string Why = exceededByBlock(Block, Kernel, IsCuda); !Why.empty())
      return Why;
  }
  // Of PTX nobody knows which device it will be compiled for.
  if (!Kernel)
    return "";
  uint64_t Dynamic = std::min<uint64_t>(Launch.DynamicShared.value_or(0), uint64_t(1) << 40);
  if (!IsCuda)
    return exceededShared(Kernel->StaticShared, Dynamic, ldsOf(Architecture), Architecture);
  unsigned Capability = 0;
  StringRef Number = Architecture;
  if (!Number.consume_front("sm_") || Number.consumeInteger(10, Capability))
    return "";
  for (const CudaLimits &It : CudaTable) {
    if (It.Capability != Capability)
      continue;
    if (Launch.Block && Kernel->Registers) {
      const std::array<uint64_t, 3> &Block = *Launch.Block;
      if (std::string Why = exceededRegisters(Block[0] * Block[1] * Block[2], *Kernel->Registers,
                                              It.Registers, Architecture);
          !Why.empty())
        return Why;
    }
    return exceededShared(Kernel->StaticShared, Dynamic, It.Shared, Architecture);
  }
  return "";
}

} // namespace tlplugin
