#include "core/cda/document.hpp"

#include <array>

#include "core/cda/oids.hpp"

namespace huren::cda {
namespace {

struct KindRow {
  Kind kind;
  std::string_view code;
};
constexpr std::array kKinds{
    KindRow{Kind::lab_report, "C0007"},       KindRow{Kind::exam_report, "C0006"},
    KindRow{Kind::record_summary, "C0001"},   KindRow{Kind::discharge_summary, "C0053"},
    KindRow{Kind::discharge_record, "C0049"}, KindRow{Kind::consultation, "C0045"},
    KindRow{Kind::transfer_record, "TRANSFER"}, KindRow{Kind::xd_lab, "XD-LAB"},
};

// '^' joins the parts, so it is escaped inside them: no two reports share an id.
void append_part(std::string& out, std::string_view part) {
  for (const char c : part) {
    if (c == '^') out += "%5E";
    else if (c == '%') out += "%25";
    else out += c;
  }
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

}  // namespace huren::cda
