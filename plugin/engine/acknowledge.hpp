// Both modes of HL7's acknowledging (v2.5.1 §2.9): what goes back for a message, and what an acknowledgement that comes as
// a message of its own settles.
// Promises: MSH-15 and MSH-16 are honoured; an application acknowledgement travels as an outbox row and so survives a
//   crash; it settles its message in the transaction that stores it (I9). Refuses: answering a commit acknowledgement, or
//   an application acknowledgement with anything but the commit that it asks for.
#pragma once
#include <string>

#include "core/hl7/ack.hpp"
#include "engine/context.hpp"

namespace huren::engine {

struct Answer {
  std::string now;          // at once; empty: none is wanted
  bool owed = false;        // enhanced mode and taken: an application acknowledgement follows where MSH-16 wants it
  hl7::AckCode verdict{};   // AA AE AR, or CE CR when the message was not even taken
};
// taken: the header was good enough to take the message in, whatever its content.
Answer answer_to(const Context& context, const hl7::Header& of, hl7::AckCode verdict, bool taken, const Findings& findings);
// The bytes of the application acknowledgement where MSH-16 wants it, else empty.
std::string application_ack(const Context& context, const hl7::Header& of, hl7::AckCode verdict, const Findings& findings, bool own_message);
// The same as a message to that partner.
Result<void> send_application_ack(store::Unit& unit, const Context& context, const std::string& partner, const hl7::Header& of,
                                  hl7::AckCode verdict, const Findings& findings);

// The reply is a CA where the acknowledgement asks for it and is of a message that we sent, else empty.
Reply take_ack(const Context& context, const huren::Inbound& in, const hl7::Message& message);

}  // namespace huren::engine
