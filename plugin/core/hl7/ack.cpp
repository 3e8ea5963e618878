#include "core/hl7/ack.hpp"

#include <algorithm>

#include "core/hl7/charset.hpp"
#include "core/hl7/scan.hpp"
#include "core/hl7/writer.hpp"

namespace huren::hl7 {
namespace {

constexpr std::string_view kCodes[] = {"AA", "AE", "AR", "CA", "CE", "CR"};
constexpr std::size_t kMaxErrSegments = 100;

// 2.5.1 -> 2005'01, for comparing; 0: unknown.
int version_number(std::string_view v) {
  int parts[3] = {0, 0, 0};
  int at = 0, digits = 0;
  for (const char c : v) {
    if (c == '.') {
      if (++at > 2) return 0;
      digits = 0;
    } else if (c >= '0' && c <= '9' && ++digits <= 2) {
      parts[at] = parts[at] * 10 + (c - '0');
    } else {
      return 0;
    }
  }
  return parts[0] == 2 ? parts[0] * 10'000 + parts[1] * 100 + parts[2] : 0;
}
constexpr int kV231 = 20301, kV24 = 20400, kV25 = 20500, kV27 = 20700;

bool before(const Header& h, int version) {
  const int n = version_number(h.version);
  return n != 0 && n < version;
}

std::string_view condition_text(std::string_view code) {
  constexpr std::pair<std::string_view, std::string_view> table[] = {
      {"0", "Message accepted"},      {"100", "Segment sequence error"},  {"101", "Required field missing"},
      {"102", "Data type error"},     {"103", "Table value not found"},   {"104", "Value too long"},
      {"200", "Unsupported message type"}, {"201", "Unsupported event code"}, {"202", "Unsupported processing id"},
      {"203", "Unsupported version id"},   {"204", "Unknown key identifier"}, {"205", "Duplicate key identifier"},
      {"206", "Application record locked"}, {"207", "Application internal error"}};
  for (const auto& [key, text] : table)
    if (key == code) return text;
  return "Application internal error";
}

std::string_view condition_code(const Error& e) {
  const auto* entry = catalogue_entry(e.id);
  return entry && !entry->hl7_code.empty() ? entry->hl7_code : "207";
}

std::string number(int n) { return n ? std::to_string(n) : std::string(); }

void write_err(Writer& w, const Finding& f, const AckContext& context, bool old_form) {
  const auto code = condition_code(f.error);
  const auto place = parse_path(f.error.where);
  w.segment("ERR");
  if (old_form) {  // ERR-1 (ELD): segment^sequence^field^code, up to 2.4
    if (place) w.set(1, {place->segment, number(std::max(1, place->segment_index)), number(place->field)});
    w.field(1).component(4).text(code).subcomponent(2).text(condition_text(code)).subcomponent(3).text("HL70357");
    return;
  }
  if (place)
    w.set(2, {place->segment, number(std::max(1, place->segment_index)), number(place->field), number(place->repetition),
              number(place->component), number(place->subcomponent)});
  w.set(3, {code, condition_text(code), "HL70357"});
  w.set(4, f.severity == Severity::error ? "E" : f.severity == Severity::warning ? "W" : "I");
  w.set(5, {f.error.id});
  if (!place) w.set(7, f.error.where);
  w.set(8, text(f.error, context.language));
}

std::string render(const Header& of, AckCode code, const Findings& findings, const AckContext& context) {
  Header h;
  h.sending_app = of.receiving_app;
  h.sending_facility = of.receiving_facility;
  h.receiving_app = of.sending_app;
  h.receiving_facility = of.sending_facility;
  h.sending_app_hd = of.receiving_app_hd;
  h.sending_facility_hd = of.receiving_facility_hd;
  h.receiving_app_hd = of.sending_app_hd;
  h.receiving_facility_hd = of.sending_facility_hd;
  h.time = to_hl7_time(context.time);
  h.control_id = context.control_id;
  h.processing_id = of.processing_id;
  h.version = of.version;
  h.charset = msh18_label(context.charset);
  h.accept_ack = context.accept_ack;
  if (!h.accept_ack.empty()) h.application_ack = "NE";  // an acknowledgement never asks for an application one
  h.type = "ACK";
  if (!before(of, kV231)) h.trigger = of.trigger;
  if (!before(of, kV24)) h.structure = "ACK";
  Writer w;
  w.msh(h);
  w.segment("MSA").set(1, to_string(code)).set(2, of.control_id);
  if (before(of, kV27) || version_number(of.version) == 0) w.set(3, context.text);
  std::size_t written = 0;
  for (const auto& f : findings) {
    if (written++ == kMaxErrSegments) {
      write_err(w, {Severity::warning, {"hl7.more_findings", "", {std::to_string(findings.size() - kMaxErrSegments)}}}, context, before(of, kV25));
      break;
    }
    write_err(w, f, context, before(of, kV25));
  }
  auto bytes = w.finish();
  return bytes ? *std::move(bytes) : std::string();
}

bool harmless(std::string_view s, std::size_t longest) {
  const auto fine = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '[' || c == ']' || c == '-' || c == '.';
  };
  return !s.empty() && s.size() <= longest && std::all_of(s.begin(), s.end(), fine);
}

std::string ascii_only(std::string_view s) {
  std::string out;
  for (const char c : s)
    if (static_cast<unsigned char>(c) < 0x80) out += c;
  return out;
}

}  // namespace

std::string_view to_string(AckCode code) { return kCodes[static_cast<std::size_t>(code)]; }

std::optional<AckCode> ack_code(std::string_view text) {
  for (std::size_t i = 0; i < std::size(kCodes); ++i)
    if (kCodes[i] == text) return static_cast<AckCode>(i);
  return std::nullopt;
}

AckMode ack_mode(const Header& h) {
  if (h.accept_ack.empty() && h.application_ack.empty()) return {};
  const auto wish = [](std::string_view code) {
    if (code == "AL") return AckWish::always;
    if (code == "ER") return AckWish::error;
    if (code == "SU") return AckWish::success;
    return AckWish::never;
  };
  return {.enhanced = true, .accept = wish(h.accept_ack), .application = wish(h.application_ack)};
}

bool wanted(AckWish wish, bool succeeded) {
  switch (wish) {
    case AckWish::always: return true;
    case AckWish::never: return false;
    case AckWish::error: return !succeeded;
    case AckWish::success: return succeeded;
  }
  return true;
}

std::string build_ack(const Header& of, AckCode code, const Findings& findings, const AckContext& context) {
  AckContext c = context;
  const bool narrow = c.charset == Charset::ascii || c.charset == Charset::latin1;
  if (narrow) c.language = Language::en;
  const auto text = render(of, code, findings, c);
  if (auto bytes = from_utf8(text, c.charset)) return *std::move(bytes);
  c.charset = Charset::utf8;  // a name in MSH-3..6 that this charset lacks
  return render(of, code, findings, c);
}

std::string build_nak(std::string_view bytes, AckCode code, const Error& why, const AckContext& context) {
  return build_ack(peek_header(bytes), code, {{Severity::error, why}}, context);
}

Header peek_header(std::string_view bytes) {
  const auto at = bytes.substr(0, 4096).find("MSH");
  if (at == std::string_view::npos) return {};
  auto line = bytes.substr(at, 8192);
  line = line.substr(0, find_either(line, '\r', '\n'));
  if (line.size() < 5) return {};
  // Only this line, so that faults elsewhere do not matter; a line that does not decode gives its ASCII part.
  ReadOptions options;
  options.min_bytes = 0;
  if (auto m = Message::view(line, options)) return m->header();
  std::string plain = ascii_only(line);
  options.fallback = Charset::ascii;
  options.trust_fallback = true;  // whatever MSH-18 says
  if (auto m = Message::view(plain, options)) return m->header();
  const char field = plain[3];
  const auto parts = split(plain, field);
  std::string repaired = std::string("MSH|") + "^~\\&";
  for (std::size_t i = 2; i < parts.size() && i < 30; ++i) {
    repaired += '|';
    repaired += parts[i];
  }
  if (const auto m = Message::view(repaired, options)) return m->header();
  return {};
}

Result<Ack> parse_ack(const Message& message) {
  const auto msa = message.segment("MSA");
  if (!msa.exists()) return Error{"hl7.ack_no_msa", "MSA", {}};
  const auto code = ack_code(msa.value(1));
  if (!code) return Error{"hl7.ack_code", "MSA-1", {}};
  Ack ack{.code = *code, .control_id = msa.value(2), .text = msa.field(3).text(), .errors = {}};
  for (const auto s : message) {
    if (s.name() != "ERR") continue;
    AckError e;
    const bool modern = s.field(3).has_value() || s.field(2).has_value();
    const auto place = s.field(modern ? 2 : 1);
    const auto n = [&](int component) {
      int value = 0;
      for (const char c : place.value(component))
        if (c >= '0' && c <= '9' && value < 100'000) value = value * 10 + (c - '0');
      return value;
    };
    Path p{.segment = place.value(1), .segment_index = n(2), .field = n(3), .repetition = modern ? n(4) : 0,
           .component = modern ? n(5) : 0, .subcomponent = modern ? n(6) : 0};
    if (p.segment.size() == 3) e.location = to_string(p);
    e.code = modern ? s.value(3) : place.value(4);
    e.severity = modern ? s.value(4) : "E";
    e.text = s.field(8).has_value() ? s.field(8).text() : s.field(7).has_value() ? s.field(7).text() : s.value(3, 2);
    if (modern) e.id = s.value(5);
    ack.errors.push_back(std::move(e));
  }
  if (ack.text.empty() && !ack.errors.empty()) ack.text = ack.errors.front().text;
  return ack;
}

Result<Ack> parse_ack(std::string_view bytes) {
  const auto message = Message::view(bytes);
  if (!message) return message.error();
  return parse_ack(*message);
}

namespace {

std::string meaning(const AckError& e, Language language) {
  if (const auto* known = catalogue_entry(e.id)) return text({known->id, "", std::vector<std::string>(5, "…")}, language);
  const auto* known = catalogue_entry("hl7.cause_" + e.code);
  return known ? text({known->id, "", {}}, language) : "";
}

}  // namespace

std::string causes(const Ack& ack, Language language) {
  const bool zh = language == Language::zh;
  std::string out;
  int shown = 0;
  for (const auto& e : ack.errors) {
    if (shown == 5) break;
    const bool location = harmless(e.location, 24), code = harmless(e.code, 8);
    if (!location && !code) continue;
    if (shown++) out += "; ";
    if (location) out += e.location;
    if (location && code) out += ' ';
    if (code) out += e.code;
    if (const auto words = meaning(e, language); !words.empty()) out.append(zh ? "（" : " (").append(words).append(zh ? "）" : ")");
  }
  return out.empty() ? "-" : out;
}

std::vector<std::string> refusal(const Ack& ack) {
  return {std::string(to_string(ack.code)), causes(ack, Language::zh), causes(ack, Language::en)};
}

AckVerdict judge(const Header& sent, const Ack& ack) {
  if (ack.control_id != sent.control_id) return AckVerdict::stranger;
  switch (ack.code) {
    case AckCode::AA: return AckVerdict::accepted;
    case AckCode::CA: {
      const auto mode = ack_mode(sent);
      return mode.enhanced && mode.application != AckWish::never && mode.application != AckWish::error ? AckVerdict::committed
                                                                                                       : AckVerdict::accepted;
    }
    case AckCode::AE:
    case AckCode::CE: return AckVerdict::refused;
    case AckCode::AR:
    case AckCode::CR: return AckVerdict::try_again;
  }
  return AckVerdict::stranger;
}

bool is_ack(const Header& header) { return header.type == "ACK" || header.type == "MCF"; }
bool is_ack(const Message& message) { return is_ack(message.header()); }

}  // namespace huren::hl7
