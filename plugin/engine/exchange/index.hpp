// The index: a partner learns that a result exists, by a keyed token of the person, the items and the time; no value, no
// name. The document comes when a doctor asks for it.
// Promises: who lacks the alliance's key learns nothing from an entry, and cannot make one that fits a person.
// Refuses: working without a key; entries of preliminary reports.
#pragma once
#include <string>
#include <vector>

#include "core/mapping/question_message.hpp"
#include "engine/context.hpp"

namespace huren::engine::exchange {

Result<std::string> read_key(const std::string& path);

// HMAC-SHA-256: 64 hex characters a token, 32 a handle.
std::vector<std::string> tokens_of(const std::string& key, const model::Patient& patient);
std::string handle_of(const std::string& key, const std::string& origin, const std::string& number);

// One message to one partner, and the note that it was told.
Result<void> send_index(store::Unit& unit, const Context& context, const store::ReportRow& row, const model::LabReport& report,
                        const config::Partner& partner, bool withdrawn);
Result<void> apply_index(store::Unit& unit, const Context& context, const std::string& partner, const mapping::IndexMessage& entry);

// What partners hold of this patient and we do not, newest first.
Result<std::vector<store::IndexEntry>> elsewhere(store::Reader& reader, const Context& context, const model::Patient& patient, std::int64_t since_ms);
// The report of this patient that an entry names, once it is here; "" before.
Result<std::string> held_as(store::Reader& reader, const Context& context, const std::string& patient_id, const std::string& partner, const std::string& handle);

// "index:PARTNER:HANDLE": how queries name an entry where a report's id would stand.
std::string entry_id(const store::IndexEntry& entry);
bool split_entry_id(const std::string& id, std::string& partner, std::string& handle);

}  // namespace huren::engine::exchange
