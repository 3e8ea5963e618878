// Signing in and out, the first administrator, accounts, and what the page shows all the time.
#include <array>

#include "console/console.hpp"
#include "core/base/time.hpp"
#include "engine/audit.hpp"

namespace huren::console {
namespace {

Json session_json(const Session& s) {
  auto rights = Json::array();
  for (const auto& [right, name] : {std::pair{Right::read, "read"}, {Right::operate, "operate"}, {Right::message, "message"}, {Right::configure, "configure"},
                                    {Right::codes, "codes"}, {Right::audit, "audit"}, {Right::users, "users"}})
    if (may(s.role, right)) rights.push_back(name);
  return {{"user", s.user}, {"display", s.display}, {"role", word(s.role)}, {"csrf", s.csrf}, {"rights", std::move(rights)}};
}

void audit_sign_in(Call& call, const std::string& name, const std::string& outcome) {
  if (!call.engine) return;
  const auto& context = call.context();
  auto noted = context.store.transact([&](store::Unit& unit) {
    return engine::audit(unit, context.clock.now_ms(), "console.signed_in", {"user:" + name, "", outcome}, {});
  });
  if (!noted) context.log.write(Severity::error, "store.failed", noted.error());
}

Answer enter(Call& call, const User& user) {
  Session session{.user = user.name, .display = user.display.empty() ? user.name : user.display, .csrf = "", .credential = user.password, .role = user.role, .panel = {}};
  auto cookie = call.console.sessions.open(session);
  if (!cookie) return failed(cookie.error());
  audit_sign_in(call, user.name, "signed_in");
  auto opened = call.console.sessions.find(*cookie, 1);
  auto answer = ok(session_json(*opened));
  answer.headers.emplace_back("Set-Cookie", session_cookie(call.request, "huren_session", *cookie));
  return answer;
}

// What anybody may know: whether there is an account yet, and whose console this is.
Answer welcome(Call& call) {
  auto none = call.console.users.empty();
  if (!none) return failed(none.error());
  return ok({{"needs_setup", *none}, {"hospital", call.engine ? call.context().config.hospital.name : ""}});
}

Answer set_up(Call& call) {
  if (auto r = call.only({"token", "name", "display", "password"}); !r) return failed(r.error());
  auto user = call.console.users.set_up(call.text("token"), call.text("name"), call.text("display"), call.text("password"), call.request.address);
  if (!user) return failed(user.error());
  call.console.sessions.close_all_of(user->name);
  return enter(call, *user);
}

Answer sign_in(Call& call) {
  if (auto r = call.only({"name", "password"}); !r) return failed(r.error());
  const auto name = call.text("name");
  auto user = call.console.users.sign_in(name, call.text("password"), call.request.address);
  if (!user && user.error().id == "console.busy") return failed(user.error());  // nothing was tried: a flood must not fill the trail
  if (!user) {
    // A password typed into the wrong field would stay in the trail for ever: only names that exist are written down.
    bool known = false;
    if (auto all = call.console.users.list())
      for (const auto& u : *all) known = known || u.name == name;
    audit_sign_in(call, known ? name : "?", std::string(user.error().id));
    return failed(user.error());
  }
  return enter(call, *user);
}

Answer sign_out(Call& call) {
  call.console.sessions.close(call.request.session);
  auto answer = ok(Json::object());
  answer.headers.emplace_back("Set-Cookie", session_cookie(call.request, "huren_session", ""));
  return answer;
}

Answer session(Call& call) { return ok(session_json(call.session)); }

Answer password(Call& call) {
  if (auto r = call.console.users.change_password(call.session.user, call.text("old"), call.text("password"), call.request.address); !r) return failed(r.error());
  call.console.sessions.close_all_of(call.session.user);
  auto answer = ok(Json::object());
  answer.headers.emplace_back("Set-Cookie", session_cookie(call.request, "huren_session", ""));
  return answer;
}

Answer user_list(Call& call) {
  auto all = call.console.users.list();
  if (!all) return failed(all.error());
  auto rows = Json::array();
  const auto now = call.context().clock.now_ms();
  for (const auto& u : *all)
    rows.push_back({{"name", u.name}, {"display", u.display}, {"role", word(u.role)}, {"disabled", u.disabled}, {"locked", u.locked_until_ms > now}, {"last_at", at(call, u.last_ms)}});
  return ok({{"users", std::move(rows)}});
}

Result<void> audit_user(Call& call, const std::string& name, const std::string& outcome) {
  const auto& context = call.context();
  return context.store.transact([&](store::Unit& unit) {
    return engine::audit(unit, context.clock.now_ms(), "console.user", {call.who(), "user:" + name, outcome}, {});
  });
}

Answer user_save(Call& call) {
  const auto role = role_of(call.text("role"));
  if (!role) return failed({"console.bad_body", "/role", {}});
  const User user{.name = call.text("name"), .display = call.text("display"), .role = *role, .disabled = call.flag("disabled")};
  if (auto r = call.console.users.put(user, call.text("password")); !r) return failed(r.error());
  if (user.name != call.session.user) call.console.sessions.close_all_of(user.name);
  if (auto r = audit_user(call, user.name, user.disabled ? "disabled" : word(user.role)); !r) return failed(r.error());
  return user_list(call);
}

Answer user_unlock(Call& call) {
  if (auto r = call.console.users.unlock(call.text("name")); !r) return failed(r.error());
  if (auto r = audit_user(call, call.text("name"), "unlocked"); !r) return failed(r.error());
  return user_list(call);
}

Answer status(Call& call) {
  auto health = Json::parse(call.engine->health(), nullptr, false);
  const auto& hospital = call.context().config.hospital;
  if (health.is_object() && health.contains("partners"))  // people read the hospital's own time
    for (auto& p : health["partners"])
      if (p.contains("last_success_at") && p["last_success_at"].is_string())
        if (const auto t = parse_iso_time(p["last_success_at"].get<std::string>(), 0)) p["last_success_at"] = at(call, t->epoch_ms);
  return ok({{"hospital", {{"code", hospital.code}, {"name", hospital.name}}},
             {"pending_changes", configuration_digest(call.console.ports.config_dir) != call.console.ports.loaded()},
             {"now", at(call, call.context().clock.now_ms())},
             {"health", health.is_object() ? health : Json::object()}});
}

Answer apply(Call& call) {
  if (auto r = note_change(call, "all", "applied"); !r) return failed(r.error());
  call.engine.reset();  // the engine that ends waits for its last reader
  if (auto r = call.console.ports.apply(); !r) return failed(r.error());
  return ok({{"applied", true}});
}

constexpr std::array kRoutes{
    Route{"GET", "/welcome", Right::open, false, &welcome},
    Route{"POST", "/setup", Right::open, false, &set_up},
    Route{"POST", "/login", Right::open, false, &sign_in},
    Route{"POST", "/logout", Right::signed_in, false, &sign_out},
    Route{"GET", "/session", Right::signed_in, false, &session},
    Route{"POST", "/password", Right::signed_in, false, &password},
    Route{"GET", "/users", Right::users, true, &user_list},
    Route{"POST", "/users/save", Right::users, true, &user_save},
    Route{"POST", "/users/unlock", Right::users, true, &user_unlock},
    Route{"GET", "/status", Right::read, true, &status},
    Route{"POST", "/apply", Right::codes, true, &apply},
};

}  // namespace

std::span<const Route> session_routes() { return kRoutes; }

}  // namespace huren::console
