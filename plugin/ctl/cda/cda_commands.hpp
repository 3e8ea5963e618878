// huren-ctl cda VERB: transfer documents on the command line. Needs no configuration and no store.
//   show FILE                            what was understood, as JSON: head, report or record, findings, what was kept
//   check [--json] FILE...               findings, one a line
//   render [-o PAGE.html] [--viewer CODE] FILE   the page that the HIS of that hospital would show
//   write --kind C0007 [--mode cn|strict] [-o FILE] REPORT.json   (or a record: C0006 C0001 C0053 C0049 C0045 TRANSFER, XD-LAB)
//   sign --key KEY.pem --cert CERT.pem [-o SIGNATURE.p7s] FILE
//   verify --signature SIGNATURE.p7s (--cert PINNED.pem | --authority CA.pem) [--crl CRL.pem] [--organisation CODE] [--at TIME] FILE
//   conformance                          the conformance statement, Markdown
// All: [--lang zh|en] [--charset LABEL] [--transfer-template OID] [--transfer-code CODE]; FILE "-" is standard input.
// Exit codes: 0 clean, 1 findings of severity error (a refused signature among them), 2 unreadable or not understood.
#pragma once
#include <ostream>
#include <span>
#include <string>

namespace huren::ctl {
int cda_command(std::span<const std::string> args, std::ostream& out, std::ostream& err);
}  // namespace huren::ctl
