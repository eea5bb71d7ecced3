# A dict that grows, is walked and changed at random, and its sums.
import random
import sys

n = int(sys.argv[1])
d = {"key%d" % i: [i, str(i * 7)] for i in range(n)}
r = random.Random(1)
for _ in range(n // 4):
    d["key%d" % r.randrange(n)][0] += 1
print(len(d), sum(v[0] + len(v[1]) for v in d.values()))
