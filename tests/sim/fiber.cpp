// SPDX-License-Identifier: MIT
#include "fiber.hpp"

#include <ucontext.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

namespace quarry::sim {
namespace {
constexpr std::size_t kStackBytes = 512U << 10U;
}

/// One stack, used for one activity after the other.
class Fiber {
 public:
  /// The stack of the thread that it is made on.
  Fiber() {
#ifdef __SANITIZE_THREAD__
    tsan_ = __tsan_get_current_fiber();
#endif
  }
  explicit Fiber(Fibers& owner) : owner_(&owner), stack_(std::make_unique<std::byte[]>(kStackBytes)) {
    getcontext(&context_);
    context_.uc_stack.ss_sp = stack_.get();
    context_.uc_stack.ss_size = kStackBytes;
    context_.uc_link = nullptr;
    // makecontext hands on nothing wider than int.
    const auto self = reinterpret_cast<std::uintptr_t>(this);
    makecontext(&context_, reinterpret_cast<void (*)()>(&Fiber::enter), 2, static_cast<unsigned>(self >> 32U),
                static_cast<unsigned>(self & 0xffffffffU));
#ifdef __SANITIZE_ADDRESS__
    bottom_ = stack_.get();
    size_ = kStackBytes;
#endif
#ifdef __SANITIZE_THREAD__
    tsan_ = __tsan_create_fiber(0);
#endif
  }
  ~Fiber() {
#ifdef __SANITIZE_THREAD__
    if (stack_ != nullptr) { __tsan_destroy_fiber(tsan_); }
#endif
  }
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  void switch_to(Fiber& other) {
#ifdef __SANITIZE_ADDRESS__
    void* fake_stack = nullptr;
    other.came_from_ = this;
    __sanitizer_start_switch_fiber(&fake_stack, other.bottom_, other.size_);
#endif
#ifdef __SANITIZE_THREAD__
    __tsan_switch_to_fiber(other.tsan_, 0);
#endif
    swapcontext(&context_, &other.context_);
#ifdef __SANITIZE_ADDRESS__
    arrived(fake_stack);
#endif
  }

  std::function<void()> activity;

 private:
  static void enter(unsigned high, unsigned low) {
    auto* self = reinterpret_cast<Fiber*>((static_cast<std::uintptr_t>(high) << 32U) | low);
#ifdef __SANITIZE_ADDRESS__
    self->arrived(nullptr);
#endif
    while (true) {
      std::exchange(self->activity, {})();
      self->owner_->idle_.push_back(self);
      self->owner_->wait();
    }
  }
#ifdef __SANITIZE_ADDRESS__
  /// Notes the bounds of the stack that it came from: those of the thread's own are known in no other way.
  void arrived(void* fake_stack) {
    __sanitizer_finish_switch_fiber(fake_stack, &came_from_->bottom_, &came_from_->size_);
  }
  const void* bottom_ = nullptr;
  std::size_t size_ = 0;
  Fiber* came_from_ = nullptr;
#endif
#ifdef __SANITIZE_THREAD__
  void* tsan_ = nullptr;
#endif
  Fibers* owner_ = nullptr;
  std::unique_ptr<std::byte[]> stack_;
  ucontext_t context_{};
};

Fibers::Fibers() : scheduler_(std::make_unique<Fiber>()) {}
Fibers::~Fibers() = default;

void Fibers::start(std::function<void()> activity) {
  if (idle_.empty()) {
    all_.push_back(std::make_unique<Fiber>(*this));
    idle_.push_back(all_.back().get());
  }
  Fiber* fiber = idle_.back();
  idle_.pop_back();
  fiber->activity = std::move(activity);
  resume(*fiber);
}

void Fibers::resume(Fiber& fiber) {
  current_ = &fiber;
  scheduler_->switch_to(fiber);
  current_ = nullptr;
}

void Fibers::wait() { current_->switch_to(*scheduler_); }

}  // namespace quarry::sim
