// The agent's own events, one JSON line each on standard error, which the service manager keeps.
// (The engine logs to data_dir/log/huren.log by itself.) Refuses: patient data; a flood: kPerSecond of one event.
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/result.hpp"

namespace huren::agent {

using Field = std::pair<std::string_view, std::string>;
void log(Severity severity, std::string_view event, std::initializer_list<Field> fields) noexcept;
void log(Severity severity, std::string_view event, const Error& error) noexcept;

}  // namespace huren::agent
