// What doctors were shown, the records of their checks, and the audit: kept once, whole, and in order.
#include "subject.hpp"

using namespace huren;
using namespace huren::store;
using huren::test::good;

namespace {

using Ids = std::vector<std::string>;

template <class Row>
Ids ids(const std::vector<Row>& rows) {
  Ids out;
  for (const auto& r : rows) out.push_back(r.id);
  return out;
}

}  // namespace

TEST_CASE("a card is noted once a doctor, and is found by its own uuid and by that of its suggestion") {
  FOR_EACH_STORE(o) {
    SuggestionRow first{.id = "c1", .doctor_id = "D1", .accepting = "s1", .patient_id = "p1", .department = "内科", .order_item = "GLU01", .item = "GLU",
                        .outcome = "recognised", .partner = "city", .check = 7, .shown_ms = 100};
    auto again = first, other = first, informs = first;
    again.shown_ms = 150;
    other.doctor_id = "D2";
    other.shown_ms = 90;
    informs.id = "c2";
    informs.accepting = "";
    informs.shown_ms = 300;
    o.write([&](Unit& u) -> Result<void> {
      for (const auto& row : {first, again, other, informs})
        if (auto done = u.put_suggestion(row); !done) return done;
      return {};
    });
    o.read([&](Reader& r) {
      CHECK(good(r.shown_to("p1", "D1")) == Ids{"c1", "c2"});
      CHECK(good(r.shown_to("p1", "D2")) == Ids{"c1"});
      CHECK(good(r.shown_to("p1", "D3")).empty());
      CHECK(good(r.shown_to("p2", "D1")).empty());
      const auto one = good(r.showings("c1"))[1];
      CHECK(one.doctor_id == "D1");
      CHECK(one.shown_ms == 100);
      CHECK(one.check == 7);
      CHECK(one.partner == "city");
      CHECK(one.department == "内科");
      REQUIRE(good(r.showings("c1")).size() == 2);
      CHECK(good(r.showings("s1"))[0].doctor_id == "D2");
      CHECK(good(r.showings("")).empty());
      CHECK(ids(good(r.suggestions(95, 301))) == Ids{"c1", "c2"});
    });
  }
}

TEST_CASE("a check record comes back byte by byte - what it rests on is kept once - old ones leave and showings stay") {
  FOR_EACH_STORE(o) {
    const std::string bytes("a\0\xFF", 3);
    std::int64_t seq = 0;
    o.write([&](Unit& u) -> Result<void> {
      seq = good(u.put_check_record({.seq = 0, .at_ms = 10, .patient_id = "p1", .doctor_id = "D1", .codes = "v1", .setting = "s", .basis = bytes, .answer = bytes}));
      good(u.put_check_record({.seq = 0, .at_ms = 20, .patient_id = "p1", .doctor_id = "D1", .codes = "v1", .setting = "s", .basis = "", .answer = ""}));
      if (auto d = u.put_suggestion({.id = "c1", .doctor_id = "D1", .accepting = "", .patient_id = "", .department = "", .order_item = "", .item = "", .outcome = "", .partner = "", .check = seq, .shown_ms = 10}); !d) return d;
      if (auto d = u.keep("codes", "v1", bytes); !d) return d;
      return u.keep("codes", "v1", "another");
    });
    o.read([&](Reader& r) {
      const auto record = good(r.check_record(seq));
      REQUIRE(record);
      CHECK(record->basis == bytes);
      CHECK(record->answer == bytes);
      CHECK(record->codes == "v1");
      CHECK(good(r.kept("codes", "v1")) == bytes);
      CHECK_FALSE(good(r.kept("codes", "v2")));
      CHECK_FALSE(good(r.kept("setting", "v1")));
    });
    CHECK(good(o.store().prune_checks(15, 10)));
    o.read([&](Reader& r) {
      CHECK_FALSE(good(r.check_record(seq)));
      CHECK(good(r.check_record(seq + 1)));
      CHECK(good(r.shown_to("", "D1")) == Ids{"c1"});
    });
  }
}

TEST_CASE("audit rows are taken in their order alone, and come back whole") {
  FOR_EACH_STORE(o) {
    const auto link = [](std::int64_t seq) {
      return AuditRow{.seq = seq, .at_ms = 5, .event = "e", .who = "w", .object = "o", .outcome = "y", .fields = "{}", .hash = std::string(32, '\xFE')};
    };
    o.read([](Reader& r) { CHECK_FALSE(good(r.audit_head())); });
    o.write([&](Unit& u) -> Result<void> {
      if (auto d = u.put_audit(link(1)); !d) return d;
      CHECK(u.put_audit(link(1)).error().id == "store.audit_order");
      CHECK(u.put_audit(link(3)).error().id == "store.audit_order");
      return u.put_audit(link(2));
    });
    o.read([](Reader& r) {
      const auto all = good(r.audit(0, 10));
      REQUIRE(all.size() == 2);
      CHECK(all[1].seq == 2);
      CHECK(all[1].hash == std::string(32, '\xFE'));
      CHECK(good(r.audit(1, 10)).size() == 1);
      CHECK(good(r.audit(0, 1)).size() == 1);
      CHECK(good(r.audit_head())->seq == 2);
    });
  }
}
