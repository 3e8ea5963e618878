#include "core/cda/document.hpp"

#include <array>
#include <charconv>

#include "core/base/text.hpp"
#include "core/cda/oids.hpp"

namespace huren::cda {
namespace {

struct KindWord {
  Kind kind;
  std::string_view code;
};
constexpr std::array kKinds{
    KindWord{Kind::lab_report, "C0007"},       KindWord{Kind::exam_report, "C0006"},
    KindWord{Kind::record_summary, "C0001"},   KindWord{Kind::discharge_summary, "C0053"},
    KindWord{Kind::discharge_record, "C0049"}, KindWord{Kind::consultation, "C0045"},
    KindWord{Kind::transfer_record, "TRANSFER"}, KindWord{Kind::xd_lab, "XD-LAB"},
};

// '^' joins the parts, so it is escaped inside them: no two reports share an id.
void append_part(std::string& out, std::string_view part) {
  for (const char c : part) {
    if (c == '^') out += "%5E";
    else if (c == '%') out += "%25";
    else out += c;
  }
}

std::string unescaped(std::string_view part) {
  std::string out;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part.substr(i, 3) == "%5E") out += '^', i += 2;
    else if (part.substr(i, 3) == "%25") out += '%', i += 2;
    else out += part[i];
  }
  return out;
}

}  // namespace

std::optional<Mode> mode_from_word(std::string_view word) {
  if (word == "strict") return Mode::strict;
  if (word == "cn") return Mode::cn;
  return std::nullopt;
}

std::string_view kind_code(Kind kind) {
  for (const auto& k : kKinds)
    if (k.kind == kind) return k.code;
  return "";
}

std::optional<Kind> kind_from_code(std::string_view code) {
  for (const auto& k : kKinds)
    if (k.code == code) return k.kind;
  return std::nullopt;
}

DocumentId set_id(std::string_view origin, std::string_view number) {
  DocumentId id{std::string(kDocumentRoot), {}};
  append_part(id.extension, origin);
  id.extension += '^';
  append_part(id.extension, number);
  return id;
}

DocumentId document_id(std::string_view origin, std::string_view number, int version) {
  auto id = set_id(origin, number);
  id.extension += '^' + std::to_string(version);
  return id;
}

std::optional<ReportName> report_name(const DocumentId& id) {
  if (id.root != kDocumentRoot) return std::nullopt;
  const auto parts = split(id.extension, '^');
  if (parts.size() != 3) return std::nullopt;
  ReportName out{unescaped(parts[0]), unescaped(parts[1]), 0};
  const auto end = parts[2].data() + parts[2].size();
  if (std::from_chars(parts[2].data(), end, out.version).ptr != end || out.version < 1) return std::nullopt;
  return out;
}

}  // namespace huren::cda
