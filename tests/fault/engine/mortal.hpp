// A hospital's engine that dies at a chosen point: what it did up to there is on disk, nothing of what follows is.
// The points are its seams: the spool it reads, every transaction of its store (before, inside, after the commit), every
// delivery (before, after). From its death on every seam is dead, until the hospital is opened again.
#pragma once
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>

#include "storage/sqlite.hpp"
#include "tests/support/hospital.hpp"

namespace huren::test {

class Life {
 public:
  // true: alive, go on. The n-th passage of the point named dies; n from 1, 0: none.
  bool pass(const std::string& point) {
    const std::lock_guard lock(mutex_);
    if (dead_) return false;
    const int n = ++passages_[point];
    if (point == point_ && n == number_) dead_ = true;
    return !dead_;
  }
  [[nodiscard]] bool dead() const {
    const std::lock_guard lock(mutex_);
    return dead_;
  }
  void die_at(const std::string& point, int number) {
    const std::lock_guard lock(mutex_);
    point_ = point;
    number_ = number;
    passages_.clear();
  }
  void revive() {
    const std::lock_guard lock(mutex_);
    dead_ = false;
    point_.clear();
  }
  [[nodiscard]] std::map<std::string, int> passages() const {
    const std::lock_guard lock(mutex_);
    return passages_;
  }
  static std::map<std::string, Life*>& by_folder() {
    static std::map<std::string, Life*> map;
    return map;
  }

 private:
  mutable std::mutex mutex_;
  bool dead_ = false;
  std::string point_;
  int number_ = 0;
  std::map<std::string, int> passages_;
};

inline Error dead_error() { return {"storage.read_only", "store", {}}; }

class MortalStore final : public StoreAdapter {
 public:
  MortalStore(std::unique_ptr<store::sqlite::SqliteStore> inner, Life& life) : inner_(std::move(inner)), life_(life) {}
  using Store::transact;
  Result<void> transact(const std::function<Result<void>(store::Unit&)>& fn, Again again) override {
    if (!life_.pass("commit.before")) return dead_error();
    auto done = inner_->transact([&](store::Unit& unit) -> Result<void> {
      auto r = fn(unit);
      if (!r) return r;
      return life_.pass("commit.inside") ? Result<void>() : Result<void>(dead_error());
    }, again);
    if (!done) return done;
    return life_.pass("commit.after") ? Result<void>() : Result<void>(dead_error());
  }
  Result<void> read(const std::function<Result<void>(store::Reader&)>& fn) override {
    return life_.dead() ? Result<void>(dead_error()) : inner_->read(fn);
  }
  Result<bool> take_lease() override { return inner_->take_lease(); }
  bool carry(store::Rider& rider) override {
    riders_.push_back(std::make_unique<MortalRider>(rider, life_));
    return inner_->carry(*riders_.back());
  }
  void drop(store::Rider& rider) noexcept override {
    for (auto& r : riders_)
      if (&r->rider_ == &rider) inner_->drop(*r);
  }

 private:
  struct MortalRider final : store::Rider {
    MortalRider(store::Rider& rider, Life& life) : rider_(rider), life_(life) {}
    [[nodiscard]] const std::string& partner() const override { return rider_.partner(); }
    bool wants(bool enqueued) noexcept override { return rider_.wants(enqueued); }
    Result<void> ride(store::Unit& unit) override {
      if (!life_.pass("ride.before")) return dead_error();
      auto r = rider_.ride(unit);
      if (!r) return r;
      return life_.pass("ride.inside") ? Result<void>() : Result<void>(dead_error());
    }
    // What is on disk stays there; the dead does not hear of it.
    void landed(bool on_disk) noexcept override { rider_.landed(on_disk && life_.pass("ride.landed")); }
    store::Rider& rider_;
    Life& life_;
  };
  std::vector<std::unique_ptr<MortalRider>> riders_;  // before the store, which may still hold them
  std::unique_ptr<store::sqlite::SqliteStore> inner_;
  Life& life_;
};

inline const AdapterEntry& mortal_store_entry() {
  static const AdapterEntry entry{HUREN_ADAPTER_SIGNATURE, "store.mortal", "huren.store/1", "a store that dies", nullptr, 0,
                                  [](const AdapterSetup& setup) -> Result<std::unique_ptr<Adapter>> {
                                    auto inner = store::sqlite::SqliteStore::open(setup.options.at("directory"), {});
                                    if (!inner) return inner.error();
                                    return std::unique_ptr<Adapter>(std::make_unique<MortalStore>(std::move(*inner), *Life::by_folder().at(setup.config_dir)));
                                  }};
  return entry;
}

class MortalSpool final : public SpoolPort {
 public:
  MortalSpool(SpoolPort& inner, Life& life) : inner_(inner), life_(life) {}
  Result<std::vector<SpooledEvent>> next(std::int64_t after, int limit) noexcept override {
    if (life_.dead()) return dead_error();
    auto events = inner_.next(after, limit);
    if (events && !events->empty() && !life_.pass("spool.read")) return dead_error();
    return events;
  }
  Result<void> forget(std::int64_t up_to) noexcept override {
    if (!life_.pass("forget.before")) return dead_error();
    auto r = inner_.forget(up_to);
    return life_.pass("forget.after") ? r : Result<void>(dead_error());
  }
  Result<std::int64_t> depth() noexcept override { return inner_.depth(); }
  Result<std::int64_t> newest() noexcept override { return inner_.newest(); }
  Result<void> submit(std::string_view type, std::string_view key, std::string_view body, std::uint32_t wait_ms) noexcept override {
    if (life_.dead()) return dead_error();
    return inner_.submit(type, key, body, wait_ms);
  }

 private:
  SpoolPort& inner_;
  Life& life_;
};

// Two hospitals on a line that each end's death cuts.
class MortalPair {
  std::shared_mutex line_;
  std::unique_ptr<MortalSpool> spool_a_, spool_b_;  // outlive the engines that read them

 public:
  Life life_a, life_b;
  Hospital a{"HB-COUNTY-01", "HB-CITY-01"}, b{"HB-CITY-01", "HB-COUNTY-01"};

  MortalPair() {
    make_mortal(a, life_a, spool_a_);
    make_mortal(b, life_b, spool_b_);
    a.open();
    b.open();
    connect();
  }
  ~MortalPair() {
    a.wire().connect({});
    b.wire().connect({});
  }
  void connect() {
    a.wire().connect([this](std::string_view body) { return carry(body, life_a, life_b, b); });
    b.wire().connect([this](std::string_view body) { return carry(body, life_b, life_a, a); });
  }
  // The process of whoever died is gone; a new one opens the same folder.
  void reopen() {
    const std::unique_lock alone(line_);  // a channel without a receiver would accept everything: the line is cut instead
    for (auto& [h, life] : {std::pair{&a, &life_a}, std::pair{&b, &life_b}})
      if (life->dead()) {
        h->close();
        life->revive();
        h->open();
      }
  }

 private:
  static void make_mortal(Hospital& h, Life& life, std::unique_ptr<MortalSpool>& spool) {
    Life::by_folder()[h.folder()] = &life;
    h.more_adapters.push_back(&mortal_store_entry());
    h.config.store_adapter = "store.mortal";
    h.config.agreements[0].basis = "consent";  // a tie that sends nothing itself
    h.config.exchange.reconcile_hour = -1;
    h.wrap_spool = [&life, &spool](SpoolPort* inner) {
      spool = std::make_unique<MortalSpool>(*inner, life);
      return spool.get();
    };
  }
  Reply carry(std::string_view body, Life& from, Life& to, Hospital& receiver) {
    const std::shared_lock open(line_, std::try_to_lock);
    if (!open || !from.pass("deliver.before") || to.dead()) return {};
    auto reply = receiver.receive(std::string(body));
    if (to.dead() || !from.pass("deliver.after")) return {};  // the answer never came back
    return reply;
  }
};

}  // namespace huren::test
