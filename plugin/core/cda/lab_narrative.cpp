#include "core/cda/lab_narrative.hpp"

#include <array>

#include "core/cda/lab_value.hpp"

namespace huren::cda {
namespace {

struct Word {
  std::string_view key, zh, en;
};
constexpr std::array kWords{
    Word{"item", "项目", "Item"},
    Word{"result", "结果", "Result"},
    Word{"flag", "标志", "Flag"},
    Word{"unit", "单位", "Unit"},
    Word{"range", "参考范围", "Reference range"},
    Word{"method", "方法", "Method"},
    Word{"instrument", "仪器", "Instrument"},
    Word{"performer", "检验机构", "Laboratory"},
    Word{"mark", "互认标识", "Recognition mark"},
    Word{"codes", "编码", "Codes"},
    Word{"observed", "观察时间", "Observed at"},
    Word{"status", "状态", "Status"},
    Word{"note", "备注", "Note"},
    Word{"specimen", "标本", "Specimen"},
    Word{"specimen_id", "标本号", "Specimen no."},
    Word{"collected", "采集时间", "Collected"},
    Word{"received", "接收时间", "Received"},
    Word{"category", "检验类别", "Category"},
    Word{"panel", "申请项目", "Ordered"},
    Word{"diagnosis", "诊断", "Diagnosis"},
    Word{"conclusion", "报告结果", "Conclusion"},
    Word{"reason", "更正原因", "Reason for the amendment"},
    Word{"withdrawal_reason", "撤回原因", "Reason for the withdrawal"},
    Word{"report_status", "报告状态", "Report status"},
    Word{"version", "版本", "Version"},
    Word{"number", "报告编号", "Report no."},
    Word{"order", "申请单号", "Order no."},
    Word{"reported", "报告时间", "Reported"},
    Word{"origin", "出具机构", "Issued by"},
    Word{"patient", "姓名", "Name"},
    Word{"sex", "性别", "Sex"},
    Word{"birth", "出生日期", "Date of birth"},
    Word{"age", "年龄", "Age"},
    Word{"department", "申请科室", "Department"},
    Word{"requester", "申请医师", "Ordered by"},
    Word{"author", "报告人", "Reported by"},
    Word{"verifier", "审核人", "Verified by"},
    Word{"trend", "与上次比较", "Against last"},
    Word{"encounter", "就诊号", "Encounter"},
    Word{"title", "检验报告", "Laboratory report"},
};

constexpr std::array<std::string_view, 12> kColumns{"item", "result", "flag", "unit", "range", "method", "instrument", "performer",
                                                    "mark", "codes", "observed", "note"};

std::string_view reason_word(model::Status status) { return status == model::Status::withdrawn ? "withdrawal_reason" : "reason"; }

void paragraph(XmlOut& out, std::string_view label, Language language, std::string_view value) {
  if (value.empty()) return;
  out.open("paragraph").text(word(label, language)).text(language == Language::zh ? "：" : ": ");
  out.open("content").text(value).close().close();
}

void banner(XmlOut& out, const model::LabReport& r, Language language) {
  if (r.status != model::Status::withdrawn && r.status != model::Status::corrected && r.status != model::Status::preliminary) return;
  out.raw("<paragraph><content styleCode=\"Bold\">").text(status_label(r.status, language)).raw("</content></paragraph>");
}

void row(XmlOut& out, const model::Observation& o, Language language) {
  const auto cell = [&](std::string_view value) { out.text("", value, "</td><td>"); };
  out.text("\n<tr><td>", o.local.name.empty() ? o.local.code : o.local.name, "</td><td>");
  if (!o.comparator.empty()) out.text(o.comparator);
  cell(o.value);
  cell(joined(o.flags, " "));
  cell(o.unit);
  if (o.range.text.empty()) cell(shown_range(o.range));
  else cell(o.range.text);
  cell(o.method.name.empty() ? o.method.code : o.method.name);
  cell(o.instrument);
  cell(o.performer.name.empty() ? o.performer.code : o.performer.name);
  cell(joined(o.marks, " "));
  out.text(o.local.code);
  bool several = !o.local.code.empty();
  if (!o.standard.code.empty()) {
    out.raw(several ? " / " : "").text(o.standard.code);
    several = true;
  }
  if (!o.loinc.empty()) out.raw(several ? " / LOINC " : "LOINC ").text(o.loinc);
  out.text("</td><td>", shown_time(o.observed_at), "</td><td>");
  if (o.status != model::Status::final_result) out.text("[").text(status_label(o.status, language)).text("] ");
  for (std::size_t i = 0; i < o.notes.size(); ++i) out.text(i ? "；" : "").text(o.notes[i]);
  out.raw("</td></tr>");
}

void results(XmlOut& out, const model::LabReport& r, Language language) {
  banner(out, r, language);
  paragraph(out, "panel", language, shown_code(r.panel));
  paragraph(out, "category", language, r.category);
  paragraph(out, "specimen", language, shown_code(r.specimen.type));
  paragraph(out, "specimen_id", language, r.specimen.id);
  paragraph(out, "collected", language, shown_time(r.specimen.collected_at));
  paragraph(out, "received", language, shown_time(r.specimen.received_at));
  if (r.observations.empty()) return;
  out.raw("<table border=\"1\"><thead><tr>");
  for (const auto column : kColumns) out.element("th", word(column, language));
  out.raw("</tr></thead><tbody>");
  for (std::size_t i = 0; i < r.observations.size(); ++i) {
    out.place("observations", static_cast<int>(i));
    row(out, r.observations[i], language);
  }
  out.raw("</tbody></table>");
}

void conclusion(XmlOut& out, const model::LabReport& r, Language language) {
  paragraph(out, "report_status", language, status_label(r.status, language));
  paragraph(out, reason_word(r.status), language, r.amendment_reason);
  paragraph(out, "conclusion", language, r.conclusion);
  paragraph(out, "origin", language, r.origin.name);
  for (const auto& note : r.notes) paragraph(out, "note", language, note);
}

}  // namespace

std::string_view status_label(model::Status status, Language language) {
  const bool zh = language == Language::zh;
  switch (status) {
    case model::Status::final_result: return zh ? "最终报告" : "final";
    case model::Status::corrected: return zh ? "已更正" : "corrected";
    case model::Status::preliminary: return zh ? "初步报告" : "preliminary";
    case model::Status::cannot_obtain: return zh ? "无法得出结果" : "result cannot be obtained";
    case model::Status::withdrawn: return zh ? "已撤回" : "withdrawn";
    default: return zh ? "状态不明" : "status unknown";
  }
}

std::string_view reason_label(model::Status status, Language language) { return word(reason_word(status), language); }

std::string_view word(std::string_view key, Language language) {
  for (const auto& w : kWords)
    if (w.key == key) return language == Language::zh ? w.zh : w.en;
  return key;
}

std::string shown_time(const Timestamp& t) {
  if (!t.present()) return {};
  auto text = to_iso_time(t);
  if (const auto at = text.find('T'); at != std::string::npos) {
    text[at] = ' ';
    if (const auto zone = text.find_last_of("+-Z"); zone != std::string::npos && zone > at) text.insert(zone, " ");
  }
  return text;
}

std::string shown_result(const model::Observation& o) { return o.comparator + o.value; }

std::string shown_range(const model::ReferenceRange& range) {
  if (!range.text.empty()) return range.text;
  if (range.low && range.high) return number_text(*range.low) + "-" + number_text(*range.high);
  if (range.low) return "≥" + number_text(*range.low);
  if (range.high) return "≤" + number_text(*range.high);
  return {};
}

std::string shown_code(const model::Code& code) {
  if (code.name.empty()) return code.code;
  return code.code.empty() ? code.name : code.name + " (" + code.code + ")";
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (const auto& part : parts) {
    if (!out.empty()) out += separator;
    out += part;
  }
  return out;
}

void write_diagnosis_narrative(XmlOut& out, const model::LabReport& r, Language language) {
  out.raw("<text>");
  paragraph(out, "diagnosis", language, shown_code(r.diagnosis));
  out.raw("</text>");
}

void write_results_narrative(XmlOut& out, const model::LabReport& r, Language language) {
  out.raw("<text>");
  results(out, r, language);
  out.raw("</text>");
}

void write_conclusion_narrative(XmlOut& out, const model::LabReport& r, Language language) {
  out.raw("<text>");
  conclusion(out, r, language);
  out.raw("</text>");
}

void write_whole_narrative(XmlOut& out, const model::LabReport& r, Language language) {
  out.raw("<text>");
  if (!r.diagnosis.code.empty() || !r.diagnosis.name.empty()) paragraph(out, "diagnosis", language, shown_code(r.diagnosis));
  results(out, r, language);
  conclusion(out, r, language);
  out.raw("</text>");
}

}  // namespace huren::cda
