// What the agent asks of the operating system: signals, accounts by name, the service manager.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace huren::agent {

enum class Signal { none, stop, reload };

void hold_signals();                                   // before any thread: SIGTERM, SIGINT, SIGHUP wait for next_signal(); no SIGPIPE
Signal next_signal(std::chrono::milliseconds wait);

std::optional<std::int64_t> user_id(const std::string& name_or_number);
std::optional<std::int64_t> group_id(const std::string& name_or_number);
std::int64_t own_user();

// sd_notify(3) without its library: "READY=1". Nothing happens where no service manager listens.
void tell_manager(const std::string& state);
std::chrono::milliseconds watchdog_period();           // 0: none is wanted
std::int64_t monotonic_us();

}  // namespace huren::agent
