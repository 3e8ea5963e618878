// CDS Hooks 2.0 and FHIR R4 as far as a hook needs them ↔ huren's queries and events: JSON in, JSON out, nothing else.
// Promises: every fault with its JSON pointer and the HTTP status it deserves; a card keeps its uuid, so that feedback finds
//   it; nothing is suggested that deletes an order which the earlier results do not cover whole.
// Refuses: users who are no practitioners; guessing a patient, an encounter or a code that the request does not name.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.hpp"

namespace huren::his_cds_hooks {

struct Fault { int status = 400; std::vector<Error> errors; };
std::string faults_json(const Fault& fault);  // {"errors":[{where, id, zh, en}]}

std::string discovery(Language language);
bool known_service(std::string_view id);

// What a hook asks of the engine. orders: order id → reference of its draft ("ServiceRequest/17").
struct Asked { std::string topic, request; std::map<std::string, std::string> orders; };
// now_ms: how far patient-view looks back is counted from it. An Asked without topic has nothing to ask: the answer is quiet.
std::variant<Asked, Fault> read_hook(std::string_view service, std::string_view body, std::int64_t now_ms);

std::string quiet();                                                                       // {"cards":[]}
std::string order_cards(const Asked& asked, const std::string& answer, Language language);  // of order.check/1
std::string view_cards(const std::string& answer, Language language);                      // of results.list/1

// One entry of a feedback body.
struct Feedback {
  std::string where;       // "/feedback/0"
  std::string card, suggestion;  // suggestion: of accepted
  bool accepted = false;
  std::string reason, comment, at;
};
std::string card_request(const std::string& card);  // suggestion.open/1 for a card
std::variant<std::vector<Feedback>, Fault> read_feedback(std::string_view body);
// The event that an entry becomes, from what the engine knows of its card (suggestion.open/1); topic empty: none is due.
struct Decision { std::string type, key, event; };
std::variant<Decision, Fault> decision_of(const Feedback& entry, const std::string& suggestion);

}  // namespace huren::his_cds_hooks
