#include "storage/migrate.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

namespace huren::storage {
namespace {

struct Step {
  int number = 0;
  const embedded::File* file = nullptr;
};

std::vector<Step> sorted(std::span<const embedded::File> files) {
  std::vector<Step> steps;
  for (const auto& file : files) {
    Step step{.file = &file};
    std::from_chars(file.name.data(), file.name.data() + std::min<std::size_t>(file.name.size(), 4), step.number);
    steps.push_back(step);
  }
  std::sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) { return a.number < b.number; });
  return steps;
}

struct State {
  std::int64_t application_id = 0, tables = 0, applied = 0;
};

Result<State> look(Database& db) {
  State state;
  auto id = Query(db, "PRAGMA application_id").number();
  if (!id) return id.error();
  state.application_id = *id;
  auto tables = Query(db, "SELECT count(*) FROM sqlite_schema").number();
  if (!tables) return tables.error();
  state.tables = *tables;
  auto known = Query(db, "SELECT count(*) FROM sqlite_schema WHERE name='huren_migration'").number();
  if (!known) return known.error();
  if (*known == 0) return state;
  auto applied = Query(db, "SELECT coalesce(max(number), 0) FROM huren_migration").number();
  if (!applied) return applied.error();
  state.applied = *applied;
  return state;
}

Result<void> refuse_stranger(Database& db, const State& state, std::int32_t application_id, int newest) {
  const bool empty = state.application_id == 0 && state.tables == 0;
  if (!empty && state.application_id != application_id) return Error{"storage.foreign", db.path(), {}};
  if (state.applied > newest)
    return Error{"storage.newer", db.path(), {std::to_string(state.applied), std::to_string(newest)}};
  return {};
}

Result<void> apply(Database& db, std::int32_t application_id, const std::vector<Step>& steps) {
  auto state = look(db);  // again, now under the write lock: another process may have been faster
  if (!state) return state.error();
  if (auto ours = refuse_stranger(db, *state, application_id, steps.back().number); !ours) return ours.error();
  const std::string head = "PRAGMA application_id=" + std::to_string(application_id) +
                           ";CREATE TABLE IF NOT EXISTS huren_migration("
                           "number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_ms INTEGER NOT NULL) STRICT";
  if (auto made = db.exec(head.c_str()); !made) return made.error();
  for (const auto& step : steps) {
    if (step.number <= state->applied) continue;
    if (auto done = db.exec(std::string(step.file->text).c_str()); !done) return done.error();
    Query note(db, "INSERT INTO huren_migration VALUES(?, ?, CAST(strftime('%s', 'now') AS INTEGER) * 1000)");
    if (auto noted = note.with(step.number, step.file->name).run(); !noted) return noted.error();
  }
  return {};
}

}  // namespace

Result<void> migrate(Database& db, std::int32_t application_id, std::span<const embedded::File> files) {
  const auto steps = sorted(files);
  auto state = look(db);
  if (!state) return state.error();
  if (auto ours = refuse_stranger(db, *state, application_id, steps.back().number); !ours) return ours.error();
  if (state->applied == steps.back().number) return {};
  if (auto begun = db.exec("BEGIN IMMEDIATE"); !begun) return begun.error();
  auto applied = apply(db, application_id, steps);
  if (applied) applied = db.exec("COMMIT");
  if (!applied && db.in_transaction()) (void)db.exec("ROLLBACK");
  return applied;
}

}  // namespace huren::storage
