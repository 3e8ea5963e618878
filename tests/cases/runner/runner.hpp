// Cases as text: every case of a room's *.case files becomes one Catch2 test named "room/file: name".
// A file:
//     # a remark, only between cases
//     ## second bytes that look like delimiters do not split
//     read                       <- the verb, registered by the room's verbs.cpp
//     charset: GBK               <- options, as many as wanted
//     --- in                     <- sections: text up to the next line that begins with --- or ##
//     MSH|^~\&|...
//     --- out
//     PID-5.2 = 珅
// The verb gets the case and gives text back; the test compares it with section "out".
// Promises: a file that does not parse, a verb that nobody registered and two cases of one name are failing tests.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace huren::cases {

struct Case {
  std::string file;  // "escape.case"
  int line = 0;
  std::string name, verb;
  std::map<std::string, std::string> options;
  std::map<std::string, std::string> sections;  // without the last line end
  [[nodiscard]] std::string option(const std::string& key, std::string otherwise = {}) const;
  [[nodiscard]] std::string section(const std::string& key) const;  // empty when absent
};

using Verb = std::function<std::string(const Case&)>;

// One of these, static, in a room's verbs.cpp: static const Room room("hl7", HUREN_SOURCE_DIR "/tests/cases/hl7", {...});
class Room {
 public:
  Room(std::string name, const std::string& folder, std::map<std::string, Verb> verbs);
};

// <0D> and other bytes in angle brackets (two capital hex digits) to the bytes they stand for, and back: control
// characters and what is not UTF-8 are shown that way; a line end becomes <0A> only where keep_lines is false.
std::string bytes(std::string_view text);
std::string shown(std::string_view bytes, bool keep_lines = true);

std::vector<Case> parse_cases(std::string_view text, const std::string& file, std::string& fault);

}  // namespace huren::cases
