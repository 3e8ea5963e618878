// Reads one HL7 v2 message into views over one UTF-8 buffer: a table of field ends, a table of segments, nothing per field.
// Promises: every view stays valid as long as the Message lives, also after it is moved; reading again what a view shows
//   costs no allocation but for text(); remarks are collected in findings() with their location; O(1) to any field.
// Refuses (Error): no MSH, limits exceeded, charsets it cannot decode, undecodable bytes (located).
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/text.hpp"
#include "core/hl7/delimiters.hpp"
#include "core/hl7/escape.hpp"
#include "core/hl7/path.hpp"

namespace huren::hl7 {

struct ReadOptions {
  std::size_t min_bytes = 8;
  std::size_t max_bytes = std::size_t{16} << 20;
  std::size_t min_segments = 1;
  std::size_t max_segments = 50'000;
  std::size_t max_fields = 2'000'000;      // of all segments together
  std::optional<Charset> fallback;         // the partner's charset where MSH-18 says nothing; else UTF-8, then GB18030
  bool trust_fallback = false;             // the fallback wins over MSH-18 (a partner known to declare wrongly)
  bool scalar = false;                     // without SIMD, for comparing
};

// One place in a message at any depth: raw bytes as they stand, text decoded. A place that is not there is empty.
class Element {
 public:
  Element() = default;
  Element(std::string_view raw, const Delimiters* d) : raw_(raw), d_(d) {}
  [[nodiscard]] std::string_view raw() const { return raw_; }
  [[nodiscard]] bool empty() const { return raw_.empty(); }                     // nothing sent: no change
  [[nodiscard]] bool is_null() const { return raw_.size() == 2 && raw_[0] == '"' && raw_[1] == '"'; }  // sent as "": delete the value
  [[nodiscard]] bool has_value() const { return !raw_.empty() && !is_null(); }
  // No delimiter of a level below the field and no escape in it: one value, as nearly all fields of a result are.
  [[nodiscard]] bool is_one_value() const;
  // Everything below this place with escapes decoded; delimiters of deeper levels stand as written. "" when null.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::string plain_text() const;  // FT as a screen shows it: \.br\ as '\n'
  void append_text(std::string& out) const;      // without allocating anew

 protected:
  [[nodiscard]] Element part(char delimiter, int n) const;  // 1-based
  [[nodiscard]] int count(char delimiter) const;
  Element take(char delimiter) {  // the first part, which is cut off from this element: for going through all of them
    const auto at = delimiter == '\0' ? std::string_view::npos : raw_.find(delimiter);
    const Element first(raw_.substr(0, at), d_);
    raw_ = at == std::string_view::npos ? std::string_view() : raw_.substr(at + 1);
    return first;
  }
  std::string_view raw_;
  const Delimiters* d_ = nullptr;
};

class Component : public Element {
 public:
  using Element::Element;
  explicit Component(Element e) : Element(e) {}
  [[nodiscard]] Element subcomponent(int n) const;  // 1-based
  [[nodiscard]] int subcomponents() const;
  Element take_subcomponent();
  [[nodiscard]] std::string value(int n = 1) const {
    if (raw_.empty()) return {};
    if (n == 1 && is_one_value()) return is_null() ? std::string() : std::string(raw_);
    return subcomponent(n).text();
  }
};

class Repetition : public Element {
 public:
  using Element::Element;
  explicit Repetition(Element e) : Element(e) {}
  [[nodiscard]] Component component(int n) const;
  [[nodiscard]] int components() const;
  Component take_component() { return d_ ? Component(take(d_->component)) : Component(); }
  // The first leaf of each of the first n, in one pass; of those that are not there empty. Views of the message, or of room
  // where something had to be decoded.
  template <std::size_t n> [[nodiscard]] std::array<std::string_view, n> first_values(std::string& room) const {
    std::array<std::string_view, n> out;
    if (raw_.empty() || !d_) return out;
    auto rest = *this;
    if (has_whole_components()) {
      for (std::size_t i = 0; i < n && !rest.empty(); ++i)
        if (const auto c = rest.take_component(); !c.is_null()) out[i] = c.raw();
      return out;
    }
    std::array<std::size_t, n> ends;
    for (auto& end : ends) {
      room += rest.take_component().value();
      end = room.size();
    }
    for (std::size_t i = 0; i < n; ++i) out[i] = std::string_view(room).substr(i ? ends[i - 1] : 0, ends[i] - (i ? ends[i - 1] : 0));
    return out;
  }
  // The first leaf of a component: value(1) of "A&B^C" is "A".
  [[nodiscard]] std::string value(int component = 1, int subcomponent = 1) const;

 private:
  [[nodiscard]] bool has_whole_components() const;  // nothing to decode, no subcomponents
};

class Field : public Element {
 public:
  using Element::Element;
  explicit Field(Element e) : Element(e) {}
  [[nodiscard]] Repetition repetition(int n) const;  // 1-based
  [[nodiscard]] int repetitions() const;             // 0 when empty
  Repetition take_repetition();
  [[nodiscard]] Component component(int n) const { return repetition(1).component(n); }
  [[nodiscard]] std::string value(int component = 1, int subcomponent = 1) const {
    if (raw_.empty()) return {};
    if (is_one_value()) return component != 1 || subcomponent != 1 || is_null() ? std::string() : std::string(raw_);
    return repetition(1).value(component, subcomponent);
  }
  // value() == word, which is not empty: most fields show without being read that they are not.
  [[nodiscard]] bool says(std::string_view word) const {
    return (raw_.starts_with(word) || (d_ && raw_.find(d_->escape) != std::string_view::npos)) && value() == word;
  }
};

class Message;

class Segment {
 public:
  Segment() = default;  // exists() is false, every field empty
  Segment(const Message* message, std::size_t index) : message_(message), index_(index) {}
  [[nodiscard]] bool exists() const { return message_ != nullptr; }
  [[nodiscard]] std::string_view name() const;
  [[nodiscard]] std::string_view raw() const;          // without its terminator
  [[nodiscard]] Field field(int n) const;              // 1-based; MSH-1 is the separator itself, MSH-2 the rest
  [[nodiscard]] int fields() const;                    // highest field number, trailing empties counted
  [[nodiscard]] std::string value(int field, int component = 1, int subcomponent = 1) const {
    return this->field(field).value(component, subcomponent);
  }
  [[nodiscard]] std::size_t index() const { return index_; }  // among all segments, from 0
  [[nodiscard]] int occurrence() const;                // among those of its name, from 1
  // "OBX[3]", "OBX[3]-5", "OBX[3]-5[2].1.2": for findings.
  [[nodiscard]] std::string where(int field = 0, int repetition = 0, int component = 0, int subcomponent = 0) const;

 private:
  friend class FieldsOf;
  const Message* message_ = nullptr;
  std::size_t index_ = 0;
};

// MSH in plain words.
struct Header {
  std::string sending_app, sending_facility, receiving_app, receiving_facility;  // first component of MSH-3..6
  // MSH-3..6 entire, in wire form with the usual delimiters (namespace^universal id^type); win over the above when written.
  std::string sending_app_hd, sending_facility_hd, receiving_app_hd, receiving_facility_hd;
  std::string time;                        // MSH-7 as written
  std::string type, trigger, structure;    // MSH-9.1-3
  std::string control_id;                  // MSH-10
  std::string processing_id;               // MSH-11.1
  std::string version;                     // MSH-12.1
  std::string accept_ack, application_ack; // MSH-15, MSH-16
  std::string charset;                     // MSH-18, first repetition
  std::string profile;                     // MSH-21.1
  bool operator==(const Header&) const = default;
};

class Message {
 public:
  // Takes the bytes as they came (any charset); decodes, then splits.
  static Result<Message> read(std::string bytes, const ReadOptions& options = {});
  // The same over bytes that the caller keeps alive and unchanged; copies only where it has to decode.
  static Result<Message> view(std::string_view bytes, const ReadOptions& options = {});

  [[nodiscard]] std::string_view text() const { return text_; }  // all of it, UTF-8, no BOM
  [[nodiscard]] const Delimiters& delimiters() const { return *delimiters_; }
  [[nodiscard]] Charset charset() const { return charset_; }     // what the bytes were in
  [[nodiscard]] const Findings& findings() const { return findings_; }
  [[nodiscard]] Header header() const;

  [[nodiscard]] std::size_t size() const { return segment_count_; }
  [[nodiscard]] Segment segment(std::size_t index) const;                        // from 0
  [[nodiscard]] Segment segment(std::string_view name, int occurrence = 1) const;
  [[nodiscard]] int count(std::string_view name) const;

  class Iterator {
   public:
    Iterator(const Message* m, std::size_t i) : m_(m), i_(i) {}
    Segment operator*() const { return Segment(m_, i_); }
    Iterator& operator++() { ++i_; return *this; }
    bool operator==(const Iterator&) const = default;
   private:
    const Message* m_;
    std::size_t i_;
  };
  [[nodiscard]] Iterator begin() const { return {this, 0}; }
  [[nodiscard]] Iterator end() const { return {this, segment_count_}; }

  [[nodiscard]] Element at(const Path& path) const;      // empty when not there
  [[nodiscard]] Element at(std::string_view path) const; // the same; empty for a path that does not parse
  // First leaf under a path: value("PID-5.1"); value("OBX[3]-5").
  [[nodiscard]] std::string value(std::string_view path) const;

  // Segments, fields, repetitions, components and subcomponents put together again, each segment ended by CR, in UTF-8.
  [[nodiscard]] std::string rebuilt() const;
  [[nodiscard]] std::size_t memory_bytes() const;        // tables and buffer, for the 2.5 × bound

 private:
  friend class Segment;
  friend class FieldsOf;
  struct SegmentRow { std::uint32_t begin, end, first, fields; };  // first: index into ends_ of the name's end
  struct Index;                                                    // ends and lines while they are being found
  Message() = default;
  // Splits text as it stands; ascii tells whether it is.
  static Result<Message> split(std::string_view text, const ReadOptions& options, bool& ascii);
  void lay_out(const Index& index, bool unended);

  std::unique_ptr<std::string> owned_;
  std::string_view text_;
  std::unique_ptr<std::byte[]> tables_;          // delimiters, rows, ends: one allocation
  const Delimiters* delimiters_ = nullptr;
  const SegmentRow* rows_ = nullptr;
  const std::uint32_t* ends_ = nullptr;          // one per field: offset of the byte after it
  std::size_t end_count_ = 0, segment_count_ = 0;
  Charset charset_ = Charset::utf8;
  Findings findings_;
};

// The fields of one segment, for who reads many of them: where they lie is looked up once.
class FieldsOf {
 public:
  explicit FieldsOf(const Segment& segment);
  [[nodiscard]] Field operator[](int n) const {  // as Segment::field
    if (header_ || n < 1) return segment_.field(n);
    if (n > count_) return Field(std::string_view(), delimiters_);
    const std::uint32_t from = ends_[n - 1] + 1;
    return Field(std::string_view(text_ + from, ends_[n] - from), delimiters_);
  }

 private:
  Segment segment_;
  const char* text_ = nullptr;
  const std::uint32_t* ends_ = nullptr;  // [0]: of the name
  int count_ = 0;
  const Delimiters* delimiters_ = nullptr;
  bool header_ = true;  // numbered otherwise; also a segment that is not there
};

}  // namespace huren::hl7
