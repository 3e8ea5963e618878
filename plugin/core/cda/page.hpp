// A document as a page for a HIS's built-in browser or a printer: HTML without scripts, links or anything from outside.
// Promises: every byte of the document that reaches the page is escaped; abnormal values, origin, corrected and withdrawn
//   are unmissable; Chinese or English. Refuses: active content, stylesheet instructions of the sender.
#pragma once
#include <map>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/cda/lab_document.hpp"

namespace huren::cda {

struct PageOptions {
  Language language = Language::zh;
  // Latest earlier value per standard item code (else local code), same unit: draws the trend arrow.
  struct Previous { double value = 0; std::string unit; Timestamp at; std::string method_group = {}; };
  std::map<std::string, Previous> previous;
  std::string viewer;        // code of the hospital whose screen this is: a document of another says so in a banner
  bool superseded = false;   // a newer version is held: says so across the page
};

std::string lab_page(const model::LabReport& report, const PageOptions& options);
// Any document: a lab report as above, another kind by its sections. Error: why the bytes are refused.
Result<std::string> page(std::string_view bytes, const ReadOptions& read, const PageOptions& options);

}  // namespace huren::cda
