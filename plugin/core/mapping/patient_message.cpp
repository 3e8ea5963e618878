#include "core/mapping/patient_message.hpp"

#include <algorithm>

#include "core/hl7/writer.hpp"
#include "core/mapping/header.hpp"
#include "core/mapping/pid.hpp"
#include "core/mapping/words.hpp"

namespace huren::mapping {
namespace {

using model::EncounterEnded;
using model::EncounterStarted;
using model::PatientRegistered;

void begin(hl7::Writer& w, std::string_view trigger, std::string_view structure, const Timestamp& at, const model::Patient& patient, const Envelope& envelope) {
  put_msh(w, "ADT", trigger, structure, envelope);
  w.segment("EVN").set(2, at.present() ? at : envelope.at);  // EVN-2 is required: when it was recorded
  if (at.present()) w.set(6, at);
  put_pid(w, patient, envelope.sender);
}

enum class Meaning { registered, updated, started, ended, merged, unmerged };
struct Trigger {
  std::string_view name;
  Meaning meaning;
};
constexpr Trigger kTriggers[] = {{"A01", Meaning::started},    {"A04", Meaning::started}, {"A05", Meaning::registered}, {"A28", Meaning::registered},
                                 {"A08", Meaning::updated},    {"A31", Meaning::updated}, {"A03", Meaning::ended},
                                 {"A40", Meaning::merged},     {"A34", Meaning::merged},  {"A37", Meaning::unmerged}};

}  // namespace

Result<std::string> write_adt(const PatientRegistered& event, const Envelope& envelope) {
  hl7::Writer w;
  begin(w, event.update ? "A08" : "A04", "ADT_A01", {}, event.patient, envelope);
  w.segment("PV1").set(1, "1").set(2, "U");
  return w.finish(envelope.charset);
}

Result<std::string> write_adt(const EncounterStarted& event, const model::Patient& patient, const Envelope& envelope) {
  hl7::Writer w;
  begin(w, event.patient_class == "inpatient" ? "A01" : "A04", "ADT_A01", event.at, patient, envelope);
  w.segment("PV1").set(1, "1").set(2, class_code(event.patient_class)).set(3, event.department);
  w.set(7, {event.doctor.id, event.doctor.name}).set(19, event.encounter_id).set(44, event.at);
  return w.finish(envelope.charset);
}

Result<std::string> write_adt(const EncounterEnded& event, const model::Patient& patient, const Envelope& envelope) {
  hl7::Writer w;
  begin(w, "A03", "ADT_A03", event.at, patient, envelope);
  w.segment("PV1").set(1, "1").set(2, "U").set(19, event.encounter_id).set(45, event.at);
  return w.finish(envelope.charset);
}

Result<std::string> write_adt(const model::PatientMerged& event, const model::Patient& patient, const model::Patient& prior, const Envelope& envelope) {
  hl7::Writer w;
  if (event.undone) {
    begin(w, "A37", "ADT_A37", event.at, patient, envelope);
    put_pid(w, prior, envelope.sender);
  } else {
    begin(w, "A40", "ADT_A39", event.at, patient, envelope);
    w.segment("MRG").set(1, {event.prior_id, "", "", envelope.sender, "PI"});
  }
  return w.finish(envelope.charset);
}

AdtRead read_adt(const hl7::Message& message, const OruOptions& options) {
  AdtRead out;
  const auto header = message.header();
  const ReadContext context{options, out.findings, header.profile == kProfile};
  const auto* trigger = std::find_if(std::begin(kTriggers), std::end(kTriggers), [&](const Trigger& t) { return t.name == header.trigger; });
  if (header.type != "ADT" || trigger == std::end(kTriggers)) {
    context.error("mapping.adt_trigger", "MSH-9.2", {header.type + '^' + header.trigger});
    return out;
  }
  const auto pid = message.segment("PID");
  if (!pid.exists()) {
    context.error("mapping.patient_missing", "PID");
    return out;
  }
  PatientRegistered registered;
  registered.update = trigger->meaning == Meaning::updated;
  read_pid(pid, context, registered.patient);
  if (registered.patient.local_id.empty()) context.error("mapping.patient_unidentified", pid.where(3));
  if (registered.patient.name.empty()) context.warn("mapping.patient_name_missing", pid.where(5));

  const auto pv1 = message.segment("PV1");
  const auto encounter = pv1.exists() ? pv1.value(19) : std::string();
  const auto at = [&](int field) {
    Timestamp t;
    const auto evn = message.segment("EVN");
    for (const auto& value : {pv1.value(field), evn.exists() ? evn.value(6) : "", evn.exists() ? evn.value(2) : "", header.time})
      if (!t.present()) context.member("at", &t, value, {pv1, field}, "mapping.bad_time");
    return t;
  };
  const auto& id = registered.patient.local_id;
  if (trigger->meaning == Meaning::merged || trigger->meaning == Meaning::unmerged) {
    const bool undone = trigger->meaning == Meaning::unmerged;
    std::string prior;
    if (undone) {
      model::Patient other;
      if (const auto second = message.segment("PID", 2); second.exists()) read_pid(second, context, other);
      prior = other.local_id;
    } else if (const auto mrg = message.segment("MRG"); mrg.exists()) {
      prior = mrg.value(1);
    }
    if (prior.empty()) context.error("mapping.merge_prior_missing", undone ? "PID[2]-3" : "MRG-1");
    else if (prior == id) context.error("mapping.merge_prior_missing", undone ? "PID[2]-3" : "MRG-1");
    // The surviving record's data come along and hold from now on; a merged record's own data stay as they were.
    if (!undone) out.events.push_back(PatientRegistered{registered.patient, true});
    out.events.push_back(model::PatientMerged{id, prior, undone, at(0)});
    if (has_error(out.findings)) out.events.clear();
    return out;
  }
  if (trigger->meaning == Meaning::ended) {
    if (encounter.empty()) context.error("mapping.encounter_missing", "PV1-19");
    else out.events.push_back(EncounterEnded{id, encounter, at(45)});
  } else {
    std::optional<EncounterStarted> started;
    if (trigger->meaning == Meaning::started && !encounter.empty()) {
      const auto word = std::string(class_word(context.translated("patient_class", pv1.value(2))));
      started = EncounterStarted{id, encounter, word, pv1.value(3), read_person(pv1.field(7).repetition(1)), at(44)};
    }
    out.events.push_back(std::move(registered));
    if (started) out.events.push_back(std::move(*started));
  }
  if (has_error(out.findings)) out.events.clear();
  return out;
}

}  // namespace huren::mapping
