// Threads of ours never take the host's signals: SIGPIPE of a broken socket least of all.
#pragma once
#include <pthread.h>

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

// Runs the body on such a thread and comes back with it, exceptions included: for libraries whose threads inherit the mask.
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
