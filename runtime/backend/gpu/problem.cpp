// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/gpu/problem.h"

#include "runtime/worker/element.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace tl::rt::gpu {
namespace {

/// A range of memory that one argument leads to, before overlapping ones become regions.
struct range {
  std::uint32_t parameter;
  address begin, end;
  address allocation; ///< 0: host
  place where;
  bool written;
};

/// Collects the parts of one problem.
class taker {
public:
  taker(device &on, const tuning_task &task, problem &to)
      : device_(on), task_(task), factory_(*task.factory), to_(to) {}

  status run();

private:
  status take(std::uint32_t index);
  status take_pointer(std::uint32_t index);
  status take_view(std::uint32_t index);
  void take_value(std::uint32_t index);
  void take_addresses(std::uint32_t index, argument_kind with);
  void take_object(std::uint32_t index);
  void stay_in_process(std::uint32_t index, const char *why);
  void borrow(std::uint32_t index, const char *why);
  void add_piece(std::uint32_t index, const tl_view &view, std::uint32_t access);
  void add_range(std::uint32_t index, address begin, address end, const memory_info &info,
                 bool written);
  void make_regions();
  void locate(address at, std::uint32_t &region, std::uint64_t &offset) const;

  device &device_;
  const tuning_task &task_;
  const tl_factory &factory_;
  problem &to_;
  std::vector<range> ranges_;
};

class writer {
public:
  std::vector<std::byte> bytes;

  template <class T>
    requires std::is_trivially_copyable_v<T>
  void put(const T &value) {
    const auto *from = reinterpret_cast<const std::byte *>(&value);
    bytes.insert(bytes.end(), from, from + sizeof value);
  }
  template <class T>
    requires std::is_trivially_copyable_v<T>
  void put(const std::vector<T> &values) {
    put(std::uint64_t(values.size()));
    const auto *from = reinterpret_cast<const std::byte *>(values.data());
    bytes.insert(bytes.end(), from, from + values.size() * sizeof(T));
  }
};

class reader {
public:
  reader(const std::byte *data, std::size_t size) : at_(data), end_(data + size) {}
  bool good = true;

  template <class T>
    requires std::is_trivially_copyable_v<T>
  void get(T &value) {
    take(&value, sizeof value);
  }
  template <class T>
    requires std::is_trivially_copyable_v<T>
  void get(std::vector<T> &values) {
    std::uint64_t count = 0;
    get(count);
    if (!good || count > static_cast<std::size_t>(end_ - at_) / sizeof(T)) {
      good = false;
      return;
    }
    values.resize(count);
    take(values.data(), count * sizeof(T));
  }

private:
  void take(void *to, std::size_t size) {
    if (!good || size > static_cast<std::size_t>(end_ - at_)) {
      good = false;
      return;
    }
    if (size != 0)
      std::memcpy(to, at_, size);
    at_ += size;
  }

  const std::byte *at_;
  const std::byte *end_;
};

} // namespace

std::string parameter_name(const tl_factory &factory, std::uint32_t index) {
  const char *name = index < factory.parameter_count ? factory.parameters[index].name : "result";
  return name && *name ? std::string(name) : fmt::format("argument {}", index + 1);
}

void taker::stay_in_process(std::uint32_t index, const char *why) {
  if (to_.in_process.empty())
    to_.in_process = fmt::format("{} {}", parameter_name(factory_, index), why);
}

void taker::borrow(std::uint32_t index, const char *why) {
  stay_in_process(index, why);
  argument &made = to_.arguments[index];
  made.kind = argument_kind::borrowed;
  made.object.resize(sizeof(void *));
  std::memcpy(made.object.data(), &task_.call->arguments[index], sizeof(void *));
}

void taker::add_range(std::uint32_t index, address begin, address end, const memory_info &info,
                      bool written) {
  const bool on_device = info.place == place::exportable || info.place == place::staged;
  ranges_.push_back({index, begin, end, on_device ? info.base : 0, info.place, written});
}

void taker::add_piece(std::uint32_t index, const tl_view &view, std::uint32_t access) {
  const tl_parameter &parameter = factory_.parameters[index];
  if (access == TL_ACCESS_IN || access == TL_ACCESS_SCRATCH)
    return;
  piece made;
  made.parameter = index;
  made.offset = address_of(view.data); // an address until the regions are known
  made.bytes = view.bytes;
  made.access = access;
  made.element = parameter.element;
  made.element_size = static_cast<std::uint32_t>(element_size(parameter.element));
  made.count = view.bytes / made.element_size;
  if (parameter.kind == TL_PARAMETER_VIEW && parameter.element != TL_ELEMENT_BYTES &&
      view.rank > 1) {
    made.rank = view.rank;
    made.count = 1;
    for (std::uint32_t i = 0; i < view.rank; ++i) {
      made.shape[i] = view.shape[i];
      made.strides[i] = view.strides[i];
      made.count *= view.shape[i];
    }
  }
  to_.pieces.push_back(made);
}

status taker::take_pointer(std::uint32_t index) {
  const tl_parameter &parameter = factory_.parameters[index];
  void *pointer = nullptr;
  std::memcpy(&pointer, task_.call->arguments[index], sizeof pointer);
  argument &made = to_.arguments[index];
  const auto *object = static_cast<const std::byte *>(task_.call->arguments[index]);
  made.object.assign(object, object + parameter.size);
  if (!pointer)
    return status::ok();
  const memory_info info = device_.inspect(pointer);
  if (info.place == place::unknown) {
    borrow(index, "leads to memory that the driver does not know, of unknown extent");
    return status::ok();
  }
  made.kind = argument_kind::rebased;
  tl_view whole{};
  whole.data = pointer;
  whole.bytes = info.base + info.bytes - address_of(pointer);
  whole.rank = 1;
  add_range(index, address_of(pointer), info.base + info.bytes, info,
            parameter.access != TL_ACCESS_IN);
  add_piece(index, whole, parameter.access);
  return status::ok();
}

status taker::take_view(std::uint32_t index) {
  const tl_parameter &parameter = factory_.parameters[index];
  tl_view view{};
  parameter.view(task_.call->arguments[index], &view);
  if (!parameter.rebase) {
    borrow(index, "is a container that cannot be pointed at a copy");
    return status::ok();
  }
  argument &made = to_.arguments[index];
  const auto *object = static_cast<const std::byte *>(task_.call->arguments[index]);
  made.object.assign(object, object + parameter.size);
  if (!view.data)
    return status::ok();
  // An extent of zero with a pointer: not known, so all of the allocation that follows.
  if (view.bytes == 0)
    return view.rank == 1 && parameter.access != TL_ACCESS_UNKNOWN ? take_pointer(index)
                                                                   : status::ok();
  const memory_info info = device_.inspect(view.data);
  const address begin = address_of(view.data);
  if (info.place != place::unknown &&
      (begin < info.base || begin + view.bytes > info.base + info.bytes))
    return status::invalid(
        fmt::format("{} is a view of {} bytes, but only {} bytes of its allocation follow",
                    parameter_name(factory_, index), view.bytes, info.base + info.bytes - begin));
  made.kind = argument_kind::rebased;
  add_range(index, begin, begin + view.bytes, info, parameter.access != TL_ACCESS_IN);
  add_piece(index, view, parameter.access);
  return status::ok();
}

void taker::take_value(std::uint32_t index) {
  const tl_parameter &parameter = factory_.parameters[index];
  argument &made = to_.arguments[index];
  const auto *object = static_cast<const std::byte *>(task_.call->arguments[index]);
  made.object.assign(object, object + parameter.size);
  if (parameter.element == TL_ELEMENT_BYTES)
    take_addresses(index, argument_kind::holds_pointers);
}

/// An object of a class with a copy constructor of its own cannot be made in another process. In
/// this one its bytes can stand for it: they are copied from, and never destroyed.
void taker::take_object(std::uint32_t index) {
  stay_in_process(index, "is an object of a class that cannot be copied to another process");
  argument &made = to_.arguments[index];
  const auto *object = static_cast<const std::byte *>(task_.call->arguments[index]);
  made.object.assign(object, object + factory_.parameters[index].size);
  made.kind = argument_kind::image;
  take_addresses(index, argument_kind::image);
}

/// An object may hold addresses of buffers. Where an aligned word is one, it is treated as a
/// pointer to unknown elements.
void taker::take_addresses(std::uint32_t index, argument_kind with) {
  const tl_parameter &parameter = factory_.parameters[index];
  argument &made = to_.arguments[index];
  const auto *object = static_cast<const std::byte *>(task_.call->arguments[index]);
  for (std::uint32_t at = 0; at + sizeof(void *) <= parameter.size; at += sizeof(void *)) {
    void *word = nullptr;
    std::memcpy(&word, object + at, sizeof word);
    // No user-space address of a device is this small: spares asking about every number.
    if (address_of(word) < 0x10000)
      continue;
    const memory_info info = device_.inspect(word);
    if (info.place != place::exportable && info.place != place::staged)
      continue;
    made.kind = with;
    made.pointers.push_back({at, 0, address_of(word)});
    add_range(index, address_of(word), info.base + info.bytes, info, true);
    tl_view whole{};
    whole.data = word;
    whole.bytes = info.base + info.bytes - address_of(word);
    // That the object is not written says nothing about what it leads to.
    add_piece(index, whole, TL_ACCESS_UNKNOWN);
  }
}

status taker::take(std::uint32_t index) {
  const tl_parameter &parameter = factory_.parameters[index];
  argument &made = to_.arguments[index];
  switch (parameter.kind) {
  case TL_PARAMETER_STREAM:
    made.kind = argument_kind::stream;
    to_.has_stream = true;
    return status::ok();
  case TL_PARAMETER_POINTER:
    if (parameter.element == TL_ELEMENT_POINTER)
      return status::unsupported(
          fmt::format("{} is an array of addresses, whose buffers cannot be copied",
                      parameter_name(factory_, index)));
    return take_pointer(index);
  case TL_PARAMETER_VIEW:
    return take_view(index);
  case TL_PARAMETER_VALUE:
    take_value(index);
    return status::ok();
  case TL_PARAMETER_REFERENCE: {
    made.kind = argument_kind::host_object;
    const address begin = address_of(task_.call->arguments[index]);
    add_range(index, begin, begin + parameter.size, {}, parameter.access != TL_ACCESS_IN);
    tl_view object{};
    object.data = task_.call->arguments[index];
    object.bytes = parameter.size;
    add_piece(index, object, parameter.access);
    return status::ok();
  }
  default:
    take_object(index);
    return status::ok();
  }
}

void taker::make_regions() {
  std::vector<range> sorted = ranges_;
  std::sort(sorted.begin(), sorted.end(), [](const range &a, const range &b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  for (const range &it : sorted) {
    region *last = to_.regions.empty() ? nullptr : &to_.regions.back();
    const bool joins = last && it.begin < last->original + last->bytes;
    if (!joins) {
      last = &to_.regions.emplace_back();
      last->original = it.begin;
      last->on_host = it.where == place::unknown || it.where == place::host;
      last->offset = it.begin - it.allocation;
    }
    last->bytes = std::max(last->bytes, it.end - last->original);
    last->written |= it.written;
  }
}

void taker::locate(address at, std::uint32_t &region, std::uint64_t &offset) const {
  for (std::uint32_t i = 0; i < to_.regions.size(); ++i)
    if (at >= to_.regions[i].original && at < to_.regions[i].original + to_.regions[i].bytes) {
      region = i;
      offset = at - to_.regions[i].original;
      return;
    }
}

status taker::run() {
  to_.factory = factory_.id;
  to_.backend = factory_.backend;
  to_.ordinal = task_.call->device;
  to_.cold = task_.cold;
  to_.seed = task_.seed;
  to_.options = task_.options;
  to_.arguments.resize(factory_.parameter_count);
  for (std::uint32_t i = 0; i < factory_.parameter_count; ++i)
    if (status taken = take(i); !taken)
      return taken;
  make_regions();
  for (const range &it : ranges_) {
    argument &of = to_.arguments[it.parameter];
    if (of.kind == argument_kind::holds_pointers || of.kind == argument_kind::image)
      continue;
    pointer_in_argument &pointer = of.pointers.emplace_back();
    locate(it.begin, pointer.region, pointer.offset);
  }
  for (argument &it : to_.arguments)
    if (it.kind == argument_kind::holds_pointers || it.kind == argument_kind::image)
      for (pointer_in_argument &pointer : it.pointers)
        locate(pointer.offset, pointer.region, pointer.offset);
  for (piece &it : to_.pieces) {
    const address begin = it.offset;
    for (const range &other : ranges_)
      if (other.parameter != it.parameter && other.begin < begin + it.bytes && begin < other.end)
        it.shared = 1;
    locate(begin, it.region, it.offset);
  }
  for (region &it : to_.regions)
    if (it.on_host) {
      const auto *from = reinterpret_cast<const std::byte *>(it.original);
      it.content.assign(from, from + it.bytes);
    }
  return status::ok();
}

status take_apart(device &on, const tuning_task &task, problem &to) {
  return taker(on, task, to).run();
}

std::vector<std::byte> problem::serialise() const {
  writer out;
  out.put(std::vector<char>(factory.begin(), factory.end()));
  out.put(backend);
  out.put(ordinal);
  out.put(cold);
  out.put(has_stream);
  out.put(seed);
  out.put(options);
  out.put(std::uint64_t(regions.size()));
  for (const region &it : regions) {
    out.put(it.original);
    out.put(it.bytes);
    out.put(it.on_host);
    out.put(it.written);
    out.put(it.handle);
    out.put(it.offset);
    out.put(it.content);
  }
  out.put(std::uint64_t(arguments.size()));
  for (const argument &it : arguments) {
    out.put(it.kind);
    out.put(it.object);
    out.put(it.pointers);
  }
  out.put(pieces);
  return std::move(out.bytes);
}

bool problem::parse(const std::byte *data, std::size_t size, problem &to) {
  reader in(data, size);
  std::vector<char> id;
  in.get(id);
  to.factory.assign(id.begin(), id.end());
  in.get(to.backend);
  in.get(to.ordinal);
  in.get(to.cold);
  in.get(to.has_stream);
  in.get(to.seed);
  in.get(to.options);
  std::uint64_t count = 0;
  in.get(count);
  for (std::uint64_t i = 0; in.good && i < count; ++i) {
    region &it = to.regions.emplace_back();
    in.get(it.original);
    in.get(it.bytes);
    in.get(it.on_host);
    in.get(it.written);
    in.get(it.handle);
    in.get(it.offset);
    in.get(it.content);
  }
  in.get(count);
  for (std::uint64_t i = 0; in.good && i < count; ++i) {
    argument &it = to.arguments.emplace_back();
    in.get(it.kind);
    in.get(it.object);
    in.get(it.pointers);
  }
  in.get(to.pieces);
  return in.good;
}

} // namespace tl::rt::gpu
