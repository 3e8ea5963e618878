#include "adapters/his/soap_xml/client.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <poll.h>

#include <sstream>
#include <utility>

#include "adapters/common/http_channel.hpp"
#include "adapters/his/soap_xml/handover.hpp"
#include "core/base/text.hpp"

namespace huren::his_soap_xml {
namespace {

using common::Deadline;
using End = common::HttpRead::End;

constexpr std::size_t kMostAnswer = std::size_t{8} << 20;
constexpr int kMostRefusals = 8;
constexpr std::uint32_t kQueryMs = 2'000;
constexpr const char* kPulled = "pull";
constexpr const char* kPushed = "push";

std::string with_cursor(std::string form, const std::string& cursor) {
  constexpr std::string_view kMark = "{cursor}";
  for (auto at = form.find(kMark); at != std::string::npos; at = form.find(kMark, at)) {
    const auto text = mapping::xml_text(cursor);
    form.replace(at, kMark.size(), text);
    at += text.size();
  }
  return form;
}

}  // namespace

Client::Client(ClientSettings settings, EngineServices& engine)
    : settings_(std::move(settings)), engine_(engine),
      dialer_({.where = settings_.name, .partner = settings_.name, .address = settings_.address, .path = settings_.path, .tls = settings_.tls}, engine, stop_),
      places_(settings_.place_file, settings_.name) {}

Client::~Client() { stop(); }

Result<void> Client::start() {
  if (auto r = places_.load(); !r) return r;
  stop_.lower();
  thread_ = std::thread([this] { run(); });
  return {};
}

void Client::stop() {
  if (!thread_.joinable()) return;
  stop_.raise();
  thread_.join();
}

void Client::told(const Error& why) {
  const auto words = line(why);
  if (words != last_fault_) engine_.log(Severity::error, "soap.call_failed", {{"name", settings_.name}, {"why", words}});
  last_fault_ = words;
}

void Client::run() {
  common::block_sigpipe();
  while (!stop_.raised()) {
    try {
      bool good = true;
      if (!settings_.map.soap.pull.operation.empty())
        if (auto r = pull(); !r) told(r.error()), good = false;
      if (!settings_.map.soap.push.operation.empty())
        if (auto r = push(); !r) told(r.error()), good = false;
      if (good) last_fault_.clear();
    } catch (const std::exception&) {  // the thread's wall; what() may quote an answer
      told({"engine.worker_threw", settings_.name, {}});
    }
    pollfd p{stop_.fd(), POLLIN, 0};
    ::poll(&p, 1, static_cast<int>(settings_.poll_ms));
  }
}

Result<std::string> Client::call(const mapping::SoapMap::Call& call, const std::string& payload) {
  const Deadline deadline(settings_.call_timeout_ms);
  const auto& soap = settings_.map.soap;
  auto current = dialer_.refresh();
  if (!current) return current.error();
  auto stream = dialer_.dial(current->tls, deadline);
  if (!stream) return stream.error();
  common::HttpChannel channel(std::move(*stream));
  const auto body = envelope(settings_.version, call.space.empty() ? soap.space : call.space, call.operation, soap.parameter, payload);
  Poco::Net::HTTPRequest request("POST", settings_.path, Poco::Net::HTTPMessage::HTTP_1_1);
  request.set("Host", settings_.address.text());
  request.setContentType(settings_.version == Soap::v12 && !call.action.empty() ? std::string(content_type(Soap::v12)) + "; action=\"" + call.action + "\"" : content_type(settings_.version));
  if (settings_.version == Soap::v11) request.set("SOAPAction", "\"" + call.action + "\"");
  request.setContentLength64(static_cast<Poco::Int64>(body.size()));
  request.setKeepAlive(false);
  std::ostringstream out;
  request.write(out);
  out << body;
  const Error no_answer{"soap.no_answer", settings_.name, {call.operation}};
  if (channel.stream.write(out.str(), deadline).status != common::IoStatus::ok) return no_answer;
  std::string head, answer;
  if (channel.read_head(head, deadline).end != End::ok) return no_answer;
  Poco::Net::HTTPResponse response;
  try {
    std::istringstream in(head);
    response.read(in);
  } catch (const Poco::Exception&) {
    return no_answer;
  }
  if (channel.read_body(response, true, kMostAnswer, answer, deadline).end != End::ok) return no_answer;
  channel.stream.close();
  if (response.getStatus() != 200) return Error{"soap.status", settings_.name, {call.operation, std::to_string(static_cast<int>(response.getStatus()))}};
  auto opened = open(answer, charset_of(response.getContentType()), call.result);
  if (!opened) return Error{opened.error().id, settings_.name, opened.error().args};
  if (opened->operation == "Fault") return Error{"soap.status", settings_.name, {call.operation, "Fault"}};
  return std::move(opened->payload);
}

Result<void> Client::pull() {
  const auto& soap = settings_.map.soap;
  for (;;) {
    const auto cursor = places_.get(kPulled);
    auto answer = call(soap.pull, with_cursor(soap.pull.request, cursor));
    if (!answer) return answer.error();
    if (trim(*answer).empty()) return {};
    auto document = cda::XmlDocument::read(*answer, "UTF-8");
    if (!document) return Error{document.error().id, settings_.name, document.error().args};
    const auto root = (*document)->root();
    // Paths of what is fetched begin below the root of the answer.
    const auto events = settings_.map.soap.pulled.text.empty() ? std::vector<cda::Node>{root} : mapping::nodes_at(root, soap.pulled.xml);
    std::string last = cursor;
    const auto place = mapping::parse_xml_path(soap.pull_cursor);
    for (const auto& event : events) {
      if (stop_.raised()) return {};
      const auto handed = hand_over(settings_.map, settings_.name, settings_.offset_minutes, (*document)->source(event), engine_);
      if (handed.end == Handed::End::later) return handed.why;
      if (place)
        if (auto at = mapping::text_at(event, *place); !at.empty()) last = std::move(at);
    }
    if (last == cursor) return {};  // nothing new, or a vendor that counts by itself
    if (auto r = places_.keep(kPulled, last); !r) return r;
  }
}

Result<void> Client::push() {
  const auto& soap = settings_.map.soap;
  for (;;) {
    const auto at = places_.get(kPushed);  // "seq" or "seq+n": n results of the entry after seq are told
    const auto plus = at.find('+');
    const auto seq = at.empty() ? std::string("0") : at.substr(0, plus);
    std::size_t told_of = plus == std::string::npos ? 0 : std::stoul(at.substr(plus + 1));
    const auto answer = engine_.query("recognitions.since/1", "{\"after\":" + seq + ",\"limit\":1}", kQueryMs);
    if (answer.status < 0) return answer.error;
    if (answer.status > 0) return {};
    auto read = mapping::recognitions_from_json(answer.json, settings_.offset_minutes);
    if (!read) return read.error();
    if (std::to_string(read->next) == seq) return {};
    for (; told_of < read->list.size(); ++told_of) {
      auto said = call(soap.push, mapping::fill_xml(soap.push.request, read->list[told_of]));
      bool good = false;
      if (said) {
        auto document = cda::XmlDocument::read("<huren>" + *said + "</huren>", "UTF-8");
        const auto& c = soap.pushed_well;
        good = c.place.text.empty() || (document && (c.values.empty() || std::find(c.values.begin(), c.values.end(), mapping::text_at((*document)->root(), c.place.xml)) != c.values.end()));
      }
      if (!good && (!said || ++refused_ < kMostRefusals)) return said ? Error{"soap.not_taken", settings_.name, {soap.push.operation}} : said.error();
      if (!good) engine_.log(Severity::error, "soap.passed_by", {{"name", settings_.name}, {"seq", std::to_string(read->next)}});
      refused_ = 0;
      if (auto r = places_.keep(kPushed, seq + "+" + std::to_string(told_of + 1)); !r || stop_.raised()) return r;
    }
    if (auto r = places_.keep(kPushed, std::to_string(read->next)); !r) return r;
  }
}

}  // namespace huren::his_soap_xml
