// What the files of engine/referral share. Inside this folder only.
#pragma once
#include "core/model/matching.hpp"
#include "engine/referral/matching.hpp"
#include "engine/referral/requests.hpp"

namespace huren::engine {

struct Request {
  store::ReferralRow row;
  life::Life life;
  bool known = false;  // a row is there
};

// ---- requests.cpp
const model::Agreement* agreement_with(const Context& context, const std::string& partner);
life::Terms terms_of(const model::Agreement* agreement);
const config::Partner* partner_at(const Context& context, std::string_view organisation);
Result<Request> load(store::Reader& reader, const Context& context, const std::string& key);
// Adds the step (false: it was there) and makes the row anew. stored: whether it was new.
Result<Request> add_step(store::Unit& unit, const Context& context, const model::Step& step, const std::string& source, bool& stored);
Result<void> refresh(store::Unit& unit, const Context& context, Request& request);
Result<void> send_step(store::Unit& unit, const Context& context, const Request& request, const config::Partner& partner, mapping::StepMessage message);
// kind.what/1 with the request's view as body.
Result<void> tell_his(store::Unit& unit, const Context& context, const Request& request, std::string_view what);
model::Organisation organisation_of(const Context& context, const std::string& code);

// ---- package.cpp
// The lab reports that go with a step, into its manifest; those that the partner does not have yet come back, to be sent after it.
Result<std::vector<store::ReportRow>> pack(store::Reader& reader, const Context& context, const store::PatientRow& patient, const config::Partner& partner,
                                           std::int64_t since_ms, model::Step& step);
Result<life::Package> package_of(store::Reader& reader, const store::ReferralRow& row, const life::Life& life);
// The document of one step: rendered, kept as ours, and put into the message.
Result<void> enclose(store::Unit& unit, const Context& context, const std::string& key, const std::string& patient_id, const config::Partner& partner,
                     model::ClinicalRecord record, mapping::StepMessage& message);
model::ClinicalRecord record_for(const Context& context, const model::Step& step, const model::Patient& patient, model::ClinicalRecord content);
// A partner's documents: kept, each with whether it is about this person. Problems are told in both directions.
// brought_by: of a shared summary, so that the message goes with it when consent ends.
Result<std::vector<Error>> keep_documents(store::Unit& unit, const Context& context, const std::string& key, const std::string& patient_id, const model::Patient& about,
                                          const std::string& source, const std::vector<mapping::Document>& documents, const model::Agreement* agreement,
                                          const store::InboxRow* brought_by = nullptr);

// ---- matching.cpp
// The desk says that they are the same. Error referral.wrong_patient when they are provably two. false: a person must look first.
Result<bool> claimed_same(store::Unit& unit, const Context& context, const model::Patient& theirs, const std::string& organisation, const store::PatientRow& ours);
Result<std::string> open_doubt(store::Reader& reader, const model::Patient& theirs, const std::string& organisation);
std::vector<std::string> hint_digests(const model::Patient& patient);

}  // namespace huren::engine
