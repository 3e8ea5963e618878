// Every adapter as it ships: loaded from its .so by absolute path, used, stopped, let go.
#include <boost/dll/shared_library.hpp>
#include <catch2/catch.hpp>
#include <fstream>
#include <set>

#include "core/base/csv.hpp"
#include "tests/support/transport/certificates.hpp"
#include "tests/support/transport/recording_engine.hpp"
#include "tests/support/transport/scripted_peer.hpp"

using namespace huren;
using namespace huren::test;

namespace {

boost::dll::shared_library load(const std::string& name) {
  return boost::dll::shared_library(std::string(HUREN_BINARY_DIR "/lib/huren-") + name + ".so",
                                    boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
}

}  // namespace

TEST_CASE("every module exports its entry with this build's signature, and nothing else of ours") {
  struct {
    const char *file, *id, *kind;
  } const rows[] = {
      {"partner-mllp", "partner.mllp", "huren.partner/1"},
      {"partner-https", "partner.https", "huren.partner/1"},
      {"partner-loopback", "partner.loopback", "huren.partner/1"},
      {"his-hl7v2_feed", "his.hl7v2_feed", "huren.his/1"},
      {"his-db_view", "his.db_view", "huren.his/1"},
      {"his-soap_xml", "his.soap_xml", "huren.his/1"},
  };
  for (const auto& row : rows) {
    INFO(row.file);
    auto library = load(row.file);
    const auto& entry = library.get<const AdapterEntry>("huren_adapter_entry");
    CHECK(std::string_view(entry.signature) == HUREN_ADAPTER_SIGNATURE);
    CHECK(std::string_view(entry.id) == row.id);
    CHECK(std::string_view(entry.kind) == row.kind);
    CHECK_FALSE(library.has("_ZN5huren6common6StreamD1Ev"));
    for (std::size_t i = 0; i < entry.option_count; ++i) {
      CHECK(*entry.options[i].help_zh);
      CHECK(*entry.options[i].help_en);
    }
  }
}

TEST_CASE("an option that a module declares stands in the catalogue with the same default") {
  std::ifstream in(HUREN_SOURCE_DIR "/schemas/catalog/options.csv", std::ios::binary);
  const auto table = parse_csv(std::string(std::istreambuf_iterator<char>(in), {}));
  REQUIRE(table);
  for (const auto* file : {"partner-mllp", "partner-https", "his-hl7v2_feed", "his-db_view", "his-soap_xml"}) {
    auto library = load(file);
    const auto& entry = library.get<const AdapterEntry>("huren_adapter_entry");
    for (std::size_t i = 0; i < entry.option_count; ++i) {
      const auto& option = entry.options[i];
      INFO(entry.id << " " << option.name);
      std::multiset<std::string> fallbacks;  // [listener] and [partner.*] may both have one of this name
      for (const auto& row : *table)
        if (row.at(0).ends_with(std::string(".") + option.name)) fallbacks.insert(row.at(2));
      CHECK(fallbacks.contains(option.fallback ? option.fallback : ""));
    }
  }
}

TEST_CASE("the loaded MLLP adapter and feed do their work across the module's boundary") {
  const auto& certs = Certificates::all();
  RecordingEngine engine_a, engine_b;
  auto mllp = load("partner-mllp");
  auto feed = load("his-hl7v2_feed");
  {
    const auto& entry = mllp.get<const AdapterEntry>("huren_adapter_entry");
    const auto make = [&](RecordingEngine& engine, const std::string& own, const std::string& other,
                          std::uint16_t port) {
      auto made = entry.create({.engine = &engine,
                                .config_dir = certs.dir(),
                                .options = {{"listen", "127.0.0.1:0"},
                                            {"certificate", own + ".pem"},
                                            {"private_key", own + ".key"},
                                            {"trust", "ca.pem"}},
                                .peers = {{"other",
                                           {{"address", "127.0.0.1:" + std::to_string(port)},
                                            {"certificate_sha256", certs.sha256(other)}}}}});
      REQUIRE(made);
      REQUIRE((*made)->start());
      return std::move(*made);
    };
    auto b = make(engine_b, "hospital_b", "hospital_a", 1);
    auto a = make(engine_a, "hospital_a", "hospital_b", engine_b.port());
    const auto body = message("M001");
    auto* sender = dynamic_cast<PartnerAdapter*>(a.get());
    REQUIRE(sender);
    CHECK(
        sender->deliver("other", {.id = "M001", .type = "ADT^A08", .content_type = "", .body = body}, 10'000).outcome ==
        Outcome::delivered);
    CHECK(engine_b.accepted().at(0).source == "other");

    auto made = feed.get<const AdapterEntry>("huren_adapter_entry")
                    .create({.engine = &engine_a,
                             .config_dir = "",
                             .options = {},
                             .peers = {{"lis", {{"listen", "127.0.0.1:0"}}}}});
    REQUIRE(made);
    REQUIRE((*made)->start());
    Client client(engine_a.port("feed.lis"));
    client.send("\x0B" + message("M002") + "\x1C\x0D");
    CHECK(client.frame());
    (*made)->stop(1'000);
    a->stop(1'000);
    b->stop(1'000);
  }
}
