// SPDX-License-Identifier: MIT
// Two queues for PostgreSQL that are used with Node, driven the way their manuals say:
//
//   node peers.mjs MODULES graphile-worker|pg-boss fill|one|batch|claim COUNT SECONDS PARALLEL PER
//
// MODULES is the folder with node_modules; the database is DATABASE_URL. fill makes the schema when it is missing and adds
// COUNT jobs; one adds COUNT jobs one by one, PARALLEL calls at a time; batch adds them by 1,000. claim takes jobs, PER at a
// time, with PARALLEL workers, and completes them. Nothing takes longer than SECONDS. Prints "NAME VALUE" lines.
import { createRequire } from 'node:module';

const [modules, peer, mode, countText, secondsText, parallelText, perText] = process.argv.slice(2);
const count = Number(countText), seconds = Number(secondsText), parallel = Number(parallelText), per = Number(perText);
const require = createRequire(`${modules}/package.json`);
const load = name => import(require.resolve(name));
const url = process.env.DATABASE_URL;
const now = () => performance.now() / 1000;
const BATCH = 1000;

/** As many bytes, and as many priorities, as the rows of Quarry. */
const item = n => ({ key: `url:${String(n).padStart(32, '0')}`, guid: String(n), indexer: 'bench', category: '', size: 1e9 + n,
  title: `The.Measured.Film.${n}.${1950 + n % 75}.1080p.BluRay.DTS.x264-BENCH`,
  url: `https://indexer.invalid/download/${n}?key=0123456789abcdef0123456789abcdef` });
const priority = n => (Math.imul(n, 0x9E3779B1) >>> 13) % 4;
const items = (first, n) => Array.from({ length: n }, (_, i) => first + i);

async function graphileWorker() {
  const { makeWorkerUtils, run, Logger } = await load('graphile-worker');
  const { default: pg } = await load('pg');
  const pool = new pg.Pool({ connectionString: url, max: 12 });
  pool.on('error', () => {});
  pool.on('connect', client => client.on('error', () => {}));
  const logger = new Logger(() => () => {});
  const utils = await makeWorkerUtils({ pgPool: pool, logger });
  if (mode === 'fill') { await utils.migrate(); }
  const left = async () => Number((await pool.query('SELECT count(*) AS n FROM graphile_worker._private_jobs')).rows[0].n);
  return {
    add: n => utils.addJob('download', item(n), { priority: -priority(n) }),
    addAll: numbers => utils.addJobs(numbers.map(n => ({ identifier: 'download', payload: item(n), priority: -priority(n) }))),
    // Counts the jobs that are gone from the table, from the first call of a task to the end of a graceful stop.
    async claim() {
      const before = await left();
      let begin = 0, done = 0, enough;
      const finished = new Promise(resolve => { enough = resolve; });
      const local = per > 1 ? { localQueue: { size: per }, completeJobBatchDelay: 0 } : {};
      const runner = await run({ pgPool: pool, logger, noHandleSignals: true,
        preset: { worker: { concurrentJobs: parallel, pollInterval: 200, ...local } },
        taskList: { download: async () => {
          begin ||= now();
          if (++done >= count || now() - begin > seconds) { enough(); }
        } } });
      await finished;
      await runner.stop().catch(() => {});
      const took = now() - begin;
      return [before - await left(), took];
    },
    vacuum: () => pool.query('VACUUM ANALYZE'),
    close: () => utils.release(),
  };
}

async function pgBoss() {
  const { PgBoss } = await load('pg-boss');
  const { default: pg } = await load('pg');
  const boss = new PgBoss({ connectionString: url, max: 10, supervise: false, schedule: false });
  boss.on('error', error => { throw error; });
  await boss.start();
  const queue = 'downloads';
  if (mode === 'fill') { await boss.createQueue(queue); }
  return {
    add: n => boss.send(queue, item(n), { priority: priority(n) }),
    addAll: numbers => boss.insert(queue, numbers.map(n => ({ data: item(n), priority: priority(n) }))),
    // Its own workers ask twice a second at most, so that fetch() and complete() are called here.
    async claim() {
      const begin = now();
      let done = 0;
      const work = async () => {
        while (done < count && now() - begin < seconds) {
          const jobs = await boss.fetch(queue, { batchSize: per });
          if (jobs.length === 0) { return; }
          await boss.complete(queue, jobs.map(job => job.id));
          done += jobs.length;
        }
      };
      await Promise.all(Array.from({ length: parallel }, work));
      return [done, now() - begin];
    },
    async vacuum() {
      const client = new pg.Client(url);
      await client.connect();
      await client.query('VACUUM ANALYZE');
      await client.end();
    },
    close: () => boss.stop({ graceful: false }),
  };
}

/** [how many, seconds] */
async function measure(queue) {
  const begin = now();
  const inTime = () => mode === 'fill' || now() - begin < seconds;
  let next = 0;
  if (mode === 'claim') { return queue.claim(); }
  if (mode === 'one') {
    const work = async () => { while (next < count && inTime()) { await queue.add(next++); } };
    await Promise.all(Array.from({ length: parallel }, work));
    return [next, now() - begin];
  }
  while (next < count && inTime()) {
    const numbers = items(next, Math.min(BATCH, count - next));
    await queue.addAll(numbers);
    next += numbers.length;
  }
  return [next, now() - begin];
}

const queue = peer === 'pg-boss' ? await pgBoss() : await graphileWorker();
if (mode === 'one') { await queue.add(count); }  // whatever is made with the first call
const [done, took] = await measure(queue);
if (mode === 'fill') { await queue.vacuum(); }
console.log(`count ${done}\nrate ${done / took}`);
await queue.close();
process.exit(0);
