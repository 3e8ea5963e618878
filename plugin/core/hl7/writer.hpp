// Writes one HL7 v2 message: segments in order, fields in ascending order, everything escaped, no trailing delimiters.
// Promises: what is written reads back to the same values; empty text writes nothing; the structure of MSH-9.3 is right.
// Refuses: going backwards inside a segment, a bad segment name, text that is not UTF-8 (Error from finish()).
#pragma once
#include <array>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/hl7/message.hpp"

namespace huren::hl7 {

// Table 0354: the structure for a type and trigger ("ADT","A40" -> "ADT_A39"); "" when not known.
std::string_view structure_of(std::string_view type, std::string_view trigger);

class Writer {
 public:
  explicit Writer(Delimiters delimiters = {}) : d_(delimiters), special_(special_characters(delimiters)) {}
  void reset() { out_.clear(); fault_ = {}; name_.clear(); field_ = rep_ = comp_ = sub_ = 0; }

  // MSH from a header. Empty structure is looked up; empty version is 2.5.1, empty processing id P; charset as given.
  // The header's type/trigger/structure/..., accept_ack and application_ack are written as they stand.
  Writer& msh(const Header& h);
  Writer& envelope(std::string_view name, const Header& h);  // FHS or BHS: parties, time, control id as field 11
  Writer& segment(std::string_view name);
  // The place where the next text goes. Ascending; places skipped stay empty.
  Writer& field(int n) {
    field_ = n;
    rep_ = comp_ = sub_ = 0;
    return *this;
  }
  Writer& repeat() {  // next repetition of this field
    ++rep_;
    comp_ = sub_ = 0;
    return *this;
  }
  Writer& component(int n) {
    comp_ = n - 1;
    sub_ = 0;
    return *this;
  }
  Writer& subcomponent(int n) {
    sub_ = n - 1;
    return *this;
  }
  Writer& text(std::string_view value);       // escaped
  Writer& formatted(std::string_view value);  // FT: formatting commands inside stay
  Writer& raw(std::string_view value);        // already in wire form
  Writer& null();                             // ""

  Writer& set(int n, std::string_view value) { return field(n).text(value); }
  Writer& set(int n, std::initializer_list<std::string_view> components);
  Writer& add(std::initializer_list<std::string_view> components);  // one more repetition of the current field
  Writer& set(int n, const Timestamp& t) { return field(n).raw(to_hl7_time(t)); }

  [[nodiscard]] Result<std::string> finish() const;  // UTF-8, every segment ended by CR
  [[nodiscard]] Result<std::string> finish(Charset charset) const;

 private:
  void header_segment(std::string_view name, const Header& h);  // up to field 7
  void open();  // writes the delimiters up to the current place
  char* open_with_room(std::size_t n);  // the same, and room for n bytes behind them
  class Buffer {  // grows without clearing what is about to be written
   public:
    char* room(std::size_t n) {  // where n more bytes may go; added() makes them count
      if (size_ + n > capacity_) grow(n);
      return data_.get() + size_;
    }
    void added(std::size_t n) { size_ += n; }
    void add(char c) {
      *room(1) = c;
      ++size_;
    }
    void add(std::string_view s) {
      s.copy(room(s.size()), s.size());
      size_ += s.size();
    }
    void clear() { size_ = 0; }
    [[nodiscard]] std::string_view view() const { return {data_.get(), size_}; }

   private:
    void grow(std::size_t n);
    std::unique_ptr<char[]> data_;
    std::size_t size_ = 0, capacity_ = 0;
  };

  Delimiters d_;
  std::array<bool, 256> special_;
  Buffer out_;
  std::string name_;
  int field_ = 0, rep_ = 0, comp_ = 0, sub_ = 0;          // where we are to write (rep, comp, sub from 0)
  int at_field_ = 0, at_rep_ = 0, at_comp_ = 0, at_sub_ = 0;  // how far delimiters are written
  std::optional<Error> fault_;
};

}  // namespace huren::hl7
