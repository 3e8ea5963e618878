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
    try:
        with open(file, encoding="utf-8") as f:
            return json.load(f)
    except ValueError as why:
        sys.exit(f"{file} is not JSON in UTF-8: {why}")


def show(body):
    print(json.dumps(body, ensure_ascii=False, indent=2))


def asked(huren, topic, body):
    """A HIS carries on where there is no answer; a person wants to know why."""
    answer = huren.query(topic, body, deadline_ms=2000)
    return answer if answer is not None else sys.exit("NO_ANSWER: none in time; with mode = agent, is huren-agent running with this folder?")


def decide(huren, visit, outcome, reason=""):
    """The first card's suggestion, taken or not; the key makes a repetition harmless."""
    orders = visit.pop("orders")
    answer = asked(huren, "order.check/1", {**visit, "orders": orders})
    if not answer["cards"]:
        sys.exit("No card: there is no earlier result for this order, so there is nothing to decide")
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
            show(asked(huren, words[0], load(words[1])))
        elif verb == "decide":
            decide(huren, load(words[0]), *words[1:])
        else:
            while notice := huren.poll(wait_ms=1000):
                show(notice)
                huren.acknowledge(notice["notice_id"])
    finally:
        huren.close()


WORDS = {"submit": (3,), "query": (2,), "poll": (0,), "decide": (2, 3)}  # how many follow each verb

if __name__ == "__main__":
    if len(sys.argv) < 3 or len(sys.argv) - 3 not in WORDS.get(sys.argv[2], ()):
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except Failure as why:
        sys.exit(str(why))
    except OSError as why:  # a file that is not there, or libhuren itself
        sys.exit(f"{why.filename}: {why.strerror}" if why.filename else f"{why}; LD_LIBRARY_PATH names the folder of libhuren.so.1")
