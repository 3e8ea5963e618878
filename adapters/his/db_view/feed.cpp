#include "adapters/his/db_view/feed.hpp"

#include <poll.h>

#include <algorithm>
#include <xxhash.h>

#include "core/mapping/write_back.hpp"

namespace huren::his_db_view {
namespace {

constexpr std::size_t kPage = 500;
constexpr std::size_t kMostPage = 100'000;
constexpr std::int64_t kRecognitions = 100;
constexpr std::uint32_t kQueryMs = 2'000;
constexpr const char* kWritten = "write";

std::string join(const std::vector<std::string>& names, std::string_view between, std::string_view after = "") {
  std::string out;
  for (const auto& n : names) out += (out.empty() ? "" : std::string(between)) + n + std::string(after);
  return out;
}

std::string joined_key(const std::vector<std::string>& key) { return join(key, "\x1f"); }

std::string digest_of(const std::vector<mapping::Record>& rows, const std::string& without) {
  std::string text;
  for (const auto& row : rows) {
    for (const auto& [column, value] : row)
      if (column != without) text += column + '\x1f' + value + '\x1e';
    text += '\x1d';
  }
  const auto hash = XXH3_128bits(text.data(), text.size());
  char out[33];
  std::snprintf(out, sizeof out, "%016llx%016llx", static_cast<unsigned long long>(hash.high64), static_cast<unsigned long long>(hash.low64));
  return out;
}

// Every column that the map reads of this event.
std::vector<std::string> columns_of(const mapping::EventMap& event) {
  std::vector<std::string> out;
  const auto add = [&](const std::string& column) {
    const auto same = [&](const std::string& c) { return mapping::lower_ascii(c) == mapping::lower_ascii(column); };
    if (!column.empty() && std::none_of(out.begin(), out.end(), same)) out.push_back(column);
  };
  const auto take = [&](const std::vector<mapping::Take>& from) {
    for (const auto& t : from)
      for (const auto& p : t.places) add(p.text);
  };
  take(event.from);
  for (const auto& w : event.when) {
    take(w.from);
    for (const auto& c : w.all) add(c.place.text);
  }
  for (const auto& d : event.drop) add(d.place.text);
  const auto& r = *event.read;
  for (const auto& k : r.key) add(k);
  for (const auto* c : {&r.order, &r.cursor, &r.flag}) add(*c);
  return out;
}

std::vector<Value> values_of(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

// A cursor that counts is compared as a number: a view's column may have no type that text could be fitted to.
Value cursor_value(const std::string& text, bool is_time) {
  const bool digits = !is_time && !text.empty() && text.size() < 19 && text.find_first_not_of("0123456789") == std::string::npos;
  return digits ? Value(std::int64_t{std::stoll(text)}) : Value(text);
}

std::string field(const mapping::Record& row, const std::string& column) {
  const auto it = row.find(mapping::lower_ascii(column));
  return it == row.end() ? std::string() : it->second;
}

}  // namespace

Feed::Feed(FeedSettings settings, EngineServices& engine)
    : settings_(std::move(settings)), engine_(engine), database_(settings_.engine, settings_.connection, settings_.name), places_(settings_.place_file, settings_.name) {}

Feed::~Feed() { stop(); }

Result<void> Feed::start() {
  if (auto r = places_.load(); !r) return r;
  for (const auto& event : settings_.map.events)
    windows_.try_emplace(event.name, places_.get("event." + event.name), std::int64_t{event.read->overlap_s} * 1000);
  stop_.lower();
  thread_ = std::thread([this] { run(); });
  return {};
}

void Feed::stop() {
  if (!thread_.joinable()) return;
  stop_.raise();
  thread_.join();
  database_.close();
}

void Feed::run() {
  common::block_sigpipe();
  bool looked = false;
  while (!stop_.raised()) {
    try {
      if (!looked) {
        looked = true;
        for (const auto& event : settings_.map.events)
          if (auto r = database_.look(event.read->table, columns_of(event)); !r) told(r.error()), looked = false;
        if (settings_.map.write) {
          std::vector<std::string> columns;
          for (const auto& [column, member] : settings_.map.write->columns) columns.push_back(column);
          if (auto r = database_.look(settings_.map.write->table, columns); !r) told(r.error()), looked = false;
        }
        if (looked) engine_.log(Severity::info, "db.reading", {{"name", settings_.name}});
      }
      if (looked) round();
    } catch (const std::exception&) {  // the thread's wall; what() may quote a row
      told({"engine.worker_threw", settings_.name, {}});
    }
    pollfd p{stop_.fd(), POLLIN, 0};
    ::poll(&p, 1, static_cast<int>(settings_.poll_ms));
  }
}

// A fault that lasts is told once.
void Feed::told(const Error& why) {
  const auto words = line(why);
  if (words == last_fault_) return;
  last_fault_ = words;
  engine_.log(Severity::error, "db.round_failed", {{"name", settings_.name}, {"why", words}});
}

void Feed::round() {
  bool good = true;
  for (const auto& event : settings_.map.events) {
    if (stop_.raised()) return;
    unsettled_ = false;
    if (auto r = read(event); !r) told(r.error()), good = false;
    if (unsettled_) break;  // a patient whose rows are still coming goes before the visit
  }
  if (settings_.map.write)
    if (auto r = write_back(); !r) told(r.error()), good = false;
  if (good && !last_fault_.empty()) {
    last_fault_.clear();
    engine_.log(Severity::info, "db.reading", {{"name", settings_.name}});
  }
}

Result<void> Feed::read(const mapping::EventMap& event) { return event.read->flag.empty() ? read_by_cursor(event) : read_by_flag(event); }

Result<Feed::Rows> Feed::rows_of(const mapping::EventMap& event, const Key& key) {
  const auto& r = *event.read;
  std::vector<std::string> shown;
  for (const auto& c : columns_of(event)) shown.push_back(database_.shown(c));
  const auto sql = "SELECT " + join(shown, ", ") + " FROM " + r.table + " WHERE " + join(r.key, " AND ", " = ?") +
                   (r.order.empty() ? "" : " ORDER BY " + r.table + "." + r.order);
  return database_.rows(sql, values_of(key), mapping::kMostItems + 1);
}

bool Feed::settled(const mapping::EventMap& event, const std::string& key, const Rows& rows) {
  auto& seen = seen_[event.name][key];
  const auto digest = digest_of(rows, "");
  const auto now = engine_.now_ms();
  if (seen.digest != digest) seen = {digest, now, false};
  const bool still = seen.since_ms + settings_.settle_ms <= now;
  unsettled_ = unsettled_ || !still;
  return still;
}

Result<Feed::Took> Feed::hand_over(const mapping::EventMap& event, const Rows& rows, const std::string& cursor) {
  const mapping::RecordOptions options{.offset_minutes = settings_.offset_minutes, .origin_code = "", .origin_name = "", .trace = nullptr};
  auto mapped = mapping::map_rows(settings_.map, event, rows, options);
  if (mapped.skipped) return Took::not_yet;
  if (mapped.events.empty()) {
    const auto worst = std::find_if(mapped.findings.begin(), mapped.findings.end(), [](const Finding& f) { return f.severity == Severity::error; });
    engine_.log(Severity::warning, "db.row_refused", {{"name", settings_.name}, {"event", event.name}, {"why", worst == mapped.findings.end() ? "" : line(worst->error)}});
    return Took::refused;
  }
  for (const auto& e : mapped.events) {
    // Without a cursor the same content may mean news: it was another one in between.
    const auto key = settings_.name + "/" + event.name + "/" + digest_of({{{"k", e.key}, {"j", e.json}, {"c", cursor}}}, "") +
                     (cursor.empty() ? "/" + std::to_string(engine_.now_ms()) : "");
    if (auto r = engine_.submit(e.type, key, e.json); !r) return r.error();
  }
  return Took::yes;
}

Result<void> Feed::mark(const mapping::EventMap& event, const Key& key, const std::string& word) {
  const auto& r = *event.read;
  std::vector<Value> values{word};
  for (const auto& k : key) values.emplace_back(k);
  values.emplace_back(r.pending);
  return database_.run("UPDATE " + r.table + " SET " + r.flag + " = ? WHERE " + join(r.key, " AND ", " = ?") + " AND " + r.flag + " = ?", values);
}

Result<void> Feed::read_by_flag(const mapping::EventMap& event) {
  const auto& r = *event.read;
  auto& seen = seen_[event.name];
  std::vector<std::string> shown;
  for (const auto& k : r.key) shown.push_back(database_.shown(k));
  // Those that the map passes over for now must not hide what lies behind them.
  const auto sql = "SELECT DISTINCT " + join(shown, ", ") + " FROM " + r.table + " WHERE " + r.flag + " = ?";
  auto waiting = database_.rows(sql, {r.pending}, std::min(kPage + seen.size(), kMostPage));
  if (!waiting) return waiting.error();
  std::map<std::string, Seen> still;
  for (const auto& row : *waiting) {
    if (stop_.raised()) return {};
    Key key;
    for (const auto& k : r.key) key.push_back(field(row, k));
    const auto name = joined_key(key);
    auto rows = rows_of(event, key);
    if (!rows) return rows.error();
    const bool ready = settled(event, name, *rows);
    still[name] = seen[name];
    if (!ready || seen[name].settled) continue;
    auto took = Took::not_yet;
    // Marked first, in the same transaction: what changes meanwhile waits for it and is pending again.
    auto done = database_.within([&]() -> Result<void> {
      if (auto marked = mark(event, key, r.done); !marked) return marked;
      auto now = rows_of(event, key);
      if (!now) return now.error();
      auto handed = hand_over(event, *now, "");
      if (!handed) return handed.error();
      took = *handed;
      return took == Took::yes ? Result<void>() : Error{"db.not_taken", settings_.name, {}};
    });
    if (!done && done.error().id != "db.not_taken") return done;
    if (took == Took::refused)
      if (auto marked = mark(event, key, r.failed); !marked) return marked;
    if (took == Took::not_yet) still[name].settled = true;  // until its rows change
    else still.erase(name);
  }
  seen = std::move(still);
  return {};
}

Result<void> Feed::read_by_cursor(const mapping::EventMap& event) {
  const auto& r = *event.read;
  auto& window = windows_.at(event.name);
  auto& seen = seen_[event.name];
  std::vector<std::string> shown;
  for (const auto& k : r.key) shown.push_back(database_.shown(k));
  shown.push_back(database_.shown(r.cursor));
  std::string from = window.low();
  std::size_t page = kPage;
  std::map<std::string, Seen> still;
  bool all_taken = true;
  for (;;) {
    const auto sql = "SELECT " + join(shown, ", ") + " FROM " + r.table + (from.empty() ? "" : " WHERE " + r.table + "." + r.cursor + " >= ?") + " ORDER BY " + r.table + "." + r.cursor;
    auto found = database_.rows(sql, from.empty() ? std::vector<Value>{} : std::vector<Value>{cursor_value(from, r.cursor_is_time)}, page);
    if (!found) return found.error();
    std::vector<std::pair<Key, std::string>> news;  // in the order of their last rows
    for (const auto& row : *found) {
      Key key;
      for (const auto& k : r.key) key.push_back(field(row, k));
      const auto cursor = field(row, r.cursor);
      if (cursor.empty() || window.knows(joined_key(key), cursor)) continue;
      std::erase_if(news, [&](const auto& n) { return n.first == key; });
      news.emplace_back(std::move(key), cursor);
    }
    for (const auto& [key, cursor] : news) {
      if (stop_.raised()) return {};
      const auto name = joined_key(key);
      auto rows = rows_of(event, key);
      if (!rows) return rows.error();
      const bool ready = settled(event, name, *rows);
      if (!ready) {
        still[name] = seen[name];
        all_taken = false;
        continue;
      }
      auto took = hand_over(event, *rows, cursor);
      if (!took) return took.error();
      window.took(name, cursor, engine_.now_ms());
    }
    if (found->size() < page) break;
    const auto last = field(found->back(), r.cursor);
    if (last == from || last.empty()) {  // one moment fills the whole page
      if (page >= kMostPage) return Error{"db.cursor_stands", settings_.name, {r.table, r.cursor}};
      page = std::min(page * 4, kMostPage);
    } else {
      from = last;
      page = kPage;
    }
    // Far behind: what was taken need not be looked at again, and memory stays small.
    if (all_taken && window.pass(engine_.now_ms()))
      if (auto kept = places_.keep("event." + event.name, window.low()); !kept) return kept;
  }
  seen = std::move(still);
  if (all_taken && window.pass(engine_.now_ms())) return places_.keep("event." + event.name, window.low());
  return {};
}

Result<void> Feed::write_back() {
  const auto& to = *settings_.map.write;
  for (;;) {
    const auto at = places_.get(kWritten);
    const auto answer = engine_.query("recognitions.since/1", "{\"after\":" + (at.empty() ? "0" : at) + ",\"limit\":" + std::to_string(kRecognitions) + "}", kQueryMs);
    if (answer.status < 0) return answer.error;
    if (answer.status > 0) return {};
    auto read = mapping::recognitions_from_json(answer.json, settings_.offset_minutes);
    if (!read) return read.error();
    // One that the table refuses waits for a person; those behind it are written all the same, again and again by key.
    std::optional<Error> fault;
    for (const auto& recognition : read->list) {
      std::map<std::string, std::optional<std::string>> columns;
      for (const auto& [column, member] : to.columns) columns[column] = mapping::written_text(recognition, member);
      auto r = write_one(to, columns);
      if (!r && r.error().id == "db.unreachable") return r;
      if (!r && !fault) fault = r.error();
    }
    if (fault) return *fault;
    const auto next = std::to_string(read->next);
    if (next == (at.empty() ? "0" : at)) return {};
    if (!read->list.empty()) engine_.log(Severity::info, "db.written", {{"name", settings_.name}, {"count", std::to_string(read->list.size())}});
    if (auto r = places_.keep(kWritten, next); !r || stop_.raised()) return r;
  }
}

Result<void> Feed::write_one(const mapping::TableWrite& to, const std::map<std::string, std::optional<std::string>>& columns) {
  const auto value = [&](const std::string& column) { const auto& v = columns.at(column); return v ? Value(*v) : Value(); };
  std::vector<Value> key;
  for (const auto& k : to.key) key.push_back(value(k));
  const auto where = " WHERE " + join(to.key, " AND ", " = ?");
  return database_.within([&]() -> Result<void> {
    auto there = database_.rows("SELECT " + database_.shown(to.key.front()) + " FROM " + to.table + where, key, 1);
    if (!there) return there.error();
    std::vector<std::string> names, marks;
    std::vector<Value> values;
    for (const auto& [column, text] : columns) {
      if (!there->empty() && std::find(to.key.begin(), to.key.end(), column) != to.key.end()) continue;
      names.push_back(column);
      marks.emplace_back("?");
      values.push_back(value(column));
    }
    if (there->empty()) return database_.run("INSERT INTO " + to.table + "(" + join(names, ", ") + ") VALUES(" + join(marks, ", ") + ")", values);
    values.insert(values.end(), key.begin(), key.end());
    return names.empty() ? Result<void>() : database_.run("UPDATE " + to.table + " SET " + join(names, ", ", " = ?") + where, values);
  });
}

}  // namespace huren::his_db_view
