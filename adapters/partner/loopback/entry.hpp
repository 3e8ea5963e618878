// The adapter partner.loopback: no network; what is delivered lands in a queue of this process, for tests.
// Promises: outcomes as scripted, in order, then delivered/AA; sending between two engines of one process when their
//   partners name the same channel. Refuses: production use (nothing leaves the process).
#pragma once
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "huren/adapter.hpp"

namespace huren {

const AdapterEntry& partner_loopback_entry();

namespace partner_loopback {

// One named channel: option "channel" of a partner (default: the partner's code). Lives as long as the process.
class Channel {
 public:
  struct Sent {
    std::string id, type, content_type, body;
  };
  // Any thread. The next deliveries end as scripted; a script entry may still hand the message on (a lost answer).
  struct Step {
    Receipt receipt;
    bool hand_on = false;
  };
  void script(std::vector<Step> steps);
  // Where messages go; its reply decides when nothing is scripted. Empty: they are only kept.
  void connect(std::function<Reply(std::string_view body)> receiver);
  [[nodiscard]] std::vector<Sent> sent() const;
  void clear();

  Replied take(const Message& message, const std::string& where);

 private:
  mutable std::mutex mutex_;
  std::deque<Step> steps_;
  std::vector<Sent> sent_;
  std::function<Reply(std::string_view)> receiver_;
};

Channel& channel(const std::string& name);

}  // namespace partner_loopback
}  // namespace huren
