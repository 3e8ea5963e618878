#include <algorithm>

#include "core/base/text.hpp"
#include "core/cda/header.hpp"
#include "core/cda/header_read.hpp"
#include "core/cda/lab_read_parts.hpp"
#include "core/cda/lab_narrative.hpp"
#include "core/cda/lab_value.hpp"
#include "core/cda/oids.hpp"
#include "core/cda/profile.hpp"
#include "core/cda/record_document.hpp"
#include "core/cda/tidy.hpp"

namespace huren::cda {
namespace {

class RecordReader {
 public:
  RecordReader(Walk& walk, const Head& head, HeaderFields h) : w_(walk), head_(head), h_(std::move(h)) {}

  model::ClinicalRecord run() {
    header();
    rows_ = items_of(r_.kind);
    w_.each(h_.body, [&](Node c) {
      if (!is(c, "component")) return false;
      w_.each(c, [&](Node s) { return is(s, "section") && section(s); });
      return true;
    });
    if (!status_given_ && head_.replaces) r_.status = model::Status::corrected;
    return std::move(r_);
  }

 private:
  void header() {
    r_.kind = kind_code(head_.kind);
    r_.origin = std::move(h_.origin);
    r_.number = std::move(h_.number);
    r_.version = head_.version > 0 ? head_.version : 1;
    r_.patient = std::move(h_.patient);
    r_.patient_class = std::move(h_.patient_class);
    r_.encounter_id = std::move(h_.encounter_id);
    r_.department = std::move(h_.department);
    r_.order_number = std::move(h_.order_number);
    r_.service = std::move(h_.service);
    r_.encounter_from = h_.encounter_from;
    r_.encounter_to = h_.encounter_to;
    r_.requester = std::move(h_.requester);
    r_.author = std::move(h_.author);
    r_.verifier = std::move(h_.verifier);
    r_.recipient = std::move(h_.recipient);
    r_.recipient_person = std::move(h_.recipient_person);
    r_.written_at = head_.effective;
  }

  bool section(Node s) {
    const std::string_view code = s.child("code").attribute("code");
    bool understood = true;
    w_.each(s, [&](Node n) {
      const std::string_view name = n.name();
      if (name == "templateId" || name == "id") return true;
      if (name == "code") return w_.label(n) && known_section(code);
      if (name == "title") return w_.text(n), true;  // a label: what counts is in the entries
      if (name == "text") {
        // ours repeats the entries; what another writes there may say more
        if (!own_document_ || (!s.child("entry") && !s.child("component"))) return !n.first_child();
        w_.pass_over(n);
        return true;
      }
      if (name == "entry") {
        w_.each(n, [&](Node e) {
          if (is(e, "observation")) return status(e) || item(e, code);
          return is(e, "act") && linked(e);
        });
        return true;
      }
      if (name == "component") {
        w_.each(n, [&](Node inner) { return is(inner, "section") && section(inner); });
        return true;
      }
      return false;
    });
    return understood;
  }

  [[nodiscard]] bool known_section(std::string_view code) const {
    return code.empty() || code == "26436-6" || std::any_of(rows_.begin(), rows_.end(), [&](const ItemRow* r) { return r->section_code == code; });
  }

  // The row by section and data element; by the element alone when only one row of the kind has it.
  const ItemRow* row(std::string_view section_code, std::string_view element) const {
    const ItemRow* only = nullptr;
    int count = 0;
    for (const auto* r : rows_) {
      if (r->element != element) continue;
      if (r->section_code == section_code) return r;
      only = r;
      ++count;
    }
    return count == 1 && !element.empty() ? only : nullptr;
  }

  bool item(Node o, std::string_view section_code) {
    const std::string_view element = o.child("code").attribute("code");
    const auto* place = row(section_code, element);
    if (!place) return false;
    model::RecordItem it;
    it.key = place->key;
    w_.each(o, [&](Node c) {
      const std::string_view name = c.name();
      if (name == "code") return w_.label(c);
      if (name == "statusCode") return attributes(c).code == "completed";
      if (name == "effectiveTime") {
        const auto a = attributes(c);
        if (a.value.empty() && c.first_child()) return false;  // an interval: no place for two ends
        it.at = w_.time(c);
        return true;
      }
      return name == "value" && value(c, it);
    });
    r_.items.push_back(std::move(it));
    return true;
  }

  bool value(Node v, model::RecordItem& it) {
    const auto a = attributes(v);
    if (a.type == "CD" || a.type == "CE" || a.type == "CV" || a.type == "CS") {
      it.code = {std::string(trim(a.code)), std::string(trim(a.display)), system_of_oid(a.system, a.system_name)};
      if (is_icd10(a.system) && a.system != kIcd10) w_.find(Severity::info, "cda.foreign_system", v, {std::string(a.system)});
      w_.each(v, [&](Node c) {
        if (!is(c, "originalText")) return false;
        it.value = w_.text(c);
        return true;
      });
      return true;
    }
    if (a.type == "TS" || a.type == "DATE") {
      if (it.at.present()) return false;
      it.at = w_.time_of(v, a.value);
      return true;
    }
    if (!a.value.empty()) {
      it.value = std::string(trim(a.value));
      it.unit = std::string(trim(a.unit));
      return true;
    }
    it.value = w_.text(v);
    return true;
  }

  bool linked(Node act) {
    const auto reference = act.child("reference");
    const auto document = reference.child("externalDocument");
    const auto name = report_name(w_.id(document.child("id")));
    if (!name) return false;
    model::LinkedReport l{name->origin, name->number, {}, name->version};
    w_.each(act, [&](Node c) {
      if (is(c, "code")) return w_.label(c);
      if (is(c, "text")) return l.title = w_.text(c), true;
      return c == reference;
    });
    w_.each(reference, [&](Node c) { return c == document; });
    const auto set = set_id(l.origin, l.number);
    w_.each(document, [&](Node c) {
      if (is(c, "id")) return c == document.child("id");
      if (is(c, "setId")) return w_.id(c) == set;
      if (is(c, "versionNumber")) return number_of(attributes(c).value) == l.version;
      return is(c, "code") && attributes(c).code == "C0007";
    });
    r_.reports.push_back(std::move(l));
    return true;
  }

  bool status(Node o) {
    if (status_given_ || o.child("code").attribute("code") != "33999-4") return false;
    r_.status = model::status_from_hl7(o.child("value").attribute("code"));
    status_given_ = true;
    w_.each(o, [&](Node c) {
      if (is(c, "code") || is(c, "statusCode") || is(c, "value")) return true;
      if (!is(c, "entryRelationship")) return false;
      w_.each(c, [&](Node act) { return is(act, "act") && read_reason(w_, act, r_.amendment_reason); });
      return true;
    });
    return true;
  }

  Walk& w_;
  const Head& head_;
  HeaderFields h_;
  model::ClinicalRecord r_;
  std::vector<const ItemRow*> rows_;
  const bool own_document_ = written_by_huren(head_);
  bool status_given_ = false;
};

}  // namespace

RecordRead read_record(std::string_view bytes, const ReadOptions& options) {
  RecordRead out;
  auto parsed = parse_document(bytes, options, out.findings);
  if (!parsed) {
    out.findings.push_back({Severity::error, parsed.error()});
    return out;
  }
  auto& document = **parsed;
  Walk walk(document.source, options.assumed_offset_minutes);
  out.head = read_head(document.root(), walk, options.transfer);
  out.head.charset = document.charset;
  const auto kind = out.head.kind;
  if (has_error(walk.findings)) {
    // template and code contradict each other: no guess
  } else if (kind == Kind::unknown) {
    walk.find(Severity::error, "cda.kind_unknown", document.root().child("code"), {out.head.code});
  } else if (kind == Kind::lab_report || kind == Kind::xd_lab) {
    walk.find(Severity::error, "cda.not_record", document.root().child("code"), {std::string(kind_code(kind))});
  } else {
    auto header = read_header(document.root(), out.head, walk);
    auto record = canonical(RecordReader(walk, out.head, std::move(header)).run());
    walk.sweep(document.root());
    if (record.origin.code.empty())
      walk.findings.push_back({Severity::error, {"cda.missing", "/ClinicalDocument/custodian", {"custodian/assignedCustodian/representedCustodianOrganization/id"}}});
    if (out.head.version == 0) walk.find(Severity::info, "cda.no_version", document.root());
    out.record = std::move(record);
  }
  out.findings.insert(out.findings.end(), std::make_move_iterator(walk.findings.begin()), std::make_move_iterator(walk.findings.end()));
  out.kept = std::move(walk.kept);
  if (has_error(out.findings)) out.record.reset();
  return out;
}

model::ClinicalRecord canonical(model::ClinicalRecord r) {
  for (auto* text : {&r.number, &r.patient_class, &r.encounter_id, &r.department, &r.order_number, &r.amendment_reason}) tidy(*text);
  tidy(r.origin);
  tidy(r.patient);
  tidy(r.service);
  tidy(r.encounter_from);
  tidy(r.encounter_to);
  tidy(r.requester);
  tidy(r.author);
  tidy(r.verifier);
  tidy(r.recipient);
  tidy(r.recipient_person);
  if (r.recipient == model::Organisation{}) r.recipient_person = {};
  tidy(r.written_at);
  const auto rows = items_of(r.kind);
  const auto place = [&](const model::RecordItem& it) {
    return std::find_if(rows.begin(), rows.end(), [&](const ItemRow* row) { return row->key == it.key; }) - rows.begin();
  };
  std::stable_sort(r.items.begin(), r.items.end(), [&](const auto& a, const auto& b) { return place(a) < place(b); });
  for (auto& it : r.items) {
    tidy(it.value);
    tidy(it.unit);
    tidy(it.code);
    tidy(it.at);
    const bool coded = !it.code.code.empty() || !it.code.name.empty();
    if (coded && !is_code_token(it.code.code)) it.code = {"", shown_code(it.code), it.code.system};
    if (!it.unit.empty() && (coded || !(is_real(it.value) && is_code_token(it.unit)))) {
      it.value += (it.value.empty() ? "" : " ") + it.unit;
      tidy(it.value);
      it.unit.clear();
    }
  }
  for (auto& l : r.reports)
    for (auto* text : {&l.origin, &l.number, &l.title}) tidy(*text);
  return r;
}

}  // namespace huren::cda
