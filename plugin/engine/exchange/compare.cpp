#include "engine/exchange/compare.hpp"

#include <algorithm>

#include "core/mapping/question_message.hpp"
#include "core/model/event.hpp"
#include "engine/exchange/permission.hpp"
#include "engine/reports.hpp"

namespace huren::engine::exchange {
namespace {

std::int64_t start_of(const Date& day, int offset_minutes) { return parse_iso_time(to_iso_date(day), offset_minutes)->epoch_ms; }

Result<std::vector<Held>> rows_of(store::Reader& reader, const std::string& source, int offset_minutes, const Days& days) {
  const auto from = start_of(days.first, offset_minutes);
  auto rows = reader.held(source, from, from + days.count * kDayMs);
  if (!rows) return rows.error();
  std::vector<Held> out;
  for (const auto& r : *rows)
    if (!r.digest.empty())
      out.push_back({.day = to_iso_date(terminology::day_of(r.reported_ms, offset_minutes)), .number = r.number, .digest = r.digest, .version = r.version});
  std::sort(out.begin(), out.end(), [](const Held& a, const Held& b) { return std::tie(a.day, a.number) < std::tie(b.day, b.number); });
  return out;
}

}  // namespace

Result<Days> days_of(const Date& from, const Date& to) {
  const auto count = (start_of(to, 0) - start_of(from, 0)) / kDayMs + 1;
  if (count < 1 || count > static_cast<std::int64_t>(mapping::kMostDays)) return Error{"exchange.too_many_days", "QPD", {std::to_string(mapping::kMostDays)}};
  return Days{from, static_cast<int>(count)};
}

Result<std::vector<Held>> given_to(store::Reader& reader, const Context& context, const config::Partner& partner, const Days& days) {
  auto rows = rows_of(reader, "", context.config.hospital.offset_minutes, days);
  if (!rows) return rows;
  std::vector<Held> out;
  for (auto& r : *rows) {
    const auto subject = subject_of(context.config.hospital.code, r.number);
    auto receivers = reader.receivers(subject);
    if (!receivers) return receivers.error();
    if (std::find(receivers->begin(), receivers->end(), partner.code) == receivers->end()) continue;
    auto bar = reader.bar(partner.code, subject);
    if (!bar) return bar.error();
    if (!*bar) out.push_back(std::move(r));
  }
  return out;
}

Result<std::vector<Held>> held_from(store::Reader& reader, const Context&, const config::Partner& partner, const Days& days) {
  auto rows = rows_of(reader, partner.code, partner.hospital.offset_minutes, days);
  if (!rows) return rows;
  std::vector<Held> out;
  for (auto& r : *rows) {
    auto bar = reader.bar(partner.code, subject_of(partner.hospital.code, r.number));
    if (!bar) return bar.error();
    if (!*bar) out.push_back(std::move(r));
  }
  return out;
}

std::vector<std::vector<std::string>> day_rows(const std::vector<Held>& held) {
  std::vector<std::vector<std::string>> out;
  for (std::size_t i = 0; i < held.size();) {
    std::string text;
    std::size_t count = 0;
    const auto& day = held[i].day;
    for (; i < held.size() && held[i].day == day; ++i, ++count) text += held[i].number + '|' + std::to_string(held[i].version) + '|' + held[i].digest + '\n';
    out.push_back({day, std::to_string(count), sha256_hex(text)});
  }
  return out;
}

std::vector<std::vector<std::string>> report_rows(const std::vector<Held>& held) {
  std::vector<std::vector<std::string>> out;
  for (const auto& h : held) out.push_back({h.number, std::to_string(h.version), h.digest});
  return out;
}

const char* word(Resent resent) {
  switch (resent) {
    case Resent::sent: return "sent";
    case Resent::on_its_way: return "on_its_way";
    case Resent::waits_for_person: return "waits_for_person";
    case Resent::cancelled: return "cancelled";
    case Resent::not_yours: return "not_yours";
  }
  return "";
}

Result<Resent> send_again(store::Unit& unit, const Context& context, const config::Partner& partner, const std::string& number, bool dry_run) {
  using store::OutboxState;
  const auto& own = context.config.hospital.code;
  const auto subject = subject_of(own, number);
  auto receivers = unit.receivers(subject);
  if (!receivers) return receivers.error();
  if (std::find(receivers->begin(), receivers->end(), partner.code) == receivers->end()) return Resent::not_yours;
  auto bar = unit.bar(partner.code, subject);
  if (!bar) return bar.error();
  if (*bar) return Resent::not_yours;  // consent ended
  auto rows = unit.outbox_of(subject, partner.code);
  if (!rows) return rows.error();
  if (!rows->empty()) {
    const auto state = rows->back().state;
    if (state <= OutboxState::on_wire || state == OutboxState::committed) return Resent::on_its_way;
    if (state == OutboxState::refused || state == OutboxState::doubtful || state == OutboxState::parked) return Resent::waits_for_person;
    if (state == OutboxState::cancelled) return Resent::cancelled;  // consent that ended has a bar
  }
  auto versions = unit.report_versions(own, number);
  if (!versions) return versions.error();
  if (versions->empty() || !versions->back().source.empty()) return Resent::not_yours;
  const auto parsed = report_in(versions->back());
  if (!parsed) return Resent::not_yours;
  if (!dry_run)
    if (auto r = send_report(unit, context, versions->back(), *parsed, partner); !r) return r.error();
  return Resent::sent;
}

}  // namespace huren::engine::exchange
