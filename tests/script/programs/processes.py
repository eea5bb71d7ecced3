# Children by fork that read and write what the parent had, a pool, pipes, and a child by exec.
import multiprocessing
import os
import subprocess
import sys

n = int(sys.argv[1])
data = {i: "%d" % i * 20 for i in range(n)}


def part(k):
    total = sum(len(v) for i, v in data.items() if i % 4 == k)
    for i in range(k, n, 8):
        data[i] = "changed"
    return total, sum(len(v) for v in data.values())


if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    with context.Pool(4, maxtasksperchild=1) as pool:
        for line in pool.map(part, range(4), chunksize=1):
            print(line)
    print(subprocess.run([sys.executable, "-c", "print(sum(range(1000)))"], capture_output=True, text=True).stdout)
    child = os.fork()
    if child == 0:
        os._exit(sum(len(v) for v in data.values()) % 251)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), sum(len(v) for v in data.values()))
