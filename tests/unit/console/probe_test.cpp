// The way to a partner: what is ours is judged before the partner is asked.
#include <catch2/catch.hpp>

#include "console/probe.hpp"
#include "core/base/time.hpp"
#include "engine/clock.hpp"
#include "tests/support/transport/certificates.hpp"

using namespace huren;
using test::Certificates;

namespace {

// The step that failed, its fault, and how many were not reached.
std::string walked(const std::string& name, std::int64_t now_ms, bool tls = true) {
  const auto& c = Certificates::all();
  const auto found = console::probe({.address = "127.0.0.1:1", .server_name = "", .fingerprint = "", .certificate = c.file(name + ".pem"), .private_key = c.file(name + ".key"),
                                     .trust = c.file("ca.pem"), .tls = tls, .timeout_ms = 1000, .now_ms = now_ms});
  std::string out;
  int left = 0;
  for (const auto& s : found["steps"]) {
    if (s["state"] == "failed") out += s["step"].get<std::string>() + " " + s["error"]["id"].get<std::string>() + " ";
    if (s["state"] == "not_reached") ++left;
  }
  return out + std::to_string(left);
}

}  // namespace

TEST_CASE("probe: a certificate of ours that is over or not yet valid is told before anything is dialled") {
  static_cast<void>(Certificates::all());  // made before the clock is read
  const auto now = engine::Clock().now_ms();
  constexpr std::int64_t kYearMs = 365 * 86'400'000LL;
  CHECK(walked("old", now) == "our_certificate probe.own_expired 5");
  CHECK(walked("hospital_a", now - kYearMs) == "our_certificate probe.own_not_yet_valid 5");
  CHECK(walked("hospital_a", now) == "connect probe.refused 4");
  CHECK(walked("old", now, false) == "connect probe.refused 0");  // no TLS: not shown to anybody
}

TEST_CASE("probe: the words name the file of ours, the day and the cure") {
  const auto& c = Certificates::all();
  const auto now = engine::Clock().now_ms();
  const auto fault = console::certificate_fault(c.file("old.pem"), "listener.certificate", now);
  REQUIRE(fault);
  const auto over = to_iso_time(from_epoch_ms(console::describe_certificate(c.file("old.pem")).not_after_ms, 480)).substr(0, 10);
  CHECK(fault->where == "listener.certificate");
  CHECK(text(*fault, Language::en).find(c.file("old.pem") + " ended on " + over) != std::string::npos);
  CHECK(text(*fault, Language::zh).find(c.file("old.pem") + " 已于 " + over + " 到期") != std::string::npos);
  CHECK_FALSE(console::certificate_fault(c.file("hospital_a.pem"), "listener.certificate", now));
  CHECK_FALSE(console::certificate_fault(c.file("ca.key"), "listener.certificate", now));  // not readable: told by others
}
