#include <algorithm>
#include <set>

#include "core/base/pack.hpp"
#include "core/mapping/groups.hpp"
#include "core/mapping/members.hpp"
#include "core/mapping/map_apply.hpp"
#include "core/mapping/observation_read.hpp"
#include "core/mapping/oru.hpp"
#include "core/mapping/pid.hpp"
#include "core/mapping/words.hpp"
#include "core/model/reference_range.hpp"

namespace huren::mapping {
namespace {

using hl7::Segment;
using model::LabReport;

model::Code read_coded(const Segment& s, int field) { return {s.value(field, 1), s.value(field, 2), s.value(field, 3)}; }

class ReportReader {
 public:
  ReportReader(const hl7::Message& message, const OruOptions& options, OruRead& out)
      : message_(message), context_{options, out.findings, message.segment(std::size_t{0}).value(21) == kProfile}, out_(out) {
    out_.versioned = context_.ours;
  }

  void run() {
    if (!message_.segment("PID").exists()) return context_.error("mapping.patient_missing", "PID");
    const auto groups = cut(message_);
    for (const auto& order : groups.orders) read_order(order);
    tell_left_over(groups);
    if (out_.reports.empty() && !has_error(out_.findings) && !out_.skipped) context_.error("mapping.no_report", "OBR");
    for (auto& report : out_.reports) finish(report);
    if (has_error(out_.findings)) out_.reports.clear();
  }

 private:
  void read_order(const OrderGroup& g) {
    LabReport r;
    r.origin = context_.options.origin;
    read_pid(g.pid, context_, r.patient);
    read_visit(g, r);
    read_header(g, r);
    read_specimen(g, r);
    read_notes(g, r);
    read_observations(g, r);
    apply_map(g, r);
    if (skipped(g)) {
      out_.skipped = true;
      return context_.remark("mapping.skipped", g.obr.where());
    }
    if (r.number.empty()) return context_.error("mapping.report_number_missing", g.obr.where(3));
    // An order that only announces work: no result, nothing retracted.
    const bool says_something = r.status == model::Status::withdrawn || r.status == model::Status::corrected || r.status == model::Status::cannot_obtain;
    const bool has_document = document_order_ == g.obr.index();
    if (r.observations.empty() && !says_something && !has_document && !context_.ours) return context_.warn("mapping.empty_order", g.obr.where());
    keep(std::move(r));
  }

  // Several OBR under one filler number are one report (a laboratory that sends a panel as several orders).
  void keep(LabReport r) {
    const auto same = std::find_if(out_.reports.begin(), out_.reports.end(), [&](const LabReport& x) {
      return x.number == r.number && x.patient.local_id == r.patient.local_id && x.patient.identifiers == r.patient.identifiers;
    });
    if (same == out_.reports.end()) {
      out_.reports.push_back(std::move(r));
      return;
    }
    std::move(r.observations.begin(), r.observations.end(), std::back_inserter(same->observations));
    std::move(r.notes.begin(), r.notes.end(), std::back_inserter(same->notes));
    if (same->specimen == model::Specimen{}) same->specimen = std::move(r.specimen);
    if (r.reported_at.epoch_ms > same->reported_at.epoch_ms) same->reported_at = r.reported_at;
    if (r.status != same->status) same->status = r.status == model::Status::corrected ? r.status : same->status;
  }

  void read_visit(const OrderGroup& g, LabReport& r) {
    if (!g.pv1.exists()) return;
    r.patient_class = class_word(context_.translated("patient_class", g.pv1.value(2)));
    r.encounter_id = g.pv1.value(19);
    if (!context_.ours) r.department = g.pv1.value(3);
  }

  void read_header(const OrderGroup& g, LabReport& r) {
    const auto& obr = g.obr;
    const auto either = [&](int of_obr, int of_orc) {
      auto value = obr.value(of_obr);
      return value.empty() && g.orc.exists() ? g.orc.value(of_orc) : value;
    };
    r.order_number = either(2, 2);
    r.number = either(3, 3);
    r.panel = read_coded(obr, 4);
    if (context_.ours && r.panel.code == kNoPanel && r.panel.system == "LN") r.panel = {};
    else if (!context_.ours && r.panel.system.empty() && !r.panel.code.empty()) r.panel.system = "L";
    r.requester = read_person(obr.field(16).repetition(1));
    if (r.requester == model::Person{}) r.requester = read_person(g.orc.field(12).repetition(1));
    r.verifier = read_worker(obr.field(32).component(1));
    r.author = read_worker(obr.field(34).component(1));
    r.diagnosis = read_coded(obr, 31);
    if (const auto name = g.orc.value(17, 2).empty() ? g.orc.value(17) : g.orc.value(17, 2); !name.empty()) r.department = name;
    context_.member("reported_at", &r.reported_at, obr.value(22), {obr, 22}, "mapping.bad_time");
    r.status = model::Status::unknown;
    context_.member("status", &r.status, obr.value(25), {obr, 25}, "mapping.status_unknown");
    // Table 0123 has no W: cancelled in ORC-5 says that the report was taken back.
    if (context_.ours && r.status == model::Status::cannot_obtain && g.orc.value(5) == "CA") r.status = model::Status::withdrawn;
    if (!context_.ours) {
      r.category = obr.value(24);
      return;
    }
    r.origin = {obr.value(3, 2), g.orc.value(21, 1)};
    r.category = obr.value(21);
    const auto version = model::read_number(obr.value(20));
    if (version && *version >= 1 && *version <= 9999 && *version == static_cast<int>(*version)) r.version = static_cast<int>(*version);
    else context_.error("mapping.bad_version", obr.where(20));
  }

  void read_specimen(const OrderGroup& g, LabReport& r) {
    auto& s = r.specimen;
    if (g.spm.exists()) {
      s.id = g.spm.value(2, 2);
      if (s.id.empty()) s.id = g.spm.value(2, 1);
      s.type = read_coded(g.spm, 4);
      if (context_.ours && s.type.code == kNoSpecimenType) s.type = {};
      s.type.code = context_.translated("specimen.type.code", s.type.code);
      context_.member("specimen.collected_at", &s.collected_at, g.spm.value(17), {g.spm, 17}, "mapping.bad_time");
      context_.member("specimen.received_at", &s.received_at, g.spm.value(18), {g.spm, 18}, "mapping.bad_time");
    } else if (!context_.ours) {  // OBR-15 (2.3 to 2.4): source as CM, code in its first part
      const auto source = g.obr.field(15).component(1);
      s.type = {context_.translated("specimen.type.code", source.subcomponent(1).text()), source.subcomponent(2).text(), ""};
    }
    // OBR-7 is the collection time of a specimen-based test (v2.5.1 §4.5.3.7).
    if (!s.collected_at.present()) context_.member("specimen.collected_at", &s.collected_at, g.obr.value(7), {g.obr, 7}, "mapping.bad_time");
    if (!s.received_at.present()) context_.member("specimen.received_at", &s.received_at, g.obr.value(14), {g.obr, 14}, "mapping.bad_time");
  }

  void read_notes(const OrderGroup& g, LabReport& r) {
    for (const auto& nte : g.notes) {
      auto text = note_text(nte);
      if (text.empty()) continue;
      const auto kind = nte.value(4, 3) == kNoteSystem ? nte.value(4) : std::string();
      if (kind == "AMD") r.amendment_reason = std::move(text);
      else if (kind == "CON") r.conclusion = std::move(text);
      else r.notes.push_back(std::move(text));
    }
  }

  void read_observations(const OrderGroup& g, LabReport& r) {
    r.observations.reserve(g.observations.size());
    for (const auto& group : g.observations) {
      const auto& obx = group.obx;
      if (dropped(obx)) continue;
      if (const auto type = obx.field(2); type.says("ED") || type.says("RP")) {
        read_attachment(g, obx);
        continue;
      }
      if (!read_observation(group, r.status, context_, r.observations.emplace_back())) {  // where it is to stay: a result is a kilobyte
        r.observations.pop_back();
        if (auto line = obx.field(5).plain_text(); !line.empty()) r.notes.push_back(std::move(line));
      }
      if (r.author == model::Person{} && !context_.ours) r.author = read_person(obx.field(16).repetition(1));
    }
  }

  bool dropped(const Segment& obx) const {
    if (!context_.options.map) return false;
    const auto& rules = context_.options.map->drop;
    return std::any_of(rules.begin(), rules.end(), [&](const Condition& c) { return holds(c, value_at(obx, c.place.path)); });
  }

  void read_attachment(const OrderGroup& g, const Segment& obx) {
    if (obx.value(2) == "ED" && obx.value(3) == kSignatureCode && out_.signature.empty()) {
      auto signature = base64_decode(obx.value(5, 5));
      if (!signature) return context_.error("mapping.document_base64", obx.where(5, 1, 5));
      out_.signature = std::move(*signature);
      return;
    }
    if (obx.value(2) != "ED" || obx.value(3) != kDocumentCode) return context_.remark("mapping.attachment_kept", obx.where(5));
    if (!out_.document.empty()) return context_.warn("mapping.second_document", obx.where(5));
    auto bytes = base64_decode(obx.value(5, 5));
    if (!bytes) return context_.error("mapping.document_base64", obx.where(5, 1, 5));
    if (obx.value(5, 3) == "zstd")
      if (const auto r = unpacks(*bytes, kLargestDocument); !r) return context_.error(r.error().id, obx.where(5, 1, 5), r.error().args);
    out_.document = std::move(*bytes);
    document_order_ = g.obr.index();
  }

  void apply_map(const OrderGroup& g, LabReport& r) {
    const auto* map = context_.options.map;
    if (!map) return;
    const auto value_of = [&](const Place& place) { return value_in(g, place.path); };
    take_report(map->report, map->when, map->defaults, r, value_of, context_);
    r.patient_class = class_word(r.patient_class);
  }

  bool skipped(const OrderGroup& g) const {
    const auto* map = context_.options.map;
    return map && skips(map->when, [&](const Place& place) { return value_in(g, place.path); });
  }

  std::string value_in(const OrderGroup& g, const hl7::Path& place) const {
    for (const auto* s : {&g.pid, &g.pv1, &g.orc, &g.obr, &g.spm})
      if (s->exists() && s->name() == place.segment) return value_at(*s, place);
    for (const auto& s : g.others)
      if (s.name() == place.segment) return value_at(s, place);
    const auto s = message_.segment(place.segment, std::max(place.segment_index, 1));
    return s.exists() && place.segment != "OBX" ? value_at(s, place) : std::string();
  }

  void finish(LabReport& r) {
    if (r.patient.local_id.empty() && r.patient.identifiers.empty()) return context_.error("mapping.patient_unidentified", "PID-3");
    if (r.patient.name.empty()) context_.warn("mapping.patient_name_missing", "PID-5");
    if (context_.ours) return standardise(r);
    if (r.status == model::Status::unknown) r.status = status_of_observations(r);
    if (!r.reported_at.present())
      context_.member("reported_at", &r.reported_at, message_.segment(std::size_t{0}).value(7), std::string_view("MSH-7"), "mapping.bad_time");
    standardise(r);
  }

  // OBR-25 is empty in many laboratories: what all results say holds for the report.
  static model::Status status_of_observations(const LabReport& r) {
    if (r.observations.empty()) return model::Status::unknown;
    const auto first = r.observations.front().status;
    const bool all = std::all_of(r.observations.begin(), r.observations.end(), [&](const auto& o) { return o.status == first; });
    if (all) return first;
    const auto any = [&](model::Status s) { return std::any_of(r.observations.begin(), r.observations.end(), [&](const auto& o) { return o.status == s; }); };
    if (any(model::Status::unknown)) return model::Status::unknown;
    if (any(model::Status::preliminary)) return model::Status::preliminary;
    return any(model::Status::corrected) ? model::Status::corrected : model::Status::final_result;
  }

  void standardise(LabReport& r) const {
    if (!context_.options.standardise) return;
    for (auto& o : r.observations) context_.options.standardise(r, o);
  }

  void tell_left_over(const Groups& groups) {
    for (const auto& s : groups.left_over) {
      if (s.name() == "OBX") context_.warn("mapping.observation_without_order", s.where());
      else if (s.name() == "SPM") context_.warn("mapping.second_specimen", s.where());
      else context_.remark("mapping.segment_kept", s.where(), {std::string(s.name())});
    }
    static constexpr std::string_view expected[] = {"TQ1", "TQ2", "PV2", "PD1", "SFT", "DSC", "SAC"};
    std::set<std::string_view> told;
    for (const auto& order : groups.orders)
      for (const auto& s : order.others)
        if (std::find(std::begin(expected), std::end(expected), s.name()) == std::end(expected) && told.insert(s.name()).second)
          context_.remark("mapping.segment_kept", s.where(), {std::string(s.name())});
  }

  const hl7::Message& message_;
  ReadContext context_;
  OruRead& out_;
  std::size_t document_order_ = 0;  // index of the OBR whose group holds the document
};

}  // namespace

OruRead read_oru(const hl7::Message& message, const OruOptions& options) {
  OruRead out;
  ReportReader(message, options, out).run();
  return out;
}

}  // namespace huren::mapping
