// A real HTTP client against the service, with the real engine behind it; then callers who mean no good.
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/StreamCopier.h>

#include <cstring>
#include <set>

#include "adapters/his/cds_hooks/entry.hpp"
#include "tests/support/hospital.hpp"

using namespace huren::test;

namespace {

struct Response { int status = 0; Json body; Poco::Net::HTTPResponse head; };

class Service {
 public:
  explicit Service(std::initializer_list<std::pair<const char*, const char*>> options = {}) {
    b.more_adapters = {&huren::his_cds_hooks_entry()};
    auto& feed = b.config.feeds.emplace_back();
    feed.name = "web";
    feed.adapter = "his.cds_hooks";
    feed.options = {{"listen", "127.0.0.1:0"}};
    for (const auto& [name, value] : options) feed.options[name] = value;
  }
  Service& open() {
    b.open();
    b.registers();
    b.encounter();
    b.receive(Hospital::oru("R1", "M1"));
    b.settle();
    std::ifstream in(b.folder() + "/data/log/huren.log");
    for (std::string row; std::getline(in, row);)
      if (const auto at = row.find("127.0.0.1:"); row.find("transport.listening") != row.npos && at != row.npos)
        port = static_cast<std::uint16_t>(std::stoi(row.substr(at + 10)));
    REQUIRE(port != 0);
    return *this;
  }
  Response call(const std::string& method, const std::string& path, const std::string& body = "", const std::map<std::string, std::string>& heads = {},
                const std::string& type = "application/json") {
    Poco::Net::HTTPClientSession session("127.0.0.1", port);
    Poco::Net::HTTPRequest request(method, path, Poco::Net::HTTPMessage::HTTP_1_1);
    for (const auto& [name, value] : heads) request.set(name, value);
    if (method == "POST") {
      request.setContentType(type);
      request.setContentLength64(static_cast<Poco::Int64>(body.size()));
    }
    session.sendRequest(request) << body;
    Response out;
    auto& stream = session.receiveResponse(out.head);
    std::string text;
    Poco::StreamCopier::copyToString(stream, text);
    out.status = out.head.getStatus();
    out.body = Json::parse(text, nullptr, false);
    return out;
  }
  Response post(const std::string& path, const Json& body) { return call("POST", path, body.dump()); }

  Hospital b;
  std::uint16_t port = 0;
};

Json draft(const std::string& id, const Json& coding, const std::string& priority = "routine") {
  return {{"resource", {{"resourceType", "ServiceRequest"}, {"id", id}, {"status", "draft"}, {"priority", priority}, {"identifier", Json::array({{{"value", "O-" + id}}})},
                        {"code", {{"coding", Json::array({coding})}}}}}};
}
Json glucose() { return {{"system", "urn:county:items"}, {"code", "GLU01"}, {"display", "葡萄糖"}}; }
Json hook(const std::string& name, const Json& entries) {
  Json body{{"hook", name}, {"hookInstance", "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"},
            {"context", {{"userId", "Practitioner/D1"}, {"patientId", "P1"}, {"encounterId", "E1"}}}};
  if (name != "patient-view") body["context"]["draftOrders"] = {{"resourceType", "Bundle"}, {"entry", entries}};
  if (name == "order-select") {
    body["context"]["selections"] = Json::array();
    for (const auto& e : entries) body["context"]["selections"].push_back("ServiceRequest/" + e["resource"]["id"].get<std::string>());
  }
  return body;
}
Json feedback(const Json& card, const char* outcome) {
  Json f{{"card", card["uuid"]}, {"outcome", outcome}, {"outcomeTimestamp", "2026-11-22T10:05:00+08:00"}};
  if (std::string(outcome) == "accepted") f["acceptedSuggestions"] = Json::array({{{"id", card["suggestions"][0]["uuid"]}}});
  return {{"feedback", Json::array({f})}};
}
constexpr const char* kSign = "/cds-services/huren-order-sign";
constexpr const char* kSelect = "/cds-services/huren-order-select";
constexpr const char* kView = "/cds-services/huren-patient-view";

}  // namespace

// The real clock says when the order is; results of the test are of 2026-11-22, so it is set behind them.
static void at_order_time(Service& s) {
  const auto wanted = *huren::parse_iso_time("2026-11-22T10:00:00+08:00", 480);
  s.b.clock->advance(std::chrono::milliseconds(wanted.epoch_ms - s.b.clock->now_ms()));
}

TEST_CASE("discovery names the three hooks") {
  Service s;
  s.open();
  const auto r = s.call("GET", "/cds-services");
  REQUIRE(r.status == 200);
  std::map<std::string, std::string> hooks;
  for (const auto& one : r.body["services"]) {
    hooks[one["hook"]] = one["id"];
    CHECK_FALSE(one["description"].get<std::string>().empty());
  }
  CHECK(hooks == std::map<std::string, std::string>{{"order-select", "huren-order-select"}, {"order-sign", "huren-order-sign"}, {"patient-view", "huren-patient-view"}});
}

TEST_CASE("order-sign answers with a card in the shape of CDS Hooks, and accepting it becomes a decision") {
  Service s;
  at_order_time(s);
  s.open();
  const auto r = s.post(kSign, hook("order-sign", Json::array({draft("17", glucose())})));
  REQUIRE(r.status == 200);
  REQUIRE(r.body["cards"].size() == 1);
  const auto& card = r.body["cards"][0];
  CHECK(card["uuid"].get<std::string>().size() == 36);
  const auto summary = card["summary"].get<std::string>();
  CHECK_FALSE(summary.empty());
  CHECK(std::count_if(summary.begin(), summary.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }) < 140);
  CHECK(card["indicator"] == "info");
  CHECK_FALSE(card["source"]["label"].get<std::string>().empty());
  CHECK(card["selectionBehavior"] == "at-most-one");
  CHECK(card["overrideReasons"].size() >= 6);
  const auto& action = card["suggestions"][0]["actions"][0];
  CHECK(action["type"] == "delete");
  CHECK(action["resourceId"] == "ServiceRequest/17");

  REQUIRE(s.post(std::string(kSign) + "/feedback", feedback(card, "accepted")).status == 200);
  REQUIRE(s.post(std::string(kSign) + "/feedback", feedback(card, "accepted")).status == 200);  // sent again
  const auto told = s.b.notice_of("recognition.recorded/1");
  REQUIRE_FALSE(told.is_null());
  CHECK(told["body"]["outcome"] == "accepted");
  CHECK(told["body"]["order_id"] == "O-17");
  CHECK(told["body"]["doctor"]["id"] == "D1");
  CHECK(s.b.notice(300).is_null());  // one decision, no fault
  CHECK(s.b.list().at(0)["recognition"] == "accepted");
}

TEST_CASE("an override with a reason is a decline, without one nothing - a reason that wants a note says where it belongs") {
  Service s;
  at_order_time(s);
  s.open();
  const auto card = s.post(kSign, hook("order-sign", Json::array({draft("17", glucose())}))).body["cards"][0];
  auto f = feedback(card, "overridden");
  CHECK(s.post(std::string(kSign) + "/feedback", f).status == 200);
  f["feedback"][0]["overrideReason"] = {{"reason", {{"code", "other"}}}};
  const auto refused = s.post(std::string(kSign) + "/feedback", f);
  CHECK(refused.status == 400);
  CHECK(refused.body["errors"][0]["where"] == "/feedback/0/overrideReason/userComment");
  f["feedback"][0]["overrideReason"]["reason"]["code"] = "made-up";
  CHECK(s.post(std::string(kSign) + "/feedback", f).body["errors"][0]["where"] == "/feedback/0/overrideReason/reason/code");
  s.b.settle();
  CHECK(s.b.list().at(0).value("recognition", std::string()).empty());
  f["feedback"][0]["overrideReason"]["reason"]["code"] = "condition_changed";
  REQUIRE(s.post(std::string(kSign) + "/feedback", f).status == 200);
  s.b.settle();
  CHECK(s.b.list().at(0)["recognition"] == "declined");
}

TEST_CASE("LOINC serves where the hospital's own code is not sent - what is not selected or no laboratory order is left alone") {
  Service s;
  at_order_time(s);
  s.open();
  const Json loinc{{"system", "http://loinc.org"}, {"code", "14749-6"}};
  CHECK(s.post(kSelect, hook("order-select", Json::array({draft("1", loinc)}))).body["cards"].size() == 1);
  auto unselected = hook("order-select", Json::array({draft("1", loinc)}));
  unselected["context"]["selections"] = Json::array();
  CHECK(s.post(kSelect, unselected).body == Json{{"cards", Json::array()}});
  auto medicine = hook("order-sign", Json::array({{{"resource", {{"resourceType", "MedicationRequest"}, {"id", "9"}}}}}));
  CHECK(s.post(kSign, medicine).body == Json{{"cards", Json::array()}});
  const Json unknown{{"system", "urn:x"}, {"code", "NOT-OURS"}};
  CHECK(s.post(kSign, hook("order-sign", Json::array({draft("2", unknown)}))).body == Json{{"cards", Json::array()}});
}

TEST_CASE("patient-view tells what partners have, and is quiet where they have nothing") {
  Service s({{"language", "en"}});
  at_order_time(s);
  s.open();
  const auto r = s.post(kView, hook("patient-view", {}));
  REQUIRE(r.body["cards"].size() == 1);
  CHECK(r.body["cards"][0]["summary"].get<std::string>().find("1 partner hospitals") != std::string::npos);
  CHECK_FALSE(r.body["cards"][0].contains("suggestions"));
  s.b.registers("P2", "1980-01-01", "34052419800101001X");
  s.b.encounter("P2", "E2");
  auto other = hook("patient-view", {});
  other["context"]["patientId"] = "P2";
  other["context"]["encounterId"] = "E2";
  CHECK(s.post(kView, other).body == Json{{"cards", Json::array()}});
}

TEST_CASE("a request with faults is refused with each place, and another patient's encounter opens nothing") {
  Service s;
  s.open();
  auto body = hook("order-sign", Json::array({draft("17", glucose())}));
  body["context"].erase("patientId");
  body["context"]["userId"] = "Patient/7";
  body["context"]["draftOrders"]["entry"][0]["resource"].erase("code");
  const auto r = s.post(kSign, body);
  CHECK(r.status == 400);
  std::set<std::string> places;
  for (const auto& e : r.body["errors"]) {
    places.insert(e["where"].get<std::string>());
    CHECK_FALSE(e["zh"].get<std::string>().empty());
    CHECK_FALSE(e["en"].get<std::string>().empty());
  }
  CHECK(places == std::set<std::string>{"/context/patientId", "/context/userId", "/context/draftOrders/entry/0/resource/code"});
  auto denied = hook("order-sign", Json::array({draft("17", glucose())}));
  denied["context"]["encounterId"] = "E9";
  const auto refused = s.post(kSign, denied);
  CHECK(refused.status == 403);
  CHECK(refused.body["errors"][0]["where"] == "/context/encounterId");  // where the caller wrote it
  CHECK(s.post(kSign, hook("order-select", Json::array())).body["errors"][0]["where"] == "/hook");
  CHECK(s.post(std::string(kSign) + "/feedback", {{"feedback", Json::array({{{"card", "nothing"}, {"outcome", "overridden"}, {"outcomeTimestamp", "2026-11-22T10:00:00Z"},
      {"overrideReason", {{"reason", {{"code", "condition_changed"}}}}}}})}}).status == 404);  // a reason that was given is never dropped without a word
  CHECK(s.post(std::string(kSign) + "/feedback", {{"feedback", Json::array({{{"card", "nothing"}, {"outcome", "accepted"}, {"outcomeTimestamp", "2026-11-22T10:00:00Z"},
                                                                           {"acceptedSuggestions", Json::array({{{"id", "x"}}})}}})}})
            .status == 404);
}

TEST_CASE("hostile callers: wrong methods, types, paths, sizes, depth and bytes are refused, and the service lives on") {
  Service s({{"max_frame_bytes", "65536"}});
  s.open();
  CHECK(s.call("DELETE", kSign).status == 405);
  CHECK(s.call("GET", kSign).status == 405);
  CHECK(s.call("POST", kSign, "a=b", {}, "application/x-www-form-urlencoded").status == 415);
  CHECK(s.call("POST", kSign, "{}", {}, "text/plain").status == 415);
  CHECK(s.call("GET", "/cds-services/../../etc/passwd").status == 404);
  CHECK(s.call("GET", "/metrics").status == 404);
  CHECK(s.call("POST", "/cds-services/nothing", "{}").status == 404);
  CHECK(s.call("POST", kSign, "{\"hook\":\"" + std::string(70'000, 'x') + "\"}").status == 413);
  CHECK(s.call("POST", kSign, std::string(5'000, '[')).status == 400);
  CHECK(s.call("POST", kSign, "{\"hook\":\"\xff\xfe\"}").status == 400);
  CHECK(s.call("POST", kSign, "{\"hook\":1,\"hook\":2}").status == 400);
  CHECK(s.call("POST", kSign, "").status == 400);
  CHECK(s.call("POST", kSign, "null").status == 400);
  for (const auto* raw : {"GET / HTTP/9.9\r\n\r\n", "\x16\x03\x01\x02\x05", "POST /cds-services/huren-order-sign HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\nContent-Type: application/json\r\n\r\n{}",
                          "POST /cds-services/huren-order-sign HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n0\r\n\r\n"}) {
    Poco::Net::StreamSocket socket(Poco::Net::SocketAddress("127.0.0.1", s.port));
    socket.sendBytes(raw, static_cast<int>(std::strlen(raw)));
    socket.shutdownSend();
    char answer[64] = {};
    socket.setReceiveTimeout(Poco::Timespan(5, 0));
    const int got = socket.receiveBytes(answer, sizeof answer - 1);
    CHECK((got <= 0 || std::string(answer).starts_with("HTTP/1.1 4")));
  }
  CHECK(s.call("GET", "/cds-services").status == 200);
}

TEST_CASE("a token that was configured opens the door, nothing else does") {
  Service s({{"token_file", "tokens"}});
  const std::string token(40, 'k');
  s.b.write("tokens", "# web HIS\n" + token + "\n");
  s.open();
  const auto none = s.call("GET", "/cds-services");
  CHECK(none.status == 401);
  CHECK(none.head.get("WWW-Authenticate") == "Bearer");
  for (const auto& wrong : {std::string("Bearer "), "Bearer " + std::string(39, 'k'), "Bearer " + std::string(41, 'k'), "Basic " + token, token})
    CHECK(s.call("GET", "/cds-services", "", {{"Authorization", wrong}}).status == 401);
  CHECK(s.call("GET", "/cds-services", "", {{"Authorization", "Bearer " + token}}).status == 200);
}

TEST_CASE("a web page of another origin is refused - a configured one gets what CORS asks") {
  Service s({{"origins", "https://his.example"}});
  s.open();
  CHECK(s.call("POST", kSign, "{}", {{"Origin", "https://evil.example"}}).status == 403);
  CHECK(s.call("OPTIONS", kSign, "", {{"Origin", "https://evil.example"}}).status == 403);
  const auto preflight = s.call("OPTIONS", kSign, "", {{"Origin", "https://his.example"}, {"Access-Control-Request-Method", "POST"}});
  CHECK(preflight.status == 204);
  CHECK(preflight.head.get("Access-Control-Allow-Origin") == "https://his.example");
  CHECK(preflight.head.get("Access-Control-Allow-Methods").find("POST") != std::string::npos);
  CHECK(s.call("GET", "/cds-services", "", {{"Origin", "https://his.example"}}).head.get("Access-Control-Allow-Origin") == "https://his.example");
}

TEST_CASE("beyond the machine itself there is no service without TLS and proof of the caller") {
  const auto why = [](std::initializer_list<std::pair<const char*, const char*>> options) {
    Service s(options);
    s.b.write("short", "abc\n");
    const auto r = s.b.try_open();
    return r ? std::string() : std::string(r.error().id);
  };
  CHECK(why({{"listen", "0.0.0.0:0"}}) == "transport.plain_not_loopback");
  CHECK(why({{"listen", "0.0.0.0:0"}, {"certificate", "c.pem"}, {"private_key", "k.pem"}}) == "transport.no_authentication");
  CHECK(why({{"token_file", "short"}}) == "transport.token_short");
  CHECK(why({{"token_file", "missing"}}) == "transport.token_file");
}
