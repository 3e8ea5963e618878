#include "core/hl7/path.hpp"

#include <catch2/catch.hpp>

using namespace huren::hl7;

TEST_CASE("paths parse and print as they were written") {
  for (const auto* text : {"PID", "OBX[3]", "PID-5", "OBX[3]-5[1].1.2", "ZX1-3[2]", "MSH-9.3"}) {
    const auto p = parse_path(text);
    REQUIRE(p);
    CHECK(to_string(*p) == text);
  }
  CHECK(to_string(*parse_path("OBX.5.1")) == "OBX-5.1");
}

TEST_CASE("what is no path is refused") {
  for (const auto* text : {"", "PI", "pid-3", "PIDX-3", "PID-", "PID-0", "PID[0]-3", "PID-3[", "PID-3[1", "PID-3.", "PID-3.1.2.4",
                           "PID-3x", "PID-9999999", "-3", "1PD-3"}) {
    INFO(text);
    CHECK_FALSE(parse_path(text));
  }
}
