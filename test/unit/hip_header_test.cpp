// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The backend is built without ROCm, so it has HIP's declarations and numbers of its own. Here they
// are compared with the installed header's, when this compiles.

#include "runtime/backend/hip/entry_points.h"

#define __HIP_PLATFORM_AMD__ 1
#define __HIP_DISABLE_CPP_FUNCTIONS__ 1
#include <hip/hip_runtime_api.h>

#include <gtest/gtest.h>

#include <cstddef>
#include <tuple>
#include <type_traits>

namespace {

namespace hip = tl::rt::hip;

/// What the calling convention sees of a type: an address, a number of a size, bytes in memory.
template <class T> consteval std::tuple<int, std::size_t> shape() {
  if constexpr (std::is_pointer_v<T>)
    return {0, sizeof(T)};
  else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>)
    return {1, sizeof(T)};
  else
    return {2, sizeof(T)};
}

template <class Ours, class Theirs> struct same_shape : std::false_type {};
template <class A, class... P, class B, class... Q>
  requires(sizeof...(P) == sizeof...(Q))
struct same_shape<A (*)(P...), B (*)(Q...)>
    : std::bool_constant<shape<A>() == shape<B>() && ((shape<P>() == shape<Q>()) && ...)> {};

#define TL_COMPARE(name, parameters)                                                               \
  static_assert(                                                                                   \
      same_shape<decltype(hip::entry_points::name), std::add_pointer_t<decltype(::name)>>::value,  \
      #name);
TL_HIP_ENTRY_POINTS(TL_COMPARE)
TL_HIP_TEXT_ENTRY_POINTS(TL_COMPARE)
TL_HIP_NAME_ENTRY_POINTS(TL_COMPARE)
#undef TL_COMPARE

constexpr hipError_t (*occupancy)(int *, const void *, int,
                                  std::size_t) = &::hipOccupancyMaxActiveBlocksPerMultiprocessor;
static_assert(same_shape<decltype(hip::entry_points::hipOccupancyMaxActiveBlocksPerMultiprocessor),
                         std::remove_const_t<decltype(occupancy)>>::value);

static_assert(int(hip::error_invalid_value) == hipErrorInvalidValue);
static_assert(int(hip::error_out_of_memory) == hipErrorOutOfMemory);
static_assert(int(hip::error_no_device) == hipErrorNoDevice);
static_assert(int(hip::error_invalid_device) == hipErrorInvalidDevice);
static_assert(int(hip::error_not_supported) == hipErrorNotSupported);
static_assert(int(hip::attribute_clock_khz) == hipDeviceAttributeClockRate);
static_assert(int(hip::attribute_l2_bytes) == hipDeviceAttributeL2CacheSize);
static_assert(int(hip::attribute_max_threads_per_block) == hipDeviceAttributeMaxThreadsPerBlock);
static_assert(int(hip::attribute_max_threads_per_multiprocessor) ==
              hipDeviceAttributeMaxThreadsPerMultiProcessor);
static_assert(int(hip::attribute_multiprocessors) == hipDeviceAttributeMultiprocessorCount);
static_assert(int(hip::attribute_max_shared_per_block) ==
              hipDeviceAttributeMaxSharedMemoryPerBlock);
static_assert(int(hip::attribute_warp_size) == hipDeviceAttributeWarpSize);
static_assert(int(hip::function_max_threads) == HIP_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
static_assert(int(hip::function_static_shared) == HIP_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES);
static_assert(int(hip::function_local) == HIP_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES);
static_assert(int(hip::function_registers) == HIP_FUNC_ATTRIBUTE_NUM_REGS);
static_assert(int(hip::copy_default) == hipMemcpyDefault);
static_assert(unsigned(hip::capture_relaxed) == hipStreamCaptureModeRelaxed);

static_assert(sizeof(hip::function_attributes) == sizeof(hipFuncAttributes));
static_assert(offsetof(hip::function_attributes, local_bytes) ==
              offsetof(hipFuncAttributes, localSizeBytes));
static_assert(offsetof(hip::function_attributes, max_threads) ==
              offsetof(hipFuncAttributes, maxThreadsPerBlock));
static_assert(offsetof(hip::function_attributes, registers) ==
              offsetof(hipFuncAttributes, numRegs));
static_assert(offsetof(hip::function_attributes, static_shared) ==
              offsetof(hipFuncAttributes, sharedSizeBytes));
static_assert(sizeof(hip::pointer_attributes) == sizeof(hipPointerAttribute_t));
static_assert(offsetof(hip::pointer_attributes, device) == offsetof(hipPointerAttribute_t, device));
static_assert(offsetof(hip::pointer_attributes, is_managed) ==
              offsetof(hipPointerAttribute_t, isManaged));
static_assert(sizeof(hip::ipc_handle) == sizeof(hipIpcMemHandle_t));
static_assert(sizeof(hip::device_properties) >= sizeof(hipDeviceProp_t));

#if HIP_VERSION_MAJOR < 6
static_assert(hip::arch_name_at_5 == offsetof(hipDeviceProp_t, gcnArchName));
static_assert(hip::ipc_lazy_5 == hipIpcMemLazyEnablePeerAccess);
#else
static_assert(hip::arch_name_at_6 == offsetof(hipDeviceProp_t, gcnArchName));
static_assert(hip::ipc_lazy_6 == hipIpcMemLazyEnablePeerAccess);
static_assert(int(hip::attribute_wall_clock_khz) == hipDeviceAttributeWallClockRate);
#endif

TEST(HipHeader, KnowsItsMemoryTypes) {
  hip::entry_points api;
  api.version = HIP_VERSION;
  hip::pointer_attributes host{}, device{};
  host.type = hipMemoryTypeHost;
  device.type = hipMemoryTypeDevice;
  EXPECT_TRUE(hip::is_host(api, host));
  EXPECT_FALSE(hip::is_host(api, device));
  // As HIP 6 numbers them.
  api.version = 60000000;
  host.type = 1;
  device.type = 2;
  EXPECT_TRUE(hip::is_host(api, host));
  EXPECT_FALSE(hip::is_host(api, device));
  EXPECT_TRUE(hip::is_unregistered(api, hip::pointer_attributes{}));
  api.version = 50221153;
  EXPECT_FALSE(hip::is_unregistered(api, hip::pointer_attributes{}));
}

} // namespace
