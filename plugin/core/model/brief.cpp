#include "core/model/brief.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <memory>
#include <utility>

#include "core/base/text_out.hpp"

namespace huren::model {
namespace {

// Form 2. A number is base 128, low digits first; one that may be below zero is folded over it. A text is twice its length
// and its bytes, or an odd number: 1 says "as the text beside it", 2n + 3 names word n. A bound is 0 where there is none,
// 1 and its eight bytes, or the number of its decimals + 2 and its digits. A list is its length and its entries.
constexpr char kForm = 2;
constexpr std::size_t kLongestNumber = 10;

// What laboratories say most. Frozen: a word keeps its number for ever, another one goes to the end.
constexpr std::string_view kWords[] = {"HUREN", "L",      "LN",     "NM",    "SN",    "ST",     "CWE",   "mmol/L", "umol/L",  "U/L",   "IU/L", "g/L",
                                       "mg/L",  "mg/dL",  "ug/L",   "%",     "10^9/L", "10*9/L", "pg/mL", "ng/mL",  "mIU/L",   "nmol/L", "pmol/L", "fL"};
constexpr std::size_t kLongestWord = 8;

constexpr std::uint64_t as_number(std::string_view word) {
  std::uint64_t out = word.size();
  for (const char c : word) out = out << 7 | static_cast<std::uint64_t>(c & 0x7F);
  return out;
}
constexpr auto kWordNumbers = [] {
  std::array<std::uint64_t, std::size(kWords)> out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = as_number(kWords[i]);
  return out;
}();

// Its number among the words; as many as there are: none of them.
std::size_t word_of(std::string_view text) {
  if (text.empty() || text.size() > kLongestWord) return std::size(kWords);
  const auto number = as_number(text);
  std::size_t i = 0;
  while (i < std::size(kWords) && (kWordNumbers[i] != number || kWords[i] != text)) ++i;
  return i;
}

constexpr std::array<double, 7> kPowers = {1, 10, 100, 1e3, 1e4, 1e5, 1e6};
constexpr double kMostDigits = 9e15;  // whole numbers below are exact

// The same walk over the members measures, writes and reads them: what one does the others cannot forget.
class Measure {  // the most that they may take
 public:
  void operator()(const std::string& text) { most_ += text.size() + kLongestNumber; }
  void word(const std::string& text) { (*this)(text); }
  void like(const std::string& text, const std::string&) { (*this)(text); }
  void operator()(const std::int64_t&) { most_ += kLongestNumber; }
  void operator()(const std::optional<double>&) { most_ += 1 + kLongestNumber; }
  template <class T, class Each>
  void list(const std::vector<T>& entries, Each each) {
    most_ += kLongestNumber;
    for (const auto& entry : entries) each(entry);
  }
  [[nodiscard]] std::size_t most() const { return most_; }

 private:
  std::size_t most_ = 1;
};

class Writer {  // where there is room for all of it
 public:
  explicit Writer(char* at) : at_(at) { *at_++ = kForm; }
  void operator()(const std::string& text) {
    number(2 * std::uint64_t{text.size()});
    at_ = put(at_, text);
  }
  void word(const std::string& text) {
    const auto known = word_of(text);
    if (known == std::size(kWords)) (*this)(text);
    else number(2 * known + 3);
  }
  void like(const std::string& text, const std::string& beside) {
    if (text.empty() || text != beside) (*this)(text);
    else number(1);
  }
  void operator()(const std::int64_t& value) { number(folded(value)); }
  void operator()(const std::optional<double>& value) {
    if (!value) return number(0);
    for (std::size_t decimals = 0; decimals < kPowers.size(); ++decimals) {
      const double digits = std::nearbyint(*value * kPowers[decimals]);
      if (!(std::abs(digits) < kMostDigits)) break;
      if (digits / kPowers[decimals] != *value || (digits == 0 && std::signbit(*value))) continue;
      number(decimals + 2);
      return number(folded(static_cast<std::int64_t>(digits)));
    }
    number(1);
    for (auto bits = std::bit_cast<std::uint64_t>(*value), i = std::uint64_t{0}; i < 8; ++i, bits >>= 8) *at_++ = static_cast<char>(bits & 0xFF);
  }
  template <class T, class Each>
  void list(const std::vector<T>& entries, Each each) {
    number(entries.size());
    for (const auto& entry : entries) each(entry);
  }
  [[nodiscard]] char* end() const { return at_; }

 private:
  static std::uint64_t folded(std::int64_t value) { return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63); }
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) *at_++ = static_cast<char>(value | 0x80);
    *at_++ = static_cast<char>(value);
  }
  char* at_;
};

class Reader {
 public:
  explicit Reader(std::string_view record) : at_(record.data()), end_(at_ + record.size()) { good_ = at_ != end_ && *at_++ == kForm; }
  void operator()(std::string& text) { this->text(text, number(), nullptr); }
  void word(std::string& text) { this->text(text, number(), nullptr); }
  void like(std::string& text, const std::string& beside) { this->text(text, number(), &beside); }
  void operator()(std::int64_t& value) { value = unfolded(number()); }
  void operator()(std::optional<double>& value) {
    value.reset();
    const auto kind = number();
    if (!good_ || kind == 0) return;
    if (kind >= 2) {
      if (kind - 2 >= kPowers.size()) return fail();
      value = static_cast<double>(unfolded(number())) / kPowers[kind - 2];
      return;
    }
    if (left() < 8) return fail();
    std::uint64_t bits = 0;
    for (std::size_t i = 8; i-- > 0;) bits = bits << 8 | static_cast<unsigned char>(at_[i]);
    at_ += 8;
    value = std::bit_cast<double>(bits);
  }
  template <class T, class Each>
  void list(std::vector<T>& entries, Each each) {
    const auto size = number();
    if (!good_ || size > left()) return fail();  // an entry takes a byte at least
    if (size == 0) return entries.clear();
    entries.assign(size, T{});
    for (auto& entry : entries) each(entry);
  }
  [[nodiscard]] bool done() const { return good_ && at_ == end_; }

 private:
  void fail() {
    good_ = false;
    at_ = end_;
  }
  [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  void text(std::string& into, std::uint64_t size, const std::string* beside) {
    if (size & 1) {
      if (size == 1 && beside) into = *beside;
      else if (size >= 3 && size / 2 - 1 < std::size(kWords)) into = kWords[size / 2 - 1];
      else fail();
      return;
    }
    size /= 2;
    if (!good_ || size > left()) return fail();
    if (size == 0) return into.clear();
    into.assign(at_, size);
    at_ += size;
  }
  std::uint64_t number() {
    if (at_ != end_ && static_cast<unsigned char>(*at_) < 0x80) return static_cast<unsigned char>(*at_++);  // nearly all of them
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64 && at_ != end_; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at_++);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
    fail();
    return 0;
  }
  static std::int64_t unfolded(std::uint64_t value) { return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1)); }
  const char* at_;
  const char* end_;
  bool good_ = false;
};

template <class Io, class E>
void whole(Io& io, E& value) {  // an enum or a small number
  auto number = static_cast<std::int64_t>(value);
  io(number);
  if constexpr (!std::is_const_v<E>) value = static_cast<E>(number);
}
template <class Io>
void whole(Io& io, const bool& value) {
  io(std::int64_t{value});
}
template <class Io>
void whole(Io& io, bool& value) {
  std::int64_t number = value;
  io(number);
  value = number != 0;
}

template <class Io, class T>
void time(Io& io, T& t) {
  whole(io, t.precision);
  if (t.precision == Precision::none) return;
  io(t.epoch_ms);
  whole(io, t.offset_minutes);
  whole(io, t.has_offset);
}
template <class Io, class T>
void code(Io& io, T& c) {
  io(c.code);
  io(c.name);
  io(c.system);
}
template <class Io, class T>
void organisation(Io& io, T& o) {
  io(o.code);
  io(o.name);
}
template <class Io, class T>
void texts(Io& io, T& list) {
  io.list(list, [&](auto& text) { io(text); });
}

template <class Io, class Report>
void head(Io& io, Report& r) {
  organisation(io, r.origin);
  io(r.number);
  whole(io, r.version);
  whole(io, r.status);
  auto& p = r.patient;
  io(p.local_id);
  io(p.name);
  whole(io, p.sex);
  whole(io, p.birth_date.year);
  whole(io, p.birth_date.month);
  whole(io, p.birth_date.day);
  io.list(p.identifiers, [&](auto& id) {
    io(id.type);
    io(id.value);
    io(id.assigner);
  });
  io(r.specimen.id);
  code(io, r.specimen.type);
  time(io, r.specimen.collected_at);
  time(io, r.specimen.received_at);
  time(io, r.reported_at);
}

template <class Io, class Result>
void observation(Io& io, Result& o) {
  io(o.local.code);
  io(o.local.name);
  io.word(o.local.system);
  io.like(o.standard.code, o.local.code);
  io.like(o.standard.name, o.local.name);
  io.word(o.standard.system);
  io(o.loinc);
  io.word(o.value_type);
  io(o.value);
  io(o.comparator);
  io.word(o.unit);
  io(o.range.text);
  io(o.range.low);
  io(o.range.high);
  texts(io, o.flags);
  whole(io, o.status);
  code(io, o.method);
  io(o.method_group);
  io(o.instrument);
  organisation(io, o.performer);
  texts(io, o.marks);
  time(io, o.observed_at);
}

// An observation whose place is told otherwise than by counting from 1, or that has notes.
struct Apart {
  std::int64_t position = 0;
  std::string set_id;
  std::vector<std::string> notes;
};

template <class Io, class Person>
void person(Io& io, Person& p) {
  io(p.id);
  io(p.name);
}

template <class Io, class Report, class Count, class List>
void rest(Io& io, Report& r, Count& observations, List& apart) {
  io(observations);
  io.list(apart, [&](auto& one) {
    io(one.position);
    io(one.set_id);
    texts(io, one.notes);
  });
  io(r.patient.phone);
  code(io, r.panel);
  io(r.category);
  io(r.order_number);
  io(r.patient_class);
  io(r.encounter_id);
  io(r.department);
  code(io, r.diagnosis);
  person(io, r.requester);
  person(io, r.author);
  person(io, r.verifier);
  io(r.conclusion);
  texts(io, r.notes);
  io(r.amendment_reason);
}

std::string set_id_at(std::size_t position) { return std::to_string(position + 1); }


// walk(io): over what is to be written. Most records need no room but the stack's and their own.
template <class Walk>
std::string written(Walk walk) {
  Measure measure;
  walk(measure);
  std::array<char, 1024> few;
  std::unique_ptr<char[]> many;
  if (measure.most() > few.size()) many = std::make_unique_for_overwrite<char[]>(measure.most());
  char* const from = many ? many.get() : few.data();
  Writer io(from);
  walk(io);
  return {from, io.end()};
}

}  // namespace

std::string brief_of(const LabReport& report) {
  return written([&](auto& io) { head(io, report); });
}

std::string brief_of(const Observation& o) {
  return written([&](auto& io) { observation(io, o); });
}

std::string rest_of(const LabReport& report) {
  std::vector<Apart> apart;
  for (std::size_t i = 0; i < report.observations.size(); ++i)
    if (const auto& o = report.observations[i]; o.set_id != set_id_at(i) || !o.notes.empty()) apart.push_back({static_cast<std::int64_t>(i), o.set_id, o.notes});
  const auto observations = static_cast<std::int64_t>(report.observations.size());
  return written([&](auto& io) { rest(io, report, observations, std::as_const(apart)); });
}

bool read_brief(std::string_view record, LabReport& into) {
  Reader io(record);
  head(io, into);
  return io.done();
}

bool read_brief(std::string_view record, Observation& into) {
  Reader io(record);
  observation(io, into);
  return io.done();
}

std::optional<LabReport> whole_report(std::string_view brief, std::string_view rest_record, std::span<const std::string> observations) {
  std::optional<LabReport> out(std::in_place);
  std::vector<Apart> apart;
  std::int64_t had = 0;
  Reader io(rest_record);
  rest(io, *out, had, apart);
  if (!io.done() || had != static_cast<std::int64_t>(observations.size())) return std::nullopt;
  const auto phone = std::move(out->patient.phone);
  if (!read_brief(brief, *out)) return std::nullopt;
  out->patient.phone = phone;
  out->observations.resize(observations.size());
  for (std::size_t i = 0; i < observations.size(); ++i) {
    if (!read_brief(observations[i], out->observations[i])) return std::nullopt;
    out->observations[i].set_id = set_id_at(i);
  }
  for (auto& one : apart) {
    if (one.position < 0 || one.position >= had) return std::nullopt;
    auto& o = out->observations[static_cast<std::size_t>(one.position)];
    o.set_id = std::move(one.set_id);
    o.notes = std::move(one.notes);
  }
  return out;
}

}  // namespace huren::model
