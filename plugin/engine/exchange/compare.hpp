// What two hospitals hold of each other's reports, day by day, in a form that both compute alike; and sending one again.
// Promises: a day is a day of release in the releasing hospital's zone; reports whose consent ended count on neither side.
#pragma once
#include <string>
#include <vector>

#include "engine/context.hpp"

namespace huren::engine::exchange {

struct Days { Date first; int count = 1; };
Result<Days> days_of(const Date& from, const Date& to);  // Error exchange.too_many_days, also when they are reversed

struct Held { std::string day, number, digest; int version = 1; };  // day "2026-11-22"
// Newest versions, by day and number. given_to: ours that went to the partner; held_from: the partner's that are here.
Result<std::vector<Held>> given_to(store::Reader& reader, const Context& context, const config::Partner& partner, const Days& days);
Result<std::vector<Held>> held_from(store::Reader& reader, const Context& context, const config::Partner& partner, const Days& days);

std::vector<std::vector<std::string>> day_rows(const std::vector<Held>& held);     // day, count, SHA-256 over its reports
std::vector<std::vector<std::string>> report_rows(const std::vector<Held>& held);  // number, version, digest

enum class Resent { sent, on_its_way, waits_for_person, cancelled, not_yours };  // cancelled: a person decided that it shall not be sent
const char* word(Resent resent);
// Our report, to a partner that once received it, by the ordinary way. dry_run: what would be done.
Result<Resent> send_again(store::Unit& unit, const Context& context, const config::Partner& partner, const std::string& number, bool dry_run);

}  // namespace huren::engine::exchange
