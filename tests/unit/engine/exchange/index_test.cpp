// Index: a partner learns that a result exists and when it was taken, nothing else; a doctor has it fetched.
#include "engine/exchange/index.hpp"

#include <regex>

#include "pair.hpp"

using namespace huren;
using namespace huren::test;

static Json open_request(const Json& report_id) {
  return {{"report_id", report_id}, {"patient_id", "P1"}, {"encounter_id", "E1"}, {"doctor", Hospital::doctor()}, {"want", Json::array({"data"})}};
}

TEST_CASE("index: item and time travel under a keyed token, no value, name or number - the doctor sees that it exists, advisory at most") {
  Pair p("index");
  p.open().known();
  p.b.encounter();
  p.a.submit("lab.report.released/1", Hospital::report("report-1"));  // in letters that no control id has
  REQUIRE(p.a.eventually([&] { return !Pair::listed(p.b)["elsewhere"].empty(); }));
  REQUIRE(p.said_by_a().size() >= 1);
  static const std::regex time("20[0-9]{12}(\\.[0-9]+)?");  // 19:49 is no year of birth
  for (const auto& said : p.said_by_a())
    for (const auto bytes = std::regex_replace(said, time, ""); const char* secret : {"5.42", "mmol", "report-1", Hospital::kRid, "陈东珅", "19491231", "1949"}) CHECK(bytes.find(secret) == std::string::npos);

  const auto listed = Pair::listed(p.b);
  CHECK(listed["results"].empty());
  REQUIRE(listed["elsewhere"].size() == 1);
  const auto& entry = listed["elsewhere"][0];
  CHECK(entry["item"]["code"] == "GLU");
  CHECK(entry["origin"]["code"] == "HB-COUNTY-01");
  CHECK(entry["collected_at"].get<std::string>().starts_with("2026-11-22T07:00"));
  const auto cards = p.b.must_ask("order.check/1", Pair::order())["cards"];
  REQUIRE(cards.size() == 1);
  CHECK(cards[0]["extension"]["huren"]["outcome"] == "advisory");
  CHECK(cards.dump().find("agreement.index_only") != std::string::npos);
}

TEST_CASE("index: opening an entry fetches the report, the fetch is on record at both ends, and then it counts in full") {
  Pair p("index");
  p.open().known();
  p.b.encounter();
  p.a.submit("lab.report.released/1", Hospital::report("R1"));
  REQUIRE(p.a.eventually([&] { return !Pair::listed(p.b)["elsewhere"].empty(); }));
  const auto id = Pair::listed(p.b)["elsewhere"][0]["report_id"];
  const auto opened = p.b.must_ask("result.open/1", open_request(id));  // waits for it by its own deadline
  CHECK(opened["report"]["observations"][0]["value"] == "5.42");
  CHECK(Pair::log_of(p.b).find("exchange.fetch_asked") != std::string::npos);
  CHECK(Pair::log_of(p.b).find("D1") != std::string::npos);
  CHECK(Pair::log_of(p.a).find("exchange.answered") != std::string::npos);
  CHECK(Pair::count(p.a, "SELECT count(*) FROM disclosure WHERE how='pull' AND partner='other'") == 1);
  CHECK(Pair::count(p.a, "SELECT count(*) FROM audit WHERE event='report.disclosed' AND who='partner:other'") == 1);
  CHECK(p.b.eventually([&] { return Pair::count(p.b, "SELECT count(*) FROM audit WHERE event='report.fetched' AND who='doctor:D1' AND outcome='answered'") == 1; }));
  const auto listed = Pair::listed(p.b);
  CHECK(listed["results"].size() == 1);
  CHECK_FALSE(listed.contains("elsewhere"));
  CHECK(p.b.must_ask("order.check/1", Pair::order())["cards"][0]["extension"]["huren"]["outcome"] == "recognised");
  CHECK(p.b.must_ask("result.open/1", open_request(id))["report"]["number"] == "R1");  // the entry still leads there

  p.a.submit("lab.report.amended/1", Hospital::report("R1", "7.90", 2));  // it went out once: the correction follows whole
  REQUIRE(p.a.eventually([&] { return p.b.list().at(0)["version"] == 2; }));
  CHECK_FALSE(Pair::listed(p.b).contains("elsewhere"));
}

TEST_CASE("index: with the partner away the doctor is told to go on, and the result comes by itself later") {
  Pair p("index");
  p.open().known();
  p.b.encounter();
  p.a.submit("lab.report.released/1", Hospital::report("R1"));
  REQUIRE(p.a.eventually([&] { return !Pair::listed(p.b)["elsewhere"].empty(); }));
  const auto id = Pair::listed(p.b)["elsewhere"][0]["report_id"];
  p.cut = true;
  const auto answer = p.b.link().query("result.open/1", open_request(id).dump(), 600);
  CHECK(answer.status == HUREN_NO_ANSWER);
  CHECK(answer.error.id == "exchange.being_fetched");
  p.cut = false;
  p.b.clock->advance(std::chrono::minutes(1));
  CHECK(p.a.eventually([&] { return p.b.list().size() == 1; }));
  CHECK(p.b.notice_of("result.received/1")["body"]["report_number"] == "R1");
}

TEST_CASE("index: another patient's entry cannot be opened, and the answer is that of nothing at all") {
  Pair p("index");
  p.open().known();
  p.b.encounter();
  p.b.registers("P2", "1980-01-01", "34052419800101001X");
  p.b.encounter("P2", "E2");
  p.a.submit("lab.report.released/1", Hospital::report("R1"));
  REQUIRE(p.a.eventually([&] { return !Pair::listed(p.b)["elsewhere"].empty(); }));
  auto theirs = open_request(Pair::listed(p.b)["elsewhere"][0]["report_id"]);
  theirs["patient_id"] = "P2";
  theirs["encounter_id"] = "E2";
  auto none = theirs;
  none["report_id"] = "index:other:00000000000000000000000000000000";
  CHECK(line(p.b.ask("result.open/1", theirs).error) == line(p.b.ask("result.open/1", none).error));
  CHECK(Pair::count(p.b, "SELECT count(*) FROM fetch") == 0);
}

TEST_CASE("I5: of an index entry the newest version stands, whatever the order - a withdrawn report leaves it") {
  Pair p("index");
  p.open().known();
  p.b.encounter();
  p.a.submit("lab.report.released/1", Hospital::report("R1"));
  REQUIRE(p.a.eventually([&] { return !Pair::listed(p.b)["elsewhere"].empty(); }));
  const auto first = p.said_by_a().at(0);
  p.a.submit("lab.report.withdrawn/1", {{"number", "R1"}, {"reason", "标本错误"}, {"at", "2026-11-22T09:00:00+08:00"}});
  REQUIRE(p.a.eventually([&] { return !Pair::listed(p.b).contains("elsewhere"); }));
  auto late = first;  // the first version once more, as a new message
  const auto id = late.find("ZIX_Z11|") + 8;
  late.replace(id, 4, "LATE");
  CHECK(p.b.receive(late).body.find("MSA|AA") != std::string::npos);
  p.b.settle();
  CHECK_FALSE(Pair::listed(p.b).contains("elsewhere"));
}

TEST_CASE("index: entries of another key fit nobody, faulty ones are refused at their field") {
  Pair p("index");
  p.a.write("alliance.key", "another key of the right length ....\n");
  p.open().known();
  p.b.encounter();
  p.a.submit("lab.report.released/1", Hospital::report("R1"));
  REQUIRE(p.a.eventually([&] { return !p.said_by_a().empty(); }));
  p.b.settle();
  CHECK_FALSE(Pair::listed(p.b).contains("elsewhere"));
  auto bytes = p.said_by_a().at(0);
  bytes.replace(bytes.find("ZIX|") + 4, 4, "zzzz");
  CHECK(p.b.receive(bytes).body.find("exchange.index_entry") != std::string::npos);
}

TEST_CASE("the alliance's key must be there, long enough and nobody else's to read") {
  Pair p("index");
  p.a.write("alliance.key", "short");
  CHECK(p.a.try_open().error().id == "exchange.key_unreadable");
  p.a.write("alliance.key", "0123456789abcdef0123456789abcdef");
  std::filesystem::permissions(p.a.folder() + "/alliance.key", std::filesystem::perms::all);
  CHECK(p.a.try_open().error().id == "exchange.key_open");
  p.a.config.exchange.key_file = "nowhere.key";
  CHECK(p.a.try_open().error().id == "exchange.key_unreadable");
}

TEST_CASE("tokens differ by person and by key and say nothing of either") {
  model::Patient person;
  person.birth_date = {1949, 12, 31};
  person.identifiers = {{"resident_id", Hospital::kRid, ""}};
  const std::string key(32, 'k');
  const auto token = engine::exchange::tokens_of(key, person);
  REQUIRE(token.size() == 1);
  CHECK(token[0].size() == 64);
  CHECK(token == engine::exchange::tokens_of(key, person));
  CHECK(token != engine::exchange::tokens_of(std::string(32, 'l'), person));
  person.birth_date.day = 30;
  CHECK(token != engine::exchange::tokens_of(key, person));
  CHECK(engine::exchange::tokens_of("", person).empty());
  CHECK(engine::exchange::handle_of(key, "A", "B/C") != engine::exchange::handle_of(key, "A/B", "C"));
}
