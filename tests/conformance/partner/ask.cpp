// Every partner adapter: a question gets the reply that names it, over the same connection, or an outcome that says why not.
#include <catch2/catch.hpp>

#include "tests/conformance/partner/kit.hpp"

using namespace huren;
using namespace huren::test;

static Replied ask(Kit& kit, const std::string& id, std::uint32_t deadline_ms = 10'000) {
  const auto body = message(id);
  return kit.adapter().ask("b", {.id = id, .type = "QBP^Q11", .content_type = "application/hl7-v2", .body = body}, deadline_ms);
}

TEST_CASE("a question's reply comes back whole, whatever came before it, and refusals are told with theirs") {
  for (const auto& maker : kits()) {
    for (const auto behave : {Behave::AA, Behave::AE, Behave::AR, Behave::foreign_then_own, Behave::drip}) {
      if (maker.quirks.cannot.contains(behave)) continue;
      INFO(maker.quirks.name << " " << static_cast<int>(behave));
      auto kit = maker.make({behave});
      const auto replied = ask(*kit, "Q001");
      CHECK(replied.body.find("MSA|") != std::string::npos);
      CHECK(replied.body.find("Q001") != std::string::npos);
      CHECK((behave == Behave::AA || behave == Behave::drip || behave == Behave::foreign_then_own) == (replied.receipt.outcome == Outcome::delivered));
    }
  }
}

TEST_CASE("no reply in time, half a reply, or only others' replies: no body, and the reason in words") {
  for (const auto& maker : kits()) {
    for (const auto behave : {Behave::never, Behave::half_then_close, Behave::foreign_only, Behave::unreadable, Behave::close_after_message}) {
      if (maker.quirks.cannot.contains(behave)) continue;
      INFO(maker.quirks.name << " " << static_cast<int>(behave));
      auto kit = maker.make({behave});
      const auto replied = ask(*kit, "Q001", 400);
      CHECK(replied.body.empty());
      CHECK(catalogue_entry(replied.receipt.remark.id));
      CHECK(replied.receipt.remark.where == "partner.b");
    }
  }
}

TEST_CASE("questions and deliveries share connections") {
  for (const auto& maker : kits()) {
    INFO(maker.quirks.name);
    auto kit = maker.make(std::vector<Behave>(6, Behave::AA));
    for (int i = 0; i < 3; ++i) {
      CHECK(ask(*kit, "Q" + std::to_string(i)).receipt.outcome == Outcome::delivered);
      CHECK(kit->deliver("D" + std::to_string(i)).outcome == Outcome::delivered);
    }
    CHECK(kit->connections() <= 1);
    CHECK(kit->adapter().ask("nobody", {.id = "1", .type = "", .content_type = "", .body = "x"}, 1'000).receipt.remark.id == "transport.no_partner");
  }
}
