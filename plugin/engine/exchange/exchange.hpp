// What goes on between hospitals besides the outbox, in the background: questions to partners when an encounter starts or a
// doctor opens an index entry, the back-fill of new agreements, the nightly comparison.
// Promises: one thread a partner, so that one that is down costs the others nothing; what waits to be asked survives a
//   crash; an answer is stored by the same way in as a message that was sent to us.
// Refuses: making anybody wait: order.check never does, and who opens an index entry waits by its own deadline.
#pragma once
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/context.hpp"
#include "engine/exchange/answerer.hpp"
#include "engine/exchange/reconcile.hpp"

namespace huren::engine::exchange {

// In the unit of encounter.started: the partners that an agreement lets us ask.
Result<void> ask_partners(store::Unit& unit, const Context& context, const std::string& patient_id, const std::string& encounter_id);

class Exchange {
 public:
  using Take = std::function<Reply(const huren::Inbound&)>;
  // take: the way in for messages; they are applied behind it.
  Exchange(const Context& context, Take take) : context_(context), take_(std::move(take)), answerer_(context) {}
  ~Exchange() { stop(); }
  void add(const config::Partner& partner, PartnerAdapter& adapter);  // before start
  void start();
  void wake() noexcept;  // something may wait to be asked
  void stop() noexcept;
  Reply answer(const huren::Inbound& in) noexcept { return answerer_.answer(in); }

  // One round for one partner: true when there may be more. For the thread, and for tests.
  Result<bool> fetch_once(const std::string& partner);
  Result<void> nightly(std::int64_t now_ms);

 private:
  struct Peer { const config::Partner* partner = nullptr; PartnerAdapter* adapter = nullptr; };
  void fetch_loop(const std::string& partner);
  void upkeep_loop();
  Result<void> fetch(const Peer& peer, const store::FetchRow& row);
  bool pause(std::chrono::milliseconds most, std::uint64_t& seen);  // false: stopping
  Ask asking(const Peer& peer) const;

  const Context& context_;
  const Take take_;
  Answerer answerer_;
  std::map<std::string, Peer> peers_;
  std::mutex mutex_;
  std::condition_variable wakes_;
  std::uint64_t asked_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace huren::engine::exchange
