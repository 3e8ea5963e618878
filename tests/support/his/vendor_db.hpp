// A vendor's database in a test: the same tables on SQLite, PostgreSQL and both by ODBC, reached by the vendor's own means.
#pragma once
#include <Poco/Data/PostgreSQL/Connector.h>
#include <Poco/Data/RecordSet.h>
#include <Poco/Data/SQLite/Connector.h>
#include <Poco/Data/Session.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>

#include "tests/support/temp_dir.hpp"

namespace huren::test {

// One server for a whole test program, ended with it.
class PostgresServer {
 public:
  static const std::string& folder() {
    static PostgresServer server;
    return server.folder_;
  }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

 private:
  PostgresServer() {
    FILE* out = ::popen("bash '" HUREN_SOURCE_DIR "/tests/support/postgres.sh' start", "r");
    std::array<char, 256> line{};
    if (out && std::fgets(line.data(), line.size(), out)) folder_ = line.data();
    if (out) ::pclose(out);
    while (folder_.ends_with('\n')) folder_.pop_back();
    if (folder_.empty()) throw std::runtime_error("PostgreSQL did not start: ./dev setup installs it");
  }
  ~PostgresServer() {
    if (!folder_.empty() && std::system(("bash '" HUREN_SOURCE_DIR "/tests/support/postgres.sh' stop " + folder_).c_str()) != 0) std::perror("postgres.sh stop");
  }
  std::string folder_;
};

class VendorDb {
 public:
  // kind: sqlite | postgresql | odbc_sqlite | odbc_postgresql
  explicit VendorDb(const std::string& kind) : kind_(kind) {
    const bool postgres = kind.ends_with("postgresql");
    if (postgres) {
      static int count = 0;
      const std::string name = "t" + std::to_string(++count);
      const auto server = "host=" + PostgresServer::folder() + " user=postgres dbname=";
      Poco::Data::Session admin(Poco::Data::PostgreSQL::Connector().createSession(server + "postgres", 10));
      admin << "CREATE DATABASE " + name, Poco::Data::Keywords::now;
      session_.emplace(Poco::Data::PostgreSQL::Connector().createSession(server + name, 10));
      connection_ = kind == "postgresql" ? server + name
                                         : "Driver=/usr/lib/x86_64-linux-gnu/odbc/psqlodbcw.so;Servername=" + PostgresServer::folder() + ";Database=" + name + ";Username=postgres";
    } else {
      const auto file = dir_.file("vendor.db");
      session_.emplace(Poco::Data::SQLite::Connector().createSession(file, 10));
      connection_ = kind == "sqlite" ? file : "Driver=/usr/lib/x86_64-linux-gnu/odbc/libsqlite3odbc.so;Database=" + file + ";Timeout=10000";
    }
    std::ofstream(dir_.file("connection.txt")) << "# the vendor's account\n" << connection_ << "\n";
  }
  [[nodiscard]] std::string engine() const { return kind_.starts_with("odbc") ? "odbc" : kind_; }
  [[nodiscard]] std::string connection_file() const { return dir_.file("connection.txt"); }
  [[nodiscard]] std::string folder() const { return dir_.path().string(); }
  void run(const std::string& sql) {
    for (int i = 0;; ++i) try {
        *session_ << sql, Poco::Data::Keywords::now;
        return;
      } catch (const Poco::Exception& e) {  // SQLite: the adapter is writing
        if (i == 100 || kind_.ends_with("postgresql")) throw std::runtime_error(e.displayText());
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
  }
  // Rows as texts, columns joined by a bar, rows by line ends.
  std::string ask(const std::string& sql) {
    Poco::Data::Statement statement(*session_);
    statement << sql;
    statement.execute();
    Poco::Data::RecordSet set(statement);
    std::string out;
    for (std::size_t r = 0; r < set.rowCount(); ++r) {
      for (std::size_t c = 0; c < set.columnCount(); ++c) out += (c ? "|" : "") + (set.isNull(c, r) ? std::string("-") : set.value(c, r).convert<std::string>());
      out += "\n";
    }
    return out;
  }
  // The tables of schemas/mapping/middle_table.toml.
  void middle_tables() {
    std::ifstream in(HUREN_SOURCE_DIR "/tests/support/his/middle_tables.sql");
    for (std::string statement; std::getline(in, statement, ';');)
      if (statement.find("CREATE TABLE") != std::string::npos) run(statement.substr(statement.find("CREATE TABLE")));
  }
  // One row of a report, waiting.
  void result(const std::string& report, int item_no, const std::string& item, const std::string& value, const std::string& state = "1") {
    run("INSERT INTO MID_RESULT(REPORT_NO, PATIENT_ID, PATIENT_NAME, SEX, BIRTHDAY, ID_CARD, VISIT_TYPE, VISIT_ID, SAMPLE, SAMPLE_TIME, CHECK_TIME, ITEM_NO, ITEM_CODE, ITEM_NAME, RESULT, UNIT, "
        "REF_RANGE, STATE, SEND_FLAG) VALUES(" + (report.empty() ? "NULL" : "'" + report + "'") + ", 'P1', '陈东珅', '2', '1949-12-31', '11010519491231002X', '1', 'E1', '血清', "
        "'2026-11-22 07:15:00', '2026-11-22 09:20:00', " + std::to_string(item_no) + ", '" + item + "', '项目', '" + value + "', 'mmol/L', '3.9-6.1', '" + state + "', '0')");
  }

 private:
  TempDir dir_;
  std::string kind_, connection_;
  std::optional<Poco::Data::Session> session_;
};

}  // namespace huren::test
