// What operators and Prometheus see: complete, in the strict text format 0.0.4, and without a patient.
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/StreamCopier.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "tests/support/hospital.hpp"

using namespace huren;
using namespace huren::test;

namespace {

std::string free_address() {
  Poco::Net::ServerSocket socket;
  socket.bind(Poco::Net::SocketAddress("127.0.0.1", 0));
  return "127.0.0.1:" + std::to_string(socket.address().port());
}

struct Got { int status = 0; std::string type, body; };

Got get(const std::string& address, const std::string& path, const std::string& method = "GET") {
  Poco::Net::HTTPClientSession session{Poco::Net::SocketAddress(address)};
  Poco::Net::HTTPRequest request(method, path, "HTTP/1.1");
  session.sendRequest(request);
  Poco::Net::HTTPResponse response;
  std::ostringstream body;
  Poco::StreamCopier::copyStream(session.receiveResponse(response), body);
  return {response.getStatus(), response.getContentType(), body.str()};
}

// The format's rules, each broken one as a line. values: "name{labels}" → value.
std::vector<std::string> faults(const std::string& text, std::map<std::string, double>& values) {
  static const std::regex help(R"(# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) .+)"), type(R"(# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram))");
  static const std::regex sample(R"re(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\.)*"(?:,[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\.)*")*\})? ([-+0-9.eE]+|\+Inf|NaN))re");
  std::vector<std::string> out;
  std::map<std::string, std::string> types;
  std::set<std::string> helped;
  std::string current;
  if (text.empty() || text.back() != '\n') out.emplace_back("does not end with a line end");
  std::istringstream lines(text);
  for (std::string l; std::getline(lines, l);) {
    std::smatch m;
    if (std::regex_match(l, m, help)) {
      if (!helped.insert(m[1]).second) out.push_back("HELP twice: " + l);
    } else if (std::regex_match(l, m, type)) {
      if (!types.emplace(m[1], m[2]).second) out.push_back("TYPE twice: " + l);
      current = m[1];
      if (!helped.count(current)) out.push_back("TYPE without HELP: " + l);
      if ((m[2] == "counter") != current.ends_with("_total")) out.push_back("only counters are named _total: " + l);
      if (!current.starts_with("huren_")) out.push_back("a foreign name: " + l);
    } else if (std::regex_match(l, m, sample)) {
      const std::string name = m[1];
      const bool belongs = name == current || (types[current] == "histogram" && (name == current + "_bucket" || name == current + "_sum" || name == current + "_count"));
      if (!belongs) out.push_back("a sample outside its family: " + l);
      if (!values.emplace(name + m[2].str(), m[3] == "+Inf" ? INFINITY : std::stod(m[3])).second) out.push_back("a series twice: " + l);
    } else {
      out.push_back("no line of the format: " + l);
    }
  }
  // Buckets rise, and the last one is the count.
  std::map<std::string, double> last;
  std::istringstream again(text);
  static const std::regex bucket(R"re((\w+)_bucket\{(.*?),?le="([^"]+)"\} (\S+))re");
  for (std::string l; std::getline(again, l);) {
    std::smatch m;
    if (!std::regex_match(l, m, bucket)) continue;
    const auto key = m[1].str() + "|" + m[2].str();
    const auto value = std::stod(m[4]);
    if (value < last[key]) out.push_back("a bucket falls: " + l);
    last[key] = value;
    if (m[3] == "+Inf" && values[m[1].str() + "_count" + (m[2].length() ? "{" + m[2].str() + "}" : "")] != value) out.push_back("+Inf is not the count: " + l);
  }
  return out;
}

// Names and labels of the figures: as the catalogue has them, and as they stand in a text of the format.
using Names = std::map<std::string, std::set<std::string>>;

Names catalogue() {
  std::ifstream file(HUREN_SOURCE_DIR "/schemas/catalog/metrics.csv");
  Names out;
  std::string l;
  std::getline(file, l);  // its head
  while (std::getline(file, l)) {
    std::istringstream cells(l);
    std::string name, health, labels, label;
    std::getline(std::getline(std::getline(cells, name, ','), health, ','), labels, ',');
    auto& place = out[name];
    for (std::istringstream words(labels); words >> label;) place.insert(label);
  }
  return out;
}

Names shown(const std::map<std::string, double>& values) {
  static const std::regex part("_(bucket|sum|count)$"), label(R"re(([a-z_]+)=")re");
  Names out;
  for (const auto& [series, value] : values) {
    const auto brace = std::min(series.find('{'), series.size());
    auto& place = out[std::regex_replace(series.substr(0, brace), part, "")];
    for (std::sregex_iterator at(series.begin() + static_cast<std::ptrdiff_t>(brace), series.end(), label), end; at != end; ++at)
      if ((*at)[1] != "le") place.insert((*at)[1]);
  }
  return out;
}

// Long enough that no id, time or figure holds one of them by chance.
constexpr const char *kPatient = "PATIENT-OF-OURS", *kVisit = "VISIT-OF-OURS", *kDoctor = "DOCTOR-OF-OURS", *kFirst = "FIRST-REPORT", *kSecond = "SECOND-REPORT",
                     *kTheirs = "PARTNERS-REPORT", *kValue = "5.42170936528";

Json released(const char* number) {
  auto event = Hospital::report(number, kValue);
  event["report"]["patient"]["local_id"] = kPatient;
  return event;
}

Hospital& busy(Hospital& a) {
  a.config.agreements[0].basis = "consent";  // a tie that sends nothing itself
  a.open();
  const auto doctor = Hospital::doctor(kDoctor);
  a.registers(kPatient);
  a.submit("encounter.started/1", {{"patient_id", kPatient}, {"encounter_id", kVisit}, {"doctor", doctor}, {"at", "2026-11-22T08:00:00+08:00"}});
  a.submit("consent.given/1", {{"patient_id", kPatient}, {"partner", "other"}, {"at", "2026-11-22T08:00:00+08:00"}});
  a.settle();
  a.wire().script({{.receipt = {.outcome = Outcome::delivered, .code = "AA"}, .hand_on = false}, {.receipt = {.outcome = Outcome::refused, .code = "AE"}, .hand_on = false}});
  a.submit("lab.report.released/1", released(kFirst));
  REQUIRE(a.eventually([&] { return a.health()["partners"][0]["last_success_at"].is_string(); }));
  a.submit("lab.report.released/1", released(kSecond));
  REQUIRE(a.eventually([&] { return a.health()["outbox_parked"] == 1; }));
  a.must_ask("results.list/1", {{"patient_id", kPatient}, {"encounter_id", kVisit}, {"doctor", doctor}});
  a.receive(Hospital::oru(kTheirs, "C1", kValue));
  return a;
}

}  // namespace

TEST_CASE("health tells of every partner, the certificates, the lease, the clock and the log") {
  Hospital a;
  a.config.listener["certificate"] = "own.pem";
  a.write("own.pem", "not a certificate");
  a.config.feeds[0].options["certificate"] = "feed.pem";
  const auto h = busy(a).health();
  CHECK(h["live"] == true);
  CHECK(h["lease"] == "held");
  CHECK(h["store"] == "ok");
  CHECK(h["clock"]["step_ms"].get<std::int64_t>() < 60'000);
  CHECK(h["log"]["warnings"] >= 1);
  REQUIRE(h["partners"].size() == 1);
  const auto& p = h["partners"][0];
  CHECK(p["code"] == "other");
  CHECK(p["waiting"] == 0);
  CHECK(p["parked"] == 1);
  CHECK(p["breaker"] == "closed");
  CHECK(p["last_success_at"].is_string());
  REQUIRE(h["certificates"].size() == 2);
  CHECK(h["certificates"][0]["name"] == "listener.certificate");
  CHECK(h["certificates"][0]["days_left"].is_null());  // unreadable: said, not hidden
  CHECK(h["certificates"][1]["name"] == "feed." + a.config.feeds[0].name + ".certificate");
}

TEST_CASE("the metrics keep to the format, count what happened, and say what health says") {
  Hospital a;
  a.config.metrics_listen = free_address();
  busy(a);
  const auto got = get(a.config.metrics_listen, "/metrics");
  CHECK(got.status == 200);
  CHECK(got.type == "text/plain; version=0.0.4; charset=utf-8");
  std::map<std::string, double> values;
  const auto wrong = faults(got.body, values);
  INFO(got.body);
  CHECK(wrong == std::vector<std::string>());
  CHECK(values["huren_live"] == 1);
  CHECK(values["huren_store_up"] == 1);
  CHECK(values[R"(huren_delivery_attempts_total{outcome="delivered",partner="other"})"] == 1);
  CHECK(values[R"(huren_delivery_attempts_total{outcome="refused",partner="other"})"] == 1);
  CHECK(values[R"(huren_delivery_duration_seconds_count{partner="other"})"] == 2);
  CHECK(values[R"(huren_partner_outbox_parked{partner="other"})"] == 1);
  CHECK(values[R"(huren_partner_reachable{partner="other"})"] == 1);
  CHECK(values[R"(huren_queries_total{answer="ok",topic="results.list/1"})"] >= 1);
  CHECK(values[R"(huren_messages_received_total{stored="true"})"] == 1);
  CHECK(values["huren_outbox_parked"] == 1);
  CHECK(values[R"(huren_log_events_total{severity="warning"})"] >= 1);
  CHECK(Json::parse(get(a.config.metrics_listen, "/health").body)["outbox_parked"] == 1);
  CHECK(get(a.config.metrics_listen, "/").status == 404);
  CHECK(get(a.config.metrics_listen, "/metrics", "POST").status == 405);
}

TEST_CASE("the catalogue of figures names each that is shown, with its labels, and no other") {
  Hospital a;
  a.config.metrics_listen = free_address();
  REQUIRE(std::system(("'" HUREN_SOURCE_DIR "/tests/support/make_certs.sh' '" + a.folder() + "' own >/dev/null").c_str()) == 0);
  a.config.listener["certificate"] = "own.pem";
  busy(a);
  std::map<std::string, double> values;
  const auto text = get(a.config.metrics_listen, "/metrics").body;
  CHECK(faults(text, values).empty());
  INFO(text);
  CHECK(shown(values) == catalogue());
}

TEST_CASE("the checker of the format sees what breaks it") {
  std::map<std::string, double> none;
  const std::string head = "# HELP huren_a_total A.\n# TYPE huren_a_total counter\n";
  CHECK(faults(head + "huren_a_total 1\n", none).empty());
  for (const auto* bad : {"huren_a_total{x=y} 1\n", "huren_b_total 1\n", "huren_a_total 1", "huren_a_total one\n", "huren_a_total{x=\"\"\"} 1\n", "# TYPE huren_a_total gauge\n"}) {
    std::map<std::string, double> values;
    INFO(bad);
    CHECK_FALSE(faults(head + bad, values).empty());
  }
}

TEST_CASE("I7: no name, number or value of a patient in metrics and health") {
  Hospital a;
  a.config.metrics_listen = free_address();
  busy(a);
  a.ask("陈东珅/1", Json{{"patient_id", kPatient}});  // a topic that nobody knows is no label
  const auto seen = get(a.config.metrics_listen, "/metrics").body + get(a.config.metrics_listen, "/health").body;
  for (const auto* secret : {"陈东珅", Hospital::kRid, "1949-12-31", "19491231", kValue, kPatient, kFirst, kSecond, kTheirs, "赵敏", kDoctor, kVisit}) {
    INFO(secret);
    CHECK(seen.find(secret) == std::string::npos);
  }
}

TEST_CASE("an address that is taken costs the figures, not the hospital") {
  Poco::Net::ServerSocket taken;
  taken.bind(Poco::Net::SocketAddress("127.0.0.1", 0));
  taken.listen();
  Hospital a;
  a.config.metrics_listen = "127.0.0.1:" + std::to_string(taken.address().port());
  a.open();
  CHECK(a.health()["live"] == true);
  CHECK(a.log_text().find("metrics.not_served") != std::string::npos);
}

TEST_CASE("retention drops old bodies by itself and never what waits for a person") {
  Hospital a;
  a.config.keep_days = 1;
  busy(a);
  const auto bodies = [&] {
    auto db = storage::Database::open(a.folder() + "/data/store.db", {.read_only = true});
    REQUIRE(db);
    auto n = storage::Query(**db, "SELECT count(*) FROM message WHERE length(body)>0").number();
    REQUIRE(n);
    return *n;
  };
  CHECK(bodies() == 2);
  a.close();
  a.clock->advance(std::chrono::hours(72));
  a.open();  // its first round comes soon after the start
  CHECK(a.eventually([&] { return bodies() == 1; }));
  CHECK(a.health()["outbox_parked"] == 1);
}
