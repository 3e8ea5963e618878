// The console: REST under /api/v1 (schemas/api/openapi.json) for administrators, operators and the doctor's panel.
// Promises: every route asks for a session with the right to it, and for its CSRF token where it changes anything; every
//   answer other than 200 says in Chinese and English what to do next; what was changed and which patient's data was looked
//   at stands in the audit trail. Refuses: patient data in a URL (all of it travels in bodies), an action without a person.
// Threads: handle() from any thread.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "console/files.hpp"
#include "console/http.hpp"
#include "console/sessions.hpp"
#include "console/users.hpp"
#include "engine/engine.hpp"

namespace huren::console {

enum class Right { open, signed_in, read, operate, message, configure, codes, audit, users, panel };
bool may(Role role, Right right);

class Console;
struct Call {
  Console& console;
  const Request& request;
  Json body;
  Session session;                              // empty for Right::open
  std::shared_ptr<engine::OpenEngine> engine;   // never null where the route needs it

  [[nodiscard]] const engine::Context& context() const { return engine->context(); }
  [[nodiscard]] std::string who() const { return "user:" + session.user; }
  // Fields of the body; of the wrong type they are as if not given.
  [[nodiscard]] std::string text(const char* key) const { return body.contains(key) && body[key].is_string() ? body[key].get<std::string>() : std::string(); }
  // Refuses a body with other members, at the first of them.
  [[nodiscard]] Result<void> only(std::initializer_list<std::string_view> members) const;
  [[nodiscard]] bool flag(const char* key) const { return body.contains(key) && body[key].is_boolean() && body[key].get<bool>(); }
  [[nodiscard]] std::int64_t number(const char* key, std::int64_t otherwise) const {
    return body.contains(key) && body[key].is_number_integer() ? body[key].get<std::int64_t>() : otherwise;
  }
};
using Handler = Answer (*)(Call&);
struct Route { const char* method; const char* path; Right right; bool engine; Handler handler; };

class Console {
 public:
  struct Ports {
    std::function<std::shared_ptr<engine::OpenEngine>()> engine;  // null while it is being opened anew
    std::function<Result<void>()> apply;                          // opens the engine anew with what the files say now
    std::function<std::string()> loaded;                          // digest of the files that the running engine was opened with
    std::string config_dir, data_dir;
    std::shared_ptr<const engine::Clock> clock;
  };
  explicit Console(Ports ports);
  Answer handle(const Request& request) noexcept;

  Ports ports;
  Users users;
  Sessions sessions;
  History history;

 private:
  Answer route(const Request& request);
};

// All routes, for the router and for the test that compares them with the OpenAPI file.
std::vector<Route> routes();
std::span<const Route> session_routes();
std::span<const Route> config_routes();
std::span<const Route> codes_routes();
std::span<const Route> operation_routes();
std::span<const Route> figure_routes();
std::span<const Route> panel_routes();

// Digest of local.toml and the code tables as they lie on disk.
std::string configuration_digest(const std::string& config_dir);
std::string session_cookie(const Request& request, const char* name, const std::string& value);
std::string at(const Call& call, std::int64_t epoch_ms);  // ISO in the hospital's zone; "" for 0
// One row of the audit trail in a transaction of its own: console.changed.
Result<void> note_change(Call& call, const std::string& part, const std::string& outcome);

}  // namespace huren::console
