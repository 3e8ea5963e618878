// What the conformance suite of huren.partner/1 needs from each adapter: a way to set it up against a scripted peer.
// Each adapter's quirks say what its transport cannot express; a case it cannot express is left out for it, by name.
#pragma once
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "huren/adapter.hpp"
#include "tests/support/transport/recording_engine.hpp"

namespace huren::test {

// How the peer behaves towards one message.
enum class Behave {
  AA,
  AE,
  AR,
  AR_lasting,
  CA,
  CE,
  CR,
  error_with_text,    // AE whose ERR carries a person's name in its free text
  never,              // keeps the connection, says nothing
  half_then_close,    // a part of the answer, then closes
  half_then_silence,  // a part of the answer, then nothing
  foreign_then_own,   // an answer to another message first
  foreign_only,       // only that
  twice,              // the right answer two times
  close_after_message,
  reset_after_message,
  close_at_once,  // before reading anything
  drip,           // the right answer, byte by byte
  unreadable,
  blank,
  xml,  // answers that are no acknowledgements
};

struct Quirks {
  std::string name;
  std::set<Behave> cannot;  // what the transport cannot express
  bool half_is_unreadable = false;
};

// One adapter, started, with one partner "b" whose scripted peer does these things message by message.
class Kit {
 public:
  virtual ~Kit() = default;
  virtual PartnerAdapter& adapter() = 0;
  virtual std::vector<std::string> received() = 0;  // message bodies at the peer
  virtual int connections() { return 0; }
  RecordingEngine engine;

  Receipt deliver(const std::string& id, std::uint32_t deadline_ms = 10'000);
};

struct KitMaker {
  Quirks quirks;
  std::function<std::unique_ptr<Kit>(std::vector<Behave>)> make;
};
const std::vector<KitMaker>& kits();

// A partner adapter and how a peer that accepts everything speaks to it: for cases about TLS only.
struct Transport {
  const char* name;
  const AdapterEntry& entry;
  std::function<void(class Session&)> answer_all;
  const char* listen;  // the [listener] key of its address
};
const std::vector<Transport>& transports();

KitMaker https_kit();
KitMaker mllp_kit();
KitMaker loopback_kit();

}  // namespace huren::test
