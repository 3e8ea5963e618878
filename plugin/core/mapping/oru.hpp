// A lab report as ORU^R01 2.5.1 and back; also what Chinese laboratories really send (OUL^R22, names in one piece, ↑ ↓).
// Promises: reading what was written gives the same report and the same document bytes; every oddity that was accepted and
//   every thing that was not is a finding at its segment and field; what has no place in the report stays in the bytes.
// Refuses: a message without PID, OBR or report number; guessing a status, a bound or a bare number that is not there.
// Where things stand on the wire: schemas/hl7v2/README.md.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/text.hpp"
#include "core/hl7/message.hpp"
#include "core/mapping/feed_map.hpp"
#include "core/mapping/trace.hpp"
#include "core/model/lab_report.hpp"

namespace huren::mapping {

inline constexpr std::string_view kItemSystem = "HUREN";          // alliance items in OBX-3
inline constexpr std::string_view kMethodGroupSystem = "HUREN-MG"; // method groups in OBX-17

struct Envelope {               // what MSH needs
  std::string control_id;       // MSH-10
  std::string sender, receiver; // organisation codes, MSH-4 and MSH-6
  Timestamp at;                 // MSH-7
  Charset charset = Charset::utf8;
  bool enhanced = false;        // MSH-15 and MSH-16 ask for a commit now and an application acknowledgement later
};

inline constexpr std::string_view kSignatureCode = "C0007.p7s";  // OBX-3 of the document's signature
inline constexpr std::size_t kLargestDocument = std::size_t{64} << 20;  // unpacked; a small frame must not become a full memory

// document: the C0007 bytes, as they are or packed (core/base/pack.hpp), last OBX (ED, base64); empty: none. Errors come from hl7::Writer (bad UTF-8).
// signature: detached CMS over the document's own bytes (not packed), an OBX after it; empty: none.
Result<std::string> write_oru(const model::LabReport& report, std::string_view document, const Envelope& envelope, std::string_view signature = {});

// The same, from what write_oru gave for this very report without a document: its orders and results stand as they were written.
Result<std::string> add_document(std::string_view written, const model::LabReport& report, std::string_view document, const Envelope& envelope, std::string_view signature = {});

// Fills standard item, LOINC, method group from the terminology; called once for each observation when its report is whole.
using Standardise = std::function<void(const model::LabReport&, model::Observation&)>;

struct OruOptions {
  int offset_minutes = 480;      // zone of times without an offset
  model::Organisation origin;    // who issued it, where the message does not say (foreign senders)
  const FeedMap* map = nullptr;  // a product's own ways; nullptr: the standard
  Standardise standardise;       // may be empty
  Trace* trace = nullptr;        // what the map did, member by member; for a person at a terminal
};

struct OruRead {
  std::vector<model::LabReport> reports;  // one per filler number; a huren sends one a message; empty when has_error(findings)
  bool skipped = false;                   // the map says of an order that it is no report, or none yet
  std::string document;                   // of the C0007 OBX, packed if it came so; empty: none
  std::string signature;                  // of the document, as it came; empty: none
  bool versioned = false;                 // the message states the version (a huren wrote it); else the engine counts
  Findings findings;                      // "OBX[3]-5" and the like
};
// ORU^R01 (2.3 to 2.8) and OUL^R21, R22, R24.
OruRead read_oru(const hl7::Message& message, const OruOptions& options = {});

}  // namespace huren::mapping
