#include "core/model/brief.hpp"

#include <array>
#include <bit>
#include <memory>

#include "core/base/text_out.hpp"

namespace huren::model {
namespace {

constexpr char kForm = 1;
constexpr std::size_t kMostEntries = 1000;

constexpr std::size_t kLongestNumber = 10;

// The same walk over the members measures, writes and reads them: what one does the others cannot forget.
class Measure {  // the most that they may take
 public:
  void operator()(const std::string& text) { most_ += text.size() + kLongestNumber; }
  void operator()(const std::int64_t&) { most_ += kLongestNumber; }
  void operator()(const std::optional<double>&) { most_ += 1 + sizeof(double); }
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
    number(text.size());
    at_ = put(at_, text);
  }
  void operator()(const std::int64_t& value) { number((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63)); }
  void operator()(const std::optional<double>& value) {
    *at_++ = value ? '\1' : '\0';
    if (!value) return;
    for (auto bits = std::bit_cast<std::uint64_t>(*value), i = std::uint64_t{0}; i < 8; ++i, bits >>= 8) *at_++ = static_cast<char>(bits & 0xFF);
  }
  template <class T, class Each>
  void list(const std::vector<T>& entries, Each each) {
    number(entries.size());
    for (const auto& entry : entries) each(entry);
  }
  [[nodiscard]] char* end() const { return at_; }

 private:
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) *at_++ = static_cast<char>(value | 0x80);
    *at_++ = static_cast<char>(value);
  }
  char* at_;
};

class Reader {
 public:
  explicit Reader(std::string_view record) : rest_(record) { good_ = !rest_.empty() && take() == kForm; }
  void operator()(std::string& text) {
    const auto size = number();
    if (!good_ || size > rest_.size()) return fail();
    text.assign(rest_.data(), size);
    rest_.remove_prefix(size);
  }
  void operator()(std::int64_t& value) {
    const auto zigzag = number();
    value = static_cast<std::int64_t>((zigzag >> 1) ^ (~(zigzag & 1) + 1));
  }
  void operator()(std::optional<double>& value) {
    value.reset();
    if (take() == '\0' || !good_) return;
    if (rest_.size() < 8) return fail();
    std::uint64_t bits = 0;
    for (std::size_t i = 8; i-- > 0;) bits = bits << 8 | static_cast<unsigned char>(rest_[i]);
    rest_.remove_prefix(8);
    value = std::bit_cast<double>(bits);
  }
  template <class T, class Each>
  void list(std::vector<T>& entries, Each each) {
    const auto size = number();
    if (!good_ || size > kMostEntries) return fail();
    entries.assign(size, T{});
    for (auto& entry : entries) each(entry);
  }
  [[nodiscard]] bool done() const { return good_ && rest_.empty(); }

 private:
  void fail() {
    good_ = false;
    rest_ = {};
  }
  char take() {
    if (rest_.empty()) {
      fail();
      return 0;
    }
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take());
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
    fail();
    return 0;
  }
  std::string_view rest_;
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
  code(io, o.local);
  code(io, o.standard);
  io(o.loinc);
  io(o.value_type);
  io(o.value);
  io(o.comparator);
  io(o.unit);
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

}  // namespace

namespace {

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

}  // namespace huren::model
