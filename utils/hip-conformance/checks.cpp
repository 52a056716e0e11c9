// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "utils/hip-conformance/checks.h"

#include "runtime/backend/gpu/driver_device.h"
#include "runtime/backend/hip/driver.h"
#include "runtime/demand/rtc_code.h"
#include "runtime/demand/rtc_compiler.h"
#include "runtime/demand/rtc_library.h"

#include <tl/abi.h>

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <spawn.h>
#include <sys/wait.h>
#include <type_traits>
#include <unistd.h>
#include <vector>

extern char **environ;
extern "C" void tl_rt_rtc(const tl_rtc_variant *variant, std::int32_t there);

namespace tl::conformance {

namespace gpu = rt::gpu;
namespace hip = rt::hip;
using rt::status;
using rt::status_code;

bool report::line(const char *what, bool as_expected, const std::string &found) {
  ++(as_expected ? good : bad);
  std::printf("%-9s %-34s %s\n", as_expected ? "ok" : "MISMATCH", what, found.c_str());
  return as_expected;
}

bool report::line(const char *what, const status &outcome) {
  return line(what, outcome.is_ok(), outcome ? "" : outcome.text());
}

namespace {

/// dim3
struct dimensions {
  unsigned x, y, z;
};

/// The checks that need an open device share it.
class device_checks {
public:
  device_checks(const hip::entry_points &api, const gpu::driver &driver, int ordinal, report &to)
      : api_(api), driver_(driver), ordinal_(ordinal), device_(driver, ordinal), to_(to) {}

  void run(const std::string &library) {
    if (!to_.line("opening the device", device_.open()))
      return;
    memory();
    copies();
    events();
    kernels();
    recordings();
    kernels_at_run_time(library);
    sharing(library);
    errors();
    to_.line("flushing the cache", flush());
  }

private:
  void memory();
  void copies();
  void events();
  void kernels();
  void recordings();
  void kernels_at_run_time(const std::string &library);
  void sharing(const std::string &library);
  void errors();
  status flush() {
    const status sent = device_.flush_cache();
    return sent ? device_.synchronize() : sent;
  }
  /// The first bytes of device memory.
  template <class T> T read(gpu::address from) {
    T value{};
    status done = device_.copy(gpu::address_of(&value), from, sizeof value);
    if (done)
      done = device_.synchronize();
    if (!done)
      to_.line("reading a result", done);
    return value;
  }
  template <class T> status write(gpu::address at, const T &value) {
    const status sent = device_.copy(at, gpu::address_of(&value), sizeof value);
    return sent ? device_.synchronize() : sent;
  }

  const hip::entry_points &api_;
  const gpu::driver &driver_;
  int ordinal_;
  gpu::driver_device device_;
  report &to_;
};

void device_checks::memory() {
  gpu::address base = 0;
  if (!to_.line("hipMalloc", device_.allocate(1 << 20, base)))
    return;
  const gpu::memory_info inside = device_.inspect(reinterpret_cast<void *>(base + 4097));
  to_.line("an address inside of an allocation", inside.base == base && inside.bytes == 1 << 20,
           fmt::format("begins {} bytes before, {} bytes long", base + 4097 - inside.base,
                       inside.bytes));
  to_.line("plain memory can be exported", inside.place == gpu::place::exportable,
           fmt::format("place {}", static_cast<int>(inside.place)));
  int local = 0;
  to_.line("host memory is not known", device_.inspect(&local).place == gpu::place::unknown, "");
  to_.line("no error is left behind by that", api_.hipGetLastError() == hip::success, "");
  device_.release(base);
  to_.line("released memory is not known",
           device_.inspect(reinterpret_cast<void *>(base)).place == gpu::place::unknown, "");
}

void device_checks::copies() {
  constexpr std::size_t count = 1 << 16;
  std::vector<std::uint32_t> from(count), back(count);
  for (std::size_t i = 0; i < count; ++i)
    from[i] = static_cast<std::uint32_t>(i * 2654435761u);
  gpu::address first = 0, second = 0;
  status done = device_.allocate(count * 4, first);
  if (done)
    done = device_.allocate(count * 4, second);
  if (done)
    done = device_.copy(first, gpu::address_of(from.data()), count * 4);
  if (done)
    done = device_.copy(second, first, count * 4);
  if (done)
    done = device_.fill(second + 16, 0xa5, 4);
  if (done)
    done = device_.copy(gpu::address_of(back.data()), second, count * 4);
  if (done)
    done = device_.synchronize();
  from[4] = 0xa5a5a5a5;
  if (to_.line("copies to, on and from the device", done))
    to_.line("they arrive in order", from == back, "");
  device_.release(first);
  device_.release(second);
}

void device_checks::events() {
  gpu::address result = 0;
  status done = device_.allocate(sizeof(gpu::clock_result), result);
  if (!to_.line("loading our kernels", done ? device_.spin(1000, result) : done))
    return;
  done = write(result, gpu::clock_result{});
  constexpr double asked_ns = 20e6;
  const auto begin = std::chrono::steady_clock::now();
  if (done)
    done = device_.stamp(0);
  if (done)
    done = device_.spin(static_cast<std::uint64_t>(asked_ns), result);
  if (done)
    done = device_.stamp(1);
  if (done)
    done = device_.synchronize();
  const double host_ns =
      std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count();
  double event_ns = 0;
  if (done)
    done = device_.elapsed(0, 1, event_ns);
  if (!to_.line("events around a kernel", done))
    return;
  const auto clocks = read<gpu::clock_result>(result);
  const auto near = [](double a, double b, double share) {
    return a > b * (1 - share) && a < b * (1 + share);
  };
  to_.line("events and the kernel's clock agree",
           near(event_ns, static_cast<double>(clocks.nanoseconds), 0.1),
           fmt::format("{:.3f} ms between events, {:.3f} ms in the kernel, {:.3f} ms for the host; "
                       "a tick is taken for {} ps",
                       event_ns * 1e-6, static_cast<double>(clocks.nanoseconds) * 1e-6,
                       host_ns * 1e-6, driver_.limits(ordinal_).tick_ps));
  const double ghz = static_cast<double>(clocks.cycles) / static_cast<double>(clocks.nanoseconds);
  const double nominal = driver_.limits(ordinal_).nominal_ghz;
  to_.line("cycles fit the nominal clock", ghz > 0.02 * nominal && ghz < 1.5 * nominal,
           fmt::format("{:.2f} GHz of {:.2f}", ghz, nominal));
  device_.release(result);
}

void device_checks::kernels() {
  constexpr std::uint64_t bytes = 1 << 20;
  gpu::address block = 0, result = 0;
  status done = device_.allocate(bytes, block);
  if (done)
    done = device_.allocate(64, result);
  if (done)
    done = device_.fill(block, gpu::guard_byte, bytes);
  if (done)
    done = device_.fill(block + 777, 0, 3);
  if (done)
    done = write(result, gpu::guard_result{0, ~0ull});
  if (done)
    done = device_.guard(block, bytes, result);
  if (to_.line("tl_guard", done)) {
    const auto found = read<gpu::guard_result>(result);
    to_.line("it finds what was written", found.damaged == 3 && found.first == 777,
             fmt::format("{} bytes, the first at {}", found.damaged, found.first));
  }
  // Half of the block is compared with the other half, which differs in five numbers.
  rt::supply_parameters numbers{};
  numbers.data = block;
  numbers.count = bytes / 8;
  numbers.seed = 1;
  numbers.element = TL_ELEMENT_F32;
  numbers.kind = TL_SUPPLY_UNIFORM;
  done = device_.supply(numbers);
  if (done)
    done = device_.copy(block + bytes / 2, block, bytes / 2);
  if (done)
    done = device_.fill(block + 400, 0x7f, 5 * 4);
  gpu::compare_parameters p{};
  p.actual = block;
  p.expected = block + bytes / 2;
  p.count = bytes / 8;
  p.element = TL_ELEMENT_F32;
  p.element_size = 4;
  p.rtol = p.atol = 1e-3;
  if (done)
    done = write(result, gpu::compare_result{0, 0, ~0ull});
  if (done)
    done = device_.compare(p, result);
  if (to_.line("tl_supply, tl_compare", done)) {
    const auto found = read<gpu::compare_result>(result);
    to_.line("they find what differs", found.mismatched == 5 && found.first == 100,
             fmt::format("{} numbers, the first at {}", found.mismatched, found.first));
  }
  float values[4] = {}, expected[4] = {};
  done = device_.copy(gpu::address_of(values), block, sizeof values);
  if (done)
    done = device_.synchronize();
  for (unsigned i = 0; i < 4; ++i)
    rt::supply_element(numbers, expected, i);
  to_.line("device and host make the same bits",
           done && std::memcmp(values, expected, sizeof values) == 0,
           fmt::format("{} {} {} {}", values[0], values[1], values[2], values[3]));

  void *module = nullptr, *function = nullptr;
  gpu::kernel_facts facts;
  done = driver_.load_module(driver_.kernels().data(), module);
  if (done)
    done = driver_.find_function(module, "tl_compare", function);
  const bool known = done && driver_.look_at({function, false}, 256, 1024, facts);
  to_.line(
      "what a kernel takes",
      known && facts.registers > 0 && facts.max_threads >= 256 &&
          facts.blocks_per_multiprocessor > 0,
      fmt::format("'{}': {} registers, {} bytes local, {} threads at most, {} blocks of 256 in "
                  "a compute unit",
                  facts.name, facts.registers, facts.local, facts.max_threads,
                  facts.blocks_per_multiprocessor));
  if (module)
    driver_.unload_module(module);
  device_.release(block);
  device_.release(result);
}

void device_checks::recordings() {
  gpu::address memory = 0;
  status done = device_.allocate(64, memory);
  if (done)
    done = device_.fill(memory, 1, 64);
  if (done)
    done = device_.synchronize();
  if (done)
    done = device_.begin_capture();
  if (done) {
    const status sent = device_.fill(memory, 7, 64);
    done = device_.end_capture(0);
    if (!sent)
      done = sent;
  }
  if (!to_.line("recording a stream", done))
    return;
  to_.line("what is recorded does not run", read<unsigned char>(memory) == 1, "");
  if (to_.line("replaying it", device_.replay(0)))
    to_.line("then it does", read<unsigned char>(memory + 63) == 7, "");
  device_.drop_captures();
  device_.release(memory);
}

/// HIPRTC's code becomes known to a HIP runtime that has long begun its work, and a launch by the
/// kernel's address finds it.
void device_checks::kernels_at_run_time(const std::string &library) {
  std::string path = library, arch;
  if (path.empty())
    if (Dl_info image{}; ::dladdr(reinterpret_cast<void *>(api_.hipMalloc), &image))
      path = image.dli_fname;
  void *const opened = ::dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD);
  for (const auto &[name, value] : driver_.identity(ordinal_))
    if (name == "arch")
      arch = value;
  // What a program tells of a variant, for as long as this one runs.
  static const char function = 0, stub = 0;
  static const tl_rtc_kernel kernel{&stub, "", "tl_late_check"};
  static tl_rtc_source source{};
  source.struct_size = sizeof source;
  source.name = "late.hip";
  source.text = "#include <hip/hip_runtime.h>\n"
                "extern \"C\" __global__ void tl_late_check(unsigned *to) { *to = 42; }\n";
  source.options = "-std=c++17";
  source.toolkit = "";
  source.compiler = TL_RTC_HIPRTC;
  static const tl_rtc_variant variant{sizeof variant, 1, &function, &kernel, &source};
  static const void *const functions[] = {&function};
  static const char *const configs[] = {"late"};
  static tl_dispatch_slot slot{};
  static tl_factory factory{};
  factory.struct_size = sizeof factory;
  factory.abi_version = TL_ABI_VERSION;
  factory.id = factory.name = "late";
  factory.variant_count = 1;
  factory.functions = functions;
  factory.configs = configs;
  factory.slot = &slot;
  int (*launch)(const void *, dimensions, dimensions, void **, std::size_t, void *) = nullptr;
  const auto find = [&](auto &to, const char *name) {
    to = reinterpret_cast<std::remove_reference_t<decltype(to)>>(opened ? ::dlsym(opened, name)
                                                                        : nullptr);
    return to != nullptr;
  };
  if (!to_.line("what launches are made of",
                find(source.register_image, "__hipRegisterFatBinary") &&
                    find(source.register_kernel, "__hipRegisterFunction") &&
                    find(source.unregister_image, "__hipUnregisterFatBinary") &&
                    find(launch, "hipLaunchKernel"),
                path))
    return;
  tl_rt_rtc(&variant, 1);
  const rt::demand::rtc_library compiling =
      rt::demand::find_rtc_library(rt::demand::rtc_kind::hiprtc, "");
  rt::demand::rtc_compiler compiler(factory, "", arch, compiling);
  constexpr double most_s = 60;
  const std::string why = compiler.get(0, compiler.why_not().empty(), most_s).reason;
  if (to_.line("HIPRTC compiles a kernel", why.empty(), why.empty() ? compiling.path : why) &&
      to_.line("its code is taken late", rt::demand::load_rtc_code(factory, 0))) {
    gpu::address memory = 0;
    status done = device_.allocate(64, memory);
    if (done)
      done = device_.fill(memory, 1, 64);
    if (done)
      done = device_.synchronize();
    void *arguments[] = {&memory};
    const int answer = done ? launch(&stub, {1, 1, 1}, {1, 1, 1}, arguments, 0, nullptr) : -1;
    to_.line("and launched by its address", answer == 0,
             fmt::format("hipLaunchKernel: {}", answer));
    if (done)
      done = device_.synchronize();
    to_.line("what it writes arrives", done && read<unsigned>(memory) == 42, "");
    device_.release(memory);
  }
  tl_rt_rtc(&variant, 0);
}

void device_checks::sharing(const std::string &library) {
  gpu::address memory = 0;
  gpu::ipc_handle handle{};
  status done = device_.allocate(4096, memory);
  if (done)
    done = device_.fill(memory, 0x11, 4096);
  if (done)
    done = device_.synchronize();
  if (done)
    done = device_.export_memory(memory, handle);
  if (!to_.line("hipIpcGetMemHandle", done))
    return;
  std::string text;
  for (const std::byte it : handle.bytes)
    text += fmt::format("{:02x}", static_cast<unsigned>(it));
  std::string own = "/proc/self/exe", flag = "--open-shared", name = library,
              number = std::to_string(ordinal_);
  char *arguments[] = {own.data(), flag.data(), name.data(), number.data(), text.data(), nullptr};
  pid_t child = 0;
  int answer = -1;
  if (::posix_spawn(&child, own.c_str(), nullptr, nullptr, arguments, environ) == 0)
    ::waitpid(child, &answer, 0);
  to_.line("another process opens it", answer == 0, fmt::format("wait status {}", answer));
  to_.line("and what that writes arrives", read<unsigned char>(memory + 4095) == 0x22, "");
  device_.release(memory);
}

void device_checks::errors() {
  gpu::address nowhere = 0;
  const status greedy = device_.allocate(1ull << 50, nowhere);
  to_.line("too much memory is refused as that", greedy.code() == status_code::full, greedy.text());
  void *function = nullptr, *module = nullptr;
  status done = driver_.load_module(driver_.kernels().data(), module);
  if (done) {
    const status missing = driver_.find_function(module, "tl_no_such_kernel", function);
    to_.line("a kernel that is not there", !missing && missing.code() != status_code::lost,
             missing.text());
    driver_.unload_module(module);
  }
  to_.line("errors of ours are taken back", api_.hipGetLastError() == hip::success, "");
  to_.line("the device works on", !device_.lost() && device_.synchronize(), "");
}

} // namespace

static void look_around(const gpu::driver &driver, int ordinal, report &to) {
  std::string architecture;
  for (const auto &[name, value] : driver.identity(ordinal)) {
    std::printf("          %-34s %s\n", name.c_str(), value.c_str());
    if (name == "arch")
      architecture = value;
  }
  to.line("the architecture is named", architecture.starts_with("gfx"), architecture);
  const gpu::device_limits limits = driver.limits(ordinal);
  const unsigned wavefront = architecture.starts_with("gfx9") ? 64 : 32;
  to.line("wavefront", limits.wavefront == wavefront, fmt::format("{} threads", limits.wavefront));
  to.line("LDS of a block", limits.max_shared_per_block >= 32768,
          fmt::format("{} bytes", limits.max_shared_per_block));
  to.line("threads", limits.max_threads_per_block >= 256 && limits.max_threads_per_multiprocessor,
          fmt::format("{} of a block, {} of a compute unit", limits.max_threads_per_block,
                      limits.max_threads_per_multiprocessor));
  to.line("clock", limits.nominal_ghz > 0.2 && limits.nominal_ghz < 10,
          fmt::format("{:.2f} GHz", limits.nominal_ghz));
  to.line("cache", limits.cache_bytes > 0,
          fmt::format("{} bytes, flushed with {}", limits.cache_bytes,
                      gpu::flush_bytes(limits.cache_bytes)));
  to.line("unit", !driver.unit(ordinal).empty(), driver.unit(ordinal));
}

void run_checks(const hip::entry_points &api, const std::string &library, int device, report &to) {
  const auto driver = hip::make_driver(api);
  int count = 0;
  api.hipGetDeviceCount(&count);
  if (!to.line("device", device < count, fmt::format("{} of {}", device, count)))
    return;
  look_around(*driver, device, to);
  int before = -1, after = -1;
  api.hipGetDevice(&before);
  {
    device_checks checks(api, *driver, device, to);
    checks.run(library);
  }
  api.hipGetDevice(&after);
  to.line("the current device is as it was", before == after,
          fmt::format("{}, {} before", after, before));
}

int open_shared(const char *library, int ordinal, const char *text) {
  gpu::ipc_handle handle{};
  for (std::size_t i = 0; i < sizeof handle.bytes; ++i) {
    unsigned value = 0;
    if (std::sscanf(text + 2 * i, "%2x", &value) != 1)
      return 2;
    handle.bytes[i] = static_cast<std::byte>(value);
  }
  hip::entry_points api;
  if (!hip::open_runtime(*library ? library : nullptr, api))
    return 3;
  const auto driver = hip::make_driver(api);
  gpu::driver_device device(*driver, ordinal);
  gpu::address memory = 0;
  unsigned char found = 0;
  status done = device.open();
  if (done)
    done = device.import_memory(handle, memory);
  if (done)
    done = device.copy(gpu::address_of(&found), memory + 4095, 1);
  if (done)
    done = device.synchronize();
  if (done && found != 0x11)
    return 4;
  if (done)
    done = device.fill(memory, 0x22, 4096);
  if (done)
    done = device.synchronize();
  if (memory)
    device.close_memory(memory);
  if (!done)
    std::printf("          in the other process: %s\n", done.text().c_str());
  return done ? 0 : 5;
}

} // namespace tl::conformance
