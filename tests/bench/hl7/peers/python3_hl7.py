"""How fast python3-hl7 parses the message in FILE.  usage: python3_hl7.py FILE"""
import sys
import time

sys.path.append("/usr/lib/python3/dist-packages")
import hl7  # noqa: E402

text = open(sys.argv[1], "rb").read().decode("utf-8")
best = 1e9
for _ in range(5):
    start = time.perf_counter()
    for _ in range(100):
        hl7.parse(text)
    best = min(best, (time.perf_counter() - start) / 100)
print(f"python3-hl7 {best * 1e9:.0f}")
