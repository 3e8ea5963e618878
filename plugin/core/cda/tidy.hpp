// What a text, code or time reads back as. Internal to core/cda.
#pragma once
#include <string>
#include <vector>

#include "core/model/lab_report.hpp"

namespace huren::cda {

void tidy_some(std::string& text);
inline void tidy(std::string& text) {  // most are: a blank or less stands at no end and is no CR
  const auto low = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  if (!text.empty() && (low(text.front()) || low(text.back()) || text.find('\r') != std::string::npos)) tidy_some(text);
}
void tidy(model::Code& code);
void tidy(model::Organisation& organisation);
void tidy(model::Person& person);
void tidy(model::Patient& patient);
void tidy(Timestamp& time);
void tidy(std::vector<std::string>& list);  // empty ones go

}  // namespace huren::cda
