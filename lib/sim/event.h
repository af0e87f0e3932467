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
class alignas(64) Event {
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
      if constexpr (requires(const Function& it) { it.approach(0u); })
        approach_ = [](const void* memory, unsigned step) {
          static_cast<const Function*>(memory)->approach(step);
        };
      else
        approach_ = nullptr;
    } else {
      set([owned = std::make_unique<Function>(std::move(function))] { (*owned)(); });
    }
  }
  void operator()() { call_(memory_); }
  /// Its turn comes soon: the processor is to fetch what it will need. A function object that has
  /// approach(unsigned step) const is told of each step from 0 on, some events before the next, so
  /// that each step may look at what the one before has asked for.
  void approach(unsigned step) const {
    if (approach_)
      approach_(memory_, step);
  }
  void clear() {
    if (auto destroy = std::exchange(destroy_, nullptr))
      destroy(memory_);
  }

private:
  static constexpr std::size_t room = 96;
  void (*call_)(void*) = nullptr;
  void (*destroy_)(void*) = nullptr;
  void (*approach_)(const void*, unsigned) = nullptr;
  alignas(std::max_align_t) std::byte memory_[room];
};

} // namespace p2plive::sim
