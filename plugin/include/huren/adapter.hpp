// Between the engine and one adapter module. Private to huren: engine and adapters are built together and must match
// exactly (signature). HIS vendors include huren.h, never this.
// Promises: one exported symbol, huren_adapter_entry; no exception leaves an adapter (the engine's thunks are the wall).
// Refuses: an adapter that talks to another adapter, reads a clock, or retries by itself (core/delivery does).
#pragma once
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/link.hpp"
#include "core/base/result.hpp"
#include "huren/store.hpp"

#define HUREN_ADAPTER_SIGNATURE "huren 0.1.0;adapter 2;" __VERSION__

namespace huren {

// An outgoing message: the stored bytes, rendered once.
struct Message {
  std::string_view id;            // MSH-10
  std::string_view type;          // "ORU^R01"
  std::string_view content_type;  // "application/hl7-v2; charset=utf-8"
  std::string_view body;
};

// What the peer may have seen, nothing else; it decides who acts next.
enum class Outcome {
  not_sent = 1,   // provably not: retry freely
  unknown = 2,    // perhaps: retry only where the peer de-duplicates
  delivered = 3,  // accepted, receipt in hand
  refused = 4     // seen and rejected: a person must look
};
struct Receipt {
  Outcome outcome = Outcome::unknown;
  std::string code;                      // "AA", "AE", "CE", or "" when no answer came
  Error remark{"delivery.none", "", {}}; // why, for the operator
  std::uint32_t retry_after_ms = 0;      // the peer's wish; 0: none
};

// What came of a question. body: the reply whose MSA-2 names the question, as it came; empty: none did.
struct Replied {
  Receipt receipt;  // judged like an acknowledgement; refused for now is told as not_sent
  std::string body;
};

// Bytes that came in, with the sender as proved (never as claimed in the message).
struct Inbound {
  std::string source;        // partner code (by its certificate) or "feed:NAME"
  std::string content_type;  // charset only when the transport states one
  std::string body;
};
// The answers to send back, verbatim; empty: none. later: to a feed in enhanced mode, the application acknowledgement that
// follows the commit in body, on the same connection.
struct Reply { std::string body; bool stored = false; std::string later = {}; };

using Options = std::map<std::string, std::string>;
struct Peer { std::string code; Options options; };        // a configured partner or feed that this adapter serves

// What the engine offers. Every function: any thread, never throws.
class EngineServices {
 public:
  virtual ~EngineServices() = default;
  using Field = std::pair<std::string_view, std::string>;
  // event: a name from schemas/catalog/log_events.csv, "transport.peer_rejected". fields: no patient data.
  virtual void log(Severity severity, std::string_view event, std::initializer_list<Field> fields) noexcept = 0;
  virtual std::int64_t now_ms() noexcept = 0;
  // Parse, check, store, answer. When it returns the bytes and the verdict are on disk (I9): now the reply may go out.
  // A question (QBP) is answered from the store instead: who was given what is on disk when it returns.
  virtual Reply accept(const Inbound& inbound) noexcept = 0;
  // Messages that came one after another on one connection, each as accept() takes it; a reply for each, in their order. They may
  // share a transaction.
  virtual std::vector<Reply> accept_many(const std::vector<Inbound>& messages) noexcept {
    std::vector<Reply> replies;
    for (const auto& message : messages) replies.push_back(accept(message));
    return replies;
  }
  // For a his adapter: what the HIS may ask by huren_query, and suggestion.open/1. Answers by the deadline.
  virtual QueryAnswer query(std::string_view topic, std::string_view /*json*/, std::uint32_t /*deadline_ms*/) noexcept {
    const Error error{"engine.not_offered", std::string(topic), {}};
    return {.status = status_of(error), .json = "", .error = error};
  }
  // For a his adapter: an event as huren_submit takes it. On disk when it returns without an error (I1).
  virtual Result<void> submit(std::string_view type, std::string_view /*key*/, std::string_view /*json*/) noexcept {
    return Error{"engine.not_offered", std::string(type), {}};
  }
};

class Adapter {
 public:
  virtual ~Adapter() = default;
  virtual Result<void> start() { return {}; }
  virtual void stop(std::uint32_t /*grace_ms*/) {}  // all threads joined when it returns
};

class PartnerAdapter : public Adapter {
 public:
  // [thread: any, many at once] Returns by the deadline.
  virtual Receipt deliver(const std::string& partner, const Message& message, std::uint32_t deadline_ms) = 0;
  // Whether deliver_many() sends a message before the one ahead of it is answered.
  [[nodiscard]] virtual bool pipelines() const { return false; }
  // [thread: any, many at once] In this order on one way, back by the deadline; a receipt for each, of what the peer may have seen of it.
  virtual std::vector<Receipt> deliver_many(const std::string& partner, std::span<const Message> messages, std::uint32_t deadline_ms) {
    std::vector<Receipt> receipts;
    for (const auto& message : messages) receipts.push_back(deliver(partner, message, deadline_ms));
    return receipts;
  }
  // [thread: any, many at once] A question and its reply on one connection, back by the deadline. Nothing is repeated.
  virtual Replied ask(const std::string& partner, const Message& /*question*/, std::uint32_t /*deadline_ms*/) {
    return {{.outcome = Outcome::not_sent, .code = "", .remark = {"transport.ask_not_offered", "partner." + partner, {}}}, {}};
  }
};
class HisAdapter : public Adapter {};
class StoreAdapter : public Adapter, public store::Store {};

struct AdapterSetup {
  EngineServices* engine = nullptr;
  std::string config_dir;    // relative paths in options start here
  Options options;           // [listener] for a partner adapter, [store] for a store
  std::vector<Peer> peers;   // the partners or feeds that name this adapter
};

enum class OptionType { text, integer, boolean, path, address, sha256 };
struct AdapterOption { const char* name; OptionType type; const char* fallback; const char* help_zh; const char* help_en; };  // fallback nullptr: required

struct AdapterEntry {
  const char* signature;  // HUREN_ADAPTER_SIGNATURE, compared byte for byte before anything else is touched
  const char* id;         // "partner.mllp"
  const char* kind;       // "huren.partner/1" | "huren.his/1" | "huren.store/1"
  const char* summary;
  const AdapterOption* options;
  std::size_t option_count;
  Result<std::unique_ptr<Adapter>> (*create)(const AdapterSetup& setup);
};

}  // namespace huren

// Static builds give each entry its own C++ name; the module exports one C name.
#define HUREN_ADAPTER_EXPORT extern "C" __attribute__((visibility("default"))) const huren::AdapterEntry
