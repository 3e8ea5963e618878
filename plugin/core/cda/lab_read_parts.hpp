// The small things that every part of a lab report is read with: a data element's value, its code, its status, its remark.
// Promises: what is not understood is kept by the walk, never dropped; a value once read is not overwritten by another.
// Refuses: knowing which report or item it reads for. Internal to core/cda.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/cda/xml_in.hpp"
#include "core/model/lab_report.hpp"

namespace huren::cda {

model::Status status_of_act(const Attributes& a);           // ActStatus of a statusCode
std::string_view data_element(Node observation);  // "DE04.30.019.00"; empty when its code is none
std::string value_text(Walk& w, Node v);          // text, else display name, value or code
bool put_once(std::string& into, std::string value);        // false: another value stands there already
// LOINC 33999-4 with a result status of table 0123/0085; false: something else.
bool exact_status(Walk& w, Node observation, model::Status& into);
// The act that says why a document was amended; false: one was read already.
bool read_reason(Walk& w, Node act, std::string& reason);
// LOINC 48767-8; false: no comment.
bool read_comment(Walk& w, Node act, std::vector<std::string>& notes);

// code and one value; anything else in it is kept.
inline bool plainly_done(Node status) {  // a statusCode that changes nothing
  const auto code = attributes(status).code;
  return code.empty() || code == "completed";
}
template <class Fn>
bool each_value(Walk& w, Node o, Fn&& fn) {
  bool fine = true;
  w.each(o, [&](Node c) {
    if (is(c, "code")) return w.label(c);
    if (is(c, "statusCode")) return plainly_done(c);
    if (!is(c, "value")) return false;
    fine = fn(value_text(w, c)) && fine;
    return true;
  });
  return fine;
}

}  // namespace huren::cda
