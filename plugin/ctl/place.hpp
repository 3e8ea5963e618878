// Where huren-ctl works: one hospital's configuration folder, its codes and, when asked for, its store.
// Promises: never starts pumps, listeners or the applier. Refuses: a configuration with errors (each is printed with its line).
#pragma once
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <ostream>
#include <string>

#include "core/config/config.hpp"
#include "engine/clock.hpp"
#include "engine/context.hpp"
#include "engine/inspect.hpp"
#include "engine/loader.hpp"

namespace huren::ctl {

inline constexpr int kOk = 0, kFindings = 1, kUnusable = 2;  // exit codes of every verb

struct Place {
  std::string config_dir;
  Language language = Language::zh;
  bool json = false;
  std::ostream& out;
  std::ostream& err;

  config::Config config;
  std::string data;          // absolute
  std::string adapter_dir;
  std::unique_ptr<engine::Loader> loader;
  std::unique_ptr<Adapter> store_adapter;
  store::Store* store = nullptr;

  [[nodiscard]] std::string say(const char* zh, const char* en) const { return language == Language::zh ? zh : en; }
  // A word of the store ("delivered", "own", "final") as the operator's tables have it; JSON keeps the word itself.
  [[nodiscard]] std::string word(std::string_view stored) const;
  [[nodiscard]] std::string say(const Error& e) const { return (e.where.empty() ? "" : e.where + ": ") + text(e, language); }
  // Reads and checks local.toml. Prints what is wrong; false: unusable.
  bool read_config();
  bool open_store(const std::string& restore_from = {});  // the backup that takes the store's place first
  bool failed(const Error& e) { err << say(e) << "\n"; return false; }
};

// A table with aligned columns; CJK characters count two.
void print_table(std::ostream& out, const std::vector<std::vector<std::string>>& rows);
// What a list verb ends with: the rows for programs with --json, the table for people otherwise, "none" under an empty one. kOk.
int print_rows(const Place& place, const nlohmann::ordered_json& rows, const std::vector<std::vector<std::string>>& table);
std::string operator_name();  // "operator:" and the system's user
std::string local_time(std::int64_t epoch_ms, int offset_minutes);  // "2026-11-22 09:30:00", "-" for 0
nlohmann::ordered_json json_time(std::int64_t epoch_ms, int offset_minutes);  // "2026-11-22T09:30:00+08:00", null for 0

int doctor(Place& place);
struct StatsWishes {
  std::string month;        // "2026-11"; empty: this one
  std::string by;           // item | department | partner | reason | day | week; empty: all of them
  bool csv = false;
  bool from_audit = false;  // from nothing but the audit trail
  bool check = false;       // computed both ways and compared
  int months = 1;           // more: the totals of so many months, the last of them this one
};
int stats(Place& place, const StatsWishes& wishes);
struct AuditWishes { std::string event, who, object, since, until; int limit = 100; };  // event: its beginning; the newest links
int audit_list(Place& place, const AuditWishes& wishes);
int audit_verify(Place& place, const std::string& head);  // head: "SEQ:HASH" noted elsewhere, or empty
int audit_export(Place& place, const std::string& file);  // JSON lines; empty: standard output
int replay(Place& place, const std::string& uuid);        // of a card or of its suggestion
int results(Place& place, const std::string& patient_id);
// The code tables: to files or standard output; from files, all or none; what of the hospital's items is recognisable, and why not.
std::string table_list();  // their file names, for a sentence
int codes_export(Place& place, const std::string& table, const std::string& folder);
int codes_import(Place& place, const std::vector<std::string>& files, bool dry_run);
int codes_coverage(Place& place, const std::string& catalogue);  // "": the hospital's own list, codes/catalogue.csv
// The mapping workbench (console/tables.hpp). show: unmapped | mapped | all.
struct MapWishes { std::string show = "unmapped", find; int limit = 200; };
int map_list(Place& place, const MapWishes& wishes);
int map_accept(Place& place, const std::vector<std::string>& words, int least, bool dry_run);
int map_remove(Place& place, const std::vector<std::string>& items, bool dry_run);
// One row of a table: words KEY=VALUE; the row with the same key changes, else it is a new one. remove: by its key.
int codes_row(Place& place, const std::string& table, const std::vector<std::string>& words, bool remove, bool dry_run);
int codes_catalogue(Place& place, const std::string& text, bool dry_run);  // the hospital's own list of items
int codes_history(Place& place);
int codes_restore(Place& place, const std::string& id, bool dry_run);
int calendar(Place& place);
// Retractions that nobody acknowledged yet.
int retractions(Place& place);
// By its name in local.toml or its organisation code; null: said.
const config::Partner* partner_named(Place& place, const char* where, const std::string& name);
int outbox_list(Place& place, const std::string& partner, const std::string& state, int limit);
int outbox_show(Place& place, std::int64_t id);
int outbox_queues(Place& place);
// A message seen through: patient data, audited.
int outbox_open(Place& place, std::int64_t id);
int inbox_open(Place& place, std::int64_t id);
int inbox_list(Place& place, int limit);      // refused, or taken and without effect
int events_parked(Place& place, int limit);   // of the HIS
// verb: retry | park | cancel. dry_run: says what would be done.
int outbox_change(Place& place, const std::string& verb, const std::vector<std::int64_t>& ids, bool dry_run);
// Partners and agreements of local.toml: path "agreement.city_2026". An empty value takes a key out.
int config_show(Place& place, const std::string& path);
int config_set(Place& place, const std::string& path, const std::vector<std::string>& assignments, bool dry_run);
int config_remove(Place& place, const std::string& path, bool dry_run);
int config_history(Place& place);
int config_restore(Place& place, const std::string& id, bool dry_run);
int config_preview(Place& place, const std::string& path, const std::vector<std::string>& assignments);  // on last month's orders
int probe(Place& place, const std::string& to, std::string server_name, std::string fingerprint);  // to: HOST:PORT or a partner
// Accounts of the console.
int console_token(Place& place);   // prints a one-time token that makes the first administrator
int console_users(Place& place);
// Makes or changes one account. ask_password: from the terminal without echo, or the first line of standard input.
struct UserWishes { std::string name, display, role; bool disable = false, enable = false, ask_password = false; };
int console_user(Place& place, const UserWishes& wishes);
int console_unlock(Place& place, const std::string& name);
int store_backup(Place& place, const std::string& file);
int store_restore(Place& place, const std::string& file);
int store_check(Place& place);
int store_prune(Place& place, int days);  // 0: as configured
// Days "2026-11-22"; to empty: the one day. Compares with a partner and repairs; a dry run changes nothing.
// What the engine's functions want, beside a running engine. Errors are said; fn's own answer otherwise.
int with_context(Place& place, const std::function<int(const engine::Context&)>& fn);
int reconcile(Place& place, const std::string& partner, const std::string& from, const std::string& to, bool dry_run);
int backfill(Place& place);  // how far each agreement's back-fill has come
// Referrals, readings, consultations: their list and their figures (what: referrals | readings | outflow; CSV, or --json).
int request_list(Place& place, const std::string& kind, const std::string& state, int limit);
int request_figures(Place& place, const std::string& what, const std::string& from_month, const std::string& to_month);
// The work list of partners' patients who may be ours; who: the person that decides.
int request_show(Place& place, const std::string& key);
int doubts_list(Place& place, const std::string& state);
int doubt_decide(Place& place, const std::string& id, bool same, const std::string& who);
// What an event or a feed's message would become: the report, its ORU^R01 and its C0007; nothing is stored.
// event_name: of a map of tables, which of its events the rows are.
int try_file(Place& place, const std::string& file, const std::string& type, const std::string& map, const std::string& event_name);

}  // namespace huren::ctl
