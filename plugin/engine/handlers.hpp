// The handlers behind handle(), one overload an event, by subject: patients (events_patient.cpp), laboratory
// (events_lab.cpp), recognition (events_recognition.cpp). Inside engine.
// Promises: everything in the caller's Unit. Refuses: a patient that is not registered, by the place in the event.
#pragma once
#include <optional>

#include "core/model/event.hpp"
#include "core/model/notice.hpp"
#include "engine/context.hpp"
#include "engine/reports.hpp"

namespace huren::engine {

Result<store::PatientRow> registered(store::Unit& unit, const std::string& local_id, const char* where);
// The patient as told now, by local number; what came before it did is matched.
Result<store::PatientRow> keep(store::Unit& unit, const Context& context, const model::Patient& patient);

// A new tie also brings what was released before it: the patient's own reports that are recent enough to be of use.
Result<void> add_tie(store::Unit& unit, const Context& context, const store::PatientRow& patient, const std::string& partner_code,
                     const std::string& basis, const std::string& reference, std::int64_t from_ms);

Result<void> on(store::Unit& unit, const Context& context, const model::PatientRegistered& e);
Result<void> on(store::Unit& unit, const Context& context, const model::PatientMerged& e);
Result<void> on(store::Unit& unit, const Context& context, const model::EncounterStarted& e);
Result<void> on(store::Unit& unit, const Context& context, const model::EncounterEnded& e);
Result<void> on(store::Unit& unit, const Context& context, const model::StepTaken& e);      // engine/referral
Result<void> on(store::Unit& unit, const Context& context, const model::SummaryShared& e);  // engine/referral
Result<void> on(store::Unit& unit, const Context& context, const model::ConsentChanged& e);
// Everything of a report's release that needs no store. at_once: why it is refused before anything is written; bytes:
// why it cannot be rendered, which is told after its patient is known; counted: its sender numbers its versions. What is
// not counted is rendered when the store has given it its number.
struct Release {
  bool counted = true;
  std::optional<Error> at_once, bytes;
  Rendered rendered;
};
Release prepare(const Context& context, model::LabReport report);
Result<void> on(store::Unit& unit, const Context& context, Release& release);
Result<void> on(store::Unit& unit, const Context& context, const model::LabReportReleased& e);
Result<void> on(store::Unit& unit, const Context& context, const model::LabReportWithdrawn& e);
Result<void> on(store::Unit& unit, const Context& context, const model::LabOrderPlaced& e);
Result<void> on(store::Unit& unit, const Context& context, const model::LabOrderCancelled& e);
Result<void> on(store::Unit& unit, const Context& context, const model::RecognitionDecided& e);
Result<void> on(store::Unit& unit, const Context& context, const model::ResultViewed& e);
Result<void> on(store::Unit& unit, const Context& context, const model::RetractionAcknowledged& e);

}  // namespace huren::engine
