// Something that is to happen: called once, moved never.
// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace p2plive::sim {

/// Room for any function object without arguments. A world has hundreds of thousands that wait, and
/// millions a minute: nearly all of them lie in this room, without an allocation of their own.
class Event {
public:
  Event() = default;
  ~Event() { clear(); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  /// In place of what was there.
  template <typename Function>
  void set(Function function) {
    clear();
    if constexpr (sizeof(Function) <= room && alignof(Function) <= alignof(std::max_align_t)) {
      new (memory_) Function(std::move(function));
      call_ = [](void* memory) { (*static_cast<Function*>(memory))(); };
      destroy_ = [](void* memory) { static_cast<Function*>(memory)->~Function(); };
    } else {
      set([owned = std::make_unique<Function>(std::move(function))] { (*owned)(); });
    }
  }
  void operator()() { call_(memory_); }
  void clear() {
    if (auto destroy = std::exchange(destroy_, nullptr))
      destroy(memory_);
  }

private:
  static constexpr std::size_t room = 80;
  alignas(std::max_align_t) std::byte memory_[room];
  void (*call_)(void*) = nullptr;
  void (*destroy_)(void*) = nullptr;
};

} // namespace p2plive::sim
