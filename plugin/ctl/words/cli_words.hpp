// What CLI11 says when words on the command line do not fit, in the operator's language.
#pragma once
#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "core/base/result.hpp"

namespace huren::ctl {

Error words_for(const CLI::ParseError& fault, int argc, const char* const* argv, const CLI::App& app);
int print_completion(const CLI::App& app, std::ostream& out);  // a bash function that knows every verb and option
void speak(CLI::App& app, Language language);  // headings of the help texts

}  // namespace huren::ctl
