// What every transfer document shares: kinds, modes, identities, what a reader found and what it kept.
// Promises: ids are pure functions of (origin, number, version); the same report gives the same id for ever.
// Refuses: a clock, random ids.
#pragma once
#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/time.hpp"

namespace huren::cda {

// strict: valid against HL7's CDA.xsd as it stands. cn: the same with the Chinese extras (patientType, age),
// valid once those are stripped.
enum class Mode { strict, cn };
std::optional<Mode> mode_from_word(std::string_view word);  // "strict" | "cn"

enum class Kind {
  lab_report,          // C0007 检验报告
  exam_report,         // C0006 检查报告
  record_summary,      // C0001 病历概要
  discharge_summary,   // C0053 出院小结
  discharge_record,    // C0049 出院记录
  consultation,        // C0045 会诊记录
  transfer_record,     // 转诊(院)记录, code and template by configuration
  xd_lab,              // IHE XD-LAB, a lab report for peers outside China
  unknown
};
std::string_view kind_code(Kind kind);  // "C0007", "XD-LAB", ...; what `cda write --kind` takes
std::optional<Kind> kind_from_code(std::string_view code);

struct DocumentId {  // HL7 II
  std::string root, extension;
  friend bool operator==(const DocumentId&, const DocumentId&) = default;
  friend auto operator<=>(const DocumentId&, const DocumentId&) = default;
};
// Stable per (origin code, number); document_id adds the version.
DocumentId set_id(std::string_view origin, std::string_view number);
DocumentId document_id(std::string_view origin, std::string_view number, int version);
struct ReportName {
  std::string origin, number;
  int version = 0;
};
// The inverse of document_id; nullopt for an id of somebody else.
std::optional<ReportName> report_name(const DocumentId& id);

// A document's place in the world: read from any kind, even one whose body is not understood.
struct Head {
  Kind kind = Kind::unknown;
  std::string code, title, language;
  std::vector<std::string> template_ids;
  DocumentId id, set;
  int version = 0;                    // 0: none given
  std::optional<DocumentId> replaces;  // relatedDocument RPLC
  int replaces_version = 0;
  std::optional<DocumentId> appends;   // relatedDocument APND
  Timestamp effective;
  Mode mode = Mode::strict;           // cn when it carries one of the Chinese extras
  std::string charset;                // what the bytes were decoded from
};

// A piece that no field of the model takes, as it stood in the document.
struct Kept {
  std::string where;  // "/ClinicalDocument/component/structuredBody/component[2]/section/entry[3]"
  std::string xml;
};

// Limits on what a partner may send; exceeded: refused, not cut.
struct Limits {
  std::size_t bytes = 8 * 1024 * 1024;
  int depth = 64;
  std::size_t nodes = 200000;
  int attributes = 24;                // of one element
  std::size_t text = 1024 * 1024;     // one run of text or one attribute
  bool inert = true;                  // refuse what a browser would run: for what may be shown
};

// WS/T 500 has no transfer document and WS/T 483's template could not be verified: an alliance sets its own.
struct TransferIdentity {
  std::string template_id, code;      // empty: as in schemas/cda/kinds.csv
};

struct ReadOptions {
  int assumed_offset_minutes = 480;   // the partner's zone, for times without one
  std::string charset;                // label from outside (content type, MSH-18); empty: none
  Limits limits;
  TransferIdentity transfer;
};

}  // namespace huren::cda
