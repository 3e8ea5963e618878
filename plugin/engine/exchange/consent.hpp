// A consent that ends stops what is under way and takes back what nobody used; one that returns brings it again.
// Promises: at the partner an unused copy is gone (content, results, bytes), one that was recognised stays in the record and
//   is barred from new use; corrections still reach whoever saw it (I10). Refuses: taking back what another tie still covers.
#pragma once
#include "core/mapping/question_message.hpp"
#include "engine/context.hpp"

namespace huren::engine::exchange {

// At the hospital whose patient decided; the tie has ended or begun already, in the same unit.
Result<void> consent_ended(store::Unit& unit, const Context& context, const std::string& patient_id, const config::Partner& partner, const Timestamp& at);
Result<void> consent_returned(store::Unit& unit, const Context& context, const std::string& patient_id, const config::Partner& partner, const Timestamp& at);

// At the partner that holds copies.
Result<void> apply_consent(store::Unit& unit, const Context& context, const std::string& source, const mapping::ConsentMessage& message);
// Every version of the report: content away, what names it stays.
Result<void> strip(store::Unit& unit, const std::string& origin, const std::string& number);

}  // namespace huren::engine::exchange
