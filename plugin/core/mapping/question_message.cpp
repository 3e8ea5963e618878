#include "core/mapping/question_message.hpp"

#include <algorithm>
#include <array>

#include "core/hl7/ack.hpp"
#include "core/hl7/writer.hpp"
#include "core/mapping/header.hpp"
#include "core/mapping/words.hpp"

namespace huren::mapping {
namespace {

constexpr std::string_view kSystem = "HUREN";
constexpr std::size_t kMostMessages = 200, kMostRows = 20'000;

struct NameRow { Asked asked; std::string_view code, text; };
constexpr std::array kNames{NameRow{Asked::reports, "ZHQ01", "reports of a person"}, NameRow{Asked::digests, "ZHQ02", "digests of days"},
                            NameRow{Asked::listing, "ZHQ03", "reports of a day"}, NameRow{Asked::resend, "ZHQ04", "send again"}};

const NameRow& name_of(Asked asked) {
  return *std::find_if(kNames.begin(), kNames.end(), [&](const NameRow& n) { return n.asked == asked; });
}

void put_name(hl7::Writer& w, int field, Asked asked) {
  const auto& name = name_of(asked);
  w.set(field, {name.code, name.text, kSystem});
}

// QPD-3 and on: one parameter a field, its name first.
class Parameters {
 public:
  explicit Parameters(hl7::Writer& w) : w_(w) {}
  void add(std::string_view name, std::string_view value, std::string_view more = {}) { w_.set(++field_, {name, value, more}); }

 private:
  hl7::Writer& w_;
  int field_ = 2;
};

struct Faults {
  Findings& findings;
  void add(std::string_view id, std::string where, std::vector<std::string> args = {}) const {
    findings.push_back({Severity::error, {id, std::move(where), std::move(args)}});
  }
};

bool bounded(std::string_view s, std::size_t longest) { return !s.empty() && s.size() <= longest; }

bool read_day(const hl7::Segment& qpd, int field, int component, Date& into) {
  const auto day = parse_date(qpd.value(field, component));
  if (!day || day->day == 0) return false;
  into = *day;
  return true;
}

// One parameter; false: its name or value is none that may stand here.
bool read_parameter(const hl7::Segment& qpd, int field, Question& q) {
  const auto name = qpd.value(field, 1), value = qpd.value(field, 2);
  if (name == "ID") {
    const auto type = identifier_type(value);
    const auto number = qpd.value(field, 3);
    if (type.empty() || !bounded(number, 64) || q.patient.identifiers.size() == kMostIdentifiers) return false;
    q.patient.identifiers.push_back({std::string(type), number, ""});
    return true;
  }
  if (name == "NAME") q.patient.name = value;
  else if (name == "SEX") q.patient.sex = read_sex(value);
  else if (name == "BIRTH") return read_day(qpd, field, 2, q.patient.birth_date);
  else if (name == "ITEM" && q.items.size() < kMostItems) q.items.push_back(value);
  else if (name == "SINCE") {
    const auto at = parse_hl7_time(value, 0);
    if (!at) return false;
    q.collected_since_ms = at->epoch_ms;
  } else if (name == "SIDE" && (value == "held" || value == "given")) q.side = value;
  else if (name == "DAYS") return read_day(qpd, field, 2, q.from) && read_day(qpd, field, 3, q.to);
  else if (name == "REPORT" && q.numbers.size() < kMostNumbers) q.numbers.push_back(value);
  else return false;
  return bounded(value, 199);
}

bool whole(const Question& q) {
  switch (q.asked) {
    case Asked::reports: return !q.patient.identifiers.empty() && !q.patient.name.empty() && q.patient.birth_date.present();
    case Asked::digests:
    case Asked::listing: return !q.side.empty() && q.from.present() && q.to.present();
    case Asked::resend: return !q.numbers.empty();
  }
  return false;
}

std::optional<int> version_of(std::string_view text) {
  int version = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || version > 9999) return std::nullopt;
    version = version * 10 + (c - '0');
  }
  return version >= 1 && version <= 9999 ? std::optional(version) : std::nullopt;
}

bool is_hex(std::string_view s, std::size_t size) {
  return s.size() == size && std::all_of(s.begin(), s.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

Result<std::string> write_question(const Question& q, const Envelope& envelope) {
  if (!whole(q)) return Error{"exchange.question_incomplete", "QPD", {std::string(name_of(q.asked).code)}};
  hl7::Writer w;
  put_msh(w, "QBP", "Q11", "QBP_Q11", envelope);
  w.segment("QPD");
  put_name(w, 1, q.asked);
  w.set(2, q.tag);
  Parameters parameters(w);
  for (const auto& id : q.patient.identifiers) parameters.add("ID", identifier_code(id.type), id.value);
  if (!q.patient.name.empty()) parameters.add("NAME", q.patient.name);
  if (q.patient.birth_date.present()) parameters.add("BIRTH", to_hl7_date(q.patient.birth_date));
  if (q.asked == Asked::reports) parameters.add("SEX", sex_code(q.patient.sex));
  for (const auto& item : q.items) parameters.add("ITEM", item);
  if (q.collected_since_ms) parameters.add("SINCE", to_hl7_time(from_epoch_ms(*q.collected_since_ms, 0)));
  if (!q.side.empty()) parameters.add("SIDE", q.side);
  if (q.from.present()) parameters.add("DAYS", to_hl7_date(q.from), to_hl7_date(q.to));
  for (const auto& number : q.numbers) parameters.add("REPORT", number);
  w.segment("RCP").set(1, "I");
  return w.finish(envelope.charset);
}

bool is_question(const hl7::Header& header) { return header.type == "QBP"; }

QuestionRead read_question(const hl7::Message& message) {
  QuestionRead out;
  const Faults faults{out.findings};
  const auto qpd = message.segment("QPD");
  if (!qpd.exists()) {
    faults.add("exchange.question_incomplete", "QPD", {"QPD"});
    return out;
  }
  const auto code = qpd.value(1);
  const auto name = std::find_if(kNames.begin(), kNames.end(), [&](const NameRow& n) { return n.code == code; });
  if (name == kNames.end()) {
    faults.add("exchange.question_unknown", "QPD-1");
    return out;
  }
  Question q;
  q.asked = name->asked;
  q.tag = qpd.value(2).substr(0, 32);
  const int fields = qpd.fields();
  for (int i = 3; i <= fields; ++i)
    if (!qpd.value(i, 1).empty() && !read_parameter(qpd, i, q)) {
      faults.add("exchange.question_parameter", qpd.where(i));
      return out;
    }
  if (!whole(q)) faults.add("exchange.question_incomplete", "QPD", {std::string(name->code)});
  else out.question = std::move(q);
  return out;
}

Result<std::string> write_answer(const QuestionAnswer& a, const Envelope& envelope) {
  hl7::Writer w;
  put_msh(w, "RSP", "K11", "RSP_K11", envelope);
  w.segment("MSA").set(1, "AA").set(2, a.asked_id);
  w.segment("QAK").set(1, a.tag).set(2, a.messages.empty() && a.rows.empty() ? "NF" : "OK");
  put_name(w, 3, a.asked);
  w.segment("QPD");
  put_name(w, 1, a.asked);
  w.set(2, a.tag);
  w.segment("OBR").set(1, "1");
  put_name(w, 4, a.asked);
  w.set(25, a.more ? "P" : "F");  // P: there is more than a reply may hold
  int set_id = 0;
  const auto obx = [&](std::string_view type) {
    w.segment("OBX").set(1, std::to_string(++set_id)).set(2, type);
    put_name(w, 3, a.asked);
  };
  for (const auto& message : a.messages) {
    obx("ED");
    w.field(5).component(2).text("application").component(3).text("hl7-v2").component(4).text("Base64").component(5).raw(base64_encode(message));
    w.set(11, "F");
  }
  for (const auto& row : a.rows) {
    obx("CE");
    w.field(5);
    for (std::size_t i = 0; i < row.size(); ++i) w.component(static_cast<int>(i) + 1).text(row[i]);
    w.set(11, "F");
  }
  return w.finish(envelope.charset);
}

Result<QuestionAnswer> read_answer(std::string_view bytes) {
  auto message = hl7::Message::view(bytes);
  if (!message) return message.error();
  const auto ack = hl7::parse_ack(*message);
  if (!ack) return Error{"exchange.not_an_answer", "MSA", {}};
  if (ack->code != hl7::AckCode::AA) return Error{"exchange.asked_refused", "MSA-1", {std::string(hl7::to_string(ack->code))}};
  if (message->header().type != "RSP") return Error{"exchange.not_an_answer", "MSH-9", {}};
  QuestionAnswer a;
  a.asked_id = ack->control_id;
  const auto qak = message->segment("QAK"), obr = message->segment("OBR");
  a.tag = qak.value(1);
  const auto code = qak.value(3);
  const auto name = std::find_if(kNames.begin(), kNames.end(), [&](const NameRow& n) { return n.code == code; });
  if (name == kNames.end()) return Error{"exchange.not_an_answer", "QAK-3", {}};
  a.asked = name->asked;
  a.more = obr.exists() && obr.value(25) == "P";
  for (const auto s : *message) {
    if (s.name() != "OBX") continue;
    if (s.value(2) == "ED") {
      auto text = base64_decode(s.value(5, 5));
      if (!text || a.messages.size() == kMostMessages) return Error{"exchange.not_an_answer", s.where(5), {}};
      a.messages.push_back(std::move(*text));
    } else {
      if (a.rows.size() == kMostRows) return Error{"exchange.not_an_answer", s.where(5), {}};
      a.rows.push_back({s.value(5, 1), s.value(5, 2), s.value(5, 3)});
    }
  }
  return a;
}

Result<std::string> write_index(const IndexMessage& entry, const Envelope& envelope) {
  hl7::Writer w;
  put_msh(w, "ZIX", "Z11", "ZIX_Z11", envelope);
  w.segment("ZIX").set(1, entry.handle).set(2, std::to_string(entry.version)).set(3, entry.withdrawn ? "W" : "A").field(4);
  for (const auto& token : entry.tokens) w.add({token});
  w.field(5);
  for (const auto& item : entry.items) w.add({item});
  w.set(6, entry.collected_at);
  return w.finish(envelope.charset);
}

bool is_index(const hl7::Header& header) { return header.type == "ZIX"; }

IndexRead read_index(const hl7::Message& message, int offset_minutes) {
  IndexRead out;
  const Faults faults{out.findings};
  const auto zix = message.segment("ZIX");
  if (!zix.exists()) {
    faults.add("exchange.index_entry", "ZIX");
    return out;
  }
  IndexMessage entry;
  entry.handle = zix.value(1);
  if (!is_hex(entry.handle, 32)) faults.add("exchange.index_entry", "ZIX-1");
  if (const auto version = version_of(zix.value(2))) entry.version = *version;
  else faults.add("exchange.index_entry", "ZIX-2");
  const auto state = zix.value(3);
  if (state != "A" && state != "W") faults.add("exchange.index_entry", "ZIX-3");
  entry.withdrawn = state == "W";
  const auto tokens = zix.field(4), items = zix.field(5);
  if (static_cast<std::size_t>(tokens.repetitions()) > kMostIdentifiers || static_cast<std::size_t>(items.repetitions()) > kMostItems) {
    faults.add("exchange.index_entry", "ZIX-4");
    return out;
  }
  for (int i = 1; i <= tokens.repetitions(); ++i) {
    auto token = tokens.repetition(i).value(1);
    if (!is_hex(token, 64)) faults.add("exchange.index_entry", zix.where(4, i));
    entry.tokens.push_back(std::move(token));
  }
  for (int i = 1; i <= items.repetitions(); ++i) {
    auto item = items.repetition(i).value(1);
    if (!bounded(item, 64)) faults.add("exchange.index_entry", zix.where(5, i));
    entry.items.push_back(std::move(item));
  }
  if (const auto at = parse_hl7_time(zix.value(6), offset_minutes)) entry.collected_at = *at;
  else if (!entry.withdrawn) faults.add("exchange.index_entry", "ZIX-6");
  if (!entry.withdrawn && (entry.tokens.empty() || entry.items.empty())) faults.add("exchange.index_entry", "ZIX-4");
  if (!has_error(out.findings)) out.entry = std::move(entry);
  return out;
}

Result<std::string> write_consent(const ConsentMessage& c, const Envelope& envelope) {
  hl7::Writer w;
  put_msh(w, "ZCN", c.given ? "Z13" : "Z12", "ZCN_Z12", envelope);
  w.segment("ZCN").set(1, c.id).set(2, c.given ? "given" : "withdrawn").set(3, c.at);
  int set_id = 0;
  for (const auto& r : c.reports) w.segment("ZRR").set(1, std::to_string(++set_id)).set(2, {r.number, r.origin}).set(3, std::to_string(r.version)).set(4, r.item);
  return w.finish(envelope.charset);
}

bool is_consent(const hl7::Header& header) { return header.type == "ZCN"; }

ConsentRead read_consent(const hl7::Message& message, int offset_minutes) {
  ConsentRead out;
  const Faults faults{out.findings};
  const auto zcn = message.segment("ZCN");
  ConsentMessage c;
  const auto trigger = message.header().trigger;
  if (!zcn.exists() || (trigger != "Z12" && trigger != "Z13")) {
    faults.add("exchange.consent_message", "ZCN");
    return out;
  }
  c.given = trigger == "Z13";
  c.id = zcn.value(1);
  if (!bounded(c.id, 64)) faults.add("exchange.consent_message", "ZCN-1");
  if (zcn.value(2) != (c.given ? "given" : "withdrawn")) faults.add("exchange.consent_message", "ZCN-2");
  if (const auto at = parse_hl7_time(zcn.value(3), offset_minutes)) c.at = *at;
  else faults.add("exchange.consent_message", "ZCN-3");
  const int count = message.count("ZRR");
  if (static_cast<std::size_t>(count) > kMostNumbers) {
    faults.add("exchange.consent_message", "ZRR");
    return out;
  }
  for (int i = 1; i <= count; ++i) {
    const auto zrr = message.segment("ZRR", i);
    ResultRef r{zrr.value(2, 2), zrr.value(2, 1), version_of(zrr.value(3)).value_or(1), zrr.value(4), ""};
    if (!bounded(r.number, 199) || !bounded(r.origin, 199)) faults.add("exchange.consent_message", zrr.where(2));
    if (r.item.size() > 16) faults.add("exchange.consent_message", zrr.where(4));
    c.reports.push_back(std::move(r));
  }
  if (!has_error(out.findings)) out.consent = std::move(c);
  return out;
}

}  // namespace huren::mapping
