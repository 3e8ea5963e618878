// One message posted, its acknowledgement in the response, and what that proves. Up to the response the table is that
// of partner/mllp/exchange.hpp; from there on:
//
//   response                                             outcome    remark
//   -------------------------------------------------    ---------  -----------------------------------------------
//   HL7 acknowledgement of this message, any status      by its code (common/verdict.hpp): servers are told to answer
//   200
//                                                        whatever the code, but a well-known one sends AR as 400, AE as
//                                                        500
//   HL7 acknowledgement of another message               unknown    transport.wrong_control_id
//   2xx with anything else                               unknown    transport.ack_unreadable
//   429, 503, 408                                        not_sent   transport.http_busy, retry_after from Retry-After
//   other 4xx, 3xx                                       refused    transport.http_status: not taken, and asking again
//   is no cure other 5xx                                            unknown    transport.http_failed: it may have
//   stored before it failed cut off or silent inside the response                unknown    transport.half_ack
#pragma once
#include <string>

#include "adapters/common/http_channel.hpp"
#include "huren/adapter.hpp"

namespace huren::partner_https {

struct Connection {
  common::Stream stream;
  bool answered = false;
};

struct Exchanged {
  Receipt receipt;
  std::string reply = {};  // the message that names ours in MSA-2
  bool reusable = false;
  bool nothing_left = false;
};

struct Target {
  std::string host;  // of the Host header
  std::string path;
  std::string where;  // "partner.city_hospital"
};

Exchanged exchange(Connection& connection, const Message& message, const Target& target, std::int64_t now_ms,
                   const common::Deadline& deadline);

}  // namespace huren::partner_https
