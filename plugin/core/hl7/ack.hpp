// Acknowledgements: built for any message, also one that could not be read; parsed from whatever a peer sends back.
// Promises: MSA-2 is the message's MSH-10, sender and receiver swapped, MSH-9 as its version wants it, one ERR per finding
//   (2.5 and later ERR-2..8, earlier ERR-1). Refuses: acknowledging an acknowledgement (ask is_ack first).
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/hl7/message.hpp"

namespace huren::hl7 {

enum class AckCode { AA, AE, AR, CA, CE, CR };
std::string_view to_string(AckCode code);
std::optional<AckCode> ack_code(std::string_view text);

// What MSH-15 and MSH-16 ask for (v2.5.1 §2.9.2): both empty is original mode.
enum class AckWish { always, never, error, success };
struct AckMode {
  bool enhanced = false;
  AckWish accept = AckWish::never;       // in enhanced mode
  AckWish application = AckWish::always; // original mode: always
};
AckMode ack_mode(const Header& h);
inline bool is_commit(AckCode c) { return c == AckCode::CA || c == AckCode::CE || c == AckCode::CR; }
bool wanted(AckWish wish, bool succeeded);

struct AckContext {        // of the one who answers
  std::string control_id;  // MSH-10 of the ACK: unique
  Timestamp time;          // MSH-7
  std::string text;        // MSA-3 (left out from 2.7 on)
  Language language = Language::zh;  // of ERR-8
  Charset charset = Charset::utf8;   // MSH-18 and the bytes
  std::string accept_ack = {};       // MSH-15: a late application ACK may ask for its own commit ("AL")
};

// Wire bytes. Findings become ERR segments (at most 100; the rest is counted in the last one).
std::string build_ack(const Header& of, AckCode code, const Findings& findings, const AckContext& context);
// For bytes that did not read: as much of MSH as can be made out is used; MSA-2 empty when MSH-10 cannot.
std::string build_nak(std::string_view bytes, AckCode code, const Error& why, const AckContext& context);
// MSH of bytes that do not read; never fails, fields may be empty.
Header peek_header(std::string_view bytes);

struct AckError { std::string location, code, severity, text, id{}; };  // "OBX[3]-5", table 0357, E W I, ERR-8 or MSA-3, ERR-5: of a huren its catalogue id
struct Ack {
  AckCode code = AckCode::AE;
  std::string control_id;  // MSA-2: the message it speaks of
  std::string text;        // MSA-3, else the first ERR's text
  std::vector<AckError> errors;
};
Result<Ack> parse_ack(const Message& message);  // Errors hl7.ack_no_msa, hl7.ack_code
Result<Ack> parse_ack(std::string_view bytes);

// "PID-3 101 (a required field is missing); OBX[2]-5 102 (…)": places, codes and what they mean of the first five errors, in words of
// our own: of table 0357, or of the catalogue's id that a huren says. Nothing of the peer's free text (it may name a patient); "-": none.
std::string causes(const Ack& ack, Language language);
// What a text about a refusal says: the code, the causes in Chinese, the causes in English.
std::vector<std::string> refusal(const Ack& ack);

// What an acknowledgement means for the message that was sent.
enum class AckVerdict {
  stranger,   // MSA-2 is another message's (a late one): go on waiting
  committed,  // CA: stored there; with MSH-16 asking for it an application ACK follows in a message of its own
  accepted,   // AA, or CA where no application ACK was asked for: done
  refused,    // AE, CE: sending it again unchanged cannot help
  try_again,  // AR, CR
};
AckVerdict judge(const Header& sent, const Ack& ack);

// An ACK or MCF: never acknowledged. A response such as RRI, ORL, RSP carries MSA too but is a message.
bool is_ack(const Message& message);
bool is_ack(const Header& header);

}  // namespace huren::hl7
