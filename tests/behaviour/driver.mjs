// Runs programs under observation on Node: once without a fault, then with one injected at each step.
//
// argv: the directory of the npm packages. stdin: {"cases": [{"id", "path", "locks", "runs"}]}.
// stdout: one JSON trace a line, as `tests/behaviour/trace.rs` reads it.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import vm from 'node:vm';
import { inspect } from 'node:util';
import { tmpdir } from 'node:os';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { held } from './locks.mjs';

const { load } = await import(pathToFileURL(path.join(process.argv[2], 'packages.mjs')));

/** More events than this is a loop that a fault made endless. */
const RUNAWAY = 400;
/** Turns of the event loop without any work under way, after which nothing will happen any more. */
const QUIET_TURNS = 12;

const scratchDirectory = mkdtempSync(path.join(tmpdir(), 'behaviour-'));
process.on('exit', () => rmSync(scratchDirectory, { recursive: true, force: true }));

let current = null;
process.on('unhandledRejection', (error) => current?.record(`unhandled ${showError(error)}`));
process.on('uncaughtException', (error) => current?.record(`uncaught ${showError(error)}`));

/** One execution: the events so far, the locks under watch, and when to fail. */
class Observation {
  constructor(faultAt) {
    this.faultAt = faultAt;
    this.steps = 0;
    this.events = [];
    this.watched = [];
    this.depthAtWatch = [];
    this.evaluate = () => undefined;
    this.expressions = [];
  }

  /** How deep each lock is held now; 0 for what does not exist yet. */
  locks() {
    return [...this.named(), ...this.watched].map(held);
  }

  /** The values of the expressions that name locks. */
  named() {
    return this.expressions.map((expression) => {
      try {
        return this.evaluate(expression);
      } catch {
        return undefined;
      }
    });
  }

  record(name) {
    if (this.events.length > RUNAWAY) throw new Error('runaway');
    this.events.push({ name, held: this.locks() });
  }

  /** Counts a step; true when it is this one's turn to fail. */
  fails(name) {
    this.record(name);
    this.steps += 1;
    return this.steps === this.faultAt;
  }

  /** What the programs see beside their own code. */
  globals() {
    return {
      step: (name, value) => {
        if (this.fails(name)) throw new Error(`fault in ${name}`);
        return value;
      },
      astep: async (name, value) => {
        const fails = this.fails(name);
        await null;
        // The second record shows a release that did not wait for this work.
        this.record(`${name} settles`);
        if (fails) throw new Error(`fault in ${name}`);
        return value;
      },
      watch: (lock) => {
        this.watched.push(lock);
        this.depthAtWatch.push(held(lock));
        return lock;
      },
      scratch: (name) => {
        const file = path.join(mkdtempSync(path.join(scratchDirectory, 'run-')), name);
        writeFileSync(file, '');
        return file;
      },
    };
  }
}

/** A value without the stack traces in it: they name lines. */
function show(value) {
  return inspect(value, { depth: 4 }).replaceAll(/\n\s+at .*/g, '');
}

function showError(error) {
  return error instanceof Error ? `${error.name}: ${error.message}` : inspect(error);
}

/** Whether anything but us keeps the event loop going. */
function busy() {
  return process
    .getActiveResourcesInfo()
    .some((resource) => resource === 'Timeout' || resource.startsWith('FSReq'));
}

/** Lets the event loop turn until nothing moves. */
async function drain() {
  for (let quiet = 0; quiet < QUIET_TURNS; quiet = busy() ? 0 : quiet + 1) {
    await new Promise(setImmediate);
  }
}

/** Compiles a program to a function of its globals, a fresh module each time it is called. */
async function compile(file) {
  let text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  if (!file.endsWith('.js') || /^(import|export)\b/m.test(text)) {
    const ts = await load('typescript');
    text = ts.transpileModule(text, {
      compilerOptions: {
        module: ts.ModuleKind.CommonJS,
        target: ts.ScriptTarget.ES2022,
        esModuleInterop: true,
      },
    }).outputText;
  }
  const modules = new Map();
  for (const [, name] of text.matchAll(/\brequire\(['"]([^'"]+)['"]\)/g)) {
    modules.set(name, await load(name));
  }
  // Asynchronous for the sake of `await` at the top level. The direct `eval` sees every name of the program.
  const wrapper = vm.runInThisContext(
    `(async function (module, exports, require, step, astep, watch, scratch, __bind) {` +
      `__bind((__code) => eval(__code));${text}\n})`,
    { filename: path.basename(file) },
  );
  return ({ step, astep, watch, scratch }, bind) => {
    const module = { exports: {} };
    return wrapper(module, module.exports, (name) => modules.get(name), step, astep, watch, scratch, bind);
  };
}

async function observe(program, { locks, runs }, run, faultAt) {
  const observation = new Observation(faultAt);
  current = observation;
  observation.expressions = locks;
  let initial = null;
  let outcome = { kind: 'hang', text: '' };
  const execution = (async () => {
    await program(observation.globals(), (evaluate) => {
      observation.evaluate = evaluate;
    });
    // Code at the top level may itself take locks: `run: undefined` then starts from all free.
    initial = runs[run] === 'undefined' ? null : observation.named().map(held);
    return observation.evaluate(`(${runs[run]})`);
  })();
  execution.then(
    (value) => (outcome = { kind: 'value', text: show(value) }),
    (error) => (outcome = { kind: 'throw', text: showError(error) }),
  );
  await drain();
  const final = observation.locks();
  current = null;
  initial = [...(initial ?? locks.map(() => 0)), ...observation.depthAtWatch];
  return { run, fault: faultAt, initial, events: observation.events, outcome, final, steps: observation.steps };
}

async function main() {
  const { cases } = JSON.parse(readFileSync(0, 'utf8'));
  const lines = [];
  for (const one of cases) {
    let program;
    try {
      program = await compile(one.path);
    } catch (error) {
      lines.push(JSON.stringify({ case: one.id, error: showError(error) }));
      continue;
    }
    for (let run = 0; run < one.runs.length; run += 1) {
      const plain = await observe(program, one, run, 0);
      lines.push(JSON.stringify({ case: one.id, ...plain }));
      for (let fault = 1; fault <= plain.steps; fault += 1) {
        lines.push(JSON.stringify({ case: one.id, ...(await observe(program, one, run, fault)) }));
      }
    }
  }
  process.stdout.write(lines.join('\n') + '\n');
}

await main();
