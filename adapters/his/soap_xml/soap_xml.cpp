// Each [feed.NAME] with this adapter is a service, a client of the vendor's service, or both, with one map of XML.
// Promises: what the service answers 0 for is on disk at the engine. Refuses: a service that everybody could call.
#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "adapters/common/http_service.hpp"
#include "adapters/common/options.hpp"
#include "adapters/common/product_map.hpp"
#include "adapters/his/soap_xml/client.hpp"
#include "adapters/his/soap_xml/entry.hpp"
#include "adapters/his/soap_xml/handover.hpp"
#include "core/base/text.hpp"

namespace huren {
namespace his_soap_xml {
namespace {

constexpr std::size_t kMostBody = std::size_t{8} << 20;

constexpr std::array kOptions{
    AdapterOption{"listen", OptionType::address, "", "监听地址 HOST:PORT；留空则不提供服务", "address HOST:PORT to listen on; empty: no service"},
    AdapterOption{"vendor_address", OptionType::address, "", "厂商服务地址 HOST:PORT；留空则不调用", "address HOST:PORT of the vendor's service; empty: it is not called"},
    AdapterOption{"vendor_path", OptionType::text, "/", "厂商服务路径", "path of the vendor's service"},
    AdapterOption{"vendor_trust", OptionType::path, "", "厂商证书的签发机构（PEM）；留空为明文，仅限本机", "authorities of the vendor's certificate (PEM); empty: plain and on this machine only"},
    AdapterOption{"vendor_certificate_sha256", OptionType::sha256, "", "厂商证书的 SHA-256 指纹；留空则核对主机名", "SHA-256 of the vendor's certificate; empty: its host name is checked"},
    AdapterOption{"soap", OptionType::text, "1.1", "调用时的 SOAP 版本 1.1 | 1.2", "version of SOAP when calling, 1.1 | 1.2"},
    AdapterOption{"token_file", OptionType::path, "", "访问令牌文件，每行一个", "file of bearer tokens, one a line"},
    AdapterOption{"certificate", OptionType::path, "", "TLS 证书（PEM）", "TLS certificate (PEM)"},
    AdapterOption{"private_key", OptionType::path, "", "TLS 私钥（PEM）", "TLS private key (PEM)"},
    AdapterOption{"trust", OptionType::path, "", "要求对方出示由此机构签发的证书", "callers must show a certificate of these authorities"},
    AdapterOption{"max_connections", OptionType::integer, "64", "同时连接数上限", "most connections at a time"},
    AdapterOption{"max_frame_bytes", OptionType::integer, "16777216", "请求正文最大字节数，不超过 8 MiB", "largest body in bytes, never over 8 MiB"},
    AdapterOption{"idle_timeout_ms", OptionType::integer, "900000", "空闲连接保留时间", "how long an idle connection is kept"},
    AdapterOption{"frame_timeout_ms", OptionType::integer, "60000", "一个请求的期限", "time for one request"},
    AdapterOption{"poll_ms", OptionType::integer, "500", "询问厂商服务的间隔", "how often the vendor's service is asked"},
};

// {code} and {text} of the product's own answer.
std::string answer_text(const mapping::SoapMap& soap, const std::string& code, const std::string& text) {
  std::string out = soap.answer;
  for (const auto& [mark, value] : {std::pair<std::string, std::string>{"{code}", code}, {"{text}", text}})
    if (const auto at = out.find(mark); at != std::string::npos) out.replace(at, mark.size(), mapping::xml_text(value));
  return out;
}

class Receiver {
 public:
  Receiver(std::string name, mapping::FeedMap map, int offset_minutes, std::string address, EngineServices& engine)
      : name_(std::move(name)), map_(std::move(map)), offset_minutes_(offset_minutes), address_(std::move(address)), engine_(engine) {}

  common::HttpAnswer operator()(const common::HttpRequest& request) const {
    const auto& soap = map_.soap;
    const char* xml = content_type(Soap::v11);
    if (request.method == "GET" && equal_ascii_nocase(request.query, "wsdl")) return {200, xml, wsdl(soap.space, soap.operation, soap.parameter, soap.result, address_)};
    if (request.method != "POST") return {.status = 405, .headers = {{"Allow", "GET, POST"}}};
    const auto type = upper_ascii(request.content_type);
    if (!type.starts_with("TEXT/XML") && !type.starts_with("APPLICATION/SOAP+XML") && !type.starts_with("APPLICATION/XML")) return {.status = 415};
    const auto opened = open(request.body, charset_of(request.content_type), soap.parameter);
    if (!opened) {
      engine_.log(Severity::warning, "soap.refused", {{"name", name_}, {"why", line(opened.error())}});
      return {500, xml, fault(type.starts_with("APPLICATION/SOAP") ? Soap::v12 : Soap::v11, false, line(opened.error()))};
    }
    const char* own = content_type(opened->version);
    if (opened->operation != soap.operation) return {500, own, fault(opened->version, false, line({"soap.unknown_operation", "/Envelope/Body", {soap.operation}}))};
    const auto handed = hand_over(map_, name_, offset_minutes_, opened->payload, engine_);
    const bool good = handed.end == Handed::End::accepted || handed.end == Handed::End::skipped;
    const auto& code = good ? soap.accepted : handed.end == Handed::End::later ? soap.busy : soap.refused;
    const auto words = good ? std::string("OK") : line(handed.why);
    return {200, own, envelope(opened->version, soap.space, soap.operation + "Response", soap.result, answer_text(soap, code, words))};
  }

 private:
  std::string name_;
  mapping::FeedMap map_;
  int offset_minutes_;
  std::string address_;
  EngineServices& engine_;
};

class SoapXml final : public HisAdapter {
 public:
  static Result<std::unique_ptr<Adapter>> create(const AdapterSetup& setup) {
    auto out = std::make_unique<SoapXml>();
    for (const auto& feed : setup.peers)
      if (auto added = out->add(setup, feed); !added) return added.error();
    return std::unique_ptr<Adapter>(std::move(out));
  }
  ~SoapXml() override { stop(0); }
  Result<void> start() override {
    for (auto& service : services_)
      if (auto started = service->start(); !started) return stop(0), started;
    for (auto& client : clients_)
      if (auto started = client->start(); !started) return stop(0), started;
    return {};
  }
  void stop(std::uint32_t) override {
    for (auto& client : clients_) client->stop();
    for (auto& service : services_) service->stop();
  }

 private:
  Result<void> add(const AdapterSetup& setup, const Peer& feed) {
    const std::string section = "feed." + feed.code;
    common::OptionReader options(feed.options, kOptions, section, setup.config_dir);
    auto map = common::product_map(feed, setup.config_dir, section, *setup.engine);
    if (!map) return map.error();
    if (map->kind != mapping::FeedMap::Kind::xml) return Error{"feed.map_kind", section + ".mapping", {"xml"}};
    if (!options.has("listen") && !options.has("vendor_address")) return Error{"soap.no_way", section, {}};
    if (options.has("listen"))
      if (auto r = add_service(setup, feed, *map, options, section); !r) return r;
    if (options.has("vendor_address"))
      if (auto r = add_client(setup, feed, *map, options, section); !r) return r;
    return {};
  }

  Result<void> add_service(const AdapterSetup& setup, const Peer& feed, const mapping::FeedMap& map, common::OptionReader& options, const std::string& section) {
    auto http = common::http_settings(options, section, kMostBody);
    if (!http) return http.error();
    const auto address = std::string(http->connections.tls ? "https://" : "http://") + http->connections.listen.text() + "/";
    services_.push_back(std::make_unique<common::HttpService>(
        std::move(*http), common::HttpCalls{.answer = Receiver(section, map, common::offset_minutes(feed), address, *setup.engine)}, *setup.engine));
    return {};
  }

  Result<void> add_client(const AdapterSetup& setup, const Peer& feed, const mapping::FeedMap& map, common::OptionReader& options, const std::string& section) {
    ClientSettings settings;
    settings.name = section;
    settings.map = map;
    settings.address = options.address("vendor_address");
    settings.path = options.text("vendor_path");
    settings.version = options.text("soap") == "1.2" ? Soap::v12 : Soap::v11;
    settings.poll_ms = static_cast<std::uint32_t>(options.integer("poll_ms", 10, 3'600'000));
    settings.offset_minutes = common::offset_minutes(feed);
    settings.place_file = common::state_file(feed, setup.config_dir, ".places.json");
    if (options.has("vendor_trust")) {
      common::TlsSettings tls;
      tls.trust = options.path("vendor_trust");
      tls.host = settings.address.host;
      if (auto pin = options.sha256("vendor_certificate_sha256"); !pin.empty()) tls.pins.insert(std::move(pin));
      if (options.has("certificate")) {
        tls.certificate = options.path("certificate");
        tls.private_key = options.path("private_key");
      }
      settings.tls = std::make_shared<common::TlsSource>(std::move(tls));
    }
    if (options.fault()) return *options.fault();
    if (!settings.tls && !common::loopback(settings.address.host)) return Error{"transport.plain_not_loopback", section + ".vendor_address", {}};
    if (map.soap.pull.operation.empty() && map.soap.push.operation.empty()) return Error{"soap.no_call", section + ".mapping", {}};
    clients_.push_back(std::make_unique<Client>(std::move(settings), *setup.engine));
    return {};
  }

  std::vector<std::unique_ptr<common::HttpService>> services_;
  std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace
}  // namespace his_soap_xml

const AdapterEntry& his_soap_xml_entry() {
  static constexpr AdapterEntry entry{.signature = HUREN_ADAPTER_SIGNATURE,
                                      .id = "his.soap_xml",
                                      .kind = "huren.his/1",
                                      .summary = "a vendor's XML over SOAP: a service with a WSDL, and calls of the vendor's",
                                      .options = his_soap_xml::kOptions.data(),
                                      .option_count = his_soap_xml::kOptions.size(),
                                      .create = &his_soap_xml::SoapXml::create};
  return entry;
}

}  // namespace huren
