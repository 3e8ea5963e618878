// What a relay costs that does nothing but keep: MLLP in, one row a message in SQLite (WAL, FULL), acknowledged when its
// commit is on disk, sent on over one connection, marked as sent. No reading, mapping, de-duplication, order, retries or audit. It
// is the ceiling that the bars of the plain relay were set against, measured in the same run (shared design notes: 2,459 a second
// end to end on one connection; 10,105 in and 7,379 through on eight).
#pragma once
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/StreamSocket.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "storage/group_commit.hpp"
#include "storage/sqlite.hpp"

namespace huren::bench {

class BareRelay {
 public:
  BareRelay(const std::string& path, int sink_port);  // of the database, a new one
  ~BareRelay();
  BareRelay(const BareRelay&) = delete;
  BareRelay& operator=(const BareRelay&) = delete;
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::int64_t through() const { return through_; }  // acknowledged by the sink, and that on disk

 private:
  struct Kept {
    std::int64_t row = 0;
    std::string body;
  };
  void accept_loop();
  void talk(Poco::Net::StreamSocket socket);
  void send_on();

  std::unique_ptr<storage::Database> db_;
  storage::GroupCommit commits_;
  Poco::Net::ServerSocket listener_;
  int port_ = 0;
  Poco::Net::StreamSocket out_;
  std::mutex mutex_;
  std::condition_variable kept_cv_;
  std::vector<Kept> kept_;  // not yet sent on
  bool stopping_ = false;
  std::atomic<std::int64_t> through_{0};
  std::thread acceptor_, sender_;
};

}  // namespace huren::bench
