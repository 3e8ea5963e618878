"""Any event, question or notice by hand: what a HIS would say to huren, one call a run.

usage: his.py CONFIG_FOLDER submit TYPE KEY FILE.json    says OK (on disk) or DUPLICATE (it already was)
       his.py CONFIG_FOLDER query TOPIC FILE.json        prints the answer
       his.py CONFIG_FOLDER poll                         prints and acknowledges what waits
       his.py CONFIG_FOLDER decide FILE.json OUTCOME [REASON]   asks order.check and submits the decision on its first card
"""
import datetime
import json
import sys

from huren import Failure, Huren

ZONE = datetime.timezone(datetime.timedelta(hours=8))


def load(file):
    with open(file, encoding="utf-8") as f:
        return json.load(f)


def show(body):
    print(json.dumps(body, ensure_ascii=False, indent=2))


def decide(huren, visit, outcome, reason=""):
    """The first card's suggestion, taken or not; the key makes a repetition harmless."""
    orders = visit.pop("orders")
    answer = huren.query("order.check/1", {**visit, "orders": orders}, deadline_ms=2000)
    card = answer["cards"][0]
    told = card["extension"]["huren"]
    item = next(o["item"]["code"] for o in orders if o["order_id"] == told["order_id"])
    key = "D-" + told["order_id"]
    print(huren.submit("recognition.decided/1", key, {
        **visit, "decision_id": key, "suggestion_id": card["suggestions"][0]["uuid"], "order_id": told["order_id"], "order_item": item,
        "outcome": outcome, "result_ids": told["result_ids"], "at": datetime.datetime.now(ZONE).isoformat(timespec="seconds"),
        **({"reason": reason} if reason else {})}).name)


def main(folder, verb, *words):
    huren = Huren(folder, vendor="SDK", product="his.py", version="1")
    try:
        if verb == "submit":
            print(huren.submit(words[0], words[1], load(words[2])).name)
        elif verb == "query":
            show(huren.query(words[0], load(words[1]), deadline_ms=2000))
        elif verb == "decide":
            decide(huren, load(words[0]), *words[1:])
        elif verb == "poll":
            while notice := huren.poll(wait_ms=1000):
                show(notice)
                huren.acknowledge(notice["notice_id"])
        else:
            sys.exit(__doc__)
    finally:
        huren.close()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except Failure as why:
        sys.exit(str(why))
