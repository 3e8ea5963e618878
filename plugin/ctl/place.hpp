// Where huren-ctl works: one hospital's configuration folder, its codes and, when asked for, its store.
// Promises: never starts pumps, listeners or the applier. Refuses: a configuration with errors (each is printed with its line).
#pragma once
#include <memory>
#include <ostream>
#include <string>

#include "core/config/config.hpp"
#include "engine/clock.hpp"
#include "engine/loader.hpp"

namespace huren::ctl {

inline constexpr int kOk = 0, kFindings = 1, kUnusable = 2;  // exit codes of every verb

// What an adapter needs of an engine when there is none.
class NoEngine final : public EngineServices {
 public:
  void log(Severity, std::string_view, std::initializer_list<Field>) noexcept override {}
  std::int64_t now_ms() noexcept override { return engine::Clock().now_ms(); }
  Reply accept(const Inbound&) noexcept override { return {}; }
};

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
  [[nodiscard]] std::string say(const Error& e) const { return (e.where.empty() ? "" : e.where + ": ") + text(e, language); }
  // Reads and checks local.toml. Prints what is wrong; false: unusable.
  bool read_config();
  bool open_store(const std::string& restore_from = {});  // the backup that takes the store's place first
  bool failed(const Error& e) { err << say(e) << "\n"; return false; }
};

// A table with aligned columns; CJK characters count two.
void print_table(std::ostream& out, const std::vector<std::vector<std::string>>& rows);
std::string operator_name();  // "operator:" and the system's user
std::string local_time(std::int64_t epoch_ms, int offset_minutes);  // "2026-11-22 09:30:00", "-" for 0

int doctor(Place& place);
struct StatsWishes {
  std::string month;        // "2026-11"; empty: this one
  std::string by;           // item | department | partner | reason | day | week; empty: all of them
  bool csv = false;
  bool from_audit = false;  // from nothing but the audit trail
  bool check = false;       // computed both ways and compared
};
int stats(Place& place, const StatsWishes& wishes);
struct AuditWishes { std::string event, who, object, since, until; int limit = 100; };  // event: its beginning; the newest links
int audit_list(Place& place, const AuditWishes& wishes);
int audit_verify(Place& place, const std::string& head);  // head: "SEQ:HASH" noted elsewhere, or empty
int audit_export(Place& place, const std::string& file);  // JSON lines; empty: standard output
int replay(Place& place, const std::string& uuid);        // of a card or of its suggestion
int results(Place& place, const std::string& patient_id);
// The code tables: to files or standard output; from files, all or none; what of the hospital's items is recognisable, and why not.
int codes_export(Place& place, const std::string& table, const std::string& folder);
int codes_import(Place& place, const std::vector<std::string>& files, bool dry_run);
int codes_coverage(Place& place, const std::string& catalogue);
// Retractions that nobody acknowledged yet.
int retractions(Place& place);
int outbox_list(Place& place, const std::string& partner, const std::string& state, int limit);
int outbox_show(Place& place, std::int64_t id);
// verb: retry | park | cancel. dry_run: says what would be done.
int outbox_change(Place& place, const std::string& verb, const std::vector<std::int64_t>& ids, bool dry_run);
int store_backup(Place& place, const std::string& file);
int store_restore(Place& place, const std::string& file);
int store_check(Place& place);
int store_prune(Place& place, int days);  // 0: as configured
// Days "2026-11-22"; to empty: the one day. Compares with a partner and repairs; a dry run changes nothing.
int reconcile(Place& place, const std::string& partner, const std::string& from, const std::string& to, bool dry_run);
int backfill(Place& place);  // how far each agreement's back-fill has come
// Referrals, readings, consultations: their list and their figures (what: referrals | readings | outflow; CSV, or --json).
int request_list(Place& place, const std::string& kind, const std::string& state, int limit);
int request_figures(Place& place, const std::string& what, const std::string& from_month, const std::string& to_month);
// The work list of partners' patients who may be ours; who: the person that decides.
int doubts_list(Place& place, const std::string& state);
int doubt_decide(Place& place, const std::string& id, bool same, const std::string& who);
// What an event or a feed's message would become: the report, its ORU^R01 and its C0007; nothing is stored.
int try_file(Place& place, const std::string& file, const std::string& type, const std::string& map);

}  // namespace huren::ctl
