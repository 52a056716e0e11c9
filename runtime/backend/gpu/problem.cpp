// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "runtime/backend/gpu/problem.h"

#include <cstring>
#include <type_traits>

namespace tl::rt::gpu {
namespace {

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

std::vector<std::byte> problem::serialise() const {
  writer out;
  out.put(std::vector<char>(factory.begin(), factory.end()));
  out.put(backend);
  out.put(ordinal);
  out.put(cold);
  out.put(once);
  out.put(has_stream);
  out.put(seed);
  out.put(options);
  out.put(std::uint64_t(regions.size()));
  for (const region &it : regions) {
    out.put(it.original);
    out.put(it.bytes);
    out.put(it.on_host);
    out.put(it.written);
    out.put(it.variable);
    out.put(it.handle);
    out.put(it.offset);
    out.put(it.content);
    out.put(it.pointers);
  }
  out.put(std::uint64_t(arguments.size()));
  for (const argument &it : arguments) {
    out.put(it.kind);
    out.put(it.object);
    out.put(it.pointers);
  }
  out.put(std::uint64_t(variables.size()));
  for (const host_variable &it : variables) {
    out.put(it.variable);
    out.put(it.content);
    out.put(it.pointers);
  }
  out.put(pieces);
  out.put(inputs);
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
  in.get(to.once);
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
    in.get(it.variable);
    in.get(it.handle);
    in.get(it.offset);
    in.get(it.content);
    in.get(it.pointers);
  }
  in.get(count);
  for (std::uint64_t i = 0; in.good && i < count; ++i) {
    argument &it = to.arguments.emplace_back();
    in.get(it.kind);
    in.get(it.object);
    in.get(it.pointers);
  }
  in.get(count);
  for (std::uint64_t i = 0; in.good && i < count; ++i) {
    host_variable &it = to.variables.emplace_back();
    in.get(it.variable);
    in.get(it.content);
    in.get(it.pointers);
  }
  in.get(to.pieces);
  in.get(to.inputs);
  return in.good;
}

} // namespace tl::rt::gpu
