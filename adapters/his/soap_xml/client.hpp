// Calls the vendor's own web service: asks it for new events, tells it what was recognised.
// Promises: where asking stood moves on only when every event of an answer is on disk at the engine; a result that the vendor did
//   not take is told again; one that it refuses eight times is logged and passed by. Refuses: plain HTTP beyond the machine.
#pragma once
#include <cstdint>
#include <string>
#include <thread>

#include "adapters/common/partner_link.hpp"
#include "adapters/common/places.hpp"
#include "adapters/his/soap_xml/envelope.hpp"
#include "core/mapping/feed_map.hpp"
#include "core/mapping/write_back.hpp"
#include "huren/adapter.hpp"

namespace huren::his_soap_xml {

struct ClientSettings {
  std::string name;
  mapping::FeedMap map;
  common::Endpoint address;
  std::string path = "/";
  std::shared_ptr<common::TlsSource> tls;
  Soap version = Soap::v11;
  std::string place_file;
  int offset_minutes = 480;
  std::uint32_t poll_ms = 500, call_timeout_ms = 10'000;
};

class Client {
 public:
  Client(ClientSettings settings, EngineServices& engine);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  Result<void> start();
  void stop();

 private:
  void run();
  Result<void> pull();
  Result<void> push();
  // The text of the answer's result.
  Result<std::string> call(const mapping::SoapMap::Call& call, const std::string& payload);
  void told(const Error& why);

  ClientSettings settings_;
  EngineServices& engine_;
  common::Waker stop_;
  common::Dialer dialer_;
  common::Places places_;
  std::thread thread_;
  std::string last_fault_;
  int refused_ = 0;  // times that the vendor said no to the result that is next
};

}  // namespace huren::his_soap_xml
