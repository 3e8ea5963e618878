#include "core/cda/page.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <pugixml.hpp>

#include "core/cda/header_read.hpp"
#include "core/cda/lab_narrative.hpp"
#include "core/cda/lab_value.hpp"
#include "core/cda/page_style.hpp"
#include "core/cda/profile.hpp"
#include "core/cda/record_document.hpp"
#include "core/cda/record_text.hpp"

namespace huren::cda {
namespace {

class Page {
 public:
  explicit Page(Language language) : language_(language) {}

  void raw(std::string_view markup) { out_ += markup; }
  void text(std::string_view value) {
    for (const char c : value) {
      switch (c) {
        case '&': out_ += "&amp;"; break;
        case '<': out_ += "&lt;"; break;
        case '>': out_ += "&gt;"; break;
        case '"': out_ += "&quot;"; break;
        case '\'': out_ += "&#39;"; break;
        default: out_ += c;
      }
    }
  }
  [[nodiscard]] std::string_view say(std::string_view zh, std::string_view en) const { return language_ == Language::zh ? zh : en; }
  [[nodiscard]] std::string_view label(std::string_view key) const { return word(key, language_); }
  [[nodiscard]] Language language() const { return language_; }

  void begin(std::string_view title) {
    raw(language_ == Language::zh ? "<!DOCTYPE html>\n<html lang=\"zh-CN\">" : "<!DOCTYPE html>\n<html lang=\"en\">");
    raw("<head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        "<meta http-equiv=\"X-UA-Compatible\" content=\"IE=edge\"><meta name=\"viewport\" content=\"width=device-width\"><title>");
    text(title);
    raw("</title><style>");
    raw(kStyle);
    raw("</style></head>\n<body><main>\n");
  }
  std::string end() {
    raw("</main></body></html>\n");
    return std::move(out_);
  }
  void banner(std::string_view kind, std::string_view title, std::string_view detail) {
    raw("<div class=\"banner ");
    raw(kind);
    raw("\" role=\"alert\">");
    text(title);
    if (!detail.empty()) {
      raw("<small>");
      text(detail);
      raw("</small>");
    }
    raw("</div>\n");
  }
  void fact(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    raw("<div><dt>");
    text(name);
    raw("</dt><dd>");
    text(value);
    raw("</dd></div>");
  }

 private:
  Language language_;
  std::string out_;
};

std::string person(const model::Person& p) { return p.name.empty() ? p.id : p.id.empty() ? p.name : p.name + " (" + p.id + ")"; }

std::string_view sex(model::Sex s, const Page& page) {
  switch (s) {
    case model::Sex::male: return page.say("男", "male");
    case model::Sex::female: return page.say("女", "female");
    case model::Sex::not_stated: return page.say("未说明", "not stated");
    default: return page.say("未知", "unknown");
  }
}

std::string_view patient_class(std::string_view word, const Page& page) {
  if (word == "outpatient") return page.say("门诊", "outpatient");
  if (word == "inpatient") return page.say("住院", "inpatient");
  if (word == "emergency") return page.say("急诊", "emergency");
  if (word == "checkup") return page.say("体检", "check-up");
  return "";
}

void patient_facts(Page& page, const model::Patient& p, const Timestamp& at) {
  page.fact(page.label("patient"), p.name);
  page.fact(page.label("sex"), sex(p.sex, page));
  page.fact(page.label("birth"), to_iso_date(p.birth_date));
  if (const int age = p.birth_date.present() ? age_years(p.birth_date, at) : -1; age >= 0)
    page.fact(page.label("age"), std::to_string(age) + std::string(page.say(" 岁", "")));
}

void origin_banner(Page& page, const model::Organisation& origin, const PageOptions& options) {
  if (options.viewer.empty() || options.viewer == origin.code) return;
  const auto& name = origin.name.empty() ? origin.code : origin.name;
  page.banner("foreign", std::string(page.say("外院文书：", "From another hospital: ")) + name, "");
}

void status_banner(Page& page, model::Status status, std::string_view reason, bool superseded) {
  if (status == model::Status::withdrawn)
    page.banner("withdrawn", page.say("已撤回：不得据此诊疗", "WITHDRAWN: do not act on this document"), reason);
  else if (status == model::Status::corrected)
    page.banner("corrected", page.say("已更正：本版替代此前版本", "CORRECTED: this version replaces the earlier one"), reason);
  else if (status == model::Status::preliminary)
    page.banner("preliminary", page.say("初步报告：结果可能变更", "PRELIMINARY: results may change"), "");
  else if (status == model::Status::unknown)
    page.banner("superseded", page.say("状态不明：请向出具机构核实", "STATUS UNKNOWN: ask the issuing hospital"), "");
  if (superseded) page.banner("superseded", page.say("已有更新版本，此为旧版", "A newer version exists; this is an old one"), "");
}

enum class Side { none, high, low, abnormal };
struct Standing {
  Side side = Side::none;
  bool critical = false;
};

std::optional<double> number(std::string_view text) {
  double v = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), v).ptr;
  if (text.empty() || end != text.data() + text.size()) return std::nullopt;
  return v;
}

// By the flags; where the sender gave none, by value against range.
Standing standing(const model::Observation& o) {
  Standing s;
  bool flagged = false;
  for (const auto& f : o.flags) {
    flagged = true;
    if (f == "HH" || f == "LL" || f == "AA") s.critical = true;
    if (f == "H" || f == "HH" || f == "HU" || f == ">" || f == "↑") s.side = Side::high;
    else if (f == "L" || f == "LL" || f == "LU" || f == "<" || f == "↓") s.side = Side::low;
    else if ((f == "A" || f == "AA" || f == "POS") && s.side == Side::none) s.side = Side::abnormal;
  }
  if (flagged) return s;
  if (const auto v = number(o.value); v && o.comparator.empty()) {
    if (o.range.high && *v > *o.range.high) s.side = Side::high;
    if (o.range.low && *v < *o.range.low) s.side = Side::low;
  }
  return s;
}

void result_cell(Page& page, const model::Observation& o) {
  const auto s = standing(o);
  page.raw("<td class=\"value");
  if (s.side == Side::high) page.raw(" high");
  if (s.side == Side::low) page.raw(" low");
  if (s.side == Side::abnormal) page.raw(" abnormal");
  if (s.critical) page.raw(" critical");
  if (!number(o.value)) page.raw(" text");
  page.raw("\">");
  page.text(shown_result(o));
  if (s.side == Side::high) page.raw(" ↑");
  if (s.side == Side::low) page.raw(" ↓");
  if (s.side == Side::abnormal) page.raw(" ✱");
  std::string note = joined(o.flags, " ");
  if (s.critical) note += page.say(" 危急值", " critical");
  if (o.flags.empty() && s.side != Side::none) note = page.say("按参考范围判断", "by the range");
  if (!note.empty()) {
    page.raw("<small>");
    page.text(note);
    page.raw("</small>");
  }
  page.raw("</td>");
}

// On a narrow screen a row's cells stand below one another: each says what it is.
void cell(Page& page, std::string_view label) {
  page.raw("<td title=\"");
  page.text(page.label(label));
  page.raw("\">");
}

void trend_cell(Page& page, const model::Observation& o, const PageOptions& options) {
  cell(page, "trend");
  const auto found = options.previous.find(o.standard.code.empty() ? o.local.code : o.standard.code);
  const auto value = number(o.value);
  if (found != options.previous.end() && value && o.comparator.empty() && found->second.unit == o.unit &&
      (o.method_group.empty() || found->second.method_group.empty() || o.method_group == found->second.method_group)) {
    const auto before = found->second.value;
    page.raw(*value > before ? "↗ " : *value < before ? "↘ " : "→ ");
    page.text(number_text(before));
    page.raw("<small>");
    page.text(shown_time(found->second.at).substr(0, 10));
    page.raw("</small>");
  }
  page.raw("</td>");
}

void small(Page& page, std::string_view value) {
  if (value.empty()) return;
  page.raw("<small>");
  page.text(value);
  page.raw("</small>");
}

void observation_row(Page& page, const model::LabReport& r, const model::Observation& o, const PageOptions& options, bool trend) {
  const bool struck = r.status == model::Status::withdrawn || o.status == model::Status::withdrawn;
  page.raw(struck ? "<tr class=\"struck\"><td>" : "<tr><td>");
  page.text(o.local.name.empty() ? (o.standard.name.empty() ? o.local.code : o.standard.name) : o.local.name);
  std::string codes = o.local.code;
  if (!o.loinc.empty()) codes += (codes.empty() ? "LOINC " : " · LOINC ") + o.loinc;
  small(page, codes);
  if (o.status != model::Status::final_result) small(page, std::string("[") + std::string(status_label(o.status, page.language())) + "]");
  for (const auto& note : o.notes) small(page, note);
  page.raw("</td>");
  result_cell(page, o);
  page.raw("<td>");
  page.text(o.unit);
  page.raw("</td>");
  if (const auto range = shown_range(o.range); range.empty()) {
    page.raw("<td></td>");
  } else {
    cell(page, "range");
    page.text(range);
    page.raw("</td>");
  }
  if (trend) trend_cell(page, o, options);
  cell(page, "method");
  page.text(shown_code({"", o.method.name.empty() ? o.method.code : o.method.name, ""}));
  small(page, o.instrument);
  page.raw("</td>");
  cell(page, "performer");
  page.text(o.performer.name.empty() ? o.performer.code : o.performer.name);
  page.raw("</td><td>");
  for (const auto& mark : o.marks) {
    page.raw("<span class=\"mark\">");
    page.text(mark);
    page.raw("</span>");
  }
  if (o.observed_at.present() && !(o.observed_at == r.specimen.collected_at)) small(page, std::string(page.label("observed")) + " " + shown_time(o.observed_at));
  page.raw("</td></tr>\n");
}

// The narrative of a section nobody could place, as text: its tables stay tables, everything else is paragraphs.
void narrative(Page& page, pugi::xml_node node) {
  for (auto child = node.first_child(); child; child = child.next_sibling()) {
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) {
      page.text(child.value());
      continue;
    }
    const std::string_view name = child.name();
    std::string_view tag;
    for (const std::string_view known : {"table", "thead", "tbody", "tr", "th", "td", "list", "item", "paragraph", "br", "sub", "sup"})
      if (name == known) tag = known;
    if (tag == "list") tag = "ul";
    if (tag == "item") tag = "li";
    if (tag == "paragraph") tag = "p";
    if (tag == "br") {
      page.raw("<br>");
      continue;
    }
    if (!tag.empty()) {
      page.raw("<");
      page.raw(tag);
      page.raw(">");
    }
    narrative(page, child);
    if (!tag.empty()) {
      page.raw("</");
      page.raw(tag);
      page.raw(">");
    }
  }
}

void kept_sections(Page& page, const std::vector<Kept>& kept) {
  bool heading = false;
  for (const auto& k : kept) {
    pugi::xml_document document;
    document.load_buffer(k.xml.data(), k.xml.size(), pugi::parse_default, pugi::encoding_utf8);
    const auto text = document.select_node("//text");
    if (!text) continue;
    if (!heading) {
      page.raw("<h2>");
      page.text(page.say("文书中的其他内容（原样）", "Other content of the document (as it stood)"));
      page.raw("</h2>");
      heading = true;
    }
    page.raw("<div class=\"narrative\">");
    narrative(page, text.node());
    page.raw("</div>\n");
  }
}

std::string lab(const model::LabReport& r, const PageOptions& options, const std::vector<Kept>& kept) {
  Page page(options.language);
  page.begin(page.label("title"));
  page.raw("<header><h1>");
  page.text(page.label("title"));
  page.raw("</h1><span class=\"origin\"><small>");
  page.text(page.label("origin"));
  page.raw("</small>");
  page.text(r.origin.name.empty() ? r.origin.code : r.origin.name);
  page.raw("</span></header>\n");
  origin_banner(page, r.origin, options);
  status_banner(page, r.status, r.amendment_reason, options.superseded);
  page.raw("<dl class=\"facts\">");
  patient_facts(page, r.patient, r.reported_at);
  page.fact(page.say("就诊类别", "Encounter"), patient_class(r.patient_class, page));
  page.fact(page.label("department"), r.department);
  page.fact(page.label("requester"), person(r.requester));
  page.fact(page.label("panel"), shown_code(r.panel));
  page.fact(page.label("category"), r.category);
  page.fact(page.label("diagnosis"), shown_code(r.diagnosis));
  page.fact(page.label("specimen"), r.specimen.type.name.empty() ? r.specimen.type.code : r.specimen.type.name);
  page.fact(page.label("specimen_id"), r.specimen.id);
  page.fact(page.label("collected"), r.specimen.collected_at.present() ? shown_time(r.specimen.collected_at) : std::string(page.say("未给出", "not given")));
  page.fact(page.label("received"), shown_time(r.specimen.received_at));
  page.fact(page.label("reported"), shown_time(r.reported_at));
  page.fact(page.label("number"), r.number + " v" + std::to_string(r.version));
  page.fact(page.label("order"), r.order_number);
  page.raw("</dl>\n");
  if (!r.observations.empty()) {
    const bool trend = !options.previous.empty();
    page.raw("<div class=\"wide\"><table><thead><tr>");
    for (const std::string_view column : {"item", "result", "unit", "range", "trend", "method", "performer", "mark"}) {
      if (column == "trend" && !trend) continue;
      page.raw("<th scope=\"col\">");
      page.text(page.label(column));
      page.raw("</th>");
    }
    page.raw("</tr></thead><tbody>\n");
    for (const auto& o : r.observations) observation_row(page, r, o, options, trend);
    page.raw("</tbody></table></div>\n");
  }
  if (!r.conclusion.empty()) {
    page.raw("<h2>");
    page.text(page.label("conclusion"));
    page.raw("</h2><p class=\"text\">");
    page.text(r.conclusion);
    page.raw("</p>\n");
  }
  for (const auto& note : r.notes) {
    page.raw("<p class=\"text\">");
    page.text(page.label("note"));
    page.text(page.say("：", ": "));
    page.text(note);
    page.raw("</p>\n");
  }
  kept_sections(page, kept);
  page.raw("<footer>");
  page.text(page.label("author"));
  page.text(page.say("：", ": "));
  page.text(person(r.author));
  page.text("　");
  page.text(page.label("verifier"));
  page.text(page.say("：", ": "));
  page.text(person(r.verifier));
  page.raw("<br>");
  page.text(page.say("本页由互认系统按文书内容呈现；是否互认由接诊医师判断。", "Rendered from the document; whether to recognise it is the treating doctor's decision."));
  page.raw("</footer>\n");
  return page.end();
}

std::string record(const model::ClinicalRecord& r, const PageOptions& options, const Head& head, const std::vector<Kept>& kept) {
  Page page(options.language);
  const auto* kind = kind_row(head.kind);
  const std::string title = kind ? std::string(page.say(kind->title_zh, kind->title_en)) : head.title;
  page.begin(title);
  page.raw("<header><h1>");
  page.text(title);
  page.raw("</h1><span class=\"origin\"><small>");
  page.text(page.label("origin"));
  page.raw("</small>");
  page.text(r.origin.name.empty() ? r.origin.code : r.origin.name);
  if (!r.recipient.name.empty()) {
    page.text(" → ");
    page.text(r.recipient.name);
  }
  page.raw("</span></header>\n");
  origin_banner(page, r.origin, options);
  status_banner(page, r.status, r.amendment_reason, options.superseded);
  page.raw("<dl class=\"facts\">");
  patient_facts(page, r.patient, r.written_at);
  page.fact(page.say("就诊类别", "Encounter"), patient_class(r.patient_class, page));
  page.fact(page.say("科室", "Department"), r.department);
  page.fact(page.say("申请项目", "Service"), shown_code(r.service));
  page.fact(page.say("就诊起", "From"), shown_time(r.encounter_from));
  page.fact(page.say("就诊止", "To"), shown_time(r.encounter_to));
  page.fact(page.say("申请医师", "Requested by"), person(r.requester));
  page.fact(page.say("接收医师", "For"), person(r.recipient_person));
  page.fact(page.say("书写时间", "Written"), shown_time(r.written_at));
  page.fact(page.say("文书编号", "Document no."), r.number + " v" + std::to_string(r.version));
  page.raw("</dl>\n");
  std::string section;
  for (const auto* row : items_of(r.kind)) {
    for (const auto& it : r.items) {
      if (it.key != row->key) continue;
      if (section != row->section_zh) {
        section = row->section_zh;
        page.raw("<h2>");
        page.text(page.say(row->section_zh, row->section_en));
        page.raw("</h2>\n");
      }
      page.raw("<p class=\"text\">");
      if (row->name_zh != row->section_zh) {
        page.text(page.say(row->name_zh, row->name_en));
        page.text(page.say("：", ": "));
      }
      page.text(shown_item(it));
      page.raw("</p>\n");
    }
  }
  if (!r.reports.empty()) {
    page.raw("<h2>");
    page.text(page.say("随附检验报告", "Laboratory reports that travel with it"));
    page.raw("</h2><ul>");
    for (const auto& l : r.reports) {
      page.raw("<li>");
      page.text(shown_report(l));
      page.raw("</li>");
    }
    page.raw("</ul>\n");
  }
  kept_sections(page, kept);
  page.raw("<footer>");
  page.text(page.say("书写：", "Written by: "));
  page.text(person(r.author));
  page.text(page.say("　审核：", "　Verified by: "));
  page.text(person(r.verifier));
  page.raw("</footer>\n");
  return page.end();
}

// A kind that is not known: its header and every section's narrative.
std::string narrative_page(pugi::xml_node root, const Head& head, const PageOptions& options) {
  Page page(options.language);
  page.begin(head.title.empty() ? head.code : head.title);
  page.raw("<header><h1>");
  page.text(head.title.empty() ? head.code : head.title);
  page.raw("</h1></header>\n");
  page.banner("superseded", page.say("不认识的文书类别：仅按原文显示", "Unknown kind of document: shown as it stands"), head.code);
  for (const auto& s : root.select_nodes("//section")) {
    page.raw("<h2>");
    page.text(s.node().child("title").text().get());
    page.raw("</h2><div class=\"narrative\">");
    narrative(page, s.node().child("text"));
    page.raw("</div>\n");
  }
  return page.end();
}

}  // namespace

std::string lab_page(const model::LabReport& report, const PageOptions& options) { return lab(report, options, {}); }

Result<std::string> page(std::string_view bytes, const ReadOptions& read, const PageOptions& options) {
  Findings findings;
  auto parsed = parse_document(bytes, read, findings);
  if (!parsed) return parsed.error();
  Walk walk((*parsed)->source, read.assumed_offset_minutes);
  const auto head = read_head((*parsed)->root(), walk, read.transfer);
  const auto refused = [](const Findings& all) -> Result<std::string> {
    for (const auto& f : all)
      if (f.severity == Severity::error) return f.error;
    return Error{"cda.not_cda", "/", {}};
  };
  if (head.kind == Kind::unknown) {
    pugi::xml_document tree;
    load_tree(**parsed, tree);
    return narrative_page(tree.document_element(), head, options);
  }
  if (head.kind == Kind::lab_report || head.kind == Kind::xd_lab) {
    const auto result = read_lab_report(bytes, read);
    return result.report ? Result<std::string>(lab(*result.report, options, result.kept)) : refused(result.findings);
  }
  const auto result = read_record(bytes, read);
  return result.record ? Result<std::string>(record(*result.record, options, result.head, result.kept)) : refused(result.findings);
}

}  // namespace huren::cda
