// The configuration: one TOML file, every key declared once (schemas/catalog/options.csv), unknown keys refused.
// Promises: all faults at once, each "local.toml:17" with what to do and, for a misspelt key, the likely one.
// Refuses: defaults that nobody declared; reading files (the caller passes the text).
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/model/agreement.hpp"

namespace huren::config {

using Options = std::map<std::string, std::string>;  // checked text forms: "127.0.0.1:2575", "true", "2000"

struct Partner {
  std::string code;            // [partner.city_hospital]: "city_hospital"
  model::Hospital hospital;    // organisation, name, region, level, zone
  std::string adapter;         // "partner.mllp"
  bool deduplicates = true;    // every huren does; false: unknown outcomes are never re-sent
  bool huren = true;           // takes our Z-messages (decisions, views, retraction receipts)
  std::string cda_mode = "cn"; // cn | strict
  bool orders = false;         // a laboratory: takes OML^O21, and ADT^A40 and A37 with them
  bool enhanced = false;       // acknowledgement = "enhanced": a commit at once, an application acknowledgement later
  int application_ack_timeout_ms = 3'600'000;
  std::string profile = "alliance";  // a built-in one, or a CSV file beside local.toml
  bool packed = true;          // documents travel packed (Zstandard) where the partner is a huren
  int concurrency = 16;        // connections to it in use at a time
  int window = 32;             // messages one behind another on each, where the partner is a huren that de-duplicates; else 1
  std::map<std::string, int> time_to_live_hours;  // by message type ("ORU"): older ones are not sent any more; absent: never
  std::vector<std::string> signers;  // SHA-256 of the certificates that may sign its documents; empty: the authority decides
  Options options;             // the adapter's: address, certificate_sha256, ...
  std::string adapter_at = {}; // where the adapter is named: "local.toml:17 partner.city_hospital.adapter"
};

struct Signing {               // [signing]: files, PEM
  std::string certificate, private_key;  // ours; empty: nothing is signed
  std::string authority, crl;            // what partners' certificates are checked against
};

struct Feed {                  // [feed.lis]
  std::string name;
  std::string adapter;         // "his.hl7v2_feed"
  std::string mapping;         // name in schemas/mapping, "" : plain ORU^R01
  std::string relay_to;        // partner that gets every message of this feed as it came; "": they are this hospital's own
  std::string profile = "feed";
  Options options;
  std::string adapter_at = {}; // "local.toml:17 feed.lis.adapter"
};

struct Agent {                 // how HIS processes reach huren-agent
  std::string socket;          // empty: agent.sock in the spool's folder
  std::string group;           // its members may connect, beside the agent's own account
  std::vector<std::string> users;
};

struct Config {
  model::Hospital hospital;    // [hospital]
  std::string mode = "embedded";          // embedded | agent
  std::string data_dir;                   // [store] directory, relative to the file's folder
  std::string spool_dir;                  // [spool] directory; empty: data_dir
  int submit_timeout_ms = 2000;
  std::int64_t max_body_bytes = 8 * 1024 * 1024;
  std::string store_adapter = "store.sqlite", store_adapter_at;
  Options store_options;
  std::string adapter_dir;                // where huren-*.so lie; empty: beside the module
  std::string engine_path;                // empty: beside the module
  Options listener;                       // [listener]: listen, certificate, private_key, trust (partner.mllp server side); empty: none
  Signing signing;
  std::string transfer_template, transfer_code;  // [document]: of 转诊(院)记录; empty: as in schemas/cda/kinds.csv
  std::vector<Partner> partners;
  std::vector<Feed> feeds;
  std::vector<model::Agreement> agreements;  // [agreement.ID]
  std::string local_items, prices;        // CSV beside the file: local item ↔ standard item, price list
  std::string log_level = "info";
  int ignored_after_minutes = 240;        // a suggestion that nobody answered counts as ignored
  int escalate_after_minutes = 1440;      // a retraction that nobody acknowledged is told again, and to:
  std::string quality_manager;            // staff number; empty: nobody in particular
  struct Exchange {                       // [exchange]
    std::string key_file;                 // of the index; empty: none
    int ask_timeout_ms = 5000, ask_within_ms = 600'000, questions_per_minute = 120, backfill_per_minute = 600;
    int reconcile_hour = 2, reconcile_days = 7;  // hour -1: never by itself
  } exchange;
  struct Console {                        // [console]
    std::string listen;                   // empty: none
    std::string certificate, private_key; // PEM; empty: in the clear, on a loopback address only
    std::string address;                  // how browsers reach it: "https://huren.hospital.example:8443"; empty: made of listen
    int idle_minutes = 30, link_seconds = 120;
  } console;
  Agent agent;                            // [agent]
  std::string metrics_listen;             // a loopback address; empty: none
  int keep_days = 90;                     // 0: for ever
  int retry_first_ms = 1000, retry_ceiling_ms = 300000, max_attempts = 8, deliver_timeout_ms = 10000;
};

struct Parsed { Config config; Findings findings; };
// file_name is used in locations only.
Parsed parse(std::string_view toml, std::string_view file_name);

// Where faults are told and defaults are shown: what schemas/catalog/options.csv declares.
// required: "" | "yes" | the adapter that needs it ("partner.mllp").
struct OptionRow { std::string key, type, fallback, required, help_zh, help_en; };
const std::vector<OptionRow>& declared();

}  // namespace huren::config
