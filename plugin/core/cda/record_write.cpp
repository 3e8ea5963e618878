#include <algorithm>

#include "core/cda/header.hpp"
#include "core/cda/lab_narrative.hpp"
#include "core/cda/oids.hpp"
#include "core/cda/profile.hpp"
#include "core/cda/record_document.hpp"
#include "core/cda/record_text.hpp"

namespace huren::cda {
namespace {

class Writer {
 public:
  Writer(const model::ClinicalRecord& record, const RecordWriteOptions& options, Kind kind)
      : r_(record), options_(options), kind_(kind), rows_(items_of(record.kind)), out_(8192 + record.items.size() * 600) {}

  Result<std::string> run() {
    header();
    out_.raw("\n<component><structuredBody>");
    for (std::size_t i = 0; i < rows_.size();) {
      auto end = i + 1;
      while (end < rows_.size() && rows_[end]->section_zh == rows_[i]->section_zh && rows_[end]->section_code == rows_[i]->section_code) ++end;
      section(i, end);
      i = end;
    }
    reports();
    status_section();
    out_.raw("\n</structuredBody></component>").close();
    return out_.finish();
  }

 private:
  void header() {
    HeaderSource h;
    h.mode = options_.mode;
    h.kind = template_of(kind_);
    if (kind_ == Kind::transfer_record) {
      if (!options_.transfer.template_id.empty()) h.kind.template_id = options_.transfer.template_id;
      if (!options_.transfer.code.empty()) h.kind.code = options_.transfer.code;
    }
    h.origin = &r_.origin;
    h.number = r_.number;
    h.version = r_.version;
    h.withdrawn = r_.status == model::Status::withdrawn;
    h.id = options_.id ? &*options_.id : nullptr;
    h.effective = r_.written_at;
    h.patient = &r_.patient;
    h.patient_class = r_.patient_class;
    h.encounter_id = r_.encounter_id;
    h.department = r_.department;
    h.order_number = r_.order_number;
    h.requester = &r_.requester;
    h.author = &r_.author;
    h.verifier = &r_.verifier;
    h.recipient = &r_.recipient;
    h.recipient_person = &r_.recipient_person;
    h.service = &r_.service;
    h.encounter_from = r_.encounter_from;
    h.encounter_to = r_.encounter_to;
    write_header(out_, h);
  }

  void open_section(const ItemRow& row) {
    out_.raw("\n<component><section>");
    out_.open("code");
    if (!row.section_code.empty()) out_.attr("code", row.section_code).attr("codeSystem", kLoinc).attr("codeSystemName", "LOINC");
    out_.attr("displayName", row.section_name.empty() ? row.section_zh : row.section_name).close();
    out_.element("title", row.section_zh);
  }

  void section(std::size_t from, std::size_t to) {
    std::vector<std::pair<const ItemRow*, std::size_t>> here;
    for (auto row = from; row < to; ++row)
      for (std::size_t i = 0; i < r_.items.size(); ++i)
        if (r_.items[i].key == rows_[row]->key) here.emplace_back(rows_[row], i);
    if (here.empty()) return;
    open_section(*rows_[from]);
    out_.raw("<text>");
    for (const auto& [row, i] : here) {
      out_.place("items", static_cast<int>(i));
      out_.open("paragraph").text(row->name_zh).text("：").open("content").text(shown_item(r_.items[i])).close().close();
    }
    out_.raw("</text>");
    for (const auto& [row, i] : here) {
      out_.place("items", static_cast<int>(i));
      item(*row, r_.items[i]);
    }
    out_.raw("</section></component>");
  }

  void item(const ItemRow& row, const model::RecordItem& it) {
    out_.raw("\n<entry><observation classCode=\"OBS\" moodCode=\"EVN\">");
    if (row.element.empty()) {
      out_.raw("<code nullFlavor=\"OTH\">").element("originalText", row.name_zh).raw("</code>");
    } else {
      out_.open("code").attr("code", row.element).attr("codeSystem", kDataElements).attr("codeSystemName", "卫生信息数据元目录");
      out_.attr("displayName", row.name_zh).close();
    }
    if (it.at.present()) write_time(out_, "effectiveTime", it.at);
    if (!it.code.code.empty() || !it.code.name.empty()) {
      coded(it);
    } else if (!it.unit.empty()) {
      out_.open("value").attr("xsi:type", "PQ").attr("value", it.value).attr("unit", it.unit).close();
    } else if (it.value.empty()) {
      out_.raw(R"(<value xsi:type="ST" nullFlavor="NI"/>)");
    } else {
      out_.raw("<value xsi:type=\"ST\">").text(it.value).raw("</value>");
    }
    out_.raw("</observation></entry>");
  }

  void coded(const model::RecordItem& it) {
    const auto& c = it.code;
    out_.open("value").attr("xsi:type", "CD");
    if (is_code_token(c.code)) out_.attr("code", c.code);
    else out_.attr("nullFlavor", "OTH");
    const auto oid = oid_of_system(c.system);
    out_.attr("codeSystem", oid.empty() ? kArcNamedCodes : oid);
    if (oid.empty()) out_.attr("codeSystemName", c.system);
    else if (oid == kIcd10) out_.attr("codeSystemName", c.system == "I10" ? "I10" : "ICD-10");
    out_.attr_if("displayName", c.name);
    if (!it.value.empty()) out_.element("originalText", it.value);  // what the doctor wrote, from which it was coded
    out_.close();
  }

  void reports() {
    if (r_.reports.empty()) return;
    out_.raw("\n<component><section><code code=\"26436-6\" codeSystem=\"2.16.840.1.113883.6.1\" codeSystemName=\"LOINC\" "
             "displayName=\"Laboratory studies\"/><title>随附检验报告</title><text><list>");
    for (std::size_t i = 0; i < r_.reports.size(); ++i) {
      out_.place("reports", static_cast<int>(i));
      out_.open("item").text(shown_report(r_.reports[i])).close();
    }
    out_.raw("</list></text>");
    for (std::size_t i = 0; i < r_.reports.size(); ++i) {
      const auto& l = r_.reports[i];
      out_.place("reports", static_cast<int>(i));
      const auto id = document_id(l.origin, l.number, l.version);
      const auto set = set_id(l.origin, l.number);
      out_.raw("\n<entry><act classCode=\"ACT\" moodCode=\"EVN\"><code nullFlavor=\"OTH\"><originalText>检验报告</originalText></code>");
      if (!l.title.empty()) out_.element("text", l.title);
      out_.raw("<reference typeCode=\"REFR\"><externalDocument classCode=\"DOCCLIN\" moodCode=\"EVN\">");
      write_id(out_, id.root, id.extension);
      out_.raw(R"(<code code="C0007" codeSystem="2.16.156.10011.2.4"/>)");
      out_.open("setId").attr("root", set.root).attr("extension", set.extension).close();
      out_.open("versionNumber").attr("value", std::to_string(l.version)).close();
      out_.raw("</externalDocument></reference></act></entry>");
    }
    out_.raw("</section></component>");
  }

  // A first, final issue says nothing about itself; every other status does, for people and for machines.
  void status_section() {
    const bool empty = r_.items.empty() && r_.reports.empty();  // CDA R2 wants at least one section
    if (r_.status == model::Status::final_result && r_.amendment_reason.empty() && r_.version == 1 && !empty) return;
    out_.place("amendment_reason");
    out_.raw("\n<component><section><code displayName=\"文书状态\"/><title>文书状态</title><text><paragraph>文书状态：<content styleCode=\"Bold\">");
    out_.text(status_label(r_.status, Language::zh)).raw("</content></paragraph>");
    if (!r_.amendment_reason.empty()) out_.raw("<paragraph>").raw(reason_label(r_.status, Language::zh)).raw("：<content>").text(r_.amendment_reason).raw("</content></paragraph>");
    out_.raw("</text>\n<entry><observation classCode=\"OBS\" moodCode=\"EVN\"><code code=\"33999-4\" codeSystem=\"2.16.840.1.113883.6.1\" "
             "codeSystemName=\"LOINC\" displayName=\"Status\"/><statusCode code=\"completed\"/><value xsi:type=\"CD\" code=\"");
    out_.raw(model::hl7_status(r_.status)).raw("\" codeSystem=\"2.16.840.1.113883.12.85\"/>");
    if (!r_.amendment_reason.empty()) {
      out_.raw("<entryRelationship typeCode=\"RSON\"><act classCode=\"ACT\" moodCode=\"EVN\"><code nullFlavor=\"OTH\">"
               "<originalText>").raw(reason_label(r_.status, Language::zh)).raw("</originalText></code>");
      out_.element("text", r_.amendment_reason).raw("</act></entryRelationship>");
    }
    out_.raw("</observation></entry></section></component>");
  }

  const model::ClinicalRecord& r_;
  const RecordWriteOptions& options_;
  Kind kind_;
  std::vector<const ItemRow*> rows_;
  XmlOut out_;
};

}  // namespace

std::string shown_item(const model::RecordItem& it) {
  std::string out = it.value;
  if (!it.unit.empty()) out += " " + it.unit;
  if (const auto code = shown_code(it.code); !code.empty()) out += out.empty() ? code : " [" + code + "]";
  if (it.at.present()) out += (out.empty() ? "" : " ") + shown_time(it.at);
  return out;
}

std::string shown_report(const model::LinkedReport& l) {
  std::string out = l.title.empty() ? std::string("检验报告") : l.title;
  return out + " " + l.origin + " / " + l.number + " v" + std::to_string(l.version);
}

Result<std::string> write_record(const model::ClinicalRecord& record, const RecordWriteOptions& options) {
  const auto kind = kind_from_code(record.kind);
  if (!kind || *kind == Kind::lab_report || *kind == Kind::xd_lab) return Error{"cda.kind", "/kind", {record.kind.substr(0, 40), "C0006 C0001 C0053 C0049 C0045 TRANSFER"}};
  if (record.origin.code.empty()) return Error{"cda.no_identity", "/origin/code", {}};
  if (record.number.empty()) return Error{"cda.no_identity", "/number", {}};
  if (record.version < 1) return Error{"cda.no_identity", "/version", {}};
  const auto rows = items_of(record.kind);
  for (std::size_t i = 0; i < record.items.size(); ++i)
    if (std::none_of(rows.begin(), rows.end(), [&](const ItemRow* row) { return row->key == record.items[i].key; }))
      return Error{"cda.item_unknown", "/items/" + std::to_string(i), {record.kind, record.items[i].key.substr(0, 40)}};
  const auto tidy = canonical(record);  // so that what is written is what a reader will hold
  return Writer(tidy, options, *kind).run();
}

}  // namespace huren::cda
