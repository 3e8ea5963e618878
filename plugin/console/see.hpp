// One message seen through: what the HIS said, the HL7 v2 that crosses, the documents inside, each with what its checker finds.
// Promises: every kind of message is shown, those without a HIS event of their own too; long base64 is cut out of the HL7 text
//   because the document stands beside it. Refuses: looking without a link in the audit trail (see_* writes it).
#pragma once
#include <string>

#include "console/http.hpp"
#include "core/config/config.hpp"
#include "engine/context.hpp"

namespace huren::console {

struct Looking {
  const config::Config& config;
  const engine::Profiles& profiles;
  std::string who;           // "user:admin", or "operator:root" of huren-ctl
  std::int64_t now_ms = 0;
  bool by_ctl = false;
};

// {"event": model JSON or null, "hl7", "document" (the first), "documents": [{title, text}], "findings": [{part, ...}]}
Result<Json> see_outbox(store::Unit& unit, const Looking& looking, std::int64_t id, store::OutboxRow& row);  // Error ctl.no_row
Result<Json> see_inbox(store::Unit& unit, const Looking& looking, std::int64_t id, store::InboxRow& row);

Json finding_json(const Finding& finding);

}  // namespace huren::console
