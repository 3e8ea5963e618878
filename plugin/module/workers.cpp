#include "module/workers.hpp"

#include <exception>
#include <new>

#include "huren/huren.h"
#include "module/process.hpp"

namespace huren::module {

Workers::~Workers() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  more_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Workers::push(const std::shared_ptr<Job>& job) {
  threads_.reserve(most_);
  queue_.push_back(job);
  if (idle_ < queue_.size() && threads_.size() < most_) {
    const process::QuietSignals quiet;
    try {
      threads_.emplace_back([this] { serve(); });
    } catch (const std::exception&) {           // no thread to be had
      if (threads_.empty()) queue_.pop_back();  // and nobody to serve it: the caller's deadline answers
    }
  }
  more_.notify_one();
}

std::optional<QueryAnswer> Workers::run(Work work, Time deadline, Late late) {
  auto job = std::make_shared<Job>();
  job->work = std::move(work);
  job->late = std::move(late);
  std::unique_lock lock(mutex_);
  if (stopping_ || queue_.size() >= kWaiting) return std::nullopt;
  push(job);
  if (!job->done.wait_until(lock, deadline, [&] { return job->answer.has_value(); })) {
    job->abandoned = true;
    return std::nullopt;
  }
  return std::move(job->answer);
}

void Workers::post(std::function<void()> work) {
  auto job = std::make_shared<Job>();
  job->work = [work = std::move(work)] {
    work();
    return QueryAnswer{};
  };
  const std::lock_guard guard(mutex_);
  if (!stopping_) push(job);
}

void Workers::serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    more_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
    --idle_;
    if (queue_.empty()) return;  // stopping
    const auto job = std::move(queue_.front());
    queue_.pop_front();
    if (job->abandoned) continue;
    lock.unlock();
    QueryAnswer answer;
    try {
      answer = job->work();
    } catch (const std::bad_alloc&) {
      answer.status = HUREN_E_BUSY;
      answer.error = {"module.memory", "", {}};
    } catch (...) {  // the worker's wall: the caller sees an internal fault
      answer.status = HUREN_E_INTERNAL;
      answer.error = {"module.internal", "", {}};
    }
    job->work = nullptr;
    lock.lock();
    if (!job->abandoned) {
      job->answer = std::move(answer);
      job->done.notify_all();
    } else if (job->late) {
      lock.unlock();
      try {
        job->late(answer);
      } catch (...) {  // the same wall
      }
      lock.lock();
    }
  }
}

}  // namespace huren::module
