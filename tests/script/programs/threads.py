# Threads that share queues, locks and a dict.
import queue
import sys
import threading
import zlib

n = int(sys.argv[1])
todo, done, lock = queue.Queue(50), {}, threading.Lock()


def work():
    while (i := todo.get()) is not None:
        value = zlib.compress(b"%d" % i * 40)
        with lock:
            done[i] = value


threads = [threading.Thread(target=work) for _ in range(4)]
[t.start() for t in threads]
[todo.put(i) for i in range(n)]
[todo.put(None) for _ in threads]
[t.join() for t in threads]
print(len(done), sum(len(zlib.decompress(v)) for v in done.values()))
