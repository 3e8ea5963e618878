// What CLI11 says when words on the command line do not fit, in the operator's language.
#pragma once
#include <CLI/CLI.hpp>
#include <memory>

#include "core/base/result.hpp"

namespace huren::ctl {

Error words_for(const CLI::ParseError& fault, int argc, const char* const* argv, const CLI::App& app);
void speak(CLI::App& app, Language language);  // headings of the help texts

}  // namespace huren::ctl
