// A message as JSON: every value that is there, under its path ("OBX[2]-5[1].1.2"), in the order of the message.
// Promises: each path read with Message::at gives the value shown. Refuses: MSH-1 as a value (it is the separator itself).
#pragma once
#include <nlohmann/json.hpp>

#include "core/hl7/message.hpp"

namespace huren::hl7 {

nlohmann::ordered_json tree(const Message& message);
nlohmann::ordered_json to_json(const Finding& finding, Language language);

}  // namespace huren::hl7
