// RapidJSON as all of huren uses it: the first reader of JSON that comes in. What it refuses, nlohmann's lexer looks at again:
// that one knows the place of a fault and has the last word.
// Promises: what is taken here is RFC 8259, nlohmann would take it too and see the same values; no allocation of its own.
// Refuses: without saying why; also what is legal but rare: NUL, and numbers that no double can hold.
// Its SIMD switches stay off: with them release 1.1 lets the control characters 1A to 1F pass.
#pragma once
#include <charconv>
#include <cstdint>
#include <limits>
#include <rapidjson/reader.h>
#include <string>
#include <string_view>
#include <system_error>

namespace huren {

// Passes what is read to an object with the functions of nlohmann's SAX interface; strings are views into the text.
template <class Into>
class JsonEvents : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, JsonEvents<Into>> {
 public:
  using Size = rapidjson::SizeType;
  explicit JsonEvents(Into& into) : into_(into) {}

  bool Null() { return into_.null(); }
  bool Bool(bool value) { return into_.boolean(value); }
  bool String(const char* text, Size size, bool) { return into_.string(std::string_view(text, size)); }
  bool Key(const char* text, Size size, bool) { return into_.key(std::string_view(text, size)); }
  bool StartObject() { return into_.start_object(0); }
  bool EndObject(Size) { return into_.end_object(); }
  bool StartArray() { return into_.start_array(0); }
  bool EndArray(Size) { return into_.end_array(); }
  bool RawNumber(const char* text, Size size, bool) {  // as nlohmann: an integer where it fits 64 bits, else a double
    const std::string_view digits(text, size);
    if (digits.find_first_of(".eE") == digits.npos) {
      std::int64_t negative = 0;
      std::uint64_t natural = 0;
      if (digits[0] == '-' ? whole(digits, negative) : whole(digits, natural))
        return digits[0] == '-' ? into_.number_integer(negative) : into_.number_unsigned(natural);
    }
    double real = 0;
    return whole(digits, real) && into_.number_float(real, {});
  }

 private:
  template <class Number>
  static bool whole(std::string_view digits, Number& into) {
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), into);
    return fault == std::errc() && end == digits.data() + digits.size();
  }

  Into& into_;
};

// text: UTF-8, checked before. It is used up: strings are decoded where they stand, and what `into` is given are views of it.
template <class Into>
bool read_json(std::string& text, Into& into) {
  if (text.find('\0') != text.npos || text.size() >= std::numeric_limits<rapidjson::SizeType>::max()) return false;
  // RapidJSON takes a low surrogate that stands alone; whoever escapes characters beyond U+FFFF waits for nlohmann.
  for (auto at = text.find('\\'); at != text.npos; at = text.find('\\', at + 2))
    if (text.size() - at > 2 && text[at + 1] == 'u' && (text[at + 2] | 0x20) == 'd') return false;
  rapidjson::InsituStringStream stream(text.data());
  rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>> reader;
  JsonEvents<Into> events(into);
  constexpr unsigned kFlags = rapidjson::kParseInsituFlag | rapidjson::kParseNumbersAsStringsFlag;
  return !reader.template Parse<kFlags>(stream, events).IsError();
}

}  // namespace huren
