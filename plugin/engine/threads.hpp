// Threads of ours never take the host's signals: SIGPIPE of a broken socket least of all. Those that work in the background do not
// take the processor from a thread that is using it.
#pragma once
#include <pthread.h>
#include <sched.h>

#include <csignal>
#include <exception>
#include <thread>
#include <utility>

namespace huren::engine {

// The mask is inherited, so there is no moment in which the new thread could be hit.
template <class F>
std::thread quiet_thread(F&& body) {
  sigset_t all, before;
  sigfillset(&all);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}) sigdelset(&all, fault);  // the host's crash handler must see them
  pthread_sigmask(SIG_SETMASK, &all, &before);
  struct Restore {
    const sigset_t& mask;
    ~Restore() { pthread_sigmask(SIG_SETMASK, &mask, nullptr); }
  } restore{before};
  return std::thread(std::forward<F>(body));
}

// For what is done behind the back of the HIS and of a partner's connection (ADR 0030): once woken it runs on a free processor, or when
// whoever runs there rests or has had its turn; its share of the time is that of any thread. What it starts inherits this. Where the
// system refuses it runs like the others.
template <class F>
std::thread background_thread(F&& body) {
  return quiet_thread([work = std::forward<F>(body)]() mutable {
    const sched_param none{};
    static_cast<void>(pthread_setschedparam(pthread_self(), SCHED_BATCH, &none));
    work();
  });
}

// Runs the body on a quiet thread and comes back with it, exceptions included: for libraries whose threads inherit the mask.
template <class F>
void on_quiet_thread(F&& body) {
  std::exception_ptr fault;
  quiet_thread([&] {
    try {
      body();
    } catch (...) {
      fault = std::current_exception();
    }
  }).join();
  if (fault) std::rethrow_exception(fault);
}

}  // namespace huren::engine
