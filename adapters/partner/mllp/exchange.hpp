// Messages out, their acknowledgements in, and what that proves of each. Several go out one behind another, and every answer is
// told by the MSA-2 that it names; what ends the connection is said of each that has no answer yet. The outcome table:
//
//   what happened                                       outcome    remark
//   ------------------------------------------------    ---------  ------------------------------------------------
//   no address, connect refused or timed out            not_sent   transport.address_unknown, .connect_*
//   TLS handshake failed, by us or by them              not_sent   tls.*   (no message byte leaves before its end)
//   kept connection found closed or dead before use     (none)     a new connection is made, nothing had left
//   write failed, not one byte handed to the kernel     not_sent   transport.write_nothing; on a kept connection the
//                                                                  message goes out on a new one instead
//   write failed or timed out later                     unknown    transport.write_partial (some receivers take what
//   they have) certificate alert at the first read or write        not_sent   tls.peer_*: with TLS 1.3 the server
//   judges our
//     of a connection that has answered nothing yet                certificate after our side is done, and reads no
//                                                                  message before (RFC 8446 §4.4.2.4, §6.2)
//   any other alert                                     unknown    tls.peer_alert
//   closed or reset before an answer                    unknown    transport.closed_before_ack
//   closed or silent inside the answer                  unknown    transport.half_ack
//   nothing until the deadline                          unknown    transport.ack_timeout
//   only answers to other messages until then           unknown    transport.wrong_control_id (each is skipped: it is a
//   late one) an answer that is not an acknowledgement            unknown    transport.ack_unreadable AA, CA delivered
//   AE, CE                                              refused    transport.refused
//   AR, CR                                              not_sent   transport.refused_for_now with retry_after, or
//   refused
//                                                                  when ERR names a lasting cause (common/verdict.hpp)
//   MLLP 2 nak                                          not_sent   transport.nak with retry_after
//   MLLP 2 commit                                       (wait on)  the answer decides; without one unknown stays
//   unknown our own stop while waiting                          unknown    transport.stopped_waiting
//
// A late answer that comes after the deadline meets a closed connection; one that comes on a kept connection is told apart
// by its MSA-2 at the next message and handed to the engine, which knows what it settles (enhanced mode); what the engine
// answers goes back at once.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "adapters/common/net.hpp"
#include "adapters/common/stream.hpp"
#include "core/hl7/mllp.hpp"
#include "huren/adapter.hpp"

namespace huren::partner_mllp {

// A connection with what was read beyond the last answer.
struct Connection {
  common::Stream stream;
  hl7::MllpDecoder decoder{std::size_t{16} << 20};  // the reply to a question may hold documents
  bool answered = false;                           // an acknowledgement came over it: the peer has accepted us
};

struct Exchanged {
  std::vector<Replied> each;  // body: the message that names ours in MSA-2
  bool reusable = false;      // the connection may be kept
  bool nothing_left = false;  // no byte of the messages left: another connection may carry them
  int skipped = 0;            // answers to other messages
};

// An acknowledgement of another message; the answer to it, mostly none.
using TakeLate = std::function<std::string(std::string&& ack)>;

Exchanged exchange(Connection& connection, std::span<const Message> messages, const common::Deadline& deadline,
                   const std::string& where, const TakeLate& late);

// Before a kept connection is used: late answers are taken off it. False: it is dead or has gone mad.
bool still_good(Connection& connection, int& skipped, const TakeLate& late);

}  // namespace huren::partner_mllp
