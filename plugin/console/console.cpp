#include "console/console.hpp"

#include <algorithm>

#include "console/secret.hpp"
#include "core/base/time.hpp"
#include "core/config/config.hpp"
#include "core/terminology/terminology.hpp"
#include "engine/audit.hpp"
#include "engine/codes.hpp"
#include "engine/files.hpp"

namespace huren::console {
namespace {

constexpr std::string_view kRoot = "/api/v1";

bool same_site(const Request& r) {
  if (!r.fetch_site.empty()) return r.fetch_site == "same-origin" || r.fetch_site == "none";
  if (r.origin.empty()) return true;  // not a browser: a cookie of ours is then no accident
  const auto host = r.origin.find("://");
  return host != std::string::npos && r.origin.substr(host + 3) == r.host;
}

}  // namespace

bool may(Role role, Right right) {
  switch (right) {
    case Right::open:
    case Right::signed_in:
    case Right::read: return true;
    case Right::operate:
    case Right::message: return role == Role::admin || role == Role::op;
    case Right::configure:
    case Right::users: return role == Role::admin;
    case Right::codes: return role == Role::admin || role == Role::quality;
    case Right::audit: return role == Role::admin || role == Role::quality || role == Role::auditor;
    case Right::panel: return false;
  }
  return false;
}

Console::Console(Ports given)
    : ports(std::move(given)), users(ports.data_dir + "/console", *ports.clock), sessions(*ports.clock), history(ports.data_dir + "/console/history") {}

std::vector<Route> routes() {
  std::vector<Route> all;
  for (const auto part : {session_routes(), config_routes(), codes_routes(), operation_routes(), figure_routes(), panel_routes()}) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Answer Console::route(const Request& request) {
  static const std::vector<Route> all = routes();
  if (!std::string_view(request.path).starts_with(kRoot)) return failed({"console.unknown_route", "", {}});
  const auto path = std::string_view(request.path).substr(kRoot.size());
  const Route* found = nullptr;
  bool other_method = false;
  for (const auto& r : all) {
    if (path != r.path) continue;
    if (request.method == r.method) found = &r;
    else other_method = true;
  }
  if (!found) return failed(other_method ? Error{"console.method", "", {}} : Error{"console.unknown_route", "", {}});

  Call call{*this, request, Json::object(), {}, ports.engine()};
  const int idle = call.engine ? call.context().config.console.idle_minutes : 30;
  if (found->right == Right::panel) {
    auto session = sessions.find(request.panel, idle);
    if (!session || !session->panel) return failed({"console.panel_link", "", {}});
    call.session = std::move(*session);
  } else if (found->right != Right::open) {
    // A page that looks by itself every few seconds must not keep a session of nobody alive.
    auto session = sessions.find(request.session, idle, path == "/status");
    if (!session || session->panel) return failed({"console.not_signed_in", "", {}});
    call.session = std::move(*session);
    // Whoever changed the account, here or by huren-ctl: it counts from the next request on.
    const auto account = users.current(call.session.user);
    if (!account || account->disabled || account->password != call.session.credential) {
      sessions.close(request.session);
      return failed({"console.not_signed_in", "", {}});
    }
    call.session.role = account->role;
    if (!may(call.session.role, found->right)) return failed({"console.not_allowed", "", {word(call.session.role)}});
  }
  if (request.method != "GET") {
    if (!same_site(request)) return failed({"console.csrf", "Origin", {}});
    if (found->right != Right::open && !same_secret(request.csrf, call.session.csrf)) return failed({"console.csrf", "X-Huren-CSRF", {}});
    if (!std::string_view(request.content_type).starts_with("application/json")) return failed({"console.media_type", "Content-Type", {}});
    call.body = Json::parse(request.body.empty() ? "{}" : request.body, nullptr, false);
    if (!call.body.is_object()) return failed({"console.bad_body", "/", {}});
  }
  if (found->engine && !call.engine) return failed({"console.not_live", "", {}});
  return found->handler(call);
}

Result<void> Call::only(std::initializer_list<std::string_view> members) const {
  for (const auto& [key, value] : body.items())
    if (std::find(members.begin(), members.end(), key) == members.end()) return Error{"model.unknown_member", "/" + key, {}};
  return {};
}

Answer Console::handle(const Request& request) noexcept {
  try {
    return route(request);
  } catch (const Json::exception&) {  // what() quotes content
    return failed({"console.bad_body", "/", {}});
  } catch (const std::exception&) {
    return failed({"engine.worker_threw", "console", {}});
  }
}

std::string configuration_digest(const std::string& config_dir) {
  const auto toml = engine::read_file(std::filesystem::path(config_dir) / "local.toml").value_or("");
  const auto parsed = config::parse(toml, "local.toml");
  std::string all = toml;
  for (const auto table : terminology::table_names())
    all += '\0' + engine::read_file(engine::codes_file(parsed.config, config_dir, table)).value_or("");
  return digest(all);
}

std::string session_cookie(const Request& request, const char* name, const std::string& value) {
  std::string cookie = std::string(name) + "=" + value + "; Path=/; HttpOnly; SameSite=Strict";
  if (value.empty()) cookie += "; Max-Age=0";
  if (request.secure) cookie += "; Secure";
  return cookie;
}

std::string at(const Call& call, std::int64_t epoch_ms) {
  return epoch_ms ? to_iso_time(from_epoch_ms(epoch_ms, call.context().config.hospital.offset_minutes)) : std::string();
}

Result<void> note_change(Call& call, const std::string& part, const std::string& outcome) {
  const auto& context = call.context();
  return context.store.transact([&](store::Unit& unit) {
    return engine::audit(unit, context.clock.now_ms(), "console.changed", {call.who(), "config:" + part, outcome}, {});
  });
}

}  // namespace huren::console
