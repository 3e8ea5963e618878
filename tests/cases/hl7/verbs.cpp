// What a .case file of HL7 v2 may ask for. Message sections: a line is a segment; <0D> and the like are bytes.
#include <sstream>

#include "core/hl7/ack.hpp"
#include "core/hl7/batch.hpp"
#include "core/hl7/charset.hpp"
#include "core/hl7/mllp.hpp"
#include "core/hl7/profile.hpp"
#include "tests/cases/runner/runner.hpp"

namespace {

using namespace huren;
using namespace huren::hl7;
using cases::Case;

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  return text;
}

// Section "in": every line ends with option end (CR unless given), bytes are encoded in option charset.
std::string input(const Case& c) {
  const auto text = c.section("in");
  const auto end = cases::bytes(c.option("end", "<0D>"));
  std::string out = text.empty() ? text : replaced(text, "\n", end) + (c.option("last") == "none" ? "" : end);
  if (const auto charset = charset_from_label(c.option("charset", "UTF-8")))
    if (auto encoded = from_utf8(out, *charset)) out = *std::move(encoded);
  return c.option("before").empty() ? cases::bytes(out) : cases::bytes(c.option("before") + out);
}

std::string segments_shown(std::string_view bytes) {
  const auto text = replaced(cases::shown(bytes, false), "<0D>", "\n");
  return text.substr(0, text.find_last_not_of('\n') + 1);
}

std::string severity_word(Severity s) { return s == Severity::error ? "error" : s == Severity::warning ? "warning" : "info"; }

std::string finding_line(const Finding& f) {
  std::string out = severity_word(f.severity) + ' ' + std::string(f.error.id);
  if (!f.error.where.empty()) out += " at " + f.error.where;
  for (const auto& a : f.error.args) out += " (" + a + ')';
  return out;
}

std::string lines(const std::vector<std::string>& all) {
  std::string out;
  for (const auto& l : all) out += (out.empty() ? "" : "\n") + l;
  return out;
}

std::string error_line(const Error& e) { return "refused " + finding_line({Severity::error, e}).substr(6); }

std::string unescape_verb(const Case& c) {
  std::string out;
  const auto mode = c.option("formatting") == "plain" ? Formatting::plain : Formatting::keep;
  const int malformed = append_unescaped(out, c.section("in"), Delimiters{}, mode);
  return cases::shown(out, mode == Formatting::plain) + (malformed ? "\nmalformed: " + std::to_string(malformed) : "");
}

std::string escape_verb(const Case& c) {
  const auto in = cases::bytes(c.section("in"));
  const auto out = c.option("formatting") == "keep" ? escape_formatted(in) : escape(in);
  const bool back = c.option("formatting") == "keep" || unescape(out, Delimiters{}) == in;
  return out + (back ? "" : "\ndoes not come back");
}

// Option get: paths. Gives "PATH = text" ("" for null, nothing for absent), then the findings.
std::string read_verb(const Case& c) {
  ReadOptions options;
  if (const auto label = c.option("partner"); !label.empty()) options.fallback = charset_from_label(label);
  options.trust_fallback = c.option("trust") == "partner";
  const auto m = Message::read(input(c), options);
  if (!m) return error_line(m.error());
  std::vector<std::string> out;
  std::istringstream paths(c.option("get"));
  for (std::string p; paths >> p;) {
    const auto e = m->at(p);
    out.push_back(p + (e.empty() ? " absent" : " = " + (e.is_null() ? std::string("\"\"") : cases::shown(e.text(), false))));
  }
  if (c.option("count") == "yes") out.push_back("segments: " + std::to_string(m->size()));
  if (c.option("rebuilt") == "yes") out.push_back("rebuilt: " + segments_shown(m->rebuilt()));
  for (const auto& f : m->findings()) out.push_back(finding_line(f));
  return lines(out);
}

std::string check_verb(const Case& c) {
  const auto m = Message::read(input(c));
  if (!m) return error_line(m.error());
  const Profile* profile = Profile::named(c.option("profile", "standard"));
  if (!profile) return "no profile " + c.option("profile");
  std::vector<std::string> out;
  for (const auto& f : check(*m, *profile)) out.push_back(finding_line(f));
  return out.empty() ? "clean" : lines(out);
}

AckContext context() {
  AckContext c;
  c.control_id = "ACK1";
  c.time = *parse_hl7_time("20261122093000+0800", 0);
  c.language = Language::en;
  return c;
}

// Answers "in": option code; findings of check() unless it does not read, then a NAK.
std::string ack_verb(const Case& c) {
  const auto bytes = input(c);
  const auto code = ack_code(c.option("code", "AA"));
  if (!code) return "no such code";
  const auto m = Message::read(bytes);
  const auto out = m ? build_ack(m->header(), *code, check(*m), context()) : build_nak(bytes, *code, m.error(), context());
  return segments_shown(out);
}

// What "in" (an answer) means for a message whose MSH-10 is option sent and MSH-15/16 option wish.
std::string judge_verb(const Case& c) {
  const auto ack = parse_ack(input(c));
  if (!ack) return error_line(ack.error());
  Header sent;
  sent.control_id = c.option("sent");
  const auto wish = c.option("wish");
  if (wish.size() == 5) {
    sent.accept_ack = wish.substr(0, 2);
    sent.application_ack = wish.substr(3);
  }
  constexpr std::string_view words[] = {"stranger", "committed", "accepted", "refused", "try again"};
  std::string out(words[static_cast<std::size_t>(judge(sent, *ack))]);
  for (const auto& e : ack->errors) out += "\n" + e.severity + ' ' + e.code + ' ' + e.location + ' ' + e.text;
  return out;
}

// Option cut: each (a byte a read), or an offset; option max: bytes a frame.
std::string mllp_verb(const Case& c) {
  const auto bytes = cases::bytes(replaced(c.section("in"), "\n", ""));
  MllpDecoder d(static_cast<std::size_t>(std::stoi(c.option("max", "1000"))));
  std::vector<std::string> out;
  const auto drain = [&] {
    while (const auto e = d.next()) {
      constexpr std::string_view kinds[] = {"frame", "commit", "nak", "broken", "remark"};
      std::string line(kinds[static_cast<std::size_t>(e->kind)]);
      if (!e->error.id.empty()) line += ' ' + std::string(e->error.id);
      for (const auto& a : e->error.args) line += " (" + a + ')';
      if (!e->bytes.empty()) line += ' ' + cases::shown(e->bytes, false);
      out.push_back(std::move(line));
    }
  };
  for (std::size_t i = 0; i < bytes.size();) {
    const auto cut = c.option("cut");
    const std::size_t n = cut == "each" ? 1 : cut.empty() || i > 0 ? bytes.size() - i : static_cast<std::size_t>(std::stoi(cut));
    d.feed(std::string_view(bytes).substr(i, n));
    drain();
    i += n;
  }
  if (c.option("timeout") == "yes") out.push_back(d.inside_frame() ? "time-out inside a frame" : "idle");
  if (c.option("close", "yes") == "yes") d.close();
  drain();
  return lines(out);
}

std::string batch_verb(const Case& c) {
  const auto bytes = input(c);
  const auto file = read_batch(bytes);
  if (!file) return error_line(file.error());
  std::vector<std::string> out;
  for (const auto& b : file->batches) {
    out.push_back("batch " + (b.enveloped ? b.id.empty() ? std::string("without id") : b.id : std::string("without envelope")));
    for (const auto m : b.messages) {
      const auto message = Message::view(m);
      out.push_back("  " + (message ? message->header().control_id : std::string(message.error().id)));
    }
  }
  for (const auto& f : file->findings) out.push_back(finding_line(f));
  return lines(out);
}

const cases::Room room("hl7", HUREN_SOURCE_DIR "/tests/cases/hl7",
                       {{"unescape", unescape_verb},
                        {"escape", escape_verb},
                        {"read", read_verb},
                        {"check", check_verb},
                        {"acknowledge", ack_verb},
                        {"judge", judge_verb},
                        {"frames", mllp_verb},
                        {"batch", batch_verb}});

}  // namespace
