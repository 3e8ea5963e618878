// What a request between hospitals becomes, told step by step, and who a partner's patient is. Each case is read as:
//   life    one step a line: TIME WHO STEP [OUTCOME] [key=value ...] ["text"]; out: state, remarks, what is due, at the time `now`
//   package a manifest and what is here; out: every line's presence
//   match   two persons; out: verdict, score and the evidence
//   event   a HIS's event as JSON; out: the steps it makes, or its faults
//   wire    an event as the message that carries it; out: its segments as written (documents shortened)
#include <algorithm>
#include <sstream>

#include "core/mapping/referral_message.hpp"
#include "core/model/event.hpp"
#include "core/model/matching.hpp"
#include "core/referral/life.hpp"
#include "tests/cases/runner/runner.hpp"

namespace {

using namespace huren;
using cases::Case;

constexpr const char* kDay = "2026-11-22T";

std::int64_t time_of(const std::string& word) {  // "10:05" that day, or a whole time
  const auto t = parse_iso_time(word.size() == 5 ? kDay + word + ":00+08:00" : word, 480);
  return t ? t->epoch_ms : 0;
}

std::vector<std::string> words(const std::string& line) {  // blanks separate, quotes hold together
  std::vector<std::string> out;
  std::string word;
  bool quoted = false, any = false;
  for (const char c : line) {
    if (c == '"') { quoted = !quoted; any = true; }
    else if (c == ' ' && !quoted) { if (any || !word.empty()) out.push_back(word); word.clear(); any = false; }
    else word += c;
  }
  if (any || !word.empty()) out.push_back(word);
  return out;
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) out.push_back(line);
  return out;
}

model::Step step_of(const std::string& line, const std::string& kind, int number) {
  const auto w = words(line);
  model::Step s;
  s.kind = kind;
  s.id = "ZZ-1";
  s.from = "county";
  s.to = "city";
  s.fact_id = std::to_string(number);
  if (w.size() < 3) return s;
  s.at = from_epoch_ms(time_of(w[0]), 480);
  s.by = w[1];
  s.step = w[2];
  if (s.step == "requested") s.priority = "routine";
  for (std::size_t i = 3; i < w.size(); ++i) {
    const auto equals = w[i].find('=');
    const auto key = w[i].substr(0, equals), value = equals == w[i].npos ? "" : w[i].substr(equals + 1);
    if (equals == w[i].npos && (w[i] == "routine" || w[i] == "urgent" || w[i] == "critical")) s.priority = w[i];
    else if (w[i] == "knowing") s.knew_arrival = true;
    else if (key == "version") s.version = std::stoi(value);
    else if (key == "expires") s.expires_at = from_epoch_ms(time_of(value), 480);
    else if (equals == w[i].npos && s.outcome.empty()) s.outcome = w[i];
    else s.reason = w[i];
  }
  return s;
}

std::string clock(std::int64_t ms) { return to_iso_time(from_epoch_ms(ms, 480)).substr(0, 16); }

std::string life(const Case& c) {
  std::vector<model::Step> steps;
  int n = 0;
  for (const auto& line : lines(c.section("in"))) steps.push_back(step_of(line, c.option("kind", "referral"), ++n));
  const auto now = time_of(c.option("now", "12:00"));
  const auto life = referral::resolve(steps, {}, now);
  std::reverse(steps.begin(), steps.end());  // whatever the order, the same
  const auto again = referral::resolve(steps, {}, now);
  std::string out = std::string("state ") + referral::word(life.state);
  if (again.state != life.state || again.remarks != life.remarks) out += " OR " + std::string(referral::word(again.state));
  if (const auto* a = life.step(life.answer)) out += "\nanswer " + a->outcome + (a->reason.empty() ? "" : " " + a->reason);
  for (const auto& r : life.remarks) out += "\n! " + text({r.id, "", {}}, Language::zh);
  for (const auto& [name, due] : {std::pair("answer due", life.answer_due_ms), {"report due", life.reading_due_ms}, {"ends", life.expires_ms}})
    if (due && c.options.contains("due")) out += std::string("\n") + name + " " + clock(due);
  return out;
}

std::string package(const Case& c) {
  std::vector<model::PackageItem> manifest;
  std::vector<referral::Held> held;
  for (const auto& line : lines(c.section("manifest"))) {
    const auto w = words(line);
    manifest.push_back({w.at(0), "county", w.at(1), "", std::stoi(w.at(2))});
  }
  for (const auto& line : lines(c.section("here"))) {
    const auto w = words(line);
    const auto has = [&](const char* flag) { return std::find(w.begin(), w.end(), flag) != w.end(); };
    held.push_back({w.at(0), "county", w.at(1), std::stoi(w.at(2)), has("withdrawn"), has("other")});
  }
  const auto p = referral::check_package(manifest, held);
  std::string out = p.complete() ? "complete" : "incomplete, missing " + std::to_string(p.missing());
  for (const auto& l : p.lines) out += "\n" + l.item.kind + " " + l.item.number + " " + referral::word(l.presence);
  return out;
}

model::Patient person(const std::string& line) {
  model::Patient p;
  for (const auto& w : words(line)) {
    const auto equals = w.find('=');
    const auto key = w.substr(0, equals), value = equals == w.npos ? "" : w.substr(equals + 1);
    if (key == "name") p.name = value;
    else if (key == "born") p.birth_date = parse_date(value).value_or(Date{});
    else if (key == "sex") p.sex = model::sex_from_word(value);
    else if (key == "phone") p.phone = value;
    else p.identifiers.push_back({key, value, ""});
  }
  return p;
}

std::string match(const Case& c) {
  const auto at = *parse_iso_time(c.option("at", "2026-11-22T10:00:00+08:00"), 480);
  const auto m = model::match_persons(person(c.section("theirs")), person(c.section("ours")), at);
  std::string out = m.verdict.match == model::Match::same ? "same" : m.verdict.match == model::Match::different ? "different" : m.doubtful ? "a person must look" : "not matched";
  out += " " + std::to_string(m.score) + "\n" + text({catalogue_entry(m.verdict.reason) ? catalogue_entry(m.verdict.reason)->id : "", "", {}}, Language::zh);
  for (const auto& e : m.evidence) out += "\n" + e.aspect + " " + model::word(e.grade) + " " + std::to_string(e.points);
  return out;
}

std::string findings(const Findings& all) {
  std::string out;
  for (const auto& f : all)
    if (f.severity == Severity::error) out += (out.empty() ? "" : "\n") + f.error.where + ": " + text(f.error, Language::zh);
  return out;
}

std::string event(const Case& c) {
  const auto parsed = model::parse_event(c.option("type"), c.section("in"), 480);
  if (!parsed.event) return findings(parsed.findings);
  const auto* taken = std::get_if<model::StepTaken>(&*parsed.event);
  if (!taken) return "not a request";
  std::string out = taken->step.kind + " " + taken->step.step + (taken->step.outcome.empty() ? "" : " " + taken->step.outcome);
  for (const auto& r : taken->records) out += "\ndocument " + r.kind + " with " + std::to_string(r.items.size()) + " items";
  for (const auto& a : taken->step.attachments) out += "\nattachment " + a.kind + (a.bytes ? " " + std::to_string(a.bytes) + " bytes" : " " + a.reference);
  return out;
}

std::string wire(const Case& c) {
  const auto parsed = model::parse_event(c.option("type"), c.section("in"), 480);
  const auto* taken = parsed.event ? std::get_if<model::StepTaken>(&*parsed.event) : nullptr;
  if (!taken) return findings(parsed.findings);
  mapping::StepMessage m;
  m.step = taken->step;
  m.step.from = "HB-COUNTY-01";
  m.step.to = "HB-CITY-01";
  m.step.by = c.option("by", m.step.from);
  m.step.fact_id = "F1";
  m.step.patient = {"P1", {{"resident_id", "11010519491231002X", ""}}, "陈东珅", model::Sex::female, {1949, 12, 31}, ""};
  m.from_name = "县医院";
  m.to_name = "市医院";
  for (const auto& r : taken->records) m.documents.push_back({r.kind, m.step.by, m.step.id + "-" + r.kind, "", 1, "<ClinicalDocument/>"});
  const auto bytes = mapping::write_step(m, {.control_id = "C1", .sender = m.step.by, .receiver = m.step.by == m.step.from ? m.step.to : m.step.from, .at = m.step.at});
  if (!bytes) return line(bytes.error());
  std::string out;
  for (auto s : lines([&] { auto t = *bytes; std::replace(t.begin(), t.end(), '\r', '\n'); return t; }())) {
    if (s.starts_with("MSH")) s = mapping::step_message_type(m.step);
    out += (out.empty() ? "" : "\n") + s;
  }
  return out;
}

const std::map<std::string, cases::Verb> kVerbs{{"life", life}, {"package", package}, {"match", match}, {"event", event}, {"wire", wire}};
const cases::Room referral_room("referral", HUREN_SOURCE_DIR "/tests/cases/referral", kVerbs);
const cases::Room exam_room("exam", HUREN_SOURCE_DIR "/tests/cases/exam", kVerbs);
const cases::Room consult_room("consult", HUREN_SOURCE_DIR "/tests/cases/consult", kVerbs);

}  // namespace
