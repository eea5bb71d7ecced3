// Objects, strings, buffers, JSON, timers and a worker thread.
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
if (!isMainThread) {
  const o = {};
  for (let i = 0; i < workerData; i++) o['k' + i] = [i, String(i * 3)];
  parentPort.postMessage(Object.values(o).reduce((s, v) => s + v[0] + v[1].length, 0));
} else {
  const n = Number(process.argv[2]);
  const all = [];
  for (let i = 0; i < n; i++) all.push({ id: i, text: 'text ' + i, list: [i, i * 2, i * 3] });
  const copy = JSON.parse(JSON.stringify(all));
  const big = Buffer.alloc(n * 100);
  for (let i = 0; i < n; i++) big.writeUInt32LE(i, i * 100);
  let sum = 0;
  for (let i = 0; i < n; i++) sum += big.readUInt32LE(i * 100) + copy[i].list[2] + copy[i].text.length;
  console.log(all.length, sum);
  const zip = require('zlib').gzipSync(big);
  console.log(require('zlib').gunzipSync(zip).equals(big));
  setTimeout(() => {
    new Worker(__filename, { workerData: n / 2 }).on('message', (m) => console.log(m));
  }, 5);
}
