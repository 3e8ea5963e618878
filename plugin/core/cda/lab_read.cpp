#include <algorithm>
#include <iterator>

#include "core/base/text.hpp"
#include "core/cda/header.hpp"
#include "core/cda/lab_document.hpp"
#include "core/cda/lab_read_parts.hpp"
#include "core/cda/lab_reader.hpp"
#include "core/cda/oids.hpp"

namespace huren::cda {

using model::Status;

model::LabReport LabReader::run() {
  take_header();
  w_.each(h_.body, [&](Node c) {
    if (!is(c, "component")) return false;
    w_.each(c, [&](Node s) { return is(s, "section") && section(s); });
    return true;
  });
  close_flat();
  finish();
  return std::move(r_);
}

void LabReader::take_header() {
  r_.origin = std::move(h_.origin);
  r_.number = std::move(h_.number);
  r_.version = head_.version > 0 ? head_.version : 1;
  r_.patient = std::move(h_.patient);
  r_.patient_class = std::move(h_.patient_class);
  r_.encounter_id = std::move(h_.encounter_id);
  r_.department = std::move(h_.department);
  r_.order_number = std::move(h_.order_number);
  r_.requester = std::move(h_.requester);
  r_.author = std::move(h_.author);
  r_.verifier = std::move(h_.verifier);
  r_.panel = std::move(h_.service);
  r_.reported_at = head_.effective;
  r_.specimen.id = std::move(h_.specimen_id);
  if (h_.encounter_time) w_.keep(h_.encounter_time);
  if (!h_.recipient.name.empty() || !h_.recipient.code.empty())
    w_.keep(h_.body.parent().parent().child("informationRecipient"));
  item_prefix_ = set_id(r_.origin.code, r_.number).extension + '^';
}

void LabReader::finish() {
  if (!status_given_) r_.status = head_.replaces ? Status::corrected : Status::final_result;
  bool own_method = false;
  for (const auto& o : r_.observations) own_method = own_method || !o.method.name.empty() || !o.method.code.empty();
  if (!own_method && !section_method_.empty())
    for (auto& o : r_.observations) o.method.name = section_method_;
  bool repeats = !r_.observations.empty();  // the section's list names the items' own methods
  if (own_method)
    for (std::string_view rest = section_method_; !rest.empty() && repeats;) {
      const auto found = std::find_if(r_.observations.begin(), r_.observations.end(), [&](const auto& o) {
        return !o.method.name.empty() && rest.starts_with(o.method.name) && (rest.size() == o.method.name.size() || rest.substr(o.method.name.size()).starts_with("；"));
      });
      repeats = found != r_.observations.end();
      if (repeats) rest.remove_prefix(std::min(rest.size(), found->method.name.size() + std::string_view("；").size()));
    }
  if (!repeats) w_.keep(section_method_node_);
}

// Ours repeats the entries. What another writes there may say more, and it is what was signed: kept.
bool LabReader::narrative(Node n) {
  if (!own_document_ || (!n.parent().child("entry") && !n.parent().child("component"))) return !n.first_child();
  w_.pass_over(n);
  return true;
}

bool LabReader::section(Node s) {
  w_.each(s, [&](Node n) {
    const std::string_view name = n.name();
    if (name == "templateId" || name == "id") return true;
    if (name == "code") {
      const auto code = attributes(n).code;
      return w_.label(n) && (code.empty() || code == "29548-5" || code == "30954-2" || code == "26436-6");
    }
    if (name == "title") return w_.text(n), true;  // a label: what counts is in the entries
    if (name == "text") return narrative(n);
    if (name == "entry") return entry(n);
    if (name == "component") {
      w_.each(n, [&](Node inner) { return is(inner, "section") && section(inner); });
      return true;
    }
    return false;
  });
  return true;
}

bool LabReader::entry(Node n) {
  w_.each(n, [&](Node e) {
    const std::string_view name = e.name();
    if (name == "templateId") return true;
    if (name == "organizer") {
      close_flat();
      return organizer(e);
    }
    if (name == "act") {
      close_flat();
      return xd_act(e);
    }
    return name == "observation" && flat(e);
  });
  return true;
}

// An observation directly under an entry: report-level elements, or items written flat (two generators do).
bool LabReader::flat(Node o) {
  const auto de = data_element(o);
  if (de == "DE04.30.019.00") {
    close_flat();
    flat_.any = true;
    item_observation(o, flat_);
    return true;
  }
  if (de == "DE04.30.017.00" || de == "DE04.30.015.00" || de == "DE04.30.016.00") {
    if (de == "DE04.30.015.00" && flat_.has_result) close_flat();
    flat_.any = true;
    if (de == "DE04.30.016.00") return read_unit(w_, o, flat_);
    read_result(w_, o, flat_, de);
    return true;
  }
  return report_level(o);
}

void LabReader::close_flat() {
  if (flat_.any) add(std::move(flat_));
  flat_ = {};
}

bool LabReader::organizer(Node g) {
  LabItem item;
  w_.each(g, [&](Node c) {
    const std::string_view name = c.name();
    if (name == "templateId") return true;
    if (name == "id") return item_id(c, item);
    if (name == "code") {
      const auto code = w_.code(c);
      if (r_.panel == model::Code{}) r_.panel = code;
      return r_.panel == code;
    }
    if (name == "statusCode") {
      item.o.status = status_of_act(attributes(c));
      item.status_given = true;
      return true;
    }
    if (name == "specimen") return specimen_role(c);
    if (name == "component") {
      w_.each(c, [&](Node o) { return is(o, "observation") && component(o, item); });
      return true;
    }
    return false;
  });
  if (item.any) add(std::move(item));
  return true;
}

bool LabReader::component(Node o, LabItem& item) {
  const auto de = data_element(o);
  if (de == "DE04.30.019.00") {
    if (item.any && (item.has_result || !item.item_text.empty())) {  // several items in one organizer
      add(std::move(item));
      item = {};
    }
    item.any = true;
    item_observation(o, item);
    return true;
  }
  if (de == "DE04.30.017.00" || de == "DE04.30.015.00") {
    item.any = true;
    read_result(w_, o, item, de);
    return true;
  }
  if (de == "DE04.30.016.00") return read_unit(w_, o, item);
  if (de == "DE04.50.134.00") return specimen(o);
  return false;
}

bool LabReader::item_id(Node c, LabItem& item) {
  auto& o = item.o;
  const auto id = w_.id(c);
  item.own = item.own || id.root == kArcItem;
  if (id.extension.empty()) return true;
  if (id.root != kArcItem || !o.set_id.empty()) return false;
  o.set_id = id.extension.starts_with(item_prefix_) ? id.extension.substr(item_prefix_.size()) : id.extension;
  return true;
}

void LabReader::item_observation(Node o, LabItem& item) {
  w_.each(o, [&](Node c) {
    const std::string_view name = c.name();
    if (name == "code") return w_.label(c);
    if (name == "statusCode") return plainly_done(c);
    if (name == "value") {
      item.item_text = value_text(w_, c);
      item.item_node = c;
      const auto a = attributes(c);
      if (!a.code.empty()) item.o.local = w_.code(c);
      return true;
    }
    if (name == "effectiveTime") {
      // WS/T 500.7: when the laboratory examined it. Windows count from collection, so it never becomes observed_at;
      // huren writes the same moment on the result, where CDA gives it the meaning it needs.
      const auto a = attributes(c);
      if (a.value.empty()) return true;
      analysed_ = w_.time_of(c, a.value);
      analysed_node_ = c;
      return true;
    }
    if (name == "entryRelationship") {
      w_.each(c, [&](Node x) { return is(x, "observation") && data_element(x) == "DE04.50.134.00" && specimen(x); });
      return true;
    }
    return false;
  });
}

void LabReader::add(LabItem item) {
  auto o = settled(w_, std::move(item), r_.observations.size());
  if (analysed_node_ && analysed_.present() && !(analysed_ == o.observed_at)) w_.keep(analysed_node_);
  analysed_node_ = {};
  analysed_ = {};
  r_.observations.push_back(std::move(o));
}

namespace {

void require(const model::LabReport& r, Findings& findings) {
  const auto missing = [&](Severity severity, std::string_view where, std::string what) {
    findings.push_back({severity, {severity == Severity::error ? "cda.missing" : "cda.missing_optional", std::string(where), {std::move(what)}}});
  };
  if (r.origin.code.empty()) missing(Severity::error, "/ClinicalDocument/custodian", "custodian/assignedCustodian/representedCustodianOrganization/id");
  if (r.number.empty()) missing(Severity::error, "/ClinicalDocument/setId", "setId");
  if (r.patient.name.empty()) missing(Severity::warning, "/ClinicalDocument/recordTarget", "patient/name");
  if (r.patient.identifiers.empty() && r.patient.local_id.empty()) missing(Severity::warning, "/ClinicalDocument/recordTarget", "patientRole/id");
  if (!r.reported_at.present()) missing(Severity::warning, "/ClinicalDocument/effectiveTime", "effectiveTime");
  if (!r.specimen.collected_at.present() && !r.observations.empty()) missing(Severity::warning, "/ClinicalDocument/component", "DE04.50.134.00/effectiveTime/low");
}

}  // namespace

LabRead read_lab_report(std::string_view bytes, const ReadOptions& options) {
  LabRead out;
  auto parsed = parse_document(bytes, options, out.findings);
  if (!parsed) {
    out.findings.push_back({Severity::error, parsed.error()});
    return out;
  }
  auto& document = **parsed;
  Walk walk(document.source, options.assumed_offset_minutes);
  out.head = read_head(document.root(), walk, options.transfer);
  out.head.charset = document.charset;
  if (has_error(walk.findings)) {
    // template and code contradict each other: no guess
  } else if (out.head.kind != Kind::lab_report && out.head.kind != Kind::xd_lab) {
    const bool unknown = out.head.kind == Kind::unknown;
    walk.find(Severity::error, unknown ? "cda.kind_unknown" : "cda.not_lab", document.root().child("code"),
              {unknown ? out.head.code : std::string(kind_code(out.head.kind))});
  } else {
    if (out.head.version == 0) walk.find(Severity::info, "cda.no_version", document.root());
    auto header = read_header(document.root(), out.head, walk);
    auto report = canonical(LabReader(walk, out.head, std::move(header)).run());
    walk.sweep(document.root());
    require(report, walk.findings);
    out.report = std::move(report);
  }
  out.findings.insert(out.findings.end(), std::make_move_iterator(walk.findings.begin()), std::make_move_iterator(walk.findings.end()));
  out.kept = std::move(walk.kept);
  if (has_error(out.findings)) out.report.reset();
  return out;
}

}  // namespace huren::cda
