// A vendor's SOAP, both ways: its own envelopes against our service, our calls against a service of its.
#include <catch2/catch.hpp>

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/StreamCopier.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "adapters/common/http_service.hpp"
#include "adapters/his/soap_xml/entry.hpp"
#include "adapters/his/soap_xml/envelope.hpp"
#include "tests/support/his/his_engine.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/support/transport/certificates.hpp"

using namespace huren;
using namespace huren::test;
using namespace huren::his_soap_xml;
using nlohmann::json;

namespace {

struct Said { int status = 0; std::string type, body; };

Said call(std::uint16_t port, const std::string& method, const std::string& path, const std::string& body, const std::string& type = "text/xml; charset=utf-8", const std::string& token = "") {
  Poco::Net::HTTPClientSession session("127.0.0.1", port);
  session.setTimeout(Poco::Timespan(10, 0));
  Poco::Net::HTTPRequest request(method, path, Poco::Net::HTTPMessage::HTTP_1_1);
  if (!token.empty()) request.set("Authorization", "Bearer " + token);
  if (method == "POST") {
    request.setContentType(type);
    request.setContentLength64(static_cast<Poco::Int64>(body.size()));
  }
  session.sendRequest(request) << body;
  Poco::Net::HTTPResponse response;
  Said out;
  Poco::StreamCopier::copyToString(session.receiveResponse(response), out.body);
  out.status = response.getStatus();
  out.type = response.getContentType();
  return out;
}

struct Service {
  HisEngine engine;
  TempDir dir;
  std::unique_ptr<Adapter> adapter;
  explicit Service(Options more = {}) {
    Options options{{"listen", "127.0.0.1:0"}, {"mapping", "vendor_xml"}, {"state_dir", dir.path().string()}, {"poll_ms", "10"}};
    for (auto& [key, value] : more) options[key] = value;
    auto made = his_soap_xml_entry().create({.engine = &engine, .config_dir = dir.path().string(), .options = {}, .peers = {{"his", options}}});
    if (!made) throw std::runtime_error(line(made.error()));
    adapter = std::move(*made);
    if (auto r = adapter->start(); !r) throw std::runtime_error(line(r.error()));
  }
  ~Service() { adapter->stop(1000); }
};

std::string patient(const std::string& id, const std::string& sequence = "1") {
  return "<Request><Header><Function>S0001</Function><Sequence>" + sequence + "</Sequence></Header><Body><Patient><PatientID>" + id + "</PatientID><Name>张三</Name></Patient></Body></Request>";
}
std::string in_envelope(const std::string& content, const std::string& space = "http://schemas.xmlsoap.org/soap/envelope/") {
  return "<s:Envelope xmlns:s=\"" + space + "\"><s:Body><v:Submit xmlns:v=\"http://vendor.example/his\">" + content + "</v:Submit></s:Body></s:Envelope>";
}

}  // namespace

TEST_CASE("the payload may be text, CDATA or elements, the envelope 1.1 or 1.2") {
  Service s;
  const auto port = s.engine.port();
  const auto accepted = [&](const Said& said) { return said.status == 200 && said.body.find("&lt;Code&gt;0&lt;/Code&gt;") != std::string::npos; };
  CHECK(accepted(call(port, "POST", "/", in_envelope("<v:message><![CDATA[" + patient("P1") + "]]></v:message>"))));
  CHECK(accepted(call(port, "POST", "/", in_envelope("<v:message>&lt;Request&gt;&lt;Header&gt;&lt;Function&gt;S0001&lt;/Function&gt;&lt;/Header&gt;&lt;Body&gt;&lt;Patient&gt;&lt;PatientID&gt;P2&lt;/PatientID&gt;&lt;Name&gt;张三&lt;/Name&gt;&lt;/Patient&gt;&lt;/Body&gt;&lt;/Request&gt;</v:message>"))));
  CHECK(accepted(call(port, "POST", "/", in_envelope("<v:message>" + patient("P3") + "</v:message>"))));
  const auto said = call(port, "POST", "/", in_envelope("<v:message><![CDATA[" + patient("P4") + "]]></v:message>", "http://www.w3.org/2003/05/soap-envelope"), "application/soap+xml; charset=\"utf-8\"");
  CHECK(accepted(said));
  CHECK(said.type.starts_with("application/soap+xml"));
  const auto all = s.engine.submitted();
  REQUIRE(all.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) CHECK(json::parse(all[i].json)["patient"]["local_id"] == "P" + std::to_string(i + 1));
}

TEST_CASE("the WSDL names the vendor's own operation and is well-formed") {
  Service s;
  const auto said = call(s.engine.port(), "GET", "/?wsdl", "");
  REQUIRE(said.status == 200);
  auto document = cda::XmlDocument::read(said.body, "");
  REQUIRE(document);
  CHECK(said.body.find("targetNamespace=\"http://vendor.example/his\"") != std::string::npos);
  CHECK(said.body.find("operation name=\"Submit\"") != std::string::npos);
  CHECK(call(s.engine.port(), "GET", "/", "").status == 405);
}

TEST_CASE("what cannot be taken is answered as the product's own refusal, or as a fault") {
  Service s;
  const auto port = s.engine.port();
  const auto refused = call(port, "POST", "/", in_envelope("<v:message><![CDATA[<Request><Header><Function>S0001</Function></Header></Request>]]></v:message>"));
  CHECK(refused.status == 200);
  CHECK(refused.body.find("&lt;Code&gt;-1&lt;/Code&gt;") != std::string::npos);
  CHECK(refused.body.find("Body/Patient/PatientID") != std::string::npos);
  s.engine.fail(true);
  CHECK(call(port, "POST", "/", in_envelope("<v:message><![CDATA[" + patient("P1") + "]]></v:message>")).body.find("&lt;Code&gt;2&lt;/Code&gt;") != std::string::npos);
  for (const auto* body : {"", "x", "<a/>", "<!DOCTYPE a><a/>", "<s:Envelope xmlns:s=\"urn:x\"><s:Body/></s:Envelope>", "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body/></s:Envelope>"}) {
    const auto said = call(port, "POST", "/", body);
    INFO(body << said.body);
    CHECK(said.status == 500);
    CHECK(said.body.find("<faultcode>soap:Client</faultcode>") != std::string::npos);
  }
  CHECK(call(port, "POST", "/", "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Header><x s:mustUnderstand=\"1\"/></s:Header><s:Body><Submit><message/></Submit></s:Body></s:Envelope>").status == 500);
  CHECK(call(port, "POST", "/", "{}", "application/json").status == 415);
  CHECK(call(port, "DELETE", "/", "").status == 405);
  Service small(Options{{"max_frame_bytes", "1024"}});
  CHECK(call(small.engine.port(), "POST", "/", std::string(3000, ' ')).status == 413);
}

TEST_CASE("beyond the machine the service speaks TLS and knows its callers - a token is asked for where one is set") {
  const auto fault = [](Options more) {
    try {
      Service s(std::move(more));
      return std::string("started");
    } catch (const std::exception& e) {
      return std::string(e.what());
    }
  };
  CHECK(fault({{"listen", "0.0.0.0:0"}}).find("transport.plain_not_loopback") != std::string::npos);
  CHECK(fault({{"listen", ""}}).find("soap.no_way") != std::string::npos);
  CHECK(fault({{"listen", ""}, {"vendor_address", "10.0.0.7:80"}}).find("transport.plain_not_loopback") != std::string::npos);
  CHECK(fault({{"mapping", "middle_table"}}).find("feed.map_kind") != std::string::npos);
  TempDir dir;
  std::ofstream(dir.file("tokens")) << "short\n";
  CHECK(fault({{"token_file", dir.file("tokens")}}).find("transport.token_short") != std::string::npos);
  const std::string token(40, 't');
  std::ofstream(dir.file("tokens")) << "# the vendor\n" << token << "\n";
  Service s({{"token_file", dir.file("tokens")}});
  CHECK(call(s.engine.port(), "GET", "/?wsdl", "").status == 401);
  CHECK(call(s.engine.port(), "GET", "/?wsdl", "", "", token + "x").status == 401);
  CHECK(call(s.engine.port(), "GET", "/?wsdl", "", "", token).status == 200);
}

namespace {

// The vendor's service: answers GetReports by cursor, takes PutRecognised.
struct Vendor {
  HisEngine log;
  std::mutex mutex;
  std::vector<std::string> asked, pushed;
  std::string code = "0";
  std::vector<std::pair<int, std::string>> events;  // sequence, XML
  common::HttpService service;
  explicit Vendor(std::shared_ptr<common::TlsSource> tls = nullptr, const std::string& host = "127.0.0.1")
      : service({.connections = {.name = "vendor", .listen = {host, 0}, .tls = std::move(tls)}, .tokens = {}},
                {.answer = [this](const common::HttpRequest& r) { return answer(r); }}, log) {
    if (auto r = service.start(); !r) throw std::runtime_error(line(r.error()));
  }
  ~Vendor() { service.stop(); }
  common::HttpAnswer answer(const common::HttpRequest& r) {
    const std::lock_guard lock(mutex);
    auto opened = open(r.body, "utf-8", "message");
    if (!opened) return {.status = 500};
    if (opened->operation == "PutRecognised") {
      pushed.push_back(opened->payload);
      return {200, content_type(Soap::v11), envelope(Soap::v11, "http://vendor.example/his", "PutRecognisedResponse", "PutRecognisedResult", "<Response><Code>" + code + "</Code></Response>")};
    }
    asked.push_back(opened->payload);
    const auto at = opened->payload.find("<After>") + 7;
    const int after = std::atoi(opened->payload.c_str() + at);
    std::string out = "<Answer><Reports>";
    for (const auto& [sequence, xml] : events)
      if (sequence > after) out += xml;
    return {200, content_type(Soap::v11), envelope(Soap::v11, "http://vendor.example/his", "GetReportsResponse", "GetReportsResult", out + "</Reports></Answer>")};
  }
  std::vector<std::string> told() {
    const std::lock_guard lock(mutex);
    return pushed;
  }
};

}  // namespace

TEST_CASE("the vendor is asked from where asking stood, and a stop loses nothing") {
  Vendor vendor;
  vendor.events = {{1, patient("P1", "1")}, {2, "<Request><Header><Function>S9</Function><Sequence>2</Sequence></Header></Request>"}, {3, patient("P3", "3")}};
  TempDir dir;
  const Options options{{"listen", ""}, {"vendor_address", "127.0.0.1:" + std::to_string(vendor.log.port())}, {"vendor_path", "/svc"}, {"state_dir", dir.path().string()}};
  {
    Service s(options);
    s.engine.fail(true);
    REQUIRE(s.engine.wait([&] { return s.engine.tried() > 0; }));
    s.engine.fail(false);
    REQUIRE(s.engine.wait_submitted(2));
    CHECK(s.engine.wait_logged("soap.refused"));
    CHECK(s.engine.wait([&] { const std::lock_guard lock(vendor.mutex); return vendor.asked.back().find("<After>3</After>") != std::string::npos; }));
  }
  {
    const std::lock_guard lock(vendor.mutex);
    vendor.events.emplace_back(4, patient("P4", "4"));
  }
  Service again(options);
  REQUIRE(again.engine.wait_submitted(1));
  CHECK(json::parse(again.engine.submitted()[0].json)["patient"]["local_id"] == "P4");
}

TEST_CASE("the vendor is told what was recognised, again until it takes it, and once") {
  Vendor vendor;
  const json report{{"origin", {{"code", "HB"}, {"name", "市<医院>"}}}, {"number", "R9"}, {"version", 1}, {"status", "final"}, {"patient", {{"local_id", "X"}, {"name", "张三"}}}, {"reported_at", "2026-11-21T09:00:00+08:00"},
                    {"specimen", {{"collected_at", "2026-11-21T07:15:00+08:00"}}},
                    {"observations", json::array({{{"local", {{"code", "GLU"}, {"name", "葡萄糖"}, {"system", "L"}}}, {"standard", {{"code", "GLU"}}}, {"value_type", "NM"}, {"value", "8.42"}, {"unit", "mmol/L"}, {"status", "final"}}})}};
  const auto entry = json{{"next", 1}, {"recognitions", json::array({{{"seq", 1}, {"kind", "accepted"}, {"decision_id", "D1"}, {"patient_id", "P1"}, {"doctor", {{"id", "D1027"}}}, {"at", "2026-11-22T09:30:00+08:00"},
                           {"reports", json::array({{{"report_id", "r"}, {"report", report}, {"results", json::array({{{"result_id", "r.0"}, {"position", 0}}})}}})}}})}}.dump();
  vendor.code = "9";
  Service s({{"listen", ""}, {"vendor_address", "127.0.0.1:" + std::to_string(vendor.log.port())}});
  s.engine.will_answer(entry, 1);
  s.engine.will_answer(entry, 1);
  s.engine.will_answer(entry, 1);
  REQUIRE(s.engine.wait([&] { return vendor.told().size() >= 2; }));
  {
    const std::lock_guard lock(vendor.mutex);
    vendor.code = "0";
  }
  CHECK(s.engine.wait_logged("soap.not_taken"));
  const auto said = vendor.told().front();
  CHECK(said.find("<Hospital code='HB'>市&lt;医院&gt;</Hospital>") != std::string::npos);
  CHECK(said.find(">8.42</Item>") != std::string::npos);
  CHECK(said.find("kind='accepted'") != std::string::npos);
}

TEST_CASE("a vendor beyond the machine is called over TLS and only when it is the vendor: its name or its fingerprint") {
  const auto& certs = Certificates::all();
  struct Way { const char *server, *trust, *pin_of, *host, *fault; };
  const auto way = GENERATE(Way{"hospital_a", "ca.pem", "", "127.0.0.1", ""},                              // an authority that is trusted, its own name
                            Way{"hospital_a", "ca.pem", "hospital_a", "127.0.0.1", ""},                    // the certificate that was agreed
                            Way{"hospital_a", "ca.pem", "hospital_a", "127.0.0.2", ""},                    // under another name
                            Way{"hospital_a", "ca.pem", "", "127.0.0.2", "tls.wrong_host"},                // nobody agreed to this name
                            Way{"hospital_b", "ca.pem", "hospital_a", "127.0.0.1", "tls.not_pinned"},      // another certificate of the same authority
                            Way{"mallory", "ca.pem", "", "127.0.0.1", "tls.unknown_ca"},                   // another authority
                            Way{"mallory", "ca.pem", "mallory", "127.0.0.1", "tls.unknown_ca"},            // a fingerprint does not make up for it
                            Way{"old", "ca.pem", "", "127.0.0.1", "tls.expired"});
  CAPTURE(way.server, way.pin_of, way.host);
  auto settings = certs.settings(way.server, true);
  settings.peer_required = false;
  Vendor vendor(std::make_shared<common::TlsSource>(std::move(settings)), way.host);
  vendor.events = {{1, patient("P1", "1")}};
  Options options{{"listen", ""}, {"vendor_address", std::string(way.host) + ":" + std::to_string(vendor.log.port())}, {"vendor_trust", certs.file(way.trust)}};
  if (*way.pin_of) options["vendor_certificate_sha256"] = certs.sha256(way.pin_of);
  Service s(options);
  if (!*way.fault) {
    CHECK(s.engine.wait_submitted(1));
    return;
  }
  REQUIRE(s.engine.wait_logged("soap.call_failed"));
  INFO(s.engine.logged());
  CHECK(s.engine.logged().find("why=feed.his: ") != std::string::npos);
  CHECK(s.engine.logged().find("[" + std::string(way.fault) + "]") != std::string::npos);
  const std::lock_guard lock(vendor.mutex);
  CHECK(vendor.asked.empty());  // not a word was told to it
}

TEST_CASE("a vendor that wants to know its caller is shown the hospital's certificate") {
  const auto& certs = Certificates::all();
  Vendor vendor(certs.source("hospital_a", true));
  vendor.events = {{1, patient("P1", "1")}};
  Options options{{"listen", ""}, {"vendor_address", "127.0.0.1:" + std::to_string(vendor.log.port())}, {"vendor_trust", certs.file("ca.pem")}};
  {
    Service nobody(options);
    CHECK(nobody.engine.wait_logged("soap.call_failed"));
    CHECK(nobody.engine.submitted().empty());
  }
  options["certificate"] = certs.file("hospital_b.pem");
  options["private_key"] = certs.file("hospital_b.key");
  Service s(options);
  CHECK(s.engine.wait_submitted(1));
}
