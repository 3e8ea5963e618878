// One connection to a vendor's database: PostgreSQL, SQLite or whatever ODBC reaches, by Poco::Data.
// Promises: values travel as parameters, always; text comes back as the database prints it (times of ODBC without a zone);
//   null is absent; a broken connection is made anew at the next call; Poco's registry of connectors stays untouched.
// Refuses: messages of the database in errors (they quote rows); SQL that is not put together from checked names.
#pragma once
#include <Poco/Data/Session.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/result.hpp"
#include "core/mapping/record.hpp"

namespace huren::his_db_view {

enum class Engine { sqlite, postgresql, odbc };
std::optional<Engine> engine_of(std::string_view word);

using Value = std::variant<std::monostate, std::string, std::int64_t>;  // monostate: null

class Database {
 public:
  Database(Engine engine, std::string connection, std::string name) : engine_(engine), connection_(std::move(connection)), name_(std::move(name)) {}

  // sql: with ? where values stand, names checked by the map. most: rows at most.
  Result<std::vector<mapping::Record>> rows(std::string_view sql, const std::vector<Value>& values, std::size_t most);
  Result<void> run(std::string_view sql, const std::vector<Value>& values);
  // All of it or nothing.
  Result<void> within(const std::function<Result<void>()>& work);
  // Whether the table and these columns are there. Error db.no_table, db.no_column.
  Result<void> look(const std::string& table, const std::vector<std::string>& columns);
  // A column in a SELECT, so that it comes back as text: "CAST(x AS VARCHAR(4000)) AS x".
  [[nodiscard]] std::string shown(const std::string& column) const;
  void close();

 private:
  Result<void> connect();
  Error fault(const std::exception& e);
  [[nodiscard]] std::string dialect(std::string_view sql, std::size_t most) const;

  Engine engine_;
  std::string connection_, name_;
  std::optional<Poco::Data::Session> session_;
};

}  // namespace huren::his_db_view
