// HL7 v2 escapes both ways (v2.5.1 §2.7): \F\ \S\ \T\ \R\ \E\ \P\ \Xhh..\ and the formatting commands of FT text.
// Promises: what it cannot read (unterminated, odd, bad hex) stays verbatim and is counted; nothing is dropped or guessed;
//   unescape(escape(t)) == t for every UTF-8 text t.
// Refuses: turning \C..\ \M..\ (other character sets) or \Z..\ (local) into anything: they pass through.
#pragma once
#include <array>
#include <string>
#include <string_view>

#include "core/hl7/delimiters.hpp"

namespace huren::hl7 {

enum class Formatting {
  keep,   // \.br\ \H\ \N\ \C..\ \M..\ \Z..\ stay as written
  plain,  // as a screen shows it: \.br\ \.sp\ \.ce\ become line ends, \.skN\ blanks, \H\ \N\ and indents vanish
};

// Appends the decoded text; returns how many escapes were malformed and kept verbatim.
int append_unescaped(std::string& out, std::string_view raw, const Delimiters& d, Formatting formatting = Formatting::keep);
std::string unescape(std::string_view raw, const Delimiters& d, Formatting formatting = Formatting::keep);

// Escapes delimiters, the escape character and control characters (CR as \X0D\).
void append_escaped(std::string& out, std::string_view text, const Delimiters& d);
std::string escape(std::string_view text, const Delimiters& d = {});
// The same for text that already carries formatting commands (FT): well-formed \.xx\ \H\ \N\ \C..\ \M..\ \Z..\ stay.
void append_escaped_formatted(std::string& out, std::string_view text, const Delimiters& d);
std::string escape_formatted(std::string_view text, const Delimiters& d = {});

// Which bytes escape() changes: the delimiters and control characters.
std::array<bool, 256> special_characters(const Delimiters& d);

}  // namespace huren::hl7
