#include "tests/conformance/partner/kit.hpp"

#include "adapters/partner/https/entry.hpp"
#include "adapters/partner/mllp/entry.hpp"
#include "tests/support/transport/scripted_peer.hpp"

namespace huren::test {

Receipt Kit::deliver(const std::string& id, std::uint32_t deadline_ms) {
  const auto body = message(id);
  return adapter().deliver(
      "b", {.id = id, .type = "ADT^A08", .content_type = "application/hl7-v2; charset=utf-8", .body = body},
      deadline_ms);
}

const std::vector<KitMaker>& kits() {
  static const std::vector<KitMaker> all{mllp_kit(), https_kit(), loopback_kit()};
  return all;
}

const std::vector<Transport>& transports() {
  static const std::vector<Transport> all{{"partner.mllp", partner_mllp_entry(),
                                           [](Session& s) {
                                             while (const auto got = s.message())
                                               s.frame(ack("AA", control_id_of(*got)));
                                           },
                                           "listen"},
                                          {"partner.https", partner_https_entry(),
                                           [](Session& s) {
                                             while (const auto got = s.request())
                                               s.respond("200 OK", "application/hl7-v2",
                                                         ack("AA", control_id_of(*got)));
                                           },
                                           "https_listen"}};
  return all;
}

}  // namespace huren::test
