#include "core/mapping/header.hpp"

#include "core/hl7/charset.hpp"
#include "core/mapping/words.hpp"

namespace huren::mapping {

void put_msh(hl7::Writer& w, std::string_view type, std::string_view trigger, std::string_view structure, const Envelope& envelope) {
  hl7::Header h;
  h.sending_app = h.receiving_app = "HUREN";
  h.sending_facility = envelope.sender;
  h.receiving_facility = envelope.receiver;
  h.time = to_hl7_time(envelope.at);
  h.type = type;
  h.trigger = trigger;
  h.structure = structure;
  h.control_id = envelope.control_id;
  if (envelope.enhanced) h.accept_ack = h.application_ack = "AL";
  h.charset = std::string(hl7::msh18_label(envelope.charset));
  h.profile = std::string(kProfile);
  w.msh(h);
}

}  // namespace huren::mapping
