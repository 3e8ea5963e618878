#include "adapters/partner/https/https_server.hpp"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/MediaType.h>
#include <Poco/Timestamp.h>

#include <sstream>
#include <utility>

#include "adapters/common/verdict.hpp"
#include "core/base/text.hpp"
#include "core/hl7/ack.hpp"

namespace huren::partner_https {

using common::Deadline;
using common::HttpChannel;
using common::HttpRead;
using End = HttpRead::End;

namespace {

// "application/hl7-v2; charset=gb18030" → true and "gb18030". Also the media types that other implementations send.
bool is_hl7(std::string_view content_type, std::string& charset) {
  const Poco::Net::MediaType media{std::string(content_type)};
  if (media.hasParameter("charset")) charset = media.getParameter("charset");
  const auto type = media.getType() + "/" + media.getSubType();
  for (const auto* known : {"application/hl7-v2", "application/hl7-v2+er7", "x-application/hl7-v2+er7"})
    if (equal_ascii_nocase(type, known)) return true;
  return false;
}

}  // namespace

HttpsServer::HttpsServer(common::ConnectionServerSettings connections, HttpsServerSettings settings,
                         common::ConnectionServer::Identify identify, Handle handle, EngineServices& engine)
    : name_(connections.name),
      settings_(settings),
      handle_(std::move(handle)),
      engine_(engine),
      server_(
          std::move(connections), std::move(identify), [this](const common::Visit& visit) { talk(visit); }, engine) {}

void HttpsServer::talk(const common::Visit& visit) {
  HttpChannel channel(std::move(visit.stream));
  for (;;) {
    if (!channel.buffered()) {
      channel.stream.set_stop(&visit.idle_stop);
      if (channel.stream.wait_readable(Deadline(settings_.idle_timeout_ms)) != common::IoStatus::ok)
        return channel.stream.close();
    }
    channel.stream.set_stop(&visit.stop);
    if (!serve_one(channel, visit)) return channel.stream.close_after_drain();
  }
}

bool HttpsServer::serve_one(HttpChannel& channel, const common::Visit& visit) {
  const Deadline deadline(settings_.request_timeout_ms);
  const auto refuse = [&](int status) {
    engine_.log(Severity::warning, "https.request_refused",
                {{"name", name_}, {"source", visit.source}, {"status", std::to_string(status)}});
    respond(channel, visit, status, "", false);
    return false;
  };
  const auto cut = [&](const HttpRead& read) {
    if (read.began && read.io.status != common::IoStatus::stopped)
      engine_.log(Severity::warning, "https.request_cut", {{"name", name_}, {"source", visit.source}});
    return false;
  };
  std::string head, body, charset;
  auto read = channel.read_head(head, deadline);
  if (read.end == End::stream) return cut(read);
  if (read.end != End::ok) return refuse(read.end == End::too_large ? 431 : 400);
  Poco::Net::HTTPRequest request;
  try {
    std::istringstream in(head);
    request.read(in);
  } catch (const Poco::Exception&) {
    return refuse(400);
  }
  if (request.getMethod() != Poco::Net::HTTPRequest::HTTP_POST) return refuse(405);
  if (!is_hl7(request.getContentType(), charset)) return refuse(415);
  if (!charset.empty() && !charset_from_label(charset)) return refuse(415);
  if (!request.has("Content-Length") && !request.has("Transfer-Encoding")) return refuse(411);
  if (equal_ascii_nocase(request.get("Expect", ""), "100-continue"))
    static_cast<void>(channel.stream.write("HTTP/1.1 100 Continue\r\n\r\n", Deadline(settings_.write_timeout_ms)));
  read = channel.read_body(request, false, settings_.max_body_bytes, body, deadline);
  if (read.end == End::stream) return cut({.end = read.end, .io = read.io, .began = true});
  if (read.end != End::ok) return refuse(read.end == End::too_large ? 413 : 400);

  const auto msh = hl7::peek_header(body);
  const bool never_answered = hl7::is_ack(msh) && msh.accept_ack.empty();  // answering one would never end
  auto reply = handle_({.source = visit.source,
                              .content_type = "application/hl7-v2" + (charset.empty() ? "" : "; charset=" + charset),
                              .body = std::move(body)});
  if (never_answered) reply.body.clear();
  return respond(channel, visit, reply.body.empty() ? 204 : 200, reply.body, request.getKeepAlive());
}

bool HttpsServer::respond(HttpChannel& channel, const common::Visit& visit, int status, const std::string& body,
                          bool keep) {
  Poco::Net::HTTPResponse response(Poco::Net::HTTPMessage::HTTP_1_1,
                                   static_cast<Poco::Net::HTTPResponse::HTTPStatus>(status));
  response.set("Date", Poco::DateTimeFormatter::format(Poco::Timestamp(engine_.now_ms() * 1'000),
                                                       Poco::DateTimeFormat::HTTP_FORMAT));
  if (status == 405) response.set("Allow", "POST");
  if (!body.empty())
    response.setContentType(invalid_utf8(body) ? "application/hl7-v2" : "application/hl7-v2; charset=utf-8");
  if (status != 204) response.setContentLength64(static_cast<Poco::Int64>(body.size()));
  response.setKeepAlive(keep);
  std::ostringstream out;
  response.write(out);
  out << body;
  const auto io = channel.stream.write(out.str(), Deadline(settings_.write_timeout_ms));
  if (io.status == common::IoStatus::ok) return keep;
  engine_.log(Severity::warning, "mllp.reply_unsent",
              {{"name", name_}, {"source", visit.source}, {"reason", "failed"}});
  return false;
}

}  // namespace huren::partner_https
