// The characters that split a message, as MSH-1 and MSH-2 declare them.
#pragma once

namespace huren::hl7 {

struct Delimiters {  // '\0': MSH-2 leaves it out, so that level does not exist (v2.5.1 §2.5.4)
  char field = '|';
  char component = '^';
  char repetition = '~';
  char escape = '\\';
  char subcomponent = '&';
  char truncation = '\0';  // since 2.7
  friend bool operator==(const Delimiters&, const Delimiters&) = default;
};

}  // namespace huren::hl7
