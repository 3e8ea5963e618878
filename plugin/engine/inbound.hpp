// Bytes from a partner or a feed: read, checked, stored with the verdict, answered (accept); applied once, with a partner's
// report in the transaction that stores it, with anything else later (apply).
// Promises: the answer goes out only after bytes and verdict are on disk (I9); a repeated message gets the earlier
//   answer and no second effect; every refusal names the place and the HL7 error code; an ACK is never acknowledged, but
//   for the commit that an application acknowledgement asks for.
// Refuses: a sender other than the one proved by the certificate; message types that nobody here reads; a message over whose
//   reading as many processes died as a delivery has attempts (I8).
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/base/link.hpp"
#include "core/hl7/ack.hpp"
#include "engine/events.hpp"
#include "engine/mark.hpp"

namespace huren::engine {

// Messages of one connection, in the order of their arrival, whose sender waits until they are stored and have taken effect, which is
// one transaction.
struct Handed {
  struct Message {
    std::int64_t mark = 0;  // what its content is known by (engine/mark.hpp)
    std::function<Result<void>(store::Unit&, Manner)> work;  // receives and applies it; may run again after a roll-back
  };
  std::int64_t received_ms = 0;
  std::vector<Message> messages;  // at least one, at most kMost
  static constexpr std::size_t kMost = 64;
  // The taker's:
  enum class State { waits, not_now, done } state = State::waits;
  Result<void> outcome = {};
  std::condition_variable told = {};
  std::atomic<bool> left_alone{false};  // nobody else will touch this any more
};

// Who applies events and messages, in the order of their arrival.
class Taker {
 public:
  virtual ~Taker() = default;
  // [thread: any] Returns when the work is on disk or has failed: outcome. false: not now, because what came before it still
  // waits, or a process died over one of them; they are to be stored, and applied in their turn.
  virtual bool take(Handed& handed) = 0;
  virtual void stored(std::int64_t inbox_id) noexcept = 0;  // it waits in the inbox
};

class Inbound {
 public:
  // relayed: called when a message that only passes through waits for its partner. mark_path: where engine/mark.hpp keeps what is being read.
  Inbound(const Context& context, std::function<void()> relayed, const std::string& mark_path);
  ~Inbound();
  void through(Taker& taker) { taker_ = &taker; }  // before the first accept(); without one everything is applied later
  // [thread: any] Never throws.
  Reply accept(const huren::Inbound& in) noexcept;
  // Of one connection, in the order of their arrival, none of them to be relayed; a reply for each.
  std::vector<Reply> accept_many(const std::vector<huren::Inbound>& messages) noexcept;
  // [thread: applier] Error with status -2xx: try again later. Together: engine.taken_apart when it must be done apart.
  Result<void> apply(store::Unit& unit, const store::InboxRow& row, Manner manner);

 private:
  struct Read;     // what a message says, checked
  struct Arrival;  // a message on its way in
  void read_in(Arrival& arrival);
  void read(Arrival& arrival, const hl7::Message& message);
  static void unread(Arrival& arrival, Error why);
  void take_in(std::span<Arrival> arrivals);
  void finish(Arrival& arrival, const Result<void>* at_once);  // at_once: what came of it where it was handed in
  Result<void> store_only(Arrival& arrival);
  [[nodiscard]] bool may_hand_in(const Arrival& arrival) const;
  Result<void> receive_and_apply(store::Unit& unit, store::InboxRow& row, Read& read, store::InboxVerdict& verdict, Manner manner);
  Result<void> conclude(store::Unit& unit, const store::InboxRow& row, const hl7::Header& header, Read* read, const Findings& findings, Manner manner);
  void remember(std::int64_t id, std::shared_ptr<Read> read, std::size_t bytes);
  std::shared_ptr<Read> recall(std::int64_t id);

  const Context& context_;
  const std::function<void()> relayed_;
  Mark reading_;
  Taker* taker_ = nullptr;
  // What was read when a message was accepted need not be read again when it is applied a moment later.
  std::mutex mutex_;
  std::unordered_map<std::int64_t, std::pair<std::shared_ptr<Read>, std::size_t>> fresh_;  // by inbox id
  std::size_t fresh_bytes_ = 0;
};

// A spooled event whose body is an HL7 v2 report (content type application/hl7-v2; charset=...): what a feed would do.
// Findings hold what is wrong with the message; empty: it took effect.
Result<Findings> take_in_hl7(store::Unit& unit, const Context& context, const SpooledEvent& event);

}  // namespace huren::engine
