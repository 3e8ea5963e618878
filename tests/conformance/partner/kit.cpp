#include "tests/conformance/partner/kit.hpp"

namespace huren::test {

Receipt Kit::deliver(const std::string& id, std::uint32_t deadline_ms) {
  const auto body = message(id);
  return adapter().deliver(
      "b", {.id = id, .type = "ADT^A08", .content_type = "application/hl7-v2; charset=utf-8", .body = body}, deadline_ms);
}

const std::vector<KitMaker>& kits() {
  static const std::vector<KitMaker> all{mllp_kit(), loopback_kit()};
  return all;
}

}  // namespace huren::test
