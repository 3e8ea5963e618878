// huren-ctl console: the one-time token of the first administrator, the accounts, a locked one set free.
#include <Poco/Net/NetException.h>
#include <Poco/Net/StreamSocket.h>
#include <termios.h>
#include <unistd.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "console/users.hpp"
#include "ctl/place.hpp"
#include "engine/audit.hpp"

namespace huren::ctl {
namespace {

const engine::Clock& system_clock() {
  static const engine::Clock clock;
  return clock;
}

// Whether somebody listens there now.
bool answers(const std::string& listen) {
  try {
    Poco::Net::StreamSocket socket;
    socket.connect(Poco::Net::SocketAddress(listen), Poco::Timespan(1, 0));
    return true;
  } catch (const Poco::Exception&) {
    return false;
  }
}

console::Users accounts(const Place& place) { return {place.data + "/console", system_clock()}; }

}  // namespace

int console_token(Place& place) {
  auto token = accounts(place).issue_token();
  if (!token) {
    place.failed(token.error());
    return kUnusable;
  }
  const auto& c = place.config.console;
  const std::string address = c.listen.empty() ? "" : !c.address.empty() ? c.address : (c.certificate.empty() ? "http://" : "https://") + c.listen;
  const bool heard = !address.empty() && answers(c.listen);
  if (place.json) {
    place.out << nlohmann::ordered_json{{"token", *token}, {"minutes", console::Users::kTokenMs / 60'000}, {"address", address}, {"answers", heard}}.dump(2) << "\n";
    return kOk;
  }
  place.out << *token << "\n"
            << place.say("一次有效，60 分钟内在管理页面填写", "valid once and for 60 minutes, in the console") << (address.empty() ? "" : " " + address) << "\n";
  if (address.empty()) place.failed({"query.no_console", "local.toml", {}});
  else if (!heard) place.failed({"ctl.console_silent", "", {c.listen}});
  return address.empty() ? kFindings : kOk;
}

int console_users(Place& place) {
  auto users = accounts(place).list();
  if (!users) {
    place.failed(users.error());
    return kUnusable;
  }
  auto list = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> table{{place.say("用户名", "user"), place.say("姓名", "name"), place.say("角色", "role"), place.say("状态", "state"), place.say("最近登录", "last seen")}};
  const auto now = system_clock().now_ms();
  for (const auto& u : *users) {
    const auto state = u.disabled ? "disabled" : u.locked_until_ms > now ? "locked" : "active";
    list.push_back({{"name", u.name}, {"display", u.display}, {"role", console::word(u.role)}, {"state", state}, {"last_at", json_time(u.last_ms, place.config.hospital.offset_minutes)}});
    table.push_back({u.name, u.display, console::word(u.role), place.word(state), local_time(u.last_ms, place.config.hospital.offset_minutes)});
  }
  return print_rows(place, list, table);
}

namespace {

// Twice on a terminal, unseen; from a pipe the first line.
std::optional<std::string> password_from(Place& place) {
  std::string first, second;
  if (::isatty(STDIN_FILENO) != 1) return std::getline(std::cin, first) ? std::optional(first) : std::nullopt;
  termios seen{};
  ::tcgetattr(STDIN_FILENO, &seen);
  termios unseen = seen;
  unseen.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen);
  place.err << place.say("密码：", "password: ") << std::flush;
  std::getline(std::cin, first);
  place.err << "\n" << place.say("再输一次：", "once more: ") << std::flush;
  std::getline(std::cin, second);
  place.err << "\n";
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &seen);
  return first == second ? std::optional(first) : std::nullopt;
}

}  // namespace

int console_user(Place& place, const UserWishes& wishes) {
  auto users = accounts(place);
  auto all = users.list();
  if (!all) {
    place.failed(all.error());
    return kUnusable;
  }
  console::User user{.name = wishes.name, .display = ""};
  bool known = false;
  for (const auto& u : *all)
    if (u.name == wishes.name) {
      user = u;
      known = true;
    }
  if (!wishes.display.empty()) user.display = wishes.display;
  if (!wishes.role.empty()) user.role = *console::role_of(wishes.role);  // checked by the parser
  if (wishes.disable || wishes.enable) user.disabled = wishes.disable;
  std::string password;
  if (wishes.ask_password || !known) {
    const auto given = password_from(place);
    if (!given) {
      place.failed({"ctl.passwords_differ", "--password", {}});
      return kUnusable;
    }
    password = *given;
  }
  if (auto r = users.put(user, password); !r) {
    place.failed(r.error());
    return kUnusable;
  }
  if (place.open_store()) {
    auto noted = place.store->transact([&](store::Unit& unit) {
      return engine::audit(unit, system_clock().now_ms(), "console.user", {operator_name(), "user:" + user.name, user.disabled ? "disabled" : console::word(user.role)}, {});
    });
    if (!noted) place.failed(noted.error());
  }
  place.out << user.name << "  " << console::word(user.role) << "  " << (user.disabled ? "disabled" : "active") << "\n";
  return kOk;
}

int console_unlock(Place& place, const std::string& name) {
  if (auto r = accounts(place).unlock(name); !r) {
    place.failed(r.error().id == "console.unknown_object" ? Error{"ctl.no_account", "", {name}} : r.error());
    return kUnusable;
  }
  place.out << name << "  " << place.say("已解锁", "unlocked") << "\n";
  return kOk;
}

}  // namespace huren::ctl
