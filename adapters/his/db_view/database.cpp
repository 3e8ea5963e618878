#include "adapters/his/db_view/database.hpp"

#include <Poco/Data/ODBC/Connector.h>
#include <Poco/Data/PostgreSQL/Connector.h>
#include <Poco/Data/RecordSet.h>
#include <Poco/Data/SQLite/Connector.h>
#include <Poco/Data/Statement.h>
#include <Poco/DateTime.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Exception.h>
#include <Poco/Nullable.h>
#include <postgresql/libpq-fe.h>

#include <list>
#include <memory>

namespace huren::his_db_view {
namespace {

using namespace Poco::Data::Keywords;

constexpr std::size_t kConnectSeconds = 10;
constexpr int kLongestField = 65'536;

// What was bound must stay where it is until the statement has run.
struct Bound {
  std::list<std::string> texts;
  std::list<Poco::Int64> numbers;
  std::list<Poco::Nullable<std::string>> nulls;
  void to(Poco::Data::Statement& statement, const std::vector<Value>& values) {
    for (const auto& v : values) {
      if (const auto* text = std::get_if<std::string>(&v)) statement.addBind(useRef(texts.emplace_back(*text)));
      else if (const auto* number = std::get_if<std::int64_t>(&v)) statement.addBind(useRef(numbers.emplace_back(*number)));
      else statement.addBind(useRef(nulls.emplace_back()));
    }
  }
};

std::string text_of(const Poco::Dynamic::Var& value) {
  if (value.type() == typeid(Poco::DateTime)) return Poco::DateTimeFormatter::format(value.extract<Poco::DateTime>(), "%Y-%m-%d %H:%M:%S");
  if (value.type() == typeid(Poco::Data::Date)) {
    const auto& d = value.extract<Poco::Data::Date>();
    return Poco::DateTimeFormatter::format(Poco::DateTime(d.year(), d.month(), d.day()), "%Y-%m-%d");
  }
  return value.convert<std::string>();
}

// Poco never frees a connection that failed (36 KB each time): a night without the database would fill the memory. So
// libpq is asked first, with what Poco takes for granted.
bool reachable(const std::string& connection) {
  const auto words = "host=localhost port=5432 connect_timeout=" + std::to_string(kConnectSeconds) + " " + connection;
  const std::unique_ptr<PGconn, decltype(&PQfinish)> probe(PQconnectdb(words.c_str()), &PQfinish);
  return PQstatus(probe.get()) == CONNECTION_OK;
}

}  // namespace

std::optional<Engine> engine_of(std::string_view word) {
  if (word == "sqlite") return Engine::sqlite;
  if (word == "postgresql") return Engine::postgresql;
  if (word == "odbc") return Engine::odbc;
  return std::nullopt;
}

Error Database::fault(const std::exception& e) {
  const auto* poco = dynamic_cast<const Poco::Exception*>(&e);
  session_.reset();  // whatever it was: the next call begins afresh
  return {"db.failed", name_, {poco ? poco->className() : "std::exception"}};
}

Result<void> Database::connect() {
  if (session_ && session_->isConnected()) return {};
  session_.reset();
  try {
    switch (engine_) {
      case Engine::sqlite: session_.emplace(Poco::Data::SQLite::Connector().createSession(connection_, kConnectSeconds)); break;
      case Engine::postgresql:
        if (!reachable(connection_)) return Error{"db.unreachable", name_, {}};
        session_.emplace(Poco::Data::PostgreSQL::Connector().createSession(connection_, kConnectSeconds));
        break;
      case Engine::odbc:
        session_.emplace(Poco::Data::ODBC::Connector().createSession(connection_, kConnectSeconds));
        session_->setProperty("maxFieldSize", std::size_t{kLongestField});
        break;
    }
  } catch (const std::exception&) {
    session_.reset();
    return Error{"db.unreachable", name_, {}};
  }
  return {};
}

void Database::close() { session_.reset(); }

std::string Database::dialect(std::string_view sql, std::size_t most) const {
  std::string out;
  int n = 0;
  for (const char c : sql) {
    if (c == '?' && engine_ == Engine::postgresql) out += '$' + std::to_string(++n);
    else out += c;
  }
  if (most > 0 && engine_ != Engine::odbc) out += " LIMIT " + std::to_string(most);  // of ODBC no dialect is known: fetching stops
  return out;
}

std::string Database::shown(const std::string& column) const {
  return engine_ == Engine::odbc ? column : "CAST(" + column + " AS VARCHAR(4000)) AS " + column;
}

Result<std::vector<mapping::Record>> Database::rows(std::string_view sql, const std::vector<Value>& values, std::size_t most) {
  if (auto r = connect(); !r) return r.error();
  try {
    Poco::Data::Statement statement(*session_);
    Bound bound;
    statement << dialect(sql, most);
    bound.to(statement, values);
    statement, limit(most);
    statement.execute();
    Poco::Data::RecordSet set(statement);
    std::vector<mapping::Record> out;
    for (std::size_t r = 0; r < set.rowCount(); ++r) {
      auto& record = out.emplace_back();
      for (std::size_t c = 0; c < set.columnCount(); ++c) {
        if (set.isNull(c, r)) continue;
        if (auto text = text_of(set.value(c, r)); !text.empty()) record[mapping::lower_ascii(set.columnName(c))] = std::move(text);
      }
    }
    return out;
  } catch (const std::exception& e) {
    return fault(e);
  }
}

Result<void> Database::run(std::string_view sql, const std::vector<Value>& values) {
  if (auto r = connect(); !r) return r;
  try {
    Poco::Data::Statement statement(*session_);
    Bound bound;
    statement << dialect(sql, 0);
    bound.to(statement, values);
    statement.execute();
    return {};
  } catch (const std::exception& e) {
    return fault(e);
  }
}

Result<void> Database::within(const std::function<Result<void>()>& work) {
  if (auto r = connect(); !r) return r;
  try {
    if (engine_ == Engine::odbc) session_->setFeature("autoCommit", false);  // of ODBC a transaction begins so
    session_->begin();
    auto done = work();
    if (!session_) return done ? Error{"db.failed", name_, {"transaction"}} : done;
    if (done) session_->commit();
    else session_->rollback();
    if (engine_ == Engine::odbc) session_->setFeature("autoCommit", true);
    return done;
  } catch (const std::exception& e) {
    return fault(e);
  }
}

Result<void> Database::look(const std::string& table, const std::vector<std::string>& columns) {
  const auto there = [&](const std::string& what) { return rows("SELECT " + what + " FROM " + table + " WHERE 1=0", {}, 1); };
  if (auto r = connect(); !r) return r;
  std::string all;
  for (const auto& c : columns) all += (all.empty() ? "" : ", ") + c;
  if (there(all)) return {};
  if (auto r = there("1"); !r) return r.error().id == "db.unreachable" ? r.error() : Error{"db.no_table", name_, {table}};
  for (const auto& c : columns)
    if (!there(c)) return Error{"db.no_column", name_, {table, c}};
  return Error{"db.failed", name_, {table}};
}

}  // namespace huren::his_db_view
