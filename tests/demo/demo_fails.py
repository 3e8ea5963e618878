"""The demo must say no when a step does not happen: with the wrong certificate pinned, nothing may cross."""
import subprocess
import sys

done = subprocess.run([sys.executable, __file__.replace("demo_fails.py", "demo.py"), "--lang", "en", "--wrong-pin", *sys.argv[1:]],
                      capture_output=True, text=True, check=False)
print(done.stdout, done.stderr)
sys.exit(0 if done.returncode == 1 and "FAILED: did not happen within 30 s: two reports delivered" in done.stdout else 1)
