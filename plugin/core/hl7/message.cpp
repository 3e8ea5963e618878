#include "core/hl7/message.hpp"

#include <algorithm>
#include <new>

#include "core/base/text_out.hpp"
#include "core/hl7/charset.hpp"
#include "core/hl7/scan.hpp"

namespace huren::hl7 {
namespace {

constexpr std::size_t kMaxBytes = 0xFFFFFFF0U;  // offsets have 32 bits
constexpr Delimiters kUndivided{'\0', '\0', '\0', '\0', '\0', '\0'};  // MSH-1 and MSH-2 are not split

bool is_header_name(std::string_view name) { return name == "MSH" || name == "FHS" || name == "BHS"; }

bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

bool good_name(std::string_view name) {
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto upper_or_digit = [&](char c) { return upper(c) || (c >= '0' && c <= '9'); };
  return name.size() == 3 && upper(name[0]) && upper_or_digit(name[1]) && upper_or_digit(name[2]);
}

Finding finding(Severity severity, std::string_view id, std::string where, std::vector<std::string> args = {}) {
  return {severity, {id, std::move(where), std::move(args)}};
}

// MSH-1 and MSH-2. A repeated character keeps its first meaning; what MSH-2 leaves out does not exist.
Result<Delimiters> read_delimiters(std::string_view text, Findings& findings) {
  Delimiters d;
  if (text.size() < 4) return Error{"hl7.delimiters", "MSH-1", {}};
  d.field = text[3];
  if (is_alnum(d.field) || static_cast<unsigned char>(d.field) <= ' ' || static_cast<unsigned char>(d.field) >= 0x7F)
    return Error{"hl7.delimiters", "MSH-1", {}};
  auto rest = text.substr(4, 32);  // more than enough to tell that it is too long
  std::size_t length = 0;
  while (length < rest.size() && rest[length] != d.field && rest[length] != '\r' && rest[length] != '\n') ++length;
  rest = rest.substr(0, length);
  if (rest.empty()) return Error{"hl7.delimiters", "MSH-2", {}};
  char* const places[] = {&d.component, &d.repetition, &d.escape, &d.subcomponent, &d.truncation};
  for (char* p : places) *p = '\0';
  for (std::size_t i = 0; i < std::min(rest.size(), std::size(places)); ++i) {
    if (is_alnum(rest[i]) || static_cast<unsigned char>(rest[i]) <= ' ' || static_cast<unsigned char>(rest[i]) >= 0x7F)
      return Error{"hl7.delimiters", "MSH-2", {}};
    if (rest.find(rest[i]) < i) {
      findings.push_back(finding(Severity::error, "hl7.delimiter_repeated", "MSH-2", {std::string(1, rest[i])}));
      continue;
    }
    *places[i] = rest[i];
  }
  if (rest.size() > std::size(places)) findings.push_back(finding(Severity::warning, "hl7.delimiters_long", "MSH-2"));
  if (rest.size() < 4) findings.push_back(finding(Severity::warning, "hl7.delimiters_short", "MSH-2"));
  return d;
}

// What stands before MSH: a BOM, blanks, line ends, a stray start block.
std::string_view skip_to_header(std::string_view text, Findings& findings) {
  if (text.starts_with("\xEF\xBB\xBF")) {
    text.remove_prefix(3);
    findings.push_back(finding(Severity::info, "hl7.bom", ""));
  }
  const auto blanks = std::min(text.find_first_not_of(" \t\r\n\v"), text.size());
  if (blanks) findings.push_back(finding(Severity::warning, "hl7.leading_blanks", ""));
  return text.substr(blanks);
}

}  // namespace

Element Element::part(char delimiter, int n) const {
  if (n < 1) return {};
  std::string_view rest = raw_;
  if (rest.empty() || delimiter == '\0') return n == 1 ? Element(rest, d_) : Element({}, d_);
  while (true) {
    const auto at = rest.find(delimiter);
    if (n == 1) return {rest.substr(0, at), d_};
    if (at == std::string_view::npos) return {std::string_view(), d_};
    rest.remove_prefix(at + 1);
    --n;
  }
}

int Element::count(char delimiter) const {
  if (raw_.empty()) return 0;
  if (delimiter == '\0') return 1;
  int n = 1;  // found by jumps: a field may be a document of megabytes without one
  for (auto at = raw_.find(delimiter); at != std::string_view::npos; at = raw_.find(delimiter, at + 1)) ++n;
  return n;
}

bool Element::is_one_value() const {
  if (!d_) return false;
  return all_plain(raw_, [d = *d_](Eight x) { return x.has(d.component) | x.has(d.repetition) | x.has(d.escape) | x.has(d.subcomponent); });
}

void Element::append_text(std::string& out) const {
  if (!d_ || is_null()) return;
  append_unescaped(out, raw_, *d_);
}

std::string Element::text() const {
  if (d_ && !is_null() && raw_.find(d_->escape) == std::string_view::npos) return std::string(raw_);
  std::string out;
  append_text(out);
  return out;
}

std::string Element::plain_text() const {
  if (is_one_value() && !is_null()) return std::string(raw_);
  return d_ && !is_null() ? unescape(raw_, *d_, Formatting::plain) : std::string();
}

Element Component::subcomponent(int n) const { return d_ ? part(d_->subcomponent, n) : Element(); }
Element Component::take_subcomponent() { return d_ ? take(d_->subcomponent) : Element(); }
int Component::subcomponents() const { return d_ ? count(d_->subcomponent) : 0; }
Component Repetition::component(int n) const { return d_ ? Component(part(d_->component, n)) : Component(); }
int Repetition::components() const { return d_ ? count(d_->component) : 0; }
bool Repetition::has_whole_components() const {
  return all_plain(raw_, [d = *d_](Eight x) { return x.has(d.escape) | x.has(d.subcomponent); });
}
std::string Repetition::value(int component, int subcomponent) const {
  if (raw_.empty()) return {};
  return this->component(component).subcomponent(subcomponent).text();
}
Repetition Field::repetition(int n) const { return d_ ? Repetition(part(d_->repetition, n)) : Repetition(); }
Repetition Field::take_repetition() { return d_ ? Repetition(take(d_->repetition)) : Repetition(); }
int Field::repetitions() const { return d_ ? count(d_->repetition) : 0; }

std::string_view Segment::name() const {
  if (!message_) return {};
  const auto& row = message_->rows_[index_];
  return message_->text_.substr(row.begin, message_->ends_[row.first] - row.begin);
}

FieldsOf::FieldsOf(const Segment& segment) : segment_(segment) {
  const auto* message = segment.message_;
  if (!message || is_header_name(segment.name())) return;
  const auto& row = message->rows_[segment.index_];
  text_ = message->text_.data();
  ends_ = message->ends_ + row.first;
  count_ = static_cast<int>(row.fields);
  delimiters_ = message->delimiters_;
  header_ = false;
}

std::string_view Segment::raw() const {
  if (!message_) return {};
  const auto& row = message_->rows_[index_];
  return message_->text_.substr(row.begin, row.end - row.begin);
}

int Segment::fields() const {
  if (!message_) return 0;
  return static_cast<int>(message_->rows_[index_].fields) + (is_header_name(name()) ? 1 : 0);
}

Field Segment::field(int n) const {
  if (!message_ || n < 1) return {};
  const auto& row = message_->rows_[index_];
  const Delimiters* d = message_->delimiters_;
  auto i = static_cast<std::uint32_t>(n);
  const char* name = message_->text_.data() + row.begin;
  if ((name[0] == 'M' || name[0] == 'F' || name[0] == 'B') && is_header_name(this->name())) {
    if (n == 1) return Field(message_->text_.substr(message_->ends_[row.first], row.fields ? 1 : 0), &kUndivided);
    if (n == 2) d = &kUndivided;
    --i;
  }
  if (i > row.fields) return Field(std::string_view(), d);
  const std::uint32_t* ends = message_->ends_ + row.first + i;
  const std::uint32_t from = ends[-1] + 1;
  return Field(std::string_view(message_->text_.data() + from, ends[0] - from), d);
}

int Segment::occurrence() const {
  int n = 0;
  if (message_)
    for (std::size_t i = 0; i <= index_; ++i)
      if (Segment(message_, i).name() == name()) ++n;
  return n;
}

std::string Segment::where(int field, int repetition, int component, int subcomponent) const {
  if (!message_) return {};
  if (!good_name(name())) return "segment " + std::to_string(index_ + 1);  // a stray line may hold anything: not shown
  Path p{.segment = std::string(name()), .segment_index = occurrence(), .field = field, .repetition = repetition,
         .component = component, .subcomponent = subcomponent};
  if (p.segment_index == 1 && message_->count(p.segment) == 1) p.segment_index = 0;
  return to_string(p);
}

struct Message::Index {
  const std::uint32_t* ends = nullptr;
  std::size_t end_count = 0;
  const std::uint32_t* lines = nullptr;
  std::size_t line_count = 0;
};

Result<Message> Message::view(std::string_view bytes, const ReadOptions& options) {
  if (bytes.size() > std::min(options.max_bytes, kMaxBytes))
    return Error{"hl7.too_large", "", {std::to_string(bytes.size()), std::to_string(options.max_bytes)}};
  // Split as it stands first: right for ASCII and UTF-8, which is nearly always; other charsets are decoded and split anew.
  bool ascii = true;
  auto message = split(bytes, options, ascii);
  if (ascii && message) {
    const auto label = message->segment(std::size_t{0}).field(18).repetition(1).raw();
    if (label.empty() || label == "UNICODE UTF-8") return message;
  }
  auto decoded = decode(bytes, options.fallback, options.trust_fallback);
  if (!decoded) return decoded.error();
  std::unique_ptr<std::string> owned;
  if (!decoded->as_is) {
    owned = std::make_unique<std::string>(std::move(decoded->text));
    message = split(*owned, options, ascii);
  }
  if (!message) return message;
  message->owned_ = std::move(owned);
  message->charset_ = decoded->charset;
  message->findings_.insert(message->findings_.begin(), decoded->findings.begin(), decoded->findings.end());
  return message;
}

Result<Message> Message::read(std::string bytes, const ReadOptions& options) {
  auto owned = std::make_unique<std::string>(std::move(bytes));
  auto message = view(*owned, options);
  if (message && !message->owned_) message->owned_ = std::move(owned);
  return message;
}

Result<Message> Message::split(std::string_view text, const ReadOptions& options, bool& ascii) {
  Message m;
  ascii = true;
  text = skip_to_header(text, m.findings_);
  if (!text.starts_with("MSH")) {
    ascii = is_ascii(text);
    if (text.empty()) return Error{"hl7.empty", "", {}};
    if (text.starts_with("FHS") || text.starts_with("BHS")) return Error{"hl7.is_batch", std::string(text.substr(0, 3)), {}};
    return Error{"hl7.no_msh", "", {}};
  }
  auto delimiters = read_delimiters(text, m.findings_);
  if (!delimiters) {
    ascii = is_ascii(text);
    return delimiters.error();
  }
  m.text_ = text;
  if (text.size() < options.min_bytes) {
    ascii = is_ascii(text);
    return Error{"hl7.too_small", "", {std::to_string(text.size()), std::to_string(options.min_bytes)}};
  }

  const ScanFunction scan = options.scalar ? scan_scalar : best_scan();
  const bool unended = text.back() != '\r' && text.back() != '\n';
  ScanBlock block;
  std::vector<std::uint32_t> ends, lines;  // only where one block is not enough
  Index index;
  for (std::size_t from = 0; from < text.size(); from += ScanBlock::kBytes) {
    const std::size_t to = std::min(text.size(), from + ScanBlock::kBytes);
    scan(text.data(), from, to, delimiters->field, block);
    ascii = ascii && block.ascii;
    if (to == text.size() && ends.empty()) {
      index = {block.ends, block.end_count, block.lines, block.line_count};
      break;
    }
    if (ends.empty()) {
      ends.reserve(text.size() / ScanBlock::kBytes * block.end_count + block.end_count);
      lines.reserve(text.size() / ScanBlock::kBytes * block.line_count + block.line_count);
    }
    const auto before = static_cast<std::uint32_t>(ends.size());
    ends.insert(ends.end(), block.ends, block.ends + block.end_count);
    for (std::size_t k = 0; k < block.line_count; ++k) lines.push_back(before + block.lines[k]);
    index = {ends.data(), ends.size(), lines.data(), lines.size()};
    if (index.end_count > options.max_fields + options.max_segments && to < text.size()) break;  // refused below
  }
  if (index.end_count > options.max_fields + options.max_segments)
    return Error{"hl7.too_many_fields", "", {std::to_string(options.max_fields)}};

  m.tables_ = std::make_unique_for_overwrite<std::byte[]>(sizeof(Delimiters) + 8 + (index.line_count + 1) * sizeof(SegmentRow) +
                                                          (index.end_count + 1) * sizeof(std::uint32_t));
  m.delimiters_ = new (m.tables_.get()) Delimiters(*delimiters);
  m.lay_out(index, unended);
  if (m.segment_count_ > options.max_segments) return Error{"hl7.too_many_segments", "", {std::to_string(options.max_segments)}};
  if (m.segment_count_ < options.min_segments)
    return Error{"hl7.too_few_segments", "", {std::to_string(m.segment_count_), std::to_string(options.min_segments)}};
  return m;
}

void Message::lay_out(const Index& index, bool unended) {
  static_assert(sizeof(Delimiters) <= 8 && alignof(SegmentRow) <= 8);
  auto* const rows = new (tables_.get() + 8) SegmentRow[index.line_count + 1];
  auto* const ends = new (reinterpret_cast<std::byte*>(rows + index.line_count + 1)) std::uint32_t[index.end_count + 1];
  std::copy_n(index.ends, index.end_count, ends);
  rows_ = rows;
  ends_ = ends;
  end_count_ = index.end_count;
  const char* const text = text_.data();
  std::uint32_t begin = 0, first = 0;
  std::size_t count = 0;
  bool lf = false, blank_start = false, blank_line = false;
  const auto end_line = [&](std::uint32_t end, std::uint32_t end_index) {
    std::uint32_t start = begin;
    if (start < end && (text[start] == ' ' || text[start] == '\t')) {
      while (start < end && (text[start] == ' ' || text[start] == '\t')) ++start;
      (start == end ? blank_line : blank_start) = true;
    }
    if (start < end) {
      const std::string_view name(text + start, ends[first] - start);
      if (!good_name(name))
        findings_.push_back(finding(Severity::error, "hl7.segment_name", "segment " + std::to_string(count + 1)));
      else if (count && is_header_name(name))
        findings_.push_back(
            finding(Severity::error, "hl7.second_header", "segment " + std::to_string(count + 1), {std::string(name)}));
      rows[count++] = {start, end, first, end_index - first};
    }
    begin = end + 1;
    first = end_index + 1;
  };
  for (std::size_t k = 0; k < index.line_count; ++k) {
    const auto i = index.lines[k];
    const auto at = ends[i];
    lf = lf || text[at] == '\n';
    end_line(at, i);
  }
  if (unended) {
    ends[end_count_] = static_cast<std::uint32_t>(text_.size());
    end_line(ends[end_count_], static_cast<std::uint32_t>(end_count_));
    ++end_count_;
    findings_.push_back(finding(Severity::info, "hl7.no_last_cr", ""));
  }
  segment_count_ = count;
  if (lf) findings_.push_back(finding(Severity::warning, "hl7.segment_end", ""));
  if (blank_start) findings_.push_back(finding(Severity::warning, "hl7.segment_blanks", ""));
  if (blank_line) findings_.push_back(finding(Severity::info, "hl7.blank_line", ""));
}

Segment Message::segment(std::size_t index) const { return index < segment_count_ ? Segment(this, index) : Segment(); }

Segment Message::segment(std::string_view name, int occurrence) const {
  for (std::size_t i = 0; i < segment_count_; ++i)
    if (Segment(this, i).name() == name && --occurrence <= 0) return {this, i};
  return {};
}

int Message::count(std::string_view name) const {
  int n = 0;
  for (const auto s : *this)
    if (s.name() == name) ++n;
  return n;
}

Element Message::at(const Path& p) const {
  const auto s = segment(p.segment, std::max(1, p.segment_index));
  if (!s.exists()) return {};
  if (!p.field) return {s.raw(), &kUndivided};
  const auto field = s.field(p.field);
  if (!p.repetition && !p.component) return field;
  const auto repetition = field.repetition(std::max(1, p.repetition));
  if (!p.component) return repetition;
  const auto component = repetition.component(p.component);
  return p.subcomponent ? component.subcomponent(p.subcomponent) : Element(component);
}

Element Message::at(std::string_view path) const {
  const auto p = parse_path(path);
  return p ? at(*p) : Element();
}

std::string Message::value(std::string_view path) const {
  auto p = parse_path(path);
  if (!p || !p->field) return {};
  p->component = std::max(1, p->component);
  p->subcomponent = std::max(1, p->subcomponent);
  return at(*p).text();
}

namespace {

std::string usual_form(const Field& hd) {
  std::string out;
  const auto repetition = hd.repetition(1);
  for (int c = 1; c <= repetition.components(); ++c) {
    if (c > 1) out += Delimiters{}.component;
    append_escaped(out, repetition.component(c).text(), Delimiters{});
  }
  return out;
}

}  // namespace

Header Message::header() const {
  const auto msh = segment(std::size_t{0});
  return {.sending_app = msh.value(3), .sending_facility = msh.value(4), .receiving_app = msh.value(5),
          .receiving_facility = msh.value(6), .sending_app_hd = usual_form(msh.field(3)),
          .sending_facility_hd = usual_form(msh.field(4)), .receiving_app_hd = usual_form(msh.field(5)),
          .receiving_facility_hd = usual_form(msh.field(6)), .time = msh.value(7), .type = msh.value(9, 1), .trigger = msh.value(9, 2),
          .structure = msh.value(9, 3), .control_id = msh.value(10), .processing_id = msh.value(11), .version = msh.value(12),
          .accept_ack = msh.value(15), .application_ack = msh.value(16), .charset = msh.value(18), .profile = msh.value(21)};
}

std::string Message::rebuilt() const {
  std::string out;
  out.reserve(text_.size());
  const auto& d = *delimiters_;
  const auto join = [&](char delimiter, int n, const auto& each) {
    for (int i = 1; i <= n; ++i) {
      if (i > 1) out += delimiter;
      each(i);
    }
  };
  for (const auto s : *this) {
    out += s.name();
    const bool header = is_header_name(s.name());
    for (int f = header ? 2 : 1; f <= s.fields(); ++f) {
      out += d.field;
      const auto field = s.field(f);
      join(d.repetition, field.repetitions(), [&](int r) {
        const auto repetition = field.repetition(r);
        join(d.component, repetition.components(), [&](int c) {
          const auto component = repetition.component(c);
          join(d.subcomponent, component.subcomponents(), [&](int n) { out += component.subcomponent(n).raw(); });
        });
      });
    }
    out += '\r';
  }
  return out;
}

std::size_t Message::memory_bytes() const {
  return (owned_ ? owned_->size() : 0) + end_count_ * sizeof(std::uint32_t) + segment_count_ * sizeof(SegmentRow) +
         sizeof(Delimiters) + sizeof(Message);
}

}  // namespace huren::hl7
