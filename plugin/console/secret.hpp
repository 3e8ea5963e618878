// Random tokens and password hashes.
// Promises: tokens of 256 bits from the system's generator; argon2id (RFC 9106) with its own salt and its costs in the text;
//   comparing takes as long whatever differs; a crowd of guesses costs neither the hospital's memory nor the console's threads.
#pragma once
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/result.hpp"

namespace huren::console {

Result<std::string> random_token();                              // 43 characters of base64url
// from: the address that asks, "" for this machine's operator. Error console.busy: too many at once, nothing was tried.
Result<std::string> hash_password(std::string_view password, const std::string& from = {});  // "$argon2id$v=19$m=..."
Result<bool> password_fits(const std::string& hash, std::string_view password, const std::string& from = {});
bool same_secret(std::string_view a, std::string_view b);
// Who may hash now. A few at a time, a few more wait, whoever comes then is told to come again; one address has one place of
// each, so that it cannot keep the others out.
class HashGate {
 public:
  HashGate(int at_once, int waiting) : at_once_(at_once), waiting_(waiting) {}
  class Pass {
   public:
    Pass(HashGate* gate, std::string from) : gate_(gate), from_(std::move(from)) {}
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)), from_(std::move(other.from_)) {}
    Pass& operator=(Pass&&) = delete;
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    ~Pass() {
      if (gate_) gate_->leave(from_);
    }

   private:
    HashGate* gate_;
    std::string from_;
  };
  Result<Pass> enter(const std::string& from);  // waits for its turn
  [[nodiscard]] int inside() const;

 private:
  void leave(const std::string& from);
  const int at_once_, waiting_;
  mutable std::mutex mutex_;
  std::condition_variable free_;
  std::multiset<std::string> running_, queued_;
};

std::string digest(std::string_view text);                       // SHA-256, hexadecimal

}  // namespace huren::console
