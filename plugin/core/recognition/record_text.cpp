#include "core/recognition/record_text.hpp"

#include "core/base/zone.hpp"

namespace huren::recognition {
namespace {

// "2026-11-22 07:00"
std::string when(const Timestamp& t, int offset_minutes) {
  std::string iso = to_iso_time(in_offset(t, offset_minutes));
  if (const auto mark = iso.find('T'); mark != std::string::npos) iso[mark] = ' ';
  return iso.substr(0, 16);
}

std::string one_result(const RecordedResult& r, const terminology::Set& set, Language language, const Date& day) {
  const bool zh = language == Language::zh;
  const auto& o = r.report->observations[r.position];
  const auto* item = set.item(o.standard.code, day);
  std::string out = !item ? (o.local.name.empty() ? o.local.code : o.local.name) : zh ? item->zh : item->en;
  out += " " + o.comparator + o.value;
  if (!o.unit.empty()) out += " " + o.unit;
  std::string more;
  const auto add = [&](const char* in_chinese, const char* in_english, const std::string& what) {
    if (!what.empty()) more += (more.empty() ? "" : zh ? "；" : "; ") + std::string(zh ? in_chinese : in_english) + what;
  };
  add("参考范围 ", "range ", o.range.text);
  add("方法 ", "method ", o.method.name.empty() ? o.method.code : o.method.name);
  add("仪器 ", "instrument ", o.instrument);
  for (const auto& mark : o.marks) add("标识 ", "mark ", mark);
  if (!more.empty()) out += (zh ? "（" : " (") + more + (zh ? "）" : ")");
  return out;
}

}  // namespace

std::string record_text(const RecordedDecision& d, const terminology::Set& set, Language language) {
  const bool zh = language == Language::zh;
  const Date day = terminology::day_of(d.at.epoch_ms, d.offset_minutes);
  std::string results;
  const model::LabReport* before = nullptr;
  for (const auto& r : d.results) {
    if (!r.report || r.position >= r.report->observations.size()) continue;
    if (r.report != before) {
      const auto& origin = r.report->origin;
      const auto& taken = r.report->specimen.collected_at;
      results += text({"record.report", "", {origin.name.empty() ? origin.code : origin.name, r.report->number,
                                             taken.present() ? when(taken, d.offset_minutes) : zh ? "时间不详" : "at an unknown time"}}, language);
    } else {
      results += zh ? "，" : ", ";
    }
    results += one_result(r, set, language, day);
    before = r.report;
  }
  Error sentence{"record.accepted", "", {results, d.doctor.name.empty() ? d.doctor.id : d.doctor.name, when(d.at, d.offset_minutes)}};
  if (d.outcome == "revoked") sentence.id = "record.revoked";
  if (d.outcome == "declined") {
    sentence.id = "record.declined";
    std::string why = d.reason ? (zh ? d.reason->zh : d.reason->en) : std::string();
    if (!d.note.empty()) why += (zh ? "（" : " (") + d.note + (zh ? "）" : ")");
    sentence.args.push_back(why);
  }
  return text(sentence, language);
}

}  // namespace huren::recognition
