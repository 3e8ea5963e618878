// What is written reads back to the same thing, for any content: values are made by walking the same descriptions that
// the writer and the reader walk (core/hl7/describe.hpp), with pieces that are hard on escapes.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "core/hl7/batch.hpp"
#include "core/hl7/describe.hpp"
#include "core/hl7/messages.hpp"
#include "core/hl7/mllp.hpp"
#include "core/hl7/profile.hpp"
#include "core/hl7/writer.hpp"

using namespace huren;
using namespace huren::hl7;

namespace {

std::string any_text(int least) {
  static const std::vector<std::string> pieces{"a",  "B7",     "|",         "^",       "~",      "\\",    "&",  "\r", "\n",  "珅", "王",
                                               "é",  "\\.br\\", "\\X0D\\", "\\E\\",    "\\H\\",  "\"\"",  "#",  " ",  "\x01", "😀", "\\Zq\\",
                                               "\\", "\\F",     "X41\\",   "\\C1B2842\\", "\\.sp+3\\"};
  const auto n = *rc::gen::inRange(least, 6);
  std::string out;
  for (int i = 0; i < n; ++i) out += *rc::gen::elementOf(pieces);
  return out == "\"\"" ? "x" : out;  // exactly "" is the explicit null
}

Timestamp any_time() {
  static const std::vector<std::string> times{"", "2026", "202611", "20261122", "202611220930+0800", "20261122093000-0500", "20261122093000.123+0000"};
  return parse_hl7_time(*rc::gen::elementOf(times), 480).value_or(Timestamp{});
}

class Filler {  // Io of describe.hpp
 public:
  void leaf(int c, int s, std::string& v) { v = any_text(force_ && c == 1 && s == 1 ? 1 : 0); }
  template <class T> void at(int, T& v) {
    force_ = false;
    parts(*this, v);
  }
  template <class T> void at(int, std::vector<T>& all) {
    force_ = true;  // an element that is empty altogether would not be written
    all.resize(static_cast<std::size_t>(*rc::gen::inRange(0, 3)));
    for (auto& v : all) parts(*this, v);
  }
  void at(int, Timestamp& t) { t = any_time(); }
  void row(Components& v) {
    for (int n = *rc::gen::inRange(1, 4); n > 0; --n) v.push_back(any_text(0));
    v.back() = any_text(1);
  }
  void values(int, std::vector<Components>& all, bool) {
    all.resize(static_cast<std::size_t>(*rc::gen::inRange(0, 3)));
    for (auto& v : all) row(v);
  }
  void components(int, Components& v) { row(v); }
  void parameters(int n, std::vector<Components>& all) { values(n, all, false); }
  void formatted(int, std::vector<std::string>& all) {
    for (int n = *rc::gen::inRange(0, 3); n > 0; --n) all.push_back(any_text(1));
  }

 private:
  bool force_ = false;
};

template <class T>
T any() {
  T v;
  Filler io;
  fields(io, v);
  return v;
}
template <class T>
std::optional<T> perhaps() {
  return *rc::gen::arbitrary<bool>() ? std::optional(any<T>()) : std::nullopt;
}
template <class T>
std::vector<T> some() {
  std::vector<T> all;
  for (int n = *rc::gen::inRange(0, 3); n > 0; --n) all.push_back(any<T>());
  return all;
}

Header any_header(const std::string& type, const std::string& trigger) {
  Header h;
  h.sending_app = any_text(1);
  h.sending_app_hd = escape(h.sending_app);
  h.receiving_facility = "市医院";
  h.receiving_facility_hd = h.receiving_facility;
  h.time = "20261122";
  h.type = type;
  h.trigger = trigger;
  h.structure = structure_of(type, trigger);
  h.control_id = any_text(1);
  h.processing_id = "P";
  h.version = "2.5.1";
  h.charset = "UNICODE UTF-8";
  return h;
}

std::vector<Observation> observations(int least = 0) {
  std::vector<Observation> all;
  for (int n = *rc::gen::inRange(least, 3); n > 0; --n) {
    auto o = Observation{any<Obx>(), some<Nte>()};
    if (*rc::gen::arbitrary<bool>()) o.obx.value_type = "FT";
    all.push_back(std::move(o));
  }
  return all;
}
std::vector<Specimen> specimens() {
  std::vector<Specimen> all;
  for (int n = *rc::gen::inRange(0, 2); n > 0; --n) all.push_back({any<Spm>(), some<Obx>()});
  return all;
}
std::vector<ResultGroup> results(bool full, int least_observations = 0) {
  std::vector<ResultGroup> all;
  for (int n = *rc::gen::inRange(1, 3); n > 0; --n) {
    ResultGroup r{{}, any<Obr>(), some<Nte>(), observations(least_observations), {}};
    if (full) {
      r.orc = perhaps<Orc>();
      r.specimens = specimens();
    }
    all.push_back(std::move(r));
  }
  return all;
}

// Writes, reads and compares; and the structure is the one that MSH-9 names.
template <class T>
void back_and_forth(const T& value) {
  const auto bytes = write(value);
  RC_ASSERT(bytes);
  const auto m = Message::read(*bytes);
  RC_ASSERT(m);
  const auto again = parse<T>(*m);
  RC_ASSERT(again);
  RC_ASSERT(*again == value);
  const auto twice = write(*again);
  RC_ASSERT(twice && *twice == *bytes);
  for (const auto& f : check(*m))
    RC_ASSERT(f.error.id != "hl7.segment_missing" && f.error.id != "hl7.segment_unexpected" && f.error.id != "hl7.structure_mismatch");
}

}  // namespace

TEST_CASE("unescape undoes escape, for any text and any delimiters") {
  CHECK(rc::check([] {
    const auto text = any_text(0);
    RC_ASSERT(unescape(escape(text), Delimiters{}) == text);
    const Delimiters odd{'$', '%', '*', '!', '@', '#'};
    RC_ASSERT(unescape(escape(text, odd), odd) == text);
    RC_ASSERT(unescape(escape_formatted(text), Delimiters{}) == text);
  }));
}

TEST_CASE("rebuilding gives the same bytes for any fields") {
  CHECK(rc::check([] {
    std::string bytes = "MSH|^~\\&|A|B|C|D|1||ADT^A01|1|P|2.5\r";
    for (int n = *rc::gen::inRange(0, 20); n > 0; --n) {
      bytes += "ZX" + std::to_string(n % 10);
      for (int f = *rc::gen::inRange(0, 8); f > 0; --f)
        bytes += '|' + *rc::gen::elementOf(std::vector<std::string>{"", "a", "a^b", "^", "a&b^c~d", "~~", "\"\"", "\\F", "珅^\\X0D\\"});
      bytes += '\r';
    }
    const auto m = Message::read(bytes);
    RC_ASSERT(m);
    RC_ASSERT(m->rebuilt() == bytes);
  }));
}

TEST_CASE("any bytes after MSH read the same by both scans, and every field is inside the message") {
  CHECK(rc::check([](const std::string& tail) {
    const std::string bytes = "MSH|^~\\&|A|B|C|D|1||ADT^A01|1|P|2.5\r" + tail;
    ReadOptions scalar;
    scalar.scalar = true;
    const auto a = Message::view(bytes), b = Message::view(bytes, scalar);
    RC_ASSERT(a.operator bool() == b.operator bool());
    if (!a) return;
    RC_ASSERT(a->size() == b->size());
    for (const auto s : *a)
      for (int f = 0; f <= s.fields() + 1; ++f) RC_ASSERT(s.field(f).raw() == b->segment(s.index()).field(f).raw());
  }));
}

TEST_CASE("ADT of every kind comes back") {
  CHECK(rc::check([] {
    const auto trigger = *rc::gen::elementOf(std::vector<std::string>{"A01", "A02", "A03", "A04", "A08", "A11", "A13", "A37", "A40"});
    Adt m{any_header("ADT", trigger), any<Evn>(), any<Pid>(), {}, any<Pv1>(), {}, {}};
    if (trigger == "A40") m.mrg = any<Mrg>();
    else if (trigger == "A37") m.other = any<Pid>();
    else if (trigger != "A02") m.diagnoses = some<Dg1>();
    back_and_forth(m);
  }));
}

TEST_CASE("ORU, OUL, MDM come back") {
  CHECK(rc::check([] {
    Oru m{any_header("ORU", "R01"), any<Pid>(), perhaps<Pv1>(), results(true)};
    back_and_forth(m);
  }));
  CHECK(rc::check([] {
    Oul m{any_header("OUL", "R22"), perhaps<Pid>(), {}, {}};
    if (m.pid) m.pv1 = perhaps<Pv1>();
    m.specimens.push_back({any<Spm>(), any_text(1), results(false)});
    m.specimens[0].results[0].orc = perhaps<Orc>();
    back_and_forth(m);
  }));
  CHECK(rc::check([] {
    back_and_forth(DocumentMessage{any_header("MDM", "T02"), any<Evn>(), any<Pid>(), any<Pv1>(), any<Txa>(), observations(1)});
  }));
}

TEST_CASE("orders with prior results, and their replies, come back") {
  CHECK(rc::check([] {
    const bool lab = *rc::gen::arbitrary<bool>();
    OrderMessage m{lab ? any_header("OML", "O21") : any_header("OMG", "O19"), any<Pid>(), perhaps<Pv1>(), {}};
    for (int n = *rc::gen::inRange(1, 3); n > 0; --n) {
      OrderGroup g{any<Orc>(), any<Obr>(), some<Nte>(), some<Dg1>(), observations(), specimens(), {}};
      if (*rc::gen::arbitrary<bool>()) {
        PriorResult p{any<Pid>(), perhaps<Pv1>(), {}};
        p.results.push_back({perhaps<Orc>(), any<Obr>(), some<Nte>(), observations(1), {}});
        g.prior.push_back(std::move(p));
        g.observations.clear();
      }
      if (!m.orders.empty() && !m.orders.back().prior.empty()) g.observations.clear();  // else read as the prior result's
      m.orders.push_back(std::move(g));
    }
    back_and_forth(m);
  }));
  CHECK(rc::check([] {
    const bool lab = *rc::gen::arbitrary<bool>();
    OrderReply m{lab ? any_header("ORL", "O22") : any_header("ORG", "O20"), any<Msa>(), any<Pid>(), {}};
    m.orders.push_back({any<Orc>(), any<Obr>(), some<Spm>()});
    back_and_forth(m);
  }));
}

TEST_CASE("referrals and their answers come back") {
  CHECK(rc::check([] {
    const auto trigger = *rc::gen::elementOf(std::vector<std::string>{"I12", "I13", "I14", "I15"});
    const bool answer = *rc::gen::arbitrary<bool>();
    ReferralMessage m;
    m.header = any_header(answer ? "RRI" : "REF", trigger);
    if (answer) m.msa = any<Msa>();
    m.rf1 = perhaps<Rf1>();
    m.providers.push_back(any<Prd>());
    m.pid = any<Pid>();
    m.diagnoses = some<Dg1>();
    m.results = results(false);
    m.pv1 = any<Pv1>();
    m.notes = some<Nte>();
    back_and_forth(m);
  }));
}

TEST_CASE("queries and their answers come back") {
  CHECK(rc::check([] { back_and_forth(Query{any_header("QRY", "R02"), any<Qrd>(), any<Qrf>()}); }));
  CHECK(rc::check([] {
    back_and_forth(QueryResult{any_header("ORF", "R04"), any<Msa>(), any<Qrd>(), perhaps<Qrf>(), any<Pid>(), [] {
                                 auto r = results(true, 1);
                                 for (auto& g : r) g.specimens.clear();
                                 return r;
                               }(), perhaps<Qak>()});
  }));
  CHECK(rc::check([] { back_and_forth(ParameterQuery{any_header("QBP", "Q11"), any<Qpd>(), any<Rcp>()}); }));
  CHECK(rc::check([] {
    back_and_forth(ParameterResponse{any_header("RSP", "K11"), any<Msa>(), any<Qak>(), any<Qpd>(), any<Pid>(), results(true)});
  }));
}

TEST_CASE("a batch comes back with every message") {
  CHECK(rc::check([] {
    std::vector<std::string> messages;
    for (int n = *rc::gen::inRange(1, 6); n > 0; --n)
      messages.push_back(*write(Query{any_header("QRY", "R02"), any<Qrd>(), any<Qrf>()}));
    const auto bytes = write_batch(messages, any_header("", ""));
    const auto file = read_batch(bytes);
    RC_ASSERT(file);
    RC_ASSERT(file->findings.empty());
    RC_ASSERT(file->batches.size() == 1U);
    RC_ASSERT(file->batches[0].messages.size() == messages.size());
    for (std::size_t i = 0; i < messages.size(); ++i) {
      const auto a = Message::read(messages[i]), b = Message::view(file->batches[0].messages[i]);
      RC_ASSERT(a && b && a->rebuilt() == b->rebuilt());
    }
  }));
}

TEST_CASE("frames come out the same however the stream is cut") {
  CHECK(rc::check([](const std::vector<std::string>& parts) {
    std::string stream;
    for (const auto& p : parts) stream += *rc::gen::arbitrary<bool>() ? frame(p) : p;
    const auto events = [](const std::vector<std::string_view>& chunks) {
      MllpDecoder d(64);
      std::string out;
      for (const auto c : chunks) {
        d.feed(c);
        while (const auto e = d.next()) out += std::to_string(static_cast<int>(e->kind)) + e->bytes + ';';
      }
      d.close();
      while (const auto e = d.next()) out += std::to_string(static_cast<int>(e->kind)) + e->bytes + ';';
      return out;
    };
    const std::string_view all = stream;
    const auto cut = static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(stream.size()) + 1));
    RC_ASSERT(events({all}) == events({all.substr(0, cut), all.substr(cut)}));
  }));
}
