// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The HIP backend's driver on a recording stand-in for libamdhip64 (test/hip/Inputs/standin.cpp, no
// emulator of a device): what it calls with which arguments, what it makes of errors, and that it
// gives back what it took.

#include "runtime/backend/gpu/driver_device.h"
#include "runtime/backend/hip/driver.h"
#include "runtime/backend/hip/topology.h"
#include "test/hip/Inputs/standin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using tl::rt::status;
using tl::rt::status_code;
namespace gpu = tl::rt::gpu;
namespace hip = tl::rt::hip;

struct standin {
  void *library = dlopen(TL_HIP_STANDIN, RTLD_NOW | RTLD_LOCAL);
  template <class F> F *get(const char *name) const {
    return reinterpret_cast<F *>(dlsym(library, name));
  }
  std::string calls() const { return get<decltype(hip_standin_calls)>("hip_standin_calls")(); }
  std::string live() const { return get<decltype(hip_standin_live)>("hip_standin_live")(); }
  void reset() const { get<decltype(hip_standin_reset)>("hip_standin_reset")(); }
  void fail(const char *call, int n, int error) const {
    get<decltype(hip_standin_fail)>("hip_standin_fail")(call, n, error);
  }
};

constexpr const char *nothing_live = "memory 0, opened 0, streams 0, events 0, modules 0, "
                                     "graphs 0, recordings 0, device 0, capture mode 0";
constexpr int illegal_address = 700;

class HipDriver : public ::testing::Test {
protected:
  HipDriver() {
    EXPECT_NE(fake.library, nullptr) << dlerror();
    fake.reset();
    const status opened = hip::open_runtime(TL_HIP_STANDIN, api);
    EXPECT_TRUE(opened.is_ok()) << opened.text();
    driver = hip::make_driver(api, "/nonexistent");
    fake.reset();
  }
  ~HipDriver() override { EXPECT_EQ(fake.live(), nothing_live); }

  standin fake;
  hip::entry_points api;
  std::unique_ptr<gpu::driver> driver;
};

template <class T> gpu::address at(T *pointer) { return gpu::address_of(pointer); }

TEST_F(HipDriver, EntersAndLeavesADevice) {
  {
    const gpu::entered_device entered(*driver, 1);
    ASSERT_TRUE(entered.outcome().is_ok());
    EXPECT_THAT(fake.live(), HasSubstr("device 1, capture mode 2"));
  }
  EXPECT_EQ(fake.live(), nothing_live);
}

TEST_F(HipDriver, LeavesWhatItCouldNotEnter) {
  for (const char *call : {"hipGetDevice", "hipSetDevice", "hipThreadExchangeStreamCaptureMode"}) {
    fake.fail(call, 1, 100);
    const gpu::entered_device entered(*driver, 1);
    EXPECT_FALSE(entered.outcome().is_ok()) << call;
    EXPECT_THAT(entered.outcome().text(), HasSubstr(std::string(call) + "("));
  }
  EXPECT_EQ(fake.live(), nothing_live);
}

TEST_F(HipDriver, CopiesAndFills) {
  gpu::driver_device device(*driver, 0);
  ASSERT_TRUE(device.open().is_ok());
  gpu::address to = 0;
  ASSERT_TRUE(device.allocate(8, to).is_ok());
  const char from[] = "1234567";
  ASSERT_TRUE(device.copy(to, at(from), 8).is_ok());
  ASSERT_TRUE(device.fill(to + 2, 'x', 3).is_ok());
  char back[8] = {};
  ASSERT_TRUE(device.copy(at(back), to, 8).is_ok());
  ASSERT_TRUE(device.synchronize().is_ok());
  EXPECT_STREQ(back, "12xxx67");
  EXPECT_THAT(fake.calls(), HasSubstr("hipMemcpyAsync(8, 4, #) = hipSuccess\n"));
  EXPECT_THAT(fake.calls(), HasSubstr("hipMemsetAsync(120, 3, #) = hipSuccess\n"));
  // Factories without a stream launch on the null stream, and so do we then.
  device.use_default_stream();
  ASSERT_TRUE(device.fill(to, 0, 8).is_ok());
  EXPECT_THAT(fake.calls(), HasSubstr("hipMemsetAsync(0, 8, null) = hipSuccess\n"));
  device.release(to);
}

TEST_F(HipDriver, LooksAtPointers) {
  gpu::driver_device device(*driver, 0);
  ASSERT_TRUE(device.open().is_ok());
  gpu::address base = 0;
  ASSERT_TRUE(device.allocate(64, base).is_ok());
  const gpu::memory_info inside = device.inspect(reinterpret_cast<void *>(base + 24));
  EXPECT_EQ(inside.place, gpu::place::exportable);
  EXPECT_EQ(inside.base, base);
  EXPECT_EQ(inside.bytes, 64u);
  // Another process may not have it: then it is copied to where it may.
  fake.fail("hipIpcGetMemHandle", 1, 1);
  EXPECT_EQ(device.inspect(reinterpret_cast<void *>(base)).place, gpu::place::staged);
  // Of another device.
  EXPECT_EQ(driver->inspect(1, reinterpret_cast<void *>(base)).place, gpu::place::staged);
  int local = 0;
  EXPECT_EQ(device.inspect(&local).place, gpu::place::unknown);
  // That was refused, and nobody else must see it.
  EXPECT_EQ(api.hipGetLastError(), hip::success);
  device.release(base);
}

TEST_F(HipDriver, SharesMemoryWithAnotherProcess) {
  gpu::address base = 0, opened = 0;
  ASSERT_TRUE(driver->allocate(16, base).is_ok());
  std::strcpy(reinterpret_cast<char *>(base), "shared");
  gpu::ipc_handle handle;
  ASSERT_TRUE(driver->export_memory(base, handle).is_ok());
  ASSERT_TRUE(driver->import_memory(handle, opened).is_ok());
  EXPECT_STREQ(reinterpret_cast<char *>(opened), "shared");
  EXPECT_THAT(fake.calls(), HasSubstr("hipIpcOpenMemHandle(0) = hipSuccess\n")) << "HIP 5's flag";
  driver->close_memory(opened);
  driver->release(base);
}

TEST_F(HipDriver, OpensWithTheFlagOfItsVersion) {
  api.version = 60342131;
  const auto newer = hip::make_driver(api, "/nonexistent");
  gpu::address opened = 0;
  EXPECT_FALSE(newer->import_memory({}, opened).is_ok());
  EXPECT_THAT(fake.calls(), HasSubstr("hipIpcOpenMemHandle(1)"));
}

TEST_F(HipDriver, RecordsAndReplays) {
  gpu::driver_device device(*driver, 0);
  ASSERT_TRUE(device.open().is_ok());
  gpu::address memory = 0;
  ASSERT_TRUE(device.allocate(4, memory).is_ok());
  auto *bytes = reinterpret_cast<unsigned char *>(memory);
  ASSERT_TRUE(device.begin_capture().is_ok());
  ASSERT_TRUE(device.fill(memory, 7, 4).is_ok());
  ASSERT_TRUE(device.end_capture(3).is_ok());
  EXPECT_EQ(bytes[0], 0) << "recorded, not run";
  ASSERT_TRUE(device.replay(3).is_ok());
  EXPECT_EQ(bytes[0], 7);
  EXPECT_THAT(fake.calls(), HasSubstr("hipStreamBeginCapture(#, 2) = hipSuccess\n"));
  EXPECT_THAT(fake.live(), HasSubstr("graphs 0, recordings 1"));
  device.drop_captures();
  EXPECT_THAT(fake.live(), HasSubstr("recordings 0"));
  // A recording that cannot be made leaves none.
  fake.fail("hipGraphInstantiateWithFlags", 1, 2);
  ASSERT_TRUE(device.begin_capture().is_ok());
  const status refused = device.end_capture(0);
  EXPECT_EQ(refused.code(), status_code::full);
  EXPECT_THAT(fake.live(), HasSubstr("graphs 0, recordings 0"));
  device.release(memory);
}

TEST_F(HipDriver, MeasuresBetweenStamps) {
  gpu::driver_device device(*driver, 0);
  ASSERT_TRUE(device.open().is_ok());
  ASSERT_TRUE(device.stamp(0).is_ok());
  ASSERT_TRUE(device.stamp(5).is_ok());
  double ns = -1;
  ASSERT_TRUE(device.elapsed(0, 5, ns).is_ok());
  EXPECT_GE(ns, 0) << "from the first to the second";
  ASSERT_TRUE(device.elapsed(5, 0, ns).is_ok());
  EXPECT_LE(ns, 0);
  EXPECT_THAT(fake.live(), HasSubstr("events 2"));
}

TEST_F(HipDriver, RunsOurKernels) {
  gpu::driver_device device(*driver, 0);
  ASSERT_TRUE(device.open().is_ok());
  gpu::address zone = 0, result = 0;
  ASSERT_TRUE(device.allocate(1000, zone).is_ok());
  ASSERT_TRUE(device.allocate(sizeof(gpu::guard_result), result).is_ok());
  ASSERT_TRUE(device.fill(zone, gpu::guard_byte, 1000).is_ok());
  reinterpret_cast<unsigned char *>(zone)[700] = 1;
  auto *found = reinterpret_cast<gpu::guard_result *>(result);
  *found = {0, ~0ull};
  ASSERT_TRUE(device.guard(zone, 1000, result).is_ok());
  EXPECT_EQ(found->damaged, 1u);
  EXPECT_EQ(found->first, 700u);
  EXPECT_THAT(fake.calls(), HasSubstr("hipModuleLaunchKernel(tl_guard, 4, 1, 1, 256, 1, 1, 0, #, "
                                      "#, null) = hipSuccess\n"));

  float numbers[] = {1, 2, 3};
  gpu::compare_parameters p{};
  p.actual = at(numbers);
  p.expected = at(numbers);
  p.count = 3;
  p.element = TL_ELEMENT_F32;
  p.element_size = 4;
  ASSERT_TRUE(device.compare(p, result).is_ok());
  ASSERT_TRUE(device.spin(1000, result).is_ok());
  tl::rt::supply_parameters s{};
  s.data = at(numbers);
  s.count = 3;
  s.element = TL_ELEMENT_F32;
  s.kind = TL_SUPPLY_ONE;
  numbers[1] = 9;
  ASSERT_TRUE(device.supply(s).is_ok());
  EXPECT_EQ(numbers[1], 1);
  EXPECT_THAT(fake.live(), HasSubstr("modules 1")) << "loaded once";
  device.release(zone);
  device.release(result);
}

TEST_F(HipDriver, AsksAgainForKernelsThatWereNotFound) {
  gpu::driver_device device(*driver, 0);
  ASSERT_TRUE(device.open().is_ok());
  fake.fail("hipModuleGetFunction", 2, 500);
  clock_t place[4] = {};
  EXPECT_FALSE(device.spin(1, at(place)).is_ok());
  EXPECT_TRUE(device.spin(1, at(place)).is_ok());
  EXPECT_THAT(fake.live(), HasSubstr("modules 1"));
}

TEST_F(HipDriver, FlushesTheLargestCache) {
  namespace fs = std::filesystem;
  const fs::path sys = fs::temp_directory_path() / "tl-hip-sys-XXXXXX";
  std::string made = sys.string();
  ASSERT_NE(mkdtemp(made.data()), nullptr);
  const fs::path root = made;
  // As KFD describes a machine with an MI300X: the processor, and a GPU of eight dies.
  const auto write = [&](const char *file, const char *text) {
    fs::create_directories((root / file).parent_path());
    std::ofstream(root / file) << text;
  };
  const std::string nodes = "class/kfd/kfd/topology/nodes/";
  write((nodes + "0/properties").c_str(), "cpu_cores_count 96\nsimd_count 0\nlocation_id 49408\n");
  write((nodes + "1/properties").c_str(),
        "cpu_cores_count 0\nsimd_count 1216\nlocation_id 49408\ndomain 0\nnum_xcc 8\n");
  write((nodes + "1/caches/0/properties").c_str(), "processor_id_low 0\nlevel 1\nsize 32\n");
  write((nodes + "1/caches/1/properties").c_str(), "processor_id_low 0\nlevel 2\nsize 4096\n");
  write((nodes + "1/caches/2/properties").c_str(), "processor_id_low 0\nlevel 3\nsize 262144\n");
  write("bus/pci/devices/0000:c1:00.0/hwmon/hwmon3/power1_cap", "750000000\n");
  const hip::topology found = hip::read_topology("0000:c1:00.0", made);
  EXPECT_EQ(found.dies, 8u);
  EXPECT_EQ(found.l2_bytes, 4u << 20);
  EXPECT_EQ(found.last_level_bytes, 256u << 20);
  EXPECT_EQ(found.power_limit_watts, 750u);
  EXPECT_EQ(found.cache_bytes(0), 256u << 20);
  EXPECT_EQ(hip::read_topology("0000:c2:00.0", made).dies, 0u) << "another device";
  EXPECT_EQ(hip::read_topology("", made).dies, 0u);

  const auto here = hip::make_driver(api, made);
  EXPECT_EQ(here->limits(0).cache_bytes, 256u << 20);
  EXPECT_EQ(driver->limits(0).cache_bytes, 8u << 20) << "what HIP says, where Linux says nothing";
  gpu::driver_device device(*here, 0);
  ASSERT_TRUE(device.open().is_ok());
  ASSERT_TRUE(device.flush_cache().is_ok());
  ASSERT_TRUE(device.flush_cache().is_ok());
  EXPECT_THAT(fake.calls(), HasSubstr("hipMemsetAsync(0, 536870912, #)")) << "twice 256 MiB";
  EXPECT_THAT(fake.live(), HasSubstr("memory 1,"));
  fs::remove_all(root);
}

/// Dies without an Infinity Cache behind them: MI250X has one die with 8 MB, MI300A without L3 is
/// not known.
TEST(HipTopology, AddsUpTheDies) {
  hip::topology without;
  without.dies = 6;
  without.l2_bytes = 4u << 20;
  EXPECT_EQ(without.cache_bytes(0), 24u << 20);
  EXPECT_EQ(hip::topology{}.cache_bytes(6u << 20), 6u << 20);
}

TEST_F(HipDriver, SaysWhoADeviceIs) {
  const auto identity = driver->identity(1);
  std::string text;
  for (const auto &[name, value] : identity)
    text += name + "=" + value + ";";
  EXPECT_EQ(text, "backend=hip;model=stand-in;arch=gfx90a:sramecc+:xnack-;compute_units=2;"
                  "dies=unknown;memory_gib=64;power_w=unknown;hip=5.2.21153;");
  EXPECT_NE(driver->unit(0), driver->unit(1));
  const gpu::device_limits limits = driver->limits(0);
  EXPECT_EQ(limits.wavefront, 64u);
  EXPECT_EQ(limits.max_shared_per_block, 65536u);
  EXPECT_EQ(limits.max_threads_per_block, 1024u);
  EXPECT_EQ(limits.multiprocessors, 2u);
  EXPECT_DOUBLE_EQ(limits.nominal_ghz, 1.7);
  EXPECT_EQ(limits.tick_ps, 10'000u) << "HIP 5.2 does not tell";
}

TEST_F(HipDriver, TellsErrorsApart) {
  gpu::driver_device device(*driver, 0);
  ASSERT_TRUE(device.open().is_ok());
  gpu::address to = 0;
  const status greedy = device.allocate(1ull << 50, to);
  EXPECT_EQ(greedy.code(), status_code::full);
  EXPECT_THAT(greedy.text(), HasSubstr("hipErrorOutOfMemory (2): says the stand-in from "
                                       "hipMalloc(&made, bytes) at driver.cpp:"));
  EXPECT_FALSE(device.lost());
  fake.fail("hipStreamSynchronize", 1, illegal_address);
  EXPECT_EQ(device.synchronize().code(), status_code::lost);
  EXPECT_TRUE(device.lost());
  EXPECT_EQ(api.hipGetLastError(), hip::success) << "ours, not the program's";
  // A lost device is left alone: every call could hang.
  fake.reset();
  {
    gpu::driver_device another(*driver, 0);
    ASSERT_TRUE(another.open().is_ok());
    fake.fail("hipStreamSynchronize", 1, illegal_address);
    static_cast<void>(another.synchronize());
  }
  EXPECT_THAT(fake.calls(), Not(HasSubstr("hipStreamDestroy")));
  fake.reset();
}

TEST_F(HipDriver, FailsToOpenWithoutLeaking) {
  fake.fail("hipStreamCreateWithFlags", 1, 2);
  gpu::driver_device device(*driver, 0);
  EXPECT_EQ(device.open().code(), status_code::full);
}

TEST_F(HipDriver, HasNoProfilerOfCuda) {
  double ns = 0;
  EXPECT_EQ(driver->begin_kernel_times().code(), status_code::unsupported);
  EXPECT_EQ(driver->end_kernel_times(ns).code(), status_code::unsupported);
}

TEST(HipRuntime, SaysWhatIsMissing) {
  hip::entry_points api;
  const status missing = hip::open_runtime("/nonexistent/libamdhip64.so", api);
  EXPECT_EQ(missing.code(), status_code::not_found);
  EXPECT_THAT(missing.text(), HasSubstr("no HIP runtime: /nonexistent/libamdhip64.so"));
  const status other = hip::open_runtime("libm.so.6", api);
  EXPECT_EQ(other.code(), status_code::unsupported);
  EXPECT_THAT(other.text(), HasSubstr("it has no hipInit"));
}

TEST(HipRuntime, FindsNoDevice) {
  const standin fake;
  for (const int error : {100, 101}) {
    fake.reset();
    fake.fail("hipInit", 1, error);
    hip::entry_points api;
    const status none = hip::open_runtime(TL_HIP_STANDIN, api);
    EXPECT_EQ(none.code(), status_code::not_found);
    EXPECT_THAT(none.text(), HasSubstr("finds no device"));
  }
}

} // namespace
